// Tells the thread sanitizer of what orders threads in Swift's libraries, which it does not see into.
//
// A suite that is linked with it has functions of its own in the place of the library's. They call those, and tell the sanitizer.
// Each states an order that is there: no race is hidden. `DUCTUS_SANITIZER=thread` links it, and `make sanitize` sets that.
#ifndef DUCTUS_THREAD_SANITIZER_SUPPORT_H
#define DUCTUS_THREAD_SANITIZER_SUPPORT_H
#endif
