// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// The one-dimensional transforms of Winograd's minimal filtering. Source: Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2015, section 4 (arXiv:1509.09308). Of a convolution y of x with w,
//
//   y = A^T [(G w) * (B^T x)],   and, as the adjoint with respect to w,   dw = G^T [(B^T x) * (A dy)],
//
// where * multiplies point by point. The points are those at which polynomials are interpolated: 0, +-a, +-b, infinity.
#pragma once

#include "../shared/matrix_tiles.h"

namespace dnnlib {

// Four outputs of three taps, F(4, 3), at six points. These points are three times as accurate as the customary 0, +-1,
// +-2: errors stay below 1e-5 of the standard deviation of the output.
namespace plain {

constexpr float kA = 0.75f, kB = 1.5f, kAA = kA * kA, kBB = kB * kB;
constexpr float kScale0 = 1 / (kAA * kBB), kScaleA = 1 / (2 * kAA * (kAA - kBB)), kScaleB = 1 / (2 * kBB * (kBB - kAA));

// B^T: patch of x.
struct TransformPatch {
    static constexpr int in = 6, out = 6;
    static void apply(const Vector* d, Vector* t) {
        const Vector even_a = d[4] - kBB * d[2], odd_a = kA * (d[3] - kBB * d[1]);
        const Vector even_b = d[4] - kAA * d[2], odd_b = kB * (d[3] - kAA * d[1]);
        t[0] = kAA * kBB * d[0] - (kAA + kBB) * d[2] + d[4];
        t[1] = even_a + odd_a;
        t[2] = even_a - odd_a;
        t[3] = even_b + odd_b;
        t[4] = even_b - odd_b;
        t[5] = kAA * kBB * d[1] - (kAA + kBB) * d[3] + d[5];
    }
};

// A^T: products to outputs.
struct TransformProducts {
    static constexpr int in = 6, out = 4;
    static void apply(const Vector* m, Vector* y) {
        const Vector even_a = m[1] + m[2], odd_a = kA * (m[1] - m[2]), even_b = m[3] + m[4], odd_b = kB * (m[3] - m[4]);
        y[0] = m[0] + even_a + even_b;
        y[1] = odd_a + odd_b;
        y[2] = kAA * even_a + kBB * even_b;
        y[3] = kAA * odd_a + kBB * odd_b + m[5];
    }
};

// A: gradient of the outputs.
struct TransformGradient {
    static constexpr int in = 4, out = 6;
    static void apply(const Vector* y, Vector* t) {
        const Vector even_a = y[0] + kAA * y[2], odd_a = kA * (y[1] + kAA * y[3]);
        const Vector even_b = y[0] + kBB * y[2], odd_b = kB * (y[1] + kBB * y[3]);
        t[0] = y[0];
        t[1] = even_a + odd_a;
        t[2] = even_a - odd_a;
        t[3] = even_b + odd_b;
        t[4] = even_b - odd_b;
        t[5] = y[3];
    }
};

// G: kernel.
struct TransformKernel {
    static constexpr int in = 3, out = 6;
    static void apply(const Vector* g, Vector* u) {
        const Vector even_a = kScaleA * (g[0] + kAA * g[2]), odd_a = kScaleA * kA * g[1];
        const Vector even_b = kScaleB * (g[0] + kBB * g[2]), odd_b = kScaleB * kB * g[1];
        u[0] = kScale0 * g[0];
        u[1] = even_a + odd_a;
        u[2] = even_a - odd_a;
        u[3] = even_b + odd_b;
        u[4] = even_b - odd_b;
        u[5] = g[2];
    }
};

// G^T: gradient of the kernel.
struct TransformKernelGradient {
    static constexpr int in = 6, out = 3;
    static void apply(const Vector* u, Vector* g) {
        const Vector even_a = kScaleA * (u[1] + u[2]), odd_a = kScaleA * kA * (u[1] - u[2]);
        const Vector even_b = kScaleB * (u[3] + u[4]), odd_b = kScaleB * kB * (u[3] - u[4]);
        g[0] = kScale0 * u[0] + even_a + even_b;
        g[1] = odd_a + odd_b;
        g[2] = kAA * even_a + kBB * even_b + u[5];
    }
};

}  // namespace plain

// Four outputs of three taps at every second pixel: taps 0 and 2 meet the five even pixels of the patch, F(4, 2) at
// +-a, +-b and infinity, and tap 1 meets the four odd ones, where there is nothing to save. All nine together are
// called the points, with six different kernels: those of the odd pixels are equal.
//
// `Fine` is the side of twice the size, `Coarse` the other one. Zero insertion is the adjoint of this with respect to
// x: its patches are four pixels of the coarse side, and its outputs nine of the fine one, of which the last is also
// the first of the next patch.
namespace strided {

constexpr float kA = 0.5f, kB = 1.25f, kAA = kA * kA, kBB = kB * kB;
constexpr float kScaleA = 1 / (2 * kA * (kAA - kBB)), kScaleB = 1 / (2 * kB * (kBB - kAA));

// B^T: fine side to points.
struct TransformFine {
    static constexpr int in = 9, out = 9;
    static void apply(const Vector* d, Vector* t) {
        const Vector even_a = kA * (d[4] - kBB * d[0]), odd_a = d[6] - kBB * d[2];
        const Vector even_b = kB * (d[4] - kAA * d[0]), odd_b = d[6] - kAA * d[2];
        t[0] = odd_a + even_a;
        t[1] = odd_a - even_a;
        t[2] = odd_b + even_b;
        t[3] = odd_b - even_b;
        t[4] = kAA * kBB * d[0] - (kAA + kBB) * d[4] + d[8];
        for (int i = 0; i < 4; i++) t[5 + i] = d[2 * i + 1];
    }
};

// B: points to fine side.
struct TransformFineAdjoint {
    static constexpr int in = 9, out = 9;
    static void apply(const Vector* m, Vector* y) {
        const Vector odd_a = m[0] + m[1], even_a = kA * (m[0] - m[1]), odd_b = m[2] + m[3], even_b = kB * (m[2] - m[3]);
        y[0] = kAA * kBB * m[4] - kBB * even_a - kAA * even_b;
        y[2] = -kBB * odd_a - kAA * odd_b;
        y[4] = even_a + even_b - (kAA + kBB) * m[4];
        y[6] = odd_a + odd_b;
        y[8] = m[4];
        for (int i = 0; i < 4; i++) y[2 * i + 1] = m[5 + i];
    }
};

// A: coarse side to points.
struct TransformCoarse {
    static constexpr int in = 4, out = 9;
    static void apply(const Vector* y, Vector* t) {
        const Vector even_a = y[0] + kAA * y[2], odd_a = kA * (y[1] + kAA * y[3]);
        const Vector even_b = y[0] + kBB * y[2], odd_b = kB * (y[1] + kBB * y[3]);
        t[0] = even_a + odd_a;
        t[1] = even_a - odd_a;
        t[2] = even_b + odd_b;
        t[3] = even_b - odd_b;
        t[4] = y[3];
        for (int i = 0; i < 4; i++) t[5 + i] = y[i];
    }
};

// A^T: points to coarse side.
struct TransformCoarseAdjoint {
    static constexpr int in = 9, out = 4;
    static void apply(const Vector* m, Vector* y) {
        const Vector even_a = m[0] + m[1], odd_a = kA * (m[0] - m[1]), even_b = m[2] + m[3], odd_b = kB * (m[2] - m[3]);
        y[0] = even_a + even_b + m[5];
        y[1] = odd_a + odd_b + m[6];
        y[2] = kAA * even_a + kBB * even_b + m[7];
        y[3] = kAA * odd_a + kBB * odd_b + m[4] + m[8];
    }
};

// G: kernel.
struct TransformKernel {
    static constexpr int in = 3, out = 6;
    static void apply(const Vector* g, Vector* u) {
        u[0] = kScaleA * (g[0] + kA * g[2]);
        u[1] = kScaleA * (kA * g[2] - g[0]);
        u[2] = kScaleB * (g[0] + kB * g[2]);
        u[3] = kScaleB * (kB * g[2] - g[0]);
        u[4] = g[2];
        u[5] = g[1];
    }
};

// G^T: gradient of the kernel.
struct TransformKernelGradient {
    static constexpr int in = 6, out = 3;
    static void apply(const Vector* u, Vector* g) {
        g[0] = kScaleA * (u[0] - u[1]) + kScaleB * (u[2] - u[3]);
        g[1] = u[5];
        g[2] = kScaleA * kA * (u[0] + u[1]) + kScaleB * kB * (u[2] + u[3]) + u[4];
    }
};

}  // namespace strided

// The kinds of convolution. Patches of x are in_step, and of y out_step pixels apart.
struct PlainTiles {
    static constexpr int in_step = 4, out_step = 4;
    using Input = plain::TransformPatch;
    using Output = plain::TransformProducts;
    using Gradient = plain::TransformGradient;
    using Kernel = plain::TransformKernel;
    using KernelGradient = plain::TransformKernelGradient;
};

struct DownTiles {
    static constexpr int in_step = 8, out_step = 4;
    using Input = strided::TransformFine;
    using Output = strided::TransformCoarseAdjoint;
    using Gradient = strided::TransformCoarse;
    using Kernel = strided::TransformKernel;
    using KernelGradient = strided::TransformKernelGradient;
};

struct UpTiles {
    static constexpr int in_step = 4, out_step = 8;
    using Input = strided::TransformCoarse;
    using Output = strided::TransformFineAdjoint;
    using Gradient = strided::TransformFine;
    using Kernel = strided::TransformKernel;
    using KernelGradient = strided::TransformKernelGradient;
};

// Apply a transform to the columns and the rows of a square of vectors: element (i, j) is read by read(i, j) and
// written by write(i, j, vector).
template <class Transform, class Read, class Write>
inline void transform_square(const Read& read, const Write& write) {
    Vector columns[Transform::out][Transform::in];
    for (int j = 0; j < Transform::in; j++) {
        Vector source[Transform::in], target[Transform::out];
        for (int i = 0; i < Transform::in; i++) source[i] = read(i, j);
        Transform::apply(source, target);
        for (int i = 0; i < Transform::out; i++) columns[i][j] = target[i];
    }
    for (int i = 0; i < Transform::out; i++) {
        Vector target[Transform::out];
        Transform::apply(columns[i], target);
        for (int j = 0; j < Transform::out; j++) write(i, j, target[j]);
    }
}

}  // namespace dnnlib
