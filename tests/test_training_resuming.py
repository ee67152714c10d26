# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Where a training begins, and what it says of that."""

import json

import numpy as np
import pytest

import dnnlib
from dnnlib.util import EasyDict, UserError
from training import resuming, run_search

OPTIONS = {
    'data_dir': '/x',
    'dataset_args': {'tfrecord_dir': 'a', 'seed': 1},
    'D_loss_args': {'func_name': 'D_logistic_r1', 'gamma': 1.0},
    'sched_args': {'tick_kimg': 1, 'minibatch_size_dict': {8: 256}, 'G_lrate_base': 0.1, 'D_lrate_base': 0.1},
    'G_loss_args': {'func_name': 'G_logistic_ns_pathreg'},
    'G_opt_args': {},
    'G_args': {'fmap_base': 64},
    'total_kimg': 8,
    'mirror_augment': False,
}
SURROUNDINGS = {
    'num_gpus': 1,
    'has_other_draws': False,
    'versions': {'TensorFlow': '1.15.5', 'CPU': 'v3', 'GPU': []},
    'data': {
        'reals': {'shape': [3, 8, 8], 'label_size': 0, 'fingerprint': '40 of 4-a', 'can_skip': True, 'modified': 1.0}
    },
}


def test_new_training_begins_at_zero_without_a_word(capsys):
    position = resuming.find_position(OPTIONS, seed=5)
    assert position.state is None and position.seed == 5
    assert (position.cur_nimg, position.counter, position.num_fetched, position.tick, position.lod) == (0, 0, 0, -1, -1)
    assert position.options['sched_args']['minibatch_size_dict'] == {'8': 256}
    assert capsys.readouterr().out == ''


def test_without_a_seed_there_is_one_by_chance():
    seeds = {resuming.find_position(OPTIONS).seed for _ in range(4)}
    assert len(seeds) == 4 and all(0 <= seed < 1 << 32 for seed in seeds)


@pytest.mark.parametrize(
    'name, kimg, nimg', [('network-snapshot-000007.pkl', None, 7000), ('a.pkl', None, 0), ('a.pkl', 2.5, 2500)]
)
def test_snapshot_gives_weights_alone_and_a_position(capsys, name, kimg, nimg):
    position = resuming.find_position(OPTIONS, 1, name, kimg, 5.0)
    assert (position.cur_nimg, position.tick_nimg, position.counter, position.total_sec) == (nimg, nimg, 0, 5.0)
    assert position.grid_seed == 1 and position.seed == 1 + nimg  # Not the random numbers that it was trained with.
    assert f'Beginning with the weights alone of "{name}", at {nimg / 1000:.1f} kimg' in capsys.readouterr().out


@pytest.fixture
def run_dir(tmp_path, monkeypatch):
    """A run directory with a state, in which something runs."""
    position = dict(SURROUNDINGS, cur_nimg=7040, counter=220, seed=3, grid_seed=2, options=run_search.to_plain(OPTIONS))
    text = np.frombuffer(json.dumps(position).encode(), np.uint8)
    np.savez(str(tmp_path / run_search.STATE_NAME), position=text, networks=np.zeros(1, np.uint8))
    monkeypatch.setattr(dnnlib, 'submit_config', EasyDict(run_dir=str(tmp_path)))
    return tmp_path


def test_run_with_a_state_goes_on_from_it_whatever_else_is_given(run_dir):
    position = resuming.find_position(OPTIONS, 9, 'network-snapshot-000001.pkl', 1.0)
    assert (position.cur_nimg, position.counter, position.seed, position.grid_seed) == (7040, 220, 3, 2)
    assert position.state.path == str(run_dir / run_search.STATE_NAME)


def test_seed_of_the_run_stays_and_that_is_told(run_dir, capsys):
    resuming.find_position(OPTIONS, 2)
    assert capsys.readouterr().out == ''
    resuming.find_position(OPTIONS, 9)
    assert capsys.readouterr().out == 'The seed stays 2, with which this run began\n'


def test_damaged_state_is_told_with_the_way_out(run_dir):
    path = run_dir / run_search.STATE_NAME
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UserError, match=f'{path} is damaged.*; --resume-pkl={run_dir} in place'):
        resuming.find_position(OPTIONS, 2)


def test_folder_of_no_run_is_not_looked_at(run_dir, monkeypatch):
    monkeypatch.chdir(run_dir)
    monkeypatch.setattr(dnnlib, 'submit_config', None)
    assert resuming.find_position(OPTIONS, 9).cur_nimg == 0


def describe(run_dir, capsys, options=None, **surroundings):
    """Return what is printed for a run with other options or surroundings."""
    position = resuming.find_position(dict(OPTIONS, **(options or {})))
    resuming.print_resuming(position, position.state, dict(SURROUNDINGS, **surroundings))
    return capsys.readouterr().out.replace(str(run_dir), 'DIR')


def test_equal_options_and_surroundings_are_called_exact(run_dir, capsys):
    assert describe(run_dir, capsys) == 'Resuming exactly at 7.0 kimg, from "DIR/training-state.npz"\n'


@pytest.mark.parametrize(
    'options, surroundings, told',
    [
        ({'mirror_augment': True}, {}, '--mirror-augment=True instead of False'),
        ({'D_loss_args': {'func_name': 'D_logistic_r1', 'gamma': 2.0}}, {}, '--gamma=2.0 instead of 1.0'),
        ({'G_opt_args': {'beta1': 0.5}}, {}, 'G_opt_args.beta1=0.5 instead of None'),
        (
            {'sched_args': dict(OPTIONS['sched_args'], G_lrate_base=0.2, D_lrate_base=0.2)},
            {},
            '--lrate=0.2 instead of 0.1',
        ),
        ({}, {'num_gpus': 2}, '2 devices instead of 1'),
        ({}, {'has_other_draws': True}, 'code from the snapshot draws random numbers of its own'),
        ({}, {'versions': dict(SURROUNDINGS['versions'], TensorFlow='2.21.0')}, 'TensorFlow 2.21.0 instead of 1.15.5'),
        ({}, {'versions': dict(SURROUNDINGS['versions'], code='1a')}, 'code 1a instead of unknown'),  # An old state.
        (
            {},
            {'data': {'reals': dict(SURROUNDINGS['data']['reals'], fingerprint='b')}},
            'other images or labels in reals',
        ),
    ],
)
def test_what_differs_is_told(run_dir, capsys, options, surroundings, told):
    out = describe(run_dir, capsys, options, **surroundings)
    assert out == f'Resuming at 7.0 kimg, from "DIR/training-state.npz", not bit for bit: {told}\n'


def test_images_that_may_have_changed_are_told(run_dir, capsys):
    out = describe(run_dir, capsys, data={'reals': dict(SURROUNDINGS['data']['reals'], modified=2.0)})
    assert out.splitlines()[0] == 'Resuming exactly at 7.0 kimg, from "DIR/training-state.npz"'
    assert out.splitlines()[1].startswith('The files of the data set have another date; a look at some of the images')


def test_code_has_a_checksum_that_stays_and_changes_with_it(tmp_path, monkeypatch):
    (tmp_path / 'sub').mkdir()
    (tmp_path / '__init__.py').write_text('')
    (tmp_path / 'sub' / 'op.cc').write_text('a')
    (tmp_path / 'sub' / 'op.txt').write_text('a')
    monkeypatch.setattr(resuming, 'training', EasyDict(__file__=str(tmp_path / '__init__.py')))
    before = resuming.hash_code()
    (tmp_path / 'sub' / 'op.txt').write_text('b')
    assert resuming.hash_code() == before
    (tmp_path / 'sub' / 'op.cc').write_text('b')
    assert resuming.hash_code() != before


@pytest.mark.parametrize(
    'options',
    [
        {'total_kimg': 9, 'data_dir': '/y'},
        {'sched_args': dict(OPTIONS['sched_args'], tick_kimg=2)},
        {'G_args': {'fmap_base': 128}},  # The networks are those of the state.
        {'dataset_args': {'tfrecord_dir': '/z/a', 'seed': 2}},
    ],
)
def test_what_changes_nothing_that_is_learned_leaves_it_exact(run_dir, capsys, options):
    assert 'Resuming exactly' in describe(run_dir, capsys, options)


def test_network_options_without_effect_are_told(run_dir, capsys):
    out = describe(run_dir, capsys, {'G_args': {'fmap_base': 128}})
    line = 'The networks are taken from the state as they are, without --fmap-base=128 instead of 64\n'
    assert out.endswith(line) and 'Resuming exactly' in out
