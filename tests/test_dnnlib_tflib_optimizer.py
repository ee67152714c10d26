# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The optimizer against hand-calculated steps."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.tflib import autosummary
from dnnlib.tflib.optimizer import Optimizer

OPTIMIZERS = ['tf.train.AdamOptimizer', 'dnnlib.tflib.optimizer.SimpleAdam']
SGD = 'tf.train.GradientDescentOptimizer'
ADAM = {'learning_rate': 0.1, 'beta1': 0.0, 'beta2': 0.99}


def make_var(value, name='w'):
    return tf.Variable(np.float32(value), name=name)


def make_step(loss, variables, **kwargs):
    opt = Optimizer(**kwargs)
    opt.register_gradients(loss, variables)
    step = opt.apply_updates()
    tflib.init_uninitialized_vars()
    return opt, step


def adam(w, grads, lr, beta1, beta2, epsilon=1e-8):
    """Values of a weight after each step (Kingma and Ba 2014, algorithm 1 in its efficient order), in float64."""
    m = v = 0.0
    values = []
    for step, grad in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        w -= lr * np.sqrt(1 - beta2**step) / (1 - beta1**step) * m / (np.sqrt(v) + epsilon)
        values.append(w)
    return values


def read_summaries(tmp_path):
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        return autosummary.save_summaries(writer)


@pytest.mark.parametrize('tf_optimizer', OPTIMIZERS)
def test_first_step_of_adam_by_hand(session, tf_optimizer):
    w = make_var(1.0)
    _, step = make_step(tf.square(w), [w], tf_optimizer=tf_optimizer, **ADAM)
    session.run(step)
    np.testing.assert_allclose(session.run(w), 0.9, rtol=1e-6)  # 1 - 0.1 * sqrt(0.01) * 2 / sqrt(0.01 * 4)


@pytest.mark.parametrize('tf_optimizer', OPTIMIZERS)
@pytest.mark.parametrize('beta1', [0.0, 0.9])
def test_many_steps_of_adam_follow_the_published_algorithm(session, tf_optimizer, beta1):
    w, grad = make_var(0.5), tf.placeholder(tf.float32, [])
    grads = [1.0, -2.0, 0.25, 3.0, -0.125]
    _, step = make_step(w * grad, {'w': w}, tf_optimizer=tf_optimizer, learning_rate=0.01, beta1=beta1, beta2=0.99)
    values = []
    for value in grads:
        session.run(step, {grad: value})
        values.append(session.run(w))
    np.testing.assert_allclose(values, adam(0.5, grads, 0.01, beta1, 0.99), rtol=1e-5)


def test_learning_rate_can_be_fed(session):
    w, rate = make_var(1.0), tf.placeholder(tf.float32, [])
    _, step = make_step(w, [w], tf_optimizer=SGD, learning_rate=rate)
    session.run(step, {rate: 0.25})
    session.run(step, {rate: 0.5})
    assert session.run(w) == 0.25


def test_gradients_of_several_losses_and_of_batches_are_averaged(session):
    w, unused = make_var([1.0, 2.0]), make_var(3.0)
    opt = Optimizer(tf_optimizer=SGD, learning_rate=1.0)
    opt.register_gradients(w * [2.0, 4.0], [w, unused])  # Mean over the loss: gradient [1, 2].
    opt.register_gradients(tf.cast(w[0] * 8, tf.float64), [w, unused])  # Gradient [8, 0].
    step = opt.apply_updates()
    tflib.init_uninitialized_vars()
    session.run(step)
    np.testing.assert_allclose(session.run(w), [1 - 4.5, 2 - 1])
    assert session.run(unused) == 3


@pytest.mark.parametrize('multiplier', [None, 1])
@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
def test_a_step_with_a_gradient_that_is_not_finite_is_skipped(session, tmp_path, multiplier, bad):
    w, v, grad = make_var(1.0), make_var([1.0, 1.0]), tf.placeholder(tf.float32, [])
    options = {'learning_rate': 0.1, 'minibatch_multiplier': multiplier}
    opt, step = make_step(w * grad + tf.reduce_sum(v), [w, v], name='TrainG', tf_optimizer=SGD, **options)
    autosummary.finalize_autosummaries()
    session.run(step, {grad: bad})
    assert session.run([w, v[0], opt.get_num_skipped()]) == [1, 1, 1]
    reports = read_summaries(tmp_path)
    assert reports['TrainG/overflow_frequency'] == 1
    np.testing.assert_allclose(reports['TrainG/learning_rate'], 0.1, rtol=1e-6)
    session.run(step, {grad: 1.0})
    np.testing.assert_allclose(session.run(w), 0.9, rtol=1e-6)
    assert session.run(opt.get_num_skipped()) == 1
    assert read_summaries(tmp_path)['TrainG/overflow_frequency'] == 0


@pytest.mark.parametrize('multiplier', [None, 2])
def test_bad_steps_are_skipped_in_optimized_graphs_as_well(multiplier):
    with tf.Graph().as_default(), tflib.create_session().as_default() as session:
        w, v, grad = make_var([1.0, 1.0]), make_var(1.0), tf.placeholder(tf.float32, [2])
        options = {'tf_optimizer': OPTIMIZERS[0], 'minibatch_multiplier': multiplier}
        opt, step = make_step(tf.reduce_sum(w * grad) + v, [w, v], **dict(options, **ADAM))
        for value in [np.nan, np.inf] * 2:
            session.run(step, {grad: [0.0, value]})
        assert session.run([v, opt.get_num_skipped()]) == [1, 4 // (multiplier or 1)]
        np.testing.assert_array_equal(session.run(opt.state_vars()[2]), 0)
        for _ in range(multiplier or 1):
            session.run(step, {grad: [2.0, -3e38]})
        np.testing.assert_allclose(session.run([w[0], v]), [0.9, 0.9], rtol=1e-6)
        assert session.run(opt.get_num_skipped()) == 4 // (multiplier or 1)


def test_infinite_gradients_of_opposite_signs_do_not_cancel(session):
    w, v, grad = make_var([1.0, 1.0]), make_var(1.0), tf.placeholder(tf.float32, [2])
    opt, step = make_step(tf.reduce_sum(w * grad) + v, [w, v], tf_optimizer=SGD, learning_rate=0.5)
    session.run(step, {grad: [np.inf, -np.inf]})
    assert session.run([v, opt.get_num_skipped()]) == [1, 1]
    np.testing.assert_array_equal(session.run(w), [1, 1])


def test_finite_gradients_are_applied_even_if_their_sum_overflows(session):
    w = make_var([0.0, 0.0])
    _, step = make_step(tf.reduce_sum(w) * 3e38, [w], tf_optimizer=SGD, learning_rate=1e-37)
    session.run(step)
    np.testing.assert_allclose(session.run(w), [-30, -30], rtol=1e-5)


@pytest.mark.parametrize('as_tensor', [False, True])
def test_minibatch_multiplier_averages_runs_into_one_step(session, tmp_path, as_tensor):
    w, grad = make_var(1.0), tf.placeholder(tf.float32, [])
    multiplier = tf.placeholder_with_default(np.int32(2), []) if as_tensor else 2
    _, step = make_step(w * grad, [w], tf_optimizer=SGD, learning_rate=1.0, minibatch_multiplier=multiplier)
    autosummary.finalize_autosummaries()
    values = []
    for value in (1.0, 3.0, 4.0, 6.0, np.nan, 2.0, 1.0, 1.0):
        session.run(step, {grad: value})
        values.append(float(session.run(w)))
    assert values == [1, -1, -1, -6, -6, -6, -6, -7]  # The sum with NaN is dropped as a whole, and so is the NaN.
    assert read_summaries(tmp_path)['Train/overflow_frequency'] == 0.25  # Full steps alone count.


def test_minibatch_multiplier_can_change_between_steps(session):
    w, multiplier = make_var(0.0), tf.placeholder(tf.int32, [])
    _, step = make_step(-w, [w], tf_optimizer=SGD, learning_rate=1.0, minibatch_multiplier=multiplier)
    for value in (1, 1, 3, 3, 3):
        session.run(step, {multiplier: value})
    assert session.run(w) == 3


# ---------------------------------------------------------------------------- several devices


@pytest.fixture
def two_cpus():
    with tf.Graph().as_default(), tflib.create_session({'device_count.CPU': 2}).as_default() as session:
        yield session


@pytest.mark.parametrize('tf_optimizer', [SGD] + OPTIMIZERS)
@pytest.mark.parametrize('multiplier', [None, 2])
def test_devices_step_together_by_the_average_gradient(two_cpus, tf_optimizer, multiplier):
    opt = Optimizer(tf_optimizer=tf_optimizer, learning_rate=0.125, minibatch_multiplier=multiplier)
    single_grad = tf.placeholder(tf.float32, [])
    single = make_var(1.0)
    replicas, grads = [], []
    for index in range(2):
        with tf.device(f'/cpu:{index}'):
            replicas.append(make_var(1.0))
            grads.append(tf.placeholder(tf.float32, []))
            opt.register_gradients(replicas[-1] * grads[-1], [replicas[-1]])
    steps = [opt.apply_updates()]
    single_step = make_step(
        single * single_grad, [single], tf_optimizer=tf_optimizer, learning_rate=0.125, minibatch_multiplier=multiplier
    )[1]
    for first, second in [(1.0, 3.0), (2.0, -4.0), (0.0, 1.0), (5.0, 1.0)]:
        two_cpus.run(steps + [single_step], dict(zip(grads + [single_grad], [first, second, (first + second) / 2])))
    values = two_cpus.run(replicas + [single])
    assert values[0] == values[1] != 1
    np.testing.assert_allclose(values[0], values[2], rtol=1e-6)


def test_a_bad_gradient_on_one_device_stops_all(two_cpus):
    opt = Optimizer(tf_optimizer=SGD, learning_rate=1.0)
    replicas = []
    for index in range(2):
        with tf.device(f'/cpu:{index}'):
            replicas.append(make_var(1.0))
            opt.register_gradients(replicas[-1] * [1.0, np.nan][index], [replicas[-1]])
    step = opt.apply_updates()
    tflib.init_uninitialized_vars()
    two_cpus.run(step)
    assert two_cpus.run(replicas) == [1, 1]


def test_devices_with_unlike_variables_are_refused(two_cpus):
    opt = Optimizer()
    for index in range(2):
        with tf.device(f'/cpu:{index}'):
            w = make_var([1.0] * (index + 1))
            opt.register_gradients(tf.reduce_sum(w), [w])
    with pytest.raises(ValueError, match='variables of the same shapes in the same order'):
        opt.apply_updates()


# ---------------------------------------------------------------------------- shared moments


@pytest.mark.parametrize('tf_optimizer', OPTIMIZERS)
def test_optimizers_that_share_step_as_one(session, tf_optimizer):
    w, grad = make_var(1.0), tf.placeholder(tf.float32, [])
    rate = tf.constant(0.1)
    kwargs = {'tf_optimizer': tf_optimizer, 'learning_rate': rate, 'beta1': 0.5, 'beta2': 0.99}
    main = Optimizer(name='Train', **kwargs)
    reg = Optimizer(name='TrainReg', share=main, **kwargs)
    for opt in (main, reg):
        opt.register_gradients(w * grad, [w])
    steps = [opt.apply_updates() for opt in (main, reg)]
    tflib.init_uninitialized_vars()
    values, grads = [], [1.0, -3.0, 2.0, 0.5]
    for index, value in enumerate(grads):
        session.run(steps[index % 2], {grad: value})
        values.append(session.run(w))
    np.testing.assert_allclose(values, adam(1.0, grads, 0.1, 0.5, 0.99), rtol=1e-5)
    assert reg.state_vars() == main.state_vars()


@pytest.mark.parametrize(
    'kwargs', [{'learning_rate': 0.2}, {'beta1': 0.5}, {'tf_optimizer': 'dnnlib.tflib.optimizer.SimpleAdam'}]
)
def test_sharing_between_unlike_optimizers_is_refused(session, kwargs):
    main = Optimizer(**ADAM)
    with pytest.raises(ValueError, match='same class, learning rate and keywords'):
        Optimizer(share=main, **dict(ADAM, **kwargs))


@pytest.mark.parametrize('tf_optimizer', OPTIMIZERS)
def test_reset_forgets_the_moments_but_not_the_weights(session, tf_optimizer):
    w, grad = make_var(1.0), tf.placeholder(tf.float32, [])
    opt, step = make_step(w * grad, [w], tf_optimizer=tf_optimizer, **ADAM)
    before = session.run(opt.state_vars())
    session.run(step, {grad: 100.0})
    assert session.run(opt.state_vars()) != before
    weight = session.run(w)
    opt.reset_optimizer_state()
    assert session.run(opt.state_vars()) == before
    session.run(step, {grad: 2.0})
    np.testing.assert_allclose(session.run(w), weight - 0.1, rtol=1e-6)  # A first step again.


# ---------------------------------------------------------------------------- loss scaling


def test_loss_scaling_does_not_change_a_finite_step(session):
    values = []
    for use in (False, True):
        w = make_var([0.5, -1.0])
        options = {'use_loss_scaling': use, 'loss_scaling_init': 10.0, 'loss_scaling_inc': 0.5}
        opt, step = make_step(tf.square(w), [w], tf_optimizer=SGD, learning_rate=0.1, **options)
        tflib.init_uninitialized_vars()
        session.run(step)
        values.append(session.run(w))
    np.testing.assert_allclose(values[1], values[0], rtol=1e-5)
    assert session.run(opt.get_loss_scaling_var(w.device)) == 10.5


def test_gradients_are_scaled_while_they_are_computed(session):
    w = make_var(1.0)
    seen = []

    @tf.custom_gradient
    def spy(x):
        def grad(dy):
            seen.append(dy)
            return dy

        return tf.identity(x), grad

    opt, _ = make_step(spy(w), [w], tf_optimizer=SGD, use_loss_scaling=True, loss_scaling_init=3.0)
    np.testing.assert_allclose(session.run(seen[0]), 8.0, rtol=1e-6)
    scaled = opt.apply_loss_scaling(w)
    np.testing.assert_allclose(session.run([scaled, opt.undo_loss_scaling(scaled)]), [8.0, 1.0], rtol=1e-6)


def test_overflow_skips_the_step_and_lowers_the_exponent_until_it_fits(session, tmp_path):
    w = make_var(1.0)
    options = {'use_loss_scaling': True, 'loss_scaling_init': 17.0, 'loss_scaling_dec': 1.0, 'loss_scaling_inc': 0.0}
    half = tf.cast(tf.cast(w, tf.float16), tf.float32)  # Its gradient passes through float16, which ends at 65504.
    opt, step = make_step(half, [w], tf_optimizer=SGD, learning_rate=0.25, **options)
    autosummary.finalize_autosummaries()
    exponents, weights = [], []
    for _ in range(4):
        session.run(step)
        exponents.append(float(session.run(opt.get_loss_scaling_var(w.device))))
        weights.append(float(session.run(w)))
    assert exponents == [16, 15, 15, 15]
    np.testing.assert_allclose(weights, [1, 1, 0.75, 0.5], rtol=1e-5)
    reports = read_summaries(tmp_path)
    assert reports['Train/overflow_frequency'] == 0.5
    assert 15 <= reports['Train/loss_scaling_log2'] <= 17


# ---------------------------------------------------------------------------- reports and wrong use


def test_reports_are_named_after_the_optimizer(session, tmp_path):
    w = make_var(1.0)
    opt, step = make_step(w, [w], name='Train/G', tf_optimizer=SGD, learning_rate=0.5, report_mem_usage=True)
    assert (opt.name, opt.id) == ('Train/G', 'Train.G')
    autosummary.finalize_autosummaries()
    session.run(step)
    assert step.name.endswith('TrainingOp')
    reports = read_summaries(tmp_path)
    assert set(reports) == {'Train.G/learning_rate', 'Train.G/overflow_frequency', 'Train.G/mem_usage_gb'}
    assert reports['Train.G/learning_rate'] == 0.5


def test_steps_do_not_change_the_graph(session):
    w = make_var(1.0)
    opt, step = make_step(tf.square(w), [w], tf_optimizer=OPTIMIZERS[0], minibatch_multiplier=2, **ADAM)
    autosummary.finalize_autosummaries()
    session.graph.finalize()
    for _ in range(3):
        session.run(step)
        opt.reset_optimizer_state()


def test_wrong_use_is_refused(session):
    w = make_var(1.0)
    opt, _ = make_step(tf.square(w), [w])
    with pytest.raises(RuntimeError, match='apply_updates can be called once'):
        opt.apply_updates()
    with pytest.raises(RuntimeError, match='register_gradients must come before apply_updates'):
        opt.register_gradients(tf.square(w), [w])
    with pytest.raises(RuntimeError, match='apply_updates needs registered gradients'):
        Optimizer().apply_updates()
    with pytest.raises(ValueError, match='no variables'):
        Optimizer().register_gradients(tf.square(w), [])
    with tf.device('/cpu:0'):
        loss = tf.square(w)
    with pytest.raises(ValueError, match="the loss is on device '/device:CPU:0', but w"):
        Optimizer().register_gradients(loss, [w])


def test_nothing_to_do_can_be_allowed(session):
    session.run(Optimizer().apply_updates(allow_no_op=True))
