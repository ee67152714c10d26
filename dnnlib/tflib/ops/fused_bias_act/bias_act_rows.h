// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Bias, activation function, gain and clamp on the CPU: any range of the tiles that fused_bias_act.h divides the
// tensors into may run on any thread, and then any range of channels.
#pragma once

#include <cstdint>
#include <cstring>

#include "fused_bias_act.h"

namespace dnnlib {
namespace bias_act {

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

// Has the memory to compute a tile in, so every thread that does needs one of its own.
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
