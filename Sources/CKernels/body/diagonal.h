// The lstm whose recurrence is diagonal: each unit sees its own h alone, so that every large product leaves the serial part
// (Gonnet & Deselaers: "IndyLSTMs: Independently Recurrent LSTMs", 2019). One sequence at a time, some blocks of units beside each other.

#define DIAGONAL_BLOCKS (REGISTERS > 16 ? 3 : 2)

INLINE void diagonal_blocks(const ductus_diagonal_pass *p, int N, int keeps, int unit) {
    const int H = p->hidden;
    vector h[3], c[3], u[3][4], a[3][4], e[MOST_POWERS];
    UNROLL for (int n = 0; n < N; n++) {
        int at = unit + n * LANES, left = H - at;
        h[n] = p->initial_h ? load_first(p->initial_h + at, left) : (vector)(0.0f);
        c[n] = p->initial_c ? load_first(p->initial_c + at, left) : (vector)(0.0f);
        UNROLL for (int g = 0; g < 4; g++) u[n][g] = load_first(p->weights + g * H + at, left);
    }
    for (int t = 0; t <= p->frames; t++) {
        if (t == p->final_after)
            for (int n = 0; n < N; n++) {
                int at = unit + n * LANES;
                if (p->final_h) store_first(p->final_h + at, h[n], H - at);
                if (p->final_c) store_first(p->final_c + at, c[n], H - at);
            }
        if (t == p->frames) return;
        ptrdiff_t row = p->reversed ? p->frames - 1 - t : t, ahead = (p->reversed ? -4 : 4) * p->gates_stride;
        float *gates = p->gates + row * p->gates_stride + unit;
        UNROLL for (int n = 0; n < N; n++) {
            int left = H - unit - n * LANES;
            UNROLL for (int g = 0; g < 4; g++) {
                __builtin_prefetch(gates + ahead + g * H + n * LANES);
                a[n][g] = load_first(gates + g * H + n * LANES, left) + u[n][g] * h[n];
            }
            open_gates(0, keeps, a[n]);
            if (keeps) UNROLL for (int g = 0; g < 4; g++) store_first(gates + g * H + n * LANES, a[n][g], left);
            c[n] = a[n][1] * c[n] + (keeps ? a[n][0] * a[n][2] : a[n][0]);
            e[n] = c[n] * (-2 * LOG2_E);
            if (keeps) store_first(p->cells + row * H + unit + n * LANES, c[n], left);
        }
        powers_of_two(N, e, 0);
        UNROLL for (int n = 0; n < N; n++) {
            h[n] = product_of_ratios(keeps ? (ratio){a[n][3], 1.0f} : (ratio){1.0f, a[n][3]}, memory_ratio(e[n]), 0);
            store_first(p->output + row * p->output_stride + unit + n * LANES, h[n], H - unit - n * LANES);
        }
    }
}

static void diagonal_forward(const ductus_diagonal_pass *p) {
    int unit = 0;
    for (; unit + (DIAGONAL_BLOCKS - 1) * LANES < p->hidden; unit += DIAGONAL_BLOCKS * LANES) {
        if (p->cells) diagonal_blocks(p, DIAGONAL_BLOCKS, 1, unit);
        else diagonal_blocks(p, DIAGONAL_BLOCKS, 0, unit);
    }
    for (; unit < p->hidden; unit += LANES) {
        if (p->cells) diagonal_blocks(p, 1, 1, unit);
        else diagonal_blocks(p, 1, 0, unit);
    }
}

static void diagonal_backward(const ductus_diagonal_gradient *d) {
    const int H = d->hidden;
    for (int unit = 0; unit < H; unit += LANES) {
        int left = H - unit;
        vector u[4], du[4], flow[4], dc = 0;
        UNROLL for (int g = 0; g < 4; g++) {
            u[g] = load_first(d->weights + g * H + unit, left);
            du[g] = load_first(d->d_weights + g * H + unit, left);
            flow[g] = 0;
        }
        for (int t = d->frames - 1; t >= 0; t--) {
            ptrdiff_t row = d->reversed ? d->frames - 1 - t : t, before = d->reversed ? row + 1 : row - 1;
            float *gates = d->gates + row * d->gates_stride + unit;
            vector previous_h = t > 0         ? load_first(d->output + before * d->output_stride + unit, left)
                                : d->initial_h ? load_first(d->initial_h + unit, left)
                                               : (vector)(0.0f);
            vector previous_c = t > 0         ? load_first(d->cells + before * H + unit, left)
                                : d->initial_c ? load_first(d->initial_c + unit, left)
                                               : (vector)(0.0f);
            vector i = load_first(gates, left), f = load_first(gates + H, left), g = load_first(gates + 2 * H, left),
                   o = load_first(gates + 3 * H, left), tanh_c = tanh_vector(load_first(d->cells + row * H + unit, left));
            vector dh = load_first(d->d_output + row * d->d_output_stride + unit, left);
            UNROLL for (int k = 0; k < 4; k++) dh += u[k] * flow[k];
            dc += dh * o * (1.0f - tanh_c * tanh_c);
            flow[0] = dc * g * (i * (1.0f - i));
            flow[1] = dc * previous_c * (f * (1.0f - f));
            flow[2] = dc * i * (1.0f - g * g);
            flow[3] = dh * tanh_c * (o * (1.0f - o));
            dc *= f;
            UNROLL for (int k = 0; k < 4; k++) {
                du[k] += flow[k] * previous_h;
                store_first(gates + k * H, flow[k], left);
            }
        }
        UNROLL for (int k = 0; k < 4; k++) store_first(d->d_weights + k * H + unit, du[k], left);
    }
}
