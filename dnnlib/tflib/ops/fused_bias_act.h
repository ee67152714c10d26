// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Bias, activation function, gain and clamp: the arithmetic that CPU and GPU share, in float32, and its walk over the
// memory of the CPU. Tensors are seen as [outer, channels, inner] with one bias per channel.
//
//   order 0:  y    = clip(gain * f(x + b), -clamp, clamp)
//   order 1:  dx   = slope * dy                             db  = sum of dx per channel
//   order 2:  d_dy = slope * (d_dx + d_db)                  for the cotangents d_dx and d_db of dx and db
//             d_r  = bend * dy * (d_dx + d_db)              d_b = sum of d_r per channel
//
// slope = gain * f'(x + b), or 0 beyond the clamp, is computed from a reference r: x where the function demands it,
// else y, so that x need not be kept. bend is the derivative of slope with respect to r, not computed where it is 0.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#ifndef DNNLIB_HOST_DEVICE
#ifdef __CUDACC__
#define DNNLIB_HOST_DEVICE __host__ __device__
#else
#define DNNLIB_HOST_DEVICE
#endif
#endif

extern "C" {

// All pointers lead to memory of the device that computes, aligned to one element at least. Big tensors are
// [outer, channels, inner], b, db, d_db and d_b are [channels], all of type `dtype`. What an order does not use is not
// looked at. The output of a function may be one of its big inputs.
struct FusedBiasActParams {
    int32_t dtype;  // 0 float32, 1 float16, 2 bfloat16.
    int32_t order;  // 0 value, 1 gradient, 2 gradient of the gradient.
    int32_t act;    // Number of the function, see visit_activation().
    float alpha, gain;
    float clamp;  // A number >= 0 that the type can hold, or NaN for no limit.
    int64_t outer, channels, inner;

    const void* b;     // Null: no bias; then all is one channel: outer = channels = 1.
    const void* x;     // Order 0.
    const void* dy;    // Order 1; order 2 if the function is curved.
    const void* r;     // Orders 1 and 2: x if the function reads x, else y.
    const void* d_dx;  // Order 2.
    const void* d_db;  // Order 2; null without bias.

    void* y;     // Order 0.
    void* dx;    // Order 1; null: it is dy itself, and only db is wanted.
    void* db;    // Order 1; null without bias.
    void* d_dy;  // Order 2.
    void* d_r;   // Order 2 if the function is curved.
    void* d_b;   // Order 2 if the function is curved and reads x; else, or without bias, null.

    float* partial_sums;  // Space for fused_bias_act_num_partial_sums() floats if there is a sum to compute.
};

// Compute on the current CUDA device in `stream` (a cudaStream_t) without waiting for it.
// Returns nullptr, or a text that says what went wrong.
const char* fused_bias_act_launch(const FusedBiasActParams* params, void* stream);

}  // extern "C"

namespace dnnlib {
namespace bias_act {

typedef FusedBiasActParams Params;

// ---------------------------------------------------------------------------------------------------------------------
// Exponential functions. On the CPU they are power series, because g++ vectorizes them, unlike calls of the C library.

// Powers of e that are told apart: beyond, sigmoid is 0 or 1 to float32, and nothing overflows.
constexpr float kLargestExponent = 80;

DNNLIB_HOST_DEVICE inline float limited_exponent(float u) {
    u = u < -kLargestExponent ? -kLargestExponent : u;
    return u > kLargestExponent ? kLargestExponent : u;
}

// e^u = scale * (1 + rest) with scale a power of 2 and |rest| < 0.42.
struct Power {
    float scale, rest;
};

inline Power power_of_e(float u) {
    u = limited_exponent(u);
    const float rounder = 12582912;  // 1.5 * 2^23: the sum has no room for fractions.
    const float n = (u * 1.44269504f + rounder) - rounder;
    const float r = (u - n * 0.693359375f) + n * 2.12194440e-4f;  // u - n * log(2)
    float series = 1.0f / 5040;
    series = series * r + 1.0f / 720;
    series = series * r + 1.0f / 120;
    series = series * r + 1.0f / 24;
    series = series * r + 1.0f / 6;
    series = series * r + 1.0f / 2;
    const int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
    float scale;
    std::memcpy(&scale, &bits, sizeof scale);
    return {scale, r + r * r * series};
}

// e^u, saturating.
DNNLIB_HOST_DEVICE inline float exponential(float u) {
#ifdef __CUDA_ARCH__
    return expf(limited_exponent(u));
#else
    const Power p = power_of_e(u);
    return p.scale + p.scale * p.rest;
#endif
}

// e^u - 1, saturating.
DNNLIB_HOST_DEVICE inline float exponential_minus_1(float u) {
#ifdef __CUDA_ARCH__
    return expm1f(limited_exponent(u));
#else
    const Power p = power_of_e(u);
    return (p.scale - 1) + p.scale * p.rest;
#endif
}

// log(1 + v) for 0 <= v <= 1.
DNNLIB_HOST_DEVICE inline float log_of_1_plus(float v) {
#ifdef __CUDA_ARCH__
    return log1pf(v);
#else
    const float s = v / (2 + v);  // log(1 + v) = 2 * artanh(s)
    const float s2 = s * s;
    float series = 1.0f / 15;
    series = series * s2 + 1.0f / 13;
    series = series * s2 + 1.0f / 11;
    series = series * s2 + 1.0f / 9;
    series = series * s2 + 1.0f / 7;
    series = series * s2 + 1.0f / 5;
    series = series * s2 + 1.0f / 3;
    return 2 * (s + s * s2 * series);
#endif
}

// sigmoid(u) and sigmoid(-u), both precise.
struct Logistic {
    float s, t;
    explicit DNNLIB_HOST_DEVICE Logistic(float u) {
        const float power = exponential(-u);
        s = 1 / (1 + power);
        t = power * s;
    }
};

// ---------------------------------------------------------------------------------------------------------------------
// The activation functions. `value` takes u = x + b. `slope` = f' and `bend` = its derivative take v: u where the
// function reads x, else f(u). NaN stays NaN.

struct PiecewiseLinear {
    static constexpr bool kReadsX = false, kCurved = false;
    static DNNLIB_HOST_DEVICE float bend(float) { return 0; }
};

struct Curved {
    static constexpr bool kReadsX = false, kCurved = true;
};

struct Linear : PiecewiseLinear {
    static DNNLIB_HOST_DEVICE float value(float u, float) { return u; }
    static DNNLIB_HOST_DEVICE float slope(float, float) { return 1; }
};

struct Relu : PiecewiseLinear {
    static DNNLIB_HOST_DEVICE float value(float u, float) { return u < 0 ? 0 : u; }
    static DNNLIB_HOST_DEVICE float slope(float v, float) { return v > 0 ? 1 : 0; }
};

struct LeakyRelu : PiecewiseLinear {
    static DNNLIB_HOST_DEVICE float value(float u, float alpha) { return u * slope(u, alpha); }
    static DNNLIB_HOST_DEVICE float slope(float v, float alpha) { return v > 0 ? 1 : alpha; }
};

// With alpha < 0 the sign of f(u) does not tell that of u.
struct FoldedRelu : LeakyRelu {
    static constexpr bool kReadsX = true;
};

struct Tanh : Curved {
    static DNNLIB_HOST_DEVICE float value(float u, float) {
        const float t = exponential_minus_1(-2 * std::fabs(u));
        return std::copysign(t / (2 + t), u);
    }
    static DNNLIB_HOST_DEVICE float slope(float v, float) { return 1 - v * v; }
    static DNNLIB_HOST_DEVICE float bend(float v) { return -2 * v; }
};

struct Sigmoid : Curved {
    static DNNLIB_HOST_DEVICE float value(float u, float) { return Logistic(u).s; }
    static DNNLIB_HOST_DEVICE float slope(float v, float) { return v * (1 - v); }
    static DNNLIB_HOST_DEVICE float bend(float v) { return 1 - 2 * v; }
};

struct Elu : Curved {
    static DNNLIB_HOST_DEVICE float value(float u, float) { return u < 0 ? exponential_minus_1(u) : u; }
    static DNNLIB_HOST_DEVICE float slope(float v, float) { return v < 0 ? v + 1 : 1; }
    static DNNLIB_HOST_DEVICE float bend(float v) { return v < 0 ? 1 : 0; }
};

struct Selu : Curved {
    static constexpr float kScale = 1.05070098735548049342f, kAlpha = 1.67326324235437728482f;
    static DNNLIB_HOST_DEVICE float value(float u, float) {
        return kScale * (u < 0 ? kAlpha * exponential_minus_1(u) : u);
    }
    static DNNLIB_HOST_DEVICE float slope(float v, float) { return v < 0 ? v + kScale * kAlpha : kScale; }
    static DNNLIB_HOST_DEVICE float bend(float v) { return v < 0 ? 1 : 0; }
};

struct Softplus : Curved {
    static DNNLIB_HOST_DEVICE float value(float u, float) {
        return (u < 0 ? 0 : u) + log_of_1_plus(exponential(-std::fabs(u)));
    }
    static DNNLIB_HOST_DEVICE float slope(float v, float) { return -exponential_minus_1(-v); }
    static DNNLIB_HOST_DEVICE float bend(float v) { return exponential(-v); }
};

struct Swish : Curved {
    static constexpr bool kReadsX = true;
    static DNNLIB_HOST_DEVICE float value(float u, float) { return u * Logistic(u).s; }
    static DNNLIB_HOST_DEVICE float slope(float v, float) {
        const Logistic sigmoid(v);
        return sigmoid.s * (1 + v * sigmoid.t);
    }
    static DNNLIB_HOST_DEVICE float bend(float v) {
        const Logistic sigmoid(v);
        return sigmoid.s * sigmoid.t * (2 + v * (sigmoid.t - sigmoid.s));
    }
};

// Call visitor(Linear()), visitor(Relu()) ... by the number of the function; false if there is no such function.
template <typename Visitor>
bool visit_activation(int act, const Visitor& visitor) {
    switch (act) {
        case 1: visitor(Linear()); return true;
        case 2: visitor(Relu()); return true;
        case 3: visitor(LeakyRelu()); return true;
        case 4: visitor(Tanh()); return true;
        case 5: visitor(Sigmoid()); return true;
        case 6: visitor(Elu()); return true;
        case 7: visitor(Selu()); return true;
        case 8: visitor(Softplus()); return true;
        case 9: visitor(Swish()); return true;
        case 10: visitor(FoldedRelu()); return true;
        default: return false;
    }
}

// One element of each of the three orders, all of float32.
template <typename Act>
struct Element {
    float alpha, gain, inverse_gain, clamp;

    explicit Element(const Params& p)
        : alpha(p.alpha), gain(p.gain), inverse_gain(p.gain == 0 ? 0 : 1 / p.gain), clamp(p.clamp) {}

    DNNLIB_HOST_DEVICE float value(float x, float b) const {
        const float y = gain * Act::value(x + b, alpha);
        const float above = y < -clamp ? -clamp : y;
        return above > clamp ? clamp : above;
    }

    // dx; as a function of dy it is also d_dy as a function of the cotangent of dx. The slope is cleared, not the
    // product: a vectorized load of dy would have to wait for the comparison.
    DNNLIB_HOST_DEVICE float gradient(float dy, float r, float b) const {
        const float slope = gain * Act::slope(v(r, b), alpha);
        return (is_clamped(r, b) ? 0 : slope) * dy;
    }

    // d_r for the cotangent t of dx.
    DNNLIB_HOST_DEVICE float reference_gradient(float t, float dy, float r, float b) const {
        const float bend = (Act::kReadsX ? gain : 1) * Act::bend(v(r, b));
        return (is_clamped(r, b) ? 0 : bend) * dy * t;
    }

    DNNLIB_HOST_DEVICE float v(float r, float b) const { return Act::kReadsX ? r + b : r * inverse_gain; }

    DNNLIB_HOST_DEVICE bool is_clamped(float r, float b) const {
        return std::fabs(Act::kReadsX ? gain * Act::value(r + b, alpha) : r) >= clamp;
    }
};

// ---------------------------------------------------------------------------------------------------------------------
// Tiles: what is computed at a time, and the partial sums that it leaves. Neither depends on the number of threads, and
// so the sums do not, either.

constexpr int64_t kTileSize = 1024;

// If channels lie side by side (inner = 1), a block of rows [channels] leaves one partial sum per channel. Otherwise a
// row [inner] of one channel is split into chunks of kTileSize, each of which leaves one.
struct Tiles {
    bool interleaved;
    int64_t rows, columns;    // The tensors as a matrix.
    int64_t block_rows;       // Rows that are summed up in one go; 1 unless interleaved.
    int64_t blocks;           // Of rows.
    int64_t chunks;           // Of columns.
    int64_t channels;
    int64_t sums_per_channel;
    int64_t sum_chunks;       // Partial sums side by side that belong to one channel.

    explicit Tiles(const Params& p) : channels(p.channels) {
        interleaved = p.inner == 1 && p.channels > 1;
        rows = interleaved ? p.outer : p.channels == 1 ? 1 : p.outer * p.channels;
        columns = interleaved ? p.channels : p.channels == 1 ? p.outer * p.inner : p.inner;
        block_rows = interleaved ? interleaved_block_rows(columns) : 1;
        blocks = (rows + block_rows - 1) / block_rows;
        chunks = (columns + kTileSize - 1) / kTileSize;
        sum_chunks = interleaved ? 1 : chunks;
        sums_per_channel = interleaved ? blocks : blocks / (channels > 0 ? channels : 1) * chunks;
    }

    // Long enough for the sums to be few, short enough for the blocks to be many.
    static int64_t interleaved_block_rows(int64_t columns) {
        const int64_t block_rows = 16 * kTileSize / columns;
        return block_rows < 32 ? 32 : block_rows > kTileSize ? kTileSize : block_rows;
    }

    // Position of the i-th partial sum of a channel.
    DNNLIB_HOST_DEVICE int64_t sum_index(int64_t channel, int64_t i) const {
        return (i / sum_chunks * channels + channel) * sum_chunks + i % sum_chunks;
    }
};

inline int64_t num_partial_sums(const Tiles& tiles) { return tiles.channels * tiles.sums_per_channel; }

// The sums per channel that an order ends with, or null.
DNNLIB_HOST_DEVICE inline void* sums_of(const Params& p) {
    return p.order == 1 ? p.db : p.order == 2 ? p.d_b : nullptr;
}

// ---------------------------------------------------------------------------------------------------------------------
// The CPU: any range of tiles may run on any thread, and then any range of channels.

// A stretch of a tensor as float32: the tensor itself where that is its type, else a converted copy.
inline const float* as_floats(const float* source, int64_t, float*) { return source; }

template <typename T>
const float* as_floats(const T* source, int64_t count, float* copy) {
    for (int64_t i = 0; i < count; i++) copy[i] = static_cast<float>(source[i]);
    return copy;
}

// Where to compute a stretch of a tensor, and how it then comes into the tensor.
inline float* floats_for(float* target, float*) { return target; }
inline void put_floats(const float*, int64_t, float*) {}

template <typename T>
float* floats_for(T*, float* copy) {
    return copy;
}

template <typename T>
void put_floats(const float* copy, int64_t count, T* target) {
    for (int64_t i = 0; i < count; i++) target[i] = static_cast<T>(copy[i]);
}

// Sum in a fixed order that can be vectorized.
inline float sum_floats(const float* values, int64_t count) {
    constexpr int kLanes = 16;
    float lanes[kLanes] = {};
    int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes)
        for (int k = 0; k < kLanes; k++) lanes[k] += values[i + k];
    for (; i < count; i++) lanes[i % kLanes] += values[i];
    for (int step = kLanes / 2; step > 0; step /= 2)
        for (int k = 0; k < step; k++) lanes[k] += lanes[k + step];
    return lanes[0];
}

// The inner loops. Input and output may be the same memory: `ivdep` says that no iteration reads what another one
// writes. The elements are local, so that their numbers stay in registers.

template <typename Act>
void compute_values(const Params& p, int64_t count, const float* x, const float* b, float* y) {
    const Element<Act> element(p);
#pragma GCC ivdep
    for (int64_t i = 0; i < count; i++) y[i] = element.value(x[i], b[i]);
}

template <typename Act>
void compute_gradients(const Params& p, int64_t count, const float* dy, const float* r, const float* b, float* dx) {
    const Element<Act> element(p);
#pragma GCC ivdep
    for (int64_t i = 0; i < count; i++) dx[i] = element.gradient(dy[i], r[i], b[i]);
}

template <typename Act>
void compute_seconds(const Params& p, int64_t count, const float* d_dx, const float* d_db, const float* dy,
                     const float* r, const float* b, float* d_dy, float* d_r) {
    const Element<Act> element(p);
#pragma GCC ivdep
    for (int64_t i = 0; i < count; i++) {
        const float t = d_dx[i] + d_db[i], slope_t = element.gradient(t, r[i], b[i]);
        if (Act::kCurved) d_r[i] = element.reference_gradient(t, dy[i], r[i], b[i]);
        d_dy[i] = slope_t;
    }
}

// What the CPU has to know of an activation function: its traits and inner loops.
struct HostLoops {
    bool reads_x, curved;
    void (*values)(const Params&, int64_t, const float*, const float*, float*);
    void (*gradients)(const Params&, int64_t, const float*, const float*, const float*, float*);
    void (*seconds)(const Params&, int64_t, const float*, const float*, const float*, const float*, const float*,
                    float*, float*);
};

// Find the loops of a function by its number; false if there is no such function.
inline bool find_host_loops(int act, HostLoops* loops) {
    return visit_activation(act, [loops](auto activation) {
        typedef decltype(activation) Act;
        *loops = {Act::kReadsX, Act::kCurved, compute_values<Act>, compute_gradients<Act>, compute_seconds<Act>};
    });
}

template <typename T>
class HostTiles {
  public:
    HostTiles(const Params& params, const HostLoops& loops) : p_(params), loops_(loops), tiles_(params) {}

    int64_t count() const { return tiles_.blocks * tiles_.chunks; }
    int64_t largest() const { return tiles_.block_rows * (tiles_.columns < kTileSize ? tiles_.columns : kTileSize); }
    int64_t sums_per_channel() const { return tiles_.sums_per_channel; }

    // Compute the tiles begin ... end - 1 and their partial sums.
    void compute(int64_t begin, int64_t end) {
        for (int64_t tile = begin; tile < end; tile++) {
            const int64_t column = tile % tiles_.chunks * kTileSize;
            const int64_t left = tiles_.columns - column;
            const int64_t count = left < kTileSize ? left : kTileSize;
            if (tiles_.interleaved) {
                compute_block(tile / tiles_.chunks, column, count);
            } else {
                compute_chunk(tile, tile / tiles_.chunks, column, count);
            }
        }
    }

    // Add up the partial sums of the channels begin ... end - 1.
    void finish_sums(int64_t begin, int64_t end) const {
        T* sums = static_cast<T*>(sums_of(p_));
        for (int64_t channel = begin; channel < end; channel++) {
            double sum = 0;
            for (int64_t i = 0; i < tiles_.sums_per_channel; i++)
                sum += p_.partial_sums[tiles_.sum_index(channel, i)];
            sums[channel] = static_cast<T>(static_cast<float>(sum));
        }
    }

  private:
    void compute_chunk(int64_t tile, int64_t row, int64_t column, int64_t count) {
        const int64_t channel = row % tiles_.channels;
        if (p_.order == 0 || loops_.reads_x) fill(p_.b, channel, count, b_);
        if (p_.order == 2) fill(p_.d_db, channel, count, d_db_);
        const float* terms = compute_stretch(row * tiles_.columns + column, count, b_, d_db_);
        if (sums_of(p_)) p_.partial_sums[tile] = sum_floats(terms, count);
    }

    void compute_block(int64_t block, int64_t column, int64_t count) {
        const float* b = load(p_.b, column, count, b_);
        const float* d_db = p_.order == 2 ? load(p_.d_db, column, count, d_db_) : nullptr;
        const int64_t begin = block * tiles_.block_rows;
        const int64_t end = begin + tiles_.block_rows < tiles_.rows ? begin + tiles_.block_rows : tiles_.rows;
        float* sums = sums_of(p_) ? p_.partial_sums + block * tiles_.columns + column : nullptr;
        if (sums) std::memset(sums, 0, count * sizeof(float));
        for (int64_t row = begin; row < end; row++) {
            const float* terms = compute_stretch(row * tiles_.columns + column, count, b, d_db);
            if (sums)
                for (int64_t i = 0; i < count; i++) sums[i] += terms[i];
        }
    }

    // Compute elements offset ... offset + count - 1 and return the terms of the sum over them.
    const float* compute_stretch(int64_t offset, int64_t count, const float* b, const float* d_db) {
        if (p_.order == 0) return compute_value(offset, count, b);
        if (p_.order == 1) return compute_gradient(offset, count, b);
        return compute_second(offset, count, b, d_db);
    }

    const float* compute_value(int64_t offset, int64_t count, const float* b) {
        const float* x = load(p_.x, offset, count, in_[0]);
        float* y = place(p_.y, offset, out_[0]);
        loops_.values(p_, count, x, b, y);
        store(y, p_.y, offset, count);
        return nullptr;
    }

    const float* compute_gradient(int64_t offset, int64_t count, const float* b) {
        const float* dy = load(p_.dy, offset, count, in_[0]);
        if (!p_.dx) return dy;
        const float* r = load(p_.r, offset, count, in_[1]);
        float* dx = place(p_.dx, offset, out_[0]);
        loops_.gradients(p_, count, dy, r, b, dx);
        store(dx, p_.dx, offset, count);
        return dx;
    }

    const float* compute_second(int64_t offset, int64_t count, const float* b, const float* d_db) {
        const float* d_dx = load(p_.d_dx, offset, count, in_[0]);
        const float* r = load(p_.r, offset, count, in_[1]);
        const float* dy = loops_.curved ? load(p_.dy, offset, count, in_[2]) : nullptr;
        float* d_dy = place(p_.d_dy, offset, out_[0]);
        float* d_r = loops_.curved ? place(p_.d_r, offset, out_[1]) : nullptr;
        loops_.seconds(p_, count, d_dx, d_db, dy, r, b, d_dy, d_r);
        store(d_dy, p_.d_dy, offset, count);
        if (loops_.curved) store(d_r, p_.d_r, offset, count);
        return d_r;
    }

    static const float* load(const void* tensor, int64_t offset, int64_t count, float* copy) {
        return as_floats(static_cast<const T*>(tensor) + offset, count, copy);
    }

    static float* place(void* tensor, int64_t offset, float* copy) {
        return floats_for(static_cast<T*>(tensor) + offset, copy);
    }

    static void store(const float* values, void* tensor, int64_t offset, int64_t count) {
        put_floats(values, count, static_cast<T*>(tensor) + offset);
    }

    // The number of one channel, again and again.
    static void fill(const void* vector, int64_t channel, int64_t count, float* copies) {
        const float value = vector ? static_cast<float>(static_cast<const T*>(vector)[channel]) : 0;
        for (int64_t i = 0; i < count; i++) copies[i] = value;
    }

    const Params p_;
    const HostLoops loops_;
    const Tiles tiles_;
    float b_[kTileSize], d_db_[kTileSize], in_[3][kTileSize], out_[2][kTileSize];
};

}  // namespace bias_act
}  // namespace dnnlib
