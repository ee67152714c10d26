# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Comparison of networks with numbers of the official implementations, kept in tests/data."""

import json
import os

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib

DATA_DIR = os.path.join(os.path.dirname(__file__), 'data')
OUR_NAMES = {'training.networks': 'training.networks_ada'}  # Modules that have another name there.


def load(name):
    return np.load(os.path.join(DATA_DIR, name + '.npz'))


def read_json(ref, key):
    return json.loads(str(ref[key]))


def build(ref):
    """Return the network of a reference file with its variables."""
    module, func = str(ref['func']).rsplit('.', 1)
    net = tflib.Network('net', f'{OUR_NAMES.get(module, module)}.{func}', **read_json(ref, 'static_kwargs'))
    tflib.set_vars({net.vars[name]: ref['var/' + name] for name in read_json(ref, 'var_names')})
    return net


def cases(ref):
    """Yield name and keywords of every case; `lod` among them is a variable."""
    for key in sorted(ref.files):
        if key.startswith('case/') and key.endswith('/kwargs'):
            yield key[: -len('/kwargs')], read_json(ref, key)


def set_lod(net, lod):
    if 'lod' in net.vars:
        net.set_var('lod', lod)


def assert_values(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-4)


def assert_gradients(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def compare_variables(ref):
    net = build(ref)
    assert list(net.vars) == read_json(ref, 'var_names')
    assert list(net.own_vars) == read_json(ref, 'own_var_names')
    assert list(net.trainables) == read_json(ref, 'trainable_names')


def compare_images(ref, **synthesis_kwargs):
    net = build(ref)
    latents, labels = ref['in/latents'], ref['in/labels']
    assert_values(net.components.mapping.run(latents, labels), ref['out/mapping'])
    for dlatents, expected in [('out/mapping', 'synthesis_of_mapping'), ('in/dlatents_mixed', 'synthesis_mixed')]:
        images = net.components.synthesis.run(ref[dlatents], randomize_noise=False, **synthesis_kwargs)
        assert_values(images, ref['out/' + expected])
    for case, kwargs in cases(ref):
        tflib.set_vars({net.vars['dlatent_avg']: ref['var/dlatent_avg']})
        set_lod(net, kwargs.pop('lod', 0))
        outputs = net.run(latents, labels, return_as_list=True, **kwargs)
        assert_values(outputs[0], ref[case + '/images'])
        if kwargs.get('return_dlatents'):
            assert_values(outputs[1], ref[case + '/dlatents'])
        if case + '/dlatent_avg_after' in ref.files:
            assert_values(net.get_var('dlatent_avg'), ref[case + '/dlatent_avg_after'])


def compare_scores(ref):
    net = build(ref)
    for case, kwargs in cases(ref):
        num = kwargs.pop('num', len(ref['in/images']))
        set_lod(net, kwargs.pop('lod', 0))
        assert_values(net.run(ref['in/images'][:num], ref['in/labels'][:num], **kwargs), ref[case + '/scores'])


def compare_gradients(session, ref, net, first, norms):
    """Compare gradients, their norms, and the gradients of those; the arguments are pairs of name and tensor."""
    names = [key[len('grad2/') :] for key in ref.files if key.startswith('grad2/')]
    second = tf.gradients(tf.reduce_sum(norms[1]), [net.vars[key] for key in names])
    actual = session.run([first[1], norms[1], second])
    assert_gradients(actual[0], ref['grad/' + first[0]])
    assert_gradients(actual[1], ref['grad/' + norms[0]])
    assert len(names) >= 3
    for key, value in zip(names, actual[2]):
        assert_gradients(value, ref['grad2/' + key])


def compare_path_length_gradients(session, ref):
    net = build(ref)
    dlatents = tf.constant(ref['in/dlatents_mixed'])
    images = net.components.synthesis.get_output_for(dlatents, randomize_noise=False)
    (d_dlatents,) = tf.gradients(tf.reduce_sum(images * ref['grad/image_noise']), dlatents)
    path_lengths = tf.sqrt(tf.reduce_mean(tf.reduce_sum(tf.square(d_dlatents), axis=2), axis=1))
    compare_gradients(session, ref, net, ('d_dlatents', d_dlatents), ('path_lengths', path_lengths))


def compare_r1_gradients(session, ref):
    net = build(ref)
    images = tf.constant(ref['in/images'])
    scores = net.get_output_for(images, tf.constant(ref['in/labels']))
    (d_images,) = tf.gradients(tf.reduce_sum(scores), images)
    r1 = tf.reduce_sum(tf.square(d_images), axis=[1, 2, 3])
    compare_gradients(session, ref, net, ('d_images', d_images), ('r1', r1))


def check_training(session, G, D):
    """Check that every variable has a finite gradient."""
    scores = D.get_output_for(G.get_output_for(tf.random_normal([4, 4]), None, is_training=True), None)
    variables = list(G.trainables.values()) + list(D.trainables.values())
    gradients = session.run(tf.gradients(tf.reduce_sum(tf.square(scores)), variables))
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def check_size(G, D, latents, image_shape):
    """Check that a generator draws pictures of a shape [C, H, W], and that a discriminator scores them."""
    images = G.run(latents, None, is_training=True)
    assert images.shape == (len(latents), *image_shape)
    assert D.run(images, None).shape == (len(latents), 1)


def count_elements(variables):
    return sum(int(np.prod(var.shape.as_list())) for var in variables.values())


def count(monkeypatch, func, **kwargs):
    """Return the elements of the trainable and of all variables, and the numbers of variables: all and trainable."""
    get_output_for = tflib.Network.get_output_for

    def reuse_synthesis(net, *inputs, **kwargs):
        return net.output_templates[0] if net.name == 'G_synthesis' else get_output_for(net, *inputs, **kwargs)

    # Values are large and not needed to count them; nor is a second copy of the largest graph.
    monkeypatch.setattr(tflib.Network, 'reset_own_vars', lambda net: None)
    monkeypatch.setattr(tflib.Network, 'get_output_for', reuse_synthesis)
    net = tflib.Network('net', func, **kwargs)
    return count_elements(net.trainables), count_elements(net.vars), len(net.vars), len(net.trainables)


def randomize(net):
    """Give all variables but `lod` random values, as initial ones leave much of a network without effect."""
    rnd = np.random.RandomState(1)
    values = {}
    for name, var in net.vars.items():
        if name.split('/')[-1] != 'lod':
            scale = 100 if name.startswith('G_mapping/Dense') else 1  # These are multiplied by 0.01 at use.
            values[var] = rnd.randn(*var.shape.as_list()) * scale
    tflib.set_vars(values)


def mirror_diagonally(net, source, first_block_size):
    """Give `net` the variables of `source` with height and width exchanged."""
    values = tflib.run(dict(source.vars))
    tflib.set_vars({var: _mirror(name, values[name], *first_block_size) for name, var in net.vars.items()})


def _mirror(name, value, height, width):
    if name.endswith('4x4/Dense0/weight'):
        fmaps = value.shape[1]
        return value.reshape([-1, height, width, fmaps]).transpose(0, 2, 1, 3).reshape([-1, fmaps])
    if value.ndim == 4:
        return value.transpose(1, 0, 2, 3) if name.endswith('weight') else value.transpose(0, 1, 3, 2)
    return value
