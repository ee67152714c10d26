# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks of one to four channels, with all that draws pictures or looks at them."""

import os

import numpy as np
import PIL.Image
import pytest
import source_tree
import tensorflow.compat.v1 as tf
from reference import make_tiny_snapshot, tiny_features

from dnnlib import tflib
from dnnlib.util import EasyDict, UserError
from editing import generation, input_images, projection_runs, style_mixing
from image_data import exporter
from metrics import towers
from training import misc, snapshots

CAT = os.path.join(source_tree.ROOT_DIR, 'tests', 'data', 'cat.png')
MODES = {1: 'L', 2: 'LA', 3: 'RGB', 4: 'RGBA'}


@pytest.fixture(scope='module', params=sorted(MODES))
def network(request, tmp_path_factory):
    """An untrained network of each number of channels: that number and its path."""
    path = str(tmp_path_factory.mktemp('network') / 'network.pkl')
    with tf.Graph().as_default(), tflib.create_session() as session, session.as_default():
        misc.save_pkl(make_tiny_snapshot.make_networks(request.param), path)
    return EasyDict(channels=request.param, path=path)


@pytest.fixture
def loaded(network, tmp_path, monkeypatch):
    """The same; results go to a folder of their own."""
    monkeypatch.chdir(str(tmp_path))
    return network


def check_pictures(network, names):
    for name in names:
        with PIL.Image.open(name) as image:
            assert image.mode == MODES[network.channels], name


def write_dataset(network):
    images = np.random.RandomState(0).randint(256, size=[4, network.channels, 16, 16]).astype(np.uint8)
    with exporter.TFRecordExporter('data/noise', 4, print_progress=False) as tfr:
        for image in images:
            tfr.add_image(image)
    return images


def test_tables_and_pictures_of_seeds_are_of_its_kind(loaded):
    generation.generate_images(loaded.path, [1, 2], grid=True)
    check_pictures(loaded, ['seed0001.png', 'seed0002.png', 'grid.png'])
    generation.truncation_sweep(loaded.path, [1], [0, 1])
    style_mixing.style_mixing_example(loaded.path, [1], [2])
    check_pictures(loaded, ['truncation.png', '1-2.png', 'grid.png'])


def test_picture_files_and_data_sets_are_projected(loaded):
    settings = {'num_steps': 1, 'num_snapshots': 1, 'distance': 'squeezenet', 'distance_weights': 'random'}
    projection_runs.project_real_images(loaded.path, images=[CAT], video_format='gif', **settings)
    check_pictures(loaded, ['image0000-target.png', 'image0000-step0001.png'])
    images = write_dataset(loaded)
    reals = projection_runs.read_dataset('noise', 'data', 2, [loaded.channels, 16, 16])
    np.testing.assert_array_equal(reals, images[:2])


def test_target_has_the_channels_of_the_network(network, tmp_path):
    image = PIL.Image.new('LA', (20, 16), (100, 50))
    image.save(str(tmp_path / 'a.png'))
    on_white = 255 - (255 - 100) * 50 // 255
    expected = {1: [on_white], 2: [100, 50], 3: [on_white] * 3, 4: [100, 100, 100, 50]}[network.channels]
    target = input_images.read_image(str(tmp_path / 'a.png'), [network.channels, 16, 16])
    assert target.shape == (network.channels, 16, 16)
    np.testing.assert_allclose(target.reshape(network.channels, -1).T.astype(int), [expected] * 256, atol=1)


def test_command_looks_at_network_and_pictures_before_it_begins(network):
    projection_runs.check_inputs(network.path, distance='squeezenet', distance_weights='random', images=[CAT])
    assert snapshots.open_snapshot(network.path).describe().image_shape == [network.channels, 16, 16]


def test_metrics_look_at_colours_without_alpha(network):
    """Gray is repeated, as `perception.inputs.to_rgb` does."""
    images = np.random.RandomState(0).randint(256, size=[3, network.channels, 8, 8]).astype(np.uint8)
    feature_network = EasyDict(get_output_for=tiny_features.mean_colours)
    with tf.Graph().as_default(), tflib.create_session() as session, session.as_default():
        sampler = tiny_features.Sampler(images / 127.5 - 1)
        features = towers.FeatureExtractor(sampler, feature_network, Gs_kwargs={'is_validation': True})
        found = features.run_reals(images)
    colours = images[:, :3] if network.channels > 2 else images[:, [0, 0, 0]]
    np.testing.assert_allclose(found, tiny_features.mean_colours_numpy(colours), rtol=1e-5)


def test_grid_of_training_is_of_its_kind(network, tmp_path):
    images = np.zeros([5, network.channels, 4, 4], np.float32)
    misc.save_image_grid(images, str(tmp_path / 'grid.png'), drange=[-1, 1], grid_size=(3, 2))
    check_pictures(network, [str(tmp_path / 'grid.png')])


def test_other_numbers_are_refused(tmp_path):
    with pytest.raises(UserError, match='the network makes images of 5 channels, and a picture has 1 to 4 of them'):
        input_images.read_image(CAT, [5, 16, 16])
    with pytest.raises(UserError, match='a picture has 1 to 4 channels: .*; got 5'):
        misc.save_image_grid(np.zeros([1, 5, 4, 4]), str(tmp_path / 'grid.png'))
    for channels in (2, 4):
        with pytest.raises(UserError, match='grid.jpg: a JPEG cannot have an alpha channel; use .png'):
            misc.save_image_grid(np.zeros([1, channels, 4, 4]), str(tmp_path / 'grid.jpg'))
    assert not os.listdir(str(tmp_path))
