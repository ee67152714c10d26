# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Identity of data sets, and the cache of what was computed from them."""

import os
import shutil

import numpy as np
import pytest

from dnnlib.util import UserError
from metrics import real_statistics


@pytest.fixture
def dataset_dir(tmp_path):
    """A directory with a large file, a label file and something that does not count."""
    path = tmp_path / 'toys'
    path.mkdir()
    (path / 'toys-r05.tfrecords').write_bytes(np.random.RandomState(0).bytes(3 << 20))
    (path / 'toys-rxx.labels').write_bytes(b'labels')
    (path / 'notes.txt').write_bytes(b'notes')
    return path


def test_unchanged_data_set_stays_the_same(dataset_dir):
    first = real_statistics.identify_dataset(str(dataset_dir))
    (dataset_dir / 'notes.txt').write_bytes(b'other notes')
    assert real_statistics.identify_dataset(str(dataset_dir) + '/') == first


def test_copy_has_the_same_id_but_another_version(dataset_dir, tmp_path):
    shutil.copytree(str(dataset_dir), str(tmp_path / 'copy'))
    first, copy = [real_statistics.identify_dataset(str(path)) for path in (dataset_dir, tmp_path / 'copy')]
    assert first.id == copy.id and first.version != copy.version


@pytest.mark.parametrize('position', [0, (3 << 20) - 1])
def test_change_of_the_first_or_last_byte_changes_the_id(dataset_dir, position):
    first = real_statistics.identify_dataset(str(dataset_dir))
    with open(str(dataset_dir / 'toys-r05.tfrecords'), 'r+b') as file:
        file.seek(position)
        value = file.read(1)[0]
        file.seek(position)
        file.write(bytes([value ^ 1]))
    assert real_statistics.identify_dataset(str(dataset_dir)).id != first.id


def test_change_between_the_samples_changes_the_version(dataset_dir):
    first = real_statistics.identify_dataset(str(dataset_dir))
    path = str(dataset_dir / 'toys-r05.tfrecords')
    os.utime(path, ns=(0, os.stat(path).st_mtime_ns + 1000000))  # As any writing does.
    assert real_statistics.identify_dataset(str(dataset_dir)).version != first.version


def test_another_size_changes_the_id(dataset_dir):
    first = real_statistics.identify_dataset(str(dataset_dir))
    (dataset_dir / 'toys-rxx.labels').write_bytes(b'labels and more')
    assert real_statistics.identify_dataset(str(dataset_dir)).id != first.id


def test_path_depends_on_everything_that_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path))
    make = real_statistics.make_cache_path
    paths = [make('toys', 'npz', a=1, b='x'), make('toys', 'npz', b='x', a=1), make('toys', 'npz', a=2, b='x')]
    assert paths[0] == paths[1] != paths[2]
    assert os.path.dirname(paths[0]) == str(tmp_path / 'metrics') and os.path.basename(paths[0]).startswith('toys-')


def test_arrays_are_found_again(tmp_path):
    path = str(tmp_path / 'new' / 'statistics.npz')
    assert real_statistics.load_arrays(path) is None
    real_statistics.save_arrays(path, mu=np.arange(3.0), num=7)
    loaded = real_statistics.load_arrays(path)
    assert loaded['mu'].tolist() == [0, 1, 2] and int(loaded['num']) == 7
    assert os.listdir(str(tmp_path / 'new')) == ['statistics.npz']


@pytest.mark.parametrize('share', [0.0, 0.5, 0.95])
def test_damaged_file_counts_as_absent(tmp_path, share):
    path = str(tmp_path / 'statistics.npz')
    real_statistics.save_arrays(path, mu=np.random.RandomState(0).randn(1000))
    with open(path, 'r+b') as file:
        file.truncate(int(os.path.getsize(path) * share))
    with pytest.warns(UserWarning, match='statistics.npz is damaged, .* it is computed again'):
        assert real_statistics.load_arrays(path) is None


@pytest.mark.parametrize('load', [real_statistics.load_arrays, real_statistics.map_features])
def test_lack_of_memory_is_no_damage(tmp_path, monkeypatch, load):
    def fail(*_args, **_kwargs):
        raise MemoryError

    path = str(tmp_path / 'statistics.npz')
    real_statistics.save_arrays(path, mu=np.zeros(3))
    monkeypatch.setattr(np, 'load', fail)
    with pytest.raises((MemoryError, UserError)):
        load(path)


def test_features_are_written_piece_by_piece_and_mapped(tmp_path):
    path = str(tmp_path / 'new' / 'features.npy')
    assert real_statistics.map_features(path) is None
    features = np.random.RandomState(0).randn(7, 3).astype(np.float32)
    real_statistics.save_features(path, [7, 3], iter([features[:4], features[4:]]))
    mapped = real_statistics.map_features(path)
    assert isinstance(mapped, np.memmap) and mapped.dtype == np.float32
    np.testing.assert_array_equal(mapped, features)


@pytest.mark.parametrize('num_bytes', [0, 50, 200])
def test_damaged_features_count_as_absent(tmp_path, num_bytes):
    path = str(tmp_path / 'features.npy')
    real_statistics.save_features(path, [100, 3], [np.zeros([100, 3], np.float32)])
    with open(path, 'r+b') as file:
        file.truncate(num_bytes)
    with pytest.warns(UserWarning, match='features.npy cannot be read .* it is computed again'):
        assert real_statistics.map_features(path) is None
