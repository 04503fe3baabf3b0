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
#define REGISTERS 32
#define LANES 16
#define MASKS 1
#define LOAD_PART(p, n) (vector) _mm512_maskz_loadu_ps((__mmask16)((1u << (n)) - 1), p)
#define RECIPROCAL(x) (vector)_mm512_rcp14_ps((__m512)(x))
// x less the integer below it; p · 2 to the power of that integer.
#define FRACTION(x) (vector)_mm512_reduce_ps((__m512)(x), 9)
#define SCALE(p, x) (vector)_mm512_scalef_ps((__m512)(p), (__m512)(x))
#define STORE_PART(p, v, n) _mm512_mask_storeu_ps(p, (__mmask16)((1u << (n)) - 1), (__m512)(v))
#define MULTIPLY_ADD_INT16(sum, w, x) sum += (vector_int)_mm512_madd_epi16((__m512i)(w), (__m512i)(x))
#define REDUCED_BF16 0

#include "body/body.h"

#pragma clang attribute pop
#endif
