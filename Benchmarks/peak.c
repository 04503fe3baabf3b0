// What one core of this processor can multiply at most: the wall that docs/measurements/performance.md measures the network against.
// Independent accumulators in registers, no memory: nothing that reads weights can be faster.
//
//     cc -O3 Benchmarks/peak.c -o build/peak && build/peak
#include <immintrin.h>
#include <stdio.h>
#include <time.h>

enum { SUMS = 12 };
static const long steps = 20000000;

static double seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// Each instruction is inline assembly, so that the compiler cannot fold the loop. REPEAT: one statement per accumulator.
#define REPEAT(statement) \
    statement(0) statement(1) statement(2) statement(3) statement(4) statement(5) statement(6) statement(7) statement(8) statement(9) \
        statement(10) statement(11)

// Defines `name`: multiply-adds a second, `products` of them in each instruction.
#define RATE(name, instructions, vector, products, STATEMENT)                                     \
    __attribute__((target(instructions))) static double name(void) {                              \
        vector sum[SUMS] = {0}, w = {0}, x = {0}, product;                                         \
        double begin = seconds();                                                                  \
        for (long step = 0; step < steps; step++) { REPEAT(STATEMENT) }                            \
        (void)product;                                                                             \
        return (double)steps * SUMS * products / (seconds() - begin);                              \
    }

typedef float floats8 __attribute__((vector_size(32)));
typedef float floats16 __attribute__((vector_size(64)));
#define FMA(i) __asm__ volatile("vfmadd231ps %1, %2, %0" : "+v"(sum[i]) : "v"(w), "v"(x));
#define MADD(i) __asm__ volatile("vpmaddwd %2, %3, %1\n\tvpaddd %1, %0, %0" : "+x"(sum[i]), "=&x"(product) : "x"(w), "x"(x));
#define DPWSSD(i) __asm__ volatile("vpdpwssd %1, %2, %0" : "+v"(sum[i]) : "v"(w), "v"(x));
#define DPBF16(i) __asm__ volatile("vdpbf16ps %1, %2, %0" : "+v"(sum[i]) : "v"(w), "v"(x));
RATE(avx2_float, "avx2,fma", floats8, 8, FMA)
RATE(avx2_int16, "avx2,fma", floats8, 16, MADD)
RATE(avx512_float, "avx512f", floats16, 16, FMA)
RATE(avx512_int16, "avx512f,avx512vnni", floats16, 32, DPWSSD)
RATE(avx512_bf16, "avx512f,avx512bf16", floats16, 32, DPBF16)

static void show(const char *name, double (*rate)(void)) {
    // 3 bidirectional layers of 96 and 96 labels over 190 frames of 16 sequences.
    const double products = (2.0 * 384 * (96 + 96) + 4.0 * 384 * (192 + 96) + 192 * 96) * 190 * 16;
    double best = 0;
    for (int round = 0; round < 5; round++) {
        double found = rate();
        best = found > best ? found : best;
    }
    printf("%-22s %6.1f billion multiply-adds a second; the network benchmark at batch 16 takes %.1f ms at least\n", name, best / 1e9, products / best * 1e3);
}

int main(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        show("AVX2, fp32", avx2_float);
        show("AVX2, 16-bit integers", avx2_int16);
    }
    if (__builtin_cpu_supports("avx512f")) show("AVX-512, fp32", avx512_float);
    if (__builtin_cpu_supports("avx512vnni")) show("VNNI, 16-bit integers", avx512_int16);
    if (__builtin_cpu_supports("avx512bf16")) show("AVX-512, bf16", avx512_bf16);
}
