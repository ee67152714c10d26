// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Marks functions that CPU and GPU share.
#pragma once

#ifdef __CUDACC__
#define DNNLIB_HOST_DEVICE __host__ __device__
#else
#define DNNLIB_HOST_DEVICE
#endif
