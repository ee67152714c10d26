# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Inception score: whether images show something definite, and not always the same.

Source: Salimans et al., "Improved Techniques for Training GANs", 2016, section 4 (arXiv:1606.03498).
"""

import numpy as np

from dnnlib.util import UserError
from metrics.feature_metric import FeatureMetric


def compute_inception_score(probabilities, num_splits=10):
    """Return mean and standard deviation, over parts of the images, of exp(mean KL(p(y|x) || p(y))).

    Args:
        probabilities: Class probabilities of each image [NC]; zeros are allowed.
        num_splits: Number of parts of consecutive images.

    Returns:
        Tuple (mean, standard deviation of the population).
    """
    num = len(probabilities)
    scores = []
    for index in range(num_splits):
        part = np.asarray(probabilities[index * num // num_splits : (index + 1) * num // num_splits], np.float64)
        divergence = part * (_log(part) - _log(part.mean(axis=0)))
        scores.append(np.exp(divergence.sum(axis=1).mean()))
    return float(np.mean(scores)), float(np.std(scores))


def _log(p):
    """Return the logarithm, with 0 in place of that of 0, so that p log p is 0 there."""
    return np.log(np.where(p > 0, p, 1))


class IS(FeatureMetric):
    """Inception score of generated images; the data set matters for the labels of conditional generators alone.

    Args:
        num_splits: Number of parts over which mean and standard deviation are taken.
        features: Feature network whose features are class probabilities.
        **kwargs: Arguments of `FeatureMetric`.
    """

    higher_is_better = True

    suffixes = ('_mean', '_std')

    def __init__(self, num_splits=10, features='inception_softmax', **kwargs):
        super().__init__(features=features, **kwargs)
        self.num_splits = num_splits

    def _evaluate_features(self, Gs):
        probabilities = self._collect_fake_features(Gs)
        if probabilities.min() < 0 or np.abs(probabilities.sum(axis=1) - 1).max() > 1e-3:
            raise UserError(f'{self.name} needs class probabilities, which {self._network.name} does not compute')
        mean, std = compute_inception_score(probabilities, self.num_splits)
        self._report_result(mean, suffix='_mean')
        self._report_result(std, suffix='_std')
