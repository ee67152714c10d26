# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What the readers of pickles have in common. Their own files are tested with them."""

import io
import pickle
import tracemalloc

import numpy as np
import pytest

from dnnlib import guarded_unpickler
from dnnlib.guarded_unpickler import GuardedUnpickler
from dnnlib.util import UserError


def load(content):
    return GuardedUnpickler(io.BytesIO(content)).load()


@pytest.mark.parametrize('protocol', range(2, pickle.HIGHEST_PROTOCOL))
def test_arrays_and_plain_data_come_back(protocol):
    original = {'a': np.arange(6.0).reshape(2, 3), 'b': [1, 'x', b'y', (None, True)], 'c': np.float32(2.5)}
    loaded = load(pickle.dumps(original, protocol))
    np.testing.assert_array_equal(loaded.pop('a'), original.pop('a'))
    assert loaded == original


@pytest.mark.parametrize(
    'instructions',
    [
        b'(I1\nI2\nd',
        b'I1\n',
        b'\x8f',
        b'K\x01Q',
        b'\x8b\x01\x00\x00\x00\x01',
        b'cnumpy\ndtype\n)\x81',
        b'(cnumpy\ndtype\no',
        b'(inumpy\ndtype\n',
        b'\x82\x01',
        b'\x96' + b'\x01' + b'\x00' * 7 + b'x',
        b'\x97',
    ],
)
def test_instructions_that_a_kind_of_file_does_not_name_are_refused(instructions):
    with pytest.raises(pickle.UnpicklingError, match='pickle instructions that no such file needs'):
        load(b'\x80\x02' + instructions + b'.')


def test_only_what_the_file_asked_for_is_called():
    with pytest.raises(UserError, match='it makes a call that no such file needs'):
        load(b'\x80\x02cnumpy\nndarray\n)R.')
    with pytest.raises(UserError, match='it makes a call that no such file needs'):
        load(b'\x80\x02X\x01\x00\x00\x00a)R.')
    with pytest.raises(UserError, match='it asks for os.system, which no such file needs, so it is not opened'):
        load(b'\x80\x02cos\nsystem\n.')


def test_number_of_instructions_is_limited(monkeypatch):
    monkeypatch.setattr(guarded_unpickler, 'MAX_INSTRUCTIONS', 11)
    content = b'\x80\x02' + b'N0' * 4 + b'N.'  # The protocol, nine others, and the stop.
    assert load(content) is None
    with pytest.raises(UserError, match='it is longer than any such file'):
        load(content[:-2] + b'N0N.')


def test_file_is_read_in_place_and_sizes_that_it_announces_are_not_believed(tmp_path):
    path = str(tmp_path / 'a.pkl')
    with open(path, 'wb') as file:
        file.write(b'\x80\x04\x8e' + (1 << 40).to_bytes(8, 'little') + b'x' * 1000)
    tracemalloc.start()
    with open(path, 'rb') as file:
        with pytest.raises((EOFError, pickle.UnpicklingError)):
            GuardedUnpickler(file).load()
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_pickles_in_a_row_are_read_one_by_one():
    file = io.BytesIO(pickle.dumps([1], 2) + pickle.dumps({'a': 2}, 2) + b'rest')
    assert [GuardedUnpickler(file).load() for _ in range(2)] == [[1], {'a': 2}]
    assert file.read() == b'rest'


def test_names_are_shortened_and_made_printable():
    assert guarded_unpickler.brief('a\n' * 100) == 'a?' * 38 + 'a...'
