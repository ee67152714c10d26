// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// bfloat16 of CUDA on the CPU: storage and conversions.
#pragma once

#include "../number_formats.h"

struct alignas(2) __nv_bfloat16 {
    uint16_t bits;
};

struct alignas(4) __nv_bfloat162 {
    __nv_bfloat16 x, y;
};

inline __nv_bfloat16 __float2bfloat16_rn(float value) { return {number_formats::to_bfloat16(value)}; }
inline __nv_bfloat16 __float2bfloat16(float value) { return __float2bfloat16_rn(value); }
inline float __bfloat162float(__nv_bfloat16 value) { return number_formats::from_bfloat16(value.bits); }
