# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The textbook form of the resampling ops computes what the `ref` form does, which is the specification."""

import sys

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from benchmarks import textbook_ops
from dnnlib.tflib.ops import conv_2d as conv_module
from dnnlib.tflib.ops import upfirdn_2d as ops

KERNEL = [1, 3, 3, 1]


def assert_same(session, name, x, *args, **kwargs):
    """Compare values and gradients of both functions of that name."""
    actual = getattr(textbook_ops, name)(x, *args, **kwargs)
    expected = getattr(ops, name)(x, *args, impl='ref', **kwargs)
    dy = tf.constant(np.random.RandomState(1).normal(size=[int(n) for n in expected.shape]).astype(np.float32))
    results = session.run([(y, tf.gradients(y, x, dy)) for y in (actual, expected)])
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-5, atol=1e-5)


def draw(*shape):
    return tf.constant(np.random.RandomState(0).normal(size=shape).astype(np.float32))


@pytest.mark.parametrize('options', [{}, {'upx': 2, 'upy': 3, 'padx0': 3, 'pady1': -2}, {'downx': 2, 'padx1': 4}])
def test_upfirdn_2d(session, options):
    assert_same(session, 'upfirdn_2d', draw(2, 5, 6, 3), np.arange(1, 7).reshape(2, 3), **options)


@pytest.mark.parametrize('data_format', ['NCHW', 'NHWC'])
@pytest.mark.parametrize('name', ['filter_2d', 'upsample_2d', 'downsample_2d'])
def test_resampling(session, name, data_format):
    x = draw(2, 4, 8, 6) if data_format == 'NCHW' else draw(2, 8, 6, 4)
    assert_same(session, name, x, k=KERNEL, gain=0.5, data_format=data_format)


@pytest.mark.parametrize('size', [1, 3])
@pytest.mark.parametrize('name', ['upsample_conv_2d', 'conv_downsample_2d'])
def test_convolution_with_resampling(session, name, size):
    assert_same(session, name, draw(2, 4, 8, 6), w=draw(size, size, 4, 3), k=KERNEL)


def test_plain_convolution(session):
    assert_same(session, 'conv_downsample_2d', draw(2, 4, 8, 6), w=draw(3, 3, 4, 5), k=[1], factor=1)


def test_what_is_imported_after_the_installation_is_the_textbook_form(monkeypatch):
    for name in textbook_ops.REPLACED:
        monkeypatch.setattr(ops, name, getattr(ops, name))
    monkeypatch.setattr(conv_module, 'conv_2d', conv_module.conv_2d)
    for name in ('training.layers', 'training.stylegan2_blocks'):
        monkeypatch.delitem(sys.modules, name, raising=False)
    textbook_ops.install()
    assert all(getattr(ops, name) is getattr(textbook_ops, name) for name in textbook_ops.REPLACED)
    assert conv_module.conv_2d is textbook_ops.conv_2d


def test_all_public_functions_of_the_module_are_replaced():
    public = [name for name, value in vars(ops).items() if callable(value) and not name.startswith('_')]
    assert sorted(textbook_ops.REPLACED) == sorted(public)
