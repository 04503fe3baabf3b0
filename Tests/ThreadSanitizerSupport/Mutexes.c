// Swift's Mutex is taken and released in code that the sanitizer sees, but for the waiting: that is a call of the kernel in the library.
// Without this, a race would be reported wherever two threads met at a Mutex.
#if __has_feature(thread_sanitizer)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall, no_sanitize("thread")))
#define SELF __attribute__((swift_context))
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

extern void __tsan_acquire(void *address);
extern void __tsan_release(void *address);

SWIFT void ductus_lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK_SLOW);
SWIFT void ductus_lock_slow(uint32_t thread, SELF void *mutex) {
    typedef __attribute__((swiftcall)) void (*function)(uint32_t, SELF void *);
    ((function)dlsym(RTLD_NEXT, LOCK_SLOW))(thread, mutex);
    __tsan_acquire(mutex);
}

SWIFT void ductus_unlock_slow(SELF void *mutex) __asm__(UNLOCK_SLOW);
SWIFT void ductus_unlock_slow(SELF void *mutex) {
    typedef __attribute__((swiftcall)) void (*function)(SELF void *);
    __tsan_release(mutex);
    ((function)dlsym(RTLD_NEXT, UNLOCK_SLOW))(mutex);
}
#endif
