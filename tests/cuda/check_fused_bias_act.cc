// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Runs every kernel of fused_bias_act.cu and compares with the arithmetic of fused_bias_act.h on the host.

#include <memory>
#include <set>

#include "checks.h"
#include "fused_bias_act/fused_bias_act.h"

namespace {

using namespace dnnlib::bias_act;

struct Case {
    std::string act_name;
    int act;
    float alpha, gain, clamp;
    int64_t outer, channels, inner;
    bool with_bias;
    DType dtype;
    int offset;

    int64_t size() const { return outer * channels * inner; }
    int64_t get_channel(int64_t index) const { return index / inner % channels; }

    std::string describe() const {
        return "fused_bias_act " + act_name + (with_bias ? " [" : " without bias [") + std::to_string(outer) + ", " +
               std::to_string(channels) + ", " + std::to_string(inner) + "], clamp " + std::to_string(clamp) + ", " +
               get_name(dtype) + ", offset " + std::to_string(offset);
    }
};

const char* const ACT_NAMES[] = {"",    "linear", "relu",     "lrelu", "tanh",       "sigmoid",
                                 "elu", "selu",   "softplus", "swish", "folded relu"};

float get_rtol(DType dtype) { return dtype == FLOAT32 ? 1e-5f : dtype == FLOAT16 ? 1.0f / 1024 : 1.0f / 128; }
constexpr float ATOL = 5e-5f;

// Random numbers, some of them so large that exponentials overflow.
std::vector<float> make_inputs(int64_t size) {
    const float large[] = {0.0f, -0.0f, 30.0f, -30.0f, 100.0f, -100.0f, 1000.0f, -1000.0f};
    std::vector<float> values = make_random_vector(size, 3);
    for (int64_t i = 5; i < size; i += 37) {
        values[i] = large[i / 37 % 8];
    }
    return values;
}

FusedBiasActParams make_params(const Case& c) {
    FusedBiasActParams params = {};
    params.dtype = c.dtype;
    params.act = c.act;
    params.alpha = c.alpha;
    params.gain = c.gain;
    params.clamp = c.clamp;
    params.outer = c.outer;
    params.channels = c.channels;
    params.inner = c.inner;
    return params;
}

// The arithmetic of one activation function on the host.
struct HostFunction {
    bool reads_x, curved;
    std::function<float(float x, float b)> value;
    std::function<float(float dy, float r, float b)> gradient;
    std::function<float(float t, float dy, float r, float b)> reference_gradient;

    explicit HostFunction(const FusedBiasActParams& params) { visit_activation(params.act, Maker{*this, params}); }

private:
    struct Maker {
        HostFunction& function;
        const FusedBiasActParams& params;

        template <typename Act>
        void operator()(Act) const {
            const Element<Act> element(params);
            function.reads_x = Act::kReadsX;
            function.curved = Act::kCurved;
            function.value = [element](float x, float b) { return element.value(x, b); };
            function.gradient = [element](float dy, float r, float b) { return element.gradient(dy, r, b); };
            function.reference_gradient = [element](float t, float dy, float r, float b) {
                return element.reference_gradient(t, dy, r, b);
            };
        }
    };
};

// All tensors of one case, on the host and on the GPU, and what the host makes of them.
class Fixture {
public:
    Fixture(Report& report, const Case& c)
        : report_(report), case_(c), params_(make_params(c)), function_(params_),
          x_(make_inputs(c.size())), dy_(make_random_vector(c.size(), 4)), d_dx_(make_random_vector(c.size(), 5)),
          b_(make_vector(6)), d_db_(make_vector(7)), partial_sums_(FLOAT32, num_partial_sums(Tiles(params_))) {
        params_.partial_sums = static_cast<float*>(partial_sums_.data());
        for (int64_t i = 0; i < c.size(); ++i) {
            const float y = function_.value(x_[i], b_[c.get_channel(i)]);
            r_.push_back(function_.reads_x ? x_[i] : round_to(c.dtype, y));
        }
        params_.b = c.with_bias ? upload(b_) : nullptr;
    }

    void check() {
        check_value();
        check_gradient(false);
        check_gradient(true);
        if (case_.with_bias) {
            check_bias_gradient();
        }
        check_second();
    }

private:
    typedef std::function<float(int64_t)> Expect;

    std::vector<float> make_vector(uint64_t seed) const {
        return case_.with_bias ? make_random_vector(case_.channels, seed) : std::vector<float>(case_.channels, 0.0f);
    }

    void* upload(const std::vector<float>& values) {
        arrays_.emplace_back(new DeviceArray(case_.dtype, values.size(), case_.offset));
        arrays_.back()->upload(0, values);
        return arrays_.back()->data();
    }

    DeviceArray& make_output(int64_t size) {
        arrays_.emplace_back(new DeviceArray(case_.dtype, size, case_.offset));
        return *arrays_.back();
    }

    void launch(const FusedBiasActParams& params) { report_.check_launch(fused_bias_act_launch(&params, nullptr)); }

    void compare(const DeviceArray& array, const Expect& expect) {
        report_.compare(array, 0, array.size(), expect, get_rtol(case_.dtype), ATOL);
    }

    // A sum per channel may differ by rounding of its terms.
    void compare_sums(const DeviceArray& array, const Expect& get_term) {
        std::vector<double> sums(case_.channels), magnitudes(case_.channels);
        for (int64_t i = 0; i < case_.size(); ++i) {
            sums[case_.get_channel(i)] += get_term(i);
            magnitudes[case_.get_channel(i)] += std::fabs(get_term(i));
        }
        const double largest = *std::max_element(magnitudes.begin(), magnitudes.end());
        report_.compare(array, 0, case_.channels, [&](int64_t i) { return static_cast<float>(sums[i]); },
                        get_rtol(case_.dtype), ATOL + 2e-6f * static_cast<float>(largest));
    }

    void check_value() {
        FusedBiasActParams params = params_;
        DeviceArray& y = make_output(case_.size());
        params.order = 0;
        params.x = upload(x_);
        params.y = y.data();
        launch(params);
        compare(y, [&](int64_t i) { return function_.value(x_[i], get_b(i)); });
    }

    float get_b(int64_t i) const { return b_[case_.get_channel(i)]; }
    float get_dx(int64_t i) const { return function_.gradient(dy_[i], r_[i], get_b(i)); }
    float get_t(int64_t i) const { return d_dx_[i] + d_db_[case_.get_channel(i)]; }
    float get_d_r(int64_t i) const { return function_.reference_gradient(get_t(i), dy_[i], r_[i], get_b(i)); }

    void check_gradient(bool in_place) {
        FusedBiasActParams params = params_;
        DeviceArray& dx = make_output(case_.size());
        DeviceArray& db = make_output(case_.channels);
        params.order = 1;
        params.r = upload(r_);
        params.dx = dx.data();
        params.db = case_.with_bias ? db.data() : nullptr;
        dx.upload(0, dy_);
        params.dy = in_place ? dx.data() : upload(dy_);
        launch(params);
        compare(dx, [&](int64_t i) { return get_dx(i); });
        if (case_.with_bias) {
            compare_sums(db, [&](int64_t i) { return get_dx(i); });
        }
    }

    // Where dx is dy itself, only the sums are wanted.
    void check_bias_gradient() {
        FusedBiasActParams params = params_;
        DeviceArray& db = make_output(case_.channels);
        params.order = 1;
        params.dy = upload(dy_);
        params.db = db.data();
        launch(params);
        compare_sums(db, [&](int64_t i) { return dy_[i]; });
    }

    void check_second() {
        const bool with_sums = function_.curved && function_.reads_x && case_.with_bias;
        FusedBiasActParams params = params_;
        DeviceArray& d_dy = make_output(case_.size());
        DeviceArray& d_r = make_output(case_.size());
        DeviceArray& d_b = make_output(case_.channels);
        params.order = 2;
        params.dy = function_.curved ? upload(dy_) : nullptr;
        params.r = upload(r_);
        params.d_dx = upload(d_dx_);
        params.d_db = case_.with_bias ? upload(d_db_) : nullptr;
        params.d_dy = d_dy.data();
        params.d_r = function_.curved ? d_r.data() : nullptr;
        params.d_b = with_sums ? d_b.data() : nullptr;
        launch(params);
        compare(d_dy, [&](int64_t i) { return function_.gradient(get_t(i), r_[i], get_b(i)); });
        if (function_.curved) {
            compare(d_r, [&](int64_t i) { return get_d_r(i); });
        }
        if (with_sums) {
            compare_sums(d_b, [&](int64_t i) { return get_d_r(i); });
        }
    }

    Report& report_;
    const Case case_;
    FusedBiasActParams params_;
    const HostFunction function_;
    const std::vector<float> x_, dy_, d_dx_, b_, d_db_;
    std::vector<float> r_;
    DeviceArray partial_sums_;
    std::vector<std::unique_ptr<DeviceArray>> arrays_;
};

// A quick check has each function and type once, and the larger shapes with the function that has all sums only.
void run_shape(Report& report, int64_t outer, int64_t channels, int64_t inner, bool with_bias) {
    const float clamps[] = {std::nanf(""), 1.5f};
    const int swish = 9;
    const bool is_packed = std::max(inner, channels) % 8 == 0;
    int number = 0;
    for (int act = 1; act <= 10; ++act) {
        if (report.is_quick() && channels * inner > 200 && act != swish) {
            continue;
        }
        const float alpha = act == 10 ? -0.5f : 0.25f;
        for (DType dtype : DTYPES) {
            for (float clamp : clamps) {
                const int offset = report.is_quick() ? !is_packed || (act + outer) % 2 == 1 : number / 2 % 2;
                const Case c = {ACT_NAMES[act], act, alpha, 1.25f, clamp, outer, channels, inner, with_bias, dtype, offset};
                if (!report.is_quick() || (number + act + dtype) % 2 == 0) {
                    report.run(c.describe(), [&] { Fixture(report, c).check(); });
                }
                ++number;
            }
        }
    }
}

// More than 2^31 elements: zeros but for some at the begin, around number 2^31 and at the end, where results are compared.
class LargeFixture {
public:
    LargeFixture(Report& report, const Case& c)
        : report_(report), case_(c), params_(make_params(c)), function_(params_),
          begins_(get_window_begins(c.size(), WINDOW, report.is_quick() ? 0 : std::ldexp(1.0, 31) / c.size())),
          b_(make_random_vector(c.channels, 6)), in_(c.dtype, c.size()), out_(c.dtype, c.size()),
          b_array_(c.dtype, c.channels), db_(c.dtype, c.channels),
          partial_sums_(FLOAT32, num_partial_sums(Tiles(params_))) {
        in_.set_zero();
        for (int64_t begin : begins_) {
            std::vector<float> values(WINDOW);
            for (int64_t i = 0; i < WINDOW; ++i) {
                values[i] = make_random(begin + i, 3);
            }
            in_.upload(begin, values);
        }
        b_array_.upload(0, b_);
    }

    void check() {
        params_.b = b_array_.data();
        params_.x = in_.data();
        params_.y = out_.data();
        report_.check_launch(fused_bias_act_launch(&params_, nullptr));
        compare([&](int64_t i) { return function_.value(make_random(i, 3), b_[case_.get_channel(i)]); });
        params_.order = 1;
        params_.dy = params_.r = in_.data();
        params_.dx = out_.data();
        params_.db = db_.data();
        params_.partial_sums = static_cast<float*>(partial_sums_.data());
        report_.check_launch(fused_bias_act_launch(&params_, nullptr));
        compare([&](int64_t i) { return get_dx(i); });
        if (!report_.is_quick()) {
            compare_sums();
        }
    }

private:
    static constexpr int64_t WINDOW = 128;

    float get_dx(int64_t i) const { return function_.gradient(make_random(i, 3), make_random(i, 3), 0); }

    void compare(const std::function<float(int64_t)>& expect) {
        for (int64_t begin : begins_) {
            report_.compare(out_, begin, WINDOW, expect, get_rtol(case_.dtype), ATOL);
        }
    }

    void compare_sums() {
        std::vector<float> sums(case_.channels);
        std::set<int64_t> seen;  // Windows may overlap.
        for (int64_t begin : begins_) {
            for (int64_t i = begin; i < begin + WINDOW; ++i) {
                sums[case_.get_channel(i)] += seen.insert(i).second ? get_dx(i) : 0.0f;
            }
        }
        report_.compare(db_, 0, case_.channels, [&](int64_t i) { return sums[i]; }, get_rtol(case_.dtype), 1e-2f);
    }

    Report& report_;
    const Case case_;
    FusedBiasActParams params_;
    const HostFunction function_;
    const std::vector<int64_t> begins_;
    const std::vector<float> b_;
    DeviceArray in_, out_, b_array_, db_, partial_sums_;
};

}  // namespace

void check_fused_bias_act(Report& report) {
    run_shape(report, 2, 3, 35, true);      // [NCHW], rows that end anywhere.
    run_shape(report, 2, 2, 64, true);      // [NCHW], rows that vectors divide.
    run_shape(report, 1, 2, 2051, true);    // Rows longer than a tile.
    run_shape(report, 1, 2, 1544, true);
    run_shape(report, 37, 8, 1, true);      // [NHWC] or [NC].
    run_shape(report, 67, 7, 1, true);      // [NHWC], odd.
    run_shape(report, 3, 261, 1, true);     // More channels than a row of threads has lanes.
    run_shape(report, 5, 264, 1, true);
    run_shape(report, 5, 1, 33, true);      // One channel.
    run_shape(report, 1, 1, 1, true);
    run_shape(report, 1, 1, 128, false);
    run_shape(report, 1, 1, 137, false);
    run_shape(report, 1, 1, 2056, false);
}

void check_fused_bias_act_large(Report& report) {
    // The last two have more tiles than a grid has blocks.
    const int64_t shapes[][3] = {{3, 1023, 700001}, {2150000, 1000, 1}, {1, 1, (int64_t(1) << 31) + 4099},
                                 {524289, 16, 8}, {16777248, 512, 1}};
    for (const auto& shape : shapes) {
        const Case c = {"large lrelu", 3, 0.25f, 1.25f, 1.5f, shape[0], shape[1], shape[2], true, FLOAT16, 0};
        report.run(c.describe(), [&] { LargeFixture(report, c).check(); });
    }
}
