// What attention is made of: a query against some rows, and their mixture.

static void softmax(const float *x, float *y, size_t count) {
    if (count == 0) return;
    float largest = x[0];
    for (size_t i = 1; i < count; i++) largest = x[i] > largest ? x[i] : largest;
    float sum = 0;
    EACH_VECTOR(count, store_first(y + i, exp_vector(load_first(x + i, n) - largest), n);)
    for (size_t i = 0; i < count; i++) sum += y[i];
    float factor = 1 / sum;
    for (size_t i = 0; i < count; i++) y[i] *= factor;
}

INLINE void dots_rows(int M, const float *query, const float *rows, ptrdiff_t stride, int width, float scale, float *y) {
    vector sums[4];
    UNROLL for (int m = 0; m < M; m++) sums[m] = 0;
    for (int i = 0; i < width; i += LANES) {
        vector q = load_first(query + i, width - i);
        UNROLL for (int m = 0; m < M; m++) sums[m] += q * load_first(rows + m * stride + i, width - i);
    }
    UNROLL for (int m = 0; m < M; m++) y[m] = sum_lanes(sums[m]) * scale;
}

static void dots(const float *query, const float *rows, ptrdiff_t stride, int32_t count, int32_t width, float scale, float *y) {
    int row = 0;
    for (; row + 4 <= count; row += 4) dots_rows(4, query, rows + row * stride, stride, width, scale, y + row);
    for (; row < count; row++) dots_rows(1, query, rows + row * stride, stride, width, scale, y + row);
}

static void mix(const float *weights, const float *rows, ptrdiff_t stride, int32_t count, int32_t width, float *y) {
    for (int i = 0; i < width; i += 4 * LANES) {
        vector sums[4];
        UNROLL for (int k = 0; k < 4; k++) sums[k] = 0;
        for (int row = 0; row < count; row++) {
            vector w = weights[row];
            UNROLL for (int k = 0; k < 4; k++) sums[k] += w * load_first(rows + row * stride + i + k * LANES, width - i - k * LANES);
        }
        UNROLL for (int k = 0; k < 4; k++) store_first(y + i + k * LANES, sums[k], width - i - k * LANES);
    }
}

static void spread(const float *weights, const float *x, float *rows, ptrdiff_t stride, int32_t count, int32_t width) {
    for (int i = 0; i < width; i += LANES) {
        vector v = load_first(x + i, width - i);
        for (int row = 0; row < count; row++) {
            float *to = rows + row * stride + i;
            store_first(to, load_first(to, width - i) + v * weights[row], width - i);
        }
    }
}

static void additive_scores(const float *query, const float *keys, ptrdiff_t stride, const float *added, int32_t count, int32_t width,
                            const float *weight, float *y) {
    for (int row = 0; row < count; row++) {
        vector sums = 0;
        for (int i = 0; i < width; i += LANES) {
            int left = width - i;
            vector v = load_first(query + i, left) + load_first(keys + row * stride + i, left);
            if (added) v += load_first(added + (ptrdiff_t)row * width + i, left);
            sums += tanh_vector(v) * load_first(weight + i, left);
        }
        y[row] = sum_lanes(sums);
    }
}

static void additive_backward(const float *query, const float *keys, ptrdiff_t stride, const float *added, int32_t count, int32_t width,
                              const float *weight, const float *d_scores, float *d_query, float *d_keys, ptrdiff_t d_stride, float *d_added,
                              float *d_weight) {
    for (int row = 0; row < count; row++)
        for (int i = 0; i < width; i += LANES) {
            int left = width - i;
            vector v = load_first(query + i, left) + load_first(keys + row * stride + i, left);
            if (added) v += load_first(added + (ptrdiff_t)row * width + i, left);
            vector t = tanh_vector(v), d = load_first(weight + i, left) * (1.0f - t * t) * d_scores[row];
            store_first(d_weight + i, load_first(d_weight + i, left) + t * d_scores[row], left);
            store_first(d_query + i, load_first(d_query + i, left) + d, left);
            float *to = d_keys + row * d_stride + i;
            store_first(to, load_first(to, left) + d, left);
            if (d_added) store_first(d_added + (ptrdiff_t)row * width + i, load_first(d_added + (ptrdiff_t)row * width + i, left) + d, left);
        }
}
