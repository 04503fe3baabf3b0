// One direction of a recurrent layer over a ragged batch, frame by frame.
//
// Sequences are sorted by falling length into slots: the active ones are always the first, and the set shrinks from its end. Per step and
// block of units, the gates of up to six slots are summed in registers and turned into the new state at once.

// Vectors per panel: the lstm's four gates make two panels, so that six slots fit 16 registers; the gru's three gates make one.
INLINE panel_shape recurrent_shape(ductus_cell cell, int hidden) {
    switch (cell) {
    case DUCTUS_CELL_LSTM: return (panel_shape){hidden, 4, 2};
    case DUCTUS_CELL_GRU: return (panel_shape){hidden, 3, 3};
    default: return (panel_shape){hidden, 1, 2};
    }
}

INLINE int padded(int hidden) { return (hidden + 2 * LANES - 1) / (2 * LANES) * (2 * LANES); }

// Packed: the gru's b_hn, padded; then the panels.
INLINE size_t bias_size(ductus_cell cell, int hidden) { return cell == DUCTUS_CELL_GRU ? aligned_size(padded(hidden) * sizeof(float)) : 0; }

static size_t recurrent_pack_size(ductus_cell cell, int32_t hidden, ductus_precision precision) {
    return bias_size(cell, hidden) + packed_size(recurrent_shape(cell, hidden), hidden, precision);
}

static void recurrent_pack(ductus_cell cell, int32_t hidden, ductus_precision precision, const float *weight_hh, const float *bias_hn,
                           void *packed) {
    if (cell == DUCTUS_CELL_GRU)
        for (int i = 0; i < padded(hidden); i++) ((float *)packed)[i] = bias_hn && i < hidden ? bias_hn[i] : 0;
    pack(recurrent_shape(cell, hidden), hidden, precision, weight_hh, (char *)packed + bias_size(cell, hidden));
}

typedef struct {
    const ductus_recurrent_pass *pass;
    panel_shape shape;
    int hidden, padded, pairs;
    const float *bias_hn;
    const vector *weights;
    const vector_int *reduced_weights;
    const vector *scales;
    // Per slot: its sequence, the row of its current frame, the gates of that frame as the input gave them, and where their activations are kept
    // for the way back; states before and after the step (slots × padded).
    int32_t *sequence;
    ptrdiff_t *row;
    const float **gates;
    float **kept;
    float *h, *next_h, *c;
    int16_t *rounded, *next_rounded;
    // From what is kept of a frame to where that of the next one goes: what to fetch into the cache ahead of time.
    ptrdiff_t kept_step;
} forward_run;

// Gates computed from the input some steps ahead, in the order in which the steps need them: step after step, slot after slot.
typedef struct {
    product_run product;
    int reduced, capacity, rows, used;
    const float **x;
    float *gates, *row_scales;
    int16_t *rounded;
} input_run;

// Cuts the scratch into parts; with NULL, only counts.
static size_t forward_scratch(forward_run *r, char *scratch, int hidden, int sequences) {
    size_t used = 0;
#define PART(type, count) (type *)(scratch + used), used += aligned_size((size_t)(count) * sizeof(type))
    int size = padded(hidden);
    r->sequence = PART(int32_t, sequences);
    r->row = PART(ptrdiff_t, sequences);
    r->gates = PART(const float *, sequences);
    r->kept = PART(float *, sequences);
    r->h = PART(float, (size_t)sequences * size);
    r->next_h = PART(float, (size_t)sequences * size);
    r->c = PART(float, (size_t)sequences * size);
    r->rounded = PART(int16_t, (size_t)sequences * size);
    r->next_rounded = PART(int16_t, (size_t)sequences * size);
    return used;
}

// As many rows as keep a product busy, but few enough for their gates to stay in the second-level cache.
#define INPUT_ROWS 64

static size_t input_scratch(input_run *r, char *scratch, size_t used, ductus_cell cell, int hidden, int inputs, int sequences) {
    r->capacity = sequences > INPUT_ROWS ? sequences : INPUT_ROWS;
    r->x = PART(const float *, r->capacity);
    r->gates = PART(float, (size_t)r->capacity * recurrent_shape(cell, hidden).gates * hidden);
    r->row_scales = PART(float, r->capacity);
    r->rounded = PART(int16_t, (size_t)r->capacity * rounded_step(inputs));
    return used;
}

static size_t recurrent_input_scratch_size(ductus_cell cell, int32_t hidden, int32_t inputs, int32_t sequences) {
    forward_run forward;
    input_run input;
    return input_scratch(&input, NULL, forward_scratch(&forward, NULL, hidden, sequences), cell, hidden, inputs, sequences);
}

// A slot's new h, LANES units of it.
INLINE void finish_unit(const forward_run *r, int reduced, int whole, int slot, int unit, vector h) {
    ptrdiff_t state = (ptrdiff_t)slot * r->padded + unit;
    store(r->next_h + state, h);
    store_first(r->pass->output + r->row[slot] * r->pass->output_stride + unit, h, whole ? LANES : r->hidden - unit);
    if (reduced) *(vector_short_unaligned *)(r->next_rounded + state) = reduce(h * REDUCED_UNIT);
}

// The lstm where nothing is kept for the way back: three divisions instead of five, and two loops, so that the processor has several
// units' chains in flight.
INLINE void finish_memory(const forward_run *r, int reduced, int whole, int M, int B, int slot, int block, vector *a) {
    for (int k = 0; k < M * B; k++) {
        vector *s = a + k * 4;
        vector entering = product_of_ratios(gate_ratio(s[0], reduced), tanh_ratio_of(s[2], reduced), reduced);
        ratio o = gate_ratio(s[3], reduced);
        s[0] = s[0] < GATE_CLOSED ? (vector)(0.0f) : entering;
        s[1] = gate_vector(s[1], reduced);
        s[2] = o.over;
        s[3] = o.under;
    }
    for (int m = 0; m < M; m++)
        for (int b = 0; b < B; b++) {
            const vector *s = a + (m * B + b) * 4;
            int unit = (block + b) * LANES;
            float *memory = r->c + (ptrdiff_t)(slot + m) * r->padded + unit;
            vector c = s[1] * load(memory) + s[0];
            store(memory, c);
            finish_unit(r, reduced, whole, slot + m, unit, product_of_ratios((ratio){s[2], s[3]}, tanh_ratio_of(c, reduced), reduced));
        }
}

// From the summed gates (per slot, block, gate) to the new state of M slots and B blocks. `whole`: the blocks have no tail.
INLINE void finish_cell(const forward_run *r, ductus_cell cell, int reduced, int whole, int M, int B, int slot, int block, vector *a) {
    const ductus_recurrent_pass *pass = r->pass;
    if (cell == DUCTUS_CELL_LSTM && !pass->cells) return finish_memory(r, reduced, whole, M, B, slot, block, a);
    for (int m = 0; m < M; m++) {
        ptrdiff_t row = r->row[slot + m], state = (ptrdiff_t)(slot + m) * r->padded;
        const float *gates = r->gates[slot + m];
        float *kept = r->kept[slot + m];
        for (int b = 0; b < B; b++) {
            int unit = (block + b) * LANES, left = whole ? LANES : r->hidden - unit, H = r->hidden;
            vector h;
            if (cell == DUCTUS_CELL_LSTM) {
                const vector *s = a + (m * B + b) * 4;
                vector i = gate_vector(s[0], 0), f = gate_vector(s[1], 0), g = tanh_vector(s[2]), o = gate_vector(s[3], 0);
                vector c = f * load(r->c + state + unit) + i * g;
                store(r->c + state + unit, c);
                h = o * tanh_vector(c);
                store_first(kept + unit, i, left);
                store_first(kept + H + unit, f, left);
                store_first(kept + 2 * H + unit, g, left);
                store_first(kept + 3 * H + unit, o, left);
                store_first(pass->cells + row * H + unit, c, left);
            } else if (cell == DUCTUS_CELL_GRU) {
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
            // The gates of many sequences are too many streams for the processor to foresee.
            for (int g = 0; pass->cells && g < (cell == DUCTUS_CELL_LSTM ? 4 : cell == DUCTUS_CELL_GRU ? 3 : 1); g++)
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

// What the input gave to the gates of M slots and B blocks.
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

// One step of the slots slot ..< slot + M, the blocks block ..< block + B.
INLINE void step_tile(const forward_run *r, ductus_cell cell, int reduced, int M, int B, int slot, int block) {
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
    finish(r, cell, reduced, M, B, slot, block, a);
}

// One step of all active slots. Blocks run to and fro: what the last step left in the first-level cache serves the next one first.
INLINE void step_all(const forward_run *r, ductus_cell cell, int reduced, int active, int backwards) {
    // Most slots per tile, and for a single slot the blocks whose sums together hide each other's latency.
    const int most = cell == DUCTUS_CELL_GRU && REGISTERS <= 16 ? 3 : 6;
    const int single = cell == DUCTUS_CELL_LSTM ? 2 : cell == DUCTUS_CELL_GRU ? 3 : 8, several = cell == DUCTUS_CELL_RNN ? 2 : 1;
    int blocks = (block_count(r->hidden) + several - 1) / several * several;
    if (active == 1) {
        int whole = blocks / single * single;
        if (!backwards)
            for (int block = 0; block < whole; block += single) step_tile(r, cell, reduced, 1, single, 0, block);
        for (int block = whole; block < blocks; block += several) step_tile(r, cell, reduced, 1, several, 0, block);
        if (backwards)
            for (int block = whole - single; block >= 0; block -= single) step_tile(r, cell, reduced, 1, single, 0, block);
        return;
    }
    for (int i = 0; i < blocks; i += several) {
        int block = backwards ? blocks - several - i : i;
        for (int slot = 0; slot < active;) {
            int rows = tile_rows(active - slot, most);
            switch (rows) {
            case 1: step_tile(r, cell, reduced, 1, several, slot, block); break;
            case 2: step_tile(r, cell, reduced, 2, several, slot, block); break;
            case 3: step_tile(r, cell, reduced, 3, several, slot, block); break;
            case 4: step_tile(r, cell, reduced, most > 3 ? 4 : 3, several, slot, block); break;
            case 5: step_tile(r, cell, reduced, most > 3 ? 5 : 3, several, slot, block); break;
            default: step_tile(r, cell, reduced, most > 3 ? 6 : 3, several, slot, block); break;
            }
            slot += rows;
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

static void recurrent_previous(const ductus_batch *batch, bool reversed, int32_t hidden, const float *output, ptrdiff_t output_stride,
                               const float *initial_h, float *previous, ptrdiff_t previous_stride) {
    size_t bytes = hidden * sizeof(float);
    for (int s = 0; s < batch->sequences; s++)
        for (int t = 0; t < batch->lengths[s]; t++) {
            ptrdiff_t row = (ptrdiff_t)batch->offsets[s] + t, before = reversed ? row + 1 : row - 1;
            float *to = previous + row * previous_stride;
            if (t != (reversed ? batch->lengths[s] - 1 : 0)) memcpy(to, output + before * output_stride, bytes);
            else if (initial_h) memcpy(to, initial_h + (ptrdiff_t)s * hidden, bytes);
            else memset(to, 0, bytes);
        }
}
