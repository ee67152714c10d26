// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Bilinear interpolation between the pixels of planes, and its transpose.
#pragma once

#include <cmath>
#include <cstdint>

namespace dnnlib {

// The four pixels around a position, and what each counts; those outside count nothing.
struct Corners {
    int64_t index[4];
    float weight[4];
};

inline Corners find_corners(float x, float y, int64_t width, int64_t height) {
    Corners corners = {};
    const float left = std::floor(x), top = std::floor(y);
    if (!(left >= -1 && left < width && top >= -1 && top < height)) return corners;  // Nor is NaN anywhere.
    const int64_t column = static_cast<int64_t>(left), row = static_cast<int64_t>(top);
    const float weight_x[2] = {column >= 0 ? 1 - (x - left) : 0, column + 1 < width ? x - left : 0};
    const float weight_y[2] = {row >= 0 ? 1 - (y - top) : 0, row + 1 < height ? y - top : 0};
    for (int i = 0; i < 4; i++) {
        corners.weight[i] = weight_x[i % 2] * weight_y[i / 2];
        if (corners.weight[i] != 0) corners.index[i] = (row + i / 2) * width + column + i % 2;
    }
    return corners;
}

// Read `channels` planes of a size at `num` positions.
inline void read_positions(const float* planes, int64_t channels, int64_t width, int64_t height, const float* x,
                           const float* y, int64_t num, float* values, int64_t stride) {
    for (int64_t p = 0; p < num; p++) {
        const Corners corners = find_corners(x[p], y[p], width, height);
        for (int64_t c = 0; c < channels; c++) {
            const float* plane = planes + c * width * height;
            float sum = 0;
            for (int i = 0; i < 4; i++) sum += corners.weight[i] * plane[corners.index[i]];
            values[c * stride + p] = sum;
        }
    }
}

// Add values at `num` positions to the pixels around them, of a plane that begins as zero.
inline void add_positions(const float* values, const float* x, const float* y, int64_t num, int64_t width,
                          int64_t height, float* plane) {
    for (int64_t p = 0; p < num; p++) {
        const Corners corners = find_corners(x[p], y[p], width, height);
        for (int i = 0; i < 4; i++) plane[corners.index[i]] += corners.weight[i] * values[p];
    }
}

}  // namespace dnnlib
