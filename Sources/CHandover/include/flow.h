/* Counts what libzmq reads from a connection, with what it keeps for each frame, and writes to it, so that what it holds has a bound
   in bytes.

   libzmq bounds its queues in messages, and does not count the frames of a message that is not complete. recv and send are
   therefore defined in flow.c: on connections that are watched they count, and a connection that has too much waiting ends; on
   all other descriptors they are the system's own calls and nothing else. */

#ifndef DUCTUS_FLOW_H
#define DUCTUS_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A connection that is watched; 0 is none. Never the same for two connections. */
typedef uint64_t ductus_flow;

/* Watches a connection from now on. It ends when it has sent more than `most` bytes that nobody has taken yet, or a sixteenth of
   that while all connections together have sent more than `all`. 0 with errno where there is no memory. */
ductus_flow ductus_flow_watch(int connection, size_t most, size_t all);

/* The connection is over; what it had waiting counts no more. */
void ductus_flow_forget(ductus_flow flow);

/* A message was taken that the connection had sent; what stands around its frames is counted generously. Returns the connection,
   0 if it is not watched. */
ductus_flow ductus_flow_take(int connection, size_t frames, size_t bytes);

/* So many bytes are to be sent on the connection. False, and not counted, if more than `most` would wait there. True where the
   connection is over: then nothing waits. */
bool ductus_flow_post(ductus_flow flow, size_t bytes, size_t most);

/* What was posted was not sent after all. */
void ductus_flow_unpost(ductus_flow flow, size_t bytes);

/* Connections that were ended because they had too much waiting. */
uint64_t ductus_flow_ended(void);

#endif
