// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Convolution of [NCHW] images with [kkIO] kernels on the CPU, with zero insertion (up) or subsampling (down), and its
// gradient with respect to the kernel. Without TensorFlow headers.
//
// Images are brought, a band of rows at a time, into flat planes [position, channel] whose rows and samples share their
// zero padding. In such a plane a tap of the kernel is a constant offset for all pixels, whatever row they are in, so
// each tap is a product of matrices whose operands are read where they lie:
//
//   y[p, o] += sum over c of x[p + offset[tap], c] * w[tap, c, o]
//
// Subsampling splits x into down x down planes; zero insertion splits y into up x up planes, each with the taps that
// meet no inserted zero.
#pragma once

#include <cstring>
#include <vector>

#include "../shared/matrix_tiles.h"

namespace dnnlib {

// What is convolved: y [batch, out_fmaps, out_h, out_w] = correlation of the kernel with the zero-inserted and padded x
// [batch, in_fmaps, in_h, in_w], at every down-th pixel. One of up and down is 1.
struct Conv2DShape {
    int64_t batch, in_fmaps, out_fmaps, in_h, in_w, out_h, out_w;
    int64_t kernel, up, down, pad;
};

// Images [batch, fmaps, height, width].
template <class Pointer>
struct Images {
    Pointer data;
    int64_t batch, fmaps, height, width;
};

// Rows of all samples, one after the other with their padding, from begin to end.
struct Band {
    int64_t begin, end;
    int64_t size() const { return end - begin; }
};

// Flat planes [plane, position, stride]: each holds every step-th pixel, num_rows rows of row_size per sample.
struct PlaneLayout {
    int64_t step, row_size, num_rows, stride;
};

// A pixel of an image and its position in the planes of a band; planes are plane_size positions apart.
class PlaneCursor {
  public:
    PlaneCursor(const PlaneLayout& layout, const Band& rows, int64_t plane_size, int64_t sample, int64_t width,
                int64_t y)
        : layout_(layout), plane_size_(plane_size), width_(width), y_(y) {
        first_row_ = sample * layout.num_rows - rows.begin;
        start_row();
    }

    int64_t position() const { return position_; }

    void next() {
        if (++x_ == width_) {
            y_++;
            start_row();
        } else if (++x_phase_ == layout_.step) {
            x_phase_ = 0;
            position_ += 1 - (layout_.step - 1) * plane_size_;
        } else {
            position_ += plane_size_;
        }
    }

  private:
    void start_row() {
        x_ = x_phase_ = 0;
        const int64_t plane = y_ % layout_.step * layout_.step;
        position_ = plane * plane_size_ + (first_row_ + y_ / layout_.step) * layout_.row_size;
    }

    PlaneLayout layout_;
    int64_t plane_size_, width_, y_, first_row_, position_, x_, x_phase_;
};

// Call work(sample, first image row, number of pixels) for the images' part of a band of plane rows.
template <class Pointer, class Work>
void for_each_sample(const Images<Pointer>& images, const PlaneLayout& layout, const Band& rows, const Work& work) {
    const int64_t first = std::max<int64_t>(floor_div(rows.begin, layout.num_rows), 0);
    for (int64_t sample = first; sample < images.batch && sample * layout.num_rows < rows.end; sample++) {
        const int64_t begin = std::max<int64_t>(rows.begin - sample * layout.num_rows, 0) * layout.step;
        const int64_t end = std::min((rows.end - sample * layout.num_rows) * layout.step, images.height);
        if (begin < end) work(sample, begin, (end - begin) * images.width);
    }
}

// Bring a band of images into planes, zeros around them.
inline void pack_planes(const Images<const float*>& images, const PlaneLayout& layout, const Band& rows,
                        int64_t plane_size, float* planes) {
    static const TransposeIndices indices;
    std::memset(planes, 0, layout.step * layout.step * plane_size * layout.stride * sizeof(float));
    const int64_t area = images.height * images.width;
    for_each_sample(images, layout, rows, [&](int64_t sample, int64_t y, int64_t num_pixels) {
        for (int64_t fmap = 0; fmap < images.fmaps; fmap += kLanes) {
            const float* source = images.data + (sample * images.fmaps + fmap) * area + y * images.width;
            const int64_t num_fmaps = std::min<int64_t>(kLanes, images.fmaps - fmap);
            PlaneCursor cursor(layout, rows, plane_size, sample, images.width, y);
            for (int64_t pixel = 0; pixel < num_pixels; pixel += kLanes) {
                const int64_t count = std::min<int64_t>(kLanes, num_pixels - pixel);
                Vector block[kLanes] = {};
                for (int64_t i = 0; i < num_fmaps; i++) {
                    if (count == kLanes)
                        block[i] = load_vector(source + i * area + pixel);
                    else
                        std::memcpy(&block[i], source + i * area + pixel, count * sizeof(float));
                }
                transpose(block, indices);
                for (int64_t i = 0; i < count; i++, cursor.next())
                    store_vector(planes + cursor.position() * layout.stride + fmap, block[i]);
            }
        }
    });
}

// Bring planes of `num_fmaps` feature maps back into images, from `first_fmap` on.
inline void unpack_planes(const Images<float*>& images, const PlaneLayout& layout, const Band& rows, int64_t plane_size,
                          const float* planes, int64_t first_fmap, int64_t num_fmaps) {
    static const TransposeIndices indices;
    const int64_t area = images.height * images.width;
    for_each_sample(images, layout, rows, [&](int64_t sample, int64_t y, int64_t num_pixels) {
        for (int64_t fmap = 0; fmap < num_fmaps; fmap += kLanes) {
            float* target = images.data + (sample * images.fmaps + first_fmap + fmap) * area + y * images.width;
            const int64_t count_fmaps = std::min<int64_t>(kLanes, num_fmaps - fmap);
            PlaneCursor cursor(layout, rows, plane_size, sample, images.width, y);
            for (int64_t pixel = 0; pixel < num_pixels; pixel += kLanes) {
                const int64_t count = std::min<int64_t>(kLanes, num_pixels - pixel);
                Vector block[kLanes] = {};
                for (int64_t i = 0; i < count; i++, cursor.next())
                    block[i] = load_vector(planes + cursor.position() * layout.stride + fmap);
                transpose(block, indices);
                for (int64_t i = 0; i < count_fmaps; i++) {
                    if (count == kLanes)
                        store_vector(target + i * area + pixel, block[i]);
                    else
                        std::memcpy(target + i * area + pixel, &block[i], count * sizeof(float));
                }
            }
        }
    });
}

// One of the products that a convolution consists of.
struct ConvTap {
    int64_t ky, kx;           // Position in the kernel.
    int64_t in_plane, dy, dx;  // Plane of x, and where in it relative to the output pixel.
    int64_t out_plane;         // Plane of y.
    bool is_first;             // Whether no tap before it goes to that plane.
};

// The planes of x and y, and the taps between them.
class ConvPlan {
  public:
    explicit ConvPlan(const Conv2DShape& s) : shape(s) {
        for (int64_t y = 0; y < s.up; y++)
            for (int64_t x = 0; x < s.up; x++) add_taps(y, x);
        for (const ConvTap& tap : taps) {
            above = std::max(above, -tap.dy);
            left = std::max(left, -tap.dx);
            below = std::max(below, tap.dy);
            right = std::max(right, tap.dx);
        }
        // What is read beyond the end of a row or a sample has to be zero padding, not the beginning of the next.
        const int64_t row_size = std::max(ceil_div(s.in_w, s.down) + left, ceil_div(s.out_w, s.up) + right);
        const int64_t num_rows = std::max(ceil_div(s.in_h, s.down) + above, ceil_div(s.out_h, s.up) + below);
        in_layout = PlaneLayout{s.down, row_size, num_rows, round_up(s.in_fmaps, kLanes)};
        out_layout = PlaneLayout{s.up, row_size, num_rows, round_up(s.out_fmaps, kLanes)};
    }

    int64_t num_in_planes() const { return shape.down * shape.down; }
    int64_t num_out_planes() const { return shape.up * shape.up; }
    int64_t total_rows() const { return shape.batch * in_layout.num_rows; }
    int64_t row_unit() const { return ceil_div(kRows, in_layout.row_size); }
    int64_t num_multiplications() const {
        return total_rows() * in_layout.row_size * taps.size() * shape.in_fmaps * shape.out_fmaps;
    }

    // Whether no tap goes to some of the pixels: kernels smaller than the factor leave gaps.
    bool has_empty_planes() const { return shape.kernel < shape.up; }

    // Rows of x that belong to a band of y, and the sizes of planes in positions; products come in steps of kRows.
    Band in_rows(const Band& band) const { return {band.begin - above - (left > 0), band.end + below + (right > 0)}; }
    int64_t in_plane_size(const Band& band) const { return in_rows(band).size() * in_layout.row_size + kRows; }
    int64_t out_plane_size(const Band& band) const { return band.size() * in_layout.row_size + kRows; }
    int64_t offset(const ConvTap& tap) const { return (above + (left > 0) + tap.dy) * in_layout.row_size + tap.dx; }

    Conv2DShape shape;
    std::vector<ConvTap> taps;
    int64_t above = 0, below = 0, left = 0, right = 0;
    PlaneLayout in_layout, out_layout;

  private:
    void add_taps(int64_t phase_y, int64_t phase_x) {
        const Conv2DShape& s = shape;
        const size_t first = taps.size();
        for (int64_t ky = 0; ky < s.kernel; ky++) {
            for (int64_t kx = 0; kx < s.kernel; kx++) {
                const int64_t y = phase_y + ky - s.pad, x = phase_x + kx - s.pad;
                const int64_t step = s.up * s.down, dy = floor_div(y, step), dx = floor_div(x, step);
                const int64_t rest_y = y - dy * step, rest_x = x - dx * step;
                if (s.up > 1 && (rest_y || rest_x)) continue;
                const bool is_first = taps.size() == first;
                taps.push_back({ky, kx, rest_y * s.down + rest_x, dy, dx, phase_y * s.up + phase_x, is_first});
            }
        }
    }
};

// ---------------------------------------------------------------------------------------------------------------------
// The convolution.

// A kernel [kkIO], or, for the adjoint operator, the mirrored [kkOI].
struct Kernel {
    const float* data;
    bool adjoint;
    float gain;
};

// Kernels are handled in blocks of kLanes input and kLanes output maps; `block` counts output maps first.
inline int64_t num_kernel_blocks(const Conv2DShape& s) {
    return ceil_div(s.in_fmaps, kLanes) * ceil_div(s.out_fmaps, kLanes);
}

// Read a block of one tap, times gain: block[i] holds the output maps of one input map.
inline void load_kernel_block(const Conv2DShape& s, const Kernel& kernel, int64_t tap, int64_t in_fmap,
                              int64_t out_fmap, Vector* block) {
    static const TransposeIndices indices;
    const int64_t num_in = std::min<int64_t>(kLanes, s.in_fmaps - in_fmap);
    const int64_t num_out = std::min<int64_t>(kLanes, s.out_fmaps - out_fmap);
    const int64_t num_rows = kernel.adjoint ? num_out : num_in, num_columns = kernel.adjoint ? num_in : num_out;
    const int64_t stride = kernel.adjoint ? s.in_fmaps : s.out_fmaps;
    const int64_t mirrored = s.kernel * s.kernel - 1 - tap;
    const float* source = kernel.data + (kernel.adjoint ? mirrored : tap) * s.in_fmaps * s.out_fmaps +
                          (kernel.adjoint ? out_fmap * stride + in_fmap : in_fmap * stride + out_fmap);
    for (int64_t i = 0; i < kLanes; i++) {
        block[i] = Vector{};
        if (i < num_rows && num_columns == kLanes)
            block[i] = load_vector(source + i * stride) * kernel.gain;
        else if (i < num_rows)
            for (int64_t j = 0; j < num_columns; j++) block[i][j] = source[i * stride + j] * kernel.gain;
    }
    if (kernel.adjoint) transpose(block, indices);
}

// Kernels are packed as [block of kColumns output maps, tap, in_fmaps, kColumns].
inline int64_t packed_kernel_index(const Conv2DShape& s, int64_t num_taps, int64_t in_fmap, int64_t out_fmap) {
    return (out_fmap / kColumns * num_taps * s.in_fmaps + in_fmap) * kColumns + out_fmap % kColumns;
}

inline void pack_kernel_block(const Conv2DShape& s, const Kernel& kernel, int64_t block, float* packed) {
    const int64_t num_taps = s.kernel * s.kernel, num_out_blocks = ceil_div(s.out_fmaps, kLanes);
    const int64_t in_fmap = block / num_out_blocks * kLanes, out_fmap = block % num_out_blocks * kLanes;
    const int64_t num_in = std::min<int64_t>(kLanes, s.in_fmaps - in_fmap);
    float* target = packed + packed_kernel_index(s, num_taps, in_fmap, out_fmap);
    for (int64_t tap = 0; tap < num_taps; tap++, target += s.in_fmaps * kColumns) {
        Vector rows[kLanes];
        load_kernel_block(s, kernel, tap, in_fmap, out_fmap, rows);
        for (int64_t i = 0; i < num_in; i++) store_vector(target + i * kColumns, rows[i]);
    }
}

inline int64_t packed_kernel_size(const Conv2DShape& s) {
    return s.kernel * s.kernel * s.in_fmaps * round_up(s.out_fmaps, kColumns);
}

inline int64_t conv_scratch_size(const ConvPlan& plan, const Band& band) {
    return plan.num_in_planes() * plan.in_plane_size(band) * plan.in_layout.stride +
           plan.num_out_planes() * plan.out_plane_size(band) * kColumns;
}

// Convolve a band of rows with a packed kernel.
inline void conv_band(const ConvPlan& plan, const Band& band, const float* x, const float* kernel, float* scratch,
                      float* y) {
    const Conv2DShape& s = plan.shape;
    const int64_t in_size = plan.in_plane_size(band), out_size = plan.out_plane_size(band);
    const int64_t in_stride = plan.in_layout.stride, tap_size = s.in_fmaps * kColumns;
    float* x_planes = scratch;
    float* y_planes = scratch + plan.num_in_planes() * in_size * in_stride;
    pack_planes({x, s.batch, s.in_fmaps, s.in_h, s.in_w}, plan.in_layout, plan.in_rows(band), in_size, x_planes);
    PlaneLayout layout = plan.out_layout;
    layout.stride = kColumns;
    for (int64_t map = 0; map < s.out_fmaps; map += kColumns) {
        const int64_t num_maps = std::min<int64_t>(kColumns, s.out_fmaps - map);
        if (plan.has_empty_planes())
            std::memset(y_planes, 0, plan.num_out_planes() * out_size * kColumns * sizeof(float));
        for (const ConvTap& tap : plan.taps) {
            const auto run = tap.is_first ? multiply<false> : multiply<true>;
            run(x_planes + (tap.in_plane * in_size + plan.offset(tap)) * in_stride, in_stride,
                kernel + (tap.ky * s.kernel + tap.kx) * tap_size, kColumns,
                y_planes + tap.out_plane * out_size * kColumns, kColumns, band.size() * layout.row_size, s.in_fmaps,
                num_maps);
        }
        unpack_planes({y, s.batch, s.out_fmaps, s.out_h, s.out_w}, layout, band, out_size, y_planes, map, num_maps);
        kernel += s.kernel * s.kernel * tap_size;
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The gradient with respect to the kernel: w[tap, c, o] = sum over p of x[p + offset[tap], c] * dy[p, o].

// Sums are kept as [kk, in_fmaps rounded up, out_fmaps rounded up].
inline int64_t kernel_sums_rows(const Conv2DShape& s) { return round_up(s.in_fmaps, kRows); }
inline int64_t kernel_sums_size(const Conv2DShape& s) {
    return s.kernel * s.kernel * kernel_sums_rows(s) * round_up(s.out_fmaps, kLanes);
}

inline int64_t kernel_gradient_scratch_size(const ConvPlan& plan, const Band& band) {
    return plan.num_in_planes() * plan.in_plane_size(band) * plan.in_layout.stride +
           plan.num_out_planes() * plan.out_plane_size(band) * plan.out_layout.stride + kColumns;
}

// Add the contribution of a band to `sums`.
inline void add_kernel_gradient(const ConvPlan& plan, const Band& band, const float* x, const float* dy, float* scratch,
                                float* sums) {
    const Conv2DShape& s = plan.shape;
    const int64_t in_size = plan.in_plane_size(band), out_size = plan.out_plane_size(band);
    const int64_t in_stride = plan.in_layout.stride, out_stride = plan.out_layout.stride;
    const int64_t num_pixels = band.size() * plan.in_layout.row_size;
    const int64_t run = 64;  // Pixels whose operands stay in the first cache.
    float* x_planes = scratch;
    float* dy_planes = scratch + plan.num_in_planes() * in_size * in_stride;
    pack_planes({x, s.batch, s.in_fmaps, s.in_h, s.in_w}, plan.in_layout, plan.in_rows(band), in_size, x_planes);
    pack_planes({dy, s.batch, s.out_fmaps, s.out_h, s.out_w}, plan.out_layout, band, out_size, dy_planes);
    for (int64_t pixel = 0; pixel < num_pixels; pixel += run) {
        for (const ConvTap& tap : plan.taps) {
            multiply_transposed<true>(
                x_planes + (tap.in_plane * in_size + plan.offset(tap) + pixel) * in_stride, in_stride,
                dy_planes + (tap.out_plane * out_size + pixel) * out_stride, out_stride,
                sums + (tap.ky * s.kernel + tap.kx) * kernel_sums_rows(s) * out_stride, out_stride, s.in_fmaps,
                std::min(run, num_pixels - pixel), s.out_fmaps);
        }
    }
}

}  // namespace dnnlib
