// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Counts checks and tells what differed.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

#include "device_array.h"

struct LaunchError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Report {
public:
    // A quick check has fewer sizes per kernel and, of more than 2^31 elements, looks at the first and the last.
    explicit Report(bool quick) : quick_(quick) {}

    // Run one case, unless memory is too short for it.
    void run(const std::string& name, const std::function<void()>& work) {
        name_ = name;
        ++num_cases_;
        try {
            work();
        } catch (const LaunchError& error) {
            fail(error.what());
        } catch (const OutOfMemory& error) {
            --num_cases_;
            printf("skipped %s: %s\n", name.c_str(), error.what());
        }
    }

    // Throw if a launcher returned an error text, or its kernel failed: after that the GPU answers nothing any more.
    void check_launch(const char* error) const {
        if (error != nullptr) {
            throw LaunchError(error);
        }
        check_cuda(cudaDeviceSynchronize(), name_ + ": kernel failed");
    }

    // Compare the elements begin ... of an array with those that a function gives, up to atol + rtol * magnitude.
    void compare(const DeviceArray& array, int64_t begin, int64_t count, const std::function<float(int64_t)>& expect,
                 float rtol = 0.0f, float atol = 0.0f) {
        const std::vector<float> values = array.download(begin, count);
        for (int64_t i = 0; i < count; ++i) {
            const float expected = round_to(array.dtype(), expect(begin + i));
            if (!(std::fabs(values[i] - expected) <= atol + rtol * std::fabs(expected))) {
                return fail("index " + std::to_string(begin + i) + ": expected " + std::to_string(expected) + ", got " +
                            std::to_string(values[i]));
            }
        }
        if (!array.has_intact_guards()) {
            fail("wrote outside of its output");
        }
    }

    void fail(const std::string& what) {
        ++num_failures_;
        if (num_failures_ <= MAX_LINES) {
            printf("FAILED %s: %s\n", name_.c_str(), what.c_str());
        }
    }

    bool is_quick() const { return quick_; }
    int num_cases() const { return num_cases_; }
    int num_failures() const { return num_failures_; }

private:
    static constexpr int MAX_LINES = 30;
    std::string name_;
    const bool quick_;
    int num_cases_ = 0, num_failures_ = 0;
};

// Return k / 32 with |k| <= 96 that depends on index and seed alone. All three types hold it, and sums of some hundred
// products with small multiples of 1 / 32 are exact in float32, so that no order of summation excuses a difference.
inline float make_random(uint64_t index, uint64_t seed) {
    uint64_t bits = (index + 1) * 0x9e3779b97f4a7c15ull + seed * 0xd1b54a32d192ed03ull;
    bits = (bits ^ (bits >> 32)) * 0xd6e8feb86659fd93ull;
    bits = (bits ^ (bits >> 32)) * 0xd6e8feb86659fd93ull;
    return (static_cast<int>((bits >> 33) % 193) - 96) / 32.0f;
}

inline std::vector<float> make_random_vector(int64_t count, uint64_t seed) {
    std::vector<float> values(count);
    for (int64_t i = 0; i < count; ++i) {
        values[i] = make_random(i, seed);
    }
    return values;
}
