#include "mpi_ranks.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* Open MPI's handles are addresses of objects in its library; these are their names, by its mpi.h. */
static struct {
    void *world, *type_float, *type_byte, *type_int;
    int (*begin)(int *, char ***, int, int *);
    int (*is_begun)(int *);
    int (*rank)(void *, int *);
    int (*size)(void *, int *);
    int (*exchange)(const void *, int, void *, void *, int, void *, void *);
    int (*gather)(const void *, int, void *, void *, int, void *, void *);
    int (*gather_of)(const void *, int, void *, void *, const int *, const int *, void *, void *);
    int (*broadcast)(void *, int, void *, int, void *);
    int (*abort)(void *, int);
    int (*end)(void);
} mpi;

static char fault[256];
static bool is_begun;

static bool find(void *library, const char *name, void *place) {
    void *symbol = dlsym(library, name);
    if (!symbol) {
        snprintf(fault, sizeof fault, "libmpi.so.40 has no %s; it must be Open MPI 4", name);
        return false;
    }
    memcpy(place, &symbol, sizeof symbol);
    return true;
}

const char *ductus_mpi_begin(void) {
    if (is_begun) return NULL;
    /* Its plug-ins look for its symbols in the program. */
    void *library = dlopen("libmpi.so.40", RTLD_NOW | RTLD_GLOBAL);
    if (!library) {
        snprintf(fault, sizeof fault, "%s; install Open MPI 4.1 (Debian: libopenmpi3, openmpi-bin)", dlerror());
        return fault;
    }
    bool is_found = find(library, "ompi_mpi_comm_world", &mpi.world) && find(library, "ompi_mpi_float", &mpi.type_float)
        && find(library, "ompi_mpi_byte", &mpi.type_byte) && find(library, "ompi_mpi_int", &mpi.type_int)
        && find(library, "MPI_Init_thread", &mpi.begin) && find(library, "MPI_Initialized", &mpi.is_begun)
        && find(library, "MPI_Comm_rank", &mpi.rank) && find(library, "MPI_Comm_size", &mpi.size)
        && find(library, "MPI_Alltoall", &mpi.exchange) && find(library, "MPI_Allgather", &mpi.gather)
        && find(library, "MPI_Allgatherv", &mpi.gather_of) && find(library, "MPI_Bcast", &mpi.broadcast)
        && find(library, "MPI_Abort", &mpi.abort) && find(library, "MPI_Finalize", &mpi.end);
    if (!is_found) return fault;
    /* 1, MPI_THREAD_FUNNELED: other threads compute, one speaks. */
    int given = 0;
    if (mpi.begin(NULL, NULL, 1, &given) != 0 || given < 1) {
        snprintf(fault, sizeof fault, "MPI did not begin");
        return fault;
    }
    is_begun = true;
    return NULL;
}

int ductus_mpi_rank(void) {
    int rank = 0;
    mpi.rank(mpi.world, &rank);
    return rank;
}

int ductus_mpi_count(void) {
    int count = 1;
    mpi.size(mpi.world, &count);
    return count;
}

bool ductus_mpi_exchange(const float *values, float *parts, int count) {
    return mpi.exchange(values, count, mpi.type_float, parts, count, mpi.type_float, mpi.world) == 0;
}

bool ductus_mpi_gather_floats(const float *part, float *whole, int count) {
    return mpi.gather(part, count, mpi.type_float, whole, count, mpi.type_float, mpi.world) == 0;
}

bool ductus_mpi_gather_bytes(const void *bytes, int count, void *whole, const int *counts, const int *places) {
    return mpi.gather_of(bytes, count, mpi.type_byte, whole, counts, places, mpi.type_byte, mpi.world) == 0;
}

bool ductus_mpi_gather_counts(int count, int *counts) {
    return mpi.gather(&count, 1, mpi.type_int, counts, 1, mpi.type_int, mpi.world) == 0;
}

bool ductus_mpi_broadcast(void *bytes, int count) {
    return mpi.broadcast(bytes, count, mpi.type_byte, 0, mpi.world) == 0;
}

void ductus_mpi_end(int status) {
    if (!is_begun) return;
    is_begun = false;
    if (status == 0) {
        mpi.end();
    } else {
        mpi.abort(mpi.world, status);
    }
}
