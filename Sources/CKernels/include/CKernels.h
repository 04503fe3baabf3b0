// The compute kernels under the network: recurrent steps, products with packed weights, and vectorized elementwise loops.
//
// One C source, instantiated per instruction set and chosen once at run time:
//
//     const ductus_kernels *kernels = ductus_kernels_best();            // or ductus_kernels_named("avx2")
//     kernels->sigmoid(x, y, n);
//
// Rules that hold for every function
// - Matrices are row-major floats; a stride counts floats between the starts of two rows.
// - A batch is ragged: the frames of all sequences lie in one matrix, sequence after sequence, no padding.
// - What one sequence or row gives is bit for bit independent of the others in its batch.
// - Nothing is allocated or kept: the caller owns all memory, also the scratch whose size a function tells. Packed weights and scratch
//   must be aligned to 64 bytes; everything else only to 4.
// - Packed weights belong to the table that packed them: another instruction set lays them out differently.
// - Every function may run in several threads at once, as long as their outputs and scratch are distinct.
// - Arguments are trusted (sizes are not checked against memory); validate what comes from a file before it gets here.
#ifndef DUCTUS_CKERNELS_H
#define DUCTUS_CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "LayerPasses.h"

#ifdef __cplusplus
extern "C" {
#endif

/// PyTorch's cells and gate order. Rows of `weight_hh` (gates·H × H) are grouped by gate, in this order:
/// - rnn:  h = tanh(a)
/// - lstm: i, f, g, o;  c = f·c + i·g;  h = o·tanh(c)
/// - gru:  r, z, n;  n = tanh(a_n + r·(W_hn h + b_hn));  h = (1 − z)·n + z·h
/// where a = W_ih x + b_ih + b_hh + W_hh h (for the gru's n: a_n = W_in x + b_in alone).
typedef enum ductus_cell : int32_t {
    DUCTUS_CELL_RNN = 0,
    DUCTUS_CELL_LSTM = 1,
    DUCTUS_CELL_GRU = 2,
} ductus_cell;

/// How packed weights are stored and multiplied.
typedef enum ductus_precision : int32_t {
    /// 32-bit floats, exact.
    DUCTUS_PRECISION_FLOAT32 = 0,
    /// 16 bits per weight: bf16 where the processor multiplies it, else 16-bit fixed point with a scale per row (more accurate than
    /// bf16 for the bounded states of recurrent layers). `reduced_format` in the table says which.
    DUCTUS_PRECISION_REDUCED16 = 1,
} ductus_precision;

/// An activation between layers.
typedef enum ductus_activation : int32_t {
    DUCTUS_ACTIVATION_NONE = 0,
    DUCTUS_ACTIVATION_RELU = 1,
    DUCTUS_ACTIVATION_SILU = 2,
    DUCTUS_ACTIVATION_TANH = 3,
} ductus_activation;

/// A ragged batch: sequence s owns the rows offsets[s] ..< offsets[s] + lengths[s] of every frames × something matrix.
/// A length may be 0: the state then passes through.
typedef struct ductus_batch {
    int32_t sequences;
    const int32_t *_Nullable offsets;
    const int32_t *_Nullable lengths;
} ductus_batch;

/// One direction of a recurrent layer, packed. `forward` from recurrent_pack, `backward` (only for training) from recurrent_pack_transposed.
typedef struct ductus_recurrent {
    ductus_cell cell;
    ductus_precision precision;
    int32_t hidden;
    const void *_Nullable forward;
    const void *_Nullable backward;
} ductus_recurrent;

/// The input and output of one direction's pass over a batch. G = gates of the cell (1, 4, 3), H = hidden. Rows of
/// `gates`, `cells` and `output` are those of the batch; initial and final states are sequences × H, contiguous.
typedef struct ductus_recurrent_pass {
    /// Visit each sequence's frames from last to first.
    bool reversed;
    /// frames × G·H. In, where there is no `input`: W_ih x + b_ih + b_hh (the gru's n columns without b_hh: that one is packed with the weights).
    /// Out, if `cells` is given: the gates' activations, kept for the backward pass. NULL where there is `input` and nothing is kept.
    float *_Nullable gates;
    ptrdiff_t gates_stride;
    /// frames × H, contiguous, or NULL for inference. Out: lstm c_t; gru W_hn h + b_hn; rnn nothing (any pointer other than NULL still asks
    /// for the activations).
    float *_Nullable cells;
    /// frames × H with a stride, so that two directions interleave in one frames × 2H matrix. Out: h_t.
    float *_Nullable output;
    ptrdiff_t output_stride;
    /// sequences × H; NULL means zero. The lstm alone has a c. At reduced precision h must lie in −1 … 1 (as every h_t does).
    const float *_Nullable initial_h;
    const float *_Nullable initial_c;
    /// sequences × H, or NULL if not wanted. May be the same memory as the initial state.
    float *_Nullable final_h;
    float *_Nullable final_c;
    /// Steps after which the "final" state is taken, per sequence, each 0 … length; NULL means after all. (Streaming: the state after
    /// the committed frames, while the lookahead behind them is computed in the same pass.)
    const int32_t *_Nullable final_after;
    /// frames × inputs, or NULL: the pass computes W_ih x + b itself, some frames at a time, which is faster: what the input gives to the gates
    /// never leaves the cache. W_ih (G·H × inputs) from product_pack at the layer's precision; G·H floats of bias (what `gates` would have
    /// contained for x = 0), or NULL. Scratch must then have recurrent_input_scratch_size.
    const float *_Nullable input;
    ptrdiff_t input_stride;
    int32_t inputs;
    const void *_Nullable input_weights;
    const float *_Nullable input_bias;
} ductus_recurrent_pass;

/// The input and output of the backward pass of one direction.
typedef struct ductus_recurrent_gradient {
    /// As in the forward pass.
    bool reversed;
    /// frames × G·H. In: the activations the forward pass left. Out: d loss / d (W_ih x + b).
    /// Then d x = gates W_ih, and weight_gradient gives d b = column sums, d W_ih = gatesᵀ x, d W_hh = gatesᵀ h_prev, h_prev being the h that entered
    /// each frame's step.
    float *_Nullable gates;
    ptrdiff_t gates_stride;
    /// frames × H, contiguous. In: what the forward pass left. Out: gru d loss / d (W_hn h + b_hn): take it in place of the n columns of `gates`
    /// for the n rows of d W_hh and for d b_hn. The lstm's cells are left as they were; the rnn reads nothing (may be NULL).
    float *_Nullable cells;
    /// frames × H: h_t of the forward pass (the gru reads it).
    const float *_Nullable output;
    ptrdiff_t output_stride;
    const float *_Nullable initial_h;
    const float *_Nullable initial_c;
    /// frames × H: d loss / d h_t from the layers above.
    const float *_Nullable d_output;
    ptrdiff_t d_output_stride;
    /// sequences × H: d loss / d final state; NULL means zero.
    const float *_Nullable d_final_h;
    const float *_Nullable d_final_c;
    /// sequences × H: d loss / d initial state; NULL if not wanted.
    float *_Nullable d_initial_h;
    float *_Nullable d_initial_c;
} ductus_recurrent_gradient;

/// One matrix of weights, to whose gradient `weight_gradient` adds, and its inputs, frame by frame.
typedef struct ductus_gradient_part {
    /// A row of `width` inputs per frame, wherever it lies; rows may overlap, as a convolution's do.
    const float *_Nonnull const *_Nonnull rows;
    int32_t width;
    /// The number of outputs, counted from the first, that have these weights.
    int32_t outputs;
    /// outputs × width, with a stride. Receives by adding.
    float *_Nonnull gradient;
    ptrdiff_t stride;
} ductus_gradient_part;

/// One step of Adam or AdamW (Kingma & Ba 2015; Loshchilov & Hutter 2019), as PyTorch computes it.
typedef struct ductus_adam {
    float learning_rate, beta1, beta2, epsilon;
    /// Decoupled (AdamW); 0 gives Adam.
    float weight_decay;
    /// Multiplies every gradient first: the factor of gradient-norm clipping.
    float gradient_scale;
    /// 1 for the first step.
    int64_t step;
} ductus_adam;

/// The functions of one instruction set.
typedef struct ductus_kernels {
    /// "portable", "avx2", "avx512", "avx512bf16", "avx512vnni"; on arm64 "neon".
    const char *_Nonnull name;
    /// "bf16" or "int16": what DUCTUS_PRECISION_REDUCED16 means here.
    const char *_Nonnull reduced_format;
    /// Floats per vector.
    int32_t lanes;
    /// Whether another library does the large products. Then the recurrent kernels leave large products of their inputs to it.
    bool has_large_products;

    // Recurrent layers

    /// Bytes of packed W_hh (for recurrent_pack).
    size_t (*_Nonnull recurrent_pack_size)(ductus_cell cell, int32_t hidden, ductus_precision precision);
    /// Packs weight_hh (G·H × H, contiguous). `bias_hn`: the gru's b_hn (H floats), NULL for the other cells or if there is none.
    void (*_Nonnull recurrent_pack)(ductus_cell cell, int32_t hidden, ductus_precision precision, const float *_Nonnull weight_hh,
                                    const float *_Nullable bias_hn, void *_Nonnull packed);
    /// Bytes of W_hh packed for the backward pass (always 32-bit floats).
    size_t (*_Nonnull recurrent_pack_transposed_size)(ductus_cell cell, int32_t hidden);
    void (*_Nonnull recurrent_pack_transposed)(ductus_cell cell, int32_t hidden, const float *_Nonnull weight_hh, void *_Nonnull packed);
    /// Bytes of scratch that a forward or backward pass over so many sequences needs.
    size_t (*_Nonnull recurrent_scratch_size)(ductus_cell cell, int32_t hidden, int32_t sequences);
    /// The same for a forward pass that computes the gates itself, from so many inputs.
    size_t (*_Nonnull recurrent_input_scratch_size)(ductus_cell cell, int32_t hidden, int32_t inputs, int32_t sequences);
    /// One direction over a whole batch.
    void (*_Nonnull recurrent_forward)(const ductus_recurrent *_Nonnull layer, const ductus_batch *_Nonnull batch,
                                       const ductus_recurrent_pass *_Nonnull pass, void *_Nonnull scratch);
    /// Backpropagation through time over a whole batch. Needs `layer->backward`; `layer->forward` may be NULL.
    void (*_Nonnull recurrent_backward)(const ductus_recurrent *_Nonnull layer, const ductus_batch *_Nonnull batch,
                                        const ductus_recurrent_gradient *_Nonnull gradient, void *_Nonnull scratch);
    /// One direction of an lstm with diagonal recurrence over one sequence.
    void (*_Nonnull diagonal_forward)(const ductus_diagonal_pass *_Nonnull pass);
    void (*_Nonnull diagonal_backward)(const ductus_diagonal_gradient *_Nonnull gradient);
    /// One step of one sequence's lstm cell. gates (4H): W_ih x and the biases; sums (4H): W_hh h. c (H): in and out. h
    /// (H): out. With `cells` (H) the activations stay in `gates`, and c is copied there.
    void (*_Nonnull lstm_step)(int32_t hidden, float *_Nonnull gates, const float *_Nonnull sums, float *_Nonnull c, float *_Nullable cells,
                               float *_Nonnull h);
    /// The way back of it. gates: in the activations, out d loss / d sums. previous: the step before's c, or NULL for zero. dh: d loss / d h.
    /// dc: in d loss / d c by later steps, out by this one.
    void (*_Nonnull lstm_step_backward)(int32_t hidden, float *_Nonnull gates, const float *_Nonnull cells, const float *_Nullable previous,
                                        const float *_Nonnull dh, float *_Nonnull dc);
    /// A convolution of each channel by itself.
    void (*_Nonnull depthwise)(const ductus_depthwise *_Nonnull layer);

    // Products with packed weights: y = x Wᵀ + bias, W is outputs × inputs as in PyTorch's Linear

    size_t (*_Nonnull product_pack_size)(int32_t outputs, int32_t inputs, ductus_precision precision);
    void (*_Nonnull product_pack)(int32_t outputs, int32_t inputs, ductus_precision precision, const float *_Nonnull weight,
                                  void *_Nonnull packed);
    /// The same weights for the way back, x = y W (always 32-bit floats): `product` then takes them with inputs and outputs exchanged.
    size_t (*_Nonnull product_pack_transposed_size)(int32_t outputs, int32_t inputs);
    void (*_Nonnull product_pack_transposed)(int32_t outputs, int32_t inputs, const float *_Nonnull weight, void *_Nonnull packed);
    /// Bytes of scratch for so many rows (0 is possible).
    size_t (*_Nonnull product_scratch_size)(int32_t inputs, ductus_precision precision, int32_t rows);
    /// x: rows × inputs, y: rows × outputs, bias: outputs floats or NULL for zero.
    void (*_Nonnull product)(const void *_Nonnull packed, int32_t outputs, int32_t inputs, ductus_precision precision, int32_t rows,
                             const float *_Nonnull x, ptrdiff_t x_stride, const float *_Nullable bias, float *_Nonnull y,
                             ptrdiff_t y_stride, void *_Nullable scratch);

    /// Does 12 · lanes · steps multiply-adds in registers, the most that one core can do. Returns a number that depends on all of them.
    float (*_Nonnull multiply_adds)(int64_t steps);

    // Gradients of weights

    /// Bytes of scratch.
    size_t (*_Nonnull weight_gradient_scratch_size)(const ductus_gradient_part *_Nonnull parts, int32_t count);
    /// gradient += d_outputsᵀ · inputs for each part, summed over frames. d_outputs: frames × outputs with a stride, d loss / d (W x + b), the same for
    /// all parts. sums[output] += Σ over frames: the bias' gradient; NULL if not wanted.
    void (*_Nonnull weight_gradient)(int32_t frames, const float *_Nonnull d_outputs, ptrdiff_t stride, int32_t outputs,
                                     const ductus_gradient_part *_Nonnull parts, int32_t count, float *_Nullable sums, void *_Nonnull scratch);

    // Elementwise; y may be x

    void (*_Nonnull exp)(const float *_Nonnull x, float *_Nonnull y, size_t count);
    /// Exactly 0 below −87 and exactly 1 above 17.
    void (*_Nonnull sigmoid)(const float *_Nonnull x, float *_Nonnull y, size_t count);
    void (*_Nonnull tanh)(const float *_Nonnull x, float *_Nonnull y, size_t count);
    void (*_Nonnull activate)(ductus_activation kind, const float *_Nonnull x, float *_Nonnull y, size_t count);
    /// dx = dy · f′(x), x being what went into `activate`. dx may be dy.
    void (*_Nonnull activate_backward)(ductus_activation kind, const float *_Nonnull x, const float *_Nonnull dy, float *_Nonnull dx,
                                       size_t count);
    /// y += a · x
    void (*_Nonnull add_scaled)(float a, const float *_Nonnull x, float *_Nonnull y, size_t count);
    /// y = decay · y + (1 − decay) · x: exponential moving average.
    void (*_Nonnull average)(float decay, const float *_Nonnull x, float *_Nonnull y, size_t count);
    /// z = x · y (a dropout mask, say); z may be x or y.
    void (*_Nonnull multiply)(const float *_Nonnull x, const float *_Nonnull y, float *_Nonnull z, size_t count);
    /// z += x · y; z may be neither of them.
    void (*_Nonnull multiply_add)(const float *_Nonnull x, const float *_Nonnull y, float *_Nonnull z, size_t count);
    /// Sum of squares, accumulated in double precision.
    double (*_Nonnull squared_norm)(const float *_Nonnull x, size_t count);

    // Rows

    /// y = x − log Σ exp x, per contiguous row; y may be x.
    void (*_Nonnull log_softmax)(const float *_Nonnull x, float *_Nonnull y, size_t rows, size_t columns);
    /// dx = dy − exp(y) · Σ dy, y being what log_softmax gave; dx may be dy.
    void (*_Nonnull log_softmax_backward)(const float *_Nonnull y, const float *_Nonnull dy, float *_Nonnull dx, size_t rows,
                                          size_t columns);

    /// y = (x − mean) / √(variance + epsilon) · weight + bias, per contiguous row; y may be x where nothing is kept. For the way back `normalized` (rows ×
    /// columns) and `scales` (a number per row) are kept, or NULL.
    void (*_Nonnull normalize_rows)(const float *_Nonnull x, float *_Nonnull y, float *_Nullable normalized, float *_Nullable scales, size_t rows,
                                    size_t columns, float epsilon, const float *_Nonnull weight, const float *_Nonnull bias);
    /// dx may be dy, or NULL if not wanted. d_weight and d_bias receive by adding.
    void (*_Nonnull normalize_rows_backward)(const float *_Nonnull normalized, const float *_Nonnull scales, const float *_Nonnull dy,
                                             float *_Nullable dx, size_t rows, size_t columns, const float *_Nonnull weight,
                                             float *_Nonnull d_weight, float *_Nonnull d_bias);

    // Attention: a query against rows that lie `stride` floats apart

    /// y = e^x / Σ e^x; y may be x.
    void (*_Nonnull softmax)(const float *_Nonnull x, float *_Nonnull y, size_t count);
    /// Bytes of scratch for so many rows, for both ways.
    size_t (*_Nonnull attention_scratch_size)(int32_t rows, int32_t width);
    void (*_Nonnull attend)(const ductus_attention *_Nonnull attention, void *_Nonnull scratch);
    /// The way back of it. `weights`: in what `attend` left, out d loss / d (query · key), so that d keys = weightsᵀ queries; before that call d values =
    /// weightsᵀ d_context. `context` itself is not read. d_query and d_context have the strides of query and context.
    void (*_Nonnull attend_backward)(const ductus_attention *_Nonnull attention, const float *_Nonnull d_context, float *_Nonnull d_query,
                                     void *_Nonnull scratch);
    /// y[row] = scale · query · row
    void (*_Nonnull dots)(const float *_Nonnull query, const float *_Nonnull rows, ptrdiff_t stride, int32_t count, int32_t width, float scale,
                          float *_Nonnull y);
    /// y = Σ weights[row] · row
    void (*_Nonnull mix)(const float *_Nonnull weights, const float *_Nonnull rows, ptrdiff_t stride, int32_t count, int32_t width,
                         float *_Nonnull y);
    /// row += weights[row] · x, for each row
    void (*_Nonnull spread)(const float *_Nonnull weights, const float *_Nonnull x, float *_Nonnull rows, ptrdiff_t stride, int32_t count,
                            int32_t width);
    /// y[row] = weight · tanh(query + key + added), `added` (count × width) or NULL for nothing.
    void (*_Nonnull additive_scores)(const float *_Nonnull query, const float *_Nonnull keys, ptrdiff_t stride, const float *_Nullable added,
                                     int32_t count, int32_t width, const float *_Nonnull weight, float *_Nonnull y);
    /// The way back of it; everything receives by adding.
    void (*_Nonnull additive_backward)(const float *_Nonnull query, const float *_Nonnull keys, ptrdiff_t stride, const float *_Nullable added,
                                       int32_t count, int32_t width, const float *_Nonnull weight, const float *_Nonnull d_scores,
                                       float *_Nonnull d_query, float *_Nonnull d_keys, ptrdiff_t d_stride, float *_Nullable d_added,
                                       float *_Nonnull d_weight);

    // The trellis of connectionist temporal classification

    /// y = added + log(e^a + e^b + e^(c + penalty)); `added` may be NULL for zero. y overlaps none of them. What lies 2^60 below the largest counts as that.
    void (*_Nonnull log_sum)(const float *_Nonnull a, const float *_Nonnull b, const float *_Nonnull c, const float *_Nonnull penalty,
                             const float *_Nullable added, float *_Nonnull y, size_t count);
    /// y = e^(a + b − largest of a + b); returns their sum.
    float (*_Nonnull shares)(const float *_Nonnull a, const float *_Nonnull b, float *_Nonnull y, size_t count);

    // Optimizers on flat buffers

    void (*_Nonnull adam)(const ductus_adam *_Nonnull settings, const float *_Nonnull gradient, float *_Nonnull first,
                          float *_Nonnull second, float *_Nonnull weight, size_t count);
    /// velocity = momentum · velocity + scale · gradient + decay · weight;  weight −= rate · velocity (PyTorch's SGD).
    void (*_Nonnull momentum)(float rate, float momentum, float decay, float scale, const float *_Nonnull gradient,
                              float *_Nonnull velocity, float *_Nonnull weight, size_t count);
} ductus_kernels;

/// The best table this processor can run; found once.
const ductus_kernels *_Nonnull ductus_kernels_best(void);

/// The table of that name, or NULL if there is none in this build or the processor lacks it.
const ductus_kernels *_Nullable ductus_kernels_named(const char *_Nonnull name);

/// c += op(a) · op(b), row-major, on the caller's thread: c is rows × columns, depth is what is summed over; an operand that is transposed lies the other
/// way round. Steps count floats between the starts of two rows.
typedef void (*ductus_sgemm)(int32_t rows, int32_t columns, int32_t depth, const float *_Nonnull a, ptrdiff_t a_step, bool transposes_a,
                             const float *_Nonnull b, ptrdiff_t b_step, bool transposes_b, float *_Nonnull c, ptrdiff_t c_step);

/// A table like `base`, whose large products with 32-bit weights are done by `function`, the same for all tables. The rows of such a product depend on
/// each other in their last bits. Weights that one of both tables packed are not for the other. Called by one thread, before the table is used.
const ductus_kernels *_Nonnull ductus_kernels_with_large_products(const ductus_kernels *_Nonnull base, ductus_sgemm _Nonnull function);

/// The names of all tables in this build, best last, also those this processor cannot run; NULL behind the last.
const char *_Nullable ductus_kernels_name(int32_t index);

#ifdef __cplusplus
}
#endif
#endif
