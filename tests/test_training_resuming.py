# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Where a training begins, and what it says of that."""

import json
import re

import numpy as np
import pytest

from dnnlib import util
from image_data import records
from training import resuming, training_loop

NEW = {'cur_nimg': 0, 'total_sec': 0.0, 'counter': 0, 'lod': -1.0, 'has_state': False}
SAVED = {'cur_nimg': 7040, 'total_sec': 33.0, 'counter': 220, 'lod': 1.5, 'num_gpus': 1}
OPTIONS = {
    'data_dir': '/x',
    'dataset_args': {'tfrecord_dir': 'a', 'seed': 1},
    'D_loss_args': {'func_name': 'D_logistic_r1', 'gamma': 1.0},
    'sched_args': {'tick_kimg': 1, 'minibatch_size_dict': {8: 256}},
    'G_loss_args': {'func_name': 'G_logistic_ns_pathreg'},
    'G_opt_args': {},
    'num_gpus': 1,
    'total_kimg': 8,
}


def complete(**options):
    return util.add_defaults(training_loop.training_loop, dict(OPTIONS, **options))


@pytest.fixture
def snapshot(tmp_path):
    """Path of a snapshot with a state and the options of its run beside it."""
    np.savez(str(tmp_path / 'training-state-000007.npz'), **SAVED)
    run = {'run_desc': 'stylegan2-a-1gpu-config-f', 'run_func_name': 'training.training_loop.training_loop'}
    run = dict(run, num_gpus=1, run_func_kwargs=OPTIONS)
    (tmp_path / 'training_options.json').write_text(json.dumps(run))
    return str(tmp_path / 'network-snapshot-000007.pkl')


def test_new_training_begins_at_zero_without_a_word(capsys):
    assert resuming.find_position() == NEW
    assert capsys.readouterr().out == ''


def test_position_comes_from_the_state(snapshot, capsys):
    assert resuming.find_position(snapshot, options=complete()) == dict(SAVED, has_state=True)
    expected = f'Resuming exactly from "{snapshot}", 7.0 kimg: weights and optimizer state\n'
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize(
    'changed, told',
    [
        ({'mirror_augment': True, 'total_kimg': 9}, 'with mirror_augment=True instead of False\n'),
        ({'data_dir': '/y'}, 'with dataset=/y/a instead of /x/a\n'),
        ({'D_loss_args': {'func_name': 'D_logistic_r1', 'gamma': 2.0}}, 'with D_loss_gamma=2.0 instead of 1.0\n'),
        (
            {'G_opt_args': {'beta1': 0.5}, 'G_reg_interval': 8},
            'with G_opt_beta1=0.5 instead of None, G_reg_interval=8 instead of 4\n',
        ),
        ({'sched_args': {'minibatch_size_dict': {8: 128}}}, "_dict={'8': 128} instead of {'8': 256}\n"),
    ],
)
def test_a_training_with_other_options_is_not_called_exact(snapshot, capsys, changed, told):
    position = resuming.find_position(snapshot, options=complete(**changed))
    assert position.has_state and position.cur_nimg == 7040
    out = capsys.readouterr().out
    assert 'exactly' not in out and out.endswith(told), out


@pytest.mark.parametrize(
    'changed',
    [
        {'total_kimg': 9},
        {'sched_args': {'tick_kimg': 2, 'minibatch_size_dict': {8: 256}}},
        {'G_args': {'fmap_base': 128}},  # The networks are those of the snapshot.
    ],
)
def test_what_changes_nothing_that_is_learned_leaves_it_exact(snapshot, capsys, changed):
    resuming.find_position(snapshot, options=complete(**changed))
    assert 'Resuming exactly' in capsys.readouterr().out


def test_a_data_set_of_another_number_of_pictures_is_not_called_the_same(snapshot, tmp_path, capsys):
    np.savez(str(tmp_path / 'training-state-000007.npz'), num_images=3, **SAVED)
    (tmp_path / 'a').mkdir()
    images = np.zeros([2, 3, 8, 8], np.uint8)
    (tmp_path / 'a' / 'a-r03.tfrecords').write_bytes(records.encode_images(images))
    run = json.loads((tmp_path / 'training_options.json').read_text())
    run['run_func_kwargs']['data_dir'] = str(tmp_path)
    (tmp_path / 'training_options.json').write_text(json.dumps(run))
    resuming.find_position(snapshot, options=complete(data_dir=str(tmp_path)))
    assert capsys.readouterr().out.endswith('optimizer state, with 2 pictures instead of 3\n')


@pytest.mark.parametrize(
    'changed, reason',
    [
        ({'dataset_args': {'tfrecord_dir': 'b'}}, 'was trained on a'),
        ({'D_loss_args': {'func_name': 'D_wgan'}}, 'was trained with other losses'),
        ({'lazy_regularization': False}, 'was trained with other losses'),
    ],
)
def test_another_data_set_and_other_losses_take_the_weights_alone(snapshot, capsys, changed, reason):
    position = resuming.find_position(snapshot, options=complete(**changed))
    assert position == dict(NEW, cur_nimg=7000)
    assert capsys.readouterr().out == (
        f'Resuming from the weights alone of "{snapshot}", which {reason}, at 7.0 kimg\n'
    )


def test_a_state_without_options_beside_it_is_not_called_exact(tmp_path, capsys):
    np.savez(str(tmp_path / 'training-state-000007.npz'), **SAVED)
    position = resuming.find_position(str(tmp_path / 'network-snapshot-000007.pkl'), options=complete())
    assert position == dict(SAVED, has_state=True)
    assert re.search(r'^Resuming from .*; nothing beside it tells which data and options', capsys.readouterr().out)


@pytest.mark.parametrize(
    'name, kimg, nimg', [('network-snapshot-000007.pkl', None, 7000), ('a.pkl', None, 0), ('a.pkl', 2.5, 2500)]
)
def test_without_a_state_position_comes_from_the_options_or_the_name(tmp_path, capsys, name, kimg, nimg):
    position = resuming.find_position(str(tmp_path / name), kimg, 5.0)
    assert position == dict(NEW, cur_nimg=nimg, total_sec=5.0)
    assert 'Resuming from the weights alone' in capsys.readouterr().out


def test_position_that_is_given_takes_the_weights_alone(snapshot):
    assert resuming.find_position(snapshot, 0.0, options=complete()) == NEW
