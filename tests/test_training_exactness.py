# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""A training that was stopped and went on gives the bits of one that was not; `benchmarks/kill_test.py` kills it."""

import json
import os

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib import tflib
from dnnlib.submission.run_context import RunContext
from image_data import records
from training import configs, run_search
from training.augmentation.pipes import PIPES
from training.reporting import ImageGrids

ONE_THREAD = {
    'intra_op_parallelism_threads': 1,
    'inter_op_parallelism_threads': 1,
    'graph_options.rewrite_options.disable_meta_optimizer': True,  # It takes longer than a few steps.
    'graph_options.optimizer_options.opt_level': -1,
}
LOOP = 'training.training_loop.training_loop'


@pytest.fixture(scope='module')
def data_dir(tmp_path_factory):
    """Nine images of 8 x 8 pixels, so that epochs end within minibatches."""
    folder = tmp_path_factory.mktemp('data')
    (folder / 'a').mkdir()
    images = np.random.RandomState(1).randint(256, size=[9, 3, 8, 8]).astype(np.uint8)
    (folder / 'a' / 'a-r03.tfrecords').write_bytes(records.encode_images(images))
    return str(folder)


def make_options(data_dir, config_id, **sched_args):
    options = configs.make_training_options(
        config_id, data_dir=data_dir, dataset='a', mirror_augment=True, gamma=1, snapshot_ticks=1, grid_size='2x1',
        fmap_base=64, fmap_max=4, latent_size=8, mapping_layers=2, minibatch_size=8, kimg_per_tick=0.05,
    )  # fmt: skip
    options.sched_args.update(sched_args)
    apply_args = dict(PIPES['bgc'], noise=1, cutout=1)
    aug_args = {'apply_args': apply_args, 'initial_strength': 0.5, 'tune_heuristic': 'rt', 'tune_kimg': 1}
    options.update(total_kimg=0.13, minibatch_repeats=2, aug_args=aug_args, G_smoothing_rampup=0.5)
    if config_id == 'config-f':
        options.update(source_args={'l2sp_g': 0.1, 'distill_d': 1.0}, part_args={'lrate_mult': {'mapping': 0.5}})
    return options


def train(folder, options, num_gpus, stop_after, monkeypatch):
    """Begin a training in a folder, or go on with it; it is asked to stop after some minibatches."""
    looks = []
    monkeypatch.setattr(RunContext, 'should_stop', lambda self: looks.append(1) or len(looks) > stop_after)
    config = dnnlib.SubmitConfig()
    config.update(run_dir_root=str(folder), run_desc='a', num_gpus=num_gpus)
    tf_config = dict(ONE_THREAD, **{'device_count.CPU': num_gpus})
    with tf.Graph().as_default(), tflib.create_session(tf_config) as session, session.as_default():
        tf.set_random_seed(1)  # Of the first weights: a session that is there already has a seed of its own.
        run_dirs = os.listdir(str(folder)) if folder.exists() else []
        if run_dirs:
            dnnlib.continue_run(config, str(folder / run_dirs[0]), LOOP, num_gpus=num_gpus, **options)
        else:
            dnnlib.submit_run(config, LOOP, num_gpus=num_gpus, **options)


def read(folder):
    """Return what a training leaves behind, name -> bytes or numbers that do not depend on the time."""
    (run_dir,) = folder.iterdir()
    content = {path.name: path.read_bytes() for path in run_dir.glob('*.p[kn][lg]') if 'submit' not in path.name}
    for index, line in enumerate((run_dir / 'stats.jsonl').read_text().splitlines()):
        numbers = json.loads(line).items()
        content[f'tick {index}'] = {name: n for name, n in numbers if not name.startswith(('Timing/', 'Resources/'))}
    with np.load(str(run_dir / run_search.STATE_NAME)) as state:
        content.update((name, state[name].tobytes()) for name in set(state.files) - {run_search.POSITION})
    return content


@pytest.mark.parametrize(
    'config_id, num_gpus, sched_args, stops',
    [
        ('config-f', 1, {'minibatch_gpu_base': 4}, [1, 4]),  # In a round and at its end.
        pytest.param(
            'config-d', 2, {'lod_training_kimg': 0.02, 'lod_transition_kimg': 0.06}, [5, 0], marks=pytest.mark.slow
        ),
    ],
)
def test_training_that_was_stopped_ends_with_the_same_bits(
    tmp_path, data_dir, monkeypatch, config_id, num_gpus, sched_args, stops
):
    monkeypatch.setattr('dnnlib.tflib.compat.list_gpus', lambda: [])
    options = make_options(data_dir, config_id, **sched_args)
    for stop_after in [*stops, 1000]:
        train(tmp_path / 'stopped', options, num_gpus, stop_after, monkeypatch)
    train(tmp_path / 'whole', options, num_gpus, 1000, monkeypatch)
    whole, stopped = read(tmp_path / 'whole'), read(tmp_path / 'stopped')
    assert {'fakes000000.png', 'network-final.pkl', 'tick 2', 'networks'} < set(whole)
    assert [name for name in whole if whole[name] != stopped.get(name)] == []


class OfficialImages:
    """A data set in the way of the official code: no place to begin at, and a shape that is no list."""

    def __init__(self, **kwargs):
        self.shape, self.resolution, self.resolution_log2 = np.array([3, 8, 8]), 8, 3
        self.dtype, self.dynamic_range = 'uint8', [0, 255]
        self.label_size, self.label_dtype, self.label_file = 0, 'float32', None
        self._minibatch = tf.placeholder_with_default(8, [])
        self._size = tf.Variable(8, trainable=False)
        self._set_size = tf.assign(self._size, self._minibatch)

    def close(self):
        """Do nothing."""

    def configure(self, minibatch_size, lod=0):
        """Set the size."""
        tflib.run(self._set_size, {self._minibatch: minibatch_size})

    def get_minibatch_tf(self):
        """Return dark images."""
        return tf.ones([self._size, 3, 8, 8], tf.uint8), tf.zeros([self._size, 0])

    def get_minibatch_np(self, minibatch_size, lod=0):
        """Return them as arrays."""
        return np.ones([minibatch_size, 3, 8, 8], np.uint8), np.zeros([minibatch_size, 0])

    def get_random_labels_tf(self, minibatch_size):
        """Return none."""
        return tf.zeros([minibatch_size, 0])


def test_official_class_of_data_sets_is_trained_on_and_resumed(tmp_path, data_dir, monkeypatch, capsys):
    options = make_options(data_dir, 'config-f')
    options['dataset_args'].class_name = __name__ + '.OfficialImages'
    for stop_after in [3, 1000]:
        train(tmp_path, options, 1, stop_after, monkeypatch)
    assert 'not bit for bit: the images of reals come from the beginning\n' in capsys.readouterr().out


@pytest.mark.parametrize('seeds', [(None, None), (1, 2)])
def test_image_grids_keep_their_latents(tmp_path, data_dir, monkeypatch, seeds):
    latents = []
    save = ImageGrids.save_fakes

    def note_and_save(self, *args):
        latents.append(self._latents)
        save(self, *args)

    monkeypatch.setattr(ImageGrids, 'save_fakes', note_and_save)
    for seed, stop_after in zip(seeds, [3, 1000]):
        options = make_options(data_dir, 'config-f')
        options['dataset_args'].seed, options['tf_config'] = seed, {}
        train(tmp_path, options, 1, stop_after, monkeypatch)
    assert len(latents) > 2
    np.testing.assert_array_equal(latents[0], latents[-1])
