// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Division and rounding of integers; b > 0, and for ceil_div and round_up a >= 0.
#pragma once

#include <cstdint>

#include "host_device.h"

namespace dnnlib {

DNNLIB_HOST_DEVICE inline int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }
DNNLIB_HOST_DEVICE inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
DNNLIB_HOST_DEVICE inline int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

}  // namespace dnnlib
