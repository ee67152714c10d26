# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Opening snapshots: once, and only the networks that are asked for. Damaged ones are tested with `pickling`."""

import os

import pickled_networks
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.tflib.snapshots import bundle
from dnnlib.util import UserError
from training import misc, networks_stylegan2, snapshots

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
