# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Snapshots made to do harm, and damaged ones: one clear error, in little time and memory, and nothing is executed."""

import builtins
import collections
import io
import os
import pickle
import struct
import sys
import time
import tracemalloc

import numpy as np
import pickled_networks
import pytest

from dnnlib.tflib import network
from dnnlib.tflib.snapshots import network_state, pickling
from dnnlib.util import EasyDict, UserError

MAX_CPU_SEC = 60  # Of what would take hours, while memory is traced, which takes most of the time.
MAX_BYTES = 300 << 20
CLASSES = (EasyDict, pickling.PickledNetwork, collections.OrderedDict)


def text(value):
    """Return the instruction that pushes a text."""
    data = value.encode()
    return pickle.BINUNICODE + struct.pack('<I', len(data)) + data


def stack_global(module, name):
    return text(module) + text(name) + pickle.STACK_GLOBAL


def make(*instructions):
    return b'\x80\x04' + b''.join(instructions) + b'.'


def make_laughs(depth=100):
    """Return instructions for a tuple of the same tuple twice, of the same tuple twice ..., small in a file."""
    return b')' + b'2\x86' * depth


NETWORK = stack_global('dnnlib.tflib.network', 'Network')
DTYPE = stack_global('numpy', 'dtype')
RECONSTRUCT = stack_global('numpy.core.multiarray', '_reconstruct')
NDARRAY = stack_global('numpy', 'ndarray')
EASYDICT = stack_global('dnnlib.util', 'EasyDict')
FLOAT32 = DTYPE + text('f4') + b'\x89\x88\x87R'
EMPTY_ARRAY = RECONSTRUCT + NDARRAY + b'K\x00\x85C\x01b\x87R'


def array(shape, data, dtype=FLOAT32):
    """Return instructions for an array; `shape` and `data` are instructions, too."""
    return EMPTY_ARRAY + b'(K\x01' + shape + dtype + b'\x89' + data + b'tb'


MEGABYTE = b'B' + struct.pack('<I', 1 << 20) + b'\x00' * (1 << 20) + b'\x94'
MEGATEXT = text('\x00' * (1 << 20)) + b'\x94'

HOSTILE = {
    'call of os.system': make(stack_global('os', 'system'), text('touch executed'), b'\x85R'),
    'call of posix.system': make(b'cposix\nsystem\n', text('touch executed'), b'\x85R'),
    'call of eval': make(b'c__builtin__\neval\n', text("open('executed', 'w')"), b'\x85R'),
    'call of builtins.getattr': make(stack_global('builtins', 'getattr'), EASYDICT, text('__class__'), b'\x86R'),
    'call of a method by a dotted name': make(stack_global('dnnlib.util', 'EasyDict.fromkeys'), b']\x85R'),
    'call of a function of ours': make(stack_global('dnnlib.util', 'open_url'), text('/etc/passwd'), b'\x85R'),
    'call of subprocess in a call': make(
        EASYDICT, stack_global('subprocess', 'Popen'), text('touch executed'), b'\x85R\x85R'
    ),
    'instance by INST': make(b'(', text('touch executed'), b'ios\nsystem\n'),
    'instance by OBJ': make(b'(', stack_global('os', 'system'), text('touch executed'), b'o'),
    'instance by NEWOBJ_EX': make(EASYDICT, b')}\x92'),
    'import of a module': make(stack_global('antigravity', 'anything')),
    'extension registry': make(b'\x82\x01'),
    'long extension code': make(b'\x84\x01\x00\x00\x00'),
    'persistent id': make(b'K\x01Q'),
    'persistent id as text': make(b'Pos.system\n'),
    'buffer from elsewhere': make(b'\x97'),
    'set': make(b'\x8f'),
    'state of a class': make(EASYDICT, b'N}', text('keys'), b'K\x01s\x86b'),
    'slots of a class': make(NETWORK, b'}', text('state'), b'K\x01sb'),
    'state of a dict': make(EASYDICT, b')\x81}', text('x'), b'K\x01sb'),
    'new list longer than the file': make(b'B\xff\xff\xff\x7f'),
    'bytes longer than the file': make(b'\x8e' + struct.pack('<Q', 1 << 50)),
    'bytes longer than any memory': make(b'\x8e' + struct.pack('<Q', (1 << 64) - 1)),
    'text longer than the file': make(b'\x8d' + struct.pack('<Q', 1 << 50)),
    'bytearray longer than the file': make(b'\x96' + struct.pack('<Q', 1 << 40)),
    'bytearray longer than any memory': make(b'\x96' + struct.pack('<Q', 1 << 63)),
    'frame longer than the file': make(b'\x95' + struct.pack('<Q', 1 << 50)),
    'frame longer than any memory': make(b'\x95' + struct.pack('<Q', 1 << 63)),
    'array larger than its data': make(array(b'J\x00\x00\x00\x40\x85', b'C\x04abcd')),
    'array of a negative size': make(array(b'J\xff\xff\xff\xff\x85', b'C\x04abcd')),
    'array whose size overflows': make(array(b'\x8a\x09' + b'\x00' * 8 + b'\x01\x85', b'C\x04abcd')),
    'array without a type': make(array(b'K\x01\x85', b'C\x04abcd', dtype=text('f4'))),
    'array of objects': make(array(b'K\x01\x85', b']Na', dtype=DTYPE + text('O') + b'\x89\x88\x87R')),
    'array of pointers': make(array(b'K\x01\x85', b'C\x08AAAAAAAA', dtype=DTYPE + text('O8') + b'\x89\x88\x87R')),
    'type with a very long name': make(DTYPE, text('i4,' * 100000), b'\x85R'),
    'type made of a dict': make(DTYPE, b'}', text('a'), b']s\x85R'),
    'one megabyte copied a million times': make(
        MEGABYTE, (array(b'J\x00\x00\x04\x00\x85', b'h\x00') + b'0') * 1000, b'N'
    ),
    'one megabyte encoded many times': make(
        MEGATEXT, (stack_global('_codecs', 'encode') + b'h\x00' + text('latin1') + b'\x86R') * 1000
    ),
    'tuples of the same tuples of the same tuples': make(make_laughs()),
    'tuples of the same tuples in a network': make(
        NETWORK, b')\x81}', text('static_kwargs'), b'}', text('x'), make_laughs(), b'ssb'
    ),
    'list in itself': make(b']\x94h\x00a'),
    'network in itself': make(NETWORK, b')\x81\x94}', text('components'), b'}', text('x'), b'h\x08sb'),
    'lists in lists, deeper than the stack': make(b']' * 200000, b'a' * 199999),
    'tuples in tuples, deeper than the stack': make(b')', b'\x85' * 200000),
    'networks of the same networks': make(
        NETWORK, b'\x94)\x81', (b'\x94h\x01)\x81}(' + text('a') + b'h\x02' + text('b') + b'h\x02ub') * 30
    ),
    'keys that take forever to hash': make(b'}', make_laughs(), b'K\x01s'),
    'many keys that take forever to hash': make(b'}(', make_laughs(), b'K\x01u'),
    'ordered dict of such keys': make(
        stack_global('collections', 'OrderedDict'), b'](', make_laughs(), b'K\x01\x86e\x85R'
    ),
    'number of a million digits': make(b'I' + b'9' * 1000000 + b'\n'),
    'long number of a million digits': make(b'L' + b'9' * 1000000 + b'L\n'),
    'long number of a megabyte': make(b'\x8b' + struct.pack('<I', 1 << 20) + b'\xff' * (1 << 20)),
    'long number of a negative size': make(b'\x8b\xff\xff\xff\xff'),
    'memo index of a million digits': make(b'Ng' + b'9' * 1000000 + b'\n'),
    'large memo index': make(b'Nr\xff\xff\xff\xff', b'j\xfe\xff\xff\xff'),
    'line without an end': b'\x80\x04c' + b'x' * 1000000,
    'text that is no UTF-8': make(b'X\x04\x00\x00\x00\xff\xff\xff\xff'),
    'name with control characters': make(stack_global('os\n\x1b[2J', 'system' * 1000)),
    'more instructions than any snapshot': make(b'N0' * 1000001),
    'protocol of the future': b'\x80\x20N.',
    'no stop': b'\x80\x04N',
    'nothing on the stack': b'\x80\x04.',
    'a mark alone': b'\x80\x04(.',
}


def load_hostile(data):
    """Return what the loader raises; None if it raises nothing."""
    try:
        network.build_networks(pickling.load(io.BytesIO(data), name='some.pkl'))
    except UserError as error:
        return error
    return None


def list_attributes():
    """Return the names of the attributes of the classes that snapshots may name, less what `copy` keeps there."""
    return [set(vars(cls)) - {'__slotnames__'} for cls in CLASSES]


HARMLESS = ('large memo index',)  # Opened or refused, as long as nothing happens.


@pytest.mark.parametrize('name', sorted(HOSTILE))
def test_hostile_pickles_end_in_one_error_with_nothing_done(session, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    modules, attributes = set(sys.modules), list_attributes()
    tracemalloc.start()
    begin = time.process_time()
    error = load_hostile(HOSTILE[name])
    cpu_sec = time.process_time() - begin
    num_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert error is not None or name in HARMLESS
    assert error is None or (len(str(error)) < 500 and str(error).isprintable()), str(error)[:1000]
    assert cpu_sec < MAX_CPU_SEC and num_bytes < MAX_BYTES
    assert list(tmp_path.iterdir()) == []
    assert not {'antigravity'} & (set(sys.modules) - modules)
    assert list_attributes() == attributes and builtins.getattr is getattr


@pytest.mark.parametrize('seed', range(3))
def test_mutated_snapshots_open_or_end_in_one_error(seed):
    data = pickled_networks.dump_family('stylegan2')
    rnd = np.random.RandomState(seed)
    num_refused = 0
    for _ in range(500):
        mutated = bytearray(data)
        for position in rnd.randint(len(data), size=rnd.randint(1, 9)):
            mutated[position] = rnd.randint(256)
        try:
            loaded = pickling.load(io.BytesIO(bytes(mutated)), name='some.pkl')
            for net in loaded if isinstance(loaded, tuple) else [loaded]:
                if isinstance(net, pickling.PickledNetwork):
                    network_state.check_state(net.state)
        except UserError as error:
            assert str(error).isprintable() and len(str(error)) < 500
            num_refused += 1
    assert 50 < num_refused < 500


def test_names_of_other_people_reach_messages_in_short(session):
    networks = pickling.load(io.BytesIO(pickled_networks.dump_family('stylegan2')))
    state = networks[1].state
    for key, value in [('name', 'D\n' * 9999), ('build_func_name', 'f\x00' * 9999), ('version', 10**200)]:
        with pytest.raises(UserError) as caught:
            network.build_networks(pickled(dict(state, **{key: value})))
        assert str(caught.value).isprintable() and len(str(caught.value)) < 500
    state['variables'].append(('x\n' * 9999, np.zeros(1)))
    with pytest.raises(UserError, match=r'x\?x\?.*\.\.\. is unexpected') as caught:
        network.build_networks(networks[1])
    assert len(str(caught.value)) < 500


def pickled(state):
    net = pickling.PickledNetwork()
    net.state = state
    return net


def test_files_do_not_set_what_the_loader_decides(monkeypatch):
    monkeypatch.delenv('DNNLIB_ALLOW_PICKLE_CODE', raising=False)
    data = make(NETWORK, b')\x81}', text('is_trusted'), b'\x88sb')
    net = pickling.load(io.BytesIO(data))
    assert net.state == {'is_trusted': True} and net.is_trusted is False
    assert os.environ.get('DNNLIB_ALLOW_PICKLE_CODE') is None
