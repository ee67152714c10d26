# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The networks of StyleGAN2 against numbers of the official implementation."""

import json
import os

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib

DATA_DIR = os.path.join(os.path.dirname(__file__), 'data')


def load(name):
    return np.load(os.path.join(DATA_DIR, name + '.npz'))


def build(ref):
    net = tflib.Network('net', str(ref['func']), **json.loads(str(ref['static_kwargs'])))
    tflib.set_vars({net.vars[name]: ref['var/' + name] for name in json.loads(str(ref['var_names']))})
    return net


def cases(ref):
    return sorted({key.split('/')[1] for key in ref.files if key.startswith('case/')})


def assert_values(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-4)


def assert_gradients(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


@pytest.mark.parametrize(
    'name', ['g_skip', 'g_skip_labels', 'g_orig', 'g_resnet', 'd_resnet', 'd_resnet_labels', 'd_skip', 'd_orig']
)
def test_variables_have_the_official_names_order_and_kinds(session, name):
    ref = load(name)
    net = build(ref)
    assert list(net.vars) == json.loads(str(ref['var_names']))
    assert list(net.own_vars) == json.loads(str(ref['own_var_names']))
    assert list(net.trainables) == json.loads(str(ref['trainable_names']))


@pytest.mark.parametrize('name', ['g_skip', 'g_skip_labels', 'g_orig', 'g_resnet'])
def test_generator_agrees_with_the_official_images(session, name):
    ref = load(name)
    net = build(ref)
    latents, labels = ref['in/latents'], ref['in/labels']
    assert_values(net.components.mapping.run(latents, labels), ref['out/mapping'])
    synthesis = net.components.synthesis
    assert_values(synthesis.run(ref['out/mapping'], randomize_noise=False), ref['out/synthesis_of_mapping'])
    assert_values(synthesis.run(ref['in/dlatents_mixed'], randomize_noise=False), ref['out/synthesis_mixed'])
    for case in cases(ref):
        tflib.set_vars({net.vars['dlatent_avg']: ref['var/dlatent_avg']})
        kwargs = json.loads(str(ref[f'case/{case}/kwargs']))
        images = net.run(latents, labels, **kwargs)
        if kwargs.get('return_dlatents'):
            images, dlatents = images
            assert_values(dlatents, ref[f'case/{case}/dlatents'])
        assert_values(images, ref[f'case/{case}/images'])
        if f'case/{case}/dlatent_avg_after' in ref.files:
            assert_values(net.get_var('dlatent_avg'), ref[f'case/{case}/dlatent_avg_after'])


@pytest.mark.parametrize('name', ['g_skip', 'g_resnet'])
def test_path_lengths_and_their_gradients_agree_with_the_official_ones(session, name):
    ref = load(name)
    net = build(ref)
    dlatents = tf.constant(ref['in/dlatents_mixed'])
    images = net.components.synthesis.get_output_for(dlatents, randomize_noise=False)
    (d_dlatents,) = tf.gradients(tf.reduce_sum(images * ref['grad/image_noise']), dlatents)
    path_lengths = tf.sqrt(tf.reduce_mean(tf.reduce_sum(tf.square(d_dlatents), axis=2), axis=1))
    names = [key[len('grad2/') :] for key in ref.files if key.startswith('grad2/')]
    second = tf.gradients(tf.reduce_sum(path_lengths), [net.vars[key] for key in names])
    actual = session.run([d_dlatents, path_lengths, second])
    assert_gradients(actual[0], ref['grad/d_dlatents'])
    assert_gradients(actual[1], ref['grad/path_lengths'])
    assert len(names) >= 3
    for key, value in zip(names, actual[2]):
        assert_gradients(value, ref['grad2/' + key])


@pytest.mark.parametrize('name', ['d_resnet', 'd_resnet_labels', 'd_skip', 'd_orig'])
def test_discriminator_agrees_with_the_official_scores_and_r1_gradients(session, name):
    ref = load(name)
    net = build(ref)
    for case in cases(ref):
        num = json.loads(str(ref[f'case/{case}/kwargs']))['num']
        assert_values(net.run(ref['in/images'][:num], ref['in/labels'][:num]), ref[f'case/{case}/scores'])
    names = [key[len('grad2/') :] for key in ref.files if key.startswith('grad2/')]
    if 'grad/d_images' not in ref.files:
        return
    images = tf.constant(ref['in/images'])
    scores = net.get_output_for(images, tf.constant(ref['in/labels']))
    (d_images,) = tf.gradients(tf.reduce_sum(scores), images)
    r1 = tf.reduce_sum(tf.square(d_images), axis=[1, 2, 3])
    second = tf.gradients(tf.reduce_sum(r1), [net.vars[key] for key in names])
    actual = session.run([d_images, r1, second])
    assert_gradients(actual[0], ref['grad/d_images'])
    assert_gradients(actual[1], ref['grad/r1'])
    for key, value in zip(names, actual[2]):
        assert_gradients(value, ref['grad2/' + key])


@pytest.fixture
def gpu_layout(monkeypatch):
    """Build graphs as on a GPU: grouped convolutions, [NCHW]."""
    from dnnlib.tflib import compat
    from training import layers

    monkeypatch.setattr(layers, '_runs_on_cpu', lambda x: False)
    monkeypatch.setattr(compat, 'runs_on_cpu', lambda x: False)


@pytest.mark.parametrize('name', ['g_skip', 'g_resnet'])
def test_generator_with_grouped_convolutions_is_built_for_any_minibatch(session, gpu_layout, name):
    ref = load(name)
    kwargs = dict(json.loads(str(ref['static_kwargs'])), fused_modconv=True)
    net = tflib.Network('net', str(ref['func']), **kwargs)
    latents = tf.placeholder(tf.float32, [None, 64])
    images = net.get_output_for(latents, None, is_training=True)
    grads = tf.gradients(images, list(net.trainables.values()))
    assert images.shape.as_list() == [None, 3, 32, 32]
    assert all(grad is not None for grad in grads)
    tflib.set_vars({net.vars[key]: ref['var/' + key] for key in json.loads(str(ref['var_names']))})
    if compat_is_tf1():
        return  # Its CPU kernels know no grouped convolution; values are compared where they do.
    actual = net.components.synthesis.run(ref['in/dlatents_mixed'], randomize_noise=False)
    assert_values(actual, ref['out/synthesis_mixed'])


def compat_is_tf1():
    from dnnlib.tflib import compat

    return compat.IS_TF1
