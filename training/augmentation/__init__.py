# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Random changes of images before the discriminator sees them; what they mean is told in `training.augment`."""
