# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Snapshots of other programs that a training begins with."""

import os
import shutil

import pytest
import source_tree

from conversion import cached
from dnnlib.util import UserError
from training import snapshots

DATA = os.path.join(source_tree.ROOT_DIR, 'tests', 'data')


@pytest.fixture(autouse=True)
def cache_dir(tmp_path, monkeypatch):
    """A cache of the test's own."""
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path / 'cache'))
    return tmp_path / 'cache'


def test_pickle_of_pytorch_is_converted_once_and_keeps_its_name(tmp_path, capsys, monkeypatch):
    source = str(tmp_path / 'network-snapshot-000123.pkl')
    shutil.copy(os.path.join(DATA, 'ada_pytorch.pkl'), source)
    path = cached.find_snapshot(source)
    assert os.path.basename(path) == 'network-snapshot-000123.pkl'
    assert (
        f'{source} is a pickle of StyleGAN2-ADA for PyTorch or StyleGAN3; a snapshot is made' in capsys.readouterr().out
    )
    opened = snapshots.open_snapshot(path)
    assert (opened.describe().family, opened.names) == ('StyleGAN2-ADA', ['G', 'D', 'Gs'])
    assert os.listdir(os.path.dirname(path)) == ['network-snapshot-000123.pkl']
    monkeypatch.setattr(cached, 'convert', None)  # Nothing is left to do.
    assert cached.find_snapshot(source) == path


def test_snapshot_of_tensorflow_is_left_as_it_is(cache_dir):
    path = os.path.join(DATA, 'tiny_snapshot.pkl')
    assert cached.find_snapshot(path) == path and not cache_dir.exists()


def test_file_that_cannot_be_converted_leaves_nothing(cache_dir):
    with pytest.raises(UserError, match=r'torch_zip\.pth is a PyTorch file with the keys'):
        cached.find_snapshot(os.path.join(DATA, 'torch_zip.pth'))
    assert [names for _, _, names in os.walk(str(cache_dir)) if names] == []
