# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Reader of pickles of plain data and NumPy arrays that executes nothing, whatever the file asks for.

Readers of other pickles share its defences: `GuardedUnpickler`.
"""

import io
import pickle
import re

import numpy as np

from dnnlib.util import UserError


class _Dtype:
    """Stands for `numpy.dtype` while a file is read: numbers only, and of the file's flags just the byte order."""

    def __init__(self, code, align=False, copy=False):
        del align, copy
        if not isinstance(code, str) or not re.match('[<>|=]?[biuf][0-9]{1,2}$', code):
            raise UserError('it holds an array of something else than numbers')
        self.dtype = np.dtype(code)

    def __setstate__(self, state):
        if state[1] not in ('<', '>', '=', '|'):  # Others crash old NumPy.
            raise UserError('it holds an array of an unknown byte order')
        self.dtype = self.dtype.newbyteorder(state[1])


class _Array(np.ndarray):
    """Stands for `numpy.ndarray` while a file is read, as NumPy itself trusts what the file says about its type."""

    def __new__(cls):
        return super().__new__(cls, (0,), 'u1')

    def __setstate__(self, state):
        _, shape, dtype, is_fortran, data = state
        super().__setstate__((1, shape, dtype.dtype, is_fortran, data))


def _reconstruct(subtype, shape, dtype):
    """Stand for NumPy's function of this name: an array to be filled by its state."""
    del subtype, shape, dtype
    return _Array()


def _scalar(dtype, data):
    """Stand for NumPy's function of this name."""
    data = data.encode('latin1') if isinstance(data, str) else data
    return np.frombuffer(data, dtype.dtype, count=1)[0]


def _encode(text, encoding):
    """Stand for `_codecs.encode`, which pickles of protocol 2 use for bytes."""
    if encoding != 'latin1':
        raise UserError(f'it asks for the codec {encoding!r}, which no data set needs')
    return text.encode('latin1')


_ALLOWED_GLOBALS = {
    ('_codecs', 'encode'): _encode,
    ('numpy', 'ndarray'): _Array,
    ('numpy', 'dtype'): _Dtype,
}
for _package in ('numpy.core', 'numpy._core'):
    _ALLOWED_GLOBALS[_package + '.multiarray', '_reconstruct'] = _reconstruct
    _ALLOWED_GLOBALS[_package + '.multiarray', 'scalar'] = _scalar

_CALLABLE = (_encode, _Dtype, _reconstruct, _scalar)

_BYTEARRAY8 = 0x96  # Its name is unknown to Python 3.6.
_MAX_DIGITS = 4000  # The conversion of longer texts takes quadratic time.


class GuardedUnpickler(pickle._Unpickler):
    """Keeps time and memory within what the size of the file allows; sub-classes say which globals there are.

    It is the unpickler in Python, as the faster one in C can be made to allocate any amount of memory.
    """

    dispatch = dict(pickle._Unpickler.dispatch)
    for _name in ('EXT1', 'EXT2', 'EXT4', 'INST', 'OBJ', 'NEWOBJ_EX'):
        del dispatch[getattr(pickle, _name)[0]]
    dispatch.pop(_BYTEARRAY8, None)  # Allocates what it announces.

    def load_int(self):
        """Read a number or truth value written as text."""
        line = self._read_digits()
        self.append(line == b'01' if line in (b'00', b'01') else int(line, 0))

    def load_long(self):
        """Read a long number written as text."""
        self.append(int(self._read_digits().rstrip(b'L'), 0))

    def _read_digits(self):
        line = self.readline()[:-1]
        if len(line) > _MAX_DIGITS:
            raise UserError(f'it holds a number of {len(line)} digits')
        return line

    def load_dict(self):
        """Make a dict."""
        check_keys(self.stack[::2])  # What is on the stack since the last mark.
        super().load_dict()

    def load_setitem(self):
        """Set one item."""
        check_keys(self.stack[-2:-1])
        super().load_setitem()

    def load_setitems(self):
        """Set the items that are on the stack since the last mark."""
        check_keys(self.stack[::2])
        super().load_setitems()

    def load_additems(self):
        """Add what is on the stack since the last mark to a set."""
        check_keys(self.stack)
        super().load_additems()

    def load_frozenset(self):
        """Make a frozen set."""
        check_keys(self.stack)
        super().load_frozenset()

    for _name in ('INT', 'LONG', 'DICT', 'SETITEM', 'SETITEMS', 'ADDITEMS', 'FROZENSET'):
        dispatch[getattr(pickle, _name)[0]] = locals()['load_' + _name.lower()]


def check_keys(keys):
    """Refuse keys whose hash takes recursion: a file could make it deeper than the stack, or last for ever."""
    if not all(isinstance(key, (str, bytes, int)) for key in keys):
        raise UserError('it has a dict or set whose keys are no texts or numbers')


class _Unpickler(GuardedUnpickler):
    """Finds the few globals that arrays need, and refuses all others.

    Whatever copies data draws on a budget, lest a file repeat a large piece without end.
    """

    dispatch = dict(GuardedUnpickler.dispatch)

    def __init__(self, data):
        super().__init__(io.BytesIO(data), encoding='latin1')
        self._budget = 2 * len(data) + (1 << 16)  # Bytes, once as they are and once encoded.

    def find_class(self, module, name):
        if (module, name) not in _ALLOWED_GLOBALS:
            raise UserError(f'it asks for {module[:50]}.{name[:50]}, which no data set needs, so it is not opened')
        return _ALLOWED_GLOBALS[module, name]

    def load_reduce(self):
        """Call one of the allowed functions."""
        func, args = self.stack[-2:]
        if not any(func is known for known in _CALLABLE):
            raise UserError('it makes a call that no data set needs')
        self._spend(args)
        super().load_reduce()

    def load_build(self):
        """Give an object its state: only those that expect one, lest a file change the attributes of a class."""
        target, state = self.stack[-2:]
        if not isinstance(target, (_Array, _Dtype)):
            raise UserError(f'it sets attributes of {type(target).__name__}, which no data set needs')
        self._spend(state)
        super().load_build()

    dispatch[pickle.REDUCE[0]] = load_reduce
    dispatch[pickle.BUILD[0]] = load_build
    for _name in ('PERSID', 'BINPERSID', 'NEWOBJ'):
        del dispatch[getattr(pickle, _name)[0]]

    def _spend(self, values):
        self._budget -= sum(len(value) for value in values if isinstance(value, (str, bytes)))
        if self._budget < 0:
            raise UserError('it would unfold to more data than it holds')


def load(path):
    """Read a pickle of plain data and arrays; texts of Python 2 are taken as Latin-1.

    Args:
        path: File to read.

    Returns:
        The object.

    Raises:
        UserError: If it is no pickle, is damaged, or asks for a global that arrays do not need.
    """
    with open(path, 'rb') as file:
        data = file.read()
    try:
        return _Unpickler(data).load()
    except UserError as error:
        raise UserError(f'{path} cannot be loaded: {error}') from None
    except Exception as error:  # Damaged pickles raise nearly anything.
        reason = f'{type(error).__name__}: {error}'
        raise UserError(f'{path} is no pickle, or is damaged ({reason[:200]})') from error
