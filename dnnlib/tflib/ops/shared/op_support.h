// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// What the TensorFlow halves of the custom ops share: the differences between TensorFlow 1.15 and 2.x, the numbers of
// the types, memory, and the thread pool.
#pragma once

#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"
#include "tensorflow/core/lib/core/threadpool.h"
#include "tensorflow/core/public/version.h"
#include "work_sharing.h"

namespace dnnlib {

#if TF_MAJOR_VERSION == 1
inline tensorflow::Status ok_status() { return tensorflow::Status::OK(); }
#else
inline tensorflow::Status ok_status() { return absl::OkStatus(); }
#endif

// The number of a type in the parameters of a launcher.
template <typename T>
struct DType;
template <>
struct DType<float> : std::integral_constant<int32_t, 0> {};
template <>
struct DType<Eigen::half> : std::integral_constant<int32_t, 1> {};
template <>
struct DType<tensorflow::bfloat16> : std::integral_constant<int32_t, 2> {};

// Call a macro for each of these types, which is its last argument.
#define DNNLIB_FOR_TYPES(MACRO, ...)  \
    MACRO(__VA_ARGS__, float);        \
    MACRO(__VA_ARGS__, Eigen::half);  \
    MACRO(__VA_ARGS__, bfloat16)

// The elements of a tensor. A slice may begin anywhere.
template <typename T = float>
const T* data(const tensorflow::Tensor& tensor) {
    return tensor.unaligned_flat<T>().data();
}
template <typename T = float>
T* data(tensorflow::Tensor* tensor) {
    return tensor->unaligned_flat<T>().data();
}

// Scratch memory of this thread, kept for the next op of this library.
static inline float* get_scratch(int64_t size) {
    thread_local std::vector<float> memory;
    if (static_cast<int64_t>(memory.size()) < size) memory.resize(size);
    return memory.data();
}

// Do units 0 ... total - 1 of work(begin, end) on the threads of TensorFlow's pool that are free, see `share_work`.
inline void parallel_for(tensorflow::OpKernelContext* context, int64_t total, int64_t cost,
                         const std::function<void(int64_t, int64_t)>& work) {
    auto* pool = context->device()->tensorflow_cpu_worker_threads();
    const auto schedule = [pool](std::function<void()> task) { pool->workers->Schedule(std::move(task)); };
    share_work(pool->num_threads, total, cost, work, schedule);
}

}  // namespace dnnlib
