// The two parts of attention: scores of a query against rows, and the weighted sum of rows.

static void softmax(const float *x, float *y, size_t count) {
    if (count == 0) return;
    vector most = x[0];
    size_t whole = 0, i = 0;
    for (; whole + LANES <= count; whole += LANES) {
        vector v = load(x + whole);
        most = v > most ? v : most;
    }
    float largest = largest_lane(most);
    for (size_t k = whole; k < count; k++) largest = x[k] > largest ? x[k] : largest;
    vector sums = 0;
    for (; i + 4 * LANES <= whole; i += 4 * LANES) {
        vector e[MOST_POWERS];
        UNROLL for (int k = 0; k < 4; k++) e[k] = (load(x + i + k * LANES) - largest) * LOG2_E;
        powers_of_two(4, e, 0);
        UNROLL for (int k = 0; k < 4; k++) {
            store(y + i + k * LANES, e[k]);
            sums += e[k];
        }
    }
    for (; i < count; i += LANES) {
        vector e = (load_first(x + i, count - i) - largest) * LOG2_E;
        powers_of_two(1, &e, 0);
        store_first(y + i, e, count - i);
        sums += load_first(y + i, count - i);
    }
    float factor = 1 / sum_lanes(sums);
    EACH_VECTOR(count, store_first(y + i, load_first(y + i, n) * factor, n);)
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

// K vectors of columns, R rows at a time: narrow rows would wait for each other's sums.
INLINE void mix_columns(int K, int R, const float *weights, const float *rows, ptrdiff_t stride, int count, ptrdiff_t left, float *y) {
    vector sums[4][4];
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int k = 0; k < K; k++) sums[r][k] = 0;
    int row = 0;
    for (; row + R <= count; row += R)
        UNROLL for (int r = 0; r < R; r++) {
            vector w = weights[row + r];
            UNROLL for (int k = 0; k < K; k++) sums[r][k] += w * load_first(rows + (row + r) * stride + k * LANES, left - k * LANES);
        }
    for (; row < count; row++) {
        vector w = weights[row];
        UNROLL for (int k = 0; k < K; k++) sums[0][k] += w * load_first(rows + row * stride + k * LANES, left - k * LANES);
    }
    UNROLL for (int r = 1; r < R; r++) UNROLL for (int k = 0; k < K; k++) sums[0][k] += sums[r][k];
    UNROLL for (int k = 0; k < K; k++) store_first(y + k * LANES, sums[0][k], left - k * LANES);
}

static void mix(const float *weights, const float *rows, ptrdiff_t stride, int32_t count, int32_t width, float *y) {
    int i = 0;
    for (; width - i > 2 * LANES; i += 4 * LANES) mix_columns(4, 1, weights, rows + i, stride, count, width - i, y + i);
    if (width - i > LANES) mix_columns(2, 4, weights, rows + i, stride, count, width - i, y + i);
    else if (width > i) mix_columns(1, 4, weights, rows + i, stride, count, width - i, y + i);
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
