# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Makes data sets of pictures, and looks into them: what `dataset_tool.py` calls. Needs no TensorFlow."""
