// y = x Wᵀ + bias with packed weights.

INLINE panel_shape plain_shape(int outputs) { return (panel_shape){outputs, 1, 2}; }

INLINE size_t aligned_size(size_t bytes) { return (bytes + 63) / 64 * 64; }

// Packed: float32: the panels; reduced: a scale per row of the panels, then the panels.
static size_t packed_size(panel_shape s, int depth, ductus_precision precision) {
    size_t rows = (size_t)panel_count(s) * s.vectors * LANES;
    return precision == DUCTUS_PRECISION_FLOAT32 ? aligned_size(rows * depth * sizeof(float))
                                                 : aligned_size(rows * sizeof(float)) + aligned_size(rows * 2 * pairs_of(depth) * sizeof(int16_t));
}

static const vector_int *reduced_panels(panel_shape s, const void *packed) {
    return (const vector_int *)((const char *)packed + aligned_size((size_t)panel_count(s) * s.vectors * LANES * sizeof(float)));
}

static void pack(panel_shape s, int depth, ductus_precision precision, const float *w, void *packed) {
    if (precision == DUCTUS_PRECISION_FLOAT32) pack_panels(s, depth, w, depth, 1, packed);
    else pack_panels_reduced(s, depth, w, packed, (int16_t *)reduced_panels(s, packed));
}

static size_t product_pack_size(int32_t outputs, int32_t inputs, ductus_precision precision) {
    return packed_size(plain_shape(outputs), inputs, precision);
}

static void product_pack(int32_t outputs, int32_t inputs, ductus_precision precision, const float *weight, void *packed) {
    pack(plain_shape(outputs), inputs, precision, weight, packed);
}

static size_t product_pack_transposed_size(int32_t outputs, int32_t inputs) {
    return packed_size(plain_shape(inputs), outputs, DUCTUS_PRECISION_FLOAT32);
}

static void product_pack_transposed(int32_t outputs, int32_t inputs, const float *weight, void *packed) {
    pack_panels(plain_shape(inputs), outputs, weight, 1, inputs, packed);
}

// Rounded rows of x are padded to whole vectors.
INLINE int rounded_step(int depth) { return (depth + 2 * LANES - 1) / (2 * LANES) * (2 * LANES); }

static size_t product_scratch_size(int32_t inputs, ductus_precision precision, int32_t rows) {
    if (precision == DUCTUS_PRECISION_FLOAT32) return 0;
    return aligned_size((size_t)rows * sizeof(float)) + (size_t)rows * rounded_step(inputs) * sizeof(int16_t) + 64;
}

typedef struct {
    panel_shape shape;
    int inputs, outputs;
    const float *bias;
    float *y;
    ptrdiff_t y_stride;
    // float32: the rows of x, each by its own pointer where there are `rows`.
    const vector *weights;
    const float *const *rows;
    const float *x;
    ptrdiff_t x_stride;
    // reduced
    const vector_int *reduced_weights;
    const vector *scales;
    const int16_t *rounded;
    const float *row_scales;
} product_run;

// Rows row ..< row + M, panels panel ..< panel + P.
INLINE void product_tile(const product_run *r, int reduced, int P, int M, int row, int panel) {
    const int vectors = P * 2;
    vector sums[MOST_SUMS], bias[8];
    int first = panel * 2 * LANES, left = r->outputs - first;
    float *y = r->y + row * r->y_stride + first;
    // A masked load of nothing from nowhere is slow.
    for (int i = 0; i < vectors; i++) bias[i] = r->bias ? load_first(r->bias + first + i * LANES, left - i * LANES) : (vector)(0.0f);
    if (reduced) {
        reduced_sum raw[MOST_SUMS];
        int depth = pairs_of(r->inputs), step = rounded_step(r->inputs);
        const pair *x[MOST_ROWS];
        UNROLL for (int m = 0; m < M; m++) x[m] = (const pair *)(r->rounded + (ptrdiff_t)(row + m) * step);
        for (int m = 0; m < M; m++)
            for (int i = 0; i < vectors; i++) raw[m * vectors + i] = first_sum(bias[i]);
        tile_reduced(P, 2, M, depth, r->reduced_weights + (ptrdiff_t)panel * depth * 2, (ptrdiff_t)depth * 2, x, raw, vectors);
        for (int m = 0; m < M; m++)
            for (int i = 0; i < vectors; i++)
                sums[m * vectors + i] = last_sum(raw[m * vectors + i], r->scales[panel * 2 + i], r->row_scales[row + m], bias[i]);
    } else {
        const float *x[MOST_ROWS];
        UNROLL for (int m = 0; m < M; m++) x[m] = r->rows ? r->rows[row + m] : r->x + (row + m) * r->x_stride;
        for (int m = 0; m < M; m++)
            for (int i = 0; i < vectors; i++) sums[m * vectors + i] = bias[i];
        tile(P, 2, M, r->inputs, r->weights + (ptrdiff_t)panel * r->inputs * 2, (ptrdiff_t)r->inputs * 2, x, sums, vectors);
    }
    if (left >= vectors * LANES) {
        for (int m = 0; m < M; m++)
            for (int i = 0; i < vectors; i++) store(y + m * r->y_stride + i * LANES, sums[m * vectors + i]);
    } else {
        for (int m = 0; m < M; m++)
            for (int i = 0; i < vectors; i++) store_first(y + m * r->y_stride + i * LANES, sums[m * vectors + i], left - i * LANES);
    }
}

INLINE void product_rows(const product_run *r, int reduced, int P, int rows, int row, int panel) {
    switch (rows) {
    case 1: product_tile(r, reduced, P, 1, row, panel); break;
    case 2: product_tile(r, reduced, P, 2, row, panel); break;
    case 3: product_tile(r, reduced, P, 3, row, panel); break;
    case 4: product_tile(r, reduced, 1, 4, row, panel); break;
    case 5: product_tile(r, reduced, 1, 5, row, panel); break;
    default: product_tile(r, reduced, 1, 6, row, panel); break;
    }
}

// Rows in blocks that stay in the second-level cache while all panels pass by.
#define PRODUCT_BLOCK 96

INLINE void product_all(const product_run *r, int reduced, int rows) {
    int panels = panel_count(r->shape);
    for (int start = 0; start < rows;) {
        int end = start + tile_rows(rows - start, PRODUCT_BLOCK);
        // With few rows several panels at once hide the latency of the sums.
        int together = end - start <= 1 ? 4 : end - start <= 3 ? 2 : 1;
        for (int panel = 0; panel < panels;) {
            int step = panels - panel >= together ? together : 1;
            for (int row = start; row < end;) {
                // The integer products need a register more, of which some processors have few.
                int count = tile_rows(end - row, reduced && REGISTERS <= 16 ? 5 : 6);
                if (step == 4) product_rows(r, reduced, 4, 1, row, panel);
                else if (step == 2) product_rows(r, reduced, 2, count, row, panel);
                else product_rows(r, reduced, 1, count, row, panel);
                row += count;
            }
            panel += step;
        }
        start = end;
    }
}

static product_run product_of(const void *packed, int outputs, int inputs, ductus_precision precision, const float *bias, float *y,
                              ptrdiff_t y_stride) {
    product_run r = {.shape = plain_shape(outputs), .inputs = inputs, .outputs = outputs, .bias = bias, .y = y, .y_stride = y_stride};
    if (precision == DUCTUS_PRECISION_FLOAT32) {
        r.weights = packed;
    } else {
        r.scales = packed;
        r.reduced_weights = reduced_panels(r.shape, packed);
    }
    return r;
}

static void product_float(const product_run *r, int rows) { product_all(r, 0, rows); }
static void product_reduced(const product_run *r, int rows) { product_all(r, 1, rows); }

static void product(const void *packed, int32_t outputs, int32_t inputs, ductus_precision precision, int32_t rows, const float *x,
                    ptrdiff_t x_stride, const float *bias, float *y, ptrdiff_t y_stride, void *scratch) {
    product_run r = product_of(packed, outputs, inputs, precision, bias, y, y_stride);
    if (precision == DUCTUS_PRECISION_FLOAT32) {
        r.x = x;
        r.x_stride = x_stride;
        product_float(&r, rows);
        return;
    }
    float *row_scales = scratch;
    int16_t *rounded = (int16_t *)((char *)scratch + aligned_size((size_t)rows * sizeof(float)));
    for (int row = 0; row < rows; row++)
        row_scales[row] = reduce_row(x + row * x_stride, inputs, rounded + (ptrdiff_t)row * rounded_step(inputs));
    r.rounded = rounded;
    r.row_scales = row_scales;
    product_reduced(&r, rows);
}

static float multiply_adds(int64_t steps) {
    vector sums[12];
    UNROLL for (int i = 0; i < 12; i++) sums[i] = i;
    for (int64_t step = 0; step < steps; step++) UNROLL for (int i = 0; i < 12; i++) sums[i] = sums[i] * 0.999f + 1e-3f;
    vector sum = 0;
    UNROLL for (int i = 0; i < 12; i++) sum += sums[i];
    return sum_lanes(sum);
}
