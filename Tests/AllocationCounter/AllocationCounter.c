#include "AllocationCounter.h"
#include <errno.h>
#include <stddef.h>

static _Thread_local int64_t count __attribute__((tls_model("initial-exec")));

int64_t allocation_count(void) { return count; }

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)

// A sanitizer brings a malloc of its own, which must stay: it is what finds faults. It calls these instead.
extern int __sanitizer_install_malloc_and_free_hooks(
    void (*allocated)(const volatile void *block, size_t size), void (*freed)(const volatile void *block));

__attribute__((no_sanitize("address", "thread"))) static void note_allocation(const volatile void *block, size_t size) {
    (void)block;
    (void)size;
    count++;
}

static void note_release(const volatile void *block) { (void)block; }

__attribute__((constructor)) static void install_hooks(void) {
    __sanitizer_install_malloc_and_free_hooks(note_allocation, note_release);
}

#if __has_feature(thread_sanitizer)

// The thread sanitizer calls the hook for plain blocks only. Swift takes the others from here.
extern int __interceptor_posix_memalign(void **block, size_t alignment, size_t size);

__attribute__((no_sanitize("thread"))) int posix_memalign(void **block, size_t alignment, size_t size) {
    count++;
    return __interceptor_posix_memalign(block, alignment, size);
}

#endif

#else

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
    count++;
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count++;
    return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
    count++;
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    count++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
    *block = memalign(alignment, size);
    return *block ? 0 : ENOMEM;
}

#endif
