// The arguments of kernels that pass over one sequence of one layer: recurrences of single units, convolutions of single channels, attention.
#ifndef DUCTUS_LAYER_PASSES_H
#define DUCTUS_LAYER_PASSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// One direction of an lstm whose recurrence is diagonal, over one sequence: a = (W x + b) + u · h, unit by unit. Gates in the lstm's order.
typedef struct ductus_diagonal_pass {
    /// Visit the frames from last to first.
    bool reversed;
    int32_t hidden, frames;
    /// frames × 4H. In: W x + b. Out, if `cells` is given: the gates' activations.
    float *_Nonnull gates;
    ptrdiff_t gates_stride;
    /// 4 × H: u.
    const float *_Nonnull weights;
    /// frames × H, contiguous, or NULL for inference. Out: c_t.
    float *_Nullable cells;
    /// frames × H with a stride. Out: h_t.
    float *_Nonnull output;
    ptrdiff_t output_stride;
    /// H each; NULL means zero.
    const float *_Nullable initial_h;
    const float *_Nullable initial_c;
    /// H each, or NULL: the state after `final_after` steps, 0 … frames. May be the initial state's memory only where `final_after` is `frames`.
    float *_Nullable final_h;
    float *_Nullable final_c;
    int32_t final_after;
} ductus_diagonal_pass;

/// The backward step of it.
typedef struct ductus_diagonal_gradient {
    bool reversed;
    int32_t hidden, frames;
    /// In: the activations. Out: d loss / d (W x + b).
    float *_Nonnull gates;
    ptrdiff_t gates_stride;
    const float *_Nonnull weights;
    const float *_Nonnull cells;
    const float *_Nonnull output;
    ptrdiff_t output_stride;
    const float *_Nullable initial_h;
    const float *_Nullable initial_c;
    const float *_Nonnull d_output;
    ptrdiff_t d_output_stride;
    /// 4 × H. Receives by adding.
    float *_Nonnull d_weights;
} ductus_diagonal_gradient;

/// A convolution of each channel by itself: y[t] = bias + Σ_k weights[k] · x[t · frame_step + k · tap_step], channel by channel.
typedef struct ductus_depthwise {
    int32_t frames, channels, kernel;
    const float *_Nonnull x;
    /// Floats from one output's inputs to the next one's, and from one tap to the next.
    ptrdiff_t frame_step, tap_step;
    /// kernel × channels.
    const float *_Nonnull weights;
    const float *_Nonnull bias;
    /// frames × channels, contiguous.
    float *_Nonnull y;
} ductus_depthwise;

/// Scaled dot-product attention of one head over one sequence: each query's context is the mixture of the values of the rows that it sees.
typedef struct ductus_attention {
    int32_t queries, rows;
    /// Numbers of a query, a key, a value.
    int32_t width;
    /// The row of the first query, where queries attend to their own sequence. Query q then sees no row that is `span` or more before `own` + q,
    /// and, if `causal`, none behind it. Else −1: every query sees the last `span` rows.
    int32_t own, span;
    bool causal;
    /// The factor of the products of queries and keys.
    float scale;
    const float *_Nonnull query;
    ptrdiff_t query_stride;
    const float *_Nonnull keys;
    const float *_Nonnull values;
    /// The stride of keys and values.
    ptrdiff_t stride;
    /// queries × rows with a stride, or NULL. Out: how much of each row is in a query's mixture, 0 where it is not seen.
    float *_Nullable weights;
    ptrdiff_t weights_stride;
    float *_Nonnull context;
    ptrdiff_t context_stride;
} ductus_attention;

#endif
