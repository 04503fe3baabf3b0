#include <fcntl.h>
#include <linux/input.h>
#include <sys/ioctl.h>

/* The requests are macros with sizes in them, and ioctl is variadic: neither reaches Swift. All return -1 and set errno. */
static inline int ductus_evdev_name(int device, char *text, unsigned size) { return ioctl(device, EVIOCGNAME(size), text); }
static inline int ductus_evdev_codes(int device, unsigned type, unsigned char *bits, unsigned size) {
    return ioctl(device, EVIOCGBIT(type, size), bits);
}
static inline int ductus_evdev_axis(int device, unsigned axis, struct input_absinfo *info) {
    return ioctl(device, EVIOCGABS(axis), info);
}
static inline int ductus_evdev_keys(int device, unsigned char *bits, unsigned size) {
    return ioctl(device, EVIOCGKEY(size), bits);
}
static inline int ductus_evdev_clock(int device, int clock) { return ioctl(device, EVIOCSCLOCKID, &clock); }
/* Takes the device away from everybody else, or gives it back. */
static inline int ductus_evdev_grab(int device, int grabs) { return ioctl(device, EVIOCGRAB, grabs); }
static inline int ductus_evdev_open(const char *path) { return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); }
