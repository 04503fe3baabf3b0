// Steps through the trellis of connectionist temporal classification, in log space. −1e30 and less stand for the logarithm of zero.

#define LOG_ROOT_3 0.54930614433405485f
#define ROOT_3 1.7320508075688772f

// log(eᵃ + eᵇ + eᶜ), absolute error below 3e-7.
INLINE vector log_sum_vector(vector a, vector b, vector c) {
    vector best = a > b ? a : b;
    best = best > c ? best : c;
    vector e[MOST_POWERS] = {(a - best) * LOG2_E, (b - best) * LOG2_E, (c - best) * LOG2_E};
    powers_of_two(3, e, 0);
    // The sum lies in 1 … 3. With s = (sum − √3) / (sum + √3): log sum = log √3 + 2 artanh s, |s| < 0.268.
    vector sum = e[0] + e[1] + e[2], s = quotient(sum - ROOT_3, sum + ROOT_3), q = s * s;
    vector series = q * (1.0f / 11) + 1.0f / 9;
    series = series * q + 1.0f / 7;
    series = series * q + 1.0f / 5;
    series = series * q + 1.0f / 3;
    series = series * q + 1.0f;
    return best + (s * 2.0f * series + LOG_ROOT_3);
}

static void log_sum(const float *a, const float *b, const float *c, const float *penalty, const float *added, float *y, size_t count) {
    EACH_VECTOR(count, vector sum = log_sum_vector(load_first(a + i, n), load_first(b + i, n), load_first(c + i, n) + load_first(penalty + i, n));
                store_first(y + i, added ? sum + load_first(added + i, n) : sum, n);)
}

static float shares(const float *a, const float *b, float *y, size_t count) {
    float largest = a[0] + b[0];
    vector highest = largest, sums = 0;
    size_t whole = count - count % LANES;
    for (size_t i = 0; i < whole; i += LANES) {
        vector v = load(a + i) + load(b + i);
        highest = v > highest ? v : highest;
    }
    largest = largest_lane(highest);
    for (size_t i = whole; i < count; i++) largest = a[i] + b[i] > largest ? a[i] + b[i] : largest;
    EACH_VECTOR(count, vector e = (load_first(a + i, n) + load_first(b + i, n) - largest) * LOG2_E; powers_of_two(1, &e, 0);
                store_first(y + i, e, n); if (n == LANES) sums += e;)
    float sum = sum_lanes(sums);
    for (size_t i = whole; i < count; i++) sum += y[i];
    return sum;
}
