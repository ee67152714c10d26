// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Vectors of floats, and the products of small matrices that convolutions on the CPU consist of.
#pragma once

#include <algorithm>
#include <cstdint>

#include "int_math.h"

namespace dnnlib {

// A product keeps kRows x kVectors vectors of kLanes sums in registers.
#if defined(__AVX512F__)
constexpr int kLanes = 16, kRows = 8;
#elif defined(__AVX__)
constexpr int kLanes = 8, kRows = 6;
#else
constexpr int kLanes = 4, kRows = 4;
#endif
constexpr int kVectors = 2, kColumns = kLanes * kVectors;

typedef float Vector __attribute__((vector_size(kLanes * 4), aligned(4)));
typedef int32_t LaneIndices __attribute__((vector_size(kLanes * 4), aligned(4)));

inline Vector load_vector(const float* p) { return *reinterpret_cast<const Vector*>(p); }
inline void store_vector(float* p, Vector v) { *reinterpret_cast<Vector*>(p) = v; }

// Lane l of the results of one step of a transposition, as index into two vectors side by side.
struct TransposeIndices {
    TransposeIndices() {
        for (int level = 0, step = kLanes / 2; step > 0; level++, step /= 2) {
            for (int l = 0; l < kLanes; l++) {
                low[level][l] = l & step ? kLanes + l - step : l;
                high[level][l] = l & step ? kLanes + l : l + step;
            }
        }
    }
    LaneIndices low[4], high[4];
};

// Exchange the off-diagonal squares of `step` vectors and lanes in all squares of twice the size.
template <int level, int step>
inline void exchange_squares(Vector* v, const TransposeIndices& indices) {
#pragma GCC unroll 16
    for (int k = 0; k < kLanes / 2; k++) {
        const int i = k / step * 2 * step + k % step;
        const Vector a = v[i], b = v[i + step];
#if defined(__clang__)
        for (int l = 0; l < kLanes; l++) {
            v[i][l] = l & step ? b[l - step] : a[l];
            v[i + step][l] = l & step ? b[l] : a[l + step];
        }
#else
        v[i] = __builtin_shuffle(a, b, indices.low[level]);
        v[i + step] = __builtin_shuffle(a, b, indices.high[level]);
#endif
    }
}

// Transpose a square of kLanes vectors.
inline void transpose(Vector* v, const TransposeIndices& indices) {
    exchange_squares<0, kLanes / 2>(v, indices);
    exchange_squares<1, kLanes / 4>(v, indices);
#if defined(__AVX__)
    exchange_squares<2, kLanes / 8>(v, indices);
#endif
#if defined(__AVX512F__)
    exchange_squares<3, kLanes / 16>(v, indices);
#endif
}

// c [kRows, columns] (+)= a [kRows, depth] b [depth, columns], rows being lda, ldb and ldc floats apart. If a is
// transposed, it is given as [depth, kRows].
template <int vectors, bool accumulate, bool transposed>
inline void multiply_tile(const float* a, int64_t lda, const float* b, int64_t ldb, int64_t depth, float* c,
                          int64_t ldc) {
    const int64_t row_step = transposed ? 1 : lda, depth_step = transposed ? lda : 1;
    Vector sums[kRows][vectors];
    for (int r = 0; r < kRows; r++)
        for (int v = 0; v < vectors; v++) sums[r][v] = accumulate ? load_vector(c + r * ldc + v * kLanes) : Vector{};
    for (int64_t k = 0; k < depth; k++, a += depth_step, b += ldb) {
        Vector factors[vectors];
        for (int v = 0; v < vectors; v++) factors[v] = load_vector(b + v * kLanes);
        for (int r = 0; r < kRows; r++)
            for (int v = 0; v < vectors; v++) sums[r][v] += a[r * row_step] * factors[v];
    }
    for (int r = 0; r < kRows; r++)
        for (int v = 0; v < vectors; v++) store_vector(c + r * ldc + v * kLanes, sums[r][v]);
}

// c [rows, columns] (+)= a [rows, depth] b [depth, columns], or with a^T for a [depth, rows]; all memory is there up to
// multiples of kRows and kLanes.
template <bool accumulate, bool transposed = false>
inline void multiply(const float* a, int64_t lda, const float* b, int64_t ldb, float* c, int64_t ldc, int64_t rows,
                     int64_t depth, int64_t columns) {
    const int64_t row_step = transposed ? 1 : lda;
    for (int64_t column = 0; column < columns; column += kColumns) {
        const bool is_narrow = columns - column <= kLanes;
        for (int64_t row = 0; row < rows; row += kRows) {
            const float* factors = a + row * row_step;
            float* target = c + row * ldc + column;
            if (is_narrow)
                multiply_tile<1, accumulate, transposed>(factors, lda, b + column, ldb, depth, target, ldc);
            else
                multiply_tile<kVectors, accumulate, transposed>(factors, lda, b + column, ldb, depth, target, ldc);
        }
    }
}

template <bool accumulate>
inline void multiply_transposed(const float* a, int64_t lda, const float* b, int64_t ldb, float* c, int64_t ldc,
                                int64_t rows, int64_t depth, int64_t columns) {
    multiply<accumulate, true>(a, lda, b, ldb, c, ldc, rows, depth, columns);
}

}  // namespace dnnlib
