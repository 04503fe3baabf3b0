// A thread that takes an array or a dictionary out of a Mutex reads it after the lock, while it holds a reference. Another thread changes
// the same storage in place only once it finds itself the only holder. The atomic count of references orders the two: the reader's last
// read comes before it gives its reference up, and that before the count is seen to be one. Without this, the change would be reported
// as a race with the read.
//
// Storage that is changed by two threads is reported as ever: they give no reference up between the two changes.
#if __has_feature(thread_sanitizer)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

extern void __tsan_acquire(void *address);
extern void __tsan_release(void *address);

#define UNSEEN __attribute__((no_sanitize("thread")))
// The library's function of that name, found at the first call.
#define ORIGINAL(name) \
    static __typeof__(&name) original; \
    if (!original) original = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

// No reference, and an object that lives for ever, are not counted: their sign says so.
static bool is_counted(void *object) { return (intptr_t)object > 0; }

UNSEEN void swift_release(void *object) {
    ORIGINAL(swift_release);
    if (is_counted(object)) __tsan_release(object);
    original(object);
}

UNSEEN void swift_release_n(void *object, uint32_t count) {
    ORIGINAL(swift_release_n);
    if (is_counted(object)) __tsan_release(object);
    original(object, count);
}

UNSEEN bool swift_isUniquelyReferenced_nonNull_native(void *object) {
    ORIGINAL(swift_isUniquelyReferenced_nonNull_native);
    bool unique = original(object);
    if (unique) __tsan_acquire(object);
    return unique;
}
#endif
