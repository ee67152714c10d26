// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// float16 of CUDA on the CPU: storage and conversions.
#pragma once

#include "../number_formats.h"

struct alignas(2) __half {
    uint16_t bits;
};

struct alignas(4) __half2 {
    __half x, y;
};

typedef __half half;
typedef __half2 half2;

inline __half __float2half_rn(float value) { return {number_formats::to_float16(value)}; }
inline __half __float2half(float value) { return __float2half_rn(value); }
inline float __half2float(__half value) { return number_formats::from_float16(value.bits); }
