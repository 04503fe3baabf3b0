/* Connections that this process accepted itself, handed to a library that insists on accepting them.

   libzmq takes a listening socket of ours (ZMQ_USE_FD), but no connection of ours, and on a Unix socket it aborts the process
   when accept finds no free descriptor. So it gets a handover instead of a listening socket: a descriptor that becomes readable
   when a connection has been given, and on which accept4 returns that connection. accept4 is defined in handover.c; on sockets
   it is the system's own call and nothing else. What such connections carry is counted: see flow.h. */

#ifndef DUCTUS_HANDOVER_H
#define DUCTUS_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

/* The next connection of a listening socket, neither blocking nor inherited by children; -1 with errno. */
int ductus_accept(int listening);

/* The user at the other end of a Unix socket. False for any other. */
bool ductus_peer_user(int connection, uint32_t *user);

/* A new handover, or -1 with errno. Whoever it is given to closes it. */
int ductus_handover_open(void);

/* Gives a connection away: the next accept4 on the handover returns it. False, with errno, where it could not be given; then it
   still belongs to the caller. */
bool ductus_handover_give(int handover, int connection);

/* Closes what was given and not taken. Call it before the handover itself is closed. */
void ductus_handover_clear(int handover);

#endif
