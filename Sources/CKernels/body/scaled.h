// Scaled dot-product attention of one head over one sequence: some queries at a time, whose scores stay in the first-level cache between the two
// products and their shares.

INLINE int first_seen(const ductus_attention *p, int query) {
    int end = p->own < 0 ? p->rows : p->own + query + 1;
    return end > p->span ? end - p->span : 0;
}

INLINE int end_seen(const ductus_attention *p, int query) { return p->causal ? p->own + query + 1 : p->rows; }

// Rows of a matrix as what is summed over: [panel of columns][row][vector].
static void pack_summed(int rows, int width, const float *matrix, ptrdiff_t stride, float *packed) {
    for (int column = 0; column < width; column += 2 * LANES)
        for (int row = 0; row < rows; row++, packed += 2 * LANES) {
            const float *from = matrix + row * stride + column;
            store(packed, load_first(from, width - column));
            store(packed + LANES, width - column > LANES ? load_first(from + LANES, width - column - LANES) : (vector)(0.0f));
        }
}

INLINE int scores_step(int rows) { return panel_count(plain_shape(rows)) * 2 * LANES; }

INLINE size_t packed_rows(int rows, int width) { return (size_t)scores_step(rows) * width; }

INLINE size_t packed_columns(int rows, int width) { return (size_t)scores_step(width) * rows; }

static size_t attention_scratch_size(int32_t rows, int32_t width) {
    return (packed_rows(rows, width) + packed_columns(rows, width) + (size_t)MOST_ROWS * scores_step(rows)) * sizeof(float);
}

// y[m][row] = scale · x[m] · row for the panels that hold the rows first ..< end.
INLINE void score_rows(int M, int width, const float *x, ptrdiff_t x_stride, const vector *packed, int first, int end, float scale, float *y, int step) {
    const float *rows[MOST_ROWS];
    UNROLL for (int m = 0; m < M; m++) rows[m] = x + m * x_stride;
    for (int panel = first / (2 * LANES); panel * 2 * LANES < end; panel++) {
        vector sums[MOST_SUMS];
        UNROLL for (int i = 0; i < M * 2; i++) sums[i] = 0;
        tile(1, 2, M, width, packed + (ptrdiff_t)panel * width * 2, 0, rows, sums, 2);
        UNROLL for (int m = 0; m < M; m++) UNROLL for (int v = 0; v < 2; v++)
            store(y + m * step + (panel * 2 + v) * LANES, sums[m * 2 + v] * scale);
    }
}

// y[m] = Σ weights[m][row] · row over the rows first ..< end, of so many in all.
INLINE void mix_rows(int M, int width, const float *weights, int step, const vector *packed, int rows, int first, int end, float *y, ptrdiff_t y_stride) {
    const float *from[MOST_ROWS];
    UNROLL for (int m = 0; m < M; m++) from[m] = weights + m * step + first;
    for (int panel = 0; panel * 2 * LANES < width; panel++) {
        vector sums[MOST_SUMS];
        UNROLL for (int i = 0; i < M * 2; i++) sums[i] = 0;
        tile(1, 2, M, end - first, packed + ((ptrdiff_t)panel * rows + first) * 2, 0, from, sums, 2);
        UNROLL for (int m = 0; m < M; m++) UNROLL for (int v = 0; v < 2; v++) {
            int column = (panel * 2 + v) * LANES;
            store_first(y + m * y_stride + column, sums[m * 2 + v], width - column);
        }
    }
}

INLINE void attend_rows(const ductus_attention *p, int M, int query, const vector *keys, const vector *values, float *scores) {
    const int step = scores_step(p->rows), first = first_seen(p, query), end = end_seen(p, query + M - 1);
    score_rows(M, p->width, p->query + query * p->query_stride, p->query_stride, keys, first, end, p->scale, scores, step);
    for (int m = 0; m < M; m++) {
        float *own = scores + m * step;
        const int from = first_seen(p, query + m), until = end_seen(p, query + m);
        memset(own + first, 0, (size_t)(from - first) * sizeof(float));
        softmax(own + from, own + from, (size_t)(until - from));
        memset(own + until, 0, (size_t)(end - until) * sizeof(float));
        if (!p->weights) continue;
        float *kept = p->weights + (query + m) * p->weights_stride;
        memset(kept, 0, (size_t)first * sizeof(float));
        memcpy(kept + first, own + first, (size_t)(end - first) * sizeof(float));
        memset(kept + end, 0, (size_t)(p->rows - end) * sizeof(float));
    }
    mix_rows(M, p->width, scores, step, values, p->rows, first, end, p->context + query * p->context_stride, p->context_stride);
}

static void attend(const ductus_attention *p, void *scratch) {
    float *keys = scratch, *values = keys + packed_rows(p->rows, p->width), *scores = values + packed_columns(p->rows, p->width);
    pack_panels(plain_shape(p->rows), p->width, p->keys, p->stride, 1, keys);
    pack_summed(p->rows, p->width, p->values, p->stride, values);
    for (int query = 0; query < p->queries;) {
        int count = tile_rows(p->queries - query, MOST_ROWS);
        switch (count) {
        case 1: attend_rows(p, 1, query, (const vector *)keys, (const vector *)values, scores); break;
        case 2: attend_rows(p, 2, query, (const vector *)keys, (const vector *)values, scores); break;
        case 3: attend_rows(p, 3, query, (const vector *)keys, (const vector *)values, scores); break;
        case 4: attend_rows(p, 4, query, (const vector *)keys, (const vector *)values, scores); break;
        case 5: attend_rows(p, 5, query, (const vector *)keys, (const vector *)values, scores); break;
        default: attend_rows(p, 6, query, (const vector *)keys, (const vector *)values, scores); break;
        }
        query += count;
    }
}

INLINE void attend_rows_backward(const ductus_attention *p, const float *d_context, float *d_query, int M, int query, const vector *keys,
                                 const vector *values, float *scores) {
    const int step = scores_step(p->rows), first = first_seen(p, query), end = end_seen(p, query + M - 1);
    score_rows(M, p->width, d_context + query * p->context_stride, p->context_stride, values, first, end, 1, scores, step);
    for (int m = 0; m < M; m++) {
        float *own = scores + m * step + first, *kept = p->weights + (query + m) * p->weights_stride + first;
        vector sums = 0;
        EACH_VECTOR((size_t)(end - first), sums += load_first(own + i, n) * load_first(kept + i, n);)
        const float mean = sum_lanes(sums);
        EACH_VECTOR((size_t)(end - first), {
            vector d = load_first(kept + i, n) * (load_first(own + i, n) - mean) * p->scale;
            store_first(own + i, d, n);
            store_first(kept + i, d, n);
        })
    }
    mix_rows(M, p->width, scores, step, keys, p->rows, first, end, d_query + query * p->query_stride, p->query_stride);
}

static void attend_backward(const ductus_attention *p, const float *d_context, float *d_query, void *scratch) {
    float *values = scratch, *keys = values + packed_rows(p->rows, p->width), *scores = keys + packed_columns(p->rows, p->width);
    pack_panels(plain_shape(p->rows), p->width, p->values, p->stride, 1, values);
    pack_summed(p->rows, p->width, p->keys, p->stride, keys);
    for (int query = 0; query < p->queries;) {
        int count = tile_rows(p->queries - query, MOST_ROWS);
        switch (count) {
        case 1: attend_rows_backward(p, d_context, d_query, 1, query, (const vector *)keys, (const vector *)values, scores); break;
        case 2: attend_rows_backward(p, d_context, d_query, 2, query, (const vector *)keys, (const vector *)values, scores); break;
        case 3: attend_rows_backward(p, d_context, d_query, 3, query, (const vector *)keys, (const vector *)values, scores); break;
        case 4: attend_rows_backward(p, d_context, d_query, 4, query, (const vector *)keys, (const vector *)values, scores); break;
        case 5: attend_rows_backward(p, d_context, d_query, 5, query, (const vector *)keys, (const vector *)values, scores); break;
        default: attend_rows_backward(p, d_context, d_query, 6, query, (const vector *)keys, (const vector *)values, scores); break;
        }
        query += count;
    }
}
