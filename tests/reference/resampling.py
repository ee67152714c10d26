# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Upsample - filter - downsample, by its definition."""

import numpy as np


def upfirdn_2d(x, k, upx=1, upy=1, downx=1, downy=1, padx0=0, padx1=0, pady0=0, pady1=0):
    """Insert zeros into x [NHWC], pad or crop, convolve with k, keep every n-th pixel; float64."""
    num, height, width, channels = x.shape
    spread = np.zeros([num, height * upy, width * upx, channels])
    spread[:, ::upy, ::upx] = x
    pads = [(max(before, 0), max(after, 0)) for before, after in [(pady0, pady1), (padx0, padx1)]]
    spread = np.pad(spread, [(0, 0)] + pads + [(0, 0)], 'constant')
    spread = spread[:, max(-pady0, 0) : spread.shape[1] - max(-pady1, 0), max(-padx0, 0) :]
    spread = spread[:, :, : spread.shape[2] - max(-padx1, 0)]
    fir_height, fir_width = k.shape
    y = np.zeros([num, spread.shape[1] - fir_height + 1, spread.shape[2] - fir_width + 1, channels])
    for i in range(fir_height):
        for j in range(fir_width):
            window = spread[:, i : i + y.shape[1], j : j + y.shape[2]]
            y += window * np.float64(k[fir_height - 1 - i, fir_width - 1 - j])
    return y[:, ::downy, ::downx]
