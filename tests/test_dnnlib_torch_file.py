# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Weight files that PyTorch 2.13 wrote, in both formats, and files that try something else."""

import os
import pickle
import zipfile

import numpy as np
import pytest

from dnnlib.torch_file import read_torch_file
from dnnlib.util import UserError

DATA_DIR = os.path.join(os.path.dirname(__file__), 'data')
FILES = ['torch_zip.pth', 'torch_legacy.pth']


@pytest.fixture(params=FILES)
def path(request):
    return os.path.join(DATA_DIR, request.param)


def test_both_formats_give_the_tensors_that_were_saved(path):
    tensors = read_torch_file(path)
    expected = {
        'plain.weight': np.arange(6, dtype=np.float32).reshape(2, 3),
        'plain.bias': np.array([0.5, -1.5]),
        'half': np.array([1.5, 2.5], np.float16),
        'transposed': np.arange(6, dtype=np.float32).reshape(2, 3).T,
        'slice': np.array([[8, 9], [14, 15]], np.float32),  # Rows 1-2, columns 2-3 of 0..23 in 4 rows.
        'count': np.array(7),
        'parameter': np.ones(2, np.float32),
    }
    assert set(tensors) == set(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(tensors[name], array)
        assert tensors[name].dtype == array.dtype


def test_arrays_are_owned_and_can_be_changed(path):
    tensors = read_torch_file(path)
    tensors['slice'][:] = 0
    assert tensors['transposed'].flags.owndata


@pytest.mark.parametrize('share', [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_file_that_was_cut_off_is_refused(path, share, tmp_path):
    with open(path, 'rb') as file:
        content = file.read()
    cut = tmp_path / 'cut.pth'
    cut.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UserError, match='cut.pth is no PyTorch weight file, or is damaged'):
        read_torch_file(str(cut))


def test_changed_bytes_give_arrays_or_one_clear_error(path, tmp_path):
    with open(path, 'rb') as file:
        content = file.read()
    rnd = np.random.RandomState(0)
    mutant = str(tmp_path / 'mutant.pth')
    num_refused = 0
    for _ in range(500):
        changed = bytearray(content)
        changed[rnd.randint(len(content))] = rnd.randint(256)
        with open(mutant, 'wb') as file:
            file.write(changed)
        try:
            assert isinstance(read_torch_file(mutant), dict)
        except UserError:
            num_refused += 1
    assert num_refused > 100


class Hostile:
    """Unpickles to what a function returns, which is thereby executed."""

    def __init__(self, func, *args):
        self.call = func, args

    def __reduce__(self):
        return self.call


def write_zip(path, obj):
    with zipfile.ZipFile(str(path), 'w') as archive:
        archive.writestr('archive/data.pkl', pickle.dumps(obj, protocol=2))


@pytest.mark.parametrize('func, args', [(os.system, ('touch {}',)), (eval, ('open("{}", "w")',)), (os.mkdir, ('{}',))])
def test_nothing_in_a_file_is_executed(func, args, tmp_path):
    victim = tmp_path / 'victim'
    write_zip(tmp_path / 'hostile.pth', {'a': Hostile(func, *[arg.format(victim) for arg in args])})
    with pytest.raises(UserError, match='hostile.pth: refused to load .*: a weight file may hold nothing but tensors'):
        read_torch_file(str(tmp_path / 'hostile.pth'))
    assert not victim.exists()


def test_file_that_holds_no_dictionary_is_refused(tmp_path):
    write_zip(tmp_path / 'list.pth', [1, 2])
    with pytest.raises(UserError, match='holds a list where a dict of tensors is expected'):
        read_torch_file(str(tmp_path / 'list.pth'))


def tamper(path, target, old, new):
    """Write a copy of the zip file with a changed pickle; tensors and their storages stay."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, 'w') as copy:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith('data.pkl'):
                assert old in content
                content = content.replace(old, new)
            copy.writestr(name, content)


def test_tensor_that_reaches_beyond_its_storage_is_refused(tmp_path):
    target = str(tmp_path / 'beyond.pth')
    offset = b'K\x08K\x02K\x02\x86'  # The slice: offset 8, size (2, 2).
    tamper(os.path.join(DATA_DIR, 'torch_zip.pth'), target, offset, b'K\x80K\x02K\x02\x86')
    with pytest.raises(UserError, match='a tensor reaches beyond its storage'):
        read_torch_file(target)


def test_tensor_larger_than_its_storage_is_refused(tmp_path):
    target = str(tmp_path / 'large.pth')
    tamper(os.path.join(DATA_DIR, 'torch_zip.pth'), target, b'K\x08K\x02K\x02\x86', b'K\x08K\xffK\xff\x86')
    with pytest.raises(UserError, match='a tensor reaches beyond its storage'):
        read_torch_file(target)
