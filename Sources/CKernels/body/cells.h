// The cells: from the summed gates of some slots and units to their new states.

// A slot's new h, LANES units of it.
INLINE void finish_unit(const forward_run *r, int reduced, int whole, int slot, int unit, vector h) {
    ptrdiff_t state = (ptrdiff_t)slot * r->padded + unit;
    store(r->next_h + state, h);
    float *output = r->pass->output + r->row[slot] * r->pass->output_stride + unit;
    store_first(output, h, whole ? LANES : r->hidden - unit);
    __builtin_prefetch(output + 2 * r->output_step, 1);
    if (reduced) *(vector_short_unaligned *)(r->next_rounded + state) = reduce(h * REDUCED_UNIT);
}

// Turns the pre-activations of i, f, g, o into gate values. For inference, which keeps no gates, a[0] becomes i·g and
// a[3] the denominator of o: three divisions instead of five.
INLINE void open_gates(int reduced, int keeps, vector *a) {
    const ratio one = {1.0f, 1.0f};
    vector e[MOST_POWERS];
    UNROLL for (int g = 0; g < 4; g++) e[g] = a[g] * (g == 2 ? -2 * LOG2_E : -LOG2_E);
    powers_of_two(4, e, reduced);
    vector i = product_of_ratios((ratio){1.0f, 1.0f + e[0]}, keeps ? one : memory_ratio(e[2]), reduced);
    vector f = product_of_ratios((ratio){1.0f, 1.0f + e[1]}, one, reduced);
    f = a[1] > -GATE_CLOSED ? (vector)(1.0f) : f;
    a[0] = a[0] < GATE_CLOSED ? (vector)(0.0f) : i;
    a[1] = a[1] < GATE_CLOSED ? (vector)(0.0f) : f;
    if (keeps) a[2] = product_of_ratios(memory_ratio(e[2]), one, reduced);
    a[3] = keeps ? product_of_ratios((ratio){1.0f, 1.0f + e[3]}, one, reduced) : 1.0f + e[3];
}

// Stores a unit's gates for the way back.
INLINE void keep_gates(const forward_run *r, int whole, int slot, int unit, const vector *a) {
    float *kept = r->kept[slot] + unit;
    UNROLL for (int g = 0; g < 4; g++) {
        store_first(kept + g * r->hidden, a[g], whole ? LANES : r->hidden - unit);
        // The gates of many sequences are too many streams for the processor to foresee.
        __builtin_prefetch(kept + r->kept_step + g * r->hidden, 1);
    }
}

// From there to the new memory and h of N slots and their block, or of one slot and N blocks.
INLINE void renew(const forward_run *r, int N, int reduced, int keeps, int whole, int slot, int slots, int block, const vector *a) {
    vector e[MOST_POWERS];
    UNROLL for (int k = 0; k < N; k++, a += 4) {
        int unit = (block + k * !slots) * LANES, left = whole ? LANES : r->hidden - unit;
        float *memory = r->c + (ptrdiff_t)(slot + k * slots) * r->padded + unit;
        vector c = a[1] * load(memory) + (keeps ? a[0] * a[2] : a[0]);
        store(memory, c);
        e[k] = c * (-2 * LOG2_E);
        if (keeps) store_first(r->pass->cells + r->row[slot + k * slots] * r->hidden + unit, c, left);
    }
    powers_of_two(N, e, reduced);
    a -= N * 4;
    UNROLL for (int k = 0; k < N; k++, a += 4) {
        vector h = product_of_ratios(keeps ? (ratio){a[3], 1.0f} : (ratio){1.0f, a[3]}, memory_ratio(e[k]), reduced);
        finish_unit(r, reduced, whole, slot + k * slots, (block + k * !slots) * LANES, h);
    }
}

INLINE void finish_memory(const forward_run *r, int reduced, int keeps, int whole, int M, int B, int slot, int block, vector *a) {
    // A copy: what is stored here could be part of `r`, as far as the compiler knows.
    const forward_run own = *r;
    r = &own;
    for (int m = 0; m < M; m++)
        for (int b = 0; b < B; b++) {
            vector *gates = a + (m * B + b) * 4;
            open_gates(reduced, keeps, gates);
            if (keeps) keep_gates(r, whole, slot + m, (block + b) * LANES, gates);
        }
    if (B > 1) {
        for (int b = 0; b < B; b++) renew(r, 1, reduced, keeps, whole, slot, 0, block + b, a + b * 4);
        return;
    }
    int m = 0;
    for (; m + 4 <= M; m += 4) renew(r, 4, reduced, keeps, whole, slot + m, 1, block, a + m * 4);
    for (; m < M; m++) renew(r, 1, reduced, keeps, whole, slot + m, 1, block, a + m * 4);
}

// Turns the summed gates (per slot, block, gate) into the new state of M slots and B blocks. `whole`: the blocks have
// no tail.
INLINE void finish_cell(const forward_run *r, ductus_cell cell, int reduced, int whole, int M, int B, int slot, int block, vector *a) {
    const ductus_recurrent_pass *pass = r->pass;
    if (cell == DUCTUS_CELL_LSTM)
        return pass->cells ? finish_memory(r, reduced, 1, whole, M, B, slot, block, a) : finish_memory(r, reduced, 0, whole, M, B, slot, block, a);
    for (int m = 0; m < M; m++) {
        ptrdiff_t row = r->row[slot + m], state = (ptrdiff_t)(slot + m) * r->padded;
        const float *gates = r->gates[slot + m];
        float *kept = r->kept[slot + m];
        for (int b = 0; b < B; b++) {
            int unit = (block + b) * LANES, left = whole ? LANES : r->hidden - unit, H = r->hidden;
            vector h;
            if (cell == DUCTUS_CELL_GRU) {
                const vector *s = a + (m * B + b) * 3;
                vector rs = gate_vector(s[0], 0), z = gate_vector(s[1], 0), q = s[2];
                vector n = tanh_vector(load_first(gates + 2 * H + unit, left) + rs * q);
                h = (1.0f - z) * n + z * load(r->h + state + unit);
                if (pass->cells) {
                    store_first(kept + unit, rs, left);
                    store_first(kept + H + unit, z, left);
                    store_first(kept + 2 * H + unit, n, left);
                    store_first(pass->cells + row * H + unit, q, left);
                }
            } else {
                h = tanh_vector(a[m * B + b]);
                if (pass->cells) store_first(kept + unit, h, left);
            }
            for (int g = 0; pass->cells && g < (cell == DUCTUS_CELL_GRU ? 3 : 1); g++)
                __builtin_prefetch(kept + r->kept_step + g * H + unit, 1);
            finish_unit(r, reduced, whole, slot + m, unit, h);
        }
    }
}

// One function per cell and precision, not one per tile: the tiles' code stays small.
#define DEFINE_FINISH(name, cell, reduced)                                                                                                     \
    static __attribute__((noinline)) void name(const forward_run *r, int M, int B, int slot, int block, vector *a) {                           \
        if ((block + B) * LANES <= r->hidden) finish_cell(r, cell, reduced, 1, M, B, slot, block, a);                                          \
        else finish_cell(r, cell, reduced, 0, M, B, slot, block, a);                                                                           \
    }
DEFINE_FINISH(finish_rnn, DUCTUS_CELL_RNN, 0)
DEFINE_FINISH(finish_rnn_reduced, DUCTUS_CELL_RNN, 1)
DEFINE_FINISH(finish_lstm, DUCTUS_CELL_LSTM, 0)
DEFINE_FINISH(finish_lstm_reduced, DUCTUS_CELL_LSTM, 1)
DEFINE_FINISH(finish_gru, DUCTUS_CELL_GRU, 0)
DEFINE_FINISH(finish_gru_reduced, DUCTUS_CELL_GRU, 1)

INLINE void finish(const forward_run *r, ductus_cell cell, int reduced, int M, int B, int slot, int block, vector *a) {
    switch (cell) {
    case DUCTUS_CELL_RNN: (reduced ? finish_rnn_reduced : finish_rnn)(r, M, B, slot, block, a); break;
    case DUCTUS_CELL_LSTM: (reduced ? finish_lstm_reduced : finish_lstm)(r, M, B, slot, block, a); break;
    case DUCTUS_CELL_GRU: (reduced ? finish_gru_reduced : finish_gru)(r, M, B, slot, block, a); break;
    }
}
