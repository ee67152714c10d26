// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// As much of CUDA as the custom ops use, on the CPU: with this folder on its include path, g++ compiles their .cu files,
// and index arithmetic, tiles, barriers and alignment can be tested, under sanitizers too, where there is no GPU.
//
// Blocks run one after the other. The threads of a block take turns at barriers, in rising order in one block and in
// falling order in the next, so that a result that depends on the order differs from the expected one.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>

#define CUDA_EMULATOR 1

// ----------------------------------------------------------------------------
// Language.

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __shared__ static
#define __launch_bounds__(...)

struct uint3 {
    unsigned x, y, z;
};

struct dim3 {
    unsigned x, y, z;
    dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

struct alignas(8) float2 {
    float x, y;
};

struct alignas(16) float4 {
    float x, y, z, w;
};

struct alignas(8) uint2 {
    unsigned x, y;
};

struct alignas(16) uint4 {
    unsigned x, y, z, w;
};

struct alignas(16) int4 {
    int x, y, z, w;
};

inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

template <typename T>
T __ldg(const T* address) {
    return *address;
}

// ----------------------------------------------------------------------------
// Execution.

namespace cuda_emulator {

struct Position {
    dim3 grid, block;
    uint3 block_index, thread_index;
};

// Where the running thread is.
extern Position position;

// Run a kernel, which `body` calls, in all threads of all blocks; return nullptr or an error text.
const char* launch(const void* kernel, dim3 grid, dim3 block, size_t shared_bytes, const std::function<void()>& body);

// From now on, run only blocks whose coordinates are each among the first or the last two. Too large a tensor takes days.
void run_corners_only();

// Print the addresses of all kernels that have run, one a line.
void print_launched();

// Wait until all threads of the block are here.
void wait_at_barrier();

}  // namespace cuda_emulator

#define threadIdx (cuda_emulator::position.thread_index)
#define blockIdx (cuda_emulator::position.block_index)
#define blockDim (cuda_emulator::position.block)
#define gridDim (cuda_emulator::position.grid)

inline void __syncthreads() { cuda_emulator::wait_at_barrier(); }

// ----------------------------------------------------------------------------
// Runtime.

typedef void* cudaStream_t;
enum cudaError_t { cudaSuccess = 0, cudaErrorMemoryAllocation = 2 };
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };

inline const char* cudaGetErrorString(cudaError_t error) { return error == cudaSuccess ? "no error" : "out of memory"; }
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }

// From 1 GiB on, memory is zero at first and cannot be filled, so that what is not touched takes no memory of the host.
cudaError_t cudaMalloc(void** memory, size_t bytes);
cudaError_t cudaFree(void* memory);
cudaError_t cudaMemset(void* memory, int value, size_t bytes);

inline cudaError_t cudaMemcpy(void* target, const void* source, size_t bytes, cudaMemcpyKind) {
    memcpy(target, source, bytes);
    return cudaSuccess;
}
