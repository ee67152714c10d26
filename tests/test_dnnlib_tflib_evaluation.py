# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Running networks on arrays: the graph does not grow, minibatches at a time, values in place of variables."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.tflib import compat, evaluation, tfutil
from dnnlib.tflib.snapshots import families

X = np.arange(12.0, dtype=np.float32).reshape(6, 2)  # [NC]
SIZES = dict.fromkeys(['latent_size', 'dlatent_size', 'mapping_fmaps', 'fmap_max'], 4)
LATENTS = np.random.RandomState(0).randn(5, 4)  # [ND]
FAMILIES = ['networks_stylegan2.G_main', 'networks_ada.G_main', 'networks_stylegan.G_style']


def shifted(x_in, factor=1.0, is_random=False, **_kwargs):
    """Return x * factor + shift, and a random number each if wanted."""
    x_in.set_shape([None, 2])
    shift = tf.get_variable('shift', shape=[1, 2], initializer=tf.initializers.zeros(), trainable=False)
    y = x_in * factor + shift
    return tf.identity(y + tf.random_uniform(tf.shape(y)) if is_random else y, name='out')


def wrapped(x_in, components=None, **_kwargs):
    """Return what a component makes of x."""
    x_in.set_shape([None, 2])
    if 'inner' not in components:
        components.inner = tflib.Network('Inner', shifted)
    return tf.identity(components.inner.get_output_for(x_in), name='out')


def rewriting(x_in, **_kwargs):
    """Count the runs in a variable, and add the count."""
    x_in.set_shape([None, 2])
    count = tf.get_variable('count', shape=[], initializer=tf.initializers.zeros(), trainable=False)
    return tf.identity(x_in + tf.assign_add(count, 1.0), name='out')


def make_g(func='networks_stylegan2.G_main', **kwargs):
    return tflib.Network('G', 'training.' + func, resolution=8, mapping_layers=1, **dict(SIZES, **kwargs))


def count_ops():
    return len(tf.get_default_graph().get_operations())


# ----------------------------------------------------------------------------
# Growth.


@pytest.mark.parametrize('func', FAMILIES)
def test_any_number_of_truncation_psis_needs_one_graph(session, func):
    G = make_g(func)
    kwargs = {'truncation_cutoff': 2, 'randomize_noise': False}
    G.set_var('dlatent_avg', np.full([4], 3.0))
    images = [G.run(LATENTS[:1], None, truncation_psi=0.25, **kwargs)]
    num_ops = count_ops()
    images += [G.run(LATENTS[:1], None, truncation_psi=psi, **kwargs) for psi in np.linspace(-1, 0.9, 100)]
    images.append(G.run(LATENTS[:1], None, truncation_psi=np.float64(0.25), **kwargs))
    assert count_ops() == num_ops
    assert np.array_equal(images[0], images[-1])
    assert not np.array_equal(images[0], images[1])


@pytest.mark.parametrize(
    'func, name, kwargs',
    [(func, 'truncation_psi', {}) for func in FAMILIES]
    + [(FAMILIES[0], 'truncation_psi_val', {'is_validation': True})],
)
def test_psi_that_is_fed_acts_as_the_one_of_the_network_does(session, func, name, kwargs):
    cutoff = {name.replace('psi', 'cutoff'): 3}
    G = make_g(func, **dict(cutoff, **{name: 0.5}))
    G.set_var('dlatent_avg', np.full([4], 3.0))
    expected = G.run(LATENTS, None, randomize_noise=False, **kwargs)
    fed = G.run(LATENTS, None, randomize_noise=False, **dict(kwargs, **{name: 0.5}))
    np.testing.assert_allclose(fed, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize('psi', [None, 1, 1.0])
def test_psi_without_effect_leaves_truncation_out(session, psi):
    G = make_g()
    G.set_var('dlatent_avg', np.full([4], np.nan))
    assert np.isfinite(G.run(LATENTS, None, truncation_psi=psi)).all()


def test_networks_run_without_any_family(session, monkeypatch):
    monkeypatch.setattr(families, 'list_families', list)
    y = tflib.Network('N', shifted).run(X, factor=0.5)
    np.testing.assert_array_equal(y, X * 0.5)


def test_functions_of_others_get_the_numbers_themselves(session):
    def scaled(x_in, truncation_psi=1.0, **_kwargs):
        assert isinstance(truncation_psi, float)
        return shifted(x_in, factor=truncation_psi)

    net = tflib.Network('net', scaled)
    np.testing.assert_array_equal(net.run(X, truncation_psi=2.0), X * 2)


def test_calls_of_any_size_need_one_graph(session):
    net = tflib.Network('net', shifted)
    net.run(X)
    num_ops = count_ops()
    for num_items in (1, 5, 6):
        for minibatch_size in (None, 1, 4):
            np.testing.assert_array_equal(net.run(X[:num_items], minibatch_size=minibatch_size), X[:num_items])
    assert count_ops() == num_ops


# ----------------------------------------------------------------------------
# Several minibatches at a time.


@pytest.mark.parametrize(
    'func, kwargs, expected',
    [(shifted, {}, True), (wrapped, {}, True), (shifted, {'is_random': True}, False), (rewriting, {}, False)],
)
def test_network_is_pure_without_random_numbers_and_changes_of_variables(session, func, kwargs, expected):
    graph, _ = evaluation.get_run_graph(tflib.Network('net', func), None, None, 1, False, (), kwargs)
    assert graph.is_pure == expected


def test_noise_decides_whether_generators_are_pure(session):
    G = make_g()
    for value in (True, False):
        graph, _ = evaluation.get_run_graph(G, None, None, 1, False, (), {'randomize_noise': value})
        assert graph.is_pure != value


def test_growing_generators_pass_on_their_level_of_detail_and_so_are_not_pure(session):
    G = make_g(synthesis_func='G_synthesis_stylegan_revised')
    assert not evaluation.get_run_graph(G, None, None, 1, False, (), {'randomize_noise': False})[0].is_pure


def test_minibatches_at_a_time_give_the_pictures_of_one_after_the_other(session, monkeypatch):
    G = make_g()
    latents = np.random.RandomState(1).randn(23, 4)
    results = []
    for num_parallel in (1, 3):
        monkeypatch.setattr(evaluation, '_count_parallel', lambda graph, step, n=num_parallel: n)
        results.append(G.run(latents, None, minibatch_size=4, randomize_noise=False))
    np.testing.assert_array_equal(*results)


def test_random_numbers_come_in_the_order_of_minibatches(session):
    net = tflib.Network('net', shifted)
    results = []
    for _ in range(2):
        with tf.Session(graph=session.graph) as other:
            other.run(tf.global_variables_initializer())
            results.append(net.run(X, is_random=True, minibatch_size=1))
    np.testing.assert_array_equal(*results)


def test_only_small_minibatches_without_gpu_go_together(session, monkeypatch):
    graph, _ = evaluation.get_run_graph(tflib.Network('net', shifted), None, None, 1, False, (), {})
    monkeypatch.setattr(compat, 'list_gpus', lambda: [])
    assert evaluation._count_parallel(graph, 1 << 18) == 2
    assert evaluation._count_parallel(graph, 1 << 20) == 1
    monkeypatch.setattr(compat, 'list_gpus', lambda: ['GPU:0'])
    assert evaluation._count_parallel(graph, 1) == 1


def test_error_of_a_minibatch_is_raised(session):
    net = tflib.Network('net', shifted)
    with pytest.raises(tf.errors.InvalidArgumentError, match='boom'):
        check = {'func': lambda x: tf.check_numerics(x, 'boom')}
        net.run([[1, 1], [2, 2], [np.nan, 1], [4, 4]], output_transform=check, minibatch_size=1)


def test_outputs_without_a_row_per_sample_are_refused(session):
    net = tflib.Network('net', shifted)
    with pytest.raises(ValueError, match=r'must have one row per sample, got \(1, 2\) for 4'):
        net.run(X, output_transform={'func': lambda x: x[:1]}, minibatch_size=4)


def test_results_belong_to_the_caller(session):
    net = tflib.Network('net', shifted)
    result = net.run(X)
    result += 1
    np.testing.assert_array_equal(net.run(X), X)


# ----------------------------------------------------------------------------
# Values in place of variables.


@pytest.mark.parametrize('func, name', [(shifted, 'shift'), (wrapped, 'Inner/shift')])
def test_samples_can_have_values_of_their_own_in_place_of_a_variable(session, func, name):
    net = tflib.Network('net', func)
    net.set_var(name, [[100, 100]])
    values = np.arange(6.0)[:, np.newaxis] * [10, 20]
    np.testing.assert_array_equal(net.run(X, sample_vars={name: values}, minibatch_size=4), X + values)
    np.testing.assert_array_equal(net.run(X), X + 100)
    num_ops = count_ops()
    np.testing.assert_array_equal(net.run(X[:2], sample_vars={name: values[2:4]}), X[:2] + values[2:4])
    assert count_ops() == num_ops


def test_values_in_place_of_a_variable_are_shared_among_devices():
    with tf.Graph().as_default(), tflib.create_session({'device_count.CPU': 2}).as_default():
        if compat.list_gpus():
            pytest.skip('made for virtual CPU devices')
        net = tflib.Network('net', shifted)
        values = np.arange(12.0).reshape(6, 2)
        for is_frozen in (False, True):
            result = net.run(X, sample_vars={'shift': values}, num_gpus=2, minibatch_size=4, assume_frozen=is_frozen)
            np.testing.assert_array_equal(result, X + values)


@pytest.mark.parametrize(
    'name, shape, message',
    [
        ('shifty', [6, 2], "network net has no variable 'shifty' with a first axis of size 1"),
        ('shift', [5, 2], r'shift must have the shape \[6, 2\], got \[5, 2\]'),
        ('shift', [2], r'shift must have the shape \[6, 2\], got \[2\]'),
    ],
)
def test_values_that_fit_no_variable_are_refused(session, name, shape, message):
    net = tflib.Network('net', shifted)
    with pytest.raises(ValueError, match=message):
        net.run(X, sample_vars={name: np.zeros(shape)})


def test_a_failure_while_variables_are_replaced_leaves_them_as_they_were(session):
    net = tflib.Network('net', shifted)
    with pytest.raises(RuntimeError):
        with net.replaced_vars({'shift': tf.constant([[5.0, 5.0]])}):
            raise RuntimeError
    np.testing.assert_array_equal(session.run(net.get_output_for(tf.constant(X))), X)


@pytest.mark.parametrize('func', FAMILIES)
def test_noise_that_is_fed_acts_as_noise_variables_do(session, func):
    G = make_g(func)
    synthesis = G.components.synthesis
    rnd = np.random.RandomState(2)
    for name in synthesis.vars:
        if name.endswith('noise_strength') or name.endswith('Noise/weight'):
            synthesis.set_var(name, rnd.randn(*synthesis.vars[name].shape.as_list()))
    noise = {
        name: rnd.randn(5, *G.vars[name].shape.as_list()[1:]) for name in G.vars if name.startswith('G_synthesis/noise')
    }
    assert len(noise) >= 3
    together = G.run(LATENTS, None, sample_vars=noise, randomize_noise=False)
    for index in range(5):
        tfutil.set_vars({G.vars[name]: value[index : index + 1] for name, value in noise.items()})
        alone = G.run(LATENTS[index : index + 1], None, randomize_noise=False)
        np.testing.assert_allclose(together[index], alone[0], rtol=0, atol=1e-4)
    assert np.abs(together[0] - alone[0]).max() > 1e-2
