# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What metrics share that look at images through a feature network."""

import numpy as np

from dnnlib.util import UserError
from metrics import metric_base, real_statistics
from metrics.towers import FeatureExtractor
from perception.features import get_feature_network


class FeatureMetric(metric_base.MetricBase):
    """A metric on features of generated images and, unless it judges those alone, of a data set.

    Generated images are drawn from normal latents and random labels of the data set, without truncation and with
    random noise. The data set contributes its first images in the order of its file, mirrored at random if the
    training did so, and starts over when it has too few; or, as in StyleGAN2-ADA, all its images once.

    Args:
        num_images: Number of generated images, and of real ones.
        minibatch_per_gpu: Number of images that a device works on at a time.
        features: Feature network, see `perception.features.get_feature_network`.
        weights: Its weight file, 'random', or None for the usual places.
        all_reals: Compare with all images of the data set, each once and none mirrored.
        max_reals: The largest number of them, or None for no limit.
        **kwargs: Arguments of `MetricBase`.
    """

    def __init__(
        self,
        num_images,
        minibatch_per_gpu,
        features='inception',
        weights=None,
        all_reals=False,
        max_reals=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_images = num_images
        self.minibatch_per_gpu = minibatch_per_gpu
        self.all_reals = all_reals
        self.max_reals = max_reals
        self._network = get_feature_network(features, weights)
        self._add_marker(self._network.marker)

    def _evaluate(self, Gs, Gs_kwargs, num_gpus):
        if self.all_reals:
            self._use_whole_data_set()
        self._extractor = FeatureExtractor(Gs, self._network, num_gpus, Gs_kwargs)
        self._num_gpus = num_gpus
        self._minibatch_size = self.minibatch_per_gpu * num_gpus
        self._describe(
            num_fake=self.num_images,
            features=self._network.name,
            features_sha256=self._network.sha256,
            resize_filter=self._network.resize,
        )
        self._num_done = 0
        self._evaluate_features(Gs)

    def _evaluate_features(self, Gs):
        """Compute the metric; features come from `_iterate_fake_features` and the methods for reals."""
        raise NotImplementedError

    # ------------------------------------------------------------------ features

    def _iterate_fake_features(self, Gs):
        """Yield the features [NF] of generated images, minibatch by minibatch; the last may be shorter."""
        latents = self._iterate_latents(Gs, self._minibatch_size)
        for part in self._split(self.num_images):
            num = part.stop - part.start
            features, is_finite = [array[:num] for array in self._extractor.run_fakes(*next(latents))]
            num_broken = int(np.sum(~(is_finite & np.isfinite(features).all(axis=1))))
            if num_broken:
                raise metric_base.UndefinedResultError(
                    f'{num_broken} of the first {part.stop} generated pictures, or their features, have values that '
                    'are no numbers'
                )
            self._report_images(num, self.num_images - part.stop)
            yield features

    def _collect_fake_features(self, Gs):
        """Return the features of all generated images, float32 [NF]."""
        features = np.empty([self.num_images, self._extractor.num_features], np.float32)
        for part, values in zip(self._split(self.num_images), self._iterate_fake_features(Gs)):
            features[part] = values
        return features

    def _iterate_real_features(self, num):
        """Yield the features [NF] of images of the data set, minibatch by minibatch; the last may be shorter."""
        images = self._iterate_reals(self._minibatch_size)
        for part in self._split(num):
            features = self._extractor.run_reals(next(images))[: part.stop - part.start]
            if not np.isfinite(features).all():
                name = self._network.name
                raise UserError(f'the weights of the feature network {name} are damaged: not all features are numbers')
            self._report_images(len(features), num - part.stop + self.num_images)
            yield features

    def _get_real_features(self):
        """Return the features [NF] of the data set, from the cache if they are there; they stay in its file."""
        path = self._get_real_cache_file('npy')
        features = real_statistics.map_features(path)
        if features is None:
            num = self._count_reals()
            shape = [num, self._extractor.num_features]
            real_statistics.save_features(path, shape, self._iterate_real_features(num))
            features = real_statistics.map_features(path)
        self._describe(num_real=len(features))
        return features

    def _get_real_cache_file(self, extension, **kwargs):
        return self._get_cache_file_for_reals(
            extension=extension,
            num_images='all' if self.all_reals else self.num_images,
            max_reals=self.max_reals,
            features=self._network.name,
            features_sha256=self._network.sha256,
            resize=self._network.resize,
            **kwargs,
        )

    def _count_reals(self):
        """Return the number of real images; opens the data set if that decides."""
        if not self.all_reals:
            return self.num_images
        num = self._get_dataset_obj().num_images
        return num if self.max_reals is None else min(num, self.max_reals)

    def _split(self, num):
        """Return the slices of minibatches; the last may be shorter."""
        step = self._minibatch_size
        return [slice(begin, min(begin + step, num)) for begin in range(0, num, step)]

    def _report_images(self, num, num_left):
        self._num_done += num
        self._report_progress(self._num_done, self._num_done + num_left)
