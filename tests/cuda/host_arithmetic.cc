// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Compares the arithmetic that CPU and GPU share, and what the check program measures it with, with numbers that were
// worked out by hand, with formulas in double precision and with finite differences. Needs no CUDA.

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

#include "fused_bias_act/fused_bias_act.h"
#include "number_formats.h"
#include "resampling.h"
#include "upfirdn_2d/upfirdn_2d.h"

namespace {

int num_failures = 0;

void expect_near(const std::string& what, double got, double expected, double tolerance = 0.0) {
    if (!(std::fabs(got - expected) <= tolerance) && !(got == expected) && !(std::isnan(got) && std::isnan(expected))) {
        ++num_failures;
        printf("FAILED %s: expected %.9g, got %.9g\n", what.c_str(), expected, got);
    }
}

// ---------------------------------------------------------------------------------------------------------------------

void check_number_formats() {
    using namespace number_formats;
    const double infinity = std::numeric_limits<double>::infinity();
    const double float16[][2] = {{1, 0x3c00},
                                 {-2, 0xc000},
                                 {0.1f, 0x2e66},
                                 {65504, 0x7bff},
                                 {65519, 0x7bff},
                                 {65520, 0x7c00},
                                 {-infinity, 0xfc00},
                                 {std::ldexp(1, -14), 0x0400},
                                 {std::ldexp(1, -24), 0x0001},
                                 {std::ldexp(1, -25), 0x0000},  // A tie goes to the even neighbour, here and below.
                                 {std::ldexp(3, -25), 0x0002},
                                 {1 + std::ldexp(1, -11), 0x3c00},
                                 {1 + std::ldexp(3, -11), 0x3c02},
                                 {1 + std::ldexp(1.01, -11), 0x3c01}};
    const double bfloat16[][2] = {{1, 0x3f80},   {-2, 0xc000},          {0.1f, 0x3dcd}, {1 + std::ldexp(1, -8), 0x3f80},
                                  {1e39, 0x7f80}, {1 + std::ldexp(3, -8), 0x3f82}};
    for (const auto& pair : float16) {
        expect_near("float16 of " + std::to_string(pair[0]), to_float16(static_cast<float>(pair[0])), pair[1]);
    }
    for (const auto& pair : bfloat16) {
        expect_near("bfloat16 of " + std::to_string(pair[0]), to_bfloat16(static_cast<float>(pair[0])), pair[1]);
    }
    for (int bits = 0; bits < 65536; ++bits) {
        const uint16_t code = static_cast<uint16_t>(bits);
        if (!std::isnan(from_float16(code))) {
            expect_near("float16 there and back", to_float16(from_float16(code)), bits);
        }
        if (!std::isnan(from_bfloat16(code))) {
            expect_near("bfloat16 there and back", to_bfloat16(from_bfloat16(code)), bits);
        }
    }
    expect_near("NaN of float16", from_float16(to_float16(NAN)), NAN);
    expect_near("NaN of bfloat16", from_bfloat16(to_bfloat16(NAN)), NAN);
}

// ---------------------------------------------------------------------------------------------------------------------

UpFirDn2DAxis make_axis(const Axis& axis) {
    return {axis.in_size, dnnlib::upfirdn_2d_out_size(axis.in_size, axis.up, axis.down, axis.pad0, axis.pad1, axis.taps),
            static_cast<int32_t>(axis.up), static_cast<int32_t>(axis.down), static_cast<int32_t>(axis.pad0),
            static_cast<int32_t>(axis.taps)};
}

// Compare the output of the shared arithmetic, and of the definition, with expected numbers.
void expect_output(const std::string& what, const Resampling& r, const std::vector<float>& x, const std::vector<float>& y) {
    const std::vector<float> mirrored(r.taps.rbegin(), r.taps.rend());
    UpFirDn2DParams params = {x.data(), nullptr, nullptr, 0, 0, r.major, r.minor, make_axis(r.y), make_axis(r.x),
                              nullptr};
    const auto read = [&](int64_t i) { return x[i]; };
    expect_near(what + ": size", params.axis_y.out_size * params.axis_x.out_size * r.major * r.minor, y.size());
    for (size_t i = 0; i < y.size(); ++i) {
        const int64_t pixel = i / r.minor, out_x = pixel % r.x.out_size(), row = pixel / r.x.out_size();
        const int64_t out_y = row % r.y.out_size(), major = row / r.y.out_size();
        for (int flip = 0; flip < 2; ++flip) {
            params.flip = flip;
            const float* k = flip ? mirrored.data() : r.taps.data();
            expect_near(what, dnnlib::upfirdn_2d_pixel(params, k, major, out_y, out_x, i % r.minor, read), y[i], 1e-5);
        }
        expect_near(what + ": definition", r.compute(i, read), y[i], 1e-5);
    }
}

void check_upfirdn_2d() {
    const Axis one = {1, 1, 1, 0, 0, 1};
    expect_output("k = 1 2 3", {1, 1, one, {4, 1, 1, 0, 0, 3}, {1, 2, 3}}, {1, 2, 3, 4}, {10, 16});
    expect_output("upsampling", {1, 1, one, {2, 2, 1, 2, 1, 4}, {0.25f, 0.75f, 0.75f, 0.25f}}, {1, 2},
                  {0.75f, 1.25f, 1.75f, 1.5f});
    expect_output("downsampling", {1, 1, one, {4, 1, 2, 1, 1, 4}, {0.125f, 0.375f, 0.375f, 0.125f}}, {1, 2, 3, 4},
                  {1.5f, 2.875f});
    expect_output("cropping", {1, 2, one, {4, 1, 1, -1, -2, 1}, {2}}, {1, 2, 3, 4, 5, 6, 7, 8}, {6, 8});
    // In y: two rows of zeros, [1 2; 3 4] and one of zeros; the rows 0 and 3 of row + 10 * (row below) are kept.
    expect_output("in y", {1, 2, {2, 1, 3, 2, 1, 2}, one, {10, 1}}, {1, 2, 3, 4}, {0, 0, 3, 4});
    // The gradient of the first: dx = dy * [3 2 1; shifted].
    const Resampling gradient = Resampling{1, 1, one, {4, 1, 1, 0, 0, 3}, {1, 2, 3}}.gradient();
    expect_output("gradient", gradient, {1, 10}, {3, 32, 21, 10});
}

// The shared arithmetic agrees with the definition for all combinations of small numbers.
void check_upfirdn_2d_everywhere() {
    const std::vector<float> x = {1, -2, 3, 5, -7, 11, 13, -17, 19, 23, -29, 31, 37, -41, 43, 47};
    const Axis other = {4, 1, 1, 1, 0, 2};
    for (int code = 0; code < 3 * 3 * 9 * 9 * 5; ++code) {
        const Axis axis = {4, code % 3 + 1, code / 3 % 3 + 1, code / 9 % 9 - 4, code / 81 % 9 - 4, code / 729 + 1};
        const int64_t room = axis.in_size * axis.up + axis.pad0 + axis.pad1 - axis.taps;
        if (room < 0) {
            continue;
        }
        std::vector<float> taps = {1, 2, 4, 8, 16, -1, -3, 5, 7, 9};
        taps.resize(2 * axis.taps);
        for (bool swapped : {false, true}) {
            const Resampling r = {1, 1, swapped ? axis : other, swapped ? other : axis, taps};
            std::vector<float> y(r.out_size());
            for (size_t i = 0; i < y.size(); ++i) {
                y[i] = r.compute(i, [&](int64_t j) { return x[j]; });
            }
            expect_output(r.describe(), r, x, y);
        }
    }
}

void expect_factorized(const std::string& what, const std::vector<float>& k, int height, int width, bool expected) {
    for (int flip = 0; flip < 2; ++flip) {
        std::vector<float> k_y(height), k_x(width);
        UpFirDn2DParams params = {};
        params.k = k.data();
        params.flip = flip;
        params.axis_y.fir = height;
        params.axis_x.fir = width;
        const bool separable = dnnlib::upfirdn_2d_factorize(params, k_y.data(), k_x.data());
        expect_near(what + ": separable", separable, expected);
        for (int i = 0; separable && i < height * width; ++i) {
            const float product = k_y[i / width] * k_x[i % width];
            expect_near(what + ": product", product, flip ? k[i] : k[k.size() - 1 - i], 1e-6);
        }
    }
}

void check_factorize() {
    expect_factorized("1 3 3 1", {1, 3, 3, 1, 3, 9, 9, 3, 3, 9, 9, 3, 1, 3, 3, 1}, 4, 4, true);
    expect_factorized("a row", {1, -2, 3}, 1, 3, true);
    expect_factorized("a column", {0, -2, 3}, 3, 1, true);
    expect_factorized("a rectangle", {2, -4, 6, 1, -2, 3}, 2, 3, true);
    expect_factorized("zeros", {0, 0, 0, 0}, 2, 2, true);
    expect_factorized("the identity matrix", {1, 0, 0, 1}, 2, 2, false);
    expect_factorized("one number off", {1, 3, 3, 9.01f}, 2, 2, false);
}

// Make all elements of the output.
std::vector<float> run_upfirdn_2d(UpFirDn2DParams params, const std::vector<float>& x) {
    const int64_t height = params.axis_y.out_size, width = params.axis_x.out_size, minor = params.minor;
    std::vector<float> y(params.major * height * width * minor);
    const auto read = [&](int64_t i) { return x[i]; };
    for (int64_t i = 0; i < static_cast<int64_t>(y.size()); ++i) {
        const int64_t row = i / minor / width;
        y[i] = dnnlib::upfirdn_2d_pixel(params, params.k, row / height, row % height, i / minor % width, i % minor,
                                        read);
    }
    return y;
}

// Filtering in x, then in y, is filtering in both at a time.
void check_two_passes() {
    const Axis y = {4, 2, 1, 3, 2, 3}, x = {5, 1, 2, 4, 3, 9};
    std::vector<float> taps, input;
    for (int i = 0; i < 27; ++i) taps.push_back((i / 9 + 1.0f) * (i % 9 - 3.0f));
    for (int i = 0; i < 2 * 4 * 5 * 3; ++i) input.push_back(static_cast<float>(i % 7 - i % 5));
    for (int flip = 0; flip < 2; ++flip) {
        const UpFirDn2DParams params = {nullptr, nullptr, taps.data(), 0, flip, 2, 3, make_axis(y), make_axis(x),
                                        nullptr};
        std::vector<float> k_y(3), k_x(9);
        UpFirDn2DParams pass_x, pass_y;
        expect_near("two passes: needed", dnnlib::upfirdn_2d_needs_two_passes(params), true);
        expect_near("two passes: separable", dnnlib::upfirdn_2d_factorize(params, k_y.data(), k_x.data()), true);
        dnnlib::upfirdn_2d_split(params, k_y.data(), k_x.data(), &pass_x, &pass_y);
        const std::vector<float> got = run_upfirdn_2d(pass_y, run_upfirdn_2d(pass_x, input));
        const std::vector<float> expected = run_upfirdn_2d(params, input);
        expect_near("two passes: size", got.size(), expected.size());
        for (size_t i = 0; i < expected.size(); ++i) expect_near("two passes", got[i], expected[i], 1e-3);
    }
}

// ---------------------------------------------------------------------------------------------------------------------

const double SELU_SCALE = 1.0507009873554804934193349852946, SELU_ALPHA = 1.6732632423543772848170429916717;

// The functions as they are defined, in double precision.
double compute_activation(int act, double u, double alpha) {
    switch (act) {
        case 1: return u;
        case 2: return u > 0 ? u : 0;
        case 3: return u > 0 ? u : alpha * u;
        case 4: return std::tanh(u);
        case 5: return 1 / (1 + std::exp(-u));
        case 6: return u > 0 ? u : std::expm1(u);
        case 7: return SELU_SCALE * (u > 0 ? u : SELU_ALPHA * std::expm1(u));
        case 8: return u > 30 ? u : std::log1p(std::exp(u));
        case 9: return u / (1 + std::exp(-u));
        default: return u > 0 ? u : alpha * u;  // 10: the same with alpha < 0.
    }
}

// Value and both derivatives of one function, as far from its kink at 0 as finite differences need.
struct CheckActivation {
    int act;
    float alpha;

    double f(double u) const { return compute_activation(act, u, alpha); }

    template <typename Act>
    void operator()(Act) const {
        const std::string name = "activation " + std::to_string(act);
        for (double u = -6.013; u < 6; u += 0.0625) {
            const double h = 1e-4, slope = (f(u + h) - f(u - h)) / (2 * h), bend = (f(u + h) - 2 * f(u) + f(u - h)) / (h * h);
            const float v = static_cast<float>(Act::kReadsX ? u : f(u));
            const std::string at = name + " at " + std::to_string(u);
            expect_near(at, Act::value(static_cast<float>(u), alpha), f(u), 2e-6 * std::fmax(1, std::fabs(f(u))));
            expect_near(at + ", slope", Act::slope(v, alpha), slope, 5e-6);
            expect_near(at + ", bend", Act::bend(v) * (Act::kReadsX ? 1 : Act::slope(v, alpha)), bend, 5e-6);
            expect_near(at + ", is straight", Act::kCurved || std::fabs(bend) < 1e-6, 1);
        }
        for (float u : {-1000.0f, -100.0f, 100.0f, 1000.0f}) {
            const double expected = f(u);
            expect_near(name + " at " + std::to_string(u), Act::value(u, alpha), expected, 1e-6 * std::fmax(1, std::fabs(expected)));
        }
        expect_near(name + " of NaN", Act::value(NAN, alpha), NAN);
    }
};

// gain and clamp around lrelu: at u = -4, 1 and 3 the values are -2, 2 and 6 before clipping to 5.
void check_element() {
    FusedBiasActParams params = {};
    params.alpha = 0.25f;
    params.gain = 2.0f;
    params.clamp = 5.0f;
    const dnnlib::bias_act::Element<dnnlib::bias_act::LeakyRelu> lrelu(params);
    const dnnlib::bias_act::Element<dnnlib::bias_act::Swish> swish(params);
    expect_near("lrelu at -4", lrelu.value(-5, 1), -2);
    expect_near("lrelu at 1", lrelu.value(0, 1), 2);
    expect_near("lrelu at 3", lrelu.value(2, 1), 5);
    expect_near("lrelu at -400", lrelu.value(-400, 0), -5);
    expect_near("gradient of lrelu at -4", lrelu.gradient(3, -2, 0), 1.5);
    expect_near("gradient of lrelu at 1", lrelu.gradient(3, 2, 0), 6);
    expect_near("gradient of lrelu at the clamp", lrelu.gradient(3, 5, 0), 0);
    expect_near("gradient of swish at 0", swish.gradient(3, -1, 1), 3);              // 2 * 1/2 * 3
    expect_near("second gradient of swish at 0", swish.reference_gradient(5, 3, -1, 1), 15);  // 2 * 1/2 * 3 * 5
    expect_near("second gradient of swish beyond the clamp", swish.reference_gradient(5, 3, 9, 1), 0);
    params.clamp = NAN;
    const dnnlib::bias_act::Element<dnnlib::bias_act::LeakyRelu> free_lrelu(params);
    expect_near("no clamp", free_lrelu.value(1e30f, 0), 2e30f);
    expect_near("gradient without clamp", free_lrelu.gradient(3, 2e30f, 0), 6);
}

}  // namespace

int main() {
    check_number_formats();
    check_upfirdn_2d();
    check_upfirdn_2d_everywhere();
    check_factorize();
    check_two_passes();
    check_element();
    for (int act = 1; act <= 10; ++act) {
        const float alpha = act == 10 ? -0.5f : 0.2f;
        const bool is_known = dnnlib::bias_act::visit_activation(act, CheckActivation{act, alpha});
        expect_near("activation " + std::to_string(act) + " is known", is_known, 1);
    }
    printf("%d failures\n", num_failures);
    return num_failures == 0 ? 0 : 1;
}
