# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The page that tells how a run is doing, pages that compare runs, and the video of a training; needs no TensorFlow."""
