# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Comparison of networks before and after a conversion by what they draw."""

import collections
import contextlib

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.tflib import compat, network

NUM_PICTURES = 1
TRUNCATION_PSI = 0.5


@contextlib.contextmanager
def open_session():
    """Give a graph and a session of their own, so that networks of the same names do not meet."""
    with tf.Graph().as_default(), tf.Session() as session, compat.full_precision():
        tflib.init_tf()
        yield session


def make_inputs(net):
    """Return the fixed latents and labels (of class 0) that a generator is compared with."""
    latents = np.random.RandomState(0).randn(NUM_PICTURES, net.input_shapes[0][1]).astype(np.float32)
    labels = np.zeros([NUM_PICTURES, net.input_shapes[1][1]], np.float32)
    labels[:, :1] = 1
    return latents, labels


def draw(networks):
    """Return what networks make of fixed inputs: images of generators, scores of discriminators.

    Args:
        networks: Dict name -> built network.

    Returns:
        Dict name -> float32 array.
    """
    results = collections.OrderedDict()
    for name, net in networks.items():
        if _is_generator(net):
            latents, labels = make_inputs(net)
            # One format keeps the average of w of Gs alone, so G is compared without truncation where there are both.
            psi = 1 if name == 'G' and 'Gs' in networks else TRUNCATION_PSI
            results[name] = net.run(latents, labels, truncation_psi=psi, randomize_noise=False)
        else:
            images = np.random.RandomState(0).uniform(-1, 1, [NUM_PICTURES] + net.input_shapes[0][1:])
            labels = np.eye(NUM_PICTURES, net.input_shapes[1][1])
            results[name] = net.run(images, labels)
    return results


def build(networks):
    """Return networks that a reader gave, built in the default session."""
    return collections.OrderedDict((name, network.build_networks(net)) for name, net in networks.items())


def _is_generator(net):
    return bool(net.components)


def compare(before, after):
    """Return the largest difference per network, for the names that both dicts of `draw` have.

    Args:
        before: Dict name -> array.
        after: Dict name -> array.
    """
    return collections.OrderedDict((name, _distance(before[name], after[name])) for name in before if name in after)


def _distance(x, y):
    """Return the largest difference; where both are NaN, which broken networks draw, there is none."""
    return float(np.max(np.where(np.isnan(x) & np.isnan(y), 0, np.abs(x - y))))
