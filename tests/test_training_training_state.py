# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The state beside a snapshot."""

import os

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.util import UserError
from training import training_state
from training.loss import TRAINING_STATE


def make_training(session, size=2):
    """Return a training of one variable with a running mean: its optimizer, its step, and the mean."""
    collections = [tf.GraphKeys.GLOBAL_VARIABLES, TRAINING_STATE]
    mean = tf.Variable(0.0, name='pl_mean', trainable=False, collections=collections)
    weights = tf.Variable(np.ones(size, np.float32), name='weights')
    optimizer = tflib.Optimizer(name='Train', learning_rate=0.1, beta1=0.9, beta2=0.99)
    optimizer.register_gradients(tf.reduce_sum(tf.square(weights)), [weights])
    step = tf.group(optimizer.apply_updates(), tf.assign_add(mean, 0.5))
    tflib.init_uninitialized_vars()
    return optimizer, step, mean


def save(tmp_path, optimizer, name='network-snapshot-000004.pkl', cur_nimg=4096):
    """Save the state beside a snapshot; return the position."""
    position = {'cur_nimg': cur_nimg, 'total_sec': 12.5, 'counter': 128, 'lod': 1.5, 'num_gpus': 2, 'num_images': 40}
    training_state.save_training_state(str(tmp_path / name), [optimizer], **position)
    return position


def snapshot_path(tmp_path, name='network-snapshot-000004.pkl'):
    return str(tmp_path / name)


@pytest.mark.parametrize(
    'snapshot, state',
    [
        ('a/network-snapshot-000004.pkl', 'a/training-state-000004.npz'),
        ('network-snapshot-1234567.pkl', 'training-state-1234567.npz'),
        ('a/mine.pkl', 'a/training-state-mine.pkl.npz'),
        ('a/network-final.pkl', 'a/training-state-final.npz'),
    ],
)
def test_state_lies_beside_its_snapshot(snapshot, state):
    assert training_state.state_path(snapshot) == state


def test_moments_and_means_come_back(session, tmp_path):
    optimizer, step, mean = make_training(session)
    for _ in range(3):
        session.run(step)
    variables = optimizer.state_vars() + [mean]
    expected = session.run(variables)
    position = save(tmp_path, optimizer)

    session.run(step)
    assert not np.allclose(session.run(variables[0]), expected[0])
    training_state.load_training_state(snapshot_path(tmp_path), [optimizer])
    for value, expected_value in zip(session.run(variables), expected):
        np.testing.assert_array_equal(value, expected_value)
    assert session.run(mean) == 1.5
    assert training_state.read_position(snapshot_path(tmp_path)) == position


def test_only_the_newest_state_is_kept(session, tmp_path):
    optimizer, _, _ = make_training(session)
    for kimg in (4, 8):
        save(tmp_path, optimizer, f'network-snapshot-{kimg:06d}.pkl')
    assert os.listdir(str(tmp_path)) == ['training-state-000008.npz']


def test_final_snapshot_has_the_state_of_the_last_numbered_one(session, tmp_path):
    optimizer, _, _ = make_training(session)
    save(tmp_path, optimizer, cur_nimg=4100)
    assert training_state.read_position(snapshot_path(tmp_path, 'network-final.pkl')).cur_nimg == 4100


def test_snapshot_without_state_has_no_position(tmp_path):
    assert training_state.read_position(snapshot_path(tmp_path)) is None
    assert training_state.read_position('https://example.com/network-snapshot-000004.pkl') is None


def test_state_of_other_options_is_refused(session, tmp_path):
    optimizer, _, _ = make_training(session)
    save(tmp_path, optimizer)
    with tf.Graph().as_default(), tf.Session() as other_session:
        optimizer, _, _ = make_training(other_session, size=3)
        with pytest.raises(UserError, match=r'training-state-000004\.npz belongs to a training with other losses'):
            training_state.load_training_state(snapshot_path(tmp_path), [optimizer])


@pytest.mark.parametrize('num_bytes', [0, 100, 1500])
def test_damaged_state_is_reported_with_the_way_out(session, tmp_path, num_bytes):
    optimizer, _, _ = make_training(session)
    save(tmp_path, optimizer)
    path = tmp_path / 'training-state-000004.npz'
    path.write_bytes(path.read_bytes()[:num_bytes])
    with pytest.raises(
        UserError, match=r'training-state-000004\.npz is damaged .* give --resume-kimg to resume from the weights'
    ):
        training_state.read_position(snapshot_path(tmp_path))
