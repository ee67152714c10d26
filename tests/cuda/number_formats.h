// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// float16 and bfloat16 as bit patterns, rounded to nearest, ties to even. No CUDA header is used, so that this is an
// independent witness of the conversions on the GPU and works with compilers that know neither type.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

namespace number_formats {

inline uint32_t get_bits(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return bits;
}

inline float from_bits(uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
}

inline uint16_t to_bfloat16(float value) {
    const uint32_t bits = get_bits(value);
    if (std::isnan(value)) {
        return static_cast<uint16_t>((bits >> 16) | 0x40);
    }
    return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

inline float from_bfloat16(uint16_t bits) { return from_bits(static_cast<uint32_t>(bits) << 16); }

inline uint16_t to_float16(float value) {
    const uint32_t bits = get_bits(value);
    const uint16_t sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
    const float magnitude = std::fabs(value);
    if (std::isnan(value)) {
        return sign | 0x7e00;
    }
    if (magnitude >= 65520.0f) {  // Half-way between the largest number and the next that there would be.
        return sign | 0x7c00;
    }
    if (magnitude < 6.103515625e-05f) {  // Subnormal: multiples of 2^-24; adding 2^-1 of unit 2^-24 rounds to them.
        return static_cast<uint16_t>(sign | (get_bits(magnitude + 0.5f) - get_bits(0.5f)));
    }
    const uint32_t rounded = get_bits(magnitude) + 0xfff + ((bits >> 13) & 1);
    return static_cast<uint16_t>(sign | ((rounded >> 13) - (112 << 10)));
}

inline float from_float16(uint16_t bits) {
    const uint32_t exponent = (bits >> 10) & 31, fraction = bits & 1023;
    float magnitude = std::ldexp(static_cast<float>(fraction), -24);
    if (exponent == 31) {
        magnitude = from_bits(0x7f800000 | (fraction << 13));
    } else if (exponent > 0) {
        magnitude = from_bits(((exponent + 112) << 23) | (fraction << 13));
    }
    return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace number_formats
