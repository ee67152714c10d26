# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Formats of weight files, each told by its content, and files that are something else."""

import io
import os
import tarfile
import zipfile

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from reference.pickled_network import write_pickled_network

from dnnlib.util import UserError, UserFileNotFoundError
from perception import weights

DATA_DIR = os.path.join(os.path.dirname(__file__), 'data')
KERNEL = np.arange(6, dtype=np.float32).reshape(1, 2, 3)


def make_graph_bytes():
    """Return a frozen graph with the constant `conv/conv2d_params` and nodes of other kinds."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, name='input')
        tf.multiply(x, tf.constant(KERNEL, name='conv/conv2d_params'), name='product')
        tf.constant([1, 2], name='numbers')
        tf.constant('text', name='words')
        return graph.as_graph_def().SerializeToString()


def test_frozen_graph_gives_its_floating_point_constants(tmp_path):
    path = tmp_path / 'graph.bin'
    path.write_bytes(make_graph_bytes())
    kind, arrays = weights.read_weights(str(path))
    assert kind == 'graph' and list(arrays) == ['conv/conv2d_params']
    np.testing.assert_array_equal(arrays['conv/conv2d_params'], KERNEL)


def write_archive(path, name, content):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    with tarfile.open(str(path), 'w:gz') as archive:
        archive.addfile(info, io.BytesIO(content))


def test_frozen_graph_is_found_inside_its_archive(tmp_path):
    path = tmp_path / 'inception-2015-12-05.tgz'
    write_archive(path, './classify_image_graph_def.pb', make_graph_bytes())
    assert list(weights.read_weights(str(path))[1]) == ['conv/conv2d_params']


def test_archive_without_the_graph_is_refused(tmp_path):
    path = tmp_path / 'other.tgz'
    write_archive(path, 'LICENSE', b'text')
    with pytest.raises(UserError, match='other.tgz does not contain classify_image_graph_def.pb'):
        weights.read_weights(str(path))


@pytest.mark.parametrize('name', ['torch_zip.pth', 'torch_legacy.pth'])
def test_pytorch_files_are_recognised(name):
    kind, arrays = weights.read_weights(os.path.join(DATA_DIR, name))
    assert kind == 'torch' and arrays['plain.weight'].shape == (2, 3)


def test_npz_is_recognised(tmp_path):
    np.savez(str(tmp_path / 'w.npz'), kernel=KERNEL)
    kind, arrays = weights.read_weights(str(tmp_path / 'w.npz'))
    assert kind == 'npz'
    np.testing.assert_array_equal(arrays['kernel'], KERNEL)


def test_npz_with_pickled_objects_is_refused(tmp_path):
    np.savez(str(tmp_path / 'objects.npz'), kernel=np.array([{}], dtype=object))
    with pytest.raises(UserError, match='objects.npz is damaged, or no .npz file of arrays .*pickle'):
        weights.read_weights(str(tmp_path / 'objects.npz'))


def test_hdf5_gives_its_data_sets_by_path(tmp_path):
    h5py = pytest.importorskip('h5py', reason='h5py is not installed')
    with h5py.File(str(tmp_path / 'w.h5'), 'w') as file:
        file['conv1/conv1/conv1_W:0'] = KERNEL
    kind, arrays = weights.read_weights(str(tmp_path / 'w.h5'))
    assert kind == 'hdf5'
    np.testing.assert_array_equal(arrays['conv1/conv1/conv1_W:0'], KERNEL)


def test_absence_of_h5py_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'h5py', None)
    (tmp_path / 'w.h5').write_bytes(b'\x89HDF\r\n\x1a\n')
    with pytest.raises(UserError, match='needs h5py .*; install it with: pip install h5py'):
        weights.read_weights(str(tmp_path / 'w.h5'))


@pytest.mark.parametrize(
    'content, expected',
    [
        (b'', 'is empty; expected weights as .pth'),
        (b'\n<!DOCTYPE html>', 'is a web page, so the download went wrong'),
        (b'version https://git-lfs.github.com/spec/v1', 'is a git-lfs pointer'),
        (b'\x80\x03cdnnlib.tflib.network\nNetwork\n.', 'must hold one network'),
        (b'\x80\x03cos\nsystem\n.', 'cannot be loaded: it asks for os.system'),
        (b'\x80\x03}q', 'is not a network snapshot, or is damaged'),
        (b'\x89HDF\r\n\x1a\nbroken', 'is a damaged HDF5 file'),
        (b'\x1f\x8bbroken', 'is a damaged archive'),
        (b'PK\x03\x04broken', 'is a damaged archive'),
        (b'\xff\xff\xff\xff', 'is no frozen TensorFlow graph'),
        (tf.GraphDef(node=[{'name': 'x', 'op': 'Placeholder'}]).SerializeToString(), 'holds no weights'),
    ],
)
def test_other_files_are_named_for_what_they_are(content, expected, tmp_path):
    path = tmp_path / 'weights.bin'
    path.write_bytes(content)
    with pytest.raises(UserError, match='weights.bin ' + expected):
        weights.read_weights(str(path))


def test_pickled_network_gives_its_variables_and_its_code_does_not_run(tmp_path):
    path = write_pickled_network(tmp_path / 'net.pkl', {'b/weight': KERNEL, 'a/bias': KERNEL[0, 0]}, gain=2)
    kind, arrays = weights.read_weights(path)
    assert kind == 'pickle' and list(arrays) == ['b/weight', 'a/bias']
    np.testing.assert_array_equal(arrays['b/weight'], KERNEL)
    assert weights.read_pickled_state(path)['static_kwargs'] == {'gain': 2}


def test_zip_archive_of_something_else_is_refused(tmp_path):
    with zipfile.ZipFile(str(tmp_path / 'pictures.zip'), 'w') as archive:
        archive.writestr('cat.png', b'')
    with pytest.raises(UserError, match='pictures.zip is a zip archive of something else; use this one'):
        weights.read_weights(str(tmp_path / 'pictures.zip'), advice='use this one')


def test_missing_file_is_named(tmp_path):
    with pytest.raises(UserFileNotFoundError, match='weight file not found: .*gone.pth'):
        weights.read_weights(str(tmp_path / 'gone.pth'))


def test_environment_variable_comes_before_the_folder(tmp_path, monkeypatch):
    (tmp_path / 'second.pth').write_bytes(b'')
    names = ['first.pth', 'second.pth']
    monkeypatch.delenv('SOME_WEIGHTS', raising=False)
    assert weights.find_weight_file('SOME_WEIGHTS', names, str(tmp_path)) == str(tmp_path / 'second.pth')
    assert weights.find_weight_file('SOME_WEIGHTS', ['first.pth'], str(tmp_path)) is None
    monkeypatch.setenv('SOME_WEIGHTS', 'elsewhere.pth')
    assert weights.find_weight_file('SOME_WEIGHTS', names, str(tmp_path)) == 'elsewhere.pth'
