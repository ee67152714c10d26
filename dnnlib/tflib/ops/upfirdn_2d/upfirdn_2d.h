// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Upsample - filter - downsample: the arithmetic that CPU and GPU share. Images are [major, H, W, minor]; [NCHW] is
// major = N * C and minor = 1. Along either axis, zeros are inserted (`up`), then added or cropped (`pad`), then the
// filter is applied, then every `down`-th pixel is kept. Nothing is ever multiplied by an inserted zero: output `out`
// begins at position out * down - pad0 among the widened pixels, of which the multiples of `up` are those of the input.
#pragma once

#include <cstdint>

#include "../shared/host_device.h"
#include "../shared/int_math.h"

extern "C" {

// One axis of the images; out_size follows from upfirdn_2d_out_size().
struct UpFirDn2DAxis {
    int64_t in_size, out_size;
    int32_t up, down, pad0;  // pad0: zeros before the first pixel, negative to crop.
    int32_t fir;             // Size of the filter.
};

// x [major, in_size of y, in_size of x, minor] and y likewise: memory of the device that computes, without further
// alignment than that of one element, x and y apart from each other. k [fir of y, fir of x]: host memory in any case.
struct UpFirDn2DParams {
    const void* x;
    void* y;
    const float* k;
    int32_t dtype;  // 0 float32, 1 float16, 2 bfloat16; sums are float32.
    int32_t flip;   // 0: convolution, 1: correlation (k is not mirrored).
    int64_t major, minor;
    UpFirDn2DAxis axis_y, axis_x;
    float* k_space;  // Space for upfirdn_2d_num_space() floats, for the GPU.
};

// Compute y on the current CUDA device in `stream` (a cudaStream_t) without waiting for it. Sizes may be as large as
// 64 bits and memory allow; no size but `major` and `minor` may be 0. k is read before this returns.
// Returns nullptr, or a text that says what went wrong.
const char* upfirdn_2d_launch(const UpFirDn2DParams* params, void* stream);

}  // extern "C"

namespace dnnlib {

// Pixels that are left along an axis; below 1 if the filter does not fit.
inline int64_t upfirdn_2d_out_size(int64_t in_size, int64_t up, int64_t down, int64_t pad0, int64_t pad1, int64_t fir) {
    return floor_div(in_size * up + pad0 + pad1 - fir, down) + 1;
}

// The pixels in, in + 1, ... that meet the elements fir, fir + up, ... of the filter; `count` of them.
struct UpFirDn2DTaps {
    int64_t in, fir, count;
};

// What makes up pixel `out` of one axis, were the input endless.
DNNLIB_HOST_DEVICE inline UpFirDn2DTaps upfirdn_2d_endless_taps(const UpFirDn2DAxis& axis, int64_t out) {
    const int64_t begin = out * axis.down - axis.pad0;
    const int64_t in = -floor_div(-begin, axis.up);
    const int64_t fir = in * axis.up - begin;  // 0 ... up - 1
    return {in, fir, floor_div(axis.fir - 1 - fir, axis.up) + 1};
}

// The same without what lies outside the input.
DNNLIB_HOST_DEVICE inline UpFirDn2DTaps upfirdn_2d_taps(const UpFirDn2DAxis& axis, int64_t out) {
    UpFirDn2DTaps taps = upfirdn_2d_endless_taps(axis, out);
    if (taps.in < 0) {
        taps = {0, taps.fir - taps.in * axis.up, taps.count + taps.in};
    }
    if (taps.count > axis.in_size - taps.in) {
        taps.count = axis.in_size - taps.in;
    }
    if (taps.count < 0) {
        taps.count = 0;
    }
    return taps;
}

// One element of the output. This is the definition that all kernels have to agree with. `k` is passed apart because
// the filter of `params` is out of reach on a GPU; read(i): element i of x as float32.
template <typename Read>
DNNLIB_HOST_DEVICE inline float upfirdn_2d_pixel(const UpFirDn2DParams& params, const float* k, int64_t major,
                                                 int64_t out_y, int64_t out_x, int64_t minor, const Read& read) {
    const UpFirDn2DAxis& ay = params.axis_y;
    const UpFirDn2DAxis& ax = params.axis_x;
    const UpFirDn2DTaps ty = upfirdn_2d_taps(ay, out_y);
    const UpFirDn2DTaps tx = upfirdn_2d_taps(ax, out_x);
    float sum = 0;
    for (int64_t j = 0; j < ty.count; j++) {
        const int64_t fy = ty.fir + j * ay.up;
        const float* k_row = k + (params.flip ? fy : ay.fir - 1 - fy) * ax.fir;
        const int64_t row = ((major * ay.in_size + ty.in + j) * ax.in_size + tx.in) * params.minor + minor;
        for (int64_t i = 0; i < tx.count; i++) {
            const int64_t fx = tx.fir + i * ax.up;
            sum += k_row[params.flip ? fx : ax.fir - 1 - fx] * read(row + i * params.minor);
        }
    }
    return sum;
}

// Write the filter of `params` as an outer product of two vectors in the order of correlation, k_y [fir of y] and
// k_x [fir of x]. Returns false if it is none, up to rounding of float32.
inline bool upfirdn_2d_factorize(const UpFirDn2DParams& params, float* k_y, float* k_x) {
    const int32_t height = params.axis_y.fir, width = params.axis_x.fir;
    const int32_t size = height * width;
    const auto magnitude = [&params](int32_t i) { return params.k[i] < 0 ? -params.k[i] : params.k[i]; };
    int32_t largest = 0;
    for (int32_t i = 1; i < size; i++) {
        largest = magnitude(i) > magnitude(largest) ? i : largest;
    }
    const float* row = params.k + largest / width * width;
    const float* column = params.k + largest % width;
    const float scale = params.k[largest] == 0 ? 0 : 1 / params.k[largest];
    for (int32_t i = 0; i < size; i++) {
        const float error = params.k[i] - column[i / width * width] * (row[i % width] * scale);
        if (!((error < 0 ? -error : error) <= 1e-6f * magnitude(largest))) {
            return false;
        }
    }
    for (int32_t i = 0; i < height; i++) {
        k_y[i] = column[(params.flip ? i : height - 1 - i) * width];
    }
    for (int32_t i = 0; i < width; i++) {
        k_x[i] = row[params.flip ? i : width - 1 - i] * scale;
    }
    return true;
}

// Elements of a filter that a kernel of the GPU takes as parameters. Larger ones need memory there.
constexpr int64_t kUpFirDn2DMaxParameterTaps = 900;

inline int64_t upfirdn_2d_num_space(const UpFirDn2DParams& params) {
    const int64_t taps = static_cast<int64_t>(params.axis_y.fir) * params.axis_x.fir;
    return taps > kUpFirDn2DMaxParameterTaps ? taps : 0;
}

// The largest filter that the GPU applies in one piece, in both directions at a time.
inline int32_t upfirdn_2d_max_tile_taps(const UpFirDn2DParams& params) {
    const UpFirDn2DAxis &ay = params.axis_y, &ax = params.axis_x;
    if (ay.up != ax.up || ay.down != ax.down || ay.up * ay.down > 2) {
        return 0;
    }
    return ay.up * ay.down == 1 ? 7 : 12;
}

// Whether it is faster to filter in x, then in y. What is in between is [major, in_size of y, out_size of x, minor].
inline bool upfirdn_2d_needs_two_passes(const UpFirDn2DParams& params) {
    const int32_t small = params.axis_y.fir < params.axis_x.fir ? params.axis_y.fir : params.axis_x.fir;
    const int32_t large = params.axis_y.fir + params.axis_x.fir - small;
    return small > 1 && large >= 8 && large > upfirdn_2d_max_tile_taps(params);
}

// The two passes; k_y and k_x are those of upfirdn_2d_factorize(). The caller sets `y` of the first, `x` of the second.
inline void upfirdn_2d_split(const UpFirDn2DParams& params, const float* k_y, const float* k_x, UpFirDn2DParams* pass_x,
                             UpFirDn2DParams* pass_y) {
    *pass_x = *pass_y = params;
    pass_x->flip = pass_y->flip = 1;
    pass_x->k = k_x;
    pass_y->k = k_y;
    pass_x->axis_y = {params.axis_y.in_size, params.axis_y.in_size, 1, 1, 0, 1};
    pass_y->axis_x = {params.axis_x.out_size, params.axis_x.out_size, 1, 1, 0, 1};
}

}  // namespace dnnlib
