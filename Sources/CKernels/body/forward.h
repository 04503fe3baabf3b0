// The way forward: a step of all slots, and the loop over the steps.

// Loads the input's part of the gates of M slots and B blocks.
INLINE void load_blocks(const forward_run *r, ductus_cell cell, int whole, int M, int B, int slot, int block, vector *a) {
    const int G = cell == DUCTUS_CELL_LSTM ? 4 : cell == DUCTUS_CELL_GRU ? 3 : 1;
    int H = r->hidden;
    UNROLL for (int m = 0; m < M; m++) {
        const float *gates = r->gates[slot + m];
        UNROLL for (int b = 0; b < B; b++) UNROLL for (int g = 0; g < G; g++) {
            int unit = (block + b) * LANES;
            // The gru's n has its own sum: r multiplies it before the input's part is added.
            a[(m * B + b) * G + g] =
                cell == DUCTUS_CELL_GRU && g == 2 ? load(r->bias_hn + unit) : load_first(gates + g * H + unit, whole ? LANES : H - unit);
        }
    }
}

INLINE void load_gates(const forward_run *r, ductus_cell cell, int M, int B, int slot, int block, vector *a) {
    if (!MASKS && (block + B) * LANES <= r->hidden) load_blocks(r, cell, 1, M, B, slot, block, a);
    else load_blocks(r, cell, 0, M, B, slot, block, a);
}

// The summed gates of the slots slot ..< slot + M, the blocks block ..< block + B, for the next step.
INLINE void sum_tile(const forward_run *r, ductus_cell cell, int reduced, int M, int B, int slot, int block, vector *gates) {
    const int G = cell == DUCTUS_CELL_LSTM ? 4 : cell == DUCTUS_CELL_GRU ? 3 : 1, V = cell == DUCTUS_CELL_GRU ? 3 : 2;
    int H = r->hidden;
    vector a[MOST_SUMS];
    // Sums of integers get the gates at their end: until then these need no registers.
    const int late = reduced && !REDUCED_BF16;
    if (!late) load_gates(r, cell, M, B, slot, block, a);
    // Panels of these blocks; as many at once as registers hold sums.
    const int vectors = B * G, panels = vectors / V, P = M * vectors <= (REGISTERS > 16 ? 24 : 12) ? panels : 1;
    int panel = block * G / V;
    if (reduced) {
        reduced_sum raw[MOST_SUMS];
        const vector_int *weights = r->reduced_weights + (ptrdiff_t)panel * r->pairs * V;
        const pair *x[MOST_ROWS];
        UNROLL for (int m = 0; m < M; m++) x[m] = (const pair *)(r->rounded + (ptrdiff_t)(slot + m) * r->padded);
        UNROLL for (int i = 0; i < M * vectors; i++) raw[i] = late ? (reduced_sum)(0) : first_sum(a[i]);
        UNROLL for (int p = 0; p < panels; p += P)
            tile_reduced(P, V, M, r->pairs, weights + (ptrdiff_t)p * r->pairs * V, (ptrdiff_t)r->pairs * V, x, raw + p * V, vectors);
        if (late) load_gates(r, cell, M, B, slot, block, a);
        UNROLL for (int m = 0; m < M; m++)
            UNROLL for (int i = 0; i < vectors; i++)
                a[m * vectors + i] = last_sum(raw[m * vectors + i], r->scales[block * G + i], 1, a[m * vectors + i]);
    } else {
        const vector *weights = r->weights + (ptrdiff_t)panel * H * V;
        const float *x[MOST_ROWS];
        UNROLL for (int m = 0; m < M; m++) x[m] = r->h + (ptrdiff_t)(slot + m) * r->padded;
        UNROLL for (int p = 0; p < panels; p += P)
            tile(P, V, M, H, weights + (ptrdiff_t)p * H * V, (ptrdiff_t)H * V, x, a + p * V, vectors);
    }
    UNROLL for (int i = 0; i < M * vectors; i++) gates[i] = a[i];
}

INLINE void step_single(const forward_run *r, ductus_cell cell, int reduced, int B, int block) {
    vector a[MOST_SUMS];
    sum_tile(r, cell, reduced, 1, B, 0, block, a);
    finish(r, cell, reduced, 1, B, 0, block, a);
}

// Slots whose gates are summed before their states are renewed, all at once: the processor then has many chains in flight.
#define MOST_SLOTS 24

// One step of all active slots. Blocks run to and fro: what the last step left in the first-level cache serves the next one first.
INLINE void step_all(const forward_run *r, ductus_cell cell, int reduced, int active, int backwards) {
    // Most slots per tile, and for a single slot the blocks whose sums together hide each other's latency.
    const int most = cell == DUCTUS_CELL_GRU && REGISTERS <= 16 ? 3 : 6;
    const int single = cell == DUCTUS_CELL_LSTM ? 2 : cell == DUCTUS_CELL_GRU ? 3 : 8, several = cell == DUCTUS_CELL_RNN ? 2 : 1;
    int blocks = (block_count(r->hidden) + several - 1) / several * several;
    const int width = several * (cell == DUCTUS_CELL_LSTM ? 4 : cell == DUCTUS_CELL_GRU ? 3 : 1);
    if (active == 1) {
        int whole = blocks / single * single;
        if (!backwards)
            for (int block = 0; block < whole; block += single) step_single(r, cell, reduced, single, block);
        for (int block = whole; block < blocks; block += several) step_single(r, cell, reduced, several, block);
        if (backwards)
            for (int block = whole - single; block >= 0; block -= single) step_single(r, cell, reduced, single, block);
        return;
    }
    vector sums[MOST_SLOTS * 4];
    for (int i = 0; i < blocks; i += several) {
        int block = backwards ? blocks - several - i : i;
        for (int start = 0; start < active;) {
            int end = start + tile_rows(active - start, MOST_SLOTS);
            for (int slot = start; slot < end;) {
                int rows = tile_rows(end - slot, most);
                vector *a = sums + (slot - start) * width;
                switch (rows) {
                case 1: sum_tile(r, cell, reduced, 1, several, slot, block, a); break;
                case 2: sum_tile(r, cell, reduced, 2, several, slot, block, a); break;
                case 3: sum_tile(r, cell, reduced, 3, several, slot, block, a); break;
                case 4: sum_tile(r, cell, reduced, most > 3 ? 4 : 3, several, slot, block, a); break;
                case 5: sum_tile(r, cell, reduced, most > 3 ? 5 : 3, several, slot, block, a); break;
                default: sum_tile(r, cell, reduced, most > 3 ? 6 : 3, several, slot, block, a); break;
                }
                slot += rows;
            }
            finish(r, cell, reduced, end - start, several, start, block, sums);
            start = end;
        }
    }
}

// Sorts the sequences into slots by falling length; stable, so that the order is the caller's where lengths are equal.
static void sort_slots(const ductus_batch *batch, int32_t *sequence) {
    for (int i = 0; i < batch->sequences; i++) {
        int j = i;
        for (; j > 0 && batch->lengths[sequence[j - 1]] < batch->lengths[i]; j--) sequence[j] = sequence[j - 1];
        sequence[j] = i;
    }
}

static void copy_state(float *to, const float *from, int sequence, int hidden) {
    if (to) memcpy(to + (ptrdiff_t)sequence * hidden, from, hidden * sizeof(float));
}

static void step(forward_run *r, ductus_cell cell, int reduced, int active, int backwards) {
    switch (cell * 2 + reduced) {
    case DUCTUS_CELL_RNN * 2: step_all(r, DUCTUS_CELL_RNN, 0, active, backwards); break;
    case DUCTUS_CELL_RNN * 2 + 1: step_all(r, DUCTUS_CELL_RNN, 1, active, backwards); break;
    case DUCTUS_CELL_LSTM * 2: step_all(r, DUCTUS_CELL_LSTM, 0, active, backwards); break;
    case DUCTUS_CELL_LSTM * 2 + 1: step_all(r, DUCTUS_CELL_LSTM, 1, active, backwards); break;
    case DUCTUS_CELL_GRU * 2: step_all(r, DUCTUS_CELL_GRU, 0, active, backwards); break;
    case DUCTUS_CELL_GRU * 2 + 1: step_all(r, DUCTUS_CELL_GRU, 1, active, backwards); break;
    }
}

static void load_states(forward_run *r, const ductus_batch *batch, int reduced) {
    const ductus_recurrent_pass *pass = r->pass;
    size_t bytes = (size_t)batch->sequences * r->padded * sizeof(float);
    memset(r->h, 0, bytes);
    memset(r->next_h, 0, bytes);
    memset(r->c, 0, bytes);
    memset(r->rounded, 0, bytes / 2);
    memset(r->next_rounded, 0, bytes / 2);
    for (int slot = 0; slot < batch->sequences; slot++) {
        int s = r->sequence[slot];
        ptrdiff_t state = (ptrdiff_t)slot * r->padded;
        r->row[slot] = (ptrdiff_t)batch->offsets[s] + (pass->reversed ? batch->lengths[s] - 1 : 0);
        if (pass->initial_h) memcpy(r->h + state, pass->initial_h + (ptrdiff_t)s * r->hidden, r->hidden * sizeof(float));
        if (pass->initial_c) memcpy(r->c + state, pass->initial_c + (ptrdiff_t)s * r->hidden, r->hidden * sizeof(float));
        if (reduced)
            for (int u = 0; u < r->padded; u += LANES)
                *(vector_short_unaligned *)(r->rounded + state + u) = reduce(at_least(at_most(load(r->h + state + u), 1.0f), -1.0f) * REDUCED_UNIT);
    }
}

// Gates for this step and as many of the next ones as the scratch holds.
static void compute_gates(const forward_run *r, input_run *in, const ductus_batch *batch, int active, int t) {
    const ductus_recurrent_pass *pass = r->pass;
    in->rows = in->used = 0;
    for (ptrdiff_t ahead = 0; active > 0 && in->rows + active <= in->capacity; ahead++) {
        for (int slot = 0; slot < active; slot++, in->rows++) {
            const float *x = pass->input + (r->row[slot] + (pass->reversed ? -ahead : ahead)) * pass->input_stride;
            // The rows of the next call: the gates of these will keep the processor busy until they have come.
            const float *later = x + (pass->reversed ? -1 : 1) * (ptrdiff_t)(in->capacity / active) * pass->input_stride;
            for (int k = 0; k < pass->inputs; k += 16) __builtin_prefetch(later + k);
            if (in->reduced) in->row_scales[in->rows] = reduce_row(x, pass->inputs, in->rounded + (ptrdiff_t)in->rows * rounded_step(pass->inputs));
            else in->x[in->rows] = x;
        }
        while (active > 0 && batch->lengths[r->sequence[active - 1]] <= t + ahead + 1) active--;
    }
    (in->reduced ? product_reduced : product_float)(&in->product, in->rows);
}

static void recurrent_forward(const ductus_recurrent *layer, const ductus_batch *batch, const ductus_recurrent_pass *pass, void *scratch) {
    int reduced = layer->precision == DUCTUS_PRECISION_REDUCED16, hidden = layer->hidden, width = recurrent_shape(layer->cell, hidden).gates * hidden;
    const char *panels = (const char *)layer->forward + bias_size(layer->cell, hidden);
    forward_run r = {.pass = pass, .shape = recurrent_shape(layer->cell, hidden), .hidden = hidden, .padded = padded(hidden), .pairs = pairs_of(hidden)};
    size_t used = forward_scratch(&r, scratch, hidden, batch->sequences);
    r.bias_hn = layer->forward;
    if (reduced) {
        r.scales = (const vector *)panels;
        r.reduced_weights = reduced_panels(r.shape, panels);
    } else {
        r.weights = (const vector *)panels;
    }
    input_run in = {.reduced = reduced};
    if (pass->input) {
        input_scratch(&in, scratch, used, layer->cell, hidden, pass->inputs, batch->sequences);
        in.product = product_of(pass->input_weights, width, pass->inputs, layer->precision, pass->input_bias, in.gates, width);
        in.product.rows = in.x;
        in.product.rounded = in.rounded;
        in.product.row_scales = in.row_scales;
    }
    r.kept_step = pass->reversed ? -pass->gates_stride : pass->gates_stride;
    r.output_step = pass->reversed ? -pass->output_stride : pass->output_stride;
    sort_slots(batch, r.sequence);
    load_states(&r, batch, reduced);

    int active = batch->sequences;
    for (int t = 0; active > 0; t++) {
        for (int slot = 0; slot < active; slot++) {
            int s = r.sequence[slot];
            if (t != (pass->final_after ? pass->final_after[s] : batch->lengths[s])) continue;
            copy_state(pass->final_h, r.h + (ptrdiff_t)slot * r.padded, s, hidden);
            if (layer->cell == DUCTUS_CELL_LSTM) copy_state(pass->final_c, r.c + (ptrdiff_t)slot * r.padded, s, hidden);
        }
        while (active > 0 && batch->lengths[r.sequence[active - 1]] <= t) active--;
        if (active == 0) break;
        if (pass->input && in.used == in.rows) compute_gates(&r, &in, batch, active, t);
        for (int slot = 0; slot < active; slot++) {
            r.kept[slot] = pass->gates ? pass->gates + r.row[slot] * pass->gates_stride : NULL;
            r.gates[slot] = pass->input ? in.gates + (ptrdiff_t)in.used++ * width : r.kept[slot];
        }
        step(&r, layer->cell, reduced, active, t & 1);
        for (int slot = 0; slot < active; slot++) r.row[slot] += pass->reversed ? -1 : 1;
        float *h = r.h;
        r.h = r.next_h;
        r.next_h = h;
        int16_t *rounded = r.rounded;
        r.rounded = r.next_rounded;
        r.next_rounded = rounded;
    }
}
