// One step of one sequence's lstm cell, where the products around it are somebody else's: `sums` is what the recurrence adds to the gates.

static void lstm_step(int32_t hidden, float *gates, const float *sums, float *c, float *cells, float *h) {
    for (int unit = 0; unit < hidden; unit += LANES) {
        int left = hidden - unit;
        vector a[4], e[MOST_POWERS];
        UNROLL for (int g = 0; g < 4; g++) a[g] = load_first(gates + g * hidden + unit, left) + load_first(sums + g * hidden + unit, left);
        open_gates(0, 1, a);
        vector memory = a[1] * load_first(c + unit, left) + a[0] * a[2];
        e[0] = memory * (-2 * LOG2_E);
        powers_of_two(1, e, 0);
        store_first(c + unit, memory, left);
        store_first(h + unit, product_of_ratios((ratio){a[3], 1.0f}, memory_ratio(e[0]), 0), left);
        if (!cells) continue;
        UNROLL for (int g = 0; g < 4; g++) store_first(gates + g * hidden + unit, a[g], left);
        store_first(cells + unit, memory, left);
    }
}

static void lstm_step_backward(int32_t hidden, float *gates, const float *cells, const float *previous, const float *dh, float *dc) {
    for (int unit = 0; unit < hidden; unit += LANES) {
        int left = hidden - unit;
        vector i = load_first(gates + unit, left), f = load_first(gates + hidden + unit, left), g = load_first(gates + 2 * hidden + unit, left),
               o = load_first(gates + 3 * hidden + unit, left), tanh_c = tanh_vector(load_first(cells + unit, left));
        vector dy = load_first(dh + unit, left), d = load_first(dc + unit, left) + dy * o * (1.0f - tanh_c * tanh_c);
        vector before = previous ? load_first(previous + unit, left) : (vector)(0.0f);
        store_first(gates + unit, d * g * (i * (1.0f - i)), left);
        store_first(gates + hidden + unit, d * before * (f * (1.0f - f)), left);
        store_first(gates + 2 * hidden + unit, d * i * (1.0f - g * g), left);
        store_first(gates + 3 * hidden + unit, dy * tanh_c * (o * (1.0f - o)), left);
        store_first(dc + unit, d * f, left);
    }
}
