# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The loop around the training step, with a step that does nothing. `test_run_training` runs the real one."""

import json
import re

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib import tflib
from dnnlib.util import EasyDict, UserError
from training import loop, reporting, saving, training_loop
from training.recipes import stylegan2
from training.train_graph import TrainGraph


class Images:
    """A data set of one size."""

    def __init__(self, resolution):
        self.shape = [3, resolution, resolution]
        self.num_images = 70000
        self.resolution_log2 = int(np.log2(resolution))
        self.label_size = 0
        self.dynamic_range = [0, 255]
        self.configurations = []

    def configure(self, minibatch_size, lod=0, start=None):
        """Note the request."""
        self.configurations.append((minibatch_size, lod, start))

    def close(self):
        """Do nothing."""


class Net:
    """A network that draws black."""

    static_kwargs = {}
    input_shape = [None, 2]

    def print_layers(self):
        """Do nothing."""

    def run(self, latents, labels, is_validation, minibatch_size):
        """Return images [N111]."""
        return np.zeros([len(latents), 1, 1, 1])


class Optimizer:
    """Counts how often it forgets."""

    def __init__(self):
        self.num_resets = 0

    def reset_optimizer_state(self):
        """Count."""
        self.num_resets += 1


class Harness:
    """Runs the loop in a folder of its own and notes what it does."""

    def __init__(self, monkeypatch, session, folder):
        self.folder = folder
        self.saved, self.steps = [], []
        self.optimizers = [Optimizer(), Optimizer()]
        self.before_step = lambda: None
        self.training_set = None
        self.lod = tf.Variable(-1.0)
        self.num_skipped = tf.Variable(0.0)
        lod_in = tf.placeholder(tf.float32, [])
        graph = self.graph = TrainGraph()
        graph.optimizers, graph.controllers, graph.num_skipped = self.optimizers, [], self.num_skipped
        graph.inputs, graph.schedule_op = {'lod': lod_in}, tf.assign(self.lod, lod_in).op
        graph.ticks, graph.ops, graph.fetch, graph.num_devices = {}, {}, tf.no_op(), 1
        self.skip = tf.assign_add(self.num_skipped, 1.0)
        monkeypatch.chdir(folder)
        monkeypatch.setattr(stylegan2, 'load_dataset', lambda **kwargs: self.training_set)
        monkeypatch.setattr(stylegan2, 'make_networks', lambda *args: (Net(), Net(), Net()))
        monkeypatch.setattr(loop, 'build_train_graph', lambda *args, **kwargs: graph)
        monkeypatch.setattr(loop, 'run_minibatch', self._run_minibatch)
        grid = (1, 1), np.zeros([1, 1, 1, 1]), np.zeros([1, 0])
        monkeypatch.setattr(saving.misc, 'setup_snapshot_image_grid', lambda training_set: grid)
        monkeypatch.setattr(saving.misc, 'save_image_grid', lambda images, path, *args: self._save(path))
        monkeypatch.setattr(reporting, 'save_copies', lambda image, path: None)
        monkeypatch.setattr(saving.misc, 'save_pkl', lambda networks, path: self._save(path))
        monkeypatch.setattr(saving.training_state, 'save_state', lambda path, *args: self._save(path))
        monkeypatch.setattr(saving.snapshots, 'count_bytes', lambda networks: 0)

    def run(self, resolution, **kwargs):
        """Run the loop; return the names of the files that it saved, in order."""
        self.training_set = Images(resolution)
        training_loop.training_loop(**kwargs)
        return self.saved

    def read_stats(self):
        """Return the records of the ticks."""
        with open('stats.jsonl') as file:
            return [json.loads(line) for line in file]

    def _save(self, path):
        self.saved.append(path[len(self.folder) + 1 :])

    def _run_minibatch(self, graph, sched, position):
        self.before_step()
        self.steps.append((position.counter, sched.minibatch_size, tflib.run(self.lod)))
        position.counter += 1
        position.cur_nimg += sched.minibatch_size
        position.num_fetched += sched.minibatch_size


@pytest.fixture
def harness(monkeypatch, session, tmp_path):
    return Harness(monkeypatch, session, str(tmp_path))


def test_config_f_at_1024_makes_ticks_at_128_and_1024_images(harness, capsys):
    saved = harness.run(1024, total_kimg=1, image_snapshot_ticks=10, network_snapshot_ticks=10)
    assert saved == [
        'reals.png',
        'fakes_init.png',
        'training-state.npz',
        'fakes000000.png',
        'network-snapshot-000000.pkl',
        'training-state.npz',
        'fakes000001.png',
        'network-snapshot-000001.pkl',
        'network-final.pkl',
    ]
    assert [stats['Progress/kimg'] for stats in harness.read_stats()] == [0.128, 1.024]
    assert [counter for counter, _, _ in harness.steps] == list(range(32))
    assert re.findall(r'tick (\d+) +kimg (\S+)', capsys.readouterr().out) == [('0', '0.1'), ('1', '1.0')]


def test_snapshots_come_every_ten_ticks_of_four_kimg(harness):
    saved = harness.run(1024, total_kimg=290, image_snapshot_ticks=None, network_snapshot_ticks=10)
    numbers = [int(name[len('network-snapshot-') : -len('.pkl')]) for name in saved if 'snapshot' in name]
    assert numbers == [0, 41, 82, 123, 163, 204, 245, 286, 290]
    assert 'fakes000000.png' not in saved
    assert [stats['Progress/kimg'] for stats in harness.read_stats()[:4]] == [0.128, 4.224, 8.320, 12.416]


def test_progressive_growing_has_longer_ticks_and_forgets_moments_with_every_new_layer(harness):
    sched_args = {
        'lod_initial_resolution': 8,
        'minibatch_size_dict': {8: 256, 16: 128},
        'minibatch_gpu_dict': {8: 32, 16: 16},
        'lod_training_kimg': 40,
        'lod_transition_kimg': 10,
    }
    harness.run(16, total_kimg=60, sched_args=sched_args, network_snapshot_ticks=None, image_snapshot_ticks=None)
    assert [stats['Progress/kimg'] for stats in harness.read_stats()[:2]] == [1.024, 29.696]
    assert harness.training_set.configurations[-1] == (16, 0, 59904)
    assert harness.steps[0] == (0, 256, 1.0)
    assert harness.steps[-1][1:] == (128, 0.0)
    assert [optimizer.num_resets for optimizer in harness.optimizers] == [3, 3]  # Start, begin and end of the fade.


@pytest.mark.parametrize(
    'prev_lod, lod, num_resets',
    [(-1, 1.0, 1), (1.0, 1.0, 0), (1.0, 0.9, 1), (0.9, 0.1, 0), (0.1, 0.0, 1), (-1, 0.0, 1)],
)
def test_moments_are_forgotten_when_a_fade_begins_or_ends(session, prev_lod, lod, num_resets):
    training_set, position, lod_in = Images(16), EasyDict(lod=prev_lod, num_fetched=5), tf.placeholder(tf.float32, [])
    position.update(sched_nimg=0)
    graph = TrainGraph()
    graph.optimizers, graph.inputs, graph.schedule_op = [Optimizer(), Optimizer()], {'lod': lod_in}, lod_in
    recipe = stylegan2.StyleGAN2(None, None, None)
    recipe.compute_schedule = lambda nimg, data: EasyDict(lod=lod, minibatch_gpu=8)
    loop.Rounds(recipe, {'reals': training_set}, graph, position, 4)
    assert [optimizer.num_resets for optimizer in graph.optimizers] == [num_resets, num_resets]
    assert training_set.configurations == [(8, lod, 5)]
    assert position.lod == lod
    recipe.reset_opt_for_new_lod, position.lod = False, -1
    loop.Rounds(recipe, {'reals': training_set}, graph, position, 4)
    assert graph.optimizers[0].num_resets == num_resets


def test_finished_training_is_not_trained_further(harness, capsys):
    saved = harness.run(32, total_kimg=4, resume_kimg=4.0)
    assert saved == ['reals.png', 'fakes_init.png', 'network-final.pkl']
    assert harness.steps == []
    assert 'Nothing is left of 4 kimg.' in capsys.readouterr().out


def test_number_of_ops_stays_the_same(harness):
    nums_ops = []
    harness.before_step = lambda: nums_ops.append(len(tf.get_default_graph().get_operations()))
    harness.run(32, total_kimg=1)
    assert len(nums_ops) == 32 and len(set(nums_ops)) == 1
    assert tf.get_default_graph().finalized


def test_abort_file_ends_the_training_with_a_snapshot(harness, tmp_path, monkeypatch):
    monkeypatch.setattr(dnnlib, 'submit_config', EasyDict(run_dir=str(tmp_path), task_name='a', host_name='b'))
    harness.before_step = lambda: (tmp_path / 'abort.txt').write_text('')
    saved = harness.run(32, total_kimg=1000)
    assert len(harness.steps) == 1
    assert saved[-3:] == ['training-state.npz', 'fakes000000.png', 'network-snapshot-000000.pkl']


def test_status_line_has_the_official_fields_first(harness, capsys):
    harness.run(32, total_kimg=0.128)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith('tick ')]
    pattern = (
        r'tick 0     kimg 0\.1      lod 0\.00  minibatch 32   time (?P<time>\S.{11}) '
        r'sec/tick (?P<tick>\S.{6}) sec/kimg (?P<kimg>\S.{6}) maintenance (?P<maintenance>\S.{5}) '
        r'gpumem (?P<gpumem>\S.{4}) cpumem (?P<cpumem>\S+)'
    )
    match = re.match(pattern + '$', lines[0])
    assert match, lines[0]
    assert re.match(r'\d+s +$', match.group('time'))
    assert all(float(match.group(name)) >= 0 for name in ('tick', 'kimg', 'maintenance', 'gpumem', 'cpumem'))


def test_skipped_steps_are_told_once_there_are_any(harness, capsys):
    harness.before_step = lambda: tflib.run(harness.skip) if len(harness.steps) >= 4 else None
    harness.run(32, total_kimg=0.256, sched_args={'tick_kimg': 0.128})
    first, second = [line for line in capsys.readouterr().out.splitlines() if line.startswith('tick ')]
    assert 'skipped' not in first
    assert re.search(r' cpumem \d+\.\d\d skipped 4$', second)
    assert [stats.get('Progress/skipped_steps') for stats in harness.read_stats()] == [None, 4]


def test_tick_reports_the_official_scalars(harness):
    harness.run(32, total_kimg=0.128)
    (stats,) = harness.read_stats()
    assert set(stats) == {
        'Progress/tick',
        'Progress/kimg',
        'Progress/lod',
        'Progress/minibatch',
        'Timing/total_sec',
        'Timing/sec_per_tick',
        'Timing/sec_per_kimg',
        'Timing/maintenance_sec',
        'Timing/total_hours',
        'Timing/total_days',
        'Resources/peak_gpu_mem_gb',
        'Resources/cpu_mem_gb',
    }


def test_time_of_earlier_runs_counts(harness, capsys):
    harness.run(32, total_kimg=1, resume_time=7200.0)
    assert harness.read_stats()[0]['Timing/total_hours'] >= 2
    assert 'time 2h 00m' in capsys.readouterr().out


class Metric:
    """Reports what it is run on."""

    name = 'toy'
    runs = []

    def run(self, pkl, run_dir, **kwargs):
        """Note the call."""
        Metric.runs.append((pkl, run_dir, kwargs))

    def get_results(self):
        """Return a result."""
        return {'results': {'toy1': 5.5}}


def test_metrics_are_evaluated_on_each_snapshot_and_reported(harness, monkeypatch, tmp_path):
    monkeypatch.setattr(Metric, 'runs', [])
    monkeypatch.setattr(loop.snapshots, 'open_snapshot', lambda path: EasyDict(sha256='a'))
    monkeypatch.setattr(loop.snapshots, 'keep', lambda snapshot: None)
    metric_arg_list = [{'func_name': f'{__name__}.Metric'}]
    kwargs = {'data_dir': 'datasets', 'dataset_args': {'tfrecord_dir': 'a'}, 'mirror_augment': True}
    harness.run(32, total_kimg=0.128, metric_arg_list=metric_arg_list, **kwargs)
    ((pkl, run_dir, given),) = Metric.runs
    assert (pkl, run_dir) == (str(tmp_path / 'network-snapshot-000000.pkl'), str(tmp_path))
    assert (given['data_dir'], given['mirror_augment'], given['num_gpus']) == ('datasets', True, 1)
    assert given['dataset_args']['tfrecord_dir'] == 'a'
    assert harness.read_stats()[0]['Metrics/toy1'] == 5.5


@pytest.mark.parametrize('minibatch_gpu, way_out', [(4, '--minibatch-gpu=2$'), (1, 'a smaller --fmap-base')])
def test_full_gpu_memory_is_reported_with_the_next_setting_to_try(harness, minibatch_gpu, way_out):
    def fail():
        raise tf.errors.ResourceExhaustedError(None, None, 'OOM when allocating tensor with shape[4,512]')

    harness.before_step = fail
    with pytest.raises(UserError, match=f'^out of memory with --minibatch-gpu={minibatch_gpu}; try {way_out}'):
        harness.run(32, sched_args={'minibatch_size_base': 32, 'minibatch_gpu_base': minibatch_gpu})


def test_damaged_record_is_reported_with_the_name_of_the_data_set(harness):
    def fail():
        raise tf.errors.DataLossError(None, None, 'corrupted record at 3127\n[[node IteratorGetNext]]')

    harness.before_step = fail
    with pytest.raises(UserError, match='^cannot read the data set faces: corrupted record at 3127; copy or make'):
        harness.run(32, dataset_args={'tfrecord_dir': 'faces'})


def test_minibatch_that_does_not_divide_is_refused(harness):
    with pytest.raises(UserError, match='a minibatch of 10 images does not divide into equal parts of 4'):
        harness.run(32, sched_args={'minibatch_size_base': 10})


def test_all_random_numbers_follow_from_the_seed_of_the_run(harness, monkeypatch):
    seeds = []
    monkeypatch.setattr(loop, 'build_train_graph', lambda *args: seeds.append(args[-1]) or harness.graph)
    monkeypatch.setattr(stylegan2, 'load_dataset', lambda **kwargs: seeds.append(kwargs['seed']) or Images(32))
    harness.run(32, total_kimg=0.128, tf_config={'rnd.np_random_seed': 7}, dataset_args={'seed': 8})
    assert seeds == [7, 7]
