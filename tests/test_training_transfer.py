# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""With which networks a training begins."""

import os
import re

import numpy as np
import pytest
import source_tree
import tensorflow.compat.v1 as tf

from dnnlib.tflib.ops.upfirdn_2d import upsample_2d
from dnnlib.util import EasyDict, UserError
from training import adaptation, checks, configs, misc, snapshots, transfer

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
    out = capsys.readouterr().out
    assert re.search(r'^Gs +\d+ +0 +2 +0$', out, re.MULTILINE)
    assert 'fresh: G_mapping/Dense8\nWarning: the mapping network has another depth' in out


def test_snapshot_of_other_pictures_is_refused(snapshot):
    with pytest.raises(UserError, match=r'makes pictures of shape \[3, 8, 8\], the data set has \[3, 16, 16\]'):
        transfer.make_networks(EasyDict(shape=[3, 16, 16], label_size=0), G_ARGS, D_ARGS, snapshot[0])


def test_new_networks_for_other_pictures_and_labels_get_what_fits(snapshot, capsys):
    path, saved = snapshot
    kwargs = {'resume_pkl': path, 'resume_with_new_nets': True}
    G, _, Gs = transfer.make_networks(EasyDict(shape=[3, 16, 16], label_size=2), G_ARGS, D_ARGS, **kwargs)
    assert (G.output_shape[1:], G.input_shapes[1]) == ([3, 16, 16], [None, 2])
    assert np.array_equal(Gs.get_var('G_synthesis/8x8/Conv1/weight'), saved.get_var('G_synthesis/8x8/Conv1/weight'))


# ----------------------------------------------------------------------------
# Which networks a training with the weights of a snapshot has.


def choose(path, shape=(3, 8, 8), label_size=0, config='config-f', **given):
    """Return options for a snapshot, and what differs."""
    options = configs.make_training_options(config, resume_pkl=path, resolution=8)
    network_args = configs.list_network_args(**given)
    return options, transfer.choose_architecture(options, network_args, list(shape), label_size)


def test_equal_networks_are_taken_as_they_are_with_their_architecture(snapshot):
    options, differences = choose(snapshot[0], mapping_layers=8, latent_size=8, fmap_max=4)
    assert differences is None and not options.resume_with_new_nets
    assert (options.G_args.fmap_base, options.D_args.fmap_max, options.G_args.latent_size) == (64, 4, 8)
    assert options.G_args.func_name == G_ARGS['func_name']


@pytest.mark.parametrize(
    'given, told',
    [
        ({'shape': (1, 16, 16)}, 'images of 3x8x8 instead of 1x16x16'),
        ({'label_size': 3}, 'labels of size 0 instead of 3'),
        ({'mapping_layers': 2}, 'mapping_layers of G 8 instead of 2'),
        ({'fmap_max': 8}, 'fmap_max of G 4 instead of 8, fmap_max of D 4 instead of 8'),
        ({'config': 'auto', 'mapping_layers': 3}, 'mapping_layers of G 8 instead of 3'),
    ],
)
def test_other_networks_have_the_architecture_of_the_snapshot_but_for_what_is_given(snapshot, given, told):
    options, differences = choose(snapshot[0], **given)
    assert differences == told and options.resume_with_new_nets
    assert options.G_args.func_name == G_ARGS['func_name'] and options.G_args.fmap_base == 64
    assert options.G_args.get('mapping_layers', 8) == given.get('mapping_layers', 8)
    assert options.G_args.fmap_max == given.get('fmap_max', 4)


def test_networks_that_cannot_grow_are_built_anew_where_they_have_to(snapshot):
    options, differences = choose(snapshot[0], config='config-d')
    assert differences == 'training.networks_stylegan2.G_main instead of training.networks_stylegan2.G_main'
    assert options.G_args.synthesis_func == 'G_synthesis_stylegan_revised'


@pytest.mark.parametrize('config, is_kept', [('config-f', False), ('config-c', True)])
def test_networks_of_stylegan_are_kept_where_the_loss_knows_them(session, config, is_kept):
    path = os.path.join(source_tree.ROOT_DIR, 'tests', 'data', 'snapshot_stylegan_tf1_numpy1.pkl')
    options, differences = choose(path, config=config)
    own = f'training.networks_stylegan{"" if is_kept else "2"}.G_{"style" if is_kept else "main"}'
    assert options.G_args.func_name == own
    assert differences == (None if is_kept else 'training.networks_stylegan.G_style instead of ' + own)


# ----------------------------------------------------------------------------
# What adapted networks do.

ADA = {'func_name': 'training.networks_ada.G_main', 'latent_size': 8, 'dlatent_size': 8, 'mapping_layers': 2}
ADA_D = {'func_name': 'training.networks_ada.D_main', 'mbstd_group_size': 2}


def make_pair(before, after, **more):
    """Return G and D before, and after they have taken over those; each as (shape, label_size)."""
    args = [dict(SMALL, **ADA, **more), dict(SMALL, **ADA_D)]
    pairs = []
    for shape, label_size in (before, after):
        pairs.append(transfer.make_networks(EasyDict(shape=list(shape), label_size=label_size), *args)[:2])
    rnd = np.random.RandomState(1)
    for net in pairs[0]:  # Biases are zero in new networks.
        for name in net.vars:
            if name.endswith('bias'):
                net.set_var(name, 0.3 * rnd.randn(*net.get_var(name).shape))
    lines = transfer.take_over(pairs[1], pairs[0])
    return pairs, '\n'.join(lines)


def draw(net, label_size=0):
    latents = np.random.RandomState(5).randn(4, 8)
    labels = np.eye(label_size)[np.arange(4) % label_size] if label_size else np.zeros([4, 0])
    return net.run(latents, labels, truncation_psi=None, randomize_noise=False)


def score(net, images, label_size=0):
    labels = np.eye(label_size)[np.arange(4) % label_size] if label_size else np.zeros([4, 0])
    return net.run(images, labels)


def is_close(a, b):
    return np.abs(a - b).max() < 2e-5 * max(1, np.abs(b).max())


def test_colours_become_grey(session):
    ((G, D), (G_new, D_new)), lines = make_pair(([3, 8, 8], 0), ([1, 8, 8], 0))
    assert is_close(draw(G_new), draw(G).mean(axis=1, keepdims=True))
    images = np.random.RandomState(2).randn(4, 1, 8, 8)
    assert is_close(score(D_new, images), score(D, images.repeat(3, axis=1)))
    assert 'adapted (RGB to grey): G_synthesis/4x4/ToRGB, G_synthesis/8x8/ToRGB, 8x8/FromRGB' in lines


def test_grey_becomes_colours(session):
    ((G, D), (G_new, D_new)), _ = make_pair(([1, 8, 8], 0), ([3, 8, 8], 0))
    assert is_close(draw(G_new), draw(G).repeat(3, axis=1))
    images = np.random.RandomState(2).randn(4, 3, 8, 8)
    assert is_close(score(D_new, images), score(D, images.mean(axis=1, keepdims=True)))


@pytest.mark.parametrize('architecture', ['skip', 'orig'])
def test_opacity_is_added_and_begins_with_one(session, architecture):
    ((G, D), (G_new, D_new)), _ = make_pair(([3, 8, 8], 0), ([4, 8, 8], 0), architecture=architecture)
    images = draw(G_new)
    assert is_close(images[:, :3], draw(G)) and is_close(images[:, 3], np.ones([4, 8, 8]))
    images = np.random.RandomState(2).randn(4, 4, 8, 8)
    assert is_close(score(D_new, images), score(D, images[:, :3]))


def test_opacity_is_removed(session):
    ((G, _), (G_new, _)), _ = make_pair(([4, 8, 8], 0), ([3, 8, 8], 0))
    assert is_close(draw(G_new), draw(G)[:, :3])


def test_labels_begin_without_effect_on_images(session):
    ((G, _), (G_new, _)), lines = make_pair(([3, 8, 8], 0), ([3, 8, 8], 3))
    assert is_close(draw(G_new, 3), draw(G))
    assert 'adapted (labels begin without effect): G_mapping/Dense0' in lines
    assert 'fresh: G_mapping/LabelEmbed, LabelEmbed, Output' in lines


def test_labels_are_removed(session):
    ((G, _), (G_new, _)), lines = make_pair(([3, 8, 8], 3), ([3, 8, 8], 0))
    kept = G.get_var('G_mapping/Dense0/weight')[:8]
    assert is_close(G_new.get_var('G_mapping/Dense0/weight'), kept / np.sqrt(2))
    assert 'left out: G_mapping/LabelEmbed, LabelEmbed' in lines


@pytest.mark.parametrize('before, after', [(0, 3), (3, 0)])
def test_scores_of_stylegan2_are_those_of_all_labels(session, before, after):
    D, D_new = [
        transfer.make_networks(EasyDict(shape=[3, 8, 8], label_size=label_size), G_ARGS, D_ARGS)[1]
        for label_size in (before, after)
    ]
    transfer.take_over([D_new], [D])
    images = np.random.RandomState(2).randn(4, 3, 8, 8)
    mean = (
        np.mean([D.run(images, np.eye(before)[[label] * 4]) for label in range(before)], axis=0)
        if before
        else score(D, images)
    )
    assert is_close(score(D_new, images, after), mean)


def test_larger_images_begin_as_enlarged_ones(session):
    ((G, _), (G_new, _)), lines = make_pair(([3, 8, 8], 0), ([3, 16, 16], 0))
    enlarged = session.run(upsample_2d(tf.constant(draw(G), tf.float32), k=[1, 3, 3, 1]))
    assert is_close(draw(G_new), enlarged)
    assert 'adapted (begins with nothing): G_synthesis/16x16/ToRGB' in lines
    assert 'adapted (that of 8x8): 16x16/FromRGB' in lines


def test_smaller_images_keep_the_blocks_of_their_sizes(session):
    ((G, D), (G_new, D_new)), lines = make_pair(([3, 16, 16], 0), ([3, 8, 8], 0))
    for net, old in [(G_new, G), (D_new, D)]:
        for name in net.vars:
            if 'ToRGB' not in name and 'FromRGB' not in name:
                assert np.array_equal(net.get_var(name), old.get_var(name)), name
    assert re.search('left out: .*G_synthesis/16x16/Conv1', lines)


def test_rectangles_begin_with_a_part_of_the_constant(session):
    ((G, _), (G_new, _)), lines = make_pair(([3, 16, 16], 0), ([3, 8, 24], 0))
    const = G.get_var('G_synthesis/4x4/Const/const')
    assert 'adapted (' in lines and G_new.get_var('G_synthesis/4x4/Const/const').shape == (1, 4, 2, 6)
    assert np.array_equal(G_new.get_var('G_synthesis/4x4/Const/const'), const[:, :, 1:3][:, :, :, [0, 0, 1, 2, 3, 3]])


def test_layers_of_growing_networks_are_told_by_their_size():
    variables = {'ToRGB_lod0/bias': (3,), '16x16/Conv/bias': (4,)}
    source = {'ToRGB_lod0/bias': np.ones(3), 'ToRGB_lod1/bias': np.full(3, 2.0), '32x32/Conv/bias': np.zeros(4)}
    result = adaptation.adapt(variables, source)
    assert result.values['ToRGB_lod0/bias'].tolist() == [2, 2, 2]
    assert (result.copied, result.fresh) == (['ToRGB_lod0/bias'], ['16x16/Conv/bias'])
    assert result.left_out == ['ToRGB_lod-1/bias', '32x32/Conv/bias']
