// The one inner loop of every product: M rows of x times P panels of V vectors of weights, all sums in registers.
//
// Weights are packed [panel][k][vector][lane]: the loop over k reads them in order, and every load serves M rows. The sum over k always runs
// in the same order, so a row's result does not depend on M, P, or the rows beside it.

// How the rows of a matrix lie in panels. The vectors of all panels, one after the other, hold block 0 of every gate, block 1 of every
// gate, and so on; a block is LANES units. A plain matrix has one gate.
typedef struct {
    int units, gates, vectors;
} panel_shape;

INLINE int block_count(int units) { return (units + LANES - 1) / LANES; }

INLINE int panel_count(panel_shape s) { return (block_count(s.units) * s.gates + s.vectors - 1) / s.vectors; }

// The matrix row behind a lane, or −1 for padding.
INLINE int panel_row(panel_shape s, int panel, int v, int lane) {
    int index = panel * s.vectors + v, unit = index / s.gates * LANES + lane;
    return unit < s.units ? index % s.gates * s.units + unit : -1;
}

// Rows that one tile takes of those that remain: as even as possible, so that no tile is left with a single row.
INLINE int tile_rows(int remaining, int most) {
    return remaining <= most ? remaining : remaining < 2 * most ? (remaining + 1) / 2 : most;
}

// More sums than any tile has. Constant sizes and full unrolling are what lets the compiler keep these arrays in registers.
#define MOST_SUMS 36
// Nor rows.
#define MOST_ROWS 6

// Defines `name`: sums[m · sum_step + p · V + v] += …. P, V, M are constants where it is called; depth counts elements of x.
#define DEFINE_TILE(name, weight, element, sum, MULTIPLY_ADD)                                                                  \
    INLINE void name(int P, int V, int M, int depth, const weight *weights, ptrdiff_t panel_step, const element *const *rows,  \
                     sum *sums, int sum_step) {                                                                                \
        sum s[MOST_SUMS];                                                                                                      \
        const element *x[MOST_ROWS];                                                                                           \
        UNROLL for (int m = 0; m < M; m++) x[m] = rows[m];                                                                     \
        UNROLL for (int m = 0; m < M; m++) UNROLL for (int i = 0; i < P * V; i++) s[m * P * V + i] = sums[m * sum_step + i];   \
        _Pragma("clang loop unroll_count(2)") for (int k = 0; k < depth; k++) {                                                \
            UNROLL for (int p = 0; p < P; p++) {                                                                               \
                weight w[3];                                                                                                   \
                UNROLL for (int v = 0; v < V; v++) w[v] = weights[p * panel_step + (ptrdiff_t)k * V + v];                      \
                UNROLL for (int m = 0; m < M; m++) {                                                                           \
                    weight xk = x[m][k];                                                                                       \
                    UNROLL for (int v = 0; v < V; v++) MULTIPLY_ADD(s[(m * P + p) * V + v], w[v], xk);                         \
                }                                                                                                              \
            }                                                                                                                  \
        }                                                                                                                      \
        UNROLL for (int m = 0; m < M; m++) UNROLL for (int i = 0; i < P * V; i++) sums[m * sum_step + i] = s[m * P * V + i];   \
    }

#define MULTIPLY_ADD_FLOAT(sum, w, x) sum += w * x
DEFINE_TILE(tile, vector, float, vector, MULTIPLY_ADD_FLOAT)

// Element (row, k) of the matrix is w[row · row_step + k · k_step].
static void pack_panels(panel_shape s, int depth, const float *w, ptrdiff_t row_step, ptrdiff_t k_step, float *packed) {
    const int lanes = s.vectors * LANES;
    for (int panel = 0; panel < panel_count(s); panel++, packed += (ptrdiff_t)depth * lanes)
        for (int lane = 0; lane < lanes; lane++) {
            int row = panel_row(s, panel, lane / LANES, lane % LANES);
            const float *from = w + row * row_step;
            for (int k = 0; k < depth; k++) packed[(ptrdiff_t)k * lanes + lane] = row < 0 ? 0 : from[k * k_step];
        }
}
