// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// The one place where CUDA kernels are started, so that the kernels can also run where no GPU is: another compiler than
// nvcc takes `cuda_emulator::launch` from the cuda_runtime.h that its include path leads to (tests/cuda/emulator).
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>

namespace dnnlib {

// The size of a grid in one direction for so many tiles, rows or elements; kernels repeat what exceeds the limit.
inline unsigned limit_blocks(int64_t count, int64_t limit) { return static_cast<unsigned>(std::min(count, limit)); }

// Start kernel(args...) on a stream and return nullptr or an error text. The arguments are converted to the types of
// the kernel's parameters; name all template arguments of the kernel: launch_kernel(scale<float, 4>, grid, block, ...).
template <typename... Params, typename... Args>
const char* launch_kernel(void (*kernel)(Params...), dim3 grid, dim3 block, size_t shared_bytes, void* stream,
                          Args... args) {
#ifdef __CUDACC__
    kernel<<<grid, block, shared_bytes, static_cast<cudaStream_t>(stream)>>>(static_cast<Params>(args)...);
    const cudaError_t error = cudaGetLastError();
    return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
#else
    static_cast<void>(stream);
    return cuda_emulator::launch(reinterpret_cast<const void*>(kernel), grid, block, shared_bytes,
                                 [&] { kernel(static_cast<Params>(args)...); });
#endif
}

}  // namespace dnnlib
