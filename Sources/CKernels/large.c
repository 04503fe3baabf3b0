// Large products by somebody else's sgemm, behind the same table: for processors for which there is no kernel of ours that is as fast.
//
// Weights are packed twice, as the table's own kernels want them and plainly. Few rows, 16-bit weights and the recurrent kernels take the former.
#include "CKernels.h"
#include "tables.h"
#include <string.h>

// Below so many rows, or so many weights, calling somebody else costs more than it saves.
enum { least_rows = 8, least_weights = 2048 };

static ductus_sgemm sgemm;

static size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

// The functions behind one base table, and the table.
#define DEFINE_LARGE(base)                                                                                                                      \
    static size_t base##_own_size(int32_t outputs, int32_t inputs, ductus_precision precision) {                                               \
        return aligned(base.product_pack_size(outputs, inputs, precision));                                                                     \
    }                                                                                                                                           \
    static size_t base##_pack_size(int32_t outputs, int32_t inputs, ductus_precision precision) {                                              \
        size_t own = base##_own_size(outputs, inputs, precision);                                                                               \
        return precision == DUCTUS_PRECISION_FLOAT32 ? own + (size_t)outputs * inputs * sizeof(float) : own;                                    \
    }                                                                                                                                           \
    static void base##_pack(int32_t outputs, int32_t inputs, ductus_precision precision, const float *weight, void *packed) {                  \
        base.product_pack(outputs, inputs, precision, weight, packed);                                                                          \
        if (precision == DUCTUS_PRECISION_FLOAT32)                                                                                              \
            memcpy((char *)packed + base##_own_size(outputs, inputs, precision), weight, (size_t)outputs * inputs * sizeof(float));             \
    }                                                                                                                                           \
    static size_t base##_pack_transposed_size(int32_t outputs, int32_t inputs) {                                                               \
        return base##_pack_size(inputs, outputs, DUCTUS_PRECISION_FLOAT32);                                                                     \
    }                                                                                                                                           \
    static void base##_pack_transposed(int32_t outputs, int32_t inputs, const float *weight, void *packed) {                                   \
        base.product_pack_transposed(outputs, inputs, weight, packed);                                                                          \
        float *plain = (float *)((char *)packed + base##_own_size(inputs, outputs, DUCTUS_PRECISION_FLOAT32));                                  \
        for (ptrdiff_t i = 0; i < inputs; i++)                                                                                                  \
            for (ptrdiff_t o = 0; o < outputs; o++) plain[i * outputs + o] = weight[o * inputs + i];                                            \
    }                                                                                                                                           \
    static void base##_product(const void *packed, int32_t outputs, int32_t inputs, ductus_precision precision, int32_t rows, const float *x,  \
                               ptrdiff_t x_stride, const float *bias, float *y, ptrdiff_t y_stride, void *scratch) {                           \
        if (precision != DUCTUS_PRECISION_FLOAT32 || !is_large(outputs, inputs, rows)) {                                                        \
            base.product(packed, outputs, inputs, precision, rows, x, x_stride, bias, y, y_stride, scratch);                                    \
            return;                                                                                                                             \
        }                                                                                                                                       \
        const float *plain = (const float *)((const char *)packed + base##_own_size(outputs, inputs, precision));                               \
        large_product(plain, outputs, inputs, rows, x, x_stride, bias, y, y_stride);                                                            \
    }                                                                                                                                           \
    static void base##_weight_gradient(int32_t frames, const float *d_outputs, ptrdiff_t stride, int32_t outputs,                              \
                                       const ductus_gradient_part *parts, int32_t count, float *sums, void *scratch) {                         \
        if (frames < least_rows) {                                                                                                              \
            base.weight_gradient(frames, d_outputs, stride, outputs, parts, count, sums, scratch);                                              \
            return;                                                                                                                             \
        }                                                                                                                                       \
        large_gradient(&base, frames, d_outputs, stride, outputs, parts, count, sums, scratch);                                                 \
    }                                                                                                                                           \
    static ductus_kernels base##_large;                                                                                                         \
    static const ductus_kernels *base##_with_large(void) {                                                                                      \
        ductus_kernels table = base;                                                                                                            \
        table.product_pack_size = base##_pack_size;                                                                                             \
        table.product_pack = base##_pack;                                                                                                       \
        table.product_pack_transposed_size = base##_pack_transposed_size;                                                                       \
        table.product_pack_transposed = base##_pack_transposed;                                                                                 \
        table.product = base##_product;                                                                                                         \
        table.weight_gradient = base##_weight_gradient;                                                                                         \
        table.has_large_products = true;                                                                                                        \
        base##_large = table;                                                                                                                   \
        return &base##_large;                                                                                                                   \
    }

static bool is_large(int32_t outputs, int32_t inputs, int32_t rows) {
    return rows >= least_rows && (int64_t)outputs * inputs >= least_weights;
}

static void large_product(const float *plain, int32_t outputs, int32_t inputs, int32_t rows, const float *x, ptrdiff_t x_stride,
                          const float *bias, float *y, ptrdiff_t y_stride) {
    // Rows that overlap, as a convolution's do, are no matrix to anybody else: they are taken some at a time, the next ones a whole row apart.
    ptrdiff_t turns = x_stride >= inputs ? 1 : (inputs + x_stride - 1) / x_stride;
    for (int32_t row = 0; row < rows; row++) {
        if (bias) memcpy(y + row * y_stride, bias, (size_t)outputs * sizeof(float));
        else memset(y + row * y_stride, 0, (size_t)outputs * sizeof(float));
    }
    for (ptrdiff_t turn = 0; turn < turns && turn < rows; turn++) {
        int32_t count = (int32_t)((rows - turn + turns - 1) / turns);
        sgemm(count, outputs, inputs, x + turn * x_stride, turns * x_stride, false, plain, inputs, true, y + turn * y_stride, turns * y_stride);
    }
}

static void large_gradient(const ductus_kernels *base, int32_t frames, const float *d_outputs, ptrdiff_t stride, int32_t outputs,
                           const ductus_gradient_part *parts, int32_t count, float *sums, void *scratch) {
    for (int32_t frame = 0; sums && frame < frames; frame++) base->add_scaled(1, d_outputs + frame * stride, sums, (size_t)outputs);
    for (int32_t i = 0; i < count; i++) {
        const ductus_gradient_part *part = parts + i;
        // Runs of frames whose rows lie equally far apart; where they overlap, some at a time.
        for (int32_t first = 0; first < frames;) {
            int32_t next = first + 1;
            ptrdiff_t step = next < frames ? part->rows[next] - part->rows[first] : part->width;
            // Rows of two buffers may lie farther apart than anybody else's products count.
            if (step > 0 && step <= INT32_MAX)
                while (next < frames && part->rows[next] - part->rows[next - 1] == step) next++;
            else step = part->width;
            ptrdiff_t turns = step >= part->width ? 1 : (part->width + step - 1) / step;
            for (ptrdiff_t turn = 0; turn < turns && first + turn < next; turn++)
                sgemm(part->outputs, part->width, (int32_t)((next - first - turn + turns - 1) / turns), d_outputs + (first + turn) * stride,
                      turns * stride, true, part->rows[first + turn], turns * step, false, part->gradient, part->stride);
            first = next;
        }
    }
}

DEFINE_LARGE(ductus_kernels_portable)
#ifdef __x86_64__
DEFINE_LARGE(ductus_kernels_avx2)
DEFINE_LARGE(ductus_kernels_avx512)
DEFINE_LARGE(ductus_kernels_avx512bf16)
DEFINE_LARGE(ductus_kernels_avx512vnni)
#endif

const ductus_kernels *ductus_kernels_with_large_products(const ductus_kernels *base, ductus_sgemm function) {
    // Not written again for the next table: another thread may be using the first.
    if (sgemm != function) sgemm = function;
#ifdef __x86_64__
    if (base == &ductus_kernels_avx2) return ductus_kernels_avx2_with_large();
    if (base == &ductus_kernels_avx512) return ductus_kernels_avx512_with_large();
    if (base == &ductus_kernels_avx512bf16) return ductus_kernels_avx512bf16_with_large();
    if (base == &ductus_kernels_avx512vnni) return ductus_kernels_avx512vnni_with_large();
#endif
    return base == &ductus_kernels_portable ? ductus_kernels_portable_with_large() : base;
}
