// The portable body: 128-bit vectors, which every x86-64 and arm64 processor has.
#include "CKernels.h"
#include "tables.h"
#include <math.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define TABLE ductus_kernels_portable
#ifdef __aarch64__
#define TABLE_NAME "neon"
#define REGISTERS 32
#else
#define TABLE_NAME "portable"
#define REGISTERS 16
#endif
#define LANES 4
#define MASKS 0
#define LOAD_PART(p, n) load_part(p, n)
#define STORE_PART(p, v, n) store_part(p, v, n)
#ifdef __SSE2__
#define MULTIPLY_ADD_INT16(sum, w, x) sum += (vector_int)_mm_madd_epi16((__m128i)(w), (__m128i)(x))
#endif
#define REDUCED_BF16 0

typedef float four __attribute__((ext_vector_type(4)));

static inline four load_part(const float *p, int n) {
    four v = 0;
    for (int i = 0; i < n; i++) v[i] = p[i];
    return v;
}

static inline void store_part(float *p, four v, int n) {
    for (int i = 0; i < n; i++) p[i] = v[i];
}

#include "body/body.h"
