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
#define MULTIPLY_ADD_BF16(sum, w, x) sum = (vector)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)(w), (__m512bh)(x))
#define TO_BF16(x) (vector_short)_mm512_cvtneps_pbh((__m512)(x))
#define REDUCED_BF16 1

#include "body/avx512.h"
#include "body/body.h"

#pragma clang attribute pop
#endif
