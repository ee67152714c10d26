# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of dnnlib.plain_pickle: arrays and plain data come back, and nothing is ever executed."""

import codecs
import os
import pickle

import numpy as np
import pytest
from importer_inputs import make_pixels, make_python2_pickle

from dnnlib import plain_pickle
from dnnlib.util import UserError


@pytest.fixture
def load(tmp_path):
    """A function that loads bytes by way of a file."""

    def load(content):
        path = tmp_path / 'some.pkl'
        path.write_bytes(content)
        return plain_pickle.load(str(path))

    return load


@pytest.mark.parametrize('protocol', range(5))
def test_plain_data_and_arrays_come_back(load, protocol):
    arrays = [make_pixels([2, 3]), np.arange(4.0).astype('>f4'), np.asfortranarray(np.arange(6).reshape(2, 3))]
    original = {'data': arrays, 'labels': [1, -2, 3 << 70], 'pair': ('text', b'bytes', None, True, 0.5, np.int64(7))}
    loaded = load(pickle.dumps(original, protocol))
    for array, expected in zip(loaded['data'], arrays):
        np.testing.assert_array_equal(array, expected)
        assert array.dtype == expected.dtype.newbyteorder('=')  # NumPy swaps the bytes.
    assert loaded['labels'] == original['labels'] and loaded['pair'] == original['pair']


def test_pickle_of_python_2_comes_back(load):
    pixels = make_pixels([2, 3072])
    loaded = load(make_python2_pickle(pixels, [3, 9], 'labels'))
    np.testing.assert_array_equal(loaded['data'], pixels)
    assert loaded['labels'] == [3, 9] and loaded['batch_label'] == 'training batch 1 of 5'


class Call:
    """Pickles as a call of a function."""

    def __init__(self, func, *args):
        self.call = func, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    'call, message',
    [
        (Call(os.system, 'touch executed'), r'asks for \w+\.system, which no data set needs'),
        (Call(eval, '1 + 1'), r'asks for \w+\.eval'),
        (Call(np.load, 'x'), r'asks for numpy'),
        (Call(codecs.encode, 'text', 'utf-7'), "asks for the codec 'utf-7'"),
        (Call(np.dtype, 'O'), 'array of something else than numbers'),
        (Call(np.dtype, 'S9'), 'array of something else than numbers'),
    ],
)
def test_calls_are_refused(load, call, message, tmp_path, monkeypatch):
    monkeypatch.chdir(str(tmp_path))
    with pytest.raises(UserError, match=message):
        load(pickle.dumps({'data': call}, 2))
    assert not os.path.exists('executed')


@pytest.mark.parametrize(
    'content, message',
    [
        (b'', 'is no pickle, or is damaged'),
        (b'hello', 'is no pickle, or is damaged'),
        (pickle.dumps(make_pixels([100]), 2)[:-20], 'is no pickle, or is damaged'),
        (b'\x80\x02cnumpy\nndarray\n}U\x01aK\x01sb.', 'sets attributes of type'),
        (b'\x80\x02cnumpy\nndarray\n(tR.', 'makes a call that no data set needs'),
        (b'\x80\x02cnumpy\nndarray\n)\x81.', 'is no pickle, or is damaged'),
        (pickle.dumps(np.zeros([4], 'f4'), 2).replace(b'<', b'\xc3\xbf', 1), 'is no pickle|something else|byte order'),
        (b'Pid\n.', 'is no pickle, or is damaged'),
        (b'(cos\nsystem\nS"x"\no.', 'asks for os.system'),
        (b'(S"x"\nios\nsystem\n.', 'is no pickle, or is damaged'),
    ],
)
def test_other_and_hostile_files_are_refused_with_one_sentence(load, content, message):
    with pytest.raises(UserError, match=message) as caught:
        load(content)
    assert 'some.pkl' in str(caught.value)


def test_keys_deeper_than_the_stack_are_refused(load):
    with pytest.raises(UserError, match='whose keys are no texts or numbers'):
        load(b'}' + b')' + b'\x85' * 1000000 + b'K\x01s.')


def test_repeated_copies_cannot_fill_the_memory(load):
    text = b'X' + (1 << 20).to_bytes(4, 'little') + b'a' * (1 << 20) + b'q\x01'
    call = b'c_codecs\nencode\n(h\x01X\x06\x00\x00\x00latin1tR'
    with pytest.raises(UserError, match='unfold to more data than it holds'):
        load(b'\x80\x02' + text + call * 10 + b'.')


def test_announced_size_alone_allocates_nothing(load):
    array = pickle.dumps(np.zeros([4], np.uint8), 2).replace(b'K\x04\x85', b'J\xff\xff\xff\x7f\x85')
    with pytest.raises(UserError, match='is no pickle, or is damaged'):
        load(array)


def test_random_damage_always_gives_one_clear_error_or_data(load):
    content = bytearray(make_python2_pickle(make_pixels([2, 30]), [3, 9], 'labels'))
    rnd = np.random.RandomState(0)
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(rnd.randint(1, 4)):
            damaged[rnd.randint(len(damaged))] = rnd.randint(256)
        try:
            load(bytes(damaged))
        except UserError as error:
            assert 'some.pkl' in str(error)
