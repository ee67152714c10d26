// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Bias, activation function, gain and clamp: the arithmetic that CPU and GPU share, in float32. Tensors are seen as
// [outer, channels, inner] with one bias per channel.
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

#include "../shared/host_device.h"
#include "../shared/int_math.h"

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
        blocks = ceil_div(rows, block_rows);
        chunks = ceil_div(columns, kTileSize);
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

}  // namespace bias_act
}  // namespace dnnlib
