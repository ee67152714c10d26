# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Precision and recall: how much of what is drawn could be real, and how much of what is real could be drawn.

Source: Kynkaanniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models", 2019
(arXiv:1904.06991).
"""

import collections

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.util import UserError
from metrics.feature_metric import FeatureMetric
from metrics.towers import Towers

Neighbourhoods = collections.namedtuple('Neighbourhoods', 'features radii')  # Radii are squared.


class BlockDistances:
    """Squared Euclidean distances between many vectors, computed in blocks on several devices.

    They are computed in float32 relative to a point among the vectors: |a|^2 - 2 a b + |b|^2 loses digits where vectors
    are long, and in float16, which the official code uses, the squares may even overflow.

    Args:
        num_features: Length of the vectors.
        num_gpus: Number of devices.
        row_batch_size: Largest number of rows of a block.
        col_batch_size: Largest number of its columns.
        origin: Vector that the others are about.
        progress: Called after each block with its number of rows; or None.
    """

    def __init__(self, num_features, num_gpus, row_batch_size, col_batch_size, origin=0.0, progress=None):
        self.row_batch_size = row_batch_size
        self.col_batch_size = col_batch_size
        self._origin = np.asarray(origin, np.float32)
        self._progress = progress
        self._towers = Towers(num_gpus, lambda index: _build_distances(num_features))

    def iterate(self, rows, cols):
        """Yield (row slice, column slice, squared distances [RC]) for all pairs of two sets of vectors [NF]."""
        for row_part in _split(len(rows), self.row_batch_size):
            for col_part in _split(len(cols), self.col_batch_size):
                feeds = {'rows': rows[row_part] - self._origin}
                shared = {'cols': cols[col_part] - self._origin}
                yield row_part, col_part, self._towers.run(['distances'], feeds, shared)[0]
            if self._progress is not None:
                self._progress(row_part.stop - row_part.start)


def _build_distances(num_features):
    """Return the tensors of one device by name."""
    rows, cols = [tf.placeholder(tf.float32, [None, num_features]) for _ in range(2)]
    squares = [tf.reduce_sum(tf.square(x), axis=1) for x in (rows, cols)]
    distances = squares[0][:, tf.newaxis] - 2 * tf.matmul(rows, cols, transpose_b=True) + squares[1]  # [RC]
    return {'rows': rows, 'cols': cols, 'distances': tf.maximum(distances, 0)}


def _split(num, step):
    return [slice(begin, min(begin + step, num)) for begin in range(0, num, step)]


def find_neighbourhoods(distances, features, nhood_size):
    """Return the balls around vectors that reach as far as their k-th neighbour.

    Args:
        distances: `BlockDistances`.
        features: Vectors [NF], more than `nhood_size`.
        nhood_size: Which neighbour; a vector itself does not count.
    """
    nearest = np.full([len(features), nhood_size + 1], np.inf, np.float32)  # Itself included.
    for row_part, _, block in distances.iterate(features, features):
        candidates = np.concatenate([nearest[row_part], block], axis=1)
        nearest[row_part] = np.partition(candidates, nhood_size, axis=1)[:, : nhood_size + 1]
    return Neighbourhoods(features, nearest.max(axis=1))


def compute_precision_recall(distances, reals, fakes):
    """Return which share of the fakes lies in the neighbourhood of a real, and the converse.

    Args:
        distances: `BlockDistances`.
        reals: `Neighbourhoods` of the first set.
        fakes: `Neighbourhoods` of the second set.

    Returns:
        Tuple (precision, recall).
    """
    is_real_like = np.zeros(len(fakes.features), np.bool_)
    is_fake_like = np.zeros(len(reals.features), np.bool_)
    for row_part, col_part, block in distances.iterate(fakes.features, reals.features):
        is_real_like[row_part] |= np.any(block <= reals.radii[col_part], axis=1)
        is_fake_like[col_part] |= np.any(block <= fakes.radii[row_part, np.newaxis], axis=0)
    return float(is_real_like.mean()), float(is_fake_like.mean())


class PR(FeatureMetric):
    """Precision and recall of generated images with regard to a data set.

    Args:
        nhood_size: Which neighbour bounds the neighbourhood of an image.
        row_batch_size: Number of rows of a block of distances.
        col_batch_size: Number of its columns.
        features: Feature network.
        **kwargs: Arguments of `FeatureMetric`.
    """

    higher_is_better = True

    suffixes = ('_precision', '_recall')

    def __init__(self, nhood_size, row_batch_size, col_batch_size, features='vgg16', **kwargs):
        super().__init__(features=features, **kwargs)
        self.nhood_size = nhood_size
        self.row_batch_size = row_batch_size
        self.col_batch_size = col_batch_size

    def _evaluate_features(self, Gs):
        reals = self._get_real_features()
        if min(len(reals), self.num_images) <= self.nhood_size:
            raise UserError(
                f'{self.name} looks at {self.nhood_size} neighbours, so it needs more pictures than that; there are '
                f'{len(reals)} real and {self.num_images} generated ones'
            )
        fakes = self._collect_fake_features(Gs)
        distances = self._make_distances(reals, 2 * len(fakes) + len(reals))
        neighbourhoods = [find_neighbourhoods(distances, x, self.nhood_size) for x in (reals, fakes)]
        precision, recall = compute_precision_recall(distances, *neighbourhoods)
        self._report_result(precision, suffix='_precision')
        self._report_result(recall, suffix='_recall')

    def _make_distances(self, reals, num_rows):
        done = []

        def progress(num):
            done.append(num)
            self._report_progress(sum(done), num_rows, f'{self.name}: neighbours')

        return BlockDistances(
            self._extractor.num_features,
            self._num_gpus,
            self.row_batch_size,
            self.col_batch_size,
            origin=np.mean(reals[: self.row_batch_size], axis=0),
            progress=progress,
        )
