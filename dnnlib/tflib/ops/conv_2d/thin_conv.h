// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Convolution with kernels of 1 x 1 from or to a few feature maps, as colours are: it takes as long as reading and
// writing the images once, which therefore stay in [NCHW].
#pragma once

#include "conv_2d.h"

namespace dnnlib {

constexpr int64_t kThinMaps = 4;              // Largest number of colours.
constexpr int64_t kThinPixels = 4 * kLanes;   // Pixels handled at a time.

inline bool is_thin(const Conv2DShape& s) {
    return s.kernel == 1 && s.up == 1 && s.down == 1 && s.pad == 0 && s.out_h == s.in_h && s.out_w == s.in_w &&
           std::min(s.in_fmaps, s.out_fmaps) <= kThinMaps;
}

// Runs of kThinPixels pixels of all samples, the last one of a sample may be shorter.
inline int64_t runs_per_sample(const Conv2DShape& s) { return ceil_div(s.in_h * s.in_w, kThinPixels); }
inline int64_t num_thin_runs(const Conv2DShape& s) { return s.batch * runs_per_sample(s); }

// Load or store the four vectors of a run, of which the last ones may be missing.
struct PixelRun {
    int64_t sample, first, count;

    PixelRun(const Conv2DShape& s, int64_t index) {
        sample = index / runs_per_sample(s);
        first = index % runs_per_sample(s) * kThinPixels;
        count = std::min(kThinPixels, s.in_h * s.in_w - first);
    }

    void load(const float* source, Vector* v) const {
        if (count == kThinPixels) {
            for (int i = 0; i < 4; i++) v[i] = load_vector(source + i * kLanes);
        } else {
            for (int i = 0; i < 4; i++) v[i] = Vector{};
            std::memcpy(v, source, count * sizeof(float));
        }
    }
    void store(float* target, const Vector* v) const {
        if (count == kThinPixels)
            for (int i = 0; i < 4; i++) store_vector(target + i * kLanes, v[i]);
        else
            std::memcpy(target, v, count * sizeof(float));
    }
};

// Weight from an input to an output map of a kernel [IO], or of the adjoint [OI].
inline float thin_weight(const Conv2DShape& s, const Kernel& kernel, int64_t in_fmap, int64_t out_fmap) {
    const int64_t index = kernel.adjoint ? out_fmap * s.in_fmaps + in_fmap : in_fmap * s.out_fmaps + out_fmap;
    return kernel.data[index] * kernel.gain;
}

// From a few maps: they stay in registers.
inline void conv_from_few(const Conv2DShape& s, const Kernel& kernel, const PixelRun& run, const float* x, float* y) {
    const int64_t area = s.in_h * s.in_w;
    Vector colours[kThinMaps][4];
    for (int64_t c = 0; c < s.in_fmaps; c++) run.load(x + (run.sample * s.in_fmaps + c) * area + run.first, colours[c]);
    for (int64_t o = 0; o < s.out_fmaps; o++) {
        Vector sums[4] = {};
        for (int64_t c = 0; c < s.in_fmaps; c++) {
            const float weight = thin_weight(s, kernel, c, o);
            for (int i = 0; i < 4; i++) sums[i] += weight * colours[c][i];
        }
        run.store(y + (run.sample * s.out_fmaps + o) * area + run.first, sums);
    }
}

// To a few maps: their sums stay in registers.
template <int out_fmaps>
inline void conv_to_few(const Conv2DShape& s, const Kernel& kernel, const PixelRun& run, const float* x, float* y) {
    const int64_t area = s.in_h * s.in_w;
    Vector sums[out_fmaps][4] = {};
    for (int64_t c = 0; c < s.in_fmaps; c++) {
        Vector source[4];
        run.load(x + (run.sample * s.in_fmaps + c) * area + run.first, source);
        for (int64_t o = 0; o < out_fmaps; o++) {
            const float weight = thin_weight(s, kernel, c, o);
            for (int i = 0; i < 4; i++) sums[o][i] += weight * source[i];
        }
    }
    for (int64_t o = 0; o < out_fmaps; o++) run.store(y + (run.sample * out_fmaps + o) * area + run.first, sums[o]);
}

inline void thin_conv(const Conv2DShape& s, const Kernel& kernel, int64_t run, const float* x, float* y) {
    static void (*const to_few[])(const Conv2DShape&, const Kernel&, const PixelRun&, const float*, float*) = {
        nullptr, conv_to_few<1>, conv_to_few<2>, conv_to_few<3>, conv_to_few<4>};
    const auto conv = s.in_fmaps <= kThinMaps ? conv_from_few : to_few[s.out_fmaps];
    conv(s, kernel, PixelRun(s, run), x, y);
}

// ---------------------------------------------------------------------------------------------------------------------
// The gradient with respect to the kernel; sums are kept as [map of the wider side, kThinMaps, kLanes].

inline int64_t thin_sums_size(const Conv2DShape& s) { return std::max(s.in_fmaps, s.out_fmaps) * kThinMaps * kLanes; }

inline void add_thin_gradient(const Conv2DShape& s, int64_t index, const float* x, const float* dy, float* sums) {
    const PixelRun run(s, index);
    const int64_t area = s.in_h * s.in_w;
    const bool few_in = s.in_fmaps <= s.out_fmaps;
    const int64_t num_few = few_in ? s.in_fmaps : s.out_fmaps, num_many = few_in ? s.out_fmaps : s.in_fmaps;
    const float* few = (few_in ? x : dy) + run.sample * num_few * area + run.first;
    const float* many = (few_in ? dy : x) + run.sample * num_many * area + run.first;
    Vector colours[kThinMaps][4] = {};
    for (int64_t f = 0; f < num_few; f++) run.load(few + f * area, colours[f]);
    for (int64_t m = 0; m < num_many; m++, sums += kThinMaps * kLanes) {
        Vector source[4];
        run.load(many + m * area, source);
        for (int64_t f = 0; f < num_few; f++) {
            Vector sum = load_vector(sums + f * kLanes);
            for (int i = 0; i < 4; i++) sum += source[i] * colours[f][i];
            store_vector(sums + f * kLanes, sum);
        }
    }
}

// Write the kernel [IO] that the sums stand for.
inline void store_thin_sums(const Conv2DShape& s, const float* sums, float gain, float* dw) {
    const bool few_in = s.in_fmaps <= s.out_fmaps;
    for (int64_t c = 0; c < s.in_fmaps; c++) {
        for (int64_t o = 0; o < s.out_fmaps; o++) {
            const float* source = sums + ((few_in ? o : c) * kThinMaps + (few_in ? c : o)) * kLanes;
            float total = 0;
            for (int lane = 0; lane < kLanes; lane++) total += source[lane];
            *dw++ = total * gain;
        }
    }
}

}  // namespace dnnlib
