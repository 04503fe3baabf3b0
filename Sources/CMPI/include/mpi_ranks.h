#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What training needs of Open MPI 4.1, found at run time: whoever trains on one machine installs nothing. One thread calls it. */

/* NULL once this process is a rank, else why it is not. */
const char *ductus_mpi_begin(void);
int ductus_mpi_rank(void);
int ductus_mpi_count(void);
/* Each rank's part `r` of `values`, `count` floats, goes to rank r; `parts` gets one from each rank, in their order. False: it failed, and
   MPI has said why. */
bool ductus_mpi_exchange(const float *values, float *parts, int count);
/* `whole` gets `count` floats of each rank, in their order. */
bool ductus_mpi_gather_floats(const float *part, float *whole, int count);
/* `whole` gets the bytes of each rank, `counts[r]` of rank r, in their order. */
bool ductus_mpi_gather_bytes(const void *bytes, int count, void *whole, const int *counts, const int *places);
bool ductus_mpi_gather_counts(int count, int *counts);
/* Everyone gets the bytes of rank 0. */
bool ductus_mpi_broadcast(void *bytes, int count);
/* The end of a rank: with a status other than 0 all others end, too. */
void ductus_mpi_end(int status);
