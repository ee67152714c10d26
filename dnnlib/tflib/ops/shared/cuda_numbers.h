// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// The number types of the CUDA kernels, converted from and to float32 and read and written several at a time.
#pragma once

#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <cstring>

#include "host_device.h"

namespace dnnlib {

// The upper half of a float32. CUDA 10 has no such type.
struct BFloat16 {
    uint16_t bits;
};

DNNLIB_HOST_DEVICE inline float to_float(float value) { return value; }
DNNLIB_HOST_DEVICE inline float to_float(__half value) { return __half2float(value); }
DNNLIB_HOST_DEVICE inline float to_float(BFloat16 value) {
    const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
    float result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

// Round to the nearest number of a type, to even ones if there are two.
__device__ inline void set_number(float* target, float value) { *target = value; }
__device__ inline void set_number(__half* target, float value) { *target = __float2half_rn(value); }
__device__ inline void set_number(BFloat16* target, float value) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(target->bits) : "f"(value));
#else
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const bool is_nan = (bits & 0x7fffffff) > 0x7f800000;
    target->bits = static_cast<uint16_t>((is_nan ? bits | 0x400000 : bits + 0x7fff + (bits >> 16 & 1)) >> 16);
#endif
}

// Neighbouring numbers that are read or written at once; they have to be aligned to their size.
template <typename T, int kCount>
struct alignas(sizeof(T) * kCount) Pack {
    T numbers[kCount];
};

template <typename T, int kCount>
__device__ void read_numbers(const void* tensor, int64_t index, float (&values)[kCount]) {
    const Pack<T, kCount> pack = *reinterpret_cast<const Pack<T, kCount>*>(static_cast<const T*>(tensor) + index);
#pragma unroll
    for (int k = 0; k < kCount; k++) values[k] = to_float(pack.numbers[k]);
}

template <typename T, int kCount>
__device__ void write_numbers(void* tensor, int64_t index, const float (&values)[kCount]) {
    Pack<T, kCount> pack;
#pragma unroll
    for (int k = 0; k < kCount; k++) set_number(&pack.numbers[k], values[k]);
    *reinterpret_cast<Pack<T, kCount>*>(static_cast<T*>(tensor) + index) = pack;
}

}  // namespace dnnlib
