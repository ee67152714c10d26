# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Weight files that PyTorch 2.13 wrote, in both formats, and files that try something else."""

import argparse
import os
import pickle
import pickletools
import zipfile

import numpy as np
import pickled_calls
import pytest

from dnnlib import torch_file
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


def write_zip(path, obj):
    with zipfile.ZipFile(str(path), 'w') as archive:
        archive.writestr('archive/data.pkl', pickle.dumps(obj, protocol=2))


@pytest.mark.parametrize('func, args', [(os.system, ('touch {}',)), (eval, ('open("{}", "w")',)), (os.mkdir, ('{}',))])
def test_nothing_in_a_file_is_executed(func, args, tmp_path):
    victim = tmp_path / 'victim'
    write_zip(tmp_path / 'hostile.pth', {'a': pickled_calls.Call(func, *[arg.format(victim) for arg in args])})
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


# ----------------------------------------------------------------------------
# Whole dicts, and writing.


def test_what_is_written_is_read_back(tmp_path):
    path = str(tmp_path / 'out.pt')
    content = {
        'tensors': {'a': np.arange(6, dtype=np.float32).reshape(2, 3), 'scalar': np.array(2.5)},
        'transposed': np.arange(6, dtype=np.float32).reshape(2, 3).T,
        'empty': np.zeros([0, 3], np.float16),
        'flags': np.array([True, False]),
        'plain': [1, 'x', None, (2.0, {'k': [1, 3]})],
    }
    torch_file.write_torch_file(path, content)
    found = torch_file.read_torch_object(path)
    assert found['plain'] == content['plain'] and set(found) == set(content)
    for name in ('transposed', 'empty', 'flags'):
        np.testing.assert_array_equal(found[name], content[name])
        assert found[name].dtype == content[name].dtype and found[name].shape == content[name].shape
    np.testing.assert_array_equal(found['tensors']['a'], [[0, 1, 2], [3, 4, 5]])
    assert found['tensors']['scalar'].shape == () and found['tensors']['scalar'] == 2.5


def test_written_file_is_the_one_that_pytorch_opened(tmp_path):
    """PyTorch 2.15 opened a file of exactly these bytes with weights_only=True; its pickle is compared here."""
    path = str(tmp_path / 'out.pt')
    torch_file.write_torch_file(path, {'a': np.array([[1.0, 2.0]], np.float32)})
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ['archive/data.pkl', 'archive/byteorder', 'archive/data/0', 'archive/version']
        opcodes = [(op.name, arg) for op, arg, _ in pickletools.genops(archive.read('archive/data.pkl'))]
        assert archive.read('archive/data/0') == np.array([1.0, 2.0], '<f4').tobytes()
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    globals_used = [arg for name, arg in opcodes if name == 'GLOBAL']
    assert globals_used == ['torch._utils _rebuild_tensor_v2', 'torch FloatStorage', 'collections OrderedDict']
    assert ('BINUNICODE', 'storage') in opcodes and ('BINPERSID', None) in opcodes and opcodes[0] == ('PROTO', 2)


def test_command_line_options_beside_the_weights_are_plain_data(tmp_path):
    path = str(tmp_path / 'trained.pt')
    write_zip(path, {'args': argparse.Namespace(size=256, batch=4), 'step': 3})
    assert torch_file.read_torch_object(path) == {'args': {'size': 256, 'batch': 4}, 'step': 3}
    assert read_torch_file(path) == {}


def write_zip_bytes(path, pickled, data=b''):
    with zipfile.ZipFile(str(path), 'w') as archive:
        archive.writestr('archive/data.pkl', pickled)
        archive.writestr('archive/data/0', data)


def test_functions_of_the_reader_cannot_be_changed(tmp_path):
    path = tmp_path / 'hostile.pt'
    write_zip_bytes(path, b'\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x01\x00\x00\x00aK\x01sb.')
    with pytest.raises(UserError, match='sets attributes of function'):
        read_torch_file(str(path))


def test_small_file_cannot_become_a_large_dict(tmp_path):
    storage = b'(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuM\xe8\x03tQq\x01'
    tensors = b''.join(
        b'X\x02\x00\x00\x00%02dctorch._utils\n_rebuild_tensor_v2\n(h\x01K\x00M\xe8\x03\x85K\x01\x85tRs' % i
        for i in range(50)
    )
    path = tmp_path / 'hostile.pt'
    write_zip_bytes(path, b'\x80\x02' + storage + b'0}' + tensors + b'.', np.zeros(1000, '<f4').tobytes())
    with pytest.raises(UserError, match='its tensors are much larger than its storages'):
        read_torch_file(str(path))


def test_list_that_occurs_very_often_is_read_once(tmp_path):
    """Forty lists, each holding the one before ten times: 10**40 items to anybody who walks through them."""
    value = [1]
    for _ in range(40):
        value = [value] * 10
    path = str(tmp_path / 'deep.pt')
    write_zip(path, {'a': value})
    found = torch_file.read_torch_object(path)['a']
    assert found[0] is found[9] and len(found[3][3]) == 10


def test_storage_inside_another_pickle_is_checked():
    with pytest.raises(UserError, match='a tensor is damaged'):
        torch_file.read_storage(b'\x80\x02K\x01.')


LAUGHS = b')' + b'2\x86' * 60  # A tuple of the same tuple twice, of the same tuple twice ...: 2**60 items.
STORAGE = b'(U\x07storagectorch\nFloatStorage\n%sU\x03cpu%stQ'
TENSOR = b'}U\x01actorch._utils\n_rebuild_tensor_v2\n(' + STORAGE % (b'U\x010', b'K\x01') + b'K\x00%s%s)tRs'


@pytest.mark.parametrize(
    'instructions, message',
    [
        (b'})' + b'\x85' * 1000000 + b'K\x01s', 'keys are no texts or numbers'),  # Its hash would overflow the stack.
        (b'}' + LAUGHS + b'K\x01s', 'keys are no texts or numbers'),
        (b'}(' + LAUGHS + b'K\x01u', 'keys are no texts or numbers'),
        (b'(' + LAUGHS + b'K\x01d', 'keys are no texts or numbers'),
        (b'(' + LAUGHS + b'\x91', 'keys are no texts or numbers'),
        (b'\x8f(' + LAUGHS + b'\x90', 'keys are no texts or numbers'),
        (b'ccollections\nOrderedDict\n](' + LAUGHS + b'K\x01\x86e\x85R', 'keys are no texts or numbers'),
        (b'cargparse\nNamespace\n](' + LAUGHS + b'K\x01\x86e\x85R', 'is damaged'),
        (b'cargparse\nNamespace\n)\x81](' + LAUGHS + b'K\x01\x86eb', 'sets attributes'),
        (b'I' + b'9' * 1000000 + b'\n', 'number of 1000000 digits'),
        (b'L' + b'9' * 1000000 + b'L\n', 'number of 1000001 digits'),
        (b'\x96' + b'\x00' * 4 + b'\x01' + b'\x00' * 3, 'is damaged'),  # A bytearray of 4 GB.
        (STORAGE % (LAUGHS, b'K\x01'), 'a storage without name or size'),
        (STORAGE % (b'U\x010', b'U\x011'), 'a storage without name or size'),
        (TENSOR % (LAUGHS, b')'), 'no proper shape'),
        (
            TENSOR % (b'(' + b'\x8a\xff' + b'\x7f' * 255 + b'K\x00' * 50 + b't', b'(' + b'K\x01' * 51 + b't'),
            'no proper shape',
        ),
    ],
)
def test_files_cannot_take_time_memory_or_the_stack(instructions, message, tmp_path):
    path = tmp_path / 'hostile.pt'
    write_zip_bytes(path, b'\x80\x02' + instructions + b'.', b'\x00' * 4)
    with pytest.raises(UserError, match=message):
        read_torch_file(str(path))


def test_truth_values_and_numbers_of_old_protocols_are_read(tmp_path):
    write_zip_bytes(tmp_path / 'old.pt', pickle.dumps({'a': [True, False, 7, -(1 << 70)]}, 0))
    assert torch_file.read_torch_object(str(tmp_path / 'old.pt')) == {'a': [True, False, 7, -(1 << 70)]}


def test_dict_that_python_2_wrote_is_read(tmp_path):
    write_zip_bytes(tmp_path / 'old.pt', b'\x80\x02ccollections\nOrderedDict\nq\x01]q\x02(]q\x03(U\x01aK\x05ee\x85R.')
    assert torch_file.read_torch_object(str(tmp_path / 'old.pt')) == {'a': 5}


def test_members_that_overlap_are_refused(tmp_path):
    path = tmp_path / 'hostile.pt'
    write_zip_bytes(path, b'\x80\x02}.', b'\x00' * 4000)
    content = path.read_bytes()
    directory = content.index(b'PK\x01\x02')
    size = content.index(b'\xa0\x0f\x00\x00', directory)  # 4000, of what is packed and of what is unpacked.
    path.write_bytes(content[:size] + b'\xff\xff\x00\x00' * 2 + content[size + 8 :])
    with pytest.raises(UserError, match='its members overlap'):
        read_torch_file(str(path))
