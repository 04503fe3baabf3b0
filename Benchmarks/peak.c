// What one core of this processor can multiply at most with AVX2: the wall that docs/performance.md measures the network against.
// Independent accumulators in registers, no memory: nothing that reads weights can be faster.
//
//     cc -O3 -march=x86-64-v3 Benchmarks/peak.c -o build/peak && build/peak
#include <immintrin.h>
#include <stdio.h>
#include <time.h>

enum { SUMS = 12 };

static double seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// Each instruction is inline assembly, so that the compiler cannot fold the loop. REPEAT: one statement per accumulator.
#define REPEAT(statement) \
    statement(0) statement(1) statement(2) statement(3) statement(4) statement(5) statement(6) statement(7) statement(8) statement(9) \
        statement(10) statement(11)

static double float_rate(long steps) {
    __m256 sum[SUMS], w = _mm256_set1_ps(1e-9f), x = _mm256_set1_ps(1);
    for (int i = 0; i < SUMS; i++) sum[i] = _mm256_setzero_ps();
    double begin = seconds();
    for (long step = 0; step < steps; step++) {
#define FMA(i) __asm__ volatile("vfmadd231ps %1, %2, %0" : "+x"(sum[i]) : "x"(w), "x"(x));
        REPEAT(FMA)
    }
    return (double)steps * SUMS * 8 / (seconds() - begin);
}

static double int16_rate(long steps) {
    __m256i sum[SUMS], product, w = _mm256_set1_epi16(3), x = _mm256_set1_epi16(5);
    for (int i = 0; i < SUMS; i++) sum[i] = _mm256_setzero_si256();
    double begin = seconds();
    for (long step = 0; step < steps; step++) {
#define MADD(i) __asm__ volatile("vpmaddwd %2, %3, %1\n\tvpaddd %1, %0, %0" : "+x"(sum[i]), "=&x"(product) : "x"(w), "x"(x));
        REPEAT(MADD)
    }
    return (double)steps * SUMS * 16 / (seconds() - begin);
}

int main(void) {
    // 3 bidirectional layers of 96 and 96 labels over 190 frames of 16 sequences.
    const double products = (2.0 * 384 * (96 + 96) + 4.0 * 384 * (192 + 96) + 192 * 96) * 190 * 16;
    double best_float = 0, best_int16 = 0;
    for (int round = 0; round < 5; round++) {
        double f = float_rate(20000000), i = int16_rate(20000000);
        best_float = f > best_float ? f : best_float;
        best_int16 = i > best_int16 ? i : best_int16;
    }
    printf("fp32:  %.1f billion multiply-adds a second; the network benchmark at batch 16 takes %.1f ms at least\n", best_float / 1e9, products / best_float * 1e3);
    printf("int16: %.1f billion multiply-adds a second; %.1f ms at least\n", best_int16 / 1e9, products / best_int16 * 1e3);
}
