# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What differs from method to method of training, see `training.recipes.recipe`; the loop is the same for all."""
