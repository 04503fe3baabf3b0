// The gradient of weights: for each part, gradient += d_outputsᵀ · inputs, summed over frames.
//
// As in Goto's scheme, a block of frames is packed so that the inner loop reads both sides in order: some panels of inputs stay in the first-level
// cache while the outputs' rows stream from the second. The sum over frames runs in blocks whose bounds do not depend on what else is computed.

// Frames of a block: a panel of inputs takes 12 KiB. Outputs of a tile, and of what is packed at once.
#define GRADIENT_FRAMES (1536 / LANES)
#define GRADIENT_ROWS (REGISTERS > 16 ? 12 : 6)
#define GRADIENT_OUTPUTS 192

INLINE int groups_of(int outputs) { return (outputs + GRADIENT_ROWS - 1) / GRADIENT_ROWS; }

INLINE size_t packed_inputs_size(int width) { return (size_t)panel_count(plain_shape(width)) * 2 * LANES * GRADIENT_FRAMES; }

static size_t weight_gradient_scratch_size(const ductus_gradient_part *parts, int32_t count) {
    size_t size = (size_t)groups_of(GRADIENT_OUTPUTS) * GRADIENT_ROWS * GRADIENT_FRAMES;
    for (int i = 0; i < count; i++) size += packed_inputs_size(parts[i].width);
    return size * sizeof(float);
}

// Outputs `first` ..< `first` + `outputs` of some frames, as [group][frame][row]; rows beyond the last are zero. Adds up each output.
static void pack_outputs(const float *d_outputs, ptrdiff_t stride, int frames, int first, int outputs, float *packed, float *sums) {
    for (int frame = 0; frame < frames; frame++) {
        const float *from = d_outputs + frame * stride + first;
        float *to = packed + (ptrdiff_t)frame * GRADIENT_ROWS;
        int whole = outputs / GRADIENT_ROWS;
        for (int group = 0; group < whole; group++, to += GRADIENT_FRAMES * GRADIENT_ROWS)
            memcpy(to, from + group * GRADIENT_ROWS, GRADIENT_ROWS * sizeof(float));
        for (int row = whole * GRADIENT_ROWS; row < groups_of(outputs) * GRADIENT_ROWS; row++)
            to[row - whole * GRADIENT_ROWS] = row < outputs ? from[row] : 0;
        for (int i = 0; sums && i < outputs; i += LANES)
            store_first(sums + first + i, load_first(sums + first + i, outputs - i) + load_first(from + i, outputs - i), outputs - i);
    }
}

// Inputs of some frames, as [panel][frame][vector].
static void pack_inputs(const float *const *rows, int frames, int width, float *packed) {
    int panels = panel_count(plain_shape(width));
    for (int frame = 0; frame < frames; frame++)
        for (int panel = 0; panel < panels; panel++) {
            int column = panel * 2 * LANES;
            float *to = packed + ((ptrdiff_t)panel * GRADIENT_FRAMES + frame) * 2 * LANES;
            store(to, load_first(rows[frame] + column, width - column));
            store(to + LANES, load_first(rows[frame] + column + LANES, width - column - LANES));
        }
}

// Some rows of a part's gradient, two vectors wide.
static void gradient_tile(int frames, const float *outputs, const vector *inputs, int rows, float *gradient, ptrdiff_t stride, int width) {
    vector sums[GRADIENT_ROWS * 2];
    UNROLL for (int i = 0; i < GRADIENT_ROWS * 2; i++) sums[i] = 0;
    for (int row = 0; row < rows; row++) {
        __builtin_prefetch(gradient + row * stride, 1);
        __builtin_prefetch(gradient + row * stride + LANES, 1);
    }
    for (int frame = 0; frame < frames; frame++, outputs += GRADIENT_ROWS, inputs += 2) {
        vector left = inputs[0], right = inputs[1];
        UNROLL for (int row = 0; row < GRADIENT_ROWS; row++) {
            vector d = outputs[row];
            sums[row * 2] += d * left;
            sums[row * 2 + 1] += d * right;
        }
    }
    if (rows == GRADIENT_ROWS && width >= 2 * LANES) {
        UNROLL for (int row = 0; row < GRADIENT_ROWS; row++) {
            float *to = gradient + row * stride;
            store(to, load(to) + sums[row * 2]);
            store(to + LANES, load(to + LANES) + sums[row * 2 + 1]);
        }
        return;
    }
    vector rest[GRADIENT_ROWS * 2];
    UNROLL for (int i = 0; i < GRADIENT_ROWS * 2; i++) rest[i] = sums[i];
    for (int i = 0; i < rows * 2; i++) {
        float *to = gradient + i / 2 * stride + i % 2 * LANES;
        int left = width - i % 2 * LANES;
        store_first(to, load_first(to, left) + rest[i], left);
    }
}

static void weight_gradient(int32_t frames, const float *d_outputs, ptrdiff_t stride, int32_t outputs, const ductus_gradient_part *parts, int32_t count,
                            float *sums, void *scratch) {
    float *packed_outputs = scratch, *packed_inputs = packed_outputs + (size_t)groups_of(GRADIENT_OUTPUTS) * GRADIENT_ROWS * GRADIENT_FRAMES;
    for (int start = 0; start < frames; start += GRADIENT_FRAMES) {
        int block = frames - start < GRADIENT_FRAMES ? frames - start : GRADIENT_FRAMES;
        float *inputs = packed_inputs;
        for (int i = 0; i < count; inputs += packed_inputs_size(parts[i++].width)) pack_inputs(parts[i].rows + start, block, parts[i].width, inputs);
        for (int first = 0; first < outputs; first += GRADIENT_OUTPUTS) {
            int taken = outputs - first < GRADIENT_OUTPUTS ? outputs - first : GRADIENT_OUTPUTS;
            pack_outputs(d_outputs + start * stride, stride, block, first, taken, packed_outputs, sums);
            inputs = packed_inputs;
            for (int i = 0; i < count; inputs += packed_inputs_size(parts[i++].width)) {
                const ductus_gradient_part *part = parts + i;
                int wanted = part->outputs - first < taken ? part->outputs - first : taken;
                for (int column = 0; column < part->width && wanted > 0; column += 2 * LANES)
                    for (int row = 0; row < wanted; row += GRADIENT_ROWS)
                        gradient_tile(block, packed_outputs + (ptrdiff_t)row * GRADIENT_FRAMES, (const vector *)(inputs + (ptrdiff_t)column * GRADIENT_FRAMES),
                                      wanted - row < GRADIENT_ROWS ? wanted - row : GRADIENT_ROWS,
                                      part->gradient + (first + row) * part->stride + column, part->stride, part->width - column);
            }
        }
    }
}
