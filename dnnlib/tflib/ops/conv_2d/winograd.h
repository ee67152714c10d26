// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Convolution with kernels of 3 x 3 by Winograd's minimal filtering, see winograd_transforms.h: 36 multiplications
// where the direct method takes 144, and 81 instead of 144 with zero insertion or subsampling. In two dimensions,
//
//   y = A^T [(G w G^T) * (B^T x B)] A,   dw = G^T [(B^T x B) * (A dy A^T)] G,
//
// and the elementwise products, summed over feature maps (or, for dw, over tiles), are a product of matrices per point.
#pragma once

#include "conv_2d.h"
#include "winograd_transforms.h"

namespace dnnlib {

constexpr int kSkew = 16;  // Floats between matrices: at powers of two apart, they would share cache sets.
constexpr int kKernelSize = 6, kNumKernels = kKernelSize * kKernelSize;  // Transformed kernels are squares of these.

// Transformed tiles, `size` x `size` points of `stride` feature maps each: one matrix [tile and point, stride] for each
// transformed kernel. Where there are more points than kernels, the last ones share theirs, in both directions.
template <int size>
class TileMatrices {
  public:
    TileMatrices(int64_t num_tiles, int64_t stride)
        : num_tiles_(num_tiles), stride_(stride), matrix_size_((num_tiles + kRows) * stride + kSkew) {
        int64_t num_rows = 0;
        for (int kernel = 0; kernel < kNumKernels; kernel++) {
            const int top = kernel / kKernelSize, left = kernel % kKernelSize;
            // Products come in steps of kRows.
            begins_[kernel] = num_rows * stride + kernel * (kRows * stride + kSkew);
            num_points_[kernel] = 0;
            for (int i = top; i < end(top); i++)
                for (int j = left; j < end(left); j++) firsts_[i][j] = begins_[kernel] + num_points_[kernel]++ * stride;
            for (int i = top; i < end(top); i++)
                for (int j = left; j < end(left); j++) steps_[i][j] = num_points_[kernel] * stride;
            num_rows += num_points_[kernel] * num_tiles;
        }
    }

    static int64_t num_floats(int64_t num_tiles, int64_t stride) {
        return (size * size * num_tiles + kNumKernels * kRows) * stride + kNumKernels * kSkew;
    }

    int64_t begin(int kernel) const { return begins_[kernel]; }  // Of a matrix, in floats.
    int64_t num_rows(int kernel) const { return num_points_[kernel] * num_tiles_; }
    int64_t position(int64_t tile, int i, int j) const {
        if (size == kKernelSize) return (i * size + j) * matrix_size_ + tile * stride_;  // Need not be looked up.
        return firsts_[i][j] + tile * steps_[i][j];
    }

  private:
    static int end(int i) { return i == kKernelSize - 1 ? size : i + 1; }

    int64_t num_tiles_, stride_, matrix_size_;
    int64_t begins_[kNumKernels], num_points_[kNumKernels];
    int64_t firsts_[size][size], steps_[size][size];
};

// The tiles of all samples. Bands are counted in rows of tiles.
template <class Tiles>
class WinogradPlan {
  public:
    static constexpr int in_size = Tiles::Input::in, out_size = Tiles::Output::out;  // Of the patches of a tile.
    static constexpr int num_points = Tiles::Input::out * Tiles::Input::out;
    static constexpr int overlap = out_size - Tiles::out_step;
    static constexpr bool is_up = Tiles::in_step < Tiles::out_step;
    using Matrices = TileMatrices<Tiles::Input::out>;

    explicit WinogradPlan(const Conv2DShape& s) : shape(s), pad(is_up ? 0 : s.pad) {
        tiles_y = is_up ? ceil_div(s.in_h, Tiles::in_step) : ceil_div(s.out_h, Tiles::out_step);
        tiles_x = is_up ? ceil_div(s.in_w, Tiles::in_step) : ceil_div(s.out_w, Tiles::out_step);
        const int64_t border = std::max<int64_t>(pad, 0), beyond = in_size - Tiles::in_step - pad;
        const int64_t row_size = std::max(s.in_w + border, tiles_x * Tiles::in_step + beyond);
        const int64_t num_rows = std::max(s.in_h + border, tiles_y * Tiles::in_step + beyond);
        in_layout = PlaneLayout{1, row_size, num_rows, round_up(s.in_fmaps, kLanes)};
        out_layout = PlaneLayout{1, tiles_x * Tiles::out_step + overlap, tiles_y * Tiles::out_step + overlap,
                                 round_up(s.out_fmaps, kLanes)};
    }

    int64_t total_rows() const { return shape.batch * tiles_y; }

    // Rows with enough tiles for a product of matrices.
    int64_t row_unit() const { return ceil_div(kRows, tiles_x); }
    int64_t num_multiplications() const {
        return total_rows() * tiles_x * num_points * shape.in_fmaps * shape.out_fmaps;
    }
    int64_t num_tiles(const Band& band) const { return band.size() * tiles_x; }

    // Rows of the flat planes of x and y in which the patches of a row of tiles begin.
    int64_t in_row(int64_t tile_row) const {
        return tile_row / tiles_y * in_layout.num_rows + tile_row % tiles_y * Tiles::in_step - pad;
    }
    int64_t out_row(int64_t tile_row) const {
        return tile_row / tiles_y * out_layout.num_rows + tile_row % tiles_y * Tiles::out_step;
    }
    Band in_rows(const Band& band) const { return {in_row(band.begin) - 1, in_row(band.end - 1) + in_size + 1}; }
    Band out_rows(const Band& band) const { return {out_row(band.begin), out_row(band.end - 1) + out_size}; }
    int64_t in_plane_size(const Band& band) const { return in_rows(band).size() * in_layout.row_size; }
    int64_t out_plane_size(const Band& band) const { return out_rows(band).size() * out_layout.row_size; }

    // Whether the last row of y of a band is also the first one of the next band.
    bool shares_last_row(const Band& band) const { return overlap > 0 && band.end % tiles_y != 0; }

    Matrices matrices(const Band& band, int64_t stride) const { return {num_tiles(band), stride}; }
    int64_t matrices_size(const Band& band, int64_t stride) const {
        return Matrices::num_floats(num_tiles(band), stride);
    }

    Conv2DShape shape;
    int64_t pad, tiles_y, tiles_x;
    PlaneLayout in_layout, out_layout;
};

// Whether tiles of a kind do a convolution.
inline bool are_many_maps(const Conv2DShape& s) { return s.kernel == 3 && std::min(s.in_fmaps, s.out_fmaps) >= 8; }
inline bool fits(const Conv2DShape& s, PlainTiles) { return are_many_maps(s) && s.up == 1 && s.down == 1; }
inline bool fits(const Conv2DShape& s, DownTiles) { return are_many_maps(s) && s.up == 1 && s.down == 2; }
inline bool fits(const Conv2DShape& s, UpTiles) {
    const bool has_whole_border = s.pad == 2 && s.out_h <= 2 * s.in_h + 1 && s.out_w <= 2 * s.in_w + 1;
    return are_many_maps(s) && s.up == 2 && s.down == 1 && has_whole_border;
}

// Kernels are transformed into [block of kColumns output maps, kNumKernels, in_fmaps, kColumns].
inline int64_t kernel_point_size(const Conv2DShape& s) { return s.in_fmaps * kColumns + kSkew; }
inline int64_t transformed_kernel_size(const Conv2DShape& s) {
    return ceil_div(s.out_fmaps, kColumns) * kNumKernels * kernel_point_size(s);
}

// Tap i of a row of nine as the tiles see it: with zero insertion, the mirrored one.
template <class Tiles>
constexpr int map_tap(int tap) {
    return WinogradPlan<Tiles>::is_up ? 8 - tap : tap;
}

// Transform a block of a kernel, see `pack_kernel_block`.
template <class Tiles>
inline void transform_kernel_block(const Conv2DShape& s, const Kernel& kernel, int64_t block, float* transformed) {
    const int64_t num_out_blocks = ceil_div(s.out_fmaps, kLanes), point_size = kernel_point_size(s);
    const int64_t in_fmap = block / num_out_blocks * kLanes, out_fmap = block % num_out_blocks * kLanes;
    const int64_t num_in = std::min<int64_t>(kLanes, s.in_fmaps - in_fmap);
    float* target = transformed + out_fmap / kColumns * kNumKernels * point_size;
    target += in_fmap * kColumns + out_fmap % kColumns;
    Vector taps[9][kLanes];
    for (int tap = 0; tap < 9; tap++) load_kernel_block(s, kernel, map_tap<Tiles>(tap), in_fmap, out_fmap, taps[tap]);
    for (int64_t channel = 0; channel < num_in; channel++, target += kColumns) {
        transform_square<typename Tiles::Kernel>(
            [&](int i, int j) { return taps[i * 3 + j][channel]; },
            [&](int i, int j, Vector value) { store_vector(target + (i * kKernelSize + j) * point_size, value); });
    }
}

// Call work(tile row, tile, its number in the band).
template <class Tiles, class Work>
inline void for_each_tile(const WinogradPlan<Tiles>& plan, const Band& band, const Work& work) {
    for (int64_t row = band.begin; row < band.end; row++)
        for (int64_t tile = 0; tile < plan.tiles_x; tile++) work(row, tile, (row - band.begin) * plan.tiles_x + tile);
}

// Transform the patches of a plane of all feature maps, which are `start(row, tile)` positions from its beginning.
template <class Transform, class Tiles, class Start>
inline void transform_patches(const WinogradPlan<Tiles>& plan, const Band& band, const PlaneLayout& layout,
                              const float* plane, const Start& start, float* patches) {
    const int64_t stride = layout.stride, row_stride = layout.row_size * stride;
    const auto matrices = plan.matrices(band, stride);
    for_each_tile(plan, band, [&](int64_t row, int64_t tile, int64_t index) {
        const float* source = plane + start(row, tile) * stride;
        for (int64_t fmap = 0; fmap < stride; fmap += kLanes) {
            transform_square<Transform>(
                [&](int i, int j) { return load_vector(source + i * row_stride + j * stride + fmap); },
                [&](int i, int j, Vector v) { store_vector(patches + matrices.position(index, i, j) + fmap, v); });
        }
    });
}

// Bring the patches of x of a band into `patches`, by way of a plane.
template <class Tiles>
inline void gather_inputs(const WinogradPlan<Tiles>& plan, const Band& band, const float* x, float* plane,
                          float* patches) {
    const Conv2DShape& s = plan.shape;
    const Band rows = plan.in_rows(band);
    pack_planes({x, s.batch, s.in_fmaps, s.in_h, s.in_w}, plan.in_layout, rows, plan.in_plane_size(band), plane);
    const auto start = [&](int64_t row, int64_t tile) {
        return (plan.in_row(row) - rows.begin) * plan.in_layout.row_size + tile * Tiles::in_step - plan.pad;
    };
    transform_patches<typename Tiles::Input>(plan, band, plan.in_layout, plane, start, patches);
}

template <class Tiles>
inline int64_t winograd_scratch_size(const WinogradPlan<Tiles>& plan, const Band& band) {
    const int64_t in_stride = plan.in_layout.stride;
    return plan.in_plane_size(band) * in_stride + plan.out_plane_size(band) * kColumns +
           plan.matrices_size(band, in_stride) + plan.matrices_size(band, kColumns);
}

// Transform products into a plane of y [position, kColumns].
template <class Tiles>
inline void transform_products(const WinogradPlan<Tiles>& plan, const Band& band, const float* products,
                               int64_t num_maps, float* plane) {
    const int64_t row_size = plan.out_layout.row_size, first_row = plan.out_row(band.begin);
    const auto matrices = plan.matrices(band, kColumns);
    for_each_tile(plan, band, [&](int64_t row, int64_t tile, int64_t index) {
        float* target = plane + ((plan.out_row(row) - first_row) * row_size + tile * Tiles::out_step) * kColumns;
        const bool joins_above = plan.overlap && row > band.begin && row % plan.tiles_y != 0;
        const bool joins_left = plan.overlap && tile > 0;
        for (int64_t map = 0; map < num_maps; map += kLanes) {
            transform_square<typename Tiles::Output>(
                [&](int i, int j) { return load_vector(products + matrices.position(index, i, j) + map); },
                [&](int i, int j, Vector value) {
                    float* pixel = target + (i * row_size + j) * kColumns + map;
                    if ((i == 0 && joins_above) || (j == 0 && joins_left)) value += load_vector(pixel);
                    store_vector(pixel, value);
                });
        }
    });
}

// Convolve a band with a transformed kernel. If it shares its last row, that goes to `last_row` [out_fmaps, out_w]
// instead of y, to be added when the next band is there.
template <class Tiles>
inline void winograd_band(const WinogradPlan<Tiles>& plan, const Band& band, const float* x, const float* kernel,
                          float* scratch, float* y, float* last_row) {
    const Conv2DShape& s = plan.shape;
    const int64_t in_stride = plan.in_layout.stride;
    const auto x_matrices = plan.matrices(band, in_stride), y_matrices = plan.matrices(band, kColumns);
    float* x_plane = scratch;
    float* patches = x_plane + plan.in_plane_size(band) * in_stride;
    float* products = patches + plan.matrices_size(band, in_stride);
    float* y_plane = products + plan.matrices_size(band, kColumns);
    gather_inputs(plan, band, x, x_plane, patches);
    PlaneLayout layout = plan.out_layout;
    layout.stride = kColumns;
    Band rows = plan.out_rows(band);
    if (plan.shares_last_row(band)) rows.end--;
    for (int64_t map = 0; map < s.out_fmaps; map += kColumns) {
        const int64_t num_maps = std::min<int64_t>(kColumns, s.out_fmaps - map);
        for (int i = 0; i < kNumKernels; i++, kernel += kernel_point_size(s)) {
            multiply<false>(patches + x_matrices.begin(i), in_stride, kernel, kColumns, products + y_matrices.begin(i),
                            kColumns, x_matrices.num_rows(i), s.in_fmaps, num_maps);
        }
        transform_products(plan, band, products, num_maps, y_plane);
        unpack_planes({y, s.batch, s.out_fmaps, s.out_h, s.out_w}, layout, rows, 0, y_plane, map, num_maps);
        if (plan.shares_last_row(band))
            unpack_planes({last_row, 1, s.out_fmaps, 1, s.out_w}, layout, {0, 1}, 0,
                          y_plane + rows.size() * layout.row_size * kColumns, map, num_maps);
    }
}

// Add the row that a band left over to y.
template <class Tiles>
inline void add_shared_row(const WinogradPlan<Tiles>& plan, const Band& band, const float* last_row, float* y) {
    const Conv2DShape& s = plan.shape;
    const int64_t row = band.end % plan.tiles_y * Tiles::out_step;
    if (!plan.shares_last_row(band) || row >= s.out_h) return;
    for (int64_t map = 0; map < s.out_fmaps; map++) {
        float* target = y + ((band.end / plan.tiles_y * s.out_fmaps + map) * s.out_h + row) * s.out_w;
        for (int64_t x = 0; x < s.out_w; x++) target[x] += last_row[map * s.out_w + x];
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The gradient with respect to the kernel; sums are [kNumKernels, in_fmaps rounded up, out_fmaps rounded up].

inline int64_t sums_point_size(const Conv2DShape& s) {
    return kernel_sums_rows(s) * round_up(s.out_fmaps, kLanes) + kSkew;
}
inline int64_t winograd_sums_size(const Conv2DShape& s) { return kNumKernels * sums_point_size(s); }

template <class Tiles>
inline int64_t winograd_gradient_scratch_size(const WinogradPlan<Tiles>& plan, const Band& band) {
    const int64_t in_stride = plan.in_layout.stride, out_stride = plan.out_layout.stride;
    return plan.in_plane_size(band) * in_stride + plan.out_plane_size(band) * out_stride +
           plan.matrices_size(band, in_stride) + plan.matrices_size(band, out_stride) + kColumns;
}

// Bring the patches of the gradient of y of a band into `patches`, by way of a plane.
template <class Tiles>
inline void gather_gradients(const WinogradPlan<Tiles>& plan, const Band& band, const float* dy, float* plane,
                             float* patches) {
    const Conv2DShape& s = plan.shape;
    const Band rows = plan.out_rows(band);
    pack_planes({dy, s.batch, s.out_fmaps, s.out_h, s.out_w}, plan.out_layout, rows, plan.out_plane_size(band), plane);
    const auto start = [&](int64_t row, int64_t tile) {
        return (plan.out_row(row) - rows.begin) * plan.out_layout.row_size + tile * Tiles::out_step;
    };
    transform_patches<typename Tiles::Gradient>(plan, band, plan.out_layout, plane, start, patches);
}

// Add the contribution of a band to `sums`.
template <class Tiles>
inline void add_winograd_gradient(const WinogradPlan<Tiles>& plan, const Band& band, const float* x, const float* dy,
                                  float* scratch, float* sums) {
    const Conv2DShape& s = plan.shape;
    const int64_t in_stride = plan.in_layout.stride, out_stride = plan.out_layout.stride;
    const auto x_matrices = plan.matrices(band, in_stride), dy_matrices = plan.matrices(band, out_stride);
    float* x_plane = scratch;
    float* dy_plane = x_plane + plan.in_plane_size(band) * in_stride;
    float* patches = dy_plane + plan.out_plane_size(band) * out_stride;
    float* gradients = patches + plan.matrices_size(band, in_stride);
    gather_inputs(plan, band, x, x_plane, patches);
    gather_gradients(plan, band, dy, dy_plane, gradients);
    for (int i = 0; i < kNumKernels; i++, sums += sums_point_size(s)) {
        const float *a = patches + x_matrices.begin(i), *b = gradients + dy_matrices.begin(i);
        multiply_transposed<true>(a, in_stride, b, out_stride, sums, out_stride, s.in_fmaps, x_matrices.num_rows(i),
                                  s.out_fmaps);
    }
}

// Transform the sums of an input map into [3, 3, in_fmaps rounded up, out_fmaps rounded up].
template <class Tiles>
inline void transform_kernel_sums(const Conv2DShape& s, const float* sums, int64_t channel, float* kernel_sums) {
    const int64_t stride = round_up(s.out_fmaps, kLanes), tap_size = kernel_sums_rows(s) * stride;
    for (int64_t map = channel * stride; map < (channel + 1) * stride; map += kLanes) {
        transform_square<typename Tiles::KernelGradient>(
            [&](int i, int j) { return load_vector(sums + (i * kKernelSize + j) * sums_point_size(s) + map); },
            [&](int i, int j, Vector value) {
                store_vector(kernel_sums + map_tap<Tiles>(i * 3 + j) * tap_size + map, value);
            });
    }
}

}  // namespace dnnlib
