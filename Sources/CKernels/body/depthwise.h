// A convolution of each channel by itself.

INLINE void depthwise_frames(const ductus_depthwise *d, int M, int frame, int channel) {
    int left = d->channels - channel;
    vector sums[4];
    UNROLL for (int m = 0; m < M; m++) sums[m] = load_first(d->bias + channel, left);
    for (int k = 0; k < d->kernel; k++) {
        vector w = load_first(d->weights + (ptrdiff_t)k * d->channels + channel, left);
        UNROLL for (int m = 0; m < M; m++) sums[m] += w * load_first(d->x + (frame + m) * d->frame_step + k * d->tap_step + channel, left);
    }
    UNROLL for (int m = 0; m < M; m++) store_first(d->y + (ptrdiff_t)(frame + m) * d->channels + channel, sums[m], left);
}

static void depthwise(const ductus_depthwise *d) {
    for (int channel = 0; channel < d->channels; channel += LANES) {
        int frame = 0;
        for (; frame + 4 <= d->frames; frame += 4) depthwise_frames(d, 4, frame, channel);
        for (; frame < d->frames; frame++) depthwise_frames(d, 1, frame, channel);
    }
}
