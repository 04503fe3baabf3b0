// Every kernel, once: a file per instruction set defines LANES and friends and includes this (see vector.h).
#include "vector.h"
#include "elementwise.h"
#include "trellis.h"
#include "tile.h"
#include "reduced.h"
#include "product.h"
#include "recurrent.h"
#include "cells.h"
#include "forward.h"
#include "backward.h"
#include "gradient.h"
#include "diagonal.h"
#include "steps.h"
#include "normalization.h"
#include "depthwise.h"
#include "attention.h"
#include "scaled.h"

const ductus_kernels TABLE = {
    .name = TABLE_NAME,
    .reduced_format = REDUCED_FORMAT,
    .lanes = LANES,
    .recurrent_pack_size = recurrent_pack_size,
    .recurrent_pack = recurrent_pack,
    .recurrent_pack_transposed_size = recurrent_pack_transposed_size,
    .recurrent_pack_transposed = recurrent_pack_transposed,
    .recurrent_scratch_size = recurrent_scratch_size,
    .recurrent_input_scratch_size = recurrent_input_scratch_size,
    .recurrent_forward = recurrent_forward,
    .recurrent_backward = recurrent_backward,
    .diagonal_forward = diagonal_forward,
    .diagonal_backward = diagonal_backward,
    .lstm_step = lstm_step,
    .lstm_step_backward = lstm_step_backward,
    .depthwise = depthwise,
    .product_pack_size = product_pack_size,
    .product_pack = product_pack,
    .product_pack_transposed_size = product_pack_transposed_size,
    .product_pack_transposed = product_pack_transposed,
    .product_scratch_size = product_scratch_size,
    .product = product,
    .multiply_adds = multiply_adds,
    .weight_gradient_scratch_size = weight_gradient_scratch_size,
    .weight_gradient = weight_gradient,
    .exp = exp_n,
    .sigmoid = sigmoid_n,
    .tanh = tanh_n,
    .activate = activate,
    .activate_backward = activate_backward,
    .add_scaled = add_scaled,
    .average = average,
    .multiply = multiply,
    .multiply_add = multiply_add,
    .squared_norm = squared_norm,
    .log_softmax = log_softmax,
    .log_softmax_backward = log_softmax_backward,
    .normalize_rows = normalize_rows,
    .normalize_rows_backward = normalize_rows_backward,
    .softmax = softmax,
    .attention_scratch_size = attention_scratch_size,
    .attend = attend,
    .attend_backward = attend_backward,
    .dots = dots,
    .mix = mix,
    .spread = spread,
    .additive_scores = additive_scores,
    .additive_backward = additive_backward,
    .log_sum = log_sum,
    .shares = shares,
    .adam = adam,
    .momentum = momentum_step,
};
