#define _GNU_SOURCE
#include "flow.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { per_page = 1024, pages = 1024 };

/* One descriptor's counts. `received` and `sent` belong to the thread that reads and writes the connection, `taken` and `posted`
   to the one that takes its messages; each reads the others' and may see them a moment late. A number may pass to another reader while
   its old count stands: `received` also orders what is not atomic between one reader and the next. */
struct count {
    /* 0: not watched. */
    _Atomic uint64_t flow;
    /* Which file the descriptor was: numbers are used again. */
    _Atomic uint64_t file;
    _Atomic uint64_t most, all;
    _Atomic uint64_t received, taken;
    _Atomic uint64_t posted, sent;
    _Atomic bool is_ended;
    /* Where the reader is in what comes: bytes that belong to no new frame, then the size of the next one. */
    uint64_t skip, size;
    unsigned char awaited;
    enum { greeting, flags, length } stage;
    /* Whether the frame is one of a message; a peer before ZMTP 3. */
    bool is_message, is_old;
    /* Frames are not encrypted. */
    _Atomic bool is_plain;
    /* Until when heartbeats were forgiven, seconds. */
    _Atomic time_t forgiven;
};

static _Atomic(struct count *) table[pages];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t serial;
/* Of all connections: received and not taken. */
static _Atomic uint64_t waiting;
static _Atomic uint64_t ended;

/* What libzmq keeps for a frame besides its bytes. */
static const uint64_t per_frame = 64;
/* The same and what stands around a frame on the wire, with encryption; not less. */
static const uint64_t around = 128;
/* Bytes a second that are forgiven where encryption hides which frames are heartbeats: nobody takes those. */
static const uint64_t heartbeats = 128;

static struct count *at(int connection) {
    if (connection < 0 || connection >= per_page * pages) return NULL;
    struct count *page = atomic_load_explicit(&table[connection / per_page], memory_order_acquire);
    return page ? page + connection % per_page : NULL;
}

static struct count *watched(int connection) {
    struct count *count = at(connection);
    return count && atomic_load_explicit(&count->flow, memory_order_acquire) ? count : NULL;
}

/* A flow tells its descriptor: that is its lower part. */
static struct count *of(ductus_flow flow) {
    struct count *count = flow ? at((int)(flow % (per_page * pages))) : NULL;
    return count && atomic_load_explicit(&count->flow, memory_order_acquire) == flow ? count : NULL;
}

static time_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

static uint64_t file_of(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 ? (uint64_t)status.st_ino : 0;
}

static uint64_t held(struct count *count) {
    uint64_t taken = atomic_load_explicit(&count->taken, memory_order_relaxed);
    uint64_t received = atomic_load_explicit(&count->received, memory_order_acquire);
    return received > taken ? received - taken : 0;
}

/* Counts the descriptor no more. With the lock. */
static void drop(struct count *count) {
    if (atomic_exchange_explicit(&count->flow, 0, memory_order_acq_rel))
        atomic_fetch_sub_explicit(&waiting, held(count), memory_order_relaxed);
}

ductus_flow ductus_flow_watch(int connection, size_t most, size_t all) {
    if (connection < 0 || connection >= per_page * pages) {
        errno = EBADF;
        return 0;
    }
    pthread_mutex_lock(&lock);
    struct count *count = at(connection);
    if (!count) {
        struct count *page = calloc(per_page, sizeof *page);
        if (!page) {
            pthread_mutex_unlock(&lock);
            errno = ENOMEM;
            return 0;
        }
        atomic_store_explicit(&table[connection / per_page], page, memory_order_release);
        count = page + connection % per_page;
    }
    drop(count);
    atomic_store_explicit(&count->file, file_of(connection), memory_order_relaxed);
    atomic_store_explicit(&count->most, most, memory_order_relaxed);
    atomic_store_explicit(&count->all, all, memory_order_relaxed);
    atomic_exchange_explicit(&count->received, 0, memory_order_acquire);
    atomic_store_explicit(&count->taken, 0, memory_order_relaxed);
    atomic_store_explicit(&count->posted, 0, memory_order_relaxed);
    atomic_store_explicit(&count->sent, 0, memory_order_relaxed);
    atomic_store_explicit(&count->is_ended, false, memory_order_relaxed);
    count->skip = 0;
    count->awaited = 13;
    count->stage = greeting;
    count->is_message = count->is_old = false;
    atomic_store_explicit(&count->is_plain, false, memory_order_relaxed);
    atomic_store_explicit(&count->forgiven, now(), memory_order_relaxed);
    ductus_flow flow = ++serial * (per_page * pages) + (uint64_t)connection;
    atomic_store_explicit(&count->flow, flow, memory_order_release);
    pthread_mutex_unlock(&lock);
    return flow;
}

void ductus_flow_forget(ductus_flow flow) {
    pthread_mutex_lock(&lock);
    struct count *count = of(flow);
    if (count) drop(count);
    pthread_mutex_unlock(&lock);
}

ductus_flow ductus_flow_take(int connection, size_t frames, size_t bytes) {
    struct count *count = watched(connection);
    if (!count) return 0;
    uint64_t part = held(count);
    if (part > bytes + frames * around) part = bytes + frames * around;
    atomic_fetch_add_explicit(&count->taken, part, memory_order_relaxed);
    atomic_fetch_sub_explicit(&waiting, part, memory_order_relaxed);
    return atomic_load_explicit(&count->flow, memory_order_relaxed);
}

bool ductus_flow_post(ductus_flow flow, size_t bytes, size_t most) {
    struct count *count = of(flow);
    if (!count) return true;
    uint64_t sent = atomic_load_explicit(&count->sent, memory_order_relaxed);
    uint64_t posted = atomic_load_explicit(&count->posted, memory_order_relaxed);
    /* More was sent than posted: what stands around messages. Then nothing waits. */
    if (posted < sent) posted = sent;
    if (posted - sent + bytes > most) return false;
    atomic_store_explicit(&count->posted, posted + bytes, memory_order_relaxed);
    return true;
}

void ductus_flow_unpost(ductus_flow flow, size_t bytes) {
    struct count *count = of(flow);
    if (count) atomic_fetch_sub_explicit(&count->posted, bytes, memory_order_relaxed);
}

uint64_t ductus_flow_ended(void) { return atomic_load_explicit(&ended, memory_order_relaxed); }

/* Takes off what may have been heartbeats since the last time. */
static uint64_t forgive(struct count *count, uint64_t own) {
    time_t time = now();
    uint64_t part = (uint64_t)(time - atomic_exchange_explicit(&count->forgiven, time, memory_order_relaxed)) * heartbeats;
    if (part > own) part = own;
    atomic_fetch_add_explicit(&count->taken, part, memory_order_relaxed);
    atomic_fetch_sub_explicit(&waiting, part, memory_order_relaxed);
    return own - part;
}

/* Whether too much of it waits. */
static bool is_over(struct count *count, int connection) {
    uint64_t most = atomic_load_explicit(&count->most, memory_order_relaxed);
    uint64_t own = held(count);
    if (own <= most / 16) return false;
    if (!atomic_load_explicit(&count->is_plain, memory_order_relaxed)) own = forgive(count, own);
    /* May be below zero for a moment, where something is taken that is just being counted. */
    int64_t together = (int64_t)atomic_load_explicit(&waiting, memory_order_relaxed);
    uint64_t all = atomic_load_explicit(&count->all, memory_order_relaxed);
    if (own <= most && (together < 0 || (uint64_t)together <= all)) return false;
    return file_of(connection) == atomic_load_explicit(&count->file, memory_order_relaxed);
}

/* What libzmq keeps for these bytes of ZMTP 3: a greeting of 64 bytes, then for each frame its flags, its size in one byte or eight, and
   its body. Commands are not kept. Older peers are counted as if they sent the smallest of frames. */
static uint64_t cost(struct count *count, const unsigned char *bytes, uint64_t size) {
    uint64_t kept = 0;
    const unsigned char *end = bytes + size;
    while (bytes < end) {
        if (count->skip) {
            uint64_t part = count->skip < (uint64_t)(end - bytes) ? count->skip : (uint64_t)(end - bytes);
            if (count->is_message) kept += part;
            count->skip -= part;
            bytes += part;
            continue;
        }
        if (count->is_old) return kept + (uint64_t)(end - bytes) * (per_frame / 2);
        unsigned char byte = *bytes++;
        switch (count->stage) {
        case greeting:
            count->awaited--;
            /* The eleventh byte is the version, with the thirteenth begins the name of the mechanism. */
            if (count->awaited == 2) count->is_old = byte < 3;
            if (count->awaited) break;
            atomic_store_explicit(&count->is_plain, byte == 'N', memory_order_relaxed);
            count->skip = 64 - 13;
            count->stage = flags;
            break;
        case flags:
            count->is_message = !atomic_load_explicit(&count->is_plain, memory_order_relaxed) || !(byte & 4);
            count->awaited = byte & 2 ? 8 : 1;
            count->size = 0;
            count->stage = length;
            break;
        case length:
            count->size = count->size << 8 | byte;
            if (--count->awaited) break;
            count->skip = count->size;
            count->stage = flags;
            if (count->is_message) kept += per_frame;
        }
    }
    return kept;
}

/* Both are part of the program, and so found before the C library's, by libzmq as by everyone else. */
ssize_t recv(int connection, void *bytes, size_t size, int flags) {
    struct count *count = watched(connection);
    if (count && is_over(count, connection)) {
        if (!atomic_exchange_explicit(&count->is_ended, true, memory_order_relaxed))
            atomic_fetch_add_explicit(&ended, 1, memory_order_relaxed);
        errno = ECONNRESET;
        return -1;
    }
    ssize_t got = syscall(SYS_recvfrom, connection, bytes, size, flags, NULL, NULL);
    if (count && got > 0) {
        uint64_t kept = cost(count, bytes, (uint64_t)got);
        atomic_fetch_add_explicit(&waiting, kept, memory_order_relaxed);
        atomic_fetch_add_explicit(&count->received, kept, memory_order_release);
    }
    return got;
}

ssize_t send(int connection, const void *bytes, size_t size, int flags) {
    ssize_t gone = syscall(SYS_sendto, connection, bytes, size, flags, NULL, 0);
    struct count *count = gone > 0 ? watched(connection) : NULL;
    if (count) atomic_fetch_add_explicit(&count->sent, (uint64_t)gone, memory_order_relaxed);
    return gone;
}
