# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Truncation: pulling intermediate latents w towards their mean, and the moving average that stands for the mean.

Snapshots carry this text beside that of the networks, see `training.layers`.

Source: Karras et al., "A Style-Based Generator Architecture for GANs", 2018, appendix B (arXiv:1812.04948).
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib


def get_dlatent_avg(dlatent_size):
    """Return the variable that holds the moving average of w [D]."""
    init = tf.initializers.zeros()
    return tf.get_variable('dlatent_avg', shape=[dlatent_size], initializer=init, trainable=False)


def track_dlatent_avg(dlatents, dlatent_avg, beta):
    """Return `dlatents` in a form that moves the average of w when evaluated.

    Args:
        dlatents: Intermediate latents [NLD].
        dlatent_avg: Result of `get_dlatent_avg`.
        beta: Decay of the average.
    """
    with tf.variable_scope('DlatentAvg'):
        batch_avg = tf.reduce_mean(dlatents[:, 0], axis=0)  # [D]
        update = tf.assign(dlatent_avg, tflib.lerp(batch_avg, dlatent_avg, beta))
        with tf.control_dependencies([update]):
            return tf.identity(dlatents)


def truncate_dlatents(dlatents, dlatent_avg, truncation_psi, truncation_cutoff=None):
    """Pull the leading layers of intermediate latents towards their mean, trading variety for fidelity.

    Args:
        dlatents: Intermediate latents w [NLD].
        dlatent_avg: Moving average of w [D].
        truncation_psi: Distance from the mean that is kept, number or tensor; 1 leaves w as it is, 0 yields the mean,
            negative mirrors.
        truncation_cutoff: Number of leading layers to truncate, number or tensor; None for all.

    Returns:
        Truncated latents [NLD].
    """
    with tf.variable_scope('Truncation'):
        num_layers = int(dlatents.shape[1])
        cutoff = tf.cast(num_layers if truncation_cutoff is None else truncation_cutoff, tf.float32)
        layer_idx = np.arange(num_layers)[np.newaxis, :, np.newaxis]  # [1L1]
        ones = np.ones(layer_idx.shape, dtype=np.float32)
        psi = tf.where(tf.cast(layer_idx, tf.float32) < cutoff, tf.cast(truncation_psi, tf.float32) * ones, ones)
        return tflib.lerp(dlatent_avg, dlatents, psi)
