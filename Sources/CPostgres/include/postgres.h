#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What the cluster needs of libpq, found at run time: whoever configures no database installs nothing. */

/* NULL once libpq is there, else why it is not. Any thread. */
const char *ductus_postgres_load(void);

typedef struct pg_conn ductus_postgres;
typedef struct pg_result ductus_postgres_result;

/* NULL where no server of `conninfo` answered within `seconds` each; `error` then says why. */
ductus_postgres *ductus_postgres_connect(const char *conninfo, int seconds, char *error, size_t size);
void ductus_postgres_close(ductus_postgres *connection);

/* Runs one statement with parameters, or a script where `count` is below 0. A parameter of NULL is the null value; `lengths` of 0 or
   above mark bytes, others are texts.
   NULL where it failed or no answer came within `milliseconds`: `error` says why, `state` has the five letters of SQLSTATE, or nothing
   where the connection is of no use any more. */
ductus_postgres_result *ductus_postgres_run(
    ductus_postgres *connection, const char *sql, int count, const char *const *values, const int *lengths,
    int milliseconds, char *error, size_t size, char state[6]);
int ductus_postgres_rows(const ductus_postgres_result *result);
/* Rows that an INSERT, UPDATE or DELETE changed. */
int ductus_postgres_changed(ductus_postgres_result *result);
/* NULL for the null value; lives as long as the result. */
const char *ductus_postgres_value(const ductus_postgres_result *result, int row, int column, int *length);
void ductus_postgres_clear(ductus_postgres_result *result);
