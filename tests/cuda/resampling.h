// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// upfirdn_2d as it is defined, one pixel at a time, and its gradient as another call of itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct Axis {
    int64_t in_size, up, down, pad0, pad1, taps;

    int64_t out_size() const { return (in_size * up + pad0 + pad1 - taps) / down + 1; }

    // The gradient exchanges up and down and mirrors the filter.
    Axis gradient() const {
        return {out_size(), down, up, taps - pad0 - 1, in_size * up - out_size() * down + pad0 - up + 1, taps};
    }

    // Return the input pixel that a tap of the mirrored filter meets, or -1 if it meets a zero.
    int64_t get_pixel(int64_t out, int64_t tap) const {
        const int64_t wide = out * down + tap - pad0;  // Position among the pixels with zeros inserted.
        return wide >= 0 && wide < in_size * up && wide % up == 0 ? wide / up : -1;
    }

    std::string describe() const {
        return std::to_string(in_size) + " up " + std::to_string(up) + " down " + std::to_string(down) + " pads " +
               std::to_string(pad0) + " " + std::to_string(pad1) + " taps " + std::to_string(taps);
    }
};

struct Resampling {
    int64_t major, minor;  // Images are [major, y, x, minor].
    Axis y, x;
    std::vector<float> taps;  // [y.taps, x.taps]

    int64_t in_size() const { return major * y.in_size * x.in_size * minor; }
    int64_t out_size() const { return major * y.out_size() * x.out_size() * minor; }

    Resampling gradient() const {
        return {major, minor, y.gradient(), x.gradient(), std::vector<float>(taps.rbegin(), taps.rend())};
    }

    std::string describe() const {
        return "upfirdn_2d of " + std::to_string(major) + " x [y: " + y.describe() + "] x [x: " + x.describe() + "] x " +
               std::to_string(minor);
    }

    // Return one element of the output for an input that is a function of the index.
    template <typename Input>
    float compute(int64_t index, const Input& input) const {
        const int64_t channel = index % minor, out_x = index / minor % x.out_size();
        const int64_t out_y = index / minor / x.out_size() % y.out_size(), image = index / minor / x.out_size() / y.out_size();
        double sum = 0.0;
        for (int64_t tap_y = 0; tap_y < y.taps; ++tap_y) {
            const int64_t in_y = y.get_pixel(out_y, tap_y);
            for (int64_t tap_x = 0; in_y >= 0 && tap_x < x.taps; ++tap_x) {
                const int64_t in_x = x.get_pixel(out_x, tap_x);
                if (in_x >= 0) {
                    sum += static_cast<double>(taps[(y.taps - 1 - tap_y) * x.taps + x.taps - 1 - tap_x]) *
                           input(((image * y.in_size + in_y) * x.in_size + in_x) * minor + channel);
                }
            }
        }
        return static_cast<float>(sum);
    }
};
