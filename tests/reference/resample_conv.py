# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Convolution with zero insertion and subsampling, by its definition."""

import numpy as np


def conv_2d(x, w, up=1, down=1, pad0=0, pad1=0, gain=1):
    """Insert zeros into x [NCHW], pad or crop, correlate with w [kkIO], keep every `down`-th pixel; float64 [NOHW]."""
    num, channels, height, width = x.shape
    size, _, _, fmaps = w.shape
    spread = np.zeros([num, channels, height * up, width * up])
    spread[:, :, ::up, ::up] = x
    before, after = max(pad0, 0), max(pad1, 0)
    padded = np.pad(spread, [[0, 0], [0, 0], [before, after], [before, after]], 'constant')
    start, end = max(-pad0, 0), max(-pad1, 0)
    padded = padded[:, :, start : padded.shape[2] - end, start : padded.shape[3] - end]
    y = np.zeros([num, fmaps, padded.shape[2] - size + 1, padded.shape[3] - size + 1])
    for i in range(size):
        for j in range(size):
            window = padded[:, :, i : i + y.shape[2], j : j + y.shape[3]]  # [NIHW]
            y += np.einsum('nihw,io->nohw', window, w[i, j].astype(np.float64))
    return y[:, :, ::down, ::down] * gain
