# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Fixtures that the tests share."""

import pytest


@pytest.fixture
def session():
    """A fresh graph and session with fixed seeds, so that no test sees another's variables."""
    import tensorflow.compat.v1 as tf

    from dnnlib import tflib  # Turns graph mode on.

    with tf.Graph().as_default(), tf.Session() as session:
        tflib.init_tf()
        tf.set_random_seed(1234)
        yield session
