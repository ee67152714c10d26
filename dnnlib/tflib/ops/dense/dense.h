// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Products of a few rows x [batch, in] with a large matrix w [in, out] on the CPU. They take about as long as reading
// w, which is therefore used as it lies in memory, once for each kBatchBlock rows; what is small is copied to where it
// suits.
#pragma once

#include <cstring>

#include "../shared/matrix_tiles.h"

namespace dnnlib {

constexpr int64_t kBatchBlock = 32;  // Samples that share one pass over w.
constexpr int64_t kDepth = 16;       // Rows of w that are multiplied while as many others are on their way from memory.
static_assert(kDepth >= kLanes, "copy_factors() holds the last rows, fewer than kLanes, at once");

struct DenseShape {
    int64_t batch, in, out;
};

struct Range {
    int64_t begin, end;
    int64_t size() const { return end - begin; }
};

// Copy count floats and fill up with zeros to a number that is a multiple of kLanes.
inline void copy_padded(const float* source, int64_t count, int64_t padded, float* target) {
    int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) store_vector(target + i, load_vector(source + i));
    for (; i < padded; i += kLanes) {
        Vector v = {};
        if (i < count) std::memcpy(&v, source + i, (count - i) * sizeof(float));
        store_vector(target + i, v);
    }
}

// Copy a block of a matrix [rows, columns], and fill it up with zeros to [padded_rows, padded_columns].
inline void copy_block(const float* source, int64_t source_stride, int64_t rows, int64_t columns, float* target,
                       int64_t padded_rows, int64_t padded_columns) {
    for (int64_t row = 0; row < padded_rows; row++, source += source_stride, target += padded_columns)
        copy_padded(source, row < rows ? columns : 0, padded_columns, target);
}

// Products read their second factor in whole vectors. In all rows but the last ones, these may reach into the next row:
// the sums that come of it are not used. This is the number of rows of a matrix [rows, columns] where reading up to
// `end` stays within the matrix; fewer than kLanes rows remain.
inline int64_t num_readable_rows(int64_t rows, int64_t columns, int64_t end) {
    return end <= columns ? rows : std::max<int64_t>(floor_div(rows * columns - end, columns) + 1, 0);
}

// ---------------------------------------------------------------------------------------------------------------------
// y [batch, out] = gain * x w, for some samples (at most kBatchBlock) and some columns (from a multiple of kColumns).

inline int64_t dense_scratch_size(const Range& samples, const Range& columns) {
    const int64_t rows = round_up(samples.size(), kRows), stride = round_up(columns.size(), kLanes);
    return rows * kDepth + (rows + kLanes) * stride;
}

// Ask for kColumns columns of some rows, in cache lines of 16 floats: the steps from row to row are too wide for the
// hardware to foresee them.
inline void prefetch_columns(const float* source, int64_t stride, int64_t rows) {
    for (int64_t row = 0; row < rows; row++)
        for (int i = 0; i < kColumns; i += 16) __builtin_prefetch(source + row * stride + i);
}

inline void dense_product(const DenseShape& s, const Range& samples, const Range& columns, const float* x,
                          const float* w, float gain, float* scratch, float* y) {
    const int64_t rows = round_up(samples.size(), kRows), stride = round_up(columns.size(), kLanes);
    float *factors = scratch, *sums = factors + rows * kDepth, *last_rows = sums + rows * stride;
    std::memset(sums, 0, rows * stride * sizeof(float));
    const auto copy_factors = [&](int64_t first, int64_t depth) {
        copy_block(x + samples.begin * s.in + first, s.in, samples.size(), depth, factors, rows, kDepth);
    };
    w += columns.begin;
    const int64_t readable = num_readable_rows(s.in, s.out, columns.begin + stride), rest = s.in - readable;
    for (int64_t row = 0; row < readable; row += kDepth) {
        const int64_t depth = std::min(kDepth, readable - row), next_depth = std::min(kDepth, readable - row - depth);
        copy_factors(row, depth);
        for (int64_t column = 0; column < columns.size(); column += kColumns) {
            const float* block = w + row * s.out + column;
            prefetch_columns(block + depth * s.out, s.out, next_depth);
            const int64_t width = std::min<int64_t>(kColumns, columns.size() - column);
            multiply<true>(factors, kDepth, block, s.out, sums + column, stride, rows, depth, width);
        }
    }
    if (rest > 0) {
        copy_factors(readable, rest);
        copy_block(w + readable * s.out, s.out, rest, columns.size(), last_rows, rest, stride);
        multiply<true>(factors, kDepth, last_rows, stride, sums, stride, rows, rest, columns.size());
    }
    for (int64_t row = 0; row < samples.size(); row++) {
        float* target = y + (samples.begin + row) * s.out + columns.begin;
        for (int64_t i = 0; i < columns.size(); i++) target[i] = sums[row * stride + i] * gain;
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// y [batch, in] = gain * x w^T: dot products of rows, kDotSamples x kDotRows at a time, each in a vector of sums.

constexpr int kDotRows = kLanes == 4 ? 2 : 4, kDotSamples = kLanes / kDotRows;

// Sum the lanes of 2 * step vectors: those of vector i come to lanes that are i modulo 2 * step, and so on until one is
// left, whose lane l is the sum of those of vector l.
template <int step>
inline void sum_lanes(Vector* v, const TransposeIndices& indices, int level = 0) {
    for (int i = 0; i < step; i++) {
        const Vector a = v[i], b = v[i + step];
#if defined(__clang__)
        for (int l = 0; l < kLanes; l++) v[i][l] = l & step ? b[l - step] + b[l] : a[l] + a[l + step];
#else
        v[i] = __builtin_shuffle(a, b, indices.low[level]) + __builtin_shuffle(a, b, indices.high[level]);
#endif
    }
    sum_lanes<step / 2>(v, indices, level + 1);
}
template <>
inline void sum_lanes<0>(Vector*, const TransposeIndices&, int) {}

inline int64_t dense_adjoint_scratch_size(const DenseShape& s, const Range& samples) {
    return round_up(samples.size(), kDotSamples) * round_up(s.out, kLanes);
}

// kDotRows rows of w, with the rest of each that does not fill a vector.
struct DotRows {
    const float* rows[kDotRows];
    Vector rests[kDotRows];

    // Beyond the last row, that one is taken again.
    DotRows(const float* w, int64_t out, int64_t first, int64_t last) : rests() {
        const int64_t whole = out / kLanes * kLanes;
        for (int r = 0; r < kDotRows; r++) {
            rows[r] = w + std::min(first + r, last) * out;
            if (whole < out) std::memcpy(&rests[r], rows[r] + whole, (out - whole) * sizeof(float));
        }
    }
};

// The products of kDotSamples rows of x, `stride` floats apart and filled up with zeros, with kDotRows rows of w.
inline Vector dot_products(const DotRows& w, int64_t out, const float* x, int64_t stride,
                           const TransposeIndices& indices) {
    Vector sums[kLanes] = {}, v[kDotRows];
    const auto add = [&](int64_t i) {
        for (int n = 0; n < kDotSamples; n++) {
            const Vector factor = load_vector(x + n * stride + i);
            for (int r = 0; r < kDotRows; r++) sums[n * kDotRows + r] += factor * v[r];
        }
    };
    int64_t i = 0;
    for (; i + kLanes <= out; i += kLanes) {
        for (int r = 0; r < kDotRows; r++) v[r] = load_vector(w.rows[r] + i);
        add(i);
    }
    if (i < out) {
        for (int r = 0; r < kDotRows; r++) v[r] = w.rests[r];
        add(i);
    }
    sum_lanes<kLanes / 2>(sums, indices);
    return sums[0];
}

inline void store_few(const float* source, int64_t count, float* target) {
    if (count == kDotRows)
        std::memcpy(target, source, kDotRows * sizeof(float));  // One instruction.
    else
        std::memcpy(target, source, count * sizeof(float));
}

// For some samples (at most kBatchBlock) and some columns of y, which are rows of w.
inline void dense_adjoint(const DenseShape& s, const Range& samples, const Range& rows, const float* x, const float* w,
                          float gain, float* scratch, float* y) {
    static const TransposeIndices indices;
    const int64_t stride = round_up(s.out, kLanes), num_samples = round_up(samples.size(), kDotSamples);
    copy_block(x + samples.begin * s.out, s.out, samples.size(), s.out, scratch, num_samples, stride);
    for (int64_t first = rows.begin; first < rows.end; first += kDotRows) {
        const DotRows dot_rows(w, s.out, first, rows.end - 1);
        const int64_t num_rows = std::min<int64_t>(kDotRows, rows.end - first);
        for (int64_t sample = 0; sample < num_samples; sample += kDotSamples) {
            float results[kLanes];
            store_vector(results, gain * dot_products(dot_rows, s.out, scratch + sample * stride, stride, indices));
            const int64_t count = std::min<int64_t>(kDotSamples, samples.size() - sample);
            for (int64_t n = 0; n < count; n++)
                store_few(results + n * kDotRows, num_rows, y + (samples.begin + sample + n) * s.in + first);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// dw [in, out] = gain * x^T dy, for some of its rows.

inline int64_t dense_gradient_scratch_size(const DenseShape& s) {
    return s.batch * kRows + (kRows + kLanes) * round_up(s.out, kLanes);
}

inline void dense_gradient(const DenseShape& s, const Range& rows, const float* x, const float* dy, float gain,
                           float* scratch, float* dw) {
    const int64_t stride = round_up(s.out, kLanes);
    const int64_t readable = num_readable_rows(s.batch, s.out, stride), rest = s.batch - readable;
    float *factors = scratch, *sums = factors + s.batch * kRows, *last_rows = sums + kRows * stride;
    copy_block(dy + readable * s.out, s.out, rest, s.out, last_rows, rest, stride);
    for (int64_t first = rows.begin; first < rows.end; first += kRows) {
        const int64_t count = std::min<int64_t>(kRows, rows.end - first);
        for (int64_t n = 0; n < s.batch; n++)
            for (int64_t r = 0; r < kRows; r++) factors[n * kRows + r] = r < count ? x[n * s.in + first + r] * gain : 0;
        const bool is_whole = count == kRows && stride == s.out;
        float* target = is_whole ? dw + first * s.out : sums;
        multiply_transposed<false>(factors, kRows, dy, s.out, target, stride, kRows, readable, s.out);
        if (rest > 0)
            multiply_transposed<true>(factors + readable * kRows, kRows, last_rows, stride, target, stride, kRows, rest,
                                      s.out);
        if (is_whole) continue;
        for (int64_t r = 0; r < count; r++)
            std::memcpy(dw + (first + r) * s.out, sums + r * stride, s.out * sizeof(float));
    }
}

}  // namespace dnnlib
