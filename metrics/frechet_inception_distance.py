# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Frechet Inception distance, and the same distance through other feature networks.

Source: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", 2017,
equation 6 (arXiv:1706.08500).
"""

import itertools

import numpy as np

from dnnlib.util import UserError
from metrics import real_statistics
from metrics.feature_metric import FeatureMetric

# ----------------------------------------------------------------------------
# The distance.


class Moments:
    """Mean and covariance of feature vectors that arrive bit by bit and need not be kept."""

    _MAX_ROWS = 4096  # That are worth one product of matrices.

    def __init__(self):
        self._num = 0
        self._shift = None  # About the mean: sums of what is left are small, and so are their rounding errors.
        self._sum = self._products = 0.0
        self._waiting = []

    def append(self, features):
        """Add feature vectors [NF]; raise ValueError if a feature is no finite number."""
        if not np.isfinite(features).all():
            raise ValueError('the features hold values that are no finite numbers')
        if self._shift is None:
            self._shift = features.mean(axis=0, dtype=np.float64)
        for begin in range(0, len(features), self._MAX_ROWS):
            self._waiting.append(features[begin : begin + self._MAX_ROWS])
            if sum(map(len, self._waiting)) >= self._MAX_ROWS:
                self._add_waiting()
        self._num += len(features)

    def _add_waiting(self):
        rows = np.concatenate(self._waiting) - self._shift
        self._sum += rows.sum(axis=0)
        self._products += np.dot(rows.T, rows)
        self._waiting = []

    def finish(self, ddof=1):
        """Return the mean [F] and the covariance [FF] with denominator N - ddof, float64; N must exceed ddof."""
        if self._waiting:
            self._add_waiting()
        mean = self._sum / self._num
        covariance = (self._products - self._num * np.outer(mean, mean)) / (self._num - ddof)
        return self._shift + mean, covariance


def compute_statistics(features, ddof=1):
    """Return mean and covariance of feature vectors.

    Args:
        features: Array [NF], N at least 2.
        ddof: The covariance has the denominator N - ddof.

    Returns:
        Tuple (mean [F], covariance [FF]), float64.

    Raises:
        ValueError: If a feature is no finite number.
    """
    moments = Moments()
    moments.append(features)
    return moments.finish(ddof)


def compute_frechet_distance(mu_a, sigma_a, mu_b, sigma_b):
    """Return the squared Frechet distance |mu_a - mu_b|^2 + Tr(sigma_a + sigma_b - 2 (sigma_a sigma_b)^(1/2)).

    With any factor sigma_a = R R', the product has the eigenvalues of the symmetric R' sigma_b R, whose roots sum up to
    the trace. They are real and, but for rounding, not negative, so the result is never complex and never undefined.

    Args:
        mu_a: Mean of the first distribution [F].
        sigma_a: Covariance of the first distribution [FF].
        mu_b: Mean of the second distribution [F].
        sigma_b: Covariance of the second distribution [FF].

    Returns:
        Distance, at least 0.

    Raises:
        ValueError: If a value is no finite number or the shapes do not fit.
    """
    mu_a, sigma_a, mu_b, sigma_b = [np.asarray(array, np.float64) for array in (mu_a, sigma_a, mu_b, sigma_b)]
    if not mu_a.shape == mu_b.shape == sigma_a.shape[:1] or not sigma_a.shape == sigma_b.shape == mu_a.shape * 2:
        raise ValueError(
            f'expected means [F] and covariances [F, F], got {mu_a.shape}, {sigma_a.shape}, '
            f'{mu_b.shape}, {sigma_b.shape}'
        )
    if not all(np.isfinite(array).all() for array in (mu_a, sigma_a, mu_b, sigma_b)):
        raise ValueError('the statistics hold values that are no finite numbers')

    root = _factorise(sigma_a)
    product = np.linalg.eigvalsh(np.linalg.multi_dot([root.T, sigma_b, root]))
    trace = np.trace(sigma_a) + np.trace(sigma_b) - 2 * np.sqrt(product.clip(min=0)).sum()
    return max(float(np.sum((mu_a - mu_b) ** 2) + trace), 0.0)


def _factorise(sigma):
    """Return R [F, rank] with R R' = sigma; directions without spread are left out, as they would only add rounding."""
    values, vectors = np.linalg.eigh(sigma)
    kept = values > values[-1] * len(values) * np.finfo(np.float64).eps
    return vectors[:, kept] * np.sqrt(values[kept])


# ----------------------------------------------------------------------------
# The metric.


class FID(FeatureMetric):
    """Frechet distance between the features of generated images and those of a data set.

    The covariance of generated images has the denominator N - 1. That of the data set has it too, but if all its
    images are taken it is, as in StyleGAN2-ADA, that of a population, with the denominator N.

    Args:
        report_floor: Also report, with the suffix `_floor`, the distance between two disjoint parts of the data set.
            A generator that draws like the data set gets about this. Each part has `num_images` images, or half the
            data set if that is less; the floor is then too high, as the distance grows when images are fewer.
        **kwargs: Arguments of `FeatureMetric`.
    """

    def __init__(self, report_floor=False, **kwargs):
        super().__init__(**kwargs)
        self.report_floor = report_floor
        if report_floor:
            self.suffixes = ('', '_floor')

    def _evaluate_features(self, Gs):
        real = self._get_real_statistics()
        self._describe(num_real=int(real['num_real']))
        self._warn_of_few(min(self.num_images, int(real['num_distinct'])))
        moments = Moments()
        for features in self._iterate_fake_features(Gs):
            moments.append(features)
        self._report_result(compute_frechet_distance(*moments.finish(), real['mu'], real['sigma']))
        if self.report_floor:
            self._describe(num_floor=int(real['num_floor']))
            self._report_result(float(real['floor']), suffix='_floor')

    def _warn_of_few(self, num):
        num_features = self._extractor.num_features
        if num <= num_features:
            self._note(
                f'{num} different pictures are too few for {num_features} features, so the distance is far too high; '
                'compare it only with itself, or use kid50k_full, which does not depend on how many there are'
            )

    def _get_real_statistics(self):
        """Return mean and covariance of the data set, and its floor, from the cache if they are there."""
        path = self._get_real_cache_file('npz', statistics='fid', report_floor=self.report_floor)
        statistics = real_statistics.load_arrays(path)
        if statistics is None:
            statistics = self._compute_real_statistics()
            real_statistics.save_arrays(path, **statistics)
        return statistics

    def _compute_real_statistics(self):
        num, num_distinct = self._count_reals(), self._get_dataset_obj().num_images
        num_floor = min(num, num_distinct // 2) if self.report_floor else 0
        if self.report_floor and num_floor < 2:
            raise UserError(f'{self.name} needs a data set of 4 pictures or more, got {num_distinct}')
        ranges = [(0, num)] + [(0, num_floor), (num_floor, 2 * num_floor)] * self.report_floor
        moments = [Moments() for _ in ranges]
        done = 0
        for features in self._iterate_real_features(max(end for _, end in ranges)):
            for (begin, end), total in zip(ranges, moments):
                part = features[max(begin - done, 0) : max(end - done, 0)]
                if len(part):
                    total.append(part)
            done += len(features)

        mu, sigma = moments[0].finish(ddof=0 if self.all_reals else 1)
        statistics = {'mu': mu, 'sigma': sigma, 'num_real': num, 'num_distinct': min(num, num_distinct)}
        if self.report_floor:
            halves = [half.finish() for half in moments[1:]]
            statistics.update(num_floor=num_floor, floor=compute_frechet_distance(*itertools.chain(*halves)))
        return statistics
