# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""A recipe with all that a recipe can have, from its data to a resumed run; its networks are numbers."""

import json

import numpy as np
import PIL.Image
import pytest
import tensorflow.compat.v1 as tf
import toy_recipe

import dnnlib
from dnnlib import tflib
from dnnlib.tflib import autosummary
from dnnlib.tflib.snapshots import families
from dnnlib.util import EasyDict
from training import snapshots
from training.recipes.recipe import FRESH, SAME, Average, Phase, check_plan

NETWORKS = ['P', 'Q', 'C', 'Ps']


@pytest.fixture(scope='module')
def data_dir(tmp_path_factory):
    """Two data sets of one shade each, so that the order of the images does not matter."""
    from image_data import records

    folder = tmp_path_factory.mktemp('data')
    for name, shade in [('dark', 64), ('light', 192)]:
        (folder / name).mkdir()
        images = np.full([16, 3, 8, 8], shade, np.uint8)
        (folder / name / f'{name}-r03.tfrecords').write_bytes(records.encode_images(images))
    return str(folder)


@pytest.fixture(scope='module', autouse=True)
def known_family():
    """Let snapshots know the networks, but no other test."""
    families.register(toy_recipe.FAMILY)
    yield
    families._families_cache.pop(toy_recipe.FAMILY.module)


def train(run_dir, data_dir, num_gpus=1, **kwargs):
    """Train, and return the weights by name and the state as it was saved."""
    run_dir.mkdir(exist_ok=True)
    dnnlib.submit_config = EasyDict(run_dir=str(run_dir), task_name='toy', host_name='here')
    try:
        with tf.Graph().as_default(), tflib.create_session({'device_count.CPU': num_gpus}) as session:
            toy_recipe.training_loop(data_dir, num_gpus=num_gpus, **kwargs)
            weights = session.run({var.op.name: var for var in tf.trainable_variables()})
    finally:
        dnnlib.submit_config = None
    state = dict(np.load(str(run_dir / 'training-state.npz')))
    return {name: float(value) for name, value in weights.items()}, state


@pytest.fixture(scope='module')
def trained(tmp_path_factory, data_dir):
    """The folder of a run of 64 images, eight minibatches, its weights and its state."""
    run_dir = tmp_path_factory.mktemp('runs') / 'whole'
    return (run_dir,) + train(run_dir, data_dir, total_kimg=0.064)


def test_every_phase_was_run_as_often_as_it_says(trained):
    _, _, state = trained
    powers = [float(value) for name, value in state.items() if name.endswith('beta2_power')]
    steps = [round(np.log(power) / np.log(0.9)) - 1 for power in powers]  # TensorFlow's Adam begins with 0.9.
    assert sorted(steps) == [8, 8 + 4, 2 * 8 + 4]  # Pull goes on with the moments of P, which moves twice, and of Q.


def test_networks_learned_what_their_losses_want(trained):
    _, weights, _ = trained
    assert weights['C/weight'] > 0
    assert weights['Q/shade'] > 0.4  # Towards 192 / 127.5 - 1.
    assert weights['P/shade'] < -0.1  # Towards 64 / 127.5 - 1.
    assert weights['Ps/shade'] not in (0, weights['P/shade'])


def test_status_line_tells_what_recipe_and_controller_add(trained):
    run_dir, _, _ = trained
    stats = [json.loads(line) for line in (run_dir / 'stats.jsonl').read_text().splitlines()]
    assert [line['Progress/patience'] for line in stats] == [0.5, 0.25]
    assert [line['Progress/goal'] for line in stats] == [1.0, pytest.approx(0.968)]


def test_pictures_are_those_of_the_recipe(trained):
    run_dir, weights, _ = trained
    assert {path.name for path in run_dir.glob('*.png')} == {'shades_init.png', 'shades000000.png'}
    image = np.asarray(PIL.Image.open(str(run_dir / 'shades000000.png')))
    expected = [int(np.clip(weights[name] * 127.5 + 127.5, 0, 255)) for name in ('Ps/shade', 'Q/shade')]
    assert image.shape == (8, 16) and [image[0, 0], image[0, 15]] == expected


def test_snapshot_holds_the_networks_by_name_and_builds_one_alone(trained, session):
    run_dir, weights, _ = trained
    snapshot = snapshots.open_snapshot(str(run_dir / 'network-final.pkl'))
    assert snapshot.names == NETWORKS
    assert snapshot.build('Ps').get_var('shade') == np.float32(weights['Ps/shade'])
    assert [var.op.name for var in tf.trainable_variables()] == ['Ps/shade']


def test_resumed_run_ends_where_the_whole_one_does(trained, tmp_path, data_dir, capsys):
    whole_dir, weights, state = trained
    train(tmp_path / 'half', data_dir, total_kimg=0.032)
    resumed, resumed_state = train(tmp_path / 'half', data_dir, total_kimg=0.064)
    assert 'Resuming exactly at 0.0 kimg' in capsys.readouterr().out
    assert resumed == weights
    assert set(resumed_state) == set(state)
    for name in set(state) - {'position'}:
        np.testing.assert_array_equal(resumed_state[name], state[name], err_msg=name)
    for name in ('shades000000.png', 'network-final.pkl'):
        assert (tmp_path / 'half' / name).read_bytes() == (whole_dir / name).read_bytes()


def test_two_devices_train_like_one(trained, tmp_path, data_dir, monkeypatch):
    _, weights, _ = trained
    monkeypatch.setattr('dnnlib.tflib.compat.list_gpus', lambda: [])
    others, _ = train(tmp_path / 'two', data_dir, total_kimg=0.064, num_gpus=2)
    assert {name: others[name] for name in weights} == pytest.approx(weights, rel=1e-4)
    assert others['P_shadow/shade'] == others['P/shade']


class WatchedToy(toy_recipe.Toy):
    """The same with a phase that moves nothing and has no learning rate."""

    def list_phases(self):
        """Return it behind the others."""
        return super().list_phases() + [Phase('Watch', images=SAME)]

    def build_tower(self, networks, data, images, clock, optimizers):
        """Average the light images besides."""
        assert 'Watch' not in optimizers
        losses = super().build_tower(networks, data, images, clock, optimizers)
        return dict(losses, Watch=autosummary.autosummary('Loss/shade', images['light'][0]))


def test_phase_without_networks_collects_statistics(trained, tmp_path, data_dir, monkeypatch):
    _, weights, _ = trained
    monkeypatch.setattr(toy_recipe, 'Toy', WatchedToy)
    assert train(tmp_path / 'watched', data_dir, total_kimg=0.064)[0] == weights
    stats = [json.loads(line) for line in (tmp_path / 'watched' / 'stats.jsonl').read_text().splitlines()]
    assert [line['Loss/shade'] for line in stats] == pytest.approx([192 / 127.5 - 1] * 2)


def test_phase_that_repeats_cannot_read_the_same_images_again():
    with pytest.raises(ValueError, match='phase Again repeats'):
        Phase('Again', ['P'], images=SAME, repeats=2)


D = Phase('D', ['D'], images=FRESH)


@pytest.mark.parametrize(
    'phases, averages, message',
    [
        ([], [], 'a recipe needs a phase'),
        ([D, D], [], "there are two phases 'D'"),
        ([Phase('X', ['X'])], [], "network of phase X: 'X' is none of G, D"),
        ([Phase('X', ['Gs'])], [Average('Gs', 'G', 10)], "network of phase X: 'Gs' is none of G, D"),
        ([Phase('X', ['D'], shares='D'), D], [], "phase that X shares with: 'D' is none of none"),
        ([D], [Average('Hs', 'G', 10)], "average: 'Hs' is none of G, D, Gs"),
        ([D], [Average('Gs', 'Gs', 10)], "source of average Gs: 'Gs' is none of G, D"),
        ([Phase('X', ['D'], images=SAME), D], [], "phase X is the first that reads images, so they must be 'fresh'"),
    ],
)
def test_plans_that_cannot_work_are_refused_by_name(phases, averages, message):
    with pytest.raises(ValueError, match=message):
        check_plan(phases, averages, dict.fromkeys(['G', 'D', 'Gs']))


@pytest.mark.parametrize(
    'kwargs, message',
    [({'images': 'FRESH'}, "must be 'fresh', 'same' or None"), ({'interval': 0}, 'at least 1, got 0')],
)
def test_phases_that_cannot_work_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        Phase('D', ['D'], **kwargs)
