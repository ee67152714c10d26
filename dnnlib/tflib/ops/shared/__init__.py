# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What several ops share: layouts of images, and C++ for threads, matrix tiles and CUDA."""
