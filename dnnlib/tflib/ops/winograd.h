// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Convolution with kernels of 3 x 3 by Winograd's minimal filtering F(4x4, 3x3): 36 multiplications where the direct
// method takes 144. Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, section 4
// (arXiv:1509.09308). Tiles of 4 x 4 outputs are
//
//   y = A^T [(G w G^T) * (B^T x B)] A,   and, as the adjoint with respect to w,   dw = G^T [(B^T x B) * (A dy A^T)] G,
//
// and the elementwise products, summed over feature maps (or, for dw, over tiles), are 36 products of matrices.
#pragma once

#include "conv_2d.h"

namespace dnnlib {

constexpr int kTile = 4, kPatch = 6, kPoints = kPatch * kPatch;
constexpr int kSkew = 16;  // Floats between the matrices of points: at powers of two apart, they would share cache sets.

// The transforms interpolate polynomials at 0, +-a, +-b and infinity. These points are three times as accurate as the
// customary 0, +-1, +-2: errors stay below 1e-5 of the standard deviation of the output.
constexpr float kA = 0.75f, kB = 1.5f, kAA = kA * kA, kBB = kB * kB;
constexpr float kScale0 = 1 / (kAA * kBB), kScaleA = 1 / (2 * kAA * (kAA - kBB)), kScaleB = 1 / (2 * kBB * (kBB - kAA));

// The one-dimensional transforms. B^T: patch of x.
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

// Apply a transform to the columns and the rows of a square of vectors: element (i, j) is read by read(i, j) and written
// by write(i, j, vector).
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

// The tiles of all samples. Bands are counted in rows of tiles.
class WinogradPlan {
  public:
    explicit WinogradPlan(const Conv2DShape& s) : shape(s) {
        tiles_y = ceil_div(s.out_h, kTile);
        tiles_x = ceil_div(s.out_w, kTile);
        const int64_t border = std::max<int64_t>(s.pad, 0);
        const int64_t row_size = std::max(s.in_w + border, tiles_x * kTile + 2 - s.pad);
        const int64_t num_rows = std::max(s.in_h + border, tiles_y * kTile + 2 - s.pad);
        in_layout = PlaneLayout{1, row_size, num_rows, round_up(s.in_fmaps, kLanes)};
        out_layout = PlaneLayout{1, tiles_x * kTile, tiles_y * kTile, round_up(s.out_fmaps, kLanes)};
    }

    static bool fits(const Conv2DShape& s) {
        return s.kernel == 3 && s.up == 1 && s.down == 1 && std::min(s.in_fmaps, s.out_fmaps) >= 8;
    }

    int64_t total_rows() const { return shape.batch * tiles_y; }
    int64_t num_tiles(const Band& band) const { return band.size() * tiles_x; }
    int64_t padded_tiles(const Band& band) const { return round_up(num_tiles(band), kRows); }

    // Row of the flat plane of x in which the patches of a row of tiles begin.
    int64_t patch_row(int64_t tile_row) const {
        return tile_row / tiles_y * in_layout.num_rows + tile_row % tiles_y * kTile - shape.pad;
    }
    Band in_rows(const Band& band) const { return {patch_row(band.begin) - 1, patch_row(band.end - 1) + kPatch + 1}; }
    Band out_rows(const Band& band) const { return {band.begin * kTile, band.end * kTile}; }
    int64_t in_plane_size(const Band& band) const { return in_rows(band).size() * in_layout.row_size; }
    int64_t out_plane_size(const Band& band) const { return num_tiles(band) * kTile * kTile; }

    // Floats between the points of transformed tiles that are `stride` apart.
    int64_t point_size(const Band& band, int64_t stride) const { return padded_tiles(band) * stride + kSkew; }

    Conv2DShape shape;
    int64_t tiles_y, tiles_x;
    PlaneLayout in_layout, out_layout;
};

// Kernels are transformed into [block of kColumns output maps, kPoints, in_fmaps, kColumns].
inline int64_t kernel_point_size(const Conv2DShape& s) { return s.in_fmaps * kColumns + kSkew; }
inline int64_t transformed_kernel_size(const Conv2DShape& s) {
    return ceil_div(s.out_fmaps, kColumns) * kPoints * kernel_point_size(s);
}

// Transform a block of a kernel, see `pack_kernel_block`.
inline void transform_kernel_block(const Conv2DShape& s, const Kernel& kernel, int64_t block, float* transformed) {
    const int64_t num_out_blocks = ceil_div(s.out_fmaps, kLanes), point_size = kernel_point_size(s);
    const int64_t in_fmap = block / num_out_blocks * kLanes, out_fmap = block % num_out_blocks * kLanes;
    const int64_t num_in = std::min<int64_t>(kLanes, s.in_fmaps - in_fmap);
    float* target = transformed + out_fmap / kColumns * kPoints * point_size + in_fmap * kColumns + out_fmap % kColumns;
    Vector taps[9][kLanes];
    for (int tap = 0; tap < 9; tap++) load_kernel_block(s, kernel, tap, in_fmap, out_fmap, taps[tap]);
    for (int64_t channel = 0; channel < num_in; channel++, target += kColumns) {
        transform_square<TransformKernel>(
            [&](int i, int j) { return taps[i * 3 + j][channel]; },
            [&](int i, int j, Vector value) { store_vector(target + (i * kPatch + j) * point_size, value); });
    }
}

// Transform the patches of x of a band: [kPoints, padded tiles, stride].
inline void transform_patches(const WinogradPlan& plan, const Band& band, const float* planes, float* patches) {
    const int64_t stride = plan.in_layout.stride, point_size = plan.point_size(band, stride);
    const int64_t first_row = plan.in_rows(band).begin;
    for (int64_t row = band.begin; row < band.end; row++) {
        const int64_t start = (plan.patch_row(row) - first_row) * plan.in_layout.row_size - plan.shape.pad;
        for (int64_t tile = 0; tile < plan.tiles_x; tile++, patches += stride) {
            const float* source = planes + (start + tile * kTile) * stride;
            for (int64_t fmap = 0; fmap < plan.shape.in_fmaps; fmap += kLanes) {
                transform_square<TransformPatch>(
                    [&](int i, int j) { return load_vector(source + (i * plan.in_layout.row_size + j) * stride + fmap); },
                    [&](int i, int j, Vector value) {
                        store_vector(patches + (i * kPatch + j) * point_size + fmap, value);
                    });
            }
        }
    }
}

// Call work(tile, position of its first pixel) for the tiles of a band in a flat plane of y.
template <class Work>
void for_each_tile(const WinogradPlan& plan, const Band& band, const Work& work) {
    for (int64_t row = 0; row < band.size(); row++)
        for (int64_t tile = 0; tile < plan.tiles_x; tile++)
            work(row * plan.tiles_x + tile, (row * plan.tiles_x * kTile + tile) * kTile);
}

inline int64_t winograd_scratch_size(const WinogradPlan& plan, const Band& band) {
    const int64_t in_stride = plan.in_layout.stride;
    return plan.in_plane_size(band) * in_stride + plan.out_plane_size(band) * kColumns +
           kPoints * (plan.point_size(band, in_stride) + plan.point_size(band, kColumns));
}

// Transform products [kPoints, padded tiles, kColumns] into a plane of y [position, kColumns].
inline void transform_products(const WinogradPlan& plan, const Band& band, const float* products, int64_t num_maps,
                               float* plane) {
    const int64_t row_size = plan.out_layout.row_size, point_size = plan.point_size(band, kColumns);
    for_each_tile(plan, band, [&](int64_t tile, int64_t position) {
        for (int64_t map = 0; map < num_maps; map += kLanes) {
            transform_square<TransformProducts>(
                [&](int i, int j) { return load_vector(products + (i * kPatch + j) * point_size + tile * kColumns + map); },
                [&](int i, int j, Vector value) {
                    store_vector(plane + (position + i * row_size + j) * kColumns + map, value);
                });
        }
    });
}

// Convolve a band with a transformed kernel.
inline void winograd_band(const WinogradPlan& plan, const Band& band, const float* x, const float* kernel, float* scratch,
                          float* y) {
    const Conv2DShape& s = plan.shape;
    const int64_t in_stride = plan.in_layout.stride, in_size = plan.in_plane_size(band);
    const int64_t patch_size = plan.point_size(band, in_stride), point_size = plan.point_size(band, kColumns);
    float* x_plane = scratch;
    float* patches = x_plane + in_size * in_stride;
    float* products = patches + kPoints * patch_size;
    float* y_plane = products + kPoints * point_size;
    pack_planes({x, s.batch, s.in_fmaps, s.in_h, s.in_w}, plan.in_layout, plan.in_rows(band), in_size, x_plane);
    transform_patches(plan, band, x_plane, patches);
    PlaneLayout layout = plan.out_layout;
    layout.stride = kColumns;
    for (int64_t map = 0; map < s.out_fmaps; map += kColumns) {
        const int64_t num_maps = std::min<int64_t>(kColumns, s.out_fmaps - map);
        for (int64_t point = 0; point < kPoints; point++, kernel += kernel_point_size(s)) {
            multiply<false>(patches + point * patch_size, in_stride, kernel, kColumns, products + point * point_size,
                            kColumns, plan.num_tiles(band), s.in_fmaps, num_maps);
        }
        transform_products(plan, band, products, num_maps, y_plane);
        unpack_planes({y, s.batch, s.out_fmaps, s.out_h, s.out_w}, layout, plan.out_rows(band), 0, y_plane, map, num_maps);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The gradient with respect to the kernel; sums are [kPoints, in_fmaps rounded up, out_fmaps rounded up].

inline int64_t sums_point_size(const Conv2DShape& s) { return kernel_sums_rows(s) * round_up(s.out_fmaps, kLanes) + kSkew; }
inline int64_t winograd_sums_size(const Conv2DShape& s) { return kPoints * sums_point_size(s); }

inline int64_t winograd_gradient_scratch_size(const WinogradPlan& plan, const Band& band) {
    const int64_t in_stride = plan.in_layout.stride, out_stride = plan.out_layout.stride;
    return plan.in_plane_size(band) * in_stride + plan.out_plane_size(band) * out_stride +
           kPoints * (plan.point_size(band, in_stride) + plan.point_size(band, out_stride)) + kColumns;
}

// Transform the gradient of y of a band: [kPoints, padded tiles, stride].
inline void transform_gradients(const WinogradPlan& plan, const Band& band, const float* plane, float* gradients) {
    const int64_t stride = plan.out_layout.stride, row_size = plan.out_layout.row_size;
    const int64_t point_size = plan.point_size(band, stride);
    for_each_tile(plan, band, [&](int64_t tile, int64_t position) {
        for (int64_t map = 0; map < plan.shape.out_fmaps; map += kLanes) {
            transform_square<TransformGradient>(
                [&](int i, int j) { return load_vector(plane + (position + i * row_size + j) * stride + map); },
                [&](int i, int j, Vector value) {
                    store_vector(gradients + (i * kPatch + j) * point_size + tile * stride + map, value);
                });
        }
    });
}

// Add the contribution of a band to `sums`.
inline void add_winograd_gradient(const WinogradPlan& plan, const Band& band, const float* x, const float* dy, float* scratch,
                                  float* sums) {
    const Conv2DShape& s = plan.shape;
    const int64_t in_stride = plan.in_layout.stride, in_size = plan.in_plane_size(band);
    const int64_t out_stride = plan.out_layout.stride, out_size = plan.out_plane_size(band);
    const int64_t patch_size = plan.point_size(band, in_stride), point_size = plan.point_size(band, out_stride);
    float* x_plane = scratch;
    float* dy_plane = x_plane + in_size * in_stride;
    float* patches = dy_plane + out_size * out_stride;
    float* gradients = patches + kPoints * patch_size;
    pack_planes({x, s.batch, s.in_fmaps, s.in_h, s.in_w}, plan.in_layout, plan.in_rows(band), in_size, x_plane);
    pack_planes({dy, s.batch, s.out_fmaps, s.out_h, s.out_w}, plan.out_layout, plan.out_rows(band), out_size, dy_plane);
    transform_patches(plan, band, x_plane, patches);
    transform_gradients(plan, band, dy_plane, gradients);
    for (int64_t point = 0; point < kPoints; point++) {
        multiply_transposed<true>(patches + point * patch_size, in_stride, gradients + point * point_size, out_stride,
                                  sums + point * sums_point_size(s), out_stride, s.in_fmaps, plan.num_tiles(band),
                                  s.out_fmaps);
    }
}

// Transform the sums of an input map into [3, 3, in_fmaps rounded up, out_fmaps rounded up].
inline void transform_kernel_sums(const Conv2DShape& s, const float* sums, int64_t channel, float* kernel_sums) {
    const int64_t stride = round_up(s.out_fmaps, kLanes), tap_size = kernel_sums_rows(s) * stride;
    for (int64_t map = channel * stride; map < (channel + 1) * stride; map += kLanes) {
        transform_square<TransformKernelGradient>(
            [&](int i, int j) { return load_vector(sums + (i * kPatch + j) * sums_point_size(s) + map); },
            [&](int i, int j, Vector value) { store_vector(kernel_sums + (i * 3 + j) * tap_size + map, value); });
    }
}

}  // namespace dnnlib
