#define _GNU_SOURCE
#include "handover.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Connections given and not yet taken, oldest first. There are few: they are taken within milliseconds. */
struct gift {
    int handover, connection;
    struct gift *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gift *first;
/* Handovers that are open. An entry outlives its descriptor only until the number is opened as a handover again. */
static unsigned char *is_handover;
static size_t capacity;

static bool note(int handover) {
    if ((size_t)handover >= capacity) {
        size_t grown = ((size_t)handover / 1024 + 1) * 1024;
        unsigned char *memory = realloc(is_handover, grown);
        if (!memory) return false;
        for (size_t i = capacity; i < grown; i++) memory[i] = 0;
        is_handover = memory;
        capacity = grown;
    }
    is_handover[handover] = 1;
    return true;
}

int ductus_handover_open(void) {
    int handover = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE);
    if (handover < 0) return -1;
    pthread_mutex_lock(&lock);
    bool is_noted = note(handover);
    pthread_mutex_unlock(&lock);
    if (is_noted) return handover;
    close(handover);
    errno = ENOMEM;
    return -1;
}

bool ductus_handover_give(int handover, int connection) {
    struct gift *gift = malloc(sizeof *gift);
    if (!gift) return false;
    *gift = (struct gift){handover, connection, NULL};
    pthread_mutex_lock(&lock);
    struct gift **end = &first;
    while (*end) end = &(*end)->next;
    *end = gift;
    pthread_mutex_unlock(&lock);
    uint64_t one = 1;
    /* Fails only with 2^64 connections waiting. */
    (void)!write(handover, &one, sizeof one);
    return true;
}

/* The oldest connection given to the handover, or -1. */
static int take(int handover) {
    pthread_mutex_lock(&lock);
    int connection = -1;
    for (struct gift **place = &first; *place; place = &(*place)->next) {
        struct gift *gift = *place;
        if (gift->handover != handover) continue;
        connection = gift->connection;
        *place = gift->next;
        free(gift);
        break;
    }
    pthread_mutex_unlock(&lock);
    return connection;
}

void ductus_handover_clear(int handover) {
    uint64_t count;
    for (int connection; (connection = take(handover)) >= 0;) {
        close(connection);
        (void)!read(handover, &count, sizeof count);
    }
}

static bool knows(int descriptor) {
    pthread_mutex_lock(&lock);
    bool is_known = descriptor >= 0 && (size_t)descriptor < capacity && is_handover[descriptor];
    pthread_mutex_unlock(&lock);
    return is_known;
}

/* The system's call, and on a handover what was given there. Being part of the program, it is found before the C library's, by
   libzmq as by everyone else. */
int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags) {
    int connection = (int)syscall(SYS_accept4, descriptor, address, length, flags);
    if (connection >= 0 || errno != ENOTSOCK || !knows(descriptor)) return connection;
    uint64_t count;
    (void)!read(descriptor, &count, sizeof count);
    connection = take(descriptor);
    /* The same as for a connection that was gone before it was accepted. */
    if (connection < 0) errno = EAGAIN;
    return connection;
}

int ductus_accept(int listening) {
    return (int)syscall(SYS_accept4, listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

bool ductus_peer_user(int connection, uint32_t *user) {
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    int domain = 0;
    socklen_t domain_length = sizeof domain;
    if (getsockopt(connection, SOL_SOCKET, SO_DOMAIN, &domain, &domain_length) != 0 || domain != AF_UNIX) return false;
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return false;
    *user = credentials.uid;
    return true;
}
