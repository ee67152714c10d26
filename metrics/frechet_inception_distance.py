# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Frechet Inception distance, and the same distance through other feature networks.

Source: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", 2017,
equation 6 (arXiv:1706.08500).
"""

import numpy as np

from dnnlib.util import UserError
from metrics import metric_base, real_statistics
from metrics.extractor import FeatureExtractor
from perception.features import get_feature_network

# ----------------------------------------------------------------------------
# The distance.


def compute_statistics(features):
    """Return mean and covariance of feature vectors.

    Args:
        features: Array [NF], N at least 2.

    Returns:
        Tuple (mean [F], covariance [FF] with denominator N - 1), float64.

    Raises:
        ValueError: If a feature is no finite number.
    """
    if not np.isfinite(features).all():
        raise ValueError('the features hold values that are no finite numbers')
    mu = features.mean(axis=0, dtype=np.float64)
    sigma = np.zeros([mu.size, mu.size])
    for begin in range(0, len(features), 4096):  # In pieces, to spare the memory for a copy of all in float64.
        centred = features[begin : begin + 4096] - mu
        sigma += np.dot(centred.T, centred)
    return mu, sigma / (len(features) - 1)


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


class FID(metric_base.MetricBase):
    """Frechet distance between the features of generated pictures and those of a data set.

    Generated pictures are drawn from normal latents and random labels of the data set, without truncation and with
    random noise. The data set contributes its first pictures in the order of its file, mirrored at random if the
    training did so, and starts over when it has too few.

    Args:
        num_images: Number of generated pictures, and of real ones.
        minibatch_per_gpu: Number of pictures that a device works on at a time.
        features: Feature network, see `perception.features.get_feature_network`.
        weights: Its weight file, 'random', or None for the usual places.
        report_floor: Also report, with the suffix `_floor`, the distance between two disjoint parts of the data set.
            A generator that draws like the data set gets about this. Each part has `num_images` pictures, or half the
            data set if that is less; the floor is then too high, as the distance grows when pictures are fewer.
        **kwargs: Arguments of `MetricBase`.
    """

    def __init__(self, num_images, minibatch_per_gpu, features='inception', weights=None, report_floor=False, **kwargs):
        super().__init__(**kwargs)
        self.num_images = num_images
        self.minibatch_per_gpu = minibatch_per_gpu
        self.report_floor = report_floor
        self._network = get_feature_network(features, weights)
        self.name += self._network.marker  # Numbers of other networks must not pass for the published metric.

    def _evaluate(self, Gs, Gs_kwargs, num_gpus):
        extractor = FeatureExtractor(Gs, self._network, num_gpus, Gs_kwargs)
        minibatch_size = self.minibatch_per_gpu * num_gpus
        self._describe_protocol()
        self._warn_of_few(extractor.num_features)
        real = self._get_real_statistics(extractor, minibatch_size)
        features, num_broken = self._compute_fake_features(Gs, extractor, minibatch_size)
        if num_broken:
            self._report_undefined(
                f'{num_broken} of {len(features)} generated pictures have values that are no numbers'
            )
        else:
            self._report_result(compute_frechet_distance(*compute_statistics(features), real['mu'], real['sigma']))
        if self.report_floor:
            self._describe(num_floor=int(real['num_floor']))
            self._report_result(float(real['floor']), suffix='_floor')

    def _describe_protocol(self):
        self._describe(
            num_fake=self.num_images,
            num_real=self.num_images,
            features=self._network.name,
            features_sha256=self._network.sha256,
            resize_filter=self._network.resize,
        )

    def _warn_of_few(self, num_features):
        if self.num_images <= num_features:
            note = (
                f'{self.num_images} pictures are too few for {num_features} features, so the distance is far too high; '
                'compare it only with itself'
            )
            self._note(note)

    def _get_real_statistics(self, extractor, minibatch_size):
        """Return mean and covariance of the data set, and its floor, from the cache if they are there."""
        path = self._get_cache_file_for_reals(
            extension='npz',
            num_images=self.num_images,
            report_floor=self.report_floor,
            features=self._network.name,
            features_sha256=self._network.sha256,
            resize=self._network.resize,
        )
        statistics = real_statistics.load_arrays(path)
        self._num_reals_read = 0
        if statistics is None:
            statistics = self._compute_real_statistics(extractor, minibatch_size)
            real_statistics.save_arrays(path, **statistics)
        return statistics

    def _compute_real_statistics(self, extractor, minibatch_size):
        num_floor = min(self.num_images, self._get_dataset_obj().num_images // 2) if self.report_floor else 0
        self._num_reals_read = max(self.num_images, 2 * num_floor)
        features = np.empty([self._num_reals_read, extractor.num_features], np.float32)
        reals = self._iterate_reals(minibatch_size)
        for part in _split(len(features), minibatch_size):
            features[part] = extractor.run_reals(next(reals))[: part.stop - part.start]
            self._report_progress(part.stop, len(features) + self.num_images)
        return self._summarise_reals(features, num_floor)

    def _summarise_reals(self, features, num_floor):
        try:
            mu, sigma = compute_statistics(features[: self.num_images])
        except ValueError as error:
            raise UserError(f'the weights of the feature network {self._network.name} are damaged: {error}') from error
        statistics = {'mu': mu, 'sigma': sigma}
        if self.report_floor:
            halves = features[:num_floor], features[num_floor : 2 * num_floor]
            (mu_a, sigma_a), (mu_b, sigma_b) = [compute_statistics(half) for half in halves]
            statistics.update(num_floor=num_floor, floor=compute_frechet_distance(mu_a, sigma_a, mu_b, sigma_b))
        return statistics

    def _compute_fake_features(self, Gs, extractor, minibatch_size):
        """Return the features [NF] of generated pictures, and how many of these were no pictures."""
        features = np.empty([self.num_images, extractor.num_features], np.float32)
        num_broken = 0
        fakes = self._iterate_latents(Gs, minibatch_size)
        for part in _split(len(features), minibatch_size):
            num_wanted = part.stop - part.start
            values, is_finite = extractor.run_fakes(*next(fakes))
            features[part] = values[:num_wanted]
            num_broken += int(np.sum(~is_finite[:num_wanted]))
            self._report_progress(self._num_reals_read + part.stop, self._num_reals_read + len(features))
        return features, num_broken


def _split(num, minibatch_size):
    """Return the slices of minibatches; the last may be shorter."""
    return [slice(begin, min(begin + minibatch_size, num)) for begin in range(0, num, minibatch_size)]
