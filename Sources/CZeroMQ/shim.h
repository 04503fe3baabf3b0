#include <zmq.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

/* prctl is variadic, and so invisible to Swift. */
static inline void ductus_name_this_thread(const char *name) { prctl(PR_SET_NAME, name); }
