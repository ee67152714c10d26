# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The task of generation_speed.py: a generator that is run, and that draws pictures into files."""

import contextlib
import os
import tempfile
import time

import numpy as np

from dnnlib import tflib

# isort: split
import tensorflow.compat.v1 as tf  # After dnnlib.tflib, which loads it in silence.

from editing import generation
from training import misc


class Generation:
    """A new generator of one size."""

    def build(self, resolution, fmap_base, fmap_max):
        """Build the network and return facts by column."""
        tflib.init_tf({'rnd.np_random_seed': 1})
        self.Gs = tflib.Network(
            'Gs',
            'training.networks_stylegan2.G_main',
            num_channels=3,
            resolution=resolution,
            fmap_base=fmap_base,
            fmap_max=fmap_max,
        )
        return {'tensorflow': tf.__version__}

    def run(self, num_images, minibatch_size, randomize_noise):
        """Return the images per second of one call of `Network.run`, which draws uint8 [NHWC] from random latents."""
        latents = np.random.RandomState(1).randn(num_images, *self.Gs.input_shape[1:])
        kwargs = dict(_make_image_kwargs(0.7), randomize_noise=randomize_noise)
        self.Gs.run(latents[:minibatch_size], None, **kwargs)
        begin = time.perf_counter()
        self.Gs.run(latents, None, minibatch_size=minibatch_size, **kwargs)
        return num_images / (time.perf_counter() - begin)

    def count_new_ops(self, num_calls):
        """Return the ops of the graph after one call of `Network.run`, and after as many with as many values of psi."""
        latents = np.zeros([1] + self.Gs.input_shape[1:])
        counts = []
        for index in range(num_calls):
            self.Gs.run(latents, None, **_make_image_kwargs(0.5 + 0.3 * index / num_calls))
            counts.append(len(tf.get_default_graph().get_operations()))
        return counts[0], counts[-1]

    def draw(self, num_seeds):
        """Do what `run_generator.py generate-images` does once the network is loaded.

        Returns:
            Milliseconds per picture [in `Network.run`, besides].
        """
        with tempfile.TemporaryDirectory() as folder, _working_in(folder), _timed_runs() as runs:
            misc.save_pkl((self.Gs, self.Gs, self.Gs), 'network.pkl')
            loaded = generation.load_generator('network.pkl')
            loaded.close = lambda: None  # To be used twice.
            generation.load_generator = lambda network_pkl: loaded
            generation.generate_images('', list(range(32)), truncation_psi=0.7)  # Builds and warms up.
            runs.clear()
            begin = time.perf_counter()
            generation.generate_images('', list(range(num_seeds)), truncation_psi=0.7)
            seconds = time.perf_counter() - begin
        return [1000 * value / num_seeds for value in (sum(runs), seconds - sum(runs))]


@contextlib.contextmanager
def _timed_runs():
    """Yield a list to which every call of `Network.run` adds its seconds."""
    run, seconds = tflib.Network.run, []

    def timed(*args, **kwargs):
        begin = time.perf_counter()
        result = run(*args, **kwargs)
        seconds.append(time.perf_counter() - begin)
        return result

    tflib.Network.run = timed
    try:
        yield seconds
    finally:
        tflib.Network.run = run


def _make_image_kwargs(truncation_psi):
    """Return the keywords of `Network.run` for images uint8 [NHWC] with fixed noise."""
    transform = {'func': tflib.convert_images_to_uint8, 'nchw_to_nhwc': True}
    return {'truncation_psi': truncation_psi, 'randomize_noise': False, 'output_transform': transform}


@contextlib.contextmanager
def _working_in(folder):
    previous = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(previous)
