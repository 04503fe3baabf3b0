// Backpropagation through time: the steps of forward.h from last to first.

// W_hhᵀ as a plain matrix: H outputs, G·H inputs.
INLINE int gate_count(ductus_cell cell) { return cell == DUCTUS_CELL_LSTM ? 4 : cell == DUCTUS_CELL_GRU ? 3 : 1; }

static size_t recurrent_pack_transposed_size(ductus_cell cell, int32_t hidden) {
    return packed_size(plain_shape(hidden), gate_count(cell) * hidden, DUCTUS_PRECISION_FLOAT32);
}

static void recurrent_pack_transposed(ductus_cell cell, int32_t hidden, const float *weight_hh, void *packed) {
    pack_panels(plain_shape(hidden), gate_count(cell) * hidden, weight_hh, 1, hidden, packed);
}

typedef struct {
    const ductus_recurrent_gradient *gradient;
    const vector *weights;
    int hidden, padded, depth;
    int32_t *sequence;
    // Per slot: row of the current frame and of the one before it in time, −1 if that is the initial state.
    ptrdiff_t *row, *before;
    // d loss / d state that flows back (slots × padded), d loss / d gates of this step (slots × depth).
    float *dh, *dc, *gates;
} backward_run;

static size_t backward_scratch(backward_run *r, char *scratch, ductus_cell cell, int hidden, int sequences) {
    size_t used = 0;
    int size = padded(hidden);
    r->sequence = PART(int32_t, sequences);
    r->row = PART(ptrdiff_t, sequences);
    r->before = PART(ptrdiff_t, sequences);
    r->dh = PART(float, (size_t)sequences * size);
    r->dc = PART(float, (size_t)sequences * size);
    r->gates = PART(float, (size_t)sequences * gate_count(cell) * hidden);
    return used;
}

static size_t recurrent_scratch_size(ductus_cell cell, int32_t hidden, int32_t sequences) {
    forward_run forward;
    backward_run backward;
    size_t a = forward_scratch(&forward, NULL, hidden, sequences), b = backward_scratch(&backward, NULL, cell, hidden, sequences);
    return a > b ? a : b;
}

// Through the gates of one slot: d output and d state become d gates; what the state gets directly stays in dh and dc.
INLINE void gates_backward(const backward_run *r, ductus_cell cell, int slot) {
    const ductus_recurrent_gradient *d = r->gradient;
    const int H = r->hidden;
    ptrdiff_t row = r->row[slot], before = r->before[slot], state = (ptrdiff_t)slot * r->padded;
    float *gates = d->gates + row * d->gates_stride, *step = r->gates + (ptrdiff_t)slot * r->depth;
    const float *d_output = d->d_output + row * d->d_output_stride, *previous = NULL;
    if (cell == DUCTUS_CELL_LSTM)
        previous = before >= 0 ? d->cells + before * H : d->initial_c ? d->initial_c + (ptrdiff_t)r->sequence[slot] * H : NULL;
    else if (cell == DUCTUS_CELL_GRU)
        previous = before >= 0 ? d->output + before * d->output_stride : d->initial_h ? d->initial_h + (ptrdiff_t)r->sequence[slot] * H : NULL;

    for (int unit = 0; unit < H; unit += LANES) {
        int left = H - unit;
        vector dy = load(r->dh + state + unit) + load_first(d_output + unit, left);
        vector before_this = previous ? load_first(previous + unit, left) : (vector)(0.0f), direct = 0;
        vector out[4];
        if (cell == DUCTUS_CELL_LSTM) {
            vector i = load_first(gates + unit, left), f = load_first(gates + H + unit, left), g = load_first(gates + 2 * H + unit, left),
                   o = load_first(gates + 3 * H + unit, left), tanh_c = tanh_vector(load_first(d->cells + row * H + unit, left));
            vector dc = load(r->dc + state + unit) + dy * o * (1.0f - tanh_c * tanh_c);
            out[0] = dc * g * (i * (1.0f - i));
            out[1] = dc * before_this * (f * (1.0f - f));
            out[2] = dc * i * (1.0f - g * g);
            out[3] = dy * tanh_c * (o * (1.0f - o));
            store(r->dc + state + unit, dc * f);
        } else if (cell == DUCTUS_CELL_GRU) {
            vector rs = load_first(gates + unit, left), z = load_first(gates + H + unit, left), n = load_first(gates + 2 * H + unit, left),
                   q = load_first(d->cells + row * H + unit, left);
            vector dn = dy * (1.0f - z) * (1.0f - n * n);
            out[0] = dn * q * (rs * (1.0f - rs));
            out[1] = dy * (before_this - n) * (z * (1.0f - z));
            out[2] = dn;
            direct = dy * z;
            store_first(d->cells + row * H + unit, dn * rs, left);
            store_first(step + 2 * H + unit, dn * rs, left);
        } else {
            vector h = load_first(gates + unit, left);
            out[0] = dy * (1.0f - h * h);
        }
        store(r->dh + state + unit, direct);
        const int G = cell == DUCTUS_CELL_LSTM ? 4 : cell == DUCTUS_CELL_GRU ? 3 : 1;
        // The step before in time is next: its rows are fetched while this one is computed.
        ptrdiff_t next = d->reversed ? 1 : -1;
        __builtin_prefetch(d_output + next * d->d_output_stride + unit);
        if (cell != DUCTUS_CELL_RNN) __builtin_prefetch(d->cells + (row + 2 * next) * H + unit);
        UNROLL for (int g = 0; g < G; g++) {
            __builtin_prefetch(gates + next * d->gates_stride + g * H + unit, 1);
            store_first(gates + g * H + unit, out[g], left);
            if (cell != DUCTUS_CELL_GRU || g < 2) store_first(step + g * H + unit, out[g], left);
        }
    }
}

// dh += d gates · W_hh for the slots slot ..< slot + M, the panels panel ..< panel + P.
INLINE void state_backward(const backward_run *r, int P, int M, int slot, int panel) {
    vector sums[MOST_SUMS];
    float *dh = r->dh + (ptrdiff_t)slot * r->padded + panel * 2 * LANES;
    for (int m = 0; m < M; m++)
        for (int i = 0; i < P * 2; i++) sums[m * P * 2 + i] = load(dh + (ptrdiff_t)m * r->padded + i * LANES);
    const float *gates[MOST_ROWS];
    UNROLL for (int m = 0; m < M; m++) gates[m] = r->gates + (ptrdiff_t)(slot + m) * r->depth;
    tile(P, 2, M, r->depth, r->weights + (ptrdiff_t)panel * r->depth * 2, (ptrdiff_t)r->depth * 2, gates, sums, P * 2);
    for (int m = 0; m < M; m++)
        for (int i = 0; i < P * 2; i++) store(dh + (ptrdiff_t)m * r->padded + i * LANES, sums[m * P * 2 + i]);
}

static void step_backward(const backward_run *r, ductus_cell cell, int active) {
    for (int slot = 0; slot < active; slot++) switch (cell) {
        case DUCTUS_CELL_RNN: gates_backward(r, DUCTUS_CELL_RNN, slot); break;
        case DUCTUS_CELL_LSTM: gates_backward(r, DUCTUS_CELL_LSTM, slot); break;
        case DUCTUS_CELL_GRU: gates_backward(r, DUCTUS_CELL_GRU, slot); break;
        }
    int panels = panel_count(plain_shape(r->hidden));
    int together = active == 1 ? 4 : active <= 3 ? 2 : 1;
    for (int panel = 0; panel < panels;) {
        int step = panels - panel >= together ? together : 1;
        for (int slot = 0; slot < active;) {
            int rows = tile_rows(active - slot, 6);
            switch (step * 8 + rows) {
            case 8 + 1: state_backward(r, 1, 1, slot, panel); break;
            case 8 + 2: state_backward(r, 1, 2, slot, panel); break;
            case 8 + 3: state_backward(r, 1, 3, slot, panel); break;
            case 8 + 4: state_backward(r, 1, 4, slot, panel); break;
            case 8 + 5: state_backward(r, 1, 5, slot, panel); break;
            case 8 + 6: state_backward(r, 1, 6, slot, panel); break;
            case 16 + 2: state_backward(r, 2, 2, slot, panel); break;
            case 16 + 3: state_backward(r, 2, 3, slot, panel); break;
            case 32 + 1: state_backward(r, 4, 1, slot, panel); break;
            }
            slot += rows;
        }
        panel += step;
    }
}

static void load_gradients(float *to, const float *from, int slot, int sequence, int hidden, int step) {
    memset(to + (ptrdiff_t)slot * step, 0, step * sizeof(float));
    if (from) memcpy(to + (ptrdiff_t)slot * step, from + (ptrdiff_t)sequence * hidden, hidden * sizeof(float));
}

static void recurrent_backward(const ductus_recurrent *layer, const ductus_batch *batch, const ductus_recurrent_gradient *gradient, void *scratch) {
    const int hidden = layer->hidden;
    backward_run r = {.gradient = gradient, .weights = layer->backward, .hidden = hidden, .padded = padded(hidden), .depth = gate_count(layer->cell) * hidden};
    backward_scratch(&r, scratch, layer->cell, hidden, batch->sequences);
    sort_slots(batch, r.sequence);
    for (int slot = 0; slot < batch->sequences; slot++) {
        int s = r.sequence[slot];
        load_gradients(r.dh, gradient->d_final_h, slot, s, hidden, r.padded);
        load_gradients(r.dc, layer->cell == DUCTUS_CELL_LSTM ? gradient->d_final_c : NULL, slot, s, hidden, r.padded);
    }
    int active = 0;
    for (int t = batch->sequences ? batch->lengths[r.sequence[0]] - 1 : -1; t >= 0; t--) {
        while (active < batch->sequences && batch->lengths[r.sequence[active]] > t) active++;
        for (int slot = 0; slot < active; slot++) {
            int s = r.sequence[slot];
            ptrdiff_t first = batch->offsets[s];
            r.row[slot] = first + (gradient->reversed ? batch->lengths[s] - 1 - t : t);
            r.before[slot] = t == 0 ? -1 : gradient->reversed ? r.row[slot] + 1 : r.row[slot] - 1;
        }
        step_backward(&r, layer->cell, active);
    }
    for (int slot = 0; slot < batch->sequences; slot++) {
        int s = r.sequence[slot];
        copy_state(gradient->d_initial_h, r.dh + (ptrdiff_t)slot * r.padded, s, hidden);
        if (layer->cell == DUCTUS_CELL_LSTM) copy_state(gradient->d_initial_c, r.dc + (ptrdiff_t)slot * r.padded, s, hidden);
    }
}
