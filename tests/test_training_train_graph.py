# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The training step on networks of four weights, whose steps can be computed by hand."""

import contextlib

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.tflib import autosummary, compat
from dnnlib.util import EasyDict
from training import train_graph
from training.recipes import stylegan2
from training.recipes.recipe import FRESH, SAME, Phase
from training.train_graph import run_minibatch

# ----------------------------------------------------------------------------
# Networks of four weights and losses of constant gradient: 3 in the main step, 1/4 in the regularization step.


def toy_G(latents_in, labels_in, **_kwargs):
    """Draw the weights as an image."""
    latents_in.set_shape([None, 1])
    labels_in.set_shape([None, 0])
    w = tf.get_variable('w', shape=[4], initializer=tf.initializers.zeros())
    tf.get_variable('statistic', shape=[], initializer=tf.initializers.zeros(), trainable=False)
    tf.get_variable('lod', shape=[], initializer=tf.initializers.zeros(), trainable=False)
    return tf.reshape(latents_in * w, [-1, 1, 2, 2])


def toy_D(images_in, labels_in, **_kwargs):
    """Score an image by its scalar product with the weights."""
    images_in.set_shape([None, 1, 2, 2])
    labels_in.set_shape([None, 0])
    v = tf.get_variable('v', shape=[4], initializer=tf.initializers.ones())
    return tf.reduce_sum(tf.reshape(images_in, [-1, 4]) * v, axis=1, keepdims=True)  # [N1]


def linear_G_loss(G, D, opt, training_set, minibatch_size, with_reg=True):
    images = G.get_output_for(tf.ones([minibatch_size, 1]), None)
    total = autosummary.autosummary('Loss/total', tf.reduce_sum(images, axis=[1, 2, 3]))  # [N]
    reg = autosummary.autosummary('Loss/reg', total * 0.25)
    return 3.0 * total, reg if with_reg else None


def linear_D_loss(G, D, opt, training_set, minibatch_size, reals, labels, with_reg=True):
    scores = D.get_output_for(tf.ones_like(reals), labels)
    return 3.0 * scores, 0.25 * scores if with_reg else None


def quadratic_D_loss(G, D, opt, training_set, minibatch_size, reals, labels):
    scores = D.get_output_for(reals, labels)
    return tf.square(scores - 1.0), 0.1 * tf.square(scores)


class Reals:
    """A data set of 32 images, in the same order for all who read."""

    shape = [1, 2, 2]
    label_size = 0
    dynamic_range = [0, 255]

    def __init__(self, minibatch_gpu):
        images = np.random.RandomState(5).randint(256, size=[32] + self.shape).astype(np.uint8)
        dataset = tf.data.Dataset.from_tensor_slices((images, np.arange(32))).repeat().batch(minibatch_gpu)
        self.iterator = tf.data.make_one_shot_iterator(dataset)

    def get_minibatch_tf(self):
        """Return the next images [NCHW] and labels [N0]."""
        images, numbers = self.iterator.get_next()
        return images, tf.zeros([tf.size(numbers), 0])


def make_recipe(loss_args, D_loss, G_reg_interval=4, D_reg_interval=16, mirror_augment=False, **kwargs):
    """Return the recipe of StyleGAN2 with these losses."""
    adam = {'beta1': 0.0, 'beta2': 0.99, 'epsilon': 1e-8}
    G_loss_args = dict(loss_args, func_name=f'{__name__}.linear_G_loss')
    D_loss_args = dict(loss_args if D_loss == 'linear_D_loss' else {}, func_name=f'{__name__}.{D_loss}')
    return stylegan2.StyleGAN2(
        EasyDict(opt_args=adam, loss_args=G_loss_args, reg_interval=G_reg_interval),
        EasyDict(opt_args=adam, loss_args=D_loss_args, reg_interval=D_reg_interval),
        EasyDict(mirror_augment=mirror_augment, drange_net=(-1, 1)),
        **kwargs,
    )


def build(minibatch_size=4, minibatch_gpu=4, num_gpus=1, is_constant=True, D_loss='linear_D_loss', **kwargs):
    """Return the graph of a training step, with the networks as attributes."""
    loss_args = kwargs.pop('loss_args', {})
    reals = Reals(minibatch_gpu)
    with tf.device(compat.tower_device(0)):
        G, D = tflib.Network('G', toy_G), tflib.Network('D', toy_D)
        Gs = G.clone('Gs')
    recipe = make_recipe(loss_args, D_loss, **kwargs)
    sizes = (minibatch_size, minibatch_gpu) if is_constant else (None, None)
    networks = {'G': G, 'D': D, 'Gs': Gs}
    graph = train_graph.build_train_graph(recipe, networks, {'reals': reals}, *sizes, tflib.Workers(num_gpus))
    tflib.init_uninitialized_vars()
    graph.G, graph.D, graph.Gs, graph.reals = G, D, Gs, reals
    return graph


def feeds(graph, **kwargs):
    sched = dict({'G_lrate': 0.002, 'D_lrate': 0.002, 'lod': 0.0}, **kwargs)
    return graph.get_feeds(dict(dict.fromkeys(graph.inputs, 0), **sched))


@pytest.mark.parametrize(
    'lrate, interval, corrected_lrate, beta2',
    [
        (0.002, 4, 0.0016, 0.9919919678),
        (0.002, 16, 0.00188235294, 0.9905854573),
        (0.003, 4, 0.0024, 0.9919919678),
        (0.003, 16, 0.00282352941, 0.9905854573),
    ],
)
def test_learning_rate_and_betas_make_up_for_the_extra_steps(lrate, interval, corrected_lrate, beta2):
    given = {'beta1': 0.0, 'beta2': 0.99, 'epsilon': 1e-8}
    corrected, gain = stylegan2.correct_for_lazy_regularization(given, interval)
    assert lrate * gain == pytest.approx(corrected_lrate, rel=1e-8)
    assert corrected == {'beta1': 0.0, 'beta2': pytest.approx(beta2, rel=1e-9), 'epsilon': 1e-8}
    assert given['beta2'] == 0.99


def test_first_steps_have_the_length_of_the_corrected_learning_rates(session):
    graph = build()
    session.run([graph.fetch, graph.ops['TrainG']], feeds(graph))
    session.run(graph.ops['TrainD'], feeds(graph))
    np.testing.assert_allclose(graph.G.get_var('w'), [-0.0016] * 4, rtol=1e-6)
    np.testing.assert_allclose(1 - graph.D.get_var('v'), [0.00188235294] * 4, rtol=1e-4)


def test_generator_and_discriminator_have_learning_rates_of_their_own(session):
    graph = build()
    session.run([graph.fetch, graph.ops['TrainG']], feeds(graph, G_lrate=0.01, D_lrate=0.1))
    session.run(graph.ops['TrainD'], feeds(graph, G_lrate=0.01, D_lrate=0.1))
    np.testing.assert_allclose(graph.G.get_var('w'), [-0.008] * 4, rtol=1e-6)
    np.testing.assert_allclose(1 - graph.D.get_var('v'), [0.1 * 16 / 17] * 4, rtol=1e-5)


def test_regularization_is_scaled_by_its_interval_and_shares_the_moments_of_the_main_step(session):
    graph = build()
    session.run(graph.ops['TrainG'], feeds(graph))
    before = graph.G.get_var('w')
    session.run(graph.ops['RegG'], feeds(graph))
    beta2 = 0.9919919678  # Gradients 3 and 4 * 0.25 = 1 leave the second moment (9 beta2 + 1) / (1 + beta2).
    expected = 0.0016 / np.sqrt((9 * beta2 + 1) / (1 + beta2))
    np.testing.assert_allclose(before - graph.G.get_var('w'), [expected] * 4, rtol=1e-4)


def test_without_lazy_regularization_the_terms_are_added_and_nothing_is_corrected(session):
    graph = build(lazy_regularization=False)
    session.run(graph.ops['TrainG'], feeds(graph))
    after_train = graph.G.get_var('w')
    np.testing.assert_allclose(after_train, [-0.002] * 4, rtol=1e-6)
    assert set(graph.ops) == {'TrainG', 'TrainD'}


def test_losses_without_regularization_need_no_step_for_it(session):
    graph = build(loss_args={'with_reg': False})
    assert set(graph.ops) == {'TrainG', 'TrainD'}


def at(counter):
    """Return the position after some minibatches."""
    return EasyDict(counter=counter, cur_nimg=0, num_fetched=0)


def test_each_step_feeds_the_averages_of_its_own_loss(session, tmp_path):
    graph = build()
    writer = tf.summary.FileWriter(str(tmp_path))
    autosummary.finalize_autosummaries()
    session.run(graph.ops['TrainG'], feeds(graph))
    assert 'Loss/total' in autosummary.save_summaries(writer)
    session.run(graph.ops['RegG'], feeds(graph))
    assert 'Loss/reg' in autosummary.save_summaries(writer)
    writer.close()


def test_steps_whose_gradients_are_not_finite_are_counted(session):
    graph = build(D_loss='quadratic_D_loss')
    run = EasyDict(lod=0.0, minibatch_size=4, minibatch_gpu=4, G_lrate=0.01, D_lrate=0.01)
    run_minibatch(graph, run, at(1))
    assert session.run(graph.num_skipped) == 0
    graph.D.set_var('v', [1, np.nan, 1, 1])
    run_minibatch(graph, run, at(0))  # With a step of regularization.
    run_minibatch(graph, run, at(1))
    assert session.run(graph.num_skipped) == 3
    assert graph.D.get_var('v')[0] == 1


@pytest.mark.parametrize('num_gpus', [1, 2])
def test_level_of_detail_reaches_the_networks_of_all_devices_and_the_average(num_gpus):
    with new_session(num_gpus) as session:
        graph = build(num_gpus=num_gpus, minibatch_gpu=2)
        session.run(graph.schedule_op, feeds(graph, lod=1.25))
        lods = {var.op.name: value for var, value in zip(tf.global_variables(), session.run(tf.global_variables()))}
        lods = {name: float(value) for name, value in lods.items() if name.endswith('/lod')}
    assert lods == dict.fromkeys(['G/lod', 'Gs/lod', 'G_shadow/lod'][: num_gpus + 1], 1.25)


# ----------------------------------------------------------------------------
# Progressive growing.


def test_reals_of_a_lower_resolution_reach_the_losses_at_full_size(session):
    graph = build(minibatch_size=4, minibatch_gpu=4, sched_args={'lod_initial_resolution': 1})
    session.run(graph.fetch, feeds(graph, lod=0.5))
    (buffered,) = [var for var in tf.global_variables() if var.op.name.endswith('DataFetch/reals')]
    images = session.run(buffered)  # [N122]
    first = np.random.RandomState(5).randint(256, size=[32, 1, 2, 2])[:4] / 127.5 - 1
    np.testing.assert_allclose(images, (first + first.mean(axis=(2, 3), keepdims=True)) / 2, atol=1e-5)


# ----------------------------------------------------------------------------
# The moving average.


def average_ones_with_zeros(session, num_updates, **kwargs):
    """Return a weight and a statistic of Gs, 1 at first, after updates towards those of G, 0."""
    graph = build(**kwargs)
    graph.Gs.set_var('w', np.ones(4))
    graph.Gs.set_var('statistic', 1.0)
    for _ in range(num_updates):
        session.run(list(graph.averages[0][1:]))
    return graph.Gs.get_var('w')[0], graph.Gs.get_var('statistic')


@pytest.mark.parametrize(
    'num_updates, minibatch_size, expected', [(1, 32, 0.9977843871), (1, 256, 0.9824119399), (313, 32, 0.4994457896)]
)
def test_moving_average_halves_the_past_every_ten_kimg(session, num_updates, minibatch_size, expected):
    weight, statistic = average_ones_with_zeros(session, num_updates, minibatch_size=minibatch_size)
    np.testing.assert_allclose(weight, expected, rtol=1e-5)
    assert statistic == 0.0


def test_moving_average_without_half_life_is_a_copy(session):
    assert average_ones_with_zeros(session, 1, G_smoothing_kimg=0.0) == (0.0, 0.0)


# ----------------------------------------------------------------------------
# Minibatches in parts.


@contextlib.contextmanager
def new_session(num_cpus):
    """Open a fresh graph and session with several CPU devices."""
    with tf.Graph().as_default(), tflib.create_session({'device_count.CPU': num_cpus}) as session:
        yield session


def train(minibatch_size, minibatch_gpu, num_gpus=1, is_constant=True, num_minibatches=3):
    """Return the weights of G, D and Gs after some minibatches of 32 images, and those of the other devices."""
    with new_session(num_gpus):
        graph = build(minibatch_size, minibatch_gpu, num_gpus, is_constant, D_loss='quadratic_D_loss')
        sched = EasyDict(
            lod=0.0, minibatch_size=minibatch_size, minibatch_gpu=minibatch_gpu, G_lrate=0.01, D_lrate=0.02
        )
        for counter in range(4, 4 + num_minibatches):  # G is regularized, D is not.
            run_minibatch(graph, sched, at(counter))
        shadows = {var.name: var for var in tf.trainable_variables() if '_shadow/' in var.name}
        return [graph.G.get_var('w'), graph.D.get_var('v'), graph.Gs.get_var('w')], tflib.run(shadows)


@pytest.fixture(scope='module')
def weights_after_whole_minibatches():
    return train(32, 32)[0]


@pytest.fixture(autouse=True)
def towers_on_the_cpu(monkeypatch):
    """Train on virtual CPU devices even where there is a GPU."""
    monkeypatch.setattr(compat, 'list_gpus', lambda: [])


@pytest.mark.parametrize('minibatch_gpu', [16, 4])
@pytest.mark.parametrize('is_constant', [True, False])
def test_accumulated_gradients_give_the_same_weights(weights_after_whole_minibatches, minibatch_gpu, is_constant):
    weights, _ = train(32, minibatch_gpu, is_constant=is_constant)
    np.testing.assert_allclose(weights, weights_after_whole_minibatches, rtol=1e-4, atol=1e-6)
    assert np.abs(weights[1] - 1).min() > 0.02  # They have moved, and in unequal ways.
    assert np.ptp(weights[1]) > 0.0005


@pytest.mark.parametrize('minibatch_gpu', [16, 4])
def test_two_devices_train_like_one(weights_after_whole_minibatches, minibatch_gpu):
    weights, shadows = train(32, minibatch_gpu, num_gpus=2)
    np.testing.assert_allclose(weights, weights_after_whole_minibatches, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(shadows['G_shadow/w:0'], weights[0])
    np.testing.assert_array_equal(shadows['D_shadow/v:0'], weights[1])


def test_sizes_that_are_fed_may_change():
    with new_session(1) as session:
        graph = build(8, 8, is_constant=False)
        session.run(graph.fetch)
        for minibatch_size, steps in [(8, 1), (16, 2)]:
            sizes = feeds(graph, minibatch_size=minibatch_size, minibatch_gpu=8)
            before = graph.G.get_var('w')
            for _ in range(steps):
                assert np.array_equal(graph.G.get_var('w'), before)
                session.run(graph.ops['TrainG'], sizes)
            assert (graph.G.get_var('w') < before).all()


def test_images_are_fetched_once_per_part(session):
    graph = build(8, 4, D_loss='quadratic_D_loss')
    _, numbers = graph.reals.iterator.get_next()
    sched = EasyDict(lod=0.0, minibatch_size=8, minibatch_gpu=4, G_lrate=0.01, D_lrate=0.01)
    for counter in range(3):
        run_minibatch(graph, sched, at(counter))
    assert session.run(numbers).tolist() == [24, 25, 26, 27]


def test_phase_behind_one_without_images_takes_new_ones_in_every_round():
    graph = train_graph.TrainGraph()
    phases = [Phase('C', ['C'], images=FRESH), Phase('Q', ['Q'], images=SAME), Phase('P', ['P'])]
    graph.phases = phases + [Phase('Pull', ['P', 'Q'], images=SAME)]
    graph.ops, graph.fetch, graph.averages = {phase.name: phase.name for phase in graph.phases}, 'fetch', []
    order = list(train_graph._order_rounds(graph, graph.list_due(0), num_rounds=2))
    assert order == [
        *[(0, ['fetch']), (0, ['C']), (0, ['Q']), (1, ['fetch']), (1, ['C']), (1, ['Q'])],
        *[(0, ['P']), (1, ['P'])],
        *[(0, ['fetch']), (0, ['Pull']), (1, ['fetch']), (1, ['Pull'])],
    ]


def test_average_takes_what_is_not_trained_before_another_phase_can_move_it():
    graph = train_graph.TrainGraph()
    graph.phases = [Phase('G', ['G']), Phase('R', ['G'], interval=2), Phase('D', ['D'], images=FRESH)]
    graph.ops, graph.fetch = {phase.name: phase.name for phase in graph.phases}, 'fetch'
    graph.averages = [('G', 'copy', 'average')]
    orders = [[ops for _, ops in train_graph._order_whole(graph, graph.list_due(counter))] for counter in (0, 1)]
    assert orders == [[['G', 'fetch'], ['R'], ['copy'], ['D', 'average']], [['G', 'fetch'], ['copy'], ['D', 'average']]]


@pytest.mark.parametrize('networks', [['P', 'Q'], ['Q']])
def test_phase_that_shares_moments_moves_only_networks_that_have_some(session, networks):
    clock = EasyDict(minibatch_size=4, minibatch_gpu=4, lrate=0.1)
    phases = [Phase('TrainP', ['P']), Phase('Pull', networks, shares='TrainP')]
    with pytest.raises(ValueError, match='each network of phase Pull must be moved by one of TrainP'):
        train_graph._make_optimizers(phases, clock, tflib.Workers())


def test_loss_of_no_phase_is_refused():
    with pytest.raises(ValueError, match="a loss of 'TrianG', the phases are TrainG, RegG"):
        train_graph._check_names({'TrainG': 0, 'TrianG': 1}, {'TrainG': [], 'RegG': []})


# ----------------------------------------------------------------------------
# Parts of networks.


def train_once(graph, counter=1):
    """Run a minibatch; return how far G and D have moved."""
    before = [graph.G.get_var('w'), graph.D.get_var('v')]
    run = EasyDict(lod=0.0, minibatch_size=4, minibatch_gpu=4, G_lrate=0.01, D_lrate=0.01)
    run_minibatch(graph, run, at(counter))
    return [np.abs(now - then) for now, then in zip([graph.G.get_var('w'), graph.D.get_var('v')], before)]


def test_parts_learn_at_their_own_rates_in_all_phases(session):
    graph = build(part_args={'lrate_mult': {'G': 0.25}})
    # The first step of Adam is as long as the learning rate, which is corrected for lazy regularization.
    moved_G, moved_D = train_once(graph)
    assert np.allclose(moved_G, 0.01 * 0.25 * 4 / 5, rtol=1e-4) and np.allclose(moved_D, 0.01 * 16 / 17, rtol=1e-4)


def test_frozen_variables_keep_their_bits_while_others_learn(session):
    graph = build(part_args={'freezed': 1})
    for counter in range(2):  # With and without regularization.
        moved_G, moved_D = train_once(graph, counter)
        assert np.all(moved_G > 0) and np.all(moved_D == 0)
