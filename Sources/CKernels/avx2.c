// AVX2 with fused multiply-add: eight floats per vector.
#ifdef __x86_64__
#include "CKernels.h"
#include "tables.h"
#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define TABLE ductus_kernels_avx2
#define TABLE_NAME "avx2"
#define REGISTERS 16
#define LANES 8
#define MASKS 0
#define LOAD_PART(p, n) (vector) _mm256_maskload_ps(p, first_lanes(n))
#define STORE_PART(p, v, n) _mm256_maskstore_ps(p, first_lanes(n), (__m256)(v))
#define MULTIPLY_ADD_INT16(sum, w, x) sum += (vector_int)_mm256_madd_epi16((__m256i)(w), (__m256i)(x))
#define REDUCED_BF16 0

static inline __m256i first_lanes(int n) { return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)); }

#include "body/body.h"

#pragma clang attribute pop
#endif
