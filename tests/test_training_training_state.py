# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The file with the state of a training."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
import toy_networks

from dnnlib import tflib
from dnnlib.tflib import autosummary
from dnnlib.tflib.snapshots import families
from dnnlib.util import EasyDict, UserError
from training import training_state
from training.loss import TRAINING_STATE
from training.training_state import TrainingState


@pytest.fixture(autouse=True)
def known_family():
    """Let snapshots know the networks, but no other test."""
    families.register(families.Family('Toy', 'toy_networks', funcs=('painter', 'critic')))
    yield
    families._families_cache.pop('toy_networks')


class Training:
    """A training of two variables on some devices, with a running mean for each and a statistic."""

    def __init__(self, session, num_devices=1, size=2):
        optimizer = tflib.Optimizer(name='Train', learning_rate=0.1, beta1=0.9, beta2=0.99)
        self.means, steps = [], []
        for index in range(num_devices):
            with tf.name_scope(f'GPU{index}'), tf.device(f'/cpu:{index}'):
                collections = [tf.GraphKeys.GLOBAL_VARIABLES, TRAINING_STATE]
                mean = tf.Variable(float(index), name='mean', trainable=False, collections=collections)
                weights = tf.Variable(np.ones(size, np.float32), name='weights')
                optimizer.register_gradients(tf.reduce_sum(tf.square(weights)), [weights])
            self.means.append(mean)
            steps.append(tf.assign_add(mean, 0.5))
        steps += [optimizer.apply_updates(), autosummary.autosummary('Loss/x', tf.constant([3.0]))]
        self.step = tf.group(*steps)
        self.network = tflib.Network('P', toy_networks.painter)
        self.graph = EasyDict(optimizers=[optimizer], shadows=[], num_devices=num_devices)
        tflib.init_uninitialized_vars()
        self.session = session

    def read(self):
        """Return the values of moments, means and statistics."""
        moments = [var for group in self.graph.optimizers[0].list_moments() for var in group]
        return self.session.run(moments + self.means + autosummary.list_accumulators())


def save(training, path, **position):
    """Save the state of a training; return it as it is read again."""
    position = dict({'num_gpus': training.graph.num_devices, 'cur_nimg': 4096, 'options': {}}, **position)
    training_state.save_state(str(path), {'P': training.network}, training.graph, position)
    return TrainingState(str(path))


def test_moments_means_statistics_and_networks_come_back(session, tmp_path):
    training = Training(session)
    for _ in range(3):
        session.run(training.step)
    training.network.set_var('shade', 0.25)
    expected = training.read()
    state = save(training, tmp_path / 'training-state.npz', lod=1.5)
    session.run(training.step)
    assert training.read()[0] != pytest.approx(expected[0])

    state.restore(training.graph)
    for value, expected_value in zip(training.read(), expected):
        np.testing.assert_array_equal(value, expected_value)
    assert session.run(training.means) == [1.5]
    assert state.position == {'num_gpus': 1, 'cur_nimg': 4096, 'lod': 1.5, 'options': {}}
    networks = state.build_networks()
    assert list(networks) == ['P'] and networks['P'].get_var('shade') == 0.25


@pytest.mark.parametrize('num_before, num_after, means', [(1, 2, [0.5, 0.5]), (2, 1, [0.5])])
def test_another_number_of_devices_gets_the_moments_and_the_means_of_the_first(tmp_path, num_before, num_after, means):
    path = tmp_path / 'training-state.npz'
    for num_devices in (num_before, num_after):
        with tf.Graph().as_default(), tflib.create_session({'device_count.CPU': 2}) as session:
            training = Training(session, num_devices)
            if num_devices == num_before:
                session.run(training.step)
                moments = training.read()[0]
                save(training, path)
            else:
                TrainingState(str(path)).restore(training.graph)
                assert session.run(training.means) == means
                np.testing.assert_array_equal(training.read()[0], moments)


def test_state_of_other_variables_is_refused(session, tmp_path):
    state = save(Training(session), tmp_path / 'training-state.npz')
    with tf.Graph().as_default(), tf.Session() as other_session:
        training = Training(other_session, size=3)
        with pytest.raises(UserError, match=r'training-state\.npz belongs to a training with other losses'):
            state.restore(training.graph)


@pytest.mark.parametrize('num_bytes', [0, 100, 1500])
def test_damaged_state_is_reported(session, tmp_path, num_bytes):
    path = tmp_path / 'training-state.npz'
    save(Training(session), path)
    path.write_bytes(path.read_bytes()[:num_bytes])
    with pytest.raises(UserError, match=r'training-state\.npz is damaged'):
        TrainingState(str(path))


def test_file_of_something_else_is_reported(tmp_path):
    path = tmp_path / 'training-state.npz'
    np.savez(str(path), a=np.zeros(3))
    with pytest.raises(UserError, match=r'training-state\.npz holds no state of a training that this version knows$'):
        TrainingState(str(path))


def test_state_survives_a_writer_that_fails(session, tmp_path, monkeypatch):
    training = Training(session)
    path = tmp_path / 'training-state.npz'
    save(training, path)
    content = path.read_bytes()

    def fail(file, arrays):
        file.write(b'half')
        raise KeyboardInterrupt

    monkeypatch.setattr(training_state, 'save_arrays', fail)
    with pytest.raises(KeyboardInterrupt):
        save(training, path)
    assert path.read_bytes() == content and [entry.name for entry in tmp_path.iterdir()] == ['training-state.npz']
