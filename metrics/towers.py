# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The graph of an evaluation on several devices, each of which works on its part of what is fed."""

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib.tflib as tflib
from dnnlib.tflib import gpus
from perception import features
from perception.inputs import to_rgb

_FULL_PRECISION = {'dtype': 'float32', 'mapping_dtype': 'float32', 'num_fp16_res': 0}


class Towers:
    """Replicas of a graph, one for each device.

    Args:
        num_gpus: Number of devices.
        build: Function that adds the graph of one device: gets the number of the device, returns tensors by name.
    """

    def __init__(self, num_gpus, build):
        self.num_gpus = num_gpus
        self._towers = []
        for index, device in enumerate(gpus.list_devices(num_gpus)):
            with tf.device(device):
                self._towers.append(build(index))
        features.initialize_weights()

    def num_columns(self, name):
        """Return the size of the second axis of a tensor."""
        return int(self._towers[0][name].shape[1])

    def run(self, fetches, feeds, shared=None):
        """Evaluate tensors on all devices.

        Args:
            fetches: Names of the tensors.
            feeds: Name -> array, whose rows are divided among the devices.
            shared: Name -> array that every device gets whole, or None.

        Returns:
            One array for each name, with the rows of all devices in order.
        """
        feed_dict = {tower[name]: array for tower in self._towers for name, array in (shared or {}).items()}
        for name, array in feeds.items():
            for tower, part in zip(self._towers, np.array_split(array, self.num_gpus)):
                feed_dict[tower[name]] = part
        results = tflib.run([[tower[name] for name in fetches] for tower in self._towers], feed_dict)
        return [np.concatenate(parts) for parts in zip(*results)]


def replicate(Gs, index):
    """Return the generator for the first device, and copies of it for the others."""
    return Gs if index == 0 else Gs.clone()


def with_full_precision(Gs):
    """Return a generator, or if it computes in float16 a copy of it that does not."""
    overrides = {key: value for key, value in _FULL_PRECISION.items() if Gs.static_kwargs.get(key, value) != value}
    return Gs.clone(**overrides) if overrides else Gs


class FeatureExtractor:
    """Computes features of what a generator draws, or of images that are fed instead.

    Args:
        Gs: Generator.
        feature_network: `FeatureNetwork`.
        num_gpus: Number of devices.
        Gs_kwargs: Keywords of the generator.
    """

    def __init__(self, Gs, feature_network, num_gpus=1, Gs_kwargs=None):
        self._towers = Towers(
            num_gpus, lambda index: _build_tower(replicate(Gs, index), feature_network, Gs_kwargs or {})
        )
        self.num_features = self._towers.num_columns('features')

    def run_fakes(self, latents, labels):
        """Draw images and return their features.

        Args:
            latents: float32 [minibatch, latent_size].
            labels: float32 [minibatch, label_size].

        Returns:
            Tuple (features [NF], is_finite [N]); the second is False for images with a pixel that is no number.
        """
        return self._towers.run(['features', 'is_finite'], {'latents': latents, 'labels': labels})

    def run_reals(self, images):
        """Return the features [NF] of uint8 images [NCHW]."""
        return self._towers.run(['features'], {'images': images})[0]


def _build_tower(Gs, feature_network, Gs_kwargs):
    """Return the tensors of one device by name."""
    latents, labels = [tf.placeholder(tf.float32, [None] + shape[1:]) for shape in Gs.input_shapes[:2]]
    drawn = Gs.get_output_for(latents, labels, **Gs_kwargs)  # [NCHW]
    is_finite = tf.reduce_all(tf.is_finite(drawn), axis=[1, 2, 3])  # [N]
    drawn = tflib.convert_images_to_uint8(drawn)
    images = tf.placeholder_with_default(drawn, [None] + Gs.output_shape[1:])
    return {
        'latents': latents,
        'labels': labels,
        'images': images,
        'is_finite': is_finite,
        'features': feature_network.get_output_for(to_rgb(images)),  # [NF]
    }
