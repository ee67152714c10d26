# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of what reads arrays of files."""

import io
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import source_tree

from dnnlib import array_files
from dnnlib.util import UserError


def save(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def make_archive(content):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w') as file:
        file.writestr('w.npy', content)
    return stream.getvalue()


ARRAY = save(np.arange(3.0))
HEADER = b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,), }\n"
HUGE = b'\x93NUMPY\x01\x00' + struct.pack('<H', len(HEADER)) + HEADER


def test_arrays_come_by_name(tmp_path):
    (tmp_path / 'a.npz').write_bytes(make_archive(ARRAY))
    assert {name: array.tolist() for name, array in array_files.load_arrays(str(tmp_path / 'a.npz')).items()} == {
        'w': [0, 1, 2]
    }


@pytest.mark.parametrize(
    'content, message',
    [
        (b'', 'is damaged, or no .npz file'),
        (b'hello', 'is damaged, or no .npz file'),
        (ARRAY, 'is damaged, or no .npz file'),
        (make_archive(ARRAY)[:-30], 'is damaged, or no .npz file'),
        (make_archive(ARRAY[:-1]), 'is damaged, or no .npz file'),
        (make_archive(save(np.array([{}], dtype=object))), 'is damaged, or no .npz file .*pickle'),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    (tmp_path / 'a.npz').write_bytes(content)
    with pytest.raises(UserError, match=f'a.npz {message}'):
        array_files.load_arrays(str(tmp_path / 'a.npz'))


def test_more_than_fits_into_memory_is_told(tmp_path):
    (tmp_path / 'a.npz').write_bytes(make_archive(HUGE))
    command = f'from dnnlib import array_files; array_files.load_arrays({str(tmp_path / "a.npz")!r})'
    done = subprocess.run(
        [sys.executable, '-c', command], cwd=source_tree.ROOT_DIR, stderr=subprocess.PIPE, universal_newlines=True
    )
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith('a.npz takes more memory than there is')


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='a.npz'):
        array_files.load_arrays(str(tmp_path / 'a.npz'))


def test_what_is_saved_is_what_numpy_saves(tmp_path):
    arrays = {'a/b': np.arange(6.0).reshape(2, 3).T, 'c': np.array('text'), 'd': np.float32(0.5)}
    with open(str(tmp_path / 'ours.npz'), 'wb') as file:
        array_files.save_arrays(file, arrays)
    np.savez(str(tmp_path / 'theirs.npz'), **arrays)
    ours, theirs = [array_files.load_arrays(str(tmp_path / name)) for name in ('ours.npz', 'theirs.npz')]
    assert list(ours) == list(theirs)
    for name, array in ours.items():
        assert array.dtype == theirs[name].dtype and array.tolist() == theirs[name].tolist()
