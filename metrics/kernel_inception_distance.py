# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Kernel Inception distance: unlike the Frechet distance, its mean does not depend on the number of images.

Source: Binkowski et al., "Demystifying MMD GANs", 2018, section 4 (arXiv:1801.01401).
"""

import numpy as np

from dnnlib.util import UserError
from metrics.feature_metric import FeatureMetric


def compute_mmd(features_a, features_b):
    """Return the unbiased estimate of the squared maximum mean discrepancy, with the kernel (a b / F + 1)^3.

    Args:
        features_a: Features of the first set [NF], N at least 2.
        features_b: Features of the second set [NF], as many.

    Returns:
        Discrepancy; negative where chance wants it.
    """
    a, b = np.asarray(features_a, np.float64), np.asarray(features_b, np.float64)
    num = len(a)
    within = 0.0
    for x in (a, b):
        kernel = _compute_kernel(x, x)
        within += kernel.sum() - np.trace(kernel)
    return within / (num * (num - 1)) - 2 * _compute_kernel(a, b).sum() / num**2


def _compute_kernel(a, b):
    x = np.dot(a, b.T) / a.shape[1] + 1
    return x * x * x  # Many times as fast as a power.


def compute_kernel_distance(reals, fakes, rnd, num_subsets=100, max_subset_size=1000):
    """Return the mean discrepancy of random subsets of two sets.

    Args:
        reals: Features of the first set [NF].
        fakes: Features of the second set [MF].
        rnd: RandomState that subsets are drawn with, without replacement.
        num_subsets: Number of pairs of subsets.
        max_subset_size: Their size, but for smaller sets.
    """
    size = min(len(reals), len(fakes), max_subset_size)
    values = []
    for _ in range(num_subsets):
        subsets = [x[np.sort(rnd.choice(len(x), size, replace=False))] for x in (fakes, reals)]
        values.append(compute_mmd(*subsets))
    return float(np.mean(values))


class KID(FeatureMetric):
    """Kernel distance between the features of generated images and those of a data set.

    Args:
        num_subsets: Number of pairs of subsets.
        max_subset_size: Their size, but for smaller sets.
        **kwargs: Arguments of `FeatureMetric`.
    """

    def __init__(self, num_subsets=100, max_subset_size=1000, **kwargs):
        super().__init__(**kwargs)
        self.num_subsets = num_subsets
        self.max_subset_size = max_subset_size

    def _evaluate_features(self, Gs):
        reals = self._get_real_features()
        if len(reals) < 2:
            raise UserError(f'{self.name} needs a data set of 2 pictures or more, got {len(reals)}')
        fakes = self._collect_fake_features(Gs)
        rnd = np.random.RandomState([self._context.seed, 2])
        value = compute_kernel_distance(reals, fakes, rnd, self.num_subsets, self.max_subset_size)
        self._report_result(value, fmt='%-12.8f')
