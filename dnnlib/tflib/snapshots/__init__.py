# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Files of networks: how they are written and read, what is checked, and which families of networks there are."""
