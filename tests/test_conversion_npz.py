# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Networks as NumPy archives: nothing is lost, nothing is pickled, nothing else is accepted."""

import json
import zipfile

import numpy as np
import pytest
from reference import random_networks

from conversion import converter, reading, states
from dnnlib.util import UserError


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """A snapshot and the archive made of it."""
    archive = str(tmp_path_factory.mktemp('npz') / 'network.npz')
    converter.convert(random_networks.SNAPSHOT, archive, 'npz', names=['D', 'Gs'], report=lambda line: None)
    return random_networks.SNAPSHOT, archive


def test_all_networks_come_back_bit_by_bit(files):
    before, after = [reading.read_networks(path).networks for path in files]
    assert list(after) == ['D', 'Gs']
    for name in after:
        ours, theirs = states.ResolvedNetwork(before[name]), states.ResolvedNetwork(after[name])
        assert ours.static_kwargs == theirs.static_kwargs and ours.func is theirs.func
        assert list(ours.variables) == list(theirs.variables)
        for key, value in ours.variables.items():
            np.testing.assert_array_equal(theirs.variables[key], value)


def test_any_tool_can_read_names_values_and_keywords(files):
    with np.load(files[1], allow_pickle=False) as arrays:
        header = json.loads(str(arrays['networks']))
        assert arrays['Gs/synthesis/8x8/Conv0_up/weight'].shape == (3, 3, 6, 4)
        assert arrays['Gs/mapping/Dense0/bias'].dtype == np.float32
        assert arrays['D/Output/weight'].shape == (6, 1)
        assert len(arrays.files) == 1 + (2 + 2 * 2 + 3 + 1 + 3 * 5 + 2 * 4) + 13
    assert header['networks']['Gs']['build_func_name'] == 'G_main'
    assert header['networks']['D']['static_kwargs']['mbstd_group_size'] == 4


def test_archive_of_something_else_is_refused(tmp_path):
    path = str(tmp_path / 'dlatents.npz')
    np.savez(path, dlatents=np.zeros([1, 2]))
    with pytest.raises(UserError, match='holds arrays, but no networks'):
        reading.read_networks(path)


@pytest.mark.parametrize('share', [0.01, 0.5, 0.99])
def test_archive_that_was_cut_off_is_refused(files, share, tmp_path):
    with open(files[1], 'rb') as file:
        content = file.read()
    path = tmp_path / 'cut.npz'
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UserError, match='damaged'):
        reading.read_networks(str(path))


def test_compressed_archive_is_refused(files, tmp_path):
    path = str(tmp_path / 'small.npz')
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('networks.npy', b'0' * 1000)
    with pytest.raises(UserError, match='is compressed; write it with numpy.savez'):
        reading.read_networks(path)


def rewrite(source, target, change):
    """Copy an archive with a changed JSON text."""
    with np.load(source) as arrays:
        content = {name: arrays[name] for name in arrays.files}
    header = json.loads(str(content['networks']))
    change(header)
    np.savez(target, **dict(content, networks=np.array(json.dumps(header))))


@pytest.mark.parametrize(
    'change, message',
    [
        (lambda header: header.update(version=2), 'no networks'),
        (lambda header: header['networks']['Gs'].pop('variables'), 'damaged: KeyError'),
        (lambda header: header['networks']['Gs']['variables'].append('x'), 'damaged: KeyError'),
        (lambda header: header.update(networks=[]), 'damaged: AttributeError'),
        (lambda header: header['networks']['Gs']['variables'].append('dlatent_avg'), 'listed twice'),
        (lambda header: header['networks']['Gs'].update(components=3), 'damaged: AttributeError'),
    ],
)
def test_text_that_makes_no_sense_is_refused(files, change, message, tmp_path):
    path = str(tmp_path / 'changed.npz')
    rewrite(files[1], path, change)
    with pytest.raises(UserError, match=message):
        reading.read_networks(path)


def test_text_deeper_than_the_stack_is_refused(tmp_path):
    path = str(tmp_path / 'deep.npz')
    np.savez(path, networks=np.array('[' * 100000))
    with pytest.raises(UserError, match='damaged: RecursionError'):
        reading.read_networks(path)


def test_members_that_overlap_are_refused(tmp_path):
    path = tmp_path / 'overlap.npz'
    np.savez(str(path), networks=np.zeros(1000, np.uint8))  # 1128 bytes.
    content = path.read_bytes()
    size = content.index(b'\x68\x04\x00\x00', content.index(b'PK\x01\x02'))
    path.write_bytes(content[:size] + b'\xff\xff\x00\x00' * 2 + content[size + 8 :])
    with pytest.raises(UserError, match='its members overlap'):
        reading.read_networks(str(path))


def test_array_of_objects_is_not_unpickled(files, tmp_path):
    path = str(tmp_path / 'objects.npz')
    np.savez(path, networks=np.array([{'a': 1}], dtype=object))
    with pytest.raises(UserError, match='damaged: ValueError'):
        reading.read_networks(path)
