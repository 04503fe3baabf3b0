// Rows made free of mean and scale (Ba et al.: "Layer normalization", 2016).

static void normalize_rows(const float *x, float *y, float *normalized, float *scales, size_t rows, size_t columns, float epsilon,
                           const float *weight, const float *bias) {
    for (size_t row = 0; row < rows; row++, x += columns, y += columns) {
        vector sums = 0, squares = 0;
        EACH_VECTOR(columns, sums += load_first(x + i, n);)
        float mean = sum_lanes(sums) / (float)columns;
        EACH_VECTOR(columns, vector d = load_first(x + i, n) - mean; if (n < LANES) {
            float part[LANES];
            store(part, d);
            for (int k = n; k < LANES; k++) part[k] = 0;
            d = load(part);
        } squares += d * d;)
        float scale = 1 / __builtin_elementwise_sqrt(sum_lanes(squares) / (float)columns + epsilon);
        float *kept = normalized ? normalized + row * columns : y;
        EACH_VECTOR(columns, vector v = (load_first(x + i, n) - mean) * scale; if (normalized) store_first(kept + i, v, n);
                    store_first(y + i, v * load_first(weight + i, n) + load_first(bias + i, n), n);)
        if (scales) scales[row] = scale;
    }
}

static void normalize_rows_backward(const float *normalized, const float *scales, const float *dy, float *dx, size_t rows, size_t columns,
                                    const float *weight, float *d_weight, float *d_bias) {
    for (size_t row = 0; row < rows; row++, normalized += columns, dy += columns) {
        vector sums = 0, products = 0;
        EACH_VECTOR(columns, vector v = load_first(normalized + i, n); vector d = load_first(dy + i, n);
                    store_first(d_bias + i, load_first(d_bias + i, n) + d, n);
                    store_first(d_weight + i, load_first(d_weight + i, n) + d * v, n); d *= load_first(weight + i, n); sums += d;
                    products += d * v;)
        if (!dx) continue;
        float mean = sum_lanes(sums) / (float)columns, slope = sum_lanes(products) / (float)columns, scale = scales[row];
        EACH_VECTOR(columns, vector d = load_first(dy + i, n) * load_first(weight + i, n);
                    store_first(dx + i, (d - mean - load_first(normalized + i, n) * slope) * scale, n);)
        dx += columns;
    }
}
