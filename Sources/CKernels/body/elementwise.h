// Loops over flat buffers and rows.

#define EACH_VECTOR(count, body)                                        \
    for (size_t i = 0; i < (count); i += LANES) {                       \
        int n = (count)-i < LANES ? (int)((count)-i) : LANES;           \
        body                                                            \
    }

static void exp_n(const float *x, float *y, size_t count) { EACH_VECTOR(count, store_first(y + i, exp_vector(load_first(x + i, n)), n);) }

static void sigmoid_n(const float *x, float *y, size_t count) {
    EACH_VECTOR(count, store_first(y + i, sigmoid_vector(load_first(x + i, n)), n);)
}

static void tanh_n(const float *x, float *y, size_t count) { EACH_VECTOR(count, store_first(y + i, tanh_vector(load_first(x + i, n)), n);) }

static void activate(ductus_activation kind, const float *x, float *y, size_t count) {
    switch (kind) {
    case DUCTUS_ACTIVATION_NONE:
        if (x != y) memcpy(y, x, count * sizeof(float));
        break;
    case DUCTUS_ACTIVATION_RELU:
        for (size_t i = 0; i < count; i++) y[i] = x[i] < 0 ? 0 : x[i];
        break;
    case DUCTUS_ACTIVATION_SILU:
        EACH_VECTOR(count, vector v = load_first(x + i, n); store_first(y + i, v * sigmoid_vector(v), n);)
        break;
    case DUCTUS_ACTIVATION_TANH: tanh_n(x, y, count); break;
    }
}

static void activate_backward(ductus_activation kind, const float *x, const float *dy, float *dx, size_t count) {
    switch (kind) {
    case DUCTUS_ACTIVATION_NONE:
        if (dx != dy) memcpy(dx, dy, count * sizeof(float));
        break;
    case DUCTUS_ACTIVATION_RELU:
        for (size_t i = 0; i < count; i++) dx[i] = x[i] > 0 ? dy[i] : 0;
        break;
    case DUCTUS_ACTIVATION_SILU:
        EACH_VECTOR(count, vector v = load_first(x + i, n); vector s = sigmoid_vector(v);
                    store_first(dx + i, load_first(dy + i, n) * s * (1.0f + v * (1.0f - s)), n);)
        break;
    case DUCTUS_ACTIVATION_TANH:
        EACH_VECTOR(count, vector t = tanh_vector(load_first(x + i, n));
                    store_first(dx + i, load_first(dy + i, n) * (1.0f - t * t), n);)
        break;
    }
}

static void add_scaled(float a, const float *x, float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] += a * x[i];
}

static void average(float decay, const float *x, float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = decay * y[i] + (1 - decay) * x[i];
}

static void multiply(const float *x, const float *y, float *z, size_t count) {
    for (size_t i = 0; i < count; i++) z[i] = x[i] * y[i];
}

static void multiply_add(const float *x, const float *y, float *z, size_t count) {
    for (size_t i = 0; i < count; i++) z[i] += x[i] * y[i];
}

static double squared_norm(const float *x, size_t count) {
    vector_double sums = 0;
    EACH_VECTOR(count, vector_double v = __builtin_convertvector(load_first(x + i, n), vector_double); sums += v * v;)
    double sum = 0;
    for (int i = 0; i < LANES; i++) sum += sums[i];
    return sum;
}

// Σ over n vectors of e^(x − largest); what is below the largest by a factor of 2^60 counts as that.
INLINE vector exponentials(int n, const float *x, float largest) {
    vector e[MOST_POWERS], sum = 0;
    UNROLL for (int i = 0; i < n; i++) e[i] = (load(x + i * LANES) - largest) * LOG2_E;
    powers_of_two(n, e, 0);
    UNROLL for (int i = 0; i < n; i++) sum += e[i];
    return sum;
}

static void log_softmax(const float *x, float *y, size_t rows, size_t columns) {
    for (size_t row = 0; row < rows; row++, x += columns, y += columns) {
        float largest = x[0];
        vector highest = largest;
        size_t whole = columns - columns % LANES;
        for (size_t i = 0; i < whole; i += LANES) {
            vector v = load(x + i);
            highest = v > highest ? v : highest;
        }
        largest = largest_lane(highest);
        for (size_t i = whole; i < columns; i++) largest = x[i] > largest ? x[i] : largest;
        vector sums = 0;
        size_t column = 0;
        for (; column + 4 * LANES <= whole; column += 4 * LANES) sums += exponentials(4, x + column, largest);
        for (; column < whole; column += LANES) sums += exponentials(1, x + column, largest);
        float sum = sum_lanes(sums);
        if (whole < columns) {
            vector tail = (load_first(x + whole, (int)(columns - whole)) - largest) * LOG2_E;
            powers_of_two(1, &tail, 0);
            for (size_t i = 0; i < columns - whole; i++) sum += tail[i];
        }
        float normalizer = largest + logf(sum);
        for (size_t i = 0; i < columns; i++) y[i] = x[i] - normalizer;
    }
}

static void log_softmax_backward(const float *y, const float *dy, float *dx, size_t rows, size_t columns) {
    for (size_t row = 0; row < rows; row++, y += columns, dy += columns, dx += columns) {
        vector sums = 0;
        EACH_VECTOR(columns, sums += load_first(dy + i, n);)
        float sum = sum_lanes(sums);
        EACH_VECTOR(columns, store_first(dx + i, load_first(dy + i, n) - exp_vector(load_first(y + i, n)) * sum, n);)
    }
}

static void adam(const ductus_adam *settings, const float *gradient, float *first, float *second, float *weight, size_t count) {
    const float beta1 = settings->beta1, beta2 = settings->beta2, scale = settings->gradient_scale, epsilon = settings->epsilon;
    const float rate = (float)(settings->learning_rate / (1 - pow(beta1, (double)settings->step)));
    const float root = (float)(1 / sqrt(1 - pow(beta2, (double)settings->step)));
    const float keep = 1 - settings->learning_rate * settings->weight_decay;
    for (size_t i = 0; i < count; i++) {
        float d = gradient[i] * scale;
        float m = first[i] + (1 - beta1) * (d - first[i]);
        float v = beta2 * second[i] + (1 - beta2) * d * d;
        first[i] = m;
        second[i] = v;
        weight[i] = keep * weight[i] - rate * m / (__builtin_elementwise_sqrt(v) * root + epsilon);
    }
}

static void momentum_step(float rate, float momentum, float decay, float scale, const float *gradient, float *velocity, float *weight,
                          size_t count) {
    for (size_t i = 0; i < count; i++) {
        velocity[i] = momentum * velocity[i] + scale * gradient[i] + decay * weight[i];
        weight[i] -= rate * velocity[i];
    }
}
