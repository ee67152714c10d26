# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Pictures from seeds. The snapshot and its pictures were made by `tests/reference/make_tiny_snapshot.py`."""

import os

import numpy as np
import PIL.Image
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.util import UserError
from editing import generation
from training import misc

DATA_DIR = os.path.join(os.path.dirname(__file__), 'data')
TINY_SNAPSHOT = os.path.join(DATA_DIR, 'tiny_snapshot.pkl')


def read_image(path):
    with PIL.Image.open(str(path)) as image:
        return np.asarray(image).astype(int)


@pytest.fixture(scope='module')
def Gs():
    """The generator, loaded once, with its session open during the tests of this module."""
    with tf.Graph().as_default(), tflib.create_session() as session, session.as_default():
        yield misc.load_networks(TINY_SNAPSHOT)[2]


@pytest.mark.parametrize('seed, psi', [(3, 0.5), (4, 1.0)])
def test_seed_gives_the_same_picture_on_every_tensorflow(Gs, seed, psi):
    expected = read_image(os.path.join(DATA_DIR, f'tiny_seed{seed:04d}.png'))
    difference = np.abs(generation.generate_image(Gs, seed, psi).astype(int) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.02


def test_seed_draws_latents_first_and_then_noise_in_the_order_of_layers(Gs):
    image = generation.generate_image(Gs, 5, truncation_psi=0.7)
    rnd = np.random.RandomState(5)
    latents = rnd.randn(1, 8)
    synthesis = Gs.components.synthesis
    for layer_idx, size in enumerate([4, 8, 8, 16, 16]):
        synthesis.set_var(f'noise{layer_idx}', rnd.randn(1, 1, size, size))
    expected = Gs.run(latents, None, truncation_psi=0.7, randomize_noise=False)[0]  # [CHW]
    expected = np.clip(np.floor(expected * 127.5 + 128), 0, 255).transpose(1, 2, 0)  # [HWC]
    assert image.dtype == np.uint8
    np.testing.assert_allclose(image, expected, atol=1)


def test_pictures_of_a_minibatch_are_those_drawn_one_by_one(Gs):
    seeds = [3, 9, 4, 3]
    together = generation.draw_images(Gs, generation.draw_inputs(Gs, seeds), 0.6).astype(int)
    alone = np.stack([generation.generate_image(Gs, seed, 0.6) for seed in seeds]).astype(int)
    assert np.abs(together - alone).max() <= 1
    assert (together != alone).mean() < 0.001
    assert np.array_equal(together[0], together[3])


def test_drawing_leaves_the_noise_of_the_network_alone(Gs):
    before = tflib.run(generation.get_noise_vars(Gs))
    generation.generate_image(Gs, 3)
    for value, expected in zip(tflib.run(generation.get_noise_vars(Gs)), before):
        assert np.array_equal(value, expected)


def test_graph_does_not_grow_with_seeds_and_psis(Gs):
    generation.generate_image(Gs, 1, 0.5)
    num_ops = len(tf.get_default_graph().get_operations())
    for seed in range(2, 10):
        generation.draw_images(Gs, generation.draw_inputs(Gs, range(seed)), seed / 10)
    assert len(tf.get_default_graph().get_operations()) == num_ops


@pytest.mark.parametrize(
    'shape, expected',
    [([3, 16, 16], 32), ([3, 256, 256], 32), ([3, 512, 512], 8), ([3, 768, 1024], 2), ([1, 4096, 4096], 1)],
)
def test_minibatches_of_large_pictures_are_small(shape, expected):
    assert generation.choose_minibatch_size(shape) == expected


def test_picture_depends_on_the_seed_alone(Gs):
    first = generation.generate_image(Gs, 1)
    assert not np.array_equal(generation.generate_image(Gs, 2), first)
    assert np.array_equal(generation.generate_image(Gs, 1), first)


def test_truncation_to_zero_leaves_differences_of_noise_alone(Gs):
    strengths = {var: var.eval() for name, var in Gs.vars.items() if name.endswith('noise_strength')}
    tflib.set_vars(dict.fromkeys(strengths, 0.0))
    images = [generation.generate_image(Gs, seed, truncation_psi=0.0) for seed in (1, 2)]
    others = [generation.generate_image(Gs, seed, truncation_psi=0.5) for seed in (1, 2)]
    tflib.set_vars(strengths)
    assert np.array_equal(images[0], images[1])
    assert not np.array_equal(others[0], others[1])


@pytest.mark.parametrize('minibatch_size', [None, 2])
def test_generate_images_writes_a_file_per_seed_and_a_grid(session, tmp_path, monkeypatch, capsys, minibatch_size):
    monkeypatch.chdir(str(tmp_path))
    kwargs = {'grid': True, 'minibatch_size': minibatch_size}
    generation.generate_images(TINY_SNAPSHOT, seeds=[3, 12345, 5], truncation_psi=0.5, **kwargs)
    assert sorted(os.listdir('.')) == ['grid.png', 'seed0003.png', 'seed0005.png', 'seed12345.png']
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith('No GPU')]
    assert lines[0] == f'Loading networks from "{TINY_SNAPSHOT}"...'
    assert lines[1:] == [
        'Generating image for seed 3 (0/3) ...',
        'Generating image for seed 12345 (1/3) ...',
        'Generating image for seed 5 (2/3) ...',
    ]
    grid = read_image('grid.png')
    assert grid.shape == (32, 32, 3)
    assert np.array_equal(grid[:16, :16], read_image('seed0003.png'))
    assert np.array_equal(grid[:16, 16:], read_image('seed12345.png'))
    assert np.array_equal(grid[16:, :16], read_image('seed0005.png'))
    assert not grid[16:, 16:].any()


@pytest.mark.parametrize('minibatch_size', [None, 1])
def test_truncation_sweep_has_a_row_per_seed_and_a_column_per_psi(Gs, tmp_path, monkeypatch, capsys, minibatch_size):
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.setattr(generation, 'load_generator', lambda network_pkl: Gs)
    psis = {'truncation_psis': [0.0, 0.5, 1.0]}
    generation.truncation_sweep(TINY_SNAPSHOT, seeds=[3, 4], minibatch_size=minibatch_size, **psis)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f'Generating images for seed {seed} ({index}/2) ...' for index, seed in enumerate([3, 4])]
    grid = read_image('truncation.png')
    assert grid.shape == (32, 48, 3)
    assert np.abs(grid[:16, 16:32] - read_image(os.path.join(DATA_DIR, 'tiny_seed0003.png'))).max() <= 1
    assert np.abs(grid[16:, 32:] - read_image(os.path.join(DATA_DIR, 'tiny_seed0004.png'))).max() <= 1


def test_label_of_a_class_is_one_at_its_index():
    assert generation.make_label(2, label_size=4).tolist() == [0, 0, 1, 0]
    assert generation.make_label(None, label_size=4) is None


def test_class_beyond_the_label_is_refused():
    with pytest.raises(UserError, match='--class must be within 0-3 for this network, got 4'):
        generation.make_label(4, label_size=4)


def test_label_changes_the_picture(session):
    sizes = dict.fromkeys(['latent_size', 'dlatent_size', 'mapping_fmaps', 'fmap_max'], 4)
    net = tflib.Network('G', 'training.networks_stylegan2.G_main', resolution=8, label_size=2, **sizes)
    images = [generation.generate_image(net, 1, label=generation.make_label(index, 2)) for index in (0, 1, 1)]
    assert not np.array_equal(images[0], images[1])
    assert np.array_equal(images[1], images[2])


def test_truncation_cutoff_counts_the_layers_that_are_truncated(Gs):
    images = [generation.generate_image(Gs, 3, 0.5, truncation_cutoff=cutoff) for cutoff in (0, 6, None)]
    assert np.array_equal(images[0], generation.generate_image(Gs, 3, 1.0))
    assert np.array_equal(images[1], images[2])
    assert not np.array_equal(images[0], images[1])
