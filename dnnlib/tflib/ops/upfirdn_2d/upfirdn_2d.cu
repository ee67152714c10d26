// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Upsample - filter - downsample on the GPU. For the usual factors and filter sizes, which are known to the compiler
// then, a thread makes a strip: some outputs one below the other. It reads the pixels that the strip depends on once,
// and adds each to the outputs that it is part of. Strips of [NCHW] read from a tile in shared memory; of [NHWC], where
// neighbouring threads have neighbouring channels, from global memory. A general kernel does the rest.

#include "upfirdn_2d.h"

#include <algorithm>

#include "../shared/cuda_launch.h"
#include "../shared/cuda_numbers.h"

namespace dnnlib {
namespace {

constexpr int kThreads = 256;

// ---------------------------------------------------------------------------------------------------------------------
// Strips: equal factors in y and x, one of which is 1, and filters of at most `taps` in both directions.

template <int up_, int down_, int taps_>
struct Strip {
    static_assert(taps_ % up_ == 0, "all phases need the same number of taps");
    static constexpr int up = up_, down = down_, taps = taps_;
    static constexpr int taps_x = taps / up;                                     // Pixels of a row that it meets.
    static constexpr int height = down == 1 ? 8 : 2;                             // Outputs of a strip.
    static constexpr int in_height = ((height - 1) * down + taps - 1) / up + 1;  // Rows that it meets.
    static constexpr int in_step = height * down / up;                           // Rows from one strip to the next.
};

// A filter in the order of correlation, with zeros at the end.
template <typename S>
struct SeparableFilter {
    float k_y[S::taps] = {}, k_x[S::taps] = {};

    explicit SeparableFilter(const UpFirDn2DParams& p) { upfirdn_2d_factorize(p, k_y, k_x); }

    // Add to the outputs of a strip. read(j, i): pixel i of row j that they meet; fir_x: the element of the filter in x
    // that meets pixel 0.
    template <typename Read>
    __device__ void add(int fir_x, const Read& read, float (&sums)[S::height]) const {
        float phase[S::taps_x];
#pragma unroll
        for (int i = 0; i < S::taps_x; i++) phase[i] = k_x[fir_x + i * S::up];
#pragma unroll
        for (int j = 0; j < S::in_height; j++) {
            float row = 0;
#pragma unroll
            for (int i = 0; i < S::taps_x; i++) row += phase[i] * read(j, i);
#pragma unroll
            for (int out = 0; out < S::height; out++) {
                const int fir_y = j * S::up - out * S::down;
                if (fir_y >= 0 && fir_y < S::taps) sums[out] += k_y[fir_y] * row;
            }
        }
    }
};

template <typename S>
struct PlainFilter {
    float k[S::taps][S::taps] = {};

    explicit PlainFilter(const UpFirDn2DParams& p) {
        const int32_t height = p.axis_y.fir, width = p.axis_x.fir;
        for (int32_t i = 0; i < height; i++) {
            for (int32_t j = 0; j < width; j++) {
                k[i][j] = p.k[p.flip ? i * width + j : (height - 1 - i) * width + width - 1 - j];
            }
        }
    }

    template <typename Read>
    __device__ void add(int fir_x, const Read& read, float (&sums)[S::height]) const {
#pragma unroll
        for (int j = 0; j < S::in_height; j++) {
#pragma unroll
            for (int i = 0; i < S::taps_x; i++) {
                const float value = read(j, i);
#pragma unroll
                for (int out = 0; out < S::height; out++) {
                    const int fir_y = j * S::up - out * S::down;
                    // Two constants and a choice are faster than an index that differs from thread to thread.
                    if (fir_y >= 0 && fir_y < S::taps) {
                        sums[out] += (fir_x == 0 ? k[fir_y][i * S::up] : k[fir_y][i * S::up + S::up - 1]) * value;
                    }
                }
            }
        }
    }
};

// Rows by which the first strip begins above the image, so that the first output of strips meets the first element of
// the filter.
DNNLIB_HOST_DEVICE inline int64_t strip_offset(const UpFirDn2DAxis& axis) {
    return axis.up == 2 ? axis.pad0 & 1 : 0;
}

// `column` counts elements of a row, channels included.
template <typename S, typename T>
__device__ inline void store_strip(const UpFirDn2DParams& p, int64_t major, int64_t out_y, int64_t column,
                                   const float (&sums)[S::height]) {
    const int64_t row_size = p.axis_x.out_size * p.minor;
    T* y = static_cast<T*>(p.y) + (major * p.axis_y.out_size + out_y) * row_size + column;
#pragma unroll
    for (int out = 0; out < S::height; out++) {
        if (out_y + out >= 0 && out_y + out < p.axis_y.out_size) set_number(y + out * row_size, sums[out]);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// [NCHW]: tiles of `width` x `height` outputs, neighbours in x in neighbouring threads.

template <typename S>
struct TileShape {
    static constexpr int width = S::down == 1 ? 64 : 32;
    static constexpr int num_strips = kThreads / width, height = num_strips * S::height;
    static constexpr int in_width = ((width - 1) * S::down + S::taps - 1) / S::up + 1;
    static constexpr int in_height = ((height - 1) * S::down + S::taps - 1) / S::up + 1;
    // With down 2, threads read every other pixel: even and odd ones are kept apart, in different banks.
    static constexpr int odd_begin = 48, pitch = S::down == 1 ? in_width : 2 * odd_begin;
    static_assert(S::down == 1 || in_width <= pitch, "odd_begin is too small");

    __device__ static int index(int row, int column) {
        return row * pitch + (S::down == 1 ? column : column / 2 + column % 2 * odd_begin);
    }
};

// Pixels from (in_y, in_x) on, with zeros outside of the image.
template <typename S, typename T>
__device__ inline void load_tile(const UpFirDn2DParams& p, int64_t major, int64_t in_y, int64_t in_x, float* tile) {
    typedef TileShape<S> Shape;
    const int thread_x = threadIdx.x % Shape::width, thread_y = threadIdx.x / Shape::width;
    const T* x = static_cast<const T*>(p.x) + (major * p.axis_y.in_size + in_y) * p.axis_x.in_size + in_x;
#pragma unroll
    for (int column = thread_x; column < Shape::in_width; column += Shape::width) {
        const bool inside = in_x + column >= 0 && in_x + column < p.axis_x.in_size;
#pragma unroll
        for (int row = thread_y; row < Shape::in_height; row += Shape::num_strips) {
            const bool load = inside && in_y + row >= 0 && in_y + row < p.axis_y.in_size;
            tile[Shape::index(row, column)] = load ? to_float(x[row * p.axis_x.in_size + column]) : 0.0f;
        }
    }
}

template <typename S, typename Filter, typename T>
__global__ void __launch_bounds__(kThreads) tile_kernel(UpFirDn2DParams p, Filter filter) {
    typedef TileShape<S> Shape;
    __shared__ float tile[Shape::in_height * Shape::pitch];
    const int thread_x = threadIdx.x % Shape::width, thread_y = threadIdx.x / Shape::width;
    const int64_t out_x = static_cast<int64_t>(blockIdx.x) * Shape::width;
    const int64_t begin_x = out_x * S::down - p.axis_x.pad0;
    const int64_t in_x = -floor_div(-begin_x, S::up);
    // Position of this thread's output among the widened pixels, from pixel in_x on; and the first pixel that it meets.
    const int position = thread_x * S::down - static_cast<int>(in_x * S::up - begin_x);
    const int column = (position + S::up - 1) / S::up, fir_x = column * S::up - position;

    for (int64_t major = blockIdx.z; major < p.major; major += gridDim.z) {
        for (int64_t block_y = blockIdx.y;; block_y += gridDim.y) {
            const int64_t out_y = block_y * Shape::height - strip_offset(p.axis_y);
            if (out_y >= p.axis_y.out_size) break;
            const int64_t in_y = (out_y * S::down - p.axis_y.pad0) / S::up;  // Without remainder.
            __syncthreads();                                                // Until the tile before has been read.
            load_tile<S, T>(p, major, in_y, in_x, tile);
            __syncthreads();
            const auto read = [&](int j, int i) { return tile[Shape::index(thread_y * S::in_step + j, column + i)]; };
            float sums[S::height] = {};
            filter.add(fir_x, read, sums);
            if (out_x + thread_x < p.axis_x.out_size) {
                store_strip<S, T>(p, major, out_y + thread_y * S::height, out_x + thread_x, sums);
            }
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// [NHWC]: neighbouring elements of a row, which are mostly channels of one pixel, in neighbouring threads.

template <typename S, typename Filter, typename T>
__global__ void __launch_bounds__(kThreads) channels_kernel(UpFirDn2DParams p, Filter filter) {
    const unsigned minor = static_cast<unsigned>(p.minor);  // 32 bits hold a row, see launch(), and divide faster.
    const unsigned element = blockIdx.x * kThreads + threadIdx.x, out_x = element / minor, channel = element % minor;
    if (out_x >= p.axis_x.out_size) return;
    const int64_t begin_x = static_cast<int64_t>(out_x) * S::down - p.axis_x.pad0;
    const int64_t in_x = -floor_div(-begin_x, S::up);
    const int fir_x = static_cast<int>(in_x * S::up - begin_x);
    const int64_t row_size = p.axis_x.in_size * p.minor;

    for (int64_t major = blockIdx.z; major < p.major; major += gridDim.z) {
        for (int64_t strip = blockIdx.y;; strip += gridDim.y) {
            const int64_t out_y = strip * S::height - strip_offset(p.axis_y);
            if (out_y >= p.axis_y.out_size) break;
            const int64_t in_y = (out_y * S::down - p.axis_y.pad0) / S::up;  // Without remainder.
            const T* x = static_cast<const T*>(p.x) + (major * p.axis_y.in_size + in_y) * row_size + in_x * p.minor;
            const auto read = [&](int j, int i) {
                const bool inside_y = in_y + j >= 0 && in_y + j < p.axis_y.in_size;
                const bool inside_x = in_x + i >= 0 && in_x + i < p.axis_x.in_size;
                return inside_y && inside_x ? to_float(x[j * row_size + i * p.minor + channel]) : 0.0f;
            };
            float sums[S::height] = {};
            filter.add(fir_x, read, sums);
            store_strip<S, T>(p, major, out_y, element, sums);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Anything: one thread per element of the output.

constexpr int kMaxTaps = kUpFirDn2DMaxParameterTaps;

// A filter, or a part of a large one.
struct Taps {
    float k[kMaxTaps] = {};
    int count;

    Taps(const float* source, int64_t size) : count(static_cast<int>(std::min<int64_t>(size, kMaxTaps))) {
        std::copy(source, source + count, k);
    }
};

template <typename T>
struct Reader {
    const T* x;
    DNNLIB_HOST_DEVICE float operator()(int64_t i) const { return to_float(x[i]); }
};

template <typename T>
__device__ inline void make_elements(const UpFirDn2DParams& p, const float* k) {
    const int64_t size = p.major * p.axis_y.out_size * p.axis_x.out_size * p.minor;
    const int64_t step = static_cast<int64_t>(gridDim.x) * kThreads;
    const Reader<T> read = {static_cast<const T*>(p.x)};
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < size; i += step) {
        const int64_t pixel = i / p.minor, row = pixel / p.axis_x.out_size, major = row / p.axis_y.out_size;
        const float sum = upfirdn_2d_pixel(p, k, major, row - major * p.axis_y.out_size,
                                           pixel - row * p.axis_x.out_size, i - pixel * p.minor, read);
        set_number(static_cast<T*>(p.y) + i, sum);
    }
}

template <typename T>
__global__ void __launch_bounds__(kThreads) general_kernel(UpFirDn2DParams p, Taps taps) {
    __shared__ float k[kMaxTaps];
    for (int i = threadIdx.x; i < taps.count; i += kThreads) k[i] = taps.k[i];
    __syncthreads();
    make_elements<T>(p, k);
}

template <typename T>
__global__ void __launch_bounds__(kThreads) large_filter_kernel(UpFirDn2DParams p) {
    make_elements<T>(p, p.k_space);
}

__global__ void __launch_bounds__(kThreads) copy_taps_kernel(float* target, Taps taps) {
    for (int i = threadIdx.x; i < taps.count; i += kThreads) target[i] = taps.k[i];
}

// ---------------------------------------------------------------------------------------------------------------------
// Choice of the kernel.

// Copy a filter to the GPU as parameters of kernels: unlike a transfer, they are in order with the stream, and the
// filter may be gone as soon as they are started.
const char* copy_taps(const UpFirDn2DParams& p, int64_t count, void* stream) {
    const char* error = nullptr;
    for (int64_t i = 0; i < count && !error; i += kMaxTaps)
        error = launch_kernel(copy_taps_kernel, 1, kThreads, 0, stream, p.k_space + i, Taps(p.k + i, count - i));
    return error;
}

template <typename T>
const char* launch_general(const UpFirDn2DParams& p, void* stream) {
    const int64_t size = p.major * p.axis_y.out_size * p.axis_x.out_size * p.minor;
    const dim3 grid(limit_blocks(ceil_div(size, kThreads), int64_t(1) << 30));
    const int64_t taps = static_cast<int64_t>(p.axis_y.fir) * p.axis_x.fir;
    if (taps <= kMaxTaps) return launch_kernel(general_kernel<T>, grid, kThreads, 0, stream, p, Taps(p.k, taps));
    const char* error = copy_taps(p, taps, stream);
    return error ? error : launch_kernel(large_filter_kernel<T>, grid, kThreads, 0, stream, p);
}

constexpr int64_t kMaxGridX = 0x7fffffff, kMaxGridYZ = 65535;

template <typename S, typename Filter, typename T>
const char* launch_tiles(const UpFirDn2DParams& p, void* stream) {
    typedef TileShape<S> Shape;
    const dim3 grid(limit_blocks(ceil_div(p.axis_x.out_size, Shape::width), kMaxGridX),
                    limit_blocks(ceil_div(p.axis_y.out_size + strip_offset(p.axis_y), Shape::height), kMaxGridYZ),
                    limit_blocks(p.major, kMaxGridYZ));
    return launch_kernel(tile_kernel<S, Filter, T>, grid, kThreads, 0, stream, p, Filter(p));
}

template <typename S, typename T>
struct SeparableTiles {
    static const char* launch(const UpFirDn2DParams& p, void* stream) {
        return launch_tiles<S, SeparableFilter<S>, T>(p, stream);
    }
};

template <typename S, typename T>
struct PlainTiles {
    static const char* launch(const UpFirDn2DParams& p, void* stream) {
        return launch_tiles<S, PlainFilter<S>, T>(p, stream);
    }
};

template <typename S, typename T>
struct SeparableChannels {
    static const char* launch(const UpFirDn2DParams& p, void* stream) {
        const dim3 grid(limit_blocks(ceil_div(p.axis_x.out_size * p.minor, kThreads), kMaxGridX),
                        limit_blocks(ceil_div(p.axis_y.out_size + strip_offset(p.axis_y), S::height), kMaxGridYZ),
                        limit_blocks(p.major, kMaxGridYZ));
        typedef SeparableFilter<S> Filter;
        return launch_kernel(channels_kernel<S, Filter, T>, grid, kThreads, 0, stream, p, Filter(p));
    }
};

// Launch the kernel for the smallest of some sizes that the filter fits in.
template <template <typename, typename> class Kernels, typename T, int up, int down>
const char* launch_smallest(const UpFirDn2DParams& p, void* stream) {
    return launch_general<T>(p, stream);
}
template <template <typename, typename> class Kernels, typename T, int up, int down, int taps, int... more_taps>
const char* launch_smallest(const UpFirDn2DParams& p, void* stream) {
    if (std::max(p.axis_y.fir, p.axis_x.fir) <= taps) return Kernels<Strip<up, down, taps>, T>::launch(p, stream);
    return launch_smallest<Kernels, T, up, down, more_taps...>(p, stream);
}

template <template <typename, typename> class Kernels, typename T>
const char* launch_separable(const UpFirDn2DParams& p, void* stream) {
    if (p.axis_y.up == 2) return launch_smallest<Kernels, T, 2, 1, 2, 4, 6, 8, 12>(p, stream);
    if (p.axis_y.down == 2) return launch_smallest<Kernels, T, 1, 2, 2, 4, 6, 8, 12>(p, stream);
    return launch_smallest<Kernels, T, 1, 1, 3, 4, 5, 6, 7>(p, stream);
}

// No network has filters that are not separable, so there are fewer kernels for these.
template <typename T>
const char* launch_plain(const UpFirDn2DParams& p, void* stream) {
    if (p.axis_y.up == 2) return launch_smallest<PlainTiles, T, 2, 1, 4, 8>(p, stream);
    if (p.axis_y.down == 2) return launch_smallest<PlainTiles, T, 1, 2, 4, 8>(p, stream);
    return launch_smallest<PlainTiles, T, 1, 1, 4, 7>(p, stream);
}

template <typename T>
const char* launch(const UpFirDn2DParams& p, void* stream) {
    constexpr int32_t max_taps = 12;
    float k_y[max_taps], k_x[max_taps];
    const int64_t row_size = p.axis_x.out_size * p.minor;  // Kernels count its elements in 32 bits.
    if (std::max(p.axis_y.fir, p.axis_x.fir) > upfirdn_2d_max_tile_taps(p) || row_size > kMaxGridX) {
        return launch_general<T>(p, stream);
    }
    if (upfirdn_2d_factorize(p, k_y, k_x)) {
        return p.minor == 1 ? launch_separable<SeparableTiles, T>(p, stream)
                            : launch_separable<SeparableChannels, T>(p, stream);
    }
    return p.minor == 1 ? launch_plain<T>(p, stream) : launch_general<T>(p, stream);
}

}  // namespace
}  // namespace dnnlib

extern "C" const char* upfirdn_2d_launch(const UpFirDn2DParams* params, void* stream) {
    switch (params->dtype) {
        case 0: return dnnlib::launch<float>(*params, stream);
        case 1: return dnnlib::launch<__half>(*params, stream);
        case 2: return dnnlib::launch<dnnlib::BFloat16>(*params, stream);
        default: return "unknown number type";
    }
}
