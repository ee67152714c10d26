// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Upsample - filter - downsample on the CPU. Filters are split into one for columns and one for rows, and several rows
// of the output are made at a time: weighted sums of rows of the input go to row buffers with zeros at both ends, and
// weighted sums of shifted copies of these are the output. Images are read and written once, everything else stays in
// the first cache, and no inner loop asks where the image ends.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "../shared/int_math.h"
#include "upfirdn_2d.h"

namespace dnnlib {

// Weighted sums, the inner loops. Sources and output never overlap, which is what `ivdep` says.

// Several rows of sums: how many, of which size, how far apart.
struct Rows {
    int64_t count, size, source_step, out_step;
};

// Keep weights in registers: the compiler cannot know that writing the output does not change them.
template <int N>
struct Weights {
    explicit Weights(const float* source) { std::copy(source, source + N, values); }
    float operator[](int n) const { return values[n]; }
    float values[N];
};

// out[i] (+)= sum over n of weights[n] * source[i + n * stride]
template <typename T, int N>
void sum_rows(const Rows& rows, const T* source, int64_t stride, const float* weights, bool add, float* out) {
    const Weights<N> w(weights);
    const int64_t size = rows.size;
    for (int64_t row = 0; row < rows.count; row++, source += rows.source_step, out += rows.out_step) {
        const auto sum = [=](int64_t i) {
            float total = w[0] * static_cast<float>(source[i]);
            for (int n = 1; n < N; n++) total += w[n] * static_cast<float>(source[i + n * stride]);
            return total;
        };
        if (add) {
#pragma GCC ivdep
            for (int64_t i = 0; i < size; i++) out[i] += sum(i);
        } else {
#pragma GCC ivdep
            for (int64_t i = 0; i < size; i++) out[i] = sum(i);
        }
    }
}

// out[2 i + phase] (+)= sum over n of weights[phase][n] * sources[phase][i + n]
template <int N>
void sum_rows_up_2(const Rows& rows, const float* const* sources, const float* const* weights, bool add, float* out) {
    const Weights<N> w_0(weights[0]), w_1(weights[1]);
    const int64_t size = rows.size;
    for (int64_t row = 0; row < rows.count; row++, out += rows.out_step) {
        const float *source_0 = sources[0] + row * rows.source_step, *source_1 = sources[1] + row * rows.source_step;
#pragma GCC ivdep
        for (int64_t i = 0; i < size; i++) {
            float sum_0 = add ? out[2 * i] : 0, sum_1 = add ? out[2 * i + 1] : 0;
            for (int n = 0; n < N; n++) {
                sum_0 += w_0[n] * source_0[i + n];
                sum_1 += w_1[n] * source_1[i + n];
            }
            out[2 * i] = sum_0;
            out[2 * i + 1] = sum_1;
        }
    }
}

// out[i] (+)= sum over n of weights[n] * source[2 i + n]
template <int N>
void sum_rows_down_2(const Rows& rows, const float* source, const float* weights, bool add, float* out) {
    const Weights<N> w(weights);
    const int64_t size = rows.size;
    for (int64_t row = 0; row < rows.count; row++, source += rows.source_step, out += rows.out_step) {
#pragma GCC ivdep
        for (int64_t i = 0; i < size; i++) {
            float sum = add ? out[i] : 0;
            for (int n = 0; n < N; n++) sum += w[n] * source[2 * i + n];
            out[i] = sum;
        }
    }
}

// The same for any number of weights, of which the compiler knows up to `size` at a time.
template <size_t size, typename Function, typename Call>
void sum_in_chunks(const Function (&functions)[size], int64_t count, bool add, const Call& call) {
    for (int64_t n = 0; n < count; n += size) {
        call(functions[std::min<int64_t>(count - n, size) - 1], n, add || n > 0);
    }
}

template <typename T>
void sum_rows(const Rows& rows, const T* source, int64_t stride, const float* weights, int64_t count, bool add,
              float* out) {
    typedef void (*Function)(const Rows&, const T*, int64_t, const float*, bool, float*);
    static constexpr Function functions[] = {sum_rows<T, 1>, sum_rows<T, 2>, sum_rows<T, 3>, sum_rows<T, 4>,
                                             sum_rows<T, 5>, sum_rows<T, 6>, sum_rows<T, 7>, sum_rows<T, 8>};
    sum_in_chunks(functions, count, add, [&](Function function, int64_t n, bool add) {
        function(rows, source + n * stride, stride, weights + n, add, out);
    });
}

inline void sum_rows_up_2(const Rows& rows, const float* const* sources, const float* const* weights, int64_t count,
                          bool add, float* out) {
    typedef void (*Function)(const Rows&, const float* const*, const float* const*, bool, float*);
    static constexpr Function functions[] = {sum_rows_up_2<1>, sum_rows_up_2<2>, sum_rows_up_2<3>, sum_rows_up_2<4>};
    sum_in_chunks(functions, count, add, [&](Function function, int64_t n, bool add) {
        const float* const next_sources[] = {sources[0] + n, sources[1] + n};
        const float* const next_weights[] = {weights[0] + n, weights[1] + n};
        function(rows, next_sources, next_weights, add, out);
    });
}

inline void sum_rows_down_2(const Rows& rows, const float* source, const float* weights, int64_t count, bool add,
                            float* out) {
    typedef void (*Function)(const Rows&, const float*, const float*, bool, float*);
    static constexpr Function functions[] = {sum_rows_down_2<1>, sum_rows_down_2<2>, sum_rows_down_2<3>,
                                             sum_rows_down_2<4>, sum_rows_down_2<5>, sum_rows_down_2<6>,
                                             sum_rows_down_2<7>, sum_rows_down_2<8>};
    sum_in_chunks(functions, count, add, [&](Function function, int64_t n, bool add) {
        function(rows, source + n, weights + n, add, out);
    });
}

// ---------------------------------------------------------------------------------------------------------------------
// Filters.

// The filter of one axis, sorted by which of its elements meet the same pixels.
class PhasedFilter {
  public:
    PhasedFilter(const float* k, int64_t size, int64_t up)
        : up_(up), count_(ceil_div(size, up)), weights_(up * count_) {
        for (int64_t i = 0; i < size; i++) weights_[i % up * count_ + i / up] = k[i];
    }

    // Elements first, first + up, ...; from a `first` below `up` there are count(), with zeros at the end.
    const float* from(int64_t first) const { return &weights_[first % up_ * count_ + first / up_]; }
    int64_t count() const { return count_; }

  private:
    int64_t up_, count_;
    std::vector<float> weights_;
};

// A filter is a sum of outer products: of one if it is separable, else of as many as it has rows.
struct Term {
    UpFirDn2DAxis axis_y;
    PhasedFilter k_y, k_x;
};

inline std::vector<Term> make_terms(const UpFirDn2DParams& params) {
    const UpFirDn2DAxis &axis_y = params.axis_y, &axis_x = params.axis_x;
    std::vector<float> k_y(axis_y.fir), k_x(axis_x.fir);
    if (upfirdn_2d_factorize(params, k_y.data(), k_x.data())) {
        return {{axis_y, {k_y.data(), axis_y.fir, axis_y.up}, {k_x.data(), axis_x.fir, axis_x.up}}};
    }
    const float one = 1;
    std::vector<Term> terms;
    for (int32_t row = 0; row < axis_y.fir; row++) {
        UpFirDn2DAxis axis = axis_y;
        axis.fir = 1;
        axis.pad0 -= row;
        const float* k_row = params.k + (params.flip ? row : axis_y.fir - 1 - row) * axis_x.fir;
        std::copy(k_row, k_row + axis_x.fir, k_x.begin());
        if (!params.flip) std::reverse(k_x.begin(), k_x.end());
        terms.push_back({axis, {&one, 1, axis.up}, {k_x.data(), axis_x.fir, axis_x.up}});
    }
    return terms;
}

// ---------------------------------------------------------------------------------------------------------------------
// Rows.

// How outputs along an axis follow from pixels: `up` and `down` divided by what they have in common. The outputs repeat
// with a period, and one further period of them reads `step` further pixels.
struct Rhythm {
    explicit Rhythm(const UpFirDn2DAxis& axis) {
        int64_t divisor = axis.up, rest = axis.down;
        while (rest != 0) std::swap(divisor %= rest, rest);
        period = axis.up / divisor;
        step = axis.down / divisor;
    }
    int64_t period, step;
};

// Some periods of the outputs of a row, and the pixels that they read. A row buffer holds zeros in place of those
// before `begin` and from `end` on.
struct Tile {
    int64_t first, count;        // Periods.
    int64_t begin, end;          // Pixels.
    int64_t buffer_begin, left;  // Where in a row buffer pixel `begin` is, and what the first output reads first.
};

// Makes rows of the output; a constant once it is made, so that all threads can share it.
template <typename T>
class RowFilter {
  public:
    explicit RowFilter(const UpFirDn2DParams& params)
        : params_(params), minor_(params.minor), y_(params.axis_y), x_(params.axis_x), terms_(make_terms(params)) {
        for (int64_t i = 0; i < x_.period; i++) phases_.push_back(upfirdn_2d_endless_taps(params.axis_x, i));
        num_columns_ = phases_.back().in - phases_.front().in + terms_.front().k_x.count();
        num_periods_ = ceil_div(params.axis_x.out_size, x_.period);
        tile_periods_ = kBufferSize / (std::max(x_.period, x_.step) * minor_);
        tile_periods_ = std::max<int64_t>(1, std::min(num_periods_, tile_periods_));
        pitch_ = round_up((num_columns_ + (tile_periods_ - 1) * x_.step) * minor_, kAlignment) + kAlignment;
        batch_ = std::max<int64_t>(1, kBufferSize / pitch_);
        for (const Term& term : terms_) sums_.push_back(find_sums(term));
    }

    int64_t num_rows() const { return params_.major * params_.axis_y.out_size; }
    int64_t cost_of_row() const {
        return (params_.axis_x.in_size + params_.axis_x.out_size) * minor_ * terms_.size() + 50;
    }

    // Make rows begin ... end - 1 of all images.
    void run(int64_t begin, int64_t end) const {
        std::vector<float> memory(batch_ * pitch_ + kAlignment), result(batch_ * tile_periods_ * x_.period * minor_);
        float* buffer = memory.data() + (-reinterpret_cast<uintptr_t>(memory.data()) / sizeof(float)) % kAlignment;
        for (int64_t first = 0; first < num_periods_; first += tile_periods_) {
            const Tile tile = make_tile(first);
            std::fill(memory.begin(), memory.end(), 0.0f);
            for (int64_t row = begin; row < end; row += batch_) {
                make_rows(tile, row, std::min(batch_, end - row), buffer, result.data());
            }
        }
    }

  private:
    static constexpr int64_t kBufferSize = 2048;  // Elements of the row buffers, which are to stay in the first cache.
    static constexpr int64_t kAlignment = 16;     // Elements of a cache line.

    // Rows of the input whose weighted sum goes into a row of the output. So it is for `repeats` rows of the output, a
    // period apart from each other, each with input rows that are a step further down.
    struct ColumnSum {
        int64_t in_y, count;
        const float* weights;
        int64_t repeats;
    };

    std::vector<ColumnSum> find_sums(const Term& term) const {
        std::vector<ColumnSum> sums(params_.axis_y.out_size);
        for (int64_t out_y = sums.size() - 1; out_y >= 0; out_y--) {
            const UpFirDn2DTaps taps = upfirdn_2d_taps(term.axis_y, out_y);
            const float* weights = taps.count > 0 ? term.k_y.from(taps.fir) : nullptr;
            sums[out_y] = {taps.in, taps.count, weights, 1};
            if (out_y + y_.period >= params_.axis_y.out_size) continue;
            const ColumnSum& next = sums[out_y + y_.period];
            if (next.in_y == taps.in + y_.step && next.count == taps.count && next.weights == weights) {
                sums[out_y].repeats += next.repeats;
            }
        }
        return sums;
    }

    Tile make_tile(int64_t first) const {
        const int64_t count = std::min(tile_periods_, num_periods_ - first);
        const int64_t left = phases_.front().in + first * x_.step;
        const int64_t right = left + num_columns_ + (count - 1) * x_.step;
        const int64_t begin = std::max<int64_t>(left, 0);
        const int64_t end = std::max(begin, std::min(right, params_.axis_x.in_size));
        // A cache line begins there: fewer stores are split.
        const int64_t buffer_begin = round_up((begin - left) * minor_, kAlignment);
        return {first, count, begin, end, buffer_begin, buffer_begin - (begin - left) * minor_};
    }

    // Make `count` rows, with all of them in the buffer at a time: what was written just now is slow to read.
    void make_rows(const Tile& tile, int64_t row, int64_t count, float* buffer, float* result) const {
        const int64_t row_size = params_.axis_x.out_size * minor_, begin = tile.first * x_.period * minor_;
        const int64_t tile_size = tile.count * x_.period * minor_, size = std::min(tile_size, row_size - begin);
        T* y = static_cast<T*>(params_.y) + row * row_size + begin;
        const bool in_place = std::is_same<T, float>::value && size == tile_size;
        float* out = in_place ? reinterpret_cast<float*>(y) : result;
        for (size_t i = 0; i < terms_.size(); i++) {
            sum_columns(tile, sums_[i], row, count, buffer);
            const Rows rows = {count, tile.count, pitch_, in_place ? row_size : tile_size};
            filter_rows(rows, terms_[i].k_x, buffer + tile.left, i > 0, out);
        }
        for (int64_t i = 0; !in_place && i < count; i++) {
            for (int64_t j = 0; j < size; j++) y[i * row_size + j] = static_cast<T>(out[i * tile_size + j]);
        }
    }

    // Write the weighted sums of input rows that rows of the output are made of to the buffer.
    void sum_columns(const Tile& tile, const std::vector<ColumnSum>& sums, int64_t row, int64_t count,
                     float* buffer) const {
        const int64_t height = params_.axis_y.out_size;
        for (int64_t i = 0, n; i < count; i += n) {
            const int64_t image = (row + i) / height, out_y = (row + i) % height;
            n = std::min(count - i, height - out_y);
            for (int64_t phase = 0; phase < std::min(y_.period, n); phase++) {
                float* out = buffer + (i + phase) * pitch_ + tile.buffer_begin;
                sum_columns(tile, image, &sums[out_y + phase], n - phase, out);
            }
        }
    }

    // Do so for every period-th of `count` rows of one image.
    void sum_columns(const Tile& tile, int64_t image, const ColumnSum* sum, int64_t count, float* out) const {
        const int64_t row_size = params_.axis_x.in_size * minor_, size = (tile.end - tile.begin) * minor_;
        const T* x = static_cast<const T*>(params_.x) + image * params_.axis_y.in_size * row_size + tile.begin * minor_;
        Rows rows = {0, size, y_.step * row_size, y_.period * pitch_};
        for (int64_t i = 0; i < count; i += rows.count * y_.period) {
            rows.count = std::min(sum[i].repeats, ceil_div(count - i, y_.period));
            float* target = out + i * pitch_;
            if (sum[i].count == 0) {
                for (int64_t row = 0; row < rows.count; row++) std::fill_n(target + row * rows.out_step, size, 0.0f);
            }
            sum_rows(rows, x + sum[i].in_y * row_size, row_size, sum[i].weights, sum[i].count, false, target);
        }
    }

    // Filter rows of the buffer; `rows.size` counts periods of outputs.
    void filter_rows(const Rows& rows, const PhasedFilter& k, const float* buffer, bool add, float* out) const {
        const int64_t taps = k.count();
        const auto source = [&](int64_t phase) { return buffer + (phases_[phase].in - phases_[0].in) * minor_; };
        const auto weights = [&](int64_t phase) { return k.from(phases_[phase].fir); };
        if (x_.period == 1 && x_.step == 1) {
            const Rows flat = {rows.count, rows.size * minor_, rows.source_step, rows.out_step};
            sum_rows(flat, source(0), minor_, weights(0), taps, add, out);
        } else if (x_.period == 2 && x_.step == 1 && minor_ == 1) {
            const float *sources[] = {source(0), source(1)}, *all_weights[] = {weights(0), weights(1)};
            sum_rows_up_2(rows, sources, all_weights, taps, add, out);
        } else if (x_.period == 1 && x_.step == 2 && minor_ == 1) {
            sum_rows_down_2(rows, source(0), weights(0), taps, add, out);
        } else {
            const Rows pixels = {rows.size, minor_, x_.step * minor_, x_.period * minor_};
            for (int64_t row = 0; row < rows.count; row++) {
                for (int64_t phase = 0; phase < x_.period; phase++) {
                    sum_rows(pixels, source(phase) + row * rows.source_step, minor_, weights(phase), taps, add,
                             out + row * rows.out_step + phase * minor_);
                }
            }
        }
    }

    const UpFirDn2DParams& params_;
    const int64_t minor_;
    const Rhythm y_, x_;
    const std::vector<Term> terms_;
    std::vector<UpFirDn2DTaps> phases_;         // Of the outputs of the first period of a row.
    int64_t num_columns_;                       // Pixels that these read.
    int64_t num_periods_, tile_periods_;        // In a row, in a tile.
    int64_t pitch_, batch_;                     // Elements from one row of the buffer to the next; rows.
    std::vector<std::vector<ColumnSum>> sums_;  // For each term and row of the output.
};

}  // namespace dnnlib
