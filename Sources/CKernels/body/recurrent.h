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
    ptrdiff_t kept_step, output_step;
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
    float *output = r->pass->output + r->row[slot] * r->pass->output_stride + unit;
    store_first(output, h, whole ? LANES : r->hidden - unit);
    __builtin_prefetch(output + 2 * r->output_step, 1);
    if (reduced) *(vector_short_unaligned *)(r->next_rounded + state) = reduce(h * REDUCED_UNIT);
}

// From a unit's sums of i, f, g, o to the gates; or, where nothing is kept of them, to what enters its memory (in place of i) and to o's denominator:
// three divisions instead of five.
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

// From the summed gates (per slot, block, gate) to the new state of M slots and B blocks. `whole`: the blocks have no tail.
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
