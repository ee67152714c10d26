# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""With which networks a training begins."""

import re

import numpy as np
import pytest

from dnnlib.util import EasyDict, UserError
from training import checks, misc, snapshots, transfer

SMALL = {'fmap_base': 64, 'fmap_max': 4}
G_ARGS = dict(SMALL, func_name='training.networks_stylegan2.G_main', latent_size=8, dlatent_size=8, mapping_fmaps=8)
D_ARGS = dict(SMALL, func_name='training.networks_stylegan2.D_stylegan2', mbstd_group_size=4)


@pytest.mark.parametrize(
    'shape, resolution',
    [([3, 16, 16], 16), ([1, 12, 16], 16), ([3, 16, 40], 32)],  # 4x4, 3x4, 2x5 times 2^n.
)
def test_networks_have_the_size_of_the_pictures(session, shape, resolution):
    training_set = EasyDict(shape=shape, label_size=0)
    networks = transfer.make_networks(training_set, G_ARGS, D_ARGS)
    assert [net.name for net in networks] == ['G', 'D', 'Gs']
    assert [net.output_shape for net in networks] == [[None] + shape, [None, 1], [None] + shape]
    assert [net.static_kwargs.resolution for net in networks] == [resolution] * 3


def test_labels_of_the_data_set_reach_the_networks(session):
    G, D, _ = transfer.make_networks(EasyDict(shape=[3, 8, 8], label_size=5), G_ARGS, D_ARGS)
    assert G.input_shapes == [[None, 8], [None, 5]]
    assert D.input_shapes == [[None, 3, 8, 8], [None, 5]]


@pytest.fixture
def snapshot(session, tmp_path):
    """A snapshot of networks whose weights are told from fresh ones, and Gs as it was saved."""
    path = str(tmp_path / 'network-snapshot-000003.pkl')
    networks = transfer.make_networks(EasyDict(shape=[3, 8, 8], label_size=0), G_ARGS, D_ARGS)
    misc.save_pkl(networks, path)
    return path, networks[2]


def test_networks_of_a_snapshot_are_taken_as_they_are_and_what_has_no_effect_is_told(snapshot, capsys):
    path, saved = snapshot
    args = dict(G_ARGS, fmap_max=8)
    _, _, Gs = transfer.make_networks(EasyDict(shape=[3, 8, 8], label_size=0), args, D_ARGS, path)
    assert Gs.static_kwargs.fmap_max == 4
    assert np.array_equal(Gs.get_var('G_synthesis/4x4/Const/const'), saved.get_var('G_synthesis/4x4/Const/const'))
    assert 'G is taken from the snapshot as it is, without fmap_max=8\n' in capsys.readouterr().out


def test_training_that_goes_on_reads_its_snapshot_once(snapshot, monkeypatch):
    path, _ = snapshot
    reads = []
    load = snapshots.pickling.load
    monkeypatch.setattr(snapshots.pickling, 'load', lambda file, name: reads.append(name) or load(file, name))
    training_set = EasyDict(shape=[3, 8, 8], label_size=0)
    options = {'sched_args': {'minibatch_size_base': 4, 'minibatch_gpu_base': 4}, 'metric_arg_list': []}
    options.update(resume_pkl=path, G_loss_args={'func_name': 'training.loss.G_logistic_ns'}, total_kimg=5)
    checks.check_inputs(options, 1, training_set.shape, training_set.label_size)
    transfer.make_networks(training_set, G_ARGS, D_ARGS, path)
    assert reads == [path]


def test_new_networks_get_what_fits_of_a_snapshot(snapshot, capsys):
    path, saved = snapshot
    args = dict(G_ARGS, mapping_layers=9)
    kwargs = {'resume_pkl': path, 'resume_with_new_nets': True}
    G, _, Gs = transfer.make_networks(EasyDict(shape=[3, 8, 8], label_size=0), args, D_ARGS, **kwargs)
    assert 'G_mapping/Dense8/weight' in G.vars and 'G_mapping/Dense8/weight' not in saved.vars
    assert np.array_equal(Gs.get_var('G_synthesis/4x4/Const/const'), saved.get_var('G_synthesis/4x4/Const/const'))
    assert re.search(r'^Gs: \d+ variables copied, 2 new$', capsys.readouterr().out, re.MULTILINE)


def test_snapshot_of_other_pictures_is_refused(snapshot):
    with pytest.raises(UserError, match=r'makes pictures of shape \[3, 8, 8\], the data set has \[3, 16, 16\]'):
        transfer.make_networks(EasyDict(shape=[3, 16, 16], label_size=0), G_ARGS, D_ARGS, snapshot[0])


def test_new_networks_for_other_pictures_and_labels_get_what_fits(snapshot, capsys):
    path, saved = snapshot
    kwargs = {'resume_pkl': path, 'resume_with_new_nets': True}
    G, _, Gs = transfer.make_networks(EasyDict(shape=[3, 16, 16], label_size=2), G_ARGS, D_ARGS, **kwargs)
    assert (G.output_shape[1:], G.input_shapes[1]) == ([3, 16, 16], [None, 2])
    assert np.array_equal(Gs.get_var('G_synthesis/8x8/Conv1/weight'), saved.get_var('G_synthesis/8x8/Conv1/weight'))
