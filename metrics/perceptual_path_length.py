# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Perceptual path length: how much an image changes along a short piece of a path between two latents.

Source: Karras et al., "A Style-Based Generator Architecture for GANs", 2018, section 4.1 (arXiv:1812.04948).
"""

import math

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib.tflib as tflib
from metrics import metric_base
from metrics.towers import Towers, replicate, with_full_precision
from perception.distances import get_distance
from perception.inputs import shrink, to_rgb
from training.generator import list_noise_vars

DISTANCE_SIZE_PX = 256  # The distance was made for images of about this size.


def slerp(a, b, t):
    """Interpolate between the directions of vectors along the great circle.

    Args:
        a: Vectors [ND].
        b: Vectors [ND].
        t: Positions [N1]; 0 yields a, 1 yields b.

    Returns:
        Unit vectors [ND].
    """
    a, b = _normalize(a), _normalize(b)
    dot = tf.reduce_sum(a * b, axis=-1, keepdims=True)  # [N1]
    angle = t * tf.acos(dot)
    across = _normalize(b - dot * a)  # [ND]
    return _normalize(a * tf.cos(angle) + across * tf.sin(angle))


def _normalize(x):
    return x / tf.sqrt(tf.reduce_sum(tf.square(x), axis=-1, keepdims=True))


def crop_to_face(images):
    """Cut out the lower middle, where aligned images [NCHW] have the face; half their width and height."""
    rows, columns = [int(size) // 8 for size in images.shape[2:]]
    return images[:, :, 3 * rows : 7 * rows, 2 * columns : 6 * columns]


def compute_trimmed_mean(values):
    """Return the mean of the values between the 1st and the 99th percentile, which are values themselves."""
    values = np.sort(values)
    low = values[int(math.floor(0.01 * (len(values) - 1)))]
    high = values[int(math.ceil(0.99 * (len(values) - 1)))]
    return float(values[(values >= low) & (values <= high)].mean(dtype=np.float64))


class PPL(metric_base.MetricBase):
    """Mean perceptual distance between images of neighbouring latents, over the square of the step.

    Every pair of random latents has one label, and its two images the same noise.

    Args:
        num_samples: Number of pairs of images.
        epsilon: Step, as a share of the path.
        space: 'w' to go straight between intermediate latents, 'z' to go along the sphere of latents.
        sampling: 'full' for a step anywhere on the path, 'end' for one at its beginning.
        crop: Look only at the part of images where FFHQ has the face.
        minibatch_per_gpu: Number of pairs that a device works on at a time; they share their noise.
        distance: Perceptual distance, see `perception.distances.get_distance`.
        weights: Its weight file, 'random', or None for the usual places.
        **kwargs: Arguments of `MetricBase`.
    """

    def __init__(
        self,
        num_samples,
        epsilon,
        space,
        sampling,
        crop,
        minibatch_per_gpu,
        distance='lpips',
        weights=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if space not in ('z', 'w') or sampling not in ('full', 'end'):
            raise ValueError(f"space must be 'z' or 'w', sampling 'full' or 'end'; got {space!r} and {sampling!r}")
        self.num_samples = num_samples
        self.minibatch_per_gpu = minibatch_per_gpu
        self.epsilon, self.space, self.sampling, self.crop = epsilon, space, sampling, crop
        self._distance = get_distance(distance, weights)
        self._add_marker(self._distance.marker)

    def _evaluate(self, Gs, Gs_kwargs, num_gpus):
        self._describe(
            num_fake=2 * self.num_samples,
            distance=self._distance.name,
            distance_sha256=self._distance.sha256,
            epsilon=self.epsilon,
            space=self.space,
            sampling=self.sampling,
            crop=self.crop,
        )
        Gs = with_full_precision(Gs)
        towers = Towers(num_gpus, lambda index: self._build_tower(replicate(Gs, index)))
        distances = np.concatenate(list(self._iterate_distances(Gs, towers)))[: self.num_samples]
        num_broken = int(np.sum(~np.isfinite(distances)))
        if num_broken:
            raise metric_base.UndefinedResultError(
                f'{num_broken} of {len(distances)} pairs of generated pictures have no distance, as values in them are '
                'no numbers'
            )
        self._report_result(compute_trimmed_mean(distances))

    def _iterate_distances(self, Gs, towers):
        """Yield distances [N], minibatch by minibatch."""
        seed = self._context.seed
        rnd_pairs = np.random.RandomState(seed)
        rnd_t, rnd_noise = np.random.RandomState([seed, 3]), np.random.RandomState([seed, 4])
        minibatch_size = self.minibatch_per_gpu * towers.num_gpus
        for begin in range(0, self.num_samples, minibatch_size):
            pairs = rnd_pairs.randn(minibatch_size, 2, *Gs.input_shape[1:])  # [N2D]
            t = rnd_t.rand(minibatch_size) if self.sampling == 'full' else np.zeros(minibatch_size)
            towers.run(['noise'], {'noise_seed': rnd_noise.randint(1 << 30, size=[towers.num_gpus, 2])})
            yield towers.run(['distances'], {'pairs': pairs, 'labels': self._draw_labels(minibatch_size), 't': t})[0]
            self._report_progress(min(begin + minibatch_size, self.num_samples), self.num_samples)

    def _build_tower(self, Gs):
        """Return the tensors of one device by name."""
        latent_size, label_size = [shape[1] for shape in Gs.input_shapes[:2]]
        pairs = tf.placeholder(tf.float32, [None, 2, latent_size])
        labels = tf.placeholder(tf.float32, [None, label_size])
        t = tf.placeholder(tf.float32, [None])
        noise_seed = tf.placeholder(tf.int32, [1, 2])
        dlatents = self._build_path(Gs.components.mapping, pairs, labels, t)  # [2N, layers, D]
        images = tf.cast(Gs.components.synthesis.get_output_for(dlatents, randomize_noise=False), tf.float32)
        images = shrink(crop_to_face(images) if self.crop else images, DISTANCE_SIZE_PX)
        images = (to_rgb(images) + 1) * 127.5
        return {
            'pairs': pairs,
            'labels': labels,
            't': t,
            'noise_seed': noise_seed,
            'noise': _build_noise(Gs.components.synthesis, noise_seed[0]),
            'distances': self._distance.get_output_for(*tf.split(images, 2)) / self.epsilon**2,
        }

    def _build_path(self, mapping, pairs, labels, t):
        """Return the intermediate latents at all t, and behind them those a step further."""
        if self.space == 'z':
            latents = [slerp(pairs[:, 0], pairs[:, 1], step[:, tf.newaxis]) for step in (t, t + self.epsilon)]
            return tf.cast(mapping.get_output_for(tf.concat(latents, 0), tf.tile(labels, [2, 1])), tf.float32)
        latents = tf.concat([pairs[:, 0], pairs[:, 1]], axis=0)
        dlatents = tf.cast(mapping.get_output_for(latents, tf.tile(labels, [2, 1])), tf.float32)
        ends = tf.split(dlatents, 2)  # [NLD]
        steps = [step[:, tf.newaxis, tf.newaxis] for step in (t, t + self.epsilon)]  # [N11]
        return tf.concat([tflib.lerp(ends[0], ends[1], step) for step in steps], axis=0)


def _build_noise(synthesis, seed):
    """Return an op, as a tensor [1], that fills the noise variables of a network with what follows from a seed."""
    ops = []
    for _, var in sorted(list_noise_vars(synthesis).items()):
        values = tf.random.stateless_normal(var.shape, seed=tf.stack([seed[0], seed[1] + len(ops)]))
        ops.append(tf.assign(var, values).op)
    with tf.control_dependencies(ops):
        return tf.ones([1])
