# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Opening snapshots: once, and only the networks that are asked for. Damaged ones are tested with `pickling`."""

import collections
import importlib
import os
import shutil
import subprocess
import sys

import numpy as np
import pickled_networks
import pytest
import source_tree
import tensorflow.compat.v1 as tf
import toy_networks

from dnnlib import tflib, util
from dnnlib.tflib.snapshots import bundle
from dnnlib.util import UserError
from metrics import metric_base
from training import loop, misc, networks_stylegan2, snapshots

TINY_SNAPSHOT = os.path.join(os.path.dirname(__file__), 'data', 'tiny_snapshot.pkl')


def describe(path):
    return snapshots.open_snapshot(path).describe()


def test_snapshot_is_described_without_building_it():
    expected = {'image_shape': [3, 16, 16], 'label_size': 0, 'num_layers': 6, 'family': 'StyleGAN2'}
    assert describe(TINY_SNAPSHOT) == expected


def test_description_of_a_file_that_is_no_snapshot_names_it(tmp_path):
    (tmp_path / 'page.pkl').write_bytes(b'<!DOCTYPE html><html></html>')
    with pytest.raises(UserError, match=r'page\.pkl is not a network snapshot: it is a web page'):
        describe(str(tmp_path / 'page.pkl'))


def test_snapshot_must_hold_three_networks(session, tmp_path):
    G, _, _ = misc.load_networks(TINY_SNAPSHOT)
    path = str(tmp_path / 'one.pkl')
    misc.save_pkl(G, path)
    assert misc.load_pkl(path).name == 'G'
    for func in (misc.load_networks, describe):
        with pytest.raises(UserError, match=r'one\.pkl must hold the three networks \(G, D, Gs\)'):
            func(path)


@pytest.mark.filterwarnings('ignore:executing')
def test_snapshot_whose_networks_are_made_by_its_code_is_described_by_building_it(tmp_path, monkeypatch):
    source = bundle.bundle_source(networks_stylegan2).replace('def G_main(', 'def G_mine(')
    with tf.Graph().as_default(), tflib.create_session() as session, session.as_default():
        networks = pickled_networks.make_networks(min_h=2)
        data = pickled_networks.dump_official(networks, 4, source, rename={'G_main': 'G_mine'})
    (tmp_path / 'net.pkl').write_bytes(data)
    monkeypatch.delenv('DNNLIB_ALLOW_PICKLE_CODE', raising=False)
    with pytest.raises(UserError, match=r'net\.pkl cannot be loaded: network G was built by G_mine'):
        describe(str(tmp_path / 'net.pkl'))
    monkeypatch.setenv('DNNLIB_ALLOW_PICKLE_CODE', '1')
    expected = {'image_shape': [3, 4, 8], 'label_size': 0, 'num_layers': 4, 'family': None}
    assert describe(str(tmp_path / 'net.pkl')) == expected


# ----------------------------------------------------------------------------
# What is in a snapshot.


def test_only_the_networks_that_are_asked_for_are_built(session):
    snapshot = snapshots.open_snapshot(TINY_SNAPSHOT)
    assert snapshot.names == ['G', 'D', 'Gs'] and not tf.global_variables()
    Gs = snapshot.build('Gs')
    assert Gs.name == 'Gs' and {var.name.split('/')[0] for var in tf.global_variables()} == {
        'Gs',
        'G_mapping',
        'G_synthesis',
    }
    assert len(tf.global_variables()) == len(Gs.vars)
    D, G = snapshot.build('D', 'G')
    assert (D.name, G.name) == ('D', 'G')


def test_whole_content_is_built_without_names(session):
    assert [net.name for net in snapshots.open_snapshot(TINY_SNAPSHOT).build()] == ['G', 'D', 'Gs']


def test_dict_of_networks_keeps_names_order_and_whatever_else_it_holds(session, tmp_path):
    G, D, Gs = pickled_networks.make_networks()
    path = str(tmp_path / 'pairs.pkl')
    content = collections.OrderedDict([('G_b', Gs), ('step', 7), ('D_a', D), ('G_a', G)])
    snapshots.save_snapshot(content, path)
    snapshot = snapshots.open_snapshot(path)
    assert snapshot.names == ['G_b', 'D_a', 'G_a']
    assert snapshot.describe('D_a').image_shape == [3, 8, 8]
    copy = snapshot.build('G_a')
    for name, value in tflib.run(G.vars).items():
        np.testing.assert_array_equal(copy.get_var(name), value)
    loaded = misc.load_pkl(path)
    assert type(loaded) is collections.OrderedDict and list(loaded) == list(content) and loaded['step'] == 7
    with pytest.raises(UserError, match=r'pairs\.pkl holds G_b, D_a, G_a, but no E'):
        snapshot.build('G_a', 'E')
    with pytest.raises(UserError, match=r'pairs\.pkl must hold the three networks \(G, D, Gs\)'):
        snapshot.build('Gs')


def test_network_on_its_own_has_the_name_that_it_was_saved_with(session, tmp_path):
    networks = pickled_networks.make_networks()
    path = str(tmp_path / 'one.pkl')
    snapshots.save_snapshot(networks[2], path)
    snapshot = snapshots.open_snapshot(path)
    assert snapshot.names == ['Gs'] and snapshot.describe().num_layers == 4
    images = [net.run(pickled_networks.LATENTS, None, randomize_noise=False) for net in (networks[2], snapshot.build())]
    np.testing.assert_array_equal(*images)


def test_two_networks_of_one_name_are_both_there(session, tmp_path):
    path = str(tmp_path / 'two.pkl')
    snapshots.save_snapshot([tflib.Network('F', toy_networks.critic) for _ in range(2)], path)
    assert snapshots.open_snapshot(path).names == ['F', 'F_1']


def test_file_without_networks_has_no_names(tmp_path):
    path = str(tmp_path / 'list.pkl')
    snapshots.save_snapshot([1, 2], path)
    snapshot = snapshots.open_snapshot(path)
    assert snapshot.names == [] and snapshot.build() == [1, 2]
    with pytest.raises(UserError, match=r'list\.pkl must hold the three networks \(G, D, Gs\)'):
        snapshot.describe()


def test_folder_stands_for_its_newest_snapshot(tmp_path):
    for name in ('network-snapshot-000001.pkl', 'network-snapshot-000002.pkl'):
        shutil.copy(TINY_SNAPSHOT, str(tmp_path / name))
    snapshot = snapshots.open_snapshot(str(tmp_path))
    assert snapshot.path == snapshot.name == str(tmp_path / 'network-snapshot-000002.pkl')
    assert snapshot.sha256 == util.hash_file(TINY_SNAPSHOT)


def test_opened_snapshot_is_opened_already():
    snapshot = snapshots.open_snapshot(TINY_SNAPSHOT)
    assert snapshots.open_snapshot(snapshot) is snapshot


# ----------------------------------------------------------------------------
# Opened once.


@pytest.fixture
def reads(monkeypatch):
    """A list of the names of the snapshots that are read."""
    names = []
    load = snapshots.pickling.load
    monkeypatch.setattr(snapshots.pickling, 'load', lambda file, name: names.append(name) or load(file, name))
    return names


def test_kept_snapshot_is_given_to_the_next_and_to_no_other(reads):
    snapshot = snapshots.open_snapshot(TINY_SNAPSHOT)
    snapshots.keep(snapshot)
    assert snapshots.open_snapshot(TINY_SNAPSHOT) is snapshot
    assert snapshots.open_snapshot(TINY_SNAPSHOT) is not snapshot
    assert len(reads) == 2


def test_file_that_was_replaced_or_is_trusted_since_is_read_anew(tmp_path, reads, monkeypatch):
    path = str(tmp_path / 'net.pkl')
    shutil.copy(TINY_SNAPSHOT, path)
    kept = snapshots.open_snapshot(path)
    snapshots.keep(kept)
    shutil.copy(TINY_SNAPSHOT, path + '.new')
    os.replace(path + '.new', path)
    again = snapshots.open_snapshot(path)
    assert again is not kept
    snapshots.keep(again)
    monkeypatch.setenv('DNNLIB_ALLOW_PICKLE_CODE', '1')
    assert snapshots.open_snapshot(path) is not again and len(reads) == 3


@pytest.mark.parametrize(
    'line',
    [
        'run_generator generate-images --seeds=1,2',
        'run_generator style-mixing-example --row-seeds=1 --col-seeds=2',
        'run_generator truncation-sweep --seeds=1 --psis=0,1',
        'run_projector project-generated-images --seeds=1 --steps=2 --distance=squeezenet --distance-weights=random',
    ],
)
def test_command_reads_its_snapshot_once_and_builds_gs_alone(line, reads, session, tmp_path, monkeypatch):
    monkeypatch.chdir(str(tmp_path))
    script, *arguments = line.split()
    built = []
    build = snapshots.Snapshot.build
    monkeypatch.setattr(snapshots.Snapshot, 'build', lambda self, *names: built.append(names) or build(self, *names))
    importlib.import_module(script).main([*arguments, f'--network={TINY_SNAPSHOT}'])
    assert reads == [TINY_SNAPSHOT] and built == [('Gs',)]
    assert 'D' not in {var.name.split('/')[0] for var in tf.global_variables()}


def test_list_of_metrics_reads_its_snapshot_once(reads):
    dummy = {'func_name': 'metrics.metric_base.DummyMetric', 'name': 'dummy'}
    group = metric_base.MetricGroup([dummy, dummy, dummy])
    group.run(TINY_SNAPSHOT, dataset_args={}, log_results=False)
    assert reads == [TINY_SNAPSHOT] and len(group.metrics) == 3


class Opener:
    """A metric that opens its snapshot."""

    name = 'opener'

    def run(self, pkl, run_dir):
        """Open it."""
        snapshots.open_snapshot(pkl)

    def get_results(self):
        """Return nothing."""
        return {'results': {}}


def test_metrics_of_a_training_read_its_snapshot_once(reads):
    chief = loop.Chief(None, None, None, None, [Opener(), Opener(), Opener()], {}, 'all')
    chief._run_metrics(TINY_SNAPSHOT)
    assert reads == [TINY_SNAPSHOT]


# ----------------------------------------------------------------------------
# For those who import dnnlib alone.


PLAIN_PICKLE = """
import pickle, sys
import dnnlib.tflib as tflib
tflib.init_tf()
with open(sys.argv[1], 'rb') as file:
    G, D, Gs = pickle.load(file)
print(Gs.name, Gs.output_shape, Gs._build_func.__module__)
"""


def test_plain_pickle_finds_the_families_in_a_process_that_imported_dnnlib_alone():
    command = [sys.executable, '-c', PLAIN_PICKLE, TINY_SNAPSHOT]
    output = subprocess.check_output(command, cwd=source_tree.ROOT_DIR, universal_newlines=True)
    assert output.splitlines()[-1] == 'Gs [None, 3, 16, 16] training.networks_stylegan2'
