# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""A generator in a session of its own.

The snapshot and its pictures were made by `tests/reference/make_tiny_snapshot.py`. What is expected is what
`Network.run` gives in a graph of the test, or follows from a definition.
"""

import concurrent.futures
import os
import threading

import numpy as np
import PIL.Image
import pytest
import tensorflow.compat.v1 as tf
from reference import make_tiny_snapshot

from dnnlib import tflib
from dnnlib.util import UserError
from training import generator as generator_module
from training import misc, snapshots
from training.generator import Generator

DATA_DIR = os.path.join(os.path.dirname(__file__), 'data')
TINY_SNAPSHOT = os.path.join(DATA_DIR, 'tiny_snapshot.pkl')
LATENTS = np.random.RandomState(0).randn(3, 8)  # [ND]
UINT8 = {'func': tflib.convert_images_to_uint8, 'nchw_to_nhwc': True}


def read_image(path):
    with PIL.Image.open(str(path)) as image:
        return np.asarray(image).astype(int)


@pytest.fixture(scope='module')
def generator():
    """One for all tests of this module, none of which changes it."""
    with Generator(TINY_SNAPSHOT) as generator:
        yield generator


def run_network(func):
    """Return what a function makes of Gs in a graph and a session without any Generator."""
    with tf.Graph().as_default(), tflib.create_session(tflib.tfutil.DEFAULT_CONFIG) as session, session.as_default():
        return func(misc.load_networks(TINY_SNAPSHOT)[2])


@pytest.fixture(scope='module')
def labelled(tmp_path_factory):
    """A generator of 8x8 pixels with two classes."""
    path = str(tmp_path_factory.mktemp('labelled') / 'net.pkl')
    sizes = dict.fromkeys(['latent_size', 'dlatent_size', 'mapping_fmaps', 'fmap_max'], 4)
    with tf.Graph().as_default(), tflib.create_session() as session, session.as_default():
        net = tflib.Network('Gs', 'training.networks_stylegan2.G_main', resolution=8, label_size=2, **sizes)
        misc.save_pkl({'Gs': net}, path)
    with Generator(path) as generator:
        yield generator


# ----------------------------------------------------------------------------
# What it is.


def test_it_tells_the_shapes_of_what_goes_in_and_out(generator, labelled):
    assert generator.name == TINY_SNAPSHOT
    sizes = [generator.latent_size, generator.label_size, generator.num_layers, generator.dlatent_size]
    assert (generator.image_shape, sizes) == ([3, 16, 16], [8, 0, 6, 8])
    assert (labelled.image_shape, labelled.label_size) == ([3, 8, 8], 2)
    sides = [4, 8, 8, 16, 16]
    assert list(generator.noise_shapes.items()) == [(f'noise{i}', [1, 1, side, side]) for i, side in enumerate(sides)]


def test_its_layers_are_those_of_the_paper(labelled):
    shapes = dict(labelled.layers())
    assert shapes == {
        '4x4/Const': [4, 4, 4],
        '4x4/Conv': [4, 4, 4],
        '4x4/ToRGB': [3, 4, 4],
        '8x8/Conv0_up': [4, 8, 8],
        '8x8/Conv1': [4, 8, 8],
        '8x8/ToRGB': [3, 8, 8],
    }


def test_mean_of_w_is_that_of_the_network(generator):
    expected = run_network(lambda Gs: Gs.get_var('dlatent_avg'))
    np.testing.assert_array_equal(generator.dlatent_avg, expected)


# ----------------------------------------------------------------------------
# Equal to Network.run, bit for bit.


def test_images_of_latents_are_those_of_the_network(generator):
    def run(Gs, **kwargs):
        return Gs.run(LATENTS, None, randomize_noise=False, output_transform=UINT8, **kwargs)

    chosen = {'truncation_psi': 0.6, 'truncation_cutoff': 2}
    expected, expected_chosen = run_network(lambda Gs: (run(Gs), run(Gs, **chosen)))
    drawn = generator.draw(LATENTS)
    assert drawn.dtype == np.uint8 and drawn.shape == (3, 16, 16, 3)
    np.testing.assert_array_equal(drawn, expected)
    np.testing.assert_array_equal(generator.draw(LATENTS, **chosen), expected_chosen)


def test_mapping_and_rendering_are_those_of_the_components(generator):
    def run(Gs):
        dlatents = Gs.components.mapping.run(LATENTS, None)
        return dlatents, Gs.components.synthesis.run(dlatents, randomize_noise=False, output_transform=UINT8)

    dlatents, images = run_network(run)
    np.testing.assert_array_equal(generator.map(LATENTS), dlatents)
    np.testing.assert_array_equal(generator.render(dlatents), images)


@pytest.mark.parametrize('cutoff', [None, 0, 2, 6])
def test_drawing_is_mapping_truncating_and_rendering(generator, cutoff):
    dlatents = generator.map(LATENTS, truncation_psi=0.5, truncation_cutoff=cutoff)
    images = generator.draw(LATENTS, truncation_psi=0.5, truncation_cutoff=cutoff)
    assert np.abs(generator.render(dlatents).astype(int) - images).max() <= 1


# ----------------------------------------------------------------------------
# Truncation.


def test_truncation_moves_leading_layers_towards_the_mean(generator):
    mean = generator.dlatent_avg
    dlatents = np.tile(mean + np.float32(1), [2, 6, 1])  # [NLD]
    np.testing.assert_allclose(generator.truncate(dlatents, 0.25), np.tile(mean + 0.25, [2, 6, 1]), rtol=1e-5)
    cut = generator.truncate(dlatents, 0, truncation_cutoff=4)
    np.testing.assert_array_equal(cut[:, :4], np.tile(mean, [2, 4, 1]))
    np.testing.assert_array_equal(cut[:, 4:], dlatents[:, 4:])
    assert (dlatents == mean + np.float32(1)).all()  # The argument is left alone.


def test_cutoff_beyond_the_last_layer_is_refused(generator):
    with pytest.raises(ValueError, match='truncation_cutoff must be within 0-6 or None, got 7'):
        generator.map(LATENTS, truncation_psi=0.5, truncation_cutoff=7)


# ----------------------------------------------------------------------------
# Seeds.


@pytest.mark.parametrize('seed, psi', [(3, 0.5), (4, 1.0)])
def test_seed_gives_the_same_picture_on_every_tensorflow(generator, seed, psi):
    expected = read_image(os.path.join(DATA_DIR, f'tiny_seed{seed:04d}.png'))
    difference = np.abs(generator.draw_seed(seed, truncation_psi=psi).astype(int) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.02


def test_seed_draws_latents_first_and_then_noise_in_the_order_of_layers(generator):
    latents, noise = generator.sample([5, 6])
    rnd = np.random.RandomState(5)
    expected = rnd.randn(8)
    np.testing.assert_array_equal(latents[0], expected)
    np.testing.assert_array_equal(generator.sample_latents([5, 6]), latents)
    for layer_idx, size in enumerate([4, 8, 8, 16, 16]):
        assert noise[f'noise{layer_idx}'].shape == (2, 1, size, size)
        np.testing.assert_array_equal(noise[f'noise{layer_idx}'][0], rnd.randn(1, size, size).astype(np.float32))

    def run(Gs):
        for name, values in noise.items():
            Gs.components.synthesis.set_var(name, values[:1])
        return Gs.run(latents[:1], None, truncation_psi=0.7, randomize_noise=False)[0]  # [CHW]

    expected = np.clip(np.floor(run_network(run) * 127.5 + 128), 0, 255).transpose(1, 2, 0)  # [HWC]
    np.testing.assert_allclose(generator.draw_seed(5, truncation_psi=0.7), expected, atol=1)


def test_pictures_of_a_minibatch_are_those_drawn_one_by_one(generator):
    seeds = [3, 9, 4, 3]
    latents, noise = generator.sample(seeds)
    together = generator.draw(latents, noise=noise, truncation_psi=0.6).astype(int)
    alone = np.stack([generator.draw_seed(seed, truncation_psi=0.6) for seed in seeds]).astype(int)
    assert np.abs(together - alone).max() <= 1
    assert (together != alone).mean() < 0.001
    assert np.array_equal(together[0], together[3])
    in_twos = generator.draw(latents, noise=noise, truncation_psi=0.6, minibatch_size=2).astype(int)
    assert np.abs(together - in_twos).max() <= 1


def test_picture_depends_on_the_seed_alone(generator):
    first = generator.draw_seed(1)
    assert not np.array_equal(generator.draw_seed(2), first)
    assert np.array_equal(generator.draw_seed(1), first)


def test_truncation_to_zero_leaves_differences_of_noise_alone():
    with Generator(TINY_SNAPSHOT) as generator:
        with generator.activate() as Gs:
            tflib.set_vars({var: 0.0 for name, var in Gs.vars.items() if name.endswith('noise_strength')})
        images = [generator.draw_seed(seed, truncation_psi=0.0) for seed in (1, 2)]
        others = [generator.draw_seed(seed, truncation_psi=0.5) for seed in (1, 2)]
    assert np.array_equal(images[0], images[1])
    assert not np.array_equal(others[0], others[1])


def test_truncation_cutoff_counts_the_layers_that_are_truncated(generator):
    images = [generator.draw_seed(3, truncation_psi=0.5, truncation_cutoff=cutoff) for cutoff in (0, 6, None)]
    assert np.array_equal(images[0], generator.draw_seed(3, truncation_psi=1.0))
    assert np.array_equal(images[1], images[2])
    assert not np.array_equal(images[0], images[1])


@pytest.mark.parametrize(
    'shape, expected',
    [([3, 16, 16], 32), ([3, 256, 256], 32), ([3, 512, 512], 8), ([3, 768, 1024], 2), ([1, 4096, 4096], 1)],
)
def test_minibatches_of_large_pictures_are_small(shape, expected):
    assert generator_module.choose_minibatch_size(shape) == expected


# ----------------------------------------------------------------------------
# Noise.


@pytest.mark.parametrize('num', [1, 3])
def test_noise_takes_the_place_of_the_saved_one_and_what_is_not_given_stays(generator, num):
    values = np.random.RandomState(1).randn(num, 1, 8, 8).astype(np.float32)
    dlatents = generator.map(LATENTS)

    def run(Gs):
        synthesis, images = Gs.components.synthesis, []
        for index in range(3):
            synthesis.set_var('noise2', values[index % num][np.newaxis])
            images.append(synthesis.run(dlatents[index : index + 1], randomize_noise=False, output_transform=UINT8))
        return np.concatenate(images)

    drawn = generator.render(dlatents, noise={'noise2': values})
    assert np.abs(drawn.astype(int) - run_network(run)).max() <= 1
    assert not np.array_equal(drawn, generator.render(dlatents))


def test_random_noise_differs_from_image_to_image_and_saved_noise_does_not(generator):
    same = LATENTS[[0, 0]]
    random, saved = generator.draw(same, noise='random'), generator.draw(same)
    assert not np.array_equal(random[0], random[1])
    assert not np.array_equal(random, generator.draw(same, noise='random'))
    assert np.array_equal(saved[0], saved[1]) and np.array_equal(saved, generator.draw(same))


def test_random_noise_follows_from_the_seed_of_the_session():
    images = []
    for seed in (1, 1, 2):
        with Generator(TINY_SNAPSHOT, seed=seed) as generator:
            images.append(generator.draw(LATENTS, noise='random'))
    assert np.array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])


def test_drawing_leaves_the_noise_of_the_network_alone(generator):
    def read_noise():
        with generator.activate() as Gs:
            return tflib.run(list(generator_module.list_noise_vars(Gs.components.synthesis).values()))

    before = read_noise()
    generator.draw_seed(3)
    generator.render(generator.map(LATENTS), noise={'noise0': np.ones([1, 1, 4, 4])})
    for value, expected in zip(read_noise(), before):
        assert np.array_equal(value, expected)


@pytest.mark.parametrize(
    'noise, error, message',
    [
        ({'noise9': np.zeros([1, 1, 4, 4])}, UserError, 'the network has noise0, .*noise4, got noise9'),
        (
            {'noise0': np.zeros([1, 1, 8, 8])},
            UserError,
            r'noise0 must have the shape \[3, 1, 4, 4\], got \[1, 1, 8, 8\]',
        ),
        ({'noise0': np.zeros([2, 1, 4, 4])}, UserError, r'got \[2, 1, 4, 4\]'),
        ({'noise0': 1.0}, UserError, r'got \[\]'),
        ('fixed', ValueError, "noise must be None, 'random' or a dict of arrays, got 'fixed'"),
    ],
)
def test_noise_of_another_kind_is_refused(generator, noise, error, message):
    with pytest.raises(error, match=message):
        generator.draw(LATENTS, noise=noise)


@pytest.mark.parametrize('shape', [[2, 8], [2, 5, 8], [2, 6, 7]])
def test_intermediate_latents_of_another_shape_are_refused(generator, shape):
    with pytest.raises(ValueError, match=r"dlatents must have the shape \['N', 6, 8\], got"):
        generator.render(np.zeros(shape))


# ----------------------------------------------------------------------------
# Labels.


def test_label_of_a_class_is_one_at_its_index(labelled):
    assert generator_module.make_label(2, label_size=4).tolist() == [0, 0, 1, 0]
    assert generator_module.make_label(None, label_size=4) is None
    assert labelled.make_label(1).tolist() == [0, 1]


@pytest.mark.parametrize(
    'label_size, message', [(4, 'must be within 0-3 for this network, got 4'), (0, 'was given, but')]
)
def test_class_that_the_network_lacks_is_refused(label_size, message):
    with pytest.raises(UserError, match='`class_index` ' + message):
        generator_module.make_label(4, label_size)


def test_label_changes_the_picture(labelled):
    images = [labelled.draw_seed(1, labelled.make_label(index)) for index in (0, 1, 1)]
    assert not np.array_equal(images[0], images[1])
    assert np.array_equal(images[1], images[2])


def test_one_label_for_all_is_that_label_for_each(labelled):
    latents, label = np.random.RandomState(0).randn(2, 4), np.float32([0, 1])
    each = np.stack([label, label])
    np.testing.assert_array_equal(labelled.draw(latents, label), labelled.draw(latents, each))
    np.testing.assert_array_equal(labelled.map(latents, label), labelled.map(latents, each))


# ----------------------------------------------------------------------------
# Graph, session and threads.


def test_graph_does_not_grow_with_seeds_and_psis(generator):
    generator.draw_seed(1, truncation_psi=0.5)
    with generator.activate():
        graph = tf.get_default_graph()
    num_ops = len(graph.get_operations())
    for seed in range(2, 10):
        latents, noise = generator.sample(range(seed))
        generator.draw(latents, noise=noise, truncation_psi=seed / 10)
    assert len(graph.get_operations()) == num_ops


def test_graph_and_session_of_the_caller_are_left_alone(session):
    with Generator(TINY_SNAPSHOT) as generator:
        generator.draw_seed(1)
        assert tf.get_default_session() is session
        with generator.activate() as Gs:
            assert tf.get_default_session() is not session and Gs.scope == 'Gs'
        assert tf.get_default_session() is session
    assert not tf.get_default_graph().get_operations()


def test_two_snapshots_draw_side_by_side(generator, labelled, tmp_path):
    path = str(tmp_path / 'gray.pkl')
    with tf.Graph().as_default(), tflib.create_session() as session, session.as_default():
        misc.save_pkl(make_tiny_snapshot.make_networks(num_channels=1), path)
    expected = generator.draw_seed(3)
    with Generator(path) as gray:
        first, label = gray.draw_seed(3), labelled.draw_seed(3)
        assert (first.shape, label.shape) == ((16, 16, 1), (8, 8, 3))
        np.testing.assert_array_equal(generator.draw_seed(3), expected)
        np.testing.assert_array_equal(gray.draw_seed(3), first)
    np.testing.assert_array_equal(generator.draw_seed(3), expected)


def test_threads_get_what_one_gets(generator):
    """They begin with an unused session, so that all of them want to build the same graph."""
    tasks = [(seed, psi) for seed in range(4) for psi in (0.5, 1.0, None)]
    expected = [generator.draw_seed(seed, truncation_psi=psi) for seed, psi in tasks]
    with Generator(TINY_SNAPSHOT) as shared, concurrent.futures.ThreadPoolExecutor(6) as pool:
        barrier = threading.Barrier(6)

        def draw(index, task):
            if index < 6:
                barrier.wait(60)
            return shared.draw_seed(task[0], truncation_psi=task[1])

        images = list(pool.map(draw, range(len(tasks)), tasks))
    for image, wanted in zip(images, expected):
        assert np.abs(image.astype(int) - wanted).max() <= 1


def test_other_threads_wait_for_the_end_of_a_block(generator):
    finished = []
    thread = threading.Thread(target=lambda: finished.append(generator.draw_seed(1)))
    with generator.activate():
        thread.start()
        thread.join(0.2)
        assert not finished
        generator.draw_seed(2)  # This thread may go on.
    thread.join()
    assert len(finished) == 1


def test_closed_generator_says_so():
    with Generator(TINY_SNAPSHOT) as generator:
        pass
    generator.close()
    assert generator.image_shape == [3, 16, 16]
    with pytest.raises(ValueError, match=r'the generator of .*tiny_snapshot\.pkl is closed'):
        generator.draw_seed(1)


def test_opened_snapshot_is_not_read_again(tmp_path):
    path = tmp_path / 'net.pkl'
    with open(TINY_SNAPSHOT, 'rb') as file:
        path.write_bytes(file.read())
    opened = snapshots.open_snapshot(str(path))
    path.unlink()
    with Generator(opened) as generator:
        assert generator.name == str(path)


def test_snapshot_without_a_generator_is_refused(session, tmp_path):
    path = str(tmp_path / 'D.pkl')
    misc.save_pkl({'D': misc.load_networks(TINY_SNAPSHOT)[1]}, path)
    with pytest.raises(UserError, match=r'D\.pkl must hold the three networks'):
        Generator(path)
