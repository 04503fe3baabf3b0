// AVX-512 with bf16 products (vdpbf16ps).
#ifdef __x86_64__
#include "CKernels.h"
#include "tables.h"
#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))), apply_to = function)

#define TABLE ductus_kernels_avx512bf16
#define TABLE_NAME "avx512bf16"
#define REGISTERS 32
#define LANES 16
#define MASKS 1
#define LOAD_PART(p, n) (vector) _mm512_maskz_loadu_ps((__mmask16)((1u << (n)) - 1), p)
#define RECIPROCAL(x) (vector)_mm512_rcp14_ps((__m512)(x))
// x less the integer below it; p · 2 to the power of that integer.
#define FRACTION(x) (vector)_mm512_reduce_ps((__m512)(x), 9)
#define SCALE(p, x) (vector)_mm512_scalef_ps((__m512)(p), (__m512)(x))
#define STORE_PART(p, v, n) _mm512_mask_storeu_ps(p, (__mmask16)((1u << (n)) - 1), (__m512)(v))
#define MULTIPLY_ADD_BF16(sum, w, x) sum = (vector)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)(w), (__m512bh)(x))
#define TO_BF16(x) (vector_short)_mm512_cvtneps_pbh((__m512)(x))
#define REDUCED_BF16 1

#include "body/body.h"

#pragma clang attribute pop
#endif
