// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// What the TensorFlow halves of the custom ops share: the differences between TensorFlow 1.15 and 2.x, and the thread pool.
#pragma once

#include <functional>

#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"
#include "tensorflow/core/lib/core/threadpool.h"
#include "tensorflow/core/public/version.h"

namespace dnnlib {

#if TF_MAJOR_VERSION == 1
inline tensorflow::Status ok_status() { return tensorflow::Status::OK(); }
#else
inline tensorflow::Status ok_status() { return absl::OkStatus(); }
#endif

// Run work(begin, end) on all threads of TensorFlow's pool until 0 ... total - 1 are done; cost is that of one unit in
// cycles, so that small work stays on this thread.
inline void parallel_for(tensorflow::OpKernelContext* context, int64_t total, int64_t cost,
                         const std::function<void(int64_t, int64_t)>& work) {
    auto* workers = context->device()->tensorflow_cpu_worker_threads();
    workers->workers->ParallelFor(total, cost, [&work](tensorflow::int64 begin, tensorflow::int64 end) {
        work(static_cast<int64_t>(begin), static_cast<int64_t>(end));
    });
}

}  // namespace dnnlib
