// Runs every table of kernels that this processor can run against golden vectors from PyTorch, and prints the time of a step.
// Standalone, so that it can be cross-compiled and taken to another machine. Exit status 1 if a table is wrong.
#include "CKernels.h"
#include "golden.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint32_t state;

static void draw(float *to, size_t count, float scale) {
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        to[i] = ((float)(state >> 8) / 8388608.0f - 1.0f) * scale;
    }
}

static void *memory(size_t bytes) {
    size_t size = (bytes + 127) / 64 * 64;
    void *p = aligned_alloc(64, size);
    if (!p) exit(2);
    memset(p, 0, size);
    return p;
}

static int failures;

static void expect(const char *table, const char *what, const float *values, const float *golden, size_t count, double tolerance) {
    double worst = 0;
    for (size_t i = 0; i < count; i++) {
        double difference = fabs((double)values[i] - (double)golden[i]);
        if (!(difference <= worst)) worst = difference;
    }
    int wrong = !(worst <= tolerance);
    failures += wrong;
    printf("%-10s %-28s %8.1e %s\n", table, what, worst, wrong ? "WRONG" : "ok");
}

typedef struct {
    ductus_cell cell;
    const char *name;
    int gates;
    const float *output, *final, *hidden_gradient, *input_gradient;
} golden_cell;

static const golden_cell cells[] = {
    {DUCTUS_CELL_RNN, "rnn", 1, rnn_output, rnn_final, rnn_weight_hh_gradient, rnn_weight_ih_gradient},
    {DUCTUS_CELL_LSTM, "lstm", 4, lstm_output, lstm_final, lstm_weight_hh_gradient, lstm_weight_ih_gradient},
    {DUCTUS_CELL_GRU, "gru", 3, gru_output, gru_final, gru_weight_hh_gradient, gru_weight_ih_gradient},
};

static void check_cell(const ductus_kernels *k, const golden_cell *g, ductus_precision precision) {
    const int rows = g->gates * HIDDEN;
    float *weight_ih = memory(rows * INPUTS * sizeof(float)), *weight_hh = memory(rows * HIDDEN * sizeof(float));
    float *bias = memory(rows * sizeof(float)), *bias_hh = memory(rows * sizeof(float));
    float *x = memory(FRAMES * INPUTS * sizeof(float)), *d_output = memory(FRAMES * HIDDEN * sizeof(float));
    state = 1;
    draw(weight_ih, rows * INPUTS, 0.5f);
    draw(weight_hh, rows * HIDDEN, 0.5f);
    draw(bias, rows, 0.5f);
    draw(bias_hh, rows, 0.5f);
    int32_t offsets[SEQUENCES];
    for (int s = 0, frame = 0; s < SEQUENCES; frame += lengths[s++]) {
        offsets[s] = frame;
        draw(x + frame * INPUTS, lengths[s] * INPUTS, 1);
        draw(d_output + frame * HIDDEN, lengths[s] * HIDDEN, 1);
    }
    for (int i = 0; i < (g->cell == DUCTUS_CELL_GRU ? 2 * HIDDEN : rows); i++) bias[i] += bias_hh[i];

    void *forward = memory(k->recurrent_pack_size(g->cell, HIDDEN, precision));
    void *backward = memory(k->recurrent_pack_transposed_size(g->cell, HIDDEN));
    void *input = memory(k->product_pack_size(rows, INPUTS, precision));
    void *scratch = memory(k->recurrent_input_scratch_size(g->cell, HIDDEN, INPUTS, SEQUENCES) + k->recurrent_scratch_size(g->cell, HIDDEN, SEQUENCES));
    void *product_scratch = memory(k->product_scratch_size(INPUTS, precision, FRAMES));
    k->recurrent_pack(g->cell, HIDDEN, precision, weight_hh, g->cell == DUCTUS_CELL_GRU ? bias_hh + 2 * HIDDEN : NULL, forward);
    k->recurrent_pack_transposed(g->cell, HIDDEN, weight_hh, backward);
    k->product_pack(rows, INPUTS, precision, weight_ih, input);

    float *gates = memory(FRAMES * rows * sizeof(float)), *memories = memory(FRAMES * HIDDEN * sizeof(float));
    float *output = memory(FRAMES * HIDDEN * sizeof(float)), *final = memory(SEQUENCES * HIDDEN * sizeof(float));
    ductus_recurrent layer = {g->cell, precision, HIDDEN, forward, backward};
    ductus_batch batch = {SEQUENCES, offsets, lengths};
    ductus_recurrent_pass pass = {.output = output, .output_stride = HIDDEN, .final_h = final};
    const int reduced = precision == DUCTUS_PRECISION_REDUCED16;
    const double tolerance = !reduced ? 2e-6 : strcmp(k->reduced_format, "bf16") ? 1e-3 : 4e-2;
    char what[64];

    // The gates computed on the way.
    pass.input = x, pass.input_stride = INPUTS, pass.inputs = INPUTS, pass.input_weights = input, pass.input_bias = bias;
    k->recurrent_forward(&layer, &batch, &pass, scratch);
    snprintf(what, sizeof what, "%s %s, from its input", g->name, reduced ? k->reduced_format : "float");
    expect(k->name, what, output, g->output, FRAMES * HIDDEN, tolerance);
    expect(k->name, "  final state", final, g->final, SEQUENCES * HIDDEN, tolerance);

    // The gates computed beforehand, and the way back.
    k->product(input, rows, INPUTS, precision, FRAMES, x, INPUTS, bias, gates, rows, product_scratch);
    pass.gates = gates, pass.gates_stride = rows, pass.cells = memories;
    memset(output, 0, FRAMES * HIDDEN * sizeof(float));
    k->recurrent_forward(&layer, &batch, &pass, scratch);
    expect(k->name, "  from its gates", output, g->output, FRAMES * HIDDEN, tolerance);
    if (!reduced) {
        ductus_recurrent_gradient gradient = {.gates = gates, .gates_stride = rows, .cells = memories, .output = output, .output_stride = HIDDEN,
                                              .d_output = d_output, .d_output_stride = HIDDEN};
        k->recurrent_backward(&layer, &batch, &gradient, scratch);
        float *previous = memory(HIDDEN * sizeof(float)), *d_hh = memory(rows * HIDDEN * sizeof(float)), *d_ih = memory(rows * INPUTS * sizeof(float));
        const float *inputs[FRAMES], *entered[FRAMES];
        for (int sequence = 0; sequence < SEQUENCES; sequence++)
            for (int t = 0; t < batch.lengths[sequence]; t++) {
                int frame = batch.offsets[sequence] + t;
                inputs[frame] = x + frame * INPUTS;
                entered[frame] = t ? output + (frame - 1) * HIDDEN : previous;
            }
        // The gru's new gate has a derivative of its own on the hidden side.
        int shared = g->cell == DUCTUS_CELL_GRU ? 2 * HIDDEN : rows;
        ductus_gradient_part parts[] = {{inputs, INPUTS, rows, d_ih, INPUTS}, {entered, HIDDEN, shared, d_hh, HIDDEN}};
        ductus_gradient_part new_gate = {entered, HIDDEN, rows - shared, d_hh + shared * HIDDEN, HIDDEN};
        void *room = memory(k->weight_gradient_scratch_size(parts, 2));
        k->weight_gradient(FRAMES, gates, rows, rows, parts, 2, NULL, room);
        if (rows > shared) k->weight_gradient(FRAMES, memories, HIDDEN, HIDDEN, &new_gate, 1, NULL, room);
        expect(k->name, "  gradient of W_hh", d_hh, g->hidden_gradient, rows * HIDDEN, 1e-5);
        expect(k->name, "  gradient of W_ih", d_ih, g->input_gradient, rows * INPUTS, 1e-5);
        free(previous), free(d_hh), free(d_ih), free(room);
    }
    free(weight_ih), free(weight_hh), free(bias), free(bias_hh), free(x), free(d_output), free(forward), free(backward), free(input), free(scratch);
    free(product_scratch), free(gates), free(memories), free(output), free(final);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Time of one lstm layer's direction, 192 inputs, 96 units, 190 frames: the shape of docs/measurements/performance.md.
static void time_table(const ductus_kernels *k, int sequences, ductus_precision precision) {
    enum { hidden = 96, inputs = 192, steps = 190, rows = 4 * hidden };
    const int frames = sequences * steps;
    float *w = memory(rows * inputs * sizeof(float)), *x = memory((size_t)frames * inputs * sizeof(float)), *output = memory((size_t)frames * hidden * sizeof(float));
    int32_t *offset = memory(sequences * sizeof(int32_t)), *length = memory(sequences * sizeof(int32_t));
    for (int s = 0; s < sequences; s++) offset[s] = s * steps, length[s] = steps;
    draw(w, rows * inputs, 0.1f);
    draw(x, (size_t)frames * inputs, 1);
    void *forward = memory(k->recurrent_pack_size(DUCTUS_CELL_LSTM, hidden, precision)), *input = memory(k->product_pack_size(rows, inputs, precision));
    void *scratch = memory(k->recurrent_input_scratch_size(DUCTUS_CELL_LSTM, hidden, inputs, sequences));
    k->recurrent_pack(DUCTUS_CELL_LSTM, hidden, precision, w, NULL, forward);
    k->product_pack(rows, inputs, precision, w, input);
    ductus_recurrent layer = {DUCTUS_CELL_LSTM, precision, hidden, forward, NULL};
    ductus_batch batch = {sequences, offset, length};
    ductus_recurrent_pass pass = {.output = output, .output_stride = hidden, .input = x, .input_stride = inputs, .inputs = inputs, .input_weights = input};
    double best = 1e9;
    for (int i = 0; i < 20; i++) {
        double start = seconds();
        k->recurrent_forward(&layer, &batch, &pass, scratch);
        double taken = seconds() - start;
        if (taken < best) best = taken;
    }
    printf("%-10s lstm 192 -> 96, batch %2d, %-5s: %7.0f ns per frame, %6.1f GFLOP/s\n", k->name, sequences, precision ? k->reduced_format : "float", best / frames * 1e9,
           2.0 * frames * rows * (inputs + hidden) / best * 1e-9);
    free(w), free(x), free(output), free(offset), free(length), free(forward), free(input), free(scratch);
}

int main(int count, char **arguments) {
    for (int i = 0; ductus_kernels_name(i); i++) {
        const char *name = ductus_kernels_name(i);
        if (!ductus_kernels_named(name)) {
            printf("%-10s skipped: this processor lacks it\n", name);
            continue;
        }
        for (size_t cell = 0; cell < sizeof cells / sizeof *cells; cell++)
            for (int precision = 0; precision < 2; precision++) check_cell(ductus_kernels_named(name), &cells[cell], (ductus_precision)precision);
    }
    if (count > 1 && strcmp(arguments[1], "--time") == 0)
        for (int i = 0; ductus_kernels_name(i); i++)
            for (int sequences = 1; sequences <= 16; sequences += 15)
                for (int precision = 0; precision < 2; precision++)
                    if (ductus_kernels_named(ductus_kernels_name(i))) time_table(ductus_kernels_named(ductus_kernels_name(i)), sequences, (ductus_precision)precision);
    printf(failures ? "%d results WRONG\n" : "all results right\n", failures);
    return failures ? 1 : 0;
}
