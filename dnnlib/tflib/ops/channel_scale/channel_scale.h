// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// What becomes of one feature map: its product with a number, and its scalar product with another one. And the squares
// of a kernel.
#pragma once

#include <algorithm>

#include "../shared/matrix_tiles.h"

namespace dnnlib {

// y = x * factor; y may be x itself.
inline void scale_map(const float* x, float factor, int64_t size, float* y) {
    int64_t i = 0;
    for (; i + kLanes <= size; i += kLanes) store_vector(y + i, load_vector(x + i) * factor);
    for (; i < size; i++) y[i] = x[i] * factor;
}

// The sum of a * b, by several sums side by side: with one, each addition would wait for the last.
inline float dot_run(const float* a, const float* b, int64_t size) {
    constexpr int kSums = 4;
    Vector sums[kSums] = {};
    int64_t i = 0;
    for (; i + kSums * kLanes <= size; i += kSums * kLanes)
        for (int v = 0; v < kSums; v++) sums[v] += load_vector(a + i + v * kLanes) * load_vector(b + i + v * kLanes);
    for (; i + kLanes <= size; i += kLanes) sums[0] += load_vector(a + i) * load_vector(b + i);
    const Vector lanes = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    float total = 0;
    for (int l = 0; l < kLanes; l++) total += lanes[l];
    for (; i < size; i++) total += a[i] * b[i];
    return total;
}

// The same of sums over runs, as long ones gather rounding errors.
inline float dot_maps(const float* a, const float* b, int64_t size) {
    constexpr int64_t kRun = 4096;
    float total = 0;
    for (int64_t i = 0; i < size; i += kRun) total += dot_run(a + i, b + i, std::min(kRun, size - i));
    return total;
}

// Sum the squares of columns begin ... end - 1 of w [rows, columns].
inline void sum_squares(const float* w, int64_t rows, int64_t columns, int64_t begin, int64_t end, float* sums) {
    int64_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
        Vector sum = {};
        for (int64_t row = 0; row < rows; row++) {
            const Vector v = load_vector(w + row * columns + i);
            sum += v * v;
        }
        store_vector(sums + i, sum);
    }
    for (; i < end; i++) {
        sums[i] = 0;
        for (int64_t row = 0; row < rows; row++) sums[i] += w[row * columns + i] * w[row * columns + i];
    }
}

}  // namespace dnnlib
