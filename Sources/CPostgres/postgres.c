#define _GNU_SOURCE
#include "postgres.h"

#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* From libpq's manual: statuses, and the functions used here. */
enum { connection_ok = 0, empty_query = 0, command_ok = 1, tuples_ok = 2 };
enum { diagnosis_state = 'C' };

static struct {
    ductus_postgres *(*connect)(const char *const *keywords, const char *const *values, int expands);
    void (*finish)(ductus_postgres *);
    int (*status)(const ductus_postgres *);
    char *(*error)(const ductus_postgres *);
    int (*socket)(const ductus_postgres *);
    int (*send_script)(ductus_postgres *, const char *);
    int (*send)(ductus_postgres *, const char *, int, const unsigned *, const char *const *, const int *, const int *, int);
    int (*flush)(ductus_postgres *);
    int (*consume)(ductus_postgres *);
    int (*is_busy)(ductus_postgres *);
    ductus_postgres_result *(*result)(ductus_postgres *);
    int (*result_status)(const ductus_postgres_result *);
    char *(*result_error)(const ductus_postgres_result *);
    char *(*result_field)(const ductus_postgres_result *, int);
    int (*rows)(const ductus_postgres_result *);
    char *(*changed)(ductus_postgres_result *);
    int (*is_null)(const ductus_postgres_result *, int, int);
    char *(*value)(const ductus_postgres_result *, int, int);
    int (*length)(const ductus_postgres_result *, int, int);
    void (*clear)(ductus_postgres_result *);
    void *(*notices)(ductus_postgres *, void (*)(void *, const char *), void *);
    int (*nonblocking)(ductus_postgres *, int);
} pq;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_loaded;
static char fault[256];

static bool find(void *library, const char *name, void *place) {
    void *symbol = dlsym(library, name);
    if (!symbol) {
        snprintf(fault, sizeof fault, "libpq.so.5 has no %s", name);
        return false;
    }
    memcpy(place, &symbol, sizeof symbol);
    return true;
}

static bool load(void) {
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(fault, sizeof fault, "%s; install it (Debian: libpq5)", dlerror());
        return false;
    }
    return find(library, "PQconnectdbParams", &pq.connect) && find(library, "PQfinish", &pq.finish)
        && find(library, "PQstatus", &pq.status) && find(library, "PQerrorMessage", &pq.error)
        && find(library, "PQsocket", &pq.socket) && find(library, "PQsendQuery", &pq.send_script)
        && find(library, "PQsendQueryParams", &pq.send) && find(library, "PQflush", &pq.flush)
        && find(library, "PQconsumeInput", &pq.consume) && find(library, "PQisBusy", &pq.is_busy)
        && find(library, "PQgetResult", &pq.result) && find(library, "PQresultStatus", &pq.result_status)
        && find(library, "PQresultErrorMessage", &pq.result_error) && find(library, "PQresultErrorField", &pq.result_field)
        && find(library, "PQntuples", &pq.rows) && find(library, "PQcmdTuples", &pq.changed)
        && find(library, "PQgetisnull", &pq.is_null) && find(library, "PQgetvalue", &pq.value)
        && find(library, "PQgetlength", &pq.length) && find(library, "PQclear", &pq.clear)
        && find(library, "PQsetNoticeProcessor", &pq.notices) && find(library, "PQsetnonblocking", &pq.nonblocking);
}

const char *ductus_postgres_load(void) {
    pthread_mutex_lock(&lock);
    if (!is_loaded) is_loaded = load();
    pthread_mutex_unlock(&lock);
    return is_loaded ? NULL : fault;
}

static void ignore(void *nothing, const char *text) {
    (void)nothing;
    (void)text;
}

/* libpq ends its messages with a line feed, and may write several lines. */
static void tell(char *error, size_t size, const char *text) {
    snprintf(error, size, "%s", text);
    size_t end = strlen(error);
    while (end > 0 && (error[end - 1] == '\n' || error[end - 1] == ' ')) error[--end] = 0;
    for (char *place = error; *place; place++)
        if (*place == '\n' || *place == '\t') *place = ' ';
}

ductus_postgres *ductus_postgres_connect(const char *conninfo, int seconds, char *error, size_t size) {
    char patience[16];
    snprintf(patience, sizeof patience, "%d", seconds);
    /* What stands before dbname gives way to what the connection string says. */
    const char *keywords[] = {"connect_timeout", "fallback_application_name", "target_session_attrs", "dbname", NULL};
    const char *values[] = {patience, "ductus", "read-write", conninfo, NULL};
    ductus_postgres *connection = pq.connect(keywords, values, 1);
    if (!connection) {
        tell(error, size, "no memory for a connection");
        return NULL;
    }
    if (pq.status(connection) != connection_ok) {
        tell(error, size, pq.error(connection));
        pq.finish(connection);
        return NULL;
    }
    pq.notices(connection, ignore, NULL);
    pq.nonblocking(connection, 1);
    return connection;
}

void ductus_postgres_close(ductus_postgres *connection) { pq.finish(connection); }

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Waits for the socket; false after the deadline. */
static bool wait_for(ductus_postgres *connection, short events, int64_t deadline) {
    struct pollfd item = {pq.socket(connection), events, 0};
    int64_t left = deadline - now();
    return left > 0 && item.fd >= 0 && poll(&item, 1, (int)left) != 0;
}

static bool deliver(ductus_postgres *connection, int64_t deadline) {
    for (int left; (left = pq.flush(connection)) != 0;) {
        if (left < 0 || !wait_for(connection, POLLIN | POLLOUT, deadline) || !pq.consume(connection)) return false;
    }
    return true;
}

ductus_postgres_result *ductus_postgres_run(
    ductus_postgres *connection, const char *sql, int count, const char *const *values, const int *lengths,
    int milliseconds, char *error, size_t size, char state[6]) {
    int64_t deadline = now() + milliseconds;
    state[0] = 0;
    enum { most = 64 };
    int formats[most], sizes[most];
    for (int i = 0; i < count && i < most; i++) {
        formats[i] = lengths[i] >= 0;
        sizes[i] = lengths[i] >= 0 ? lengths[i] : 0;
    }
    bool is_sent = count < 0
        ? pq.send_script(connection, sql)
        : count <= most && pq.send(connection, sql, count, NULL, values, sizes, formats, 0);
    if (!is_sent || !deliver(connection, deadline)) {
        tell(error, size, is_sent ? "the database does not take the statement" : pq.error(connection));
        return NULL;
    }
    ductus_postgres_result *last = NULL;
    bool has_failed = false;
    while (true) {
        while (pq.is_busy(connection)) {
            if (!wait_for(connection, POLLIN, deadline)) {
                tell(error, size, "the database does not answer");
                goto lost;
            }
            if (!pq.consume(connection)) {
                tell(error, size, pq.error(connection));
                goto lost;
            }
        }
        ductus_postgres_result *next = pq.result(connection);
        if (!next) break;
        int status = pq.result_status(next);
        if (!has_failed && status != command_ok && status != tuples_ok && status != empty_query) {
            has_failed = true;
            tell(error, size, pq.result_error(next));
            const char *code = pq.result_field(next, diagnosis_state);
            /* A server that ends the connection says so first: class 57P, and 08. */
            if (code && strncmp(code, "57P", 3) && strncmp(code, "08", 2)) snprintf(state, 6, "%s", code);
        }
        if (last) pq.clear(last);
        last = next;
    }
    if (!has_failed && last) return last;
    if (!has_failed) tell(error, size, "the database gave no result");
lost:
    if (last) pq.clear(last);
    return NULL;
}

int ductus_postgres_rows(const ductus_postgres_result *result) { return pq.rows(result); }
int ductus_postgres_changed(ductus_postgres_result *result) { return atoi(pq.changed(result)); }

const char *ductus_postgres_value(const ductus_postgres_result *result, int row, int column, int *length) {
    if (pq.is_null(result, row, column)) return NULL;
    *length = pq.length(result, row, column);
    return pq.value(result, row, column);
}

void ductus_postgres_clear(ductus_postgres_result *result) { pq.clear(result); }
