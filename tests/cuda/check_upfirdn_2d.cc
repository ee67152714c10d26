// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Runs every kernel of upfirdn_2d.cu and compares, bit for bit, with the definition of the op: see make_random.

#include "checks.h"
#include "resampling.h"
#include "upfirdn_2d/upfirdn_2d.h"

namespace {

UpFirDn2DAxis make_axis(const Axis& axis) {
    return {axis.in_size, axis.out_size(), static_cast<int32_t>(axis.up), static_cast<int32_t>(axis.down),
            static_cast<int32_t>(axis.pad0), static_cast<int32_t>(axis.taps)};
}

// Fill y on the GPU. With `flip`, the taps of `resampling` are given to the op mirrored.
void launch(const Report& report, const Resampling& resampling, const DeviceArray& x, const DeviceArray& y, bool flip) {
    std::vector<float> taps = resampling.taps;
    if (flip) {
        taps.assign(resampling.taps.rbegin(), resampling.taps.rend());
    }
    UpFirDn2DParams params = {x.data(), y.data(),
                              taps.data(), x.dtype(),
                              flip, resampling.major,
                              resampling.minor, make_axis(resampling.y),
                              make_axis(resampling.x), nullptr};
    const DeviceArray space(FLOAT32, dnnlib::upfirdn_2d_num_space(params));
    params.k_space = static_cast<float*>(space.data());
    report.check_launch(upfirdn_2d_launch(&params, nullptr));
}

// The taps are small integers, so that sums are exact. Those of a separable filter have a power of two as their
// largest, by which the op may divide.
std::vector<float> make_taps(int64_t height, int64_t width, bool separable) {
    const float factors[] = {2, -1, 1, 4, 3, -2, 1, 3, -4, 2, 1, -3};
    std::vector<float> taps(height * width);
    for (int64_t i = 0; i < height * width; ++i) {
        taps[i] = separable ? factors[i / width % 12] * factors[i % width % 12]
                            : static_cast<int>(16 + 16 * make_random(i, 77)) % 9;
    }
    return taps;
}

double get_inner_product(const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0.0;
    for (size_t i = 0; i < a.size(); ++i) {
        sum += static_cast<double>(a[i]) * b[i];
    }
    return sum;
}

// Output, gradient for a random dy, and gradient of the gradient, which is the op itself again.
void check_with_gradients(Report& report, const Resampling& forward, DType dtype, int offset) {
    const Resampling backward = forward.gradient();
    const std::vector<float> x_values = make_random_vector(forward.in_size(), 1);
    const std::vector<float> dy_values = make_random_vector(forward.out_size(), 2);
    DeviceArray x(dtype, forward.in_size(), offset), y(dtype, forward.out_size(), offset);
    DeviceArray dy(dtype, forward.out_size(), offset), dx(dtype, forward.in_size(), offset);
    x.upload(0, x_values);
    dy.upload(0, dy_values);
    launch(report, forward, x, y, false);
    report.compare(y, 0, y.size(), [&](int64_t i) { return forward.compute(i, [&](int64_t j) { return x_values[j]; }); });
    launch(report, backward, dy, dx, true);
    report.compare(dx, 0, dx.size(),
                   [&](int64_t i) { return backward.compute(i, [&](int64_t j) { return dy_values[j]; }); });
    if (dtype == FLOAT32) {
        const double in_y = get_inner_product(y.download(0, y.size()), dy_values);
        const double in_x = get_inner_product(dx.download(0, dx.size()), x_values);
        if (in_y != in_x) {
            report.fail("<y(x), dy> = " + std::to_string(in_y) + " but <x, dx(dy)> = " + std::to_string(in_x));
        }
    }
}

void run_case(Report& report, const Resampling& resampling, DType dtype, int offset, bool separable) {
    const std::string name = std::string(separable ? "separable " : "") + resampling.describe() + ", " + get_name(dtype) +
                             ", offset " + std::to_string(offset);
    report.run(name, [&] { check_with_gradients(report, resampling, dtype, offset); });
}

// Factors, pads and filter in both directions at a few sizes, layouts and types.
void run_cases(Report& report, Axis y, Axis x, bool separable) {
    const int64_t sizes[][4] = {{1, 35, 69, 1}, {3, 5, 6, 1}, {1, 32, 64, 1}, {2, 9, 13, 3}, {1, 18, 5, 16}, {1, 7, 9, 33}};
    int number = 0;
    for (const auto& size : sizes) {
        y.in_size = size[1];
        x.in_size = size[2];
        if (y.out_size() < 1 || x.out_size() < 1) {
            continue;
        }
        const Resampling resampling = {size[0], size[3], y, x, make_taps(y.taps, x.taps, separable)};
        for (DType dtype : DTYPES) {
            // A quick check has each type once in either layout.
            if (!report.is_quick() || (&size - sizes) % 3 == dtype) {
                run_case(report, resampling, dtype, number++ % 2, separable);
            }
        }
    }
}

// The pads that keep H * up / down, as the networks use them.
Axis make_centred(int64_t up, int64_t down, int64_t taps) {
    const int64_t p = taps - std::max(up, down);
    return {0, up, down, up > 1 ? (p + 1) / 2 + up - 1 : down > 1 ? (p + 1) / 2 : taps / 2, up > 1 || down > 1 ? p / 2 : (taps - 1) / 2,
            taps};
}

void run_factors(Report& report, int64_t up, int64_t down, int64_t max_taps) {
    for (int64_t taps = 1; taps <= max_taps; ++taps) {
        const Axis axis = make_centred(up, down, taps);
        run_cases(report, axis, axis, false);
        run_cases(report, axis, axis, true);
    }
}

// Many elements: zeros but for some at the begin, around number 2^31 and at the end. Near them the outputs are compared.
void check_large(Report& report, const Resampling& resampling, DType dtype, int64_t num_outputs) {
    DeviceArray x(dtype, resampling.in_size()), y(dtype, resampling.out_size());
    const int64_t num_inputs = std::min<int64_t>(x.size(), 1 << 18);
    const double middle = report.is_quick() ? 0 : std::ldexp(1.0, 31) / std::max(x.size(), y.size());
    const std::vector<int64_t> begins = get_window_begins(x.size(), num_inputs, middle);
    x.set_zero();
    for (int64_t begin : begins) {
        std::vector<float> values(num_inputs);
        for (int64_t i = 0; i < num_inputs; ++i) {
            values[i] = make_random(begin + i, 1);
        }
        x.upload(begin, values);
    }
    launch(report, resampling, x, y, false);
    const auto input = [&](int64_t i) { return is_in_windows(begins, num_inputs, i) ? make_random(i, 1) : 0.0f; };
    for (int64_t begin : get_window_begins(y.size(), num_outputs, middle)) {
        report.compare(y, begin, num_outputs, [&](int64_t i) { return resampling.compute(i, input); });
    }
}

// The larger of input and output has 60000 * 180 * 200 elements.
void run_large(Report& report, int64_t up, int64_t down, int64_t taps, bool separable, int64_t minor) {
    Axis y = make_centred(up, down, taps), x = y;
    y.in_size = 180 / up;
    x.in_size = 200 / up / minor;
    const Resampling resampling = {60000, minor, y, x, make_taps(taps, taps, separable)};
    report.run("large " + resampling.describe(), [&] { check_large(report, resampling, FLOAT16, 256); });
}

// More images, or rows of tiles, than a grid has blocks in that direction.
void run_beyond_grid(Report& report, int64_t major, int64_t height, int64_t minor, int64_t num_outputs) {
    Axis y = make_centred(1, 1, 3), x = y;
    y.in_size = height;
    x.in_size = 6;
    const Resampling resampling = {major, minor, y, x, make_taps(3, 3, true)};
    report.run("many blocks " + resampling.describe(), [&] { check_large(report, resampling, FLOAT16, num_outputs); });
}

}  // namespace

void check_upfirdn_2d(Report& report) {
    run_factors(report, 1, 1, 9);
    run_factors(report, 2, 1, 10);
    run_factors(report, 1, 2, 10);
    run_factors(report, 2, 2, 3);
    run_factors(report, 3, 1, 4);
    run_factors(report, 1, 3, 4);
    // Different in x and y.
    for (bool separable : {false, true}) {
        run_cases(report, {0, 2, 1, 2, 1, 4}, {0, 1, 1, 0, 0, 1}, separable);
        run_cases(report, {0, 1, 1, 0, 0, 1}, {0, 1, 2, 1, 1, 4}, separable);
        run_cases(report, {0, 1, 3, 2, 4, 5}, {0, 2, 1, 0, 3, 3}, separable);
        run_cases(report, {0, 1, 1, 1, 2, 4}, {0, 1, 1, 3, 1, 7}, separable);
        run_cases(report, {0, 1, 1, 7, 8, 16}, {0, 1, 1, 12, 11, 24}, separable);
        run_cases(report, {0, 2, 1, 12, 11, 12}, {0, 2, 1, 12, 11, 12}, separable);
        run_cases(report, {0, 1, 2, 5, 5, 12}, {0, 1, 2, 5, 5, 12}, separable);
        // Cropped, padded by more than the filter, and both.
        run_cases(report, {0, 1, 1, -2, -1, 2}, {0, 1, 1, -1, -3, 2}, separable);
        run_cases(report, {0, 2, 1, -3, -2, 4}, {0, 2, 1, -3, 5, 4}, separable);
        run_cases(report, {0, 1, 2, -1, 6, 4}, {0, 1, 2, 9, -2, 4}, separable);
        run_cases(report, {0, 1, 1, 40, 3, 3}, {0, 1, 1, 2, 90, 3}, separable);
        run_cases(report, {0, 2, 3, -5, 11, 5}, {0, 3, 2, 4, -7, 2}, separable);
        // More taps than fit into the parameters of a kernel.
        run_cases(report, {0, 1, 1, 15, 15, 31}, {0, 1, 1, 16, 14, 31}, separable);
    }
}

void check_upfirdn_2d_large(Report& report) {
    const int64_t max_blocks = 65535;
    for (int64_t minor : {1, 3}) {
        run_beyond_grid(report, max_blocks + 2, 7, minor, 2 * 7 * 6 * minor);
        run_beyond_grid(report, 1, (max_blocks + 2) * (minor == 1 ? 32 : 8), minor, 16 * 6 * minor);
    }
    for (int64_t minor : {1, 10}) {
        for (bool separable : {false, true}) {
            run_large(report, 1, 1, 4, separable, minor);
            run_large(report, 2, 1, 4, separable, minor);
            run_large(report, 1, 2, 4, separable, minor);
        }
        run_large(report, 1, 1, 12, true, minor);  // In two passes.
        run_large(report, 1, 1, 9, false, minor);  // General.
        run_large(report, 2, 1, 12, true, minor);
        run_large(report, 1, 2, 12, true, minor);
    }
}
