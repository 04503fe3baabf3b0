// Vectors of sixteen floats in AVX-512, for each of its instruction sets.
#define REGISTERS 32
#define LANES 16
#define MASKS 1
#define LOAD_PART(p, n) (vector) _mm512_maskz_loadu_ps((__mmask16)((1u << (n)) - 1), p)
#define RECIPROCAL(x) (vector)_mm512_rcp14_ps((__m512)(x))
// x less the integer below it; p · 2 to the power of that integer.
#define FRACTION(x) (vector)_mm512_reduce_ps((__m512)(x), 9)
#define SCALE(p, x) (vector)_mm512_scalef_ps((__m512)(p), (__m512)(x))
#define STORE_PART(p, v, n) _mm512_mask_storeu_ps(p, (__mmask16)((1u << (n)) - 1), (__m512)(v))
