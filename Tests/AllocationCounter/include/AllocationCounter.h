// Counts the heap allocations of a thread, so that a test can say that there are none.
//
// The executable's own malloc and friends take the place of the C library's, which they call. So all allocations of the process pass here,
// those of Swift's runtime and OpenBLAS included. With a sanitizer, hooks of its malloc count them.
#ifndef DUCTUS_ALLOCATION_COUNTER_H
#define DUCTUS_ALLOCATION_COUNTER_H

#include <stdint.h>

/// How often the calling thread has allocated or grown a block so far.
int64_t allocation_count(void);

#endif
