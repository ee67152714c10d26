// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Bias, activation function, gain and clamp on the GPU. Each kernel computes tiles as fused_bias_act.h divides the
// tensors, 16 bytes of a tensor at a time where their places in memory allow, and one partial sum per tile and channel,
// which a last kernel adds up. All sums have a fixed order, so results do not differ from run to run.

#include "fused_bias_act.h"

#include <algorithm>
#include <initializer_list>

#include "../shared/cuda_launch.h"
#include "../shared/cuda_numbers.h"

namespace dnnlib {
namespace bias_act {
namespace {

constexpr int kThreads = 256;
constexpr int kLanes = 32;  // Threads that share a tile of one channel.
constexpr int kTilesPerBlock = kThreads / kLanes;
constexpr int64_t kMaxBlocks = 1 << 20;  // Of a launch; beyond, each does more.

template <int kOrder>
struct Order {};

// Compute kCount elements from `i` on; b and d_db belong to each. What is to be summed up is added to `sums`.

template <typename T, typename Act, int kCount>
__device__ void compute(Order<0>, const Params& p, const Element<Act>& element, int64_t i, const float (&b)[kCount],
                        const float (&)[kCount], float (&)[kCount]) {
    float x[kCount], y[kCount];
    read_numbers<T>(p.x, i, x);
#pragma unroll
    for (int k = 0; k < kCount; k++) y[k] = element.value(x[k], b[k]);
    write_numbers<T>(p.y, i, y);
}

template <typename T, typename Act, int kCount>
__device__ void compute(Order<1>, const Params& p, const Element<Act>& element, int64_t i, const float (&b)[kCount],
                        const float (&)[kCount], float (&sums)[kCount]) {
    float dy[kCount], r[kCount], dx[kCount];
    read_numbers<T>(p.dy, i, dy);
    if (p.dx) {
        read_numbers<T>(p.r, i, r);
#pragma unroll
        for (int k = 0; k < kCount; k++) dx[k] = element.gradient(dy[k], r[k], b[k]);
        write_numbers<T>(p.dx, i, dx);
    }
#pragma unroll
    for (int k = 0; k < kCount; k++) sums[k] += p.dx ? dx[k] : dy[k];
}

template <typename T, typename Act, int kCount>
__device__ void compute(Order<2>, const Params& p, const Element<Act>& element, int64_t i, const float (&b)[kCount],
                        const float (&d_db)[kCount], float (&sums)[kCount]) {
    float t[kCount], r[kCount], dy[kCount], d_dy[kCount], d_r[kCount];
    read_numbers<T>(p.d_dx, i, t);
    read_numbers<T>(p.r, i, r);
    if (Act::kCurved) read_numbers<T>(p.dy, i, dy);
#pragma unroll
    for (int k = 0; k < kCount; k++) {
        t[k] += d_db[k];
        d_dy[k] = element.gradient(t[k], r[k], b[k]);
        if (Act::kCurved) {
            d_r[k] = element.reference_gradient(t[k], dy[k], r[k], b[k]);
            sums[k] += d_r[k];
        }
    }
    write_numbers<T>(p.d_dy, i, d_dy);
    if (Act::kCurved) write_numbers<T>(p.d_r, i, d_r);
}

__device__ inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// Quotients of numbers below 2^52, without the detour that a division of 64-bit integers is on a GPU.
struct Divisor {
    int64_t number;
    double inverse;

    explicit Divisor(int64_t n) : number(n), inverse(1.0 / static_cast<double>(n)) {}

    __device__ int64_t divide(int64_t a, int64_t* remainder) const {
        const int64_t quotient = static_cast<int64_t>(static_cast<double>(a) * inverse);  // May be off by one.
        const int64_t rest = a - quotient * number;
        const int64_t correction = rest < 0 ? -1 : rest >= number ? 1 : 0;
        *remainder = rest - correction * number;
        return quotient + correction;
    }
};

// How the blocks of threads share the tiles: kTilesPerBlock chunks of channels each, or, of interleaved channels, a
// block of rows in a stripe of columns.
struct Work {
    Tiles tiles;
    Divisor chunks, channels, stripes;
    int64_t num_groups;

    Work(const Tiles& t, int64_t columns_per_stripe)
        : tiles(t), chunks(t.chunks), channels(t.channels),
          stripes(ceil_div(t.columns, columns_per_stripe)),
          num_groups(t.interleaved ? t.blocks * stripes.number : ceil_div(t.rows * t.chunks, kTilesPerBlock)) {}
};

// The elements that a thread computes: every so many rows and columns of a matrix, kCount columns at a time.
template <int kCount>
struct Share {
    int64_t row, row_end, column, column_end;
    int row_step, column_step;
    int64_t channel;  // That of all elements, or of the first column.
    int64_t sum;      // Where the partial sum, or the first of them, belongs.

    // Part of a chunk of one channel: [NCHW]. The threads of a row of the block share the tile.
    __device__ void set_chunk(const Work& work, int64_t group) {
        sum = group * kTilesPerBlock + threadIdx.y;
        int64_t chunk;
        row = work.chunks.divide(sum, &chunk);
        row_end = row < work.tiles.rows ? row + 1 : row;
        row_step = 1;
        column = chunk * kTileSize + threadIdx.x * kCount;
        column_end = smaller((chunk + 1) * kTileSize, work.tiles.columns);
        column_step = kLanes * kCount;
        work.channels.divide(row, &channel);
    }

    // Part of a block of rows, all in the same channels: [NHWC], [NC]. The threads of a column share these channels.
    __device__ void set_rows(const Work& work, int64_t group) {
        const Tiles& tiles = work.tiles;
        int64_t stripe;
        const int64_t block = work.stripes.divide(group, &stripe);
        column = (stripe * blockDim.x + threadIdx.x) * kCount;
        column_end = smaller(column + kCount, tiles.columns);
        column_step = kCount;
        row = block * tiles.block_rows + threadIdx.y;
        row_end = column < tiles.columns ? smaller((block + 1) * tiles.block_rows, tiles.rows) : row;
        row_step = blockDim.y;
        channel = column;
        sum = block * tiles.columns + column;
    }

    __device__ bool is_empty() const { return row >= row_end || column >= column_end; }
};

// b or d_db: kCount neighbouring numbers, or one again and again.
template <typename T, int kCount>
__device__ void read_channels(const void* vector, int64_t channel, bool interleaved, float (&values)[kCount]) {
#pragma unroll
    for (int k = 0; k < kCount; k++)
        values[k] = vector ? to_float(static_cast<const T*>(vector)[channel + (interleaved ? k : 0)]) : 0;
}

// Compute a share and add up what is to be summed.
template <typename T, int kOrder, typename Act, int kCount>
__device__ void compute_share(const Params& p, const Tiles& tiles, const Element<Act>& element,
                              const Share<kCount>& share, float (&sums)[kCount]) {
    float b[kCount], d_db[kCount];
    if (share.is_empty()) return;
    read_channels<T>(p.b, share.channel, tiles.interleaved, b);
    read_channels<T>(kOrder == 2 ? p.d_db : nullptr, share.channel, tiles.interleaved, d_db);
    for (int64_t row = share.row; row < share.row_end; row += share.row_step)
        for (int64_t column = share.column; column < share.column_end; column += share.column_step)
            compute<T>(Order<kOrder>(), p, element, row * tiles.columns + column, b, d_db, sums);
}

// Add up the numbers of all threads of a row of the block; those at threadIdx.x = 0 become the sums.
__device__ inline void add_across(float* numbers, int thread) {
    for (unsigned step = kLanes / 2; step > 0; step /= 2) {
        __syncthreads();
        if (threadIdx.x < step) numbers[thread] += numbers[thread + step];
    }
}

// Add up the vectors of all threads of a column of the block; those at threadIdx.y = 0 become the sums.
template <int kCount>
__device__ void add_down(float* vectors, int thread) {
    for (unsigned step = blockDim.y / 2; step > 0; step /= 2) {
        __syncthreads();
        if (threadIdx.y < step)
            for (int k = 0; k < kCount; k++)
                vectors[thread * kCount + k] += vectors[(thread + step * blockDim.x) * kCount + k];
    }
}

// Computes tiles and their partial sums. Blocks have kLanes x kTilesPerBlock threads, or for interleaved channels as
// many columns as the channels need, up to kLanes.
template <typename T, int kOrder, typename Act, int kCount>
__global__ void __launch_bounds__(kThreads, 2) tiles_kernel(Params p, Work work, Element<Act> element) {
    __shared__ float shared[kThreads * kCount];
    const int thread = threadIdx.y * blockDim.x + threadIdx.x;
    const Tiles& tiles = work.tiles;
    for (int64_t group = blockIdx.x; group < work.num_groups; group += gridDim.x) {
        float sums[kCount] = {};
        Share<kCount> share;
        if (tiles.interleaved) {
            share.set_rows(work, group);
        } else {
            share.set_chunk(work, group);
        }
        compute_share<T, kOrder>(p, tiles, element, share, sums);
        if (!sums_of(p)) continue;
        if (tiles.interleaved) {
            for (int k = 0; k < kCount; k++) shared[thread * kCount + k] = sums[k];
            add_down<kCount>(shared, thread);
            if (threadIdx.y == 0 && share.column < tiles.columns)
                for (int k = 0; k < kCount; k++) p.partial_sums[share.sum + k] = shared[thread * kCount + k];
        } else {
            for (int k = 1; k < kCount; k++) sums[0] += sums[k];
            shared[thread] = sums[0];
            add_across(shared, thread);
            if (threadIdx.x == 0 && share.row < tiles.rows) p.partial_sums[share.sum] = shared[thread];
        }
        __syncthreads();
    }
}

// The sums per channel: one block each.
template <typename T>
__global__ void __launch_bounds__(kThreads) sums_kernel(Params p, Tiles tiles) {
    __shared__ float sums[kThreads];
    for (int64_t channel = blockIdx.x; channel < tiles.channels; channel += gridDim.x) {
        float sum = 0;
        for (int64_t i = threadIdx.x; i < tiles.sums_per_channel; i += kThreads)
            sum += p.partial_sums[tiles.sum_index(channel, i)];
        sums[threadIdx.x] = sum;
        for (unsigned step = kThreads / 2; step > 0; step /= 2) {
            __syncthreads();
            if (threadIdx.x < step) sums[threadIdx.x] += sums[threadIdx.x + step];
        }
        if (threadIdx.x == 0) set_number(static_cast<T*>(sums_of(p)) + channel, sums[0]);
        __syncthreads();
    }
}

// ---------------------------------------------------------------------------------------------------------------------

template <typename T, int kOrder, typename Act, int kCount>
const char* launch_tiles(const Params& p, const Tiles& tiles, void* stream) {
    int lanes = tiles.interleaved ? 1 : kLanes;
    while (lanes < kLanes && lanes * kCount < tiles.columns) lanes *= 2;
    const Work work(tiles, lanes * kCount);
    return launch_kernel(tiles_kernel<T, kOrder, Act, kCount>, limit_blocks(work.num_groups, kMaxBlocks),
                         dim3(lanes, kThreads / lanes), 0, stream, p, work, Element<Act>(p));
}

bool are_aligned(std::initializer_list<const void*> tensors) {
    return std::all_of(tensors.begin(), tensors.end(),
                       [](const void* tensor) { return reinterpret_cast<uintptr_t>(tensor) % 16 == 0; });
}

// Every row begins at a multiple of 16 bytes.
template <typename T, int kOrder, typename Act>
bool is_packed(const Params& p, const Tiles& tiles) {
    const bool is_regular = tiles.columns % (16 / sizeof(T)) == 0;
    if (kOrder == 0) return is_regular && are_aligned({p.x, p.y});
    if (kOrder == 1) return is_regular && are_aligned({p.dy, p.dx, p.dx ? p.r : nullptr});
    return is_regular && are_aligned({p.d_dx, p.r, p.d_dy}) && (!Act::kCurved || are_aligned({p.dy, p.d_r}));
}

template <typename T, int kOrder, typename Act>
const char* launch_function(const Params& p, void* stream) {
    const Tiles tiles(p);
    const char* error = nullptr;
    if (tiles.rows > 0 && tiles.columns > 0) {
        error = is_packed<T, kOrder, Act>(p, tiles) ? launch_tiles<T, kOrder, Act, 16 / sizeof(T)>(p, tiles, stream)
                                                    : launch_tiles<T, kOrder, Act, 1>(p, tiles, stream);
    }
    if (error || !sums_of(p)) return error;
    return launch_kernel(sums_kernel<T>, limit_blocks(tiles.channels, kMaxBlocks), kThreads, 0, stream, p, tiles);
}

template <typename T>
struct Launcher {
    const Params& p;
    void* stream;
    const char** error;

    template <typename Act>
    void operator()(Act) const {
        *error = p.order == 0   ? launch_function<T, 0, Act>(p, stream)
                 : p.order == 1 ? launch_function<T, 1, Act>(p, stream)
                                : launch_function<T, 2, Act>(p, stream);
    }
};

template <typename T>
const char* launch(const Params& p, void* stream) {
    const char* error = nullptr;
    if (!visit_activation(p.act, Launcher<T>{p, stream, &error})) return "unknown activation function";
    return error;
}

}  // namespace
}  // namespace bias_act
}  // namespace dnnlib

extern "C" const char* fused_bias_act_launch(const FusedBiasActParams* params, void* stream) {
    using namespace dnnlib::bias_act;
    switch (params->dtype) {
        case 0: return launch<float>(*params, stream);
        case 1: return launch<__half>(*params, stream);
        case 2: return launch<dnnlib::BFloat16>(*params, stream);
        default: return "unknown number type";
    }
}
