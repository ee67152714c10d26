// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// What the check program consists of.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "report.h"

void check_fused_bias_act(Report& report);
void check_fused_bias_act_large(Report& report);
void check_upfirdn_2d(Report& report);
void check_upfirdn_2d_large(Report& report);

// Return a table, in Markdown, of the bandwidth of every kernel beside that of a copy.
std::string measure_bandwidth();

// Where to look at an array of more than 2^31 elements: at the begin, at the end and, unless it is 0, around a fraction of
// its size.
inline std::vector<int64_t> get_window_begins(int64_t size, int64_t window, double middle) {
    if (middle == 0) {
        return {0, size - window};
    }
    return {0, std::min(static_cast<int64_t>(std::llround(size * middle)) - window / 2, size - window), size - window};
}

inline bool is_in_windows(const std::vector<int64_t>& begins, int64_t window, int64_t index) {
    return std::any_of(begins.begin(), begins.end(),
                       [&](int64_t begin) { return index >= begin && index < begin + window; });
}
