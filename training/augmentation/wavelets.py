# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Wavelet filters, by which images are resampled and divided into bands of frequencies (Daubechies, 1992)."""

import numpy as np

SYM2 = (np.array([1, 3, 3, 1]) + np.sqrt(3) * np.array([-1, -1, 1, 1])) / (4 * np.sqrt(2))
SYM6 = np.array(
    [
        0.015404109327027373,
        0.0034907120842174702,
        -0.11799011114819057,
        -0.048311742585633,
        0.4910559419267466,
        0.787641141030194,
        0.3379294217276218,
        -0.07263752278646252,
        -0.021060292512300564,
        0.04472490177066578,
        0.0017677118642428036,
        -0.007800708325034148,
    ]
)
"""Low-pass filters of sum sqrt(2), orthogonal to their own even shifts."""

NUM_BANDS = 4


def make_filter_bank():
    """Return the filters of the bands, float64 [4, 43], the lowest band first; together they leave everything as it is.

    Source: ADA (arXiv:2006.06676), appendix B, "Image-space filtering".
    """
    low = np.convolve(SYM2, SYM2[::-1]) / 2
    mirrored = SYM2 * [1, -1, 1, -1]
    high = np.convolve(mirrored, mirrored[::-1]) / 2
    bank = np.eye(NUM_BANDS, 1)
    for band in range(1, NUM_BANDS):
        spread = np.zeros([NUM_BANDS, 2 * bank.shape[1] - 1])
        spread[:, ::2] = bank
        bank = np.stack([np.convolve(row, low) for row in spread])
        first = (bank.shape[1] - len(high)) // 2
        bank[band, first : first + len(high)] += high
    return bank
