// One direction of a recurrent layer over a ragged batch, frame by frame.
//
// Sequences are sorted by falling length into slots: the active ones are always the first, and the set shrinks from its end. Per step and
// block of units, the gates of up to six slots at a time are summed in registers; then the states of all these slots are renewed at once.

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
    // The distance from the kept data of a frame to that of the next one, for prefetching into the cache.
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
