// Scalar first edition of every kernel.
#include "CKernels.h"
#include <math.h>
#include <string.h>

static int gates_of(ductus_cell cell) { return cell == DUCTUS_CELL_LSTM ? 4 : cell == DUCTUS_CELL_GRU ? 3 : 1; }
static float sigmoid1(float x) { return 1.0f / (1.0f + expf(-x)); }

static size_t pack_size(ductus_cell c, int32_t h, ductus_precision p) { return ((size_t)gates_of(c) * h * h + h) * sizeof(float); }
static void pack(ductus_cell c, int32_t h, ductus_precision p, const float *w, const float *b, void *packed) {
    float *f = packed;
    size_t n = (size_t)gates_of(c) * h * h;
    memcpy(f, w, n * sizeof(float));
    for (int32_t i = 0; i < h; i++) f[n + i] = b ? b[i] : 0;
}
static size_t pack_t_size(ductus_cell c, int32_t h) { return pack_size(c, h, 0); }
static void pack_t(ductus_cell c, int32_t h, const float *w, void *packed) { pack(c, h, 0, w, NULL, packed); }
static size_t scratch_size(ductus_cell c, int32_t h, int32_t s) { return (size_t)(8 * h) * sizeof(float) + 64; }

static void forward(const ductus_recurrent *l, const ductus_batch *b, const ductus_recurrent_pass *p, void *scratch) {
    int H = l->hidden, G = gates_of(l->cell);
    const float *w = l->forward, *bn = w + (size_t)G * H * H;
    float *h = scratch, *c = h + H, *a = c + H;
    for (int s = 0; s < b->sequences; s++) {
        for (int u = 0; u < H; u++) {
            h[u] = p->initial_h ? p->initial_h[(size_t)s * H + u] : 0;
            c[u] = p->initial_c ? p->initial_c[(size_t)s * H + u] : 0;
        }
        int n = b->lengths[s], after = p->final_after ? p->final_after[s] : n;
        for (int t = 0; t <= n; t++) {
            if (t == after) {
                if (p->final_h) memcpy(p->final_h + (size_t)s * H, h, H * sizeof(float));
                if (p->final_c && l->cell == DUCTUS_CELL_LSTM) memcpy(p->final_c + (size_t)s * H, c, H * sizeof(float));
            }
            if (t == n) break;
            size_t row = b->offsets[s] + (p->reversed ? n - 1 - t : t);
            float *g = p->gates + row * p->gates_stride, *out = p->output + row * p->output_stride;
            for (int j = 0; j < G * H; j++) {
                float sum = 0;
                for (int k = 0; k < H; k++) sum += w[(size_t)j * H + k] * h[k];
                a[j] = sum;
            }
            for (int u = 0; u < H; u++) {
                if (l->cell == DUCTUS_CELL_RNN) {
                    h[u] = tanhf(g[u] + a[u]);
                    if (p->cells) g[u] = h[u];
                } else if (l->cell == DUCTUS_CELL_LSTM) {
                    float i = sigmoid1(g[u] + a[u]), f = sigmoid1(g[H + u] + a[H + u]), q = tanhf(g[2 * H + u] + a[2 * H + u]),
                          o = sigmoid1(g[3 * H + u] + a[3 * H + u]);
                    c[u] = f * c[u] + i * q;
                    h[u] = o * tanhf(c[u]);
                    if (p->cells) {
                        g[u] = i, g[H + u] = f, g[2 * H + u] = q, g[3 * H + u] = o;
                        p->cells[row * H + u] = c[u];
                    }
                } else {
                    float r = sigmoid1(g[u] + a[u]), z = sigmoid1(g[H + u] + a[H + u]), q = a[2 * H + u] + bn[u],
                          m = tanhf(g[2 * H + u] + r * q);
                    h[u] = (1 - z) * m + z * h[u];
                    if (p->cells) {
                        g[u] = r, g[H + u] = z, g[2 * H + u] = m;
                        p->cells[row * H + u] = q;
                    }
                }
            }
            memcpy(out, h, H * sizeof(float));
        }
    }
}

static void backward(const ductus_recurrent *l, const ductus_batch *b, const ductus_recurrent_gradient *d, void *scratch) {
    int H = l->hidden, G = gates_of(l->cell);
    const float *w = l->backward;
    float *dh = scratch, *dc = dh + H, *dg = dc + H;
    for (int s = 0; s < b->sequences; s++) {
        int n = b->lengths[s];
        for (int u = 0; u < H; u++) {
            dh[u] = d->d_final_h ? d->d_final_h[(size_t)s * H + u] : 0;
            dc[u] = d->d_final_c ? d->d_final_c[(size_t)s * H + u] : 0;
        }
        for (int t = n - 1; t >= 0; t--) {
            size_t row = b->offsets[s] + (d->reversed ? n - 1 - t : t), before = d->reversed ? row + 1 : row - 1;
            float *g = d->gates + row * d->gates_stride;
            for (int u = 0; u < H; u++) {
                float dy = dh[u] + d->d_output[row * d->d_output_stride + u];
                if (l->cell == DUCTUS_CELL_RNN) {
                    dg[u] = g[u] = dy * (1 - g[u] * g[u]);
                    dh[u] = 0;
                } else if (l->cell == DUCTUS_CELL_LSTM) {
                    float i = g[u], f = g[H + u], q = g[2 * H + u], o = g[3 * H + u], c = d->cells[row * H + u], tc = tanhf(c);
                    float cp = t ? d->cells[before * H + u] : d->initial_c ? d->initial_c[(size_t)s * H + u] : 0;
                    float e = dc[u] + dy * o * (1 - tc * tc);
                    dg[u] = g[u] = e * q * i * (1 - i);
                    dg[H + u] = g[H + u] = e * cp * f * (1 - f);
                    dg[2 * H + u] = g[2 * H + u] = e * i * (1 - q * q);
                    dg[3 * H + u] = g[3 * H + u] = dy * tc * o * (1 - o);
                    dc[u] = e * f;
                    dh[u] = 0;
                } else {
                    float r = g[u], z = g[H + u], m = g[2 * H + u], q = d->cells[row * H + u];
                    float hp = t ? d->output[before * d->output_stride + u] : d->initial_h ? d->initial_h[(size_t)s * H + u] : 0;
                    float dn = dy * (1 - z) * (1 - m * m);
                    dg[u] = g[u] = dn * q * r * (1 - r);
                    dg[H + u] = g[H + u] = dy * (hp - m) * z * (1 - z);
                    g[2 * H + u] = dn;
                    dg[2 * H + u] = d->cells[row * H + u] = dn * r;
                    dh[u] = dy * z;
                }
            }
            for (int j = 0; j < G * H; j++)
                for (int k = 0; k < H; k++) dh[k] += w[(size_t)j * H + k] * dg[j];
        }
        if (d->d_initial_h) memcpy(d->d_initial_h + (size_t)s * H, dh, H * sizeof(float));
        if (d->d_initial_c && l->cell == DUCTUS_CELL_LSTM) memcpy(d->d_initial_c + (size_t)s * H, dc, H * sizeof(float));
    }
}

static void previous(const ductus_batch *b, bool reversed, int32_t H, const float *out, ptrdiff_t stride, const float *h0, float *prev) {
    for (int s = 0; s < b->sequences; s++)
        for (int t = 0; t < b->lengths[s]; t++) {
            size_t row = b->offsets[s] + (reversed ? b->lengths[s] - 1 - t : t), before = reversed ? row + 1 : row - 1;
            if (t) memcpy(prev + row * H, out + before * stride, H * sizeof(float));
            else if (h0) memcpy(prev + row * H, h0 + (size_t)s * H, H * sizeof(float));
            else memset(prev + row * H, 0, H * sizeof(float));
        }
}

static size_t product_pack_size(int32_t n, int32_t k, ductus_precision p) { return (size_t)n * k * sizeof(float); }
static void product_pack(int32_t n, int32_t k, ductus_precision p, const float *w, void *packed) { memcpy(packed, w, (size_t)n * k * sizeof(float)); }
static size_t product_scratch(int32_t k, ductus_precision p, int32_t rows) { return 0; }
static void product(const void *packed, int32_t n, int32_t K, ductus_precision p, int32_t rows, const float *x, ptrdiff_t xs,
                    const float *bias, float *y, ptrdiff_t ys, void *scratch) {
    const float *w = packed;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < n; j++) {
            float sum = bias ? bias[j] : 0;
            for (int k = 0; k < K; k++) sum += x[i * xs + k] * w[(size_t)j * K + k];
            y[i * ys + j] = sum;
        }
}

static void exp_n(const float *x, float *y, size_t n) { for (size_t i = 0; i < n; i++) y[i] = expf(x[i]); }
static void sigmoid_n(const float *x, float *y, size_t n) { for (size_t i = 0; i < n; i++) y[i] = sigmoid1(x[i]); }
static void tanh_n(const float *x, float *y, size_t n) { for (size_t i = 0; i < n; i++) y[i] = tanhf(x[i]); }
static void activate(ductus_activation kind, const float *x, float *y, size_t n) {
    for (size_t i = 0; i < n; i++)
        switch (kind) {
        case DUCTUS_ACTIVATION_NONE: y[i] = x[i]; break;
        case DUCTUS_ACTIVATION_RELU: y[i] = x[i] > 0 ? x[i] : 0; break;
        case DUCTUS_ACTIVATION_SILU: y[i] = x[i] * sigmoid1(x[i]); break;
        case DUCTUS_ACTIVATION_TANH: y[i] = tanhf(x[i]); break;
        }
}
static void activate_backward(ductus_activation kind, const float *x, const float *dy, float *dx, size_t n) {
    for (size_t i = 0; i < n; i++)
        switch (kind) {
        case DUCTUS_ACTIVATION_NONE: dx[i] = dy[i]; break;
        case DUCTUS_ACTIVATION_RELU: dx[i] = x[i] > 0 ? dy[i] : 0; break;
        case DUCTUS_ACTIVATION_SILU: { float s = sigmoid1(x[i]); dx[i] = dy[i] * s * (1 + x[i] * (1 - s)); break; }
        case DUCTUS_ACTIVATION_TANH: { float t = tanhf(x[i]); dx[i] = dy[i] * (1 - t * t); break; }
        }
}
static void add_scaled(float a, const float *x, float *y, size_t n) { for (size_t i = 0; i < n; i++) y[i] += a * x[i]; }
static void average(float d, const float *x, float *y, size_t n) { for (size_t i = 0; i < n; i++) y[i] = d * y[i] + (1 - d) * x[i]; }
static void multiply(const float *x, const float *y, float *z, size_t n) { for (size_t i = 0; i < n; i++) z[i] = x[i] * y[i]; }
static double squared_norm(const float *x, size_t n) { double s = 0; for (size_t i = 0; i < n; i++) s += (double)x[i] * x[i]; return s; }
static void log_softmax(const float *x, float *y, size_t rows, size_t n) {
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        float m = x[0], s = 0;
        for (size_t i = 1; i < n; i++) m = x[i] > m ? x[i] : m;
        for (size_t i = 0; i < n; i++) s += expf(x[i] - m);
        float z = m + logf(s);
        for (size_t i = 0; i < n; i++) y[i] = x[i] - z;
    }
}
static void log_softmax_backward(const float *y, const float *dy, float *dx, size_t rows, size_t n) {
    for (size_t r = 0; r < rows; r++, y += n, dy += n, dx += n) {
        float s = 0;
        for (size_t i = 0; i < n; i++) s += dy[i];
        for (size_t i = 0; i < n; i++) dx[i] = dy[i] - expf(y[i]) * s;
    }
}
static void add_column_sums(const float *x, size_t rows, size_t n, ptrdiff_t stride, float *sums) {
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++) sums[i] += x[r * stride + i];
}
static void fill_rows(const float *row, size_t rows, size_t n, float *y, ptrdiff_t stride) {
    for (size_t r = 0; r < rows; r++) memcpy(y + r * stride, row, n * sizeof(float));
}
static void adam(const ductus_adam *a, const float *g, float *m, float *v, float *w, size_t n) {
    double c1 = 1 - pow(a->beta1, a->step), c2 = 1 - pow(a->beta2, a->step);
    float rate = a->learning_rate / c1, root = 1 / sqrt(c2), keep = 1 - a->learning_rate * a->weight_decay;
    for (size_t i = 0; i < n; i++) {
        float d = g[i] * a->gradient_scale;
        m[i] = a->beta1 * m[i] + (1 - a->beta1) * d;
        v[i] = a->beta2 * v[i] + (1 - a->beta2) * d * d;
        w[i] = keep * w[i] - rate * m[i] / (sqrtf(v[i]) * root + a->epsilon);
    }
}
static void momentum(float rate, float mu, float decay, float scale, const float *g, float *v, float *w, size_t n) {
    for (size_t i = 0; i < n; i++) {
        v[i] = mu * v[i] + scale * g[i] + decay * w[i];
        w[i] -= rate * v[i];
    }
}

const ductus_kernels ductus_kernels_portable = {
    "portable", "int16", 1, pack_size, pack, pack_t_size, pack_t, scratch_size, forward, backward, previous, product_pack_size, product_pack,
    product_scratch, product, exp_n, sigmoid_n, tanh_n, activate, activate_backward, add_scaled, average, multiply, squared_norm, log_softmax,
    log_softmax_backward, add_column_sums, fill_rows, adam, momentum,
};
