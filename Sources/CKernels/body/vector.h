// The vector of one instruction set, its loads and stores, and the functions the gates are made of.
//
// A file that includes body.h has defined LANES (floats per vector), REGISTERS (vector registers of the processor),
// LOAD_PART(p, n) and STORE_PART(p, v, n) for 0 < n < LANES, MASKS (see load_first), and pushed the target attribute of its instruction set.

typedef float vector __attribute__((ext_vector_type(LANES)));
typedef int32_t vector_int __attribute__((ext_vector_type(LANES)));
typedef uint32_t vector_uint __attribute__((ext_vector_type(LANES)));
typedef double vector_double __attribute__((ext_vector_type(LANES)));
typedef int16_t vector_short __attribute__((ext_vector_type(LANES)));
typedef vector vector_unaligned __attribute__((aligned(4)));
typedef vector_int vector_int_unaligned __attribute__((aligned(4)));
typedef vector_short vector_short_unaligned __attribute__((aligned(2)));

#define INLINE static inline __attribute__((always_inline))

INLINE vector load(const float *p) { return *(const vector_unaligned *)p; }
INLINE void store(float *p, vector v) { *(vector_unaligned *)p = v; }

// The first n floats, the other lanes zero; n may be anything. With MASKS, LOAD_PART takes 0 … LANES and costs no more than a whole load.
INLINE vector load_first(const float *p, ptrdiff_t n) {
    if (MASKS) return LOAD_PART(p, n >= LANES ? LANES : n <= 0 ? 0 : (int)n);
    return n >= LANES ? load(p) : n <= 0 ? (vector)(0.0f) : LOAD_PART(p, (int)n);
}
INLINE void store_first(float *p, vector v, ptrdiff_t n) {
    if (n >= LANES) store(p, v);
    else if (n > 0) STORE_PART(p, v, (int)n);
}

// Written so that a NaN comes through.
INLINE vector at_most(vector x, float limit) { return x > limit ? (vector)(limit) : x; }
INLINE vector at_least(vector x, float limit) { return x < limit ? (vector)(limit) : x; }

#define UNROLL _Pragma("clang loop unroll(full)")

// Adding this number rounds a float of moderate size to an integer, which then stands in the low bits.
#define ROUNDING 12582912.0f

#define MOST_POWERS 8

// e^x for x in −87.3 … 88; clamped outside. Two-part reduction by ln 2, then a polynomial of degree 6 (Cephes' coefficients); relative error below 2 ulp.
INLINE vector exp_clamped(vector x) {
    x = at_least(at_most(x, 88.0f), -87.33f);
    vector shifted = x * 1.44269504088896341f + ROUNDING;
    vector n = shifted - ROUNDING;
    vector f = n * -0.693359375f + x;
    f = n * 2.12194440e-4f + f;
    vector p = f * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * f + 8.3334519073e-3f;
    p = p * f + 4.1665795894e-2f;
    p = p * f + 1.6666665459e-1f;
    p = p * f + 5.0000001201e-1f;
    p = p * (f * f) + f;
    p = p + 1.0f;
    return (vector)((vector_int)p + ((vector_int)shifted << 23));
}

// As above, but 0 where e^x would be denormal, and infinite where it overflows.
INLINE vector exp_vector(vector x) {
    vector y = exp_clamped(x);
    y = x < -87.33f ? (vector)(0.0f) : y;
    return x > 88.72f ? (vector)(__builtin_inff()) : x > 88.0f ? y * exp_clamped(x - 88.0f) : y;
}

// 1 / (1 + e^−x), accurate also where it is tiny. Exactly 1 above 17, exactly 0 below −87.
INLINE vector sigmoid_vector(vector x) {
    vector y = 1.0f / (1.0f + exp_clamped(-x));
    return x < -87.0f ? (vector)(0.0f) : y;
}

// a / b for a b that is neither tiny nor huge, off by at most 2 ulp: where the processor has a good estimate of 1 / b, a step of Newton's
// method is faster than its division.
INLINE vector quotient(vector a, vector b) {
#ifdef RECIPROCAL
    vector r = RECIPROCAL(b);
    return a * (r * (1.0f - b * r) + r);
#else
    return a / b;
#endif
}

// over / under ≈ tanh(x) for |x| ≤ 8.3, relative error below 1e-8 before rounding (a minimax fit made for this file). Two parts, so that
// a product of several such functions needs one division.
typedef struct {
    vector over, under;
} ratio;

INLINE ratio tanh_ratio(vector x) {
    vector s = x * x, t = s * s;
    vector p = (s * 2.15081987e-05f + 3.54915159e-03f) * t + (s * 1.34258553e-01f + 1.0f);
    p = t * t * 1.464782428683975e-08f + p;
    vector q = (s * 3.37392150e-04f + 2.60798838e-02f) * t + (s * 4.67591792e-01f + 1.0f);
    q = t * t * 8.294935582853213e-07f + q;
    return (ratio){x * p, q};
}

// 2^x for n vectors, exactly 1 where x is 0. An x above 60 counts as 60, so that the product of two results is finite; one below −60 may count as
// that. Relative error below 2e-7, or 3e-6 where that will do (fits made for this file). Step by step for all of them: a processor sees only
// so far ahead, and each chain is long.
INLINE void powers_of_two(int n, vector *x, int coarse) {
    vector f[MOST_POWERS], p[MOST_POWERS];
    UNROLL for (int i = 0; i < n; i++) x[i] = at_most(x[i], 60.0f);
#ifdef SCALE
    // 2^(f + the rest of x), 0 ≤ f < 1.
    static const float c[2][5] = {{1.86713017e-3f, 9.01702978e-3f, 5.57999127e-2f, 2.40164444e-1f, 6.93151295e-1f},
                                  {0, 1.34266857e-2f, 5.22424728e-2f, 2.41280213e-1f, 6.93044841e-1f}};
    UNROLL for (int i = 0; i < n; i++) f[i] = FRACTION(x[i]);
#else
    // 2^(f + the nearest integer), of which `shifted` has the bits.
    static const float c[2][5] = {{1.32647273e-3f, 9.67151299e-3f, 5.55073358e-2f, 2.40222424e-1f, 6.93147004e-1f},
                                  {0, 9.58285294e-3f, 5.59064262e-2f, 2.40240991e-1f, 6.93124175e-1f}};
    vector shifted[MOST_POWERS];
    UNROLL for (int i = 0; i < n; i++) x[i] = at_least(x[i], -60.0f);
    UNROLL for (int i = 0; i < n; i++) shifted[i] = x[i] + ROUNDING;
    UNROLL for (int i = 0; i < n; i++) f[i] = shifted[i] - ROUNDING;
    UNROLL for (int i = 0; i < n; i++) f[i] = x[i] - f[i];
#endif
    UNROLL for (int i = 0; i < n; i++) p[i] = coarse ? (vector)(c[1][1]) : f[i] * c[0][0] + c[0][1];
    UNROLL for (int k = 2; k < 5; k++) UNROLL for (int i = 0; i < n; i++) p[i] = p[i] * f[i] + c[coarse][k];
    UNROLL for (int i = 0; i < n; i++) p[i] = p[i] * f[i] + 1.0f;
#ifdef SCALE
    UNROLL for (int i = 0; i < n; i++) x[i] = SCALE(p[i], x[i]);
#else
    UNROLL for (int i = 0; i < n; i++) x[i] = (vector)((vector_int)p[i] + ((vector_int)shifted[i] << 23));
#endif
}

#define LOG2_E 1.44269504088896341f

// tanh(x) from e = 2^(−2 x / ln 2).
INLINE ratio memory_ratio(vector e) { return (ratio){1.0f - e, 1.0f + e}; }

// The product of two functions that are ratios; coarse: relative error below 7e-5, where the processor has such an estimate.
INLINE vector product_of_ratios(ratio a, ratio b, int coarse) {
    vector over = a.over * b.over, under = a.under * b.under;
#ifdef RECIPROCAL
    if (coarse) return over * RECIPROCAL(under);
#endif
    return quotient(over, under);
}

// Odd by construction; relative error below 6 ulp, exactly ±1 beyond 8.2, where the ratio may be anything.
INLINE vector tanh_vector(vector x) {
    ratio t = tanh_ratio(x);
    vector y = quotient(t.over, t.under);
    y = x > 8.2f ? (vector)(1.0f) : y;
    return x < -8.2f ? (vector)(-1.0f) : y;
}

// The pre-activation below which a gate is exactly 0, and above whose negative it is exactly 1, so that it leaves a
// memory as it is.
#define GATE_CLOSED -16.4f

// The sigmoid of the gates: cheaper than sigmoid_vector, absolute error below 2e-7, or 4e-5 where that will do.
INLINE vector gate_vector(vector x, int coarse) {
    vector e = x * -LOG2_E;
    powers_of_two(1, &e, coarse);
    vector y = product_of_ratios((ratio){1.0f, 1.0f + e}, (ratio){1.0f, 1.0f}, coarse);
    y = x > -GATE_CLOSED ? (vector)(1.0f) : y;
    return x < GATE_CLOSED ? (vector)(0.0f) : y;
}

// In halves, since a chain of all lanes would be long.
INLINE float sum_lanes(vector v) {
    UNROLL for (int half = LANES / 2; half > 0; half /= 2) UNROLL for (int i = 0; i < half; i++) v[i] += v[i + half];
    return v[0];
}

INLINE float largest_lane(vector v) {
    UNROLL for (int half = LANES / 2; half > 0; half /= 2) UNROLL for (int i = 0; i < half; i++) v[i] = v[i + half] > v[i] ? v[i + half] : v[i];
    return v[0];
}
