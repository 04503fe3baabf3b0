// AVX-512: sixteen floats per vector, 32 registers; reduced precision in 16-bit integers.
#ifdef __x86_64__
#include "CKernels.h"
#include "tables.h"
#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq"))), apply_to = function)

#define TABLE ductus_kernels_avx512
#define TABLE_NAME "avx512"
#define MULTIPLY_ADD_INT16(sum, w, x) sum += (vector_int)_mm512_madd_epi16((__m512i)(w), (__m512i)(x))
#define REDUCED_BF16 0

#include "body/avx512.h"
#include "body/body.h"

#pragma clang attribute pop
#endif
