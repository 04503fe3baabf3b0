// 16 bits per weight: two neighbouring k of a row share a 32-bit lane, and one instruction multiplies and adds both.
//
// int16: a row of weights is scaled so that neither a weight nor the 32-bit sum can overflow, x is scaled to ±8192. Sums are exact integers.
// bf16: the upper half of a float; sums are floats.

typedef int32_t pair __attribute__((may_alias));

#if REDUCED_BF16
typedef vector reduced_sum;
#define REDUCED_FORMAT "bf16"
#define REDUCED_UNIT 1.0f

#ifdef TO_BF16
INLINE vector_short reduce(vector x) { return TO_BF16(x); }
#else
INLINE vector_short reduce(vector x) {
    vector_uint bits = (vector_uint)x;
    bits = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return __builtin_convertvector(bits, vector_short);
}
#endif

INLINE int16_t bf16_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (int16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#ifdef MULTIPLY_ADD_BF16
#define MULTIPLY_ADD_REDUCED MULTIPLY_ADD_BF16
#else
#define MULTIPLY_ADD_REDUCED(sum, w, x) \
    sum += (vector)(w << 16) * (vector)(x << 16) + (vector)(w & (int32_t)0xffff0000) * (vector)(x & (int32_t)0xffff0000)
#endif

#else
typedef vector_int reduced_sum;
#define REDUCED_FORMAT "int16"
#define REDUCED_UNIT 8192.0f

// |x| ≤ REDUCED_UNIT. The low half of the float's bits is the rounded integer.
INLINE vector_short reduce(vector x) { return __builtin_convertvector((vector_int)(x + ROUNDING), vector_short); }

#ifdef MULTIPLY_ADD_INT16
#define MULTIPLY_ADD_REDUCED MULTIPLY_ADD_INT16
#else
#define MULTIPLY_ADD_REDUCED(sum, w, x) sum += (w << 16 >> 16) * (x << 16 >> 16) + (w >> 16) * (x >> 16)
#endif
#endif

DEFINE_TILE(tile_reduced, vector_int, pair, reduced_sum, MULTIPLY_ADD_REDUCED)

INLINE int pairs_of(int depth) { return (depth + 1) / 2; }

// The factor a row of weights is multiplied with.
static float row_scale(const float *row, int depth) {
#if REDUCED_BF16
    return 1;
#else
    float sum = 0, largest = 0;
    for (int k = 0; k < depth; k++) {
        float size = fabsf(row[k]);
        sum += size;
        largest = size > largest ? size : largest;
    }
    if (!(largest > 0)) return 1;
    // 2³¹ / 8192, less what rounding may add to the sum.
    float by_sum = (262143.0f - 0.5f * (float)depth) / sum, by_size = 32767.0f / largest;
    return by_sum < by_size ? by_sum : by_size;
#endif
}

// `scales`: a float per packed row, what a sum must be multiplied with.
static void pack_panels_reduced(panel_shape s, int depth, const float *w, float *scales, int16_t *packed) {
    for (int panel = 0; panel < panel_count(s); panel++) {
        float factors[3 * LANES];
        for (int i = 0; i < s.vectors * LANES; i++) {
            int row = panel_row(s, panel, i / LANES, i % LANES);
            factors[i] = row < 0 ? 1 : row_scale(w + (ptrdiff_t)row * depth, depth);
            *scales++ = 1 / (factors[i] * REDUCED_UNIT);
        }
        for (int k = 0; k < 2 * pairs_of(depth); k += 2)
            for (int i = 0; i < s.vectors * LANES; i++)
                for (int j = k; j < k + 2; j++) {
                    int row = panel_row(s, panel, i / LANES, i % LANES);
                    float value = row < 0 || j >= depth ? 0 : w[(ptrdiff_t)row * depth + j];
#if REDUCED_BF16
                    *packed++ = bf16_of(value);
#else
                    *packed++ = (int16_t)lrintf(value * factors[i]);
#endif
                }
    }
}

// The start of a sum and its end. Sums of integers are scaled at the end, so the bias is added there; sums of floats
// start with the bias.
INLINE reduced_sum first_sum(vector added) {
#if REDUCED_BF16
    return added;
#else
    return (reduced_sum)(0);
#endif
}

INLINE vector last_sum(reduced_sum s, vector weight_scale, float row_scale, vector added) {
#if REDUCED_BF16
    return s;
#else
    return __builtin_convertvector(s, vector) * (weight_scale * row_scale) + added;
#endif
}

INLINE vector magnitude(vector v) { return v < 0 ? -v : v; }

// Rounds a row of x; returns what its sums must be multiplied with beside the weights' scale.
// `rounded` has room for whole vectors.
static float reduce_row(const float *x, int depth, int16_t *rounded) {
    float back = 1, factor = 1;
    int whole = depth / LANES * LANES;
#if !REDUCED_BF16
    vector highest = whole < depth ? magnitude(load_first(x + whole, depth - whole)) : (vector)(0.0f);
    for (int k = 0; k < whole; k += LANES) {
        vector v = magnitude(load(x + k));
        highest = v > highest ? v : highest;
    }
    float largest = largest_lane(highest);
    factor = largest > 0 ? REDUCED_UNIT / largest : 0;
    back = largest;
    if (!(factor <= 3e38f)) factor = 0;
#endif
    for (int k = 0; k < whole; k += LANES) *(vector_short_unaligned *)(rounded + k) = reduce(load(x + k) * factor);
    if (whole < depth) *(vector_short_unaligned *)(rounded + whole) = reduce(load_first(x + whole, depth - whole) * factor);
    return back;
}
