# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Reader of pickles of plain data and NumPy arrays that executes nothing, whatever the file asks for."""

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

_FORBIDDEN_INSTRUCTIONS = ('PERSID', 'BINPERSID', 'EXT1', 'EXT2', 'EXT4', 'INST', 'OBJ', 'NEWOBJ', 'NEWOBJ_EX')


class _Unpickler(pickle._Unpickler):
    """Finds the few globals that arrays need, and refuses all others.

    It is the unpickler in Python, as the faster one in C can be made to allocate any amount of memory. Whatever copies
    data draws on a budget, lest a file repeat a large piece without end.
    """

    dispatch = dict(pickle._Unpickler.dispatch)

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

    def load_dict(self):
        """Make a dict."""
        self._check_keys(self.stack[::2])  # What is on the stack since the last mark.
        super().load_dict()

    def load_setitem(self):
        """Set one item."""
        self._check_keys(self.stack[-2:-1])
        super().load_setitem()

    def load_setitems(self):
        """Set the items that are on the stack since the last mark."""
        self._check_keys(self.stack[::2])
        super().load_setitems()

    for _name in ('REDUCE', 'BUILD', 'DICT', 'SETITEM', 'SETITEMS'):
        dispatch[getattr(pickle, _name)[0]] = locals()['load_' + _name.lower()]
    for _name in _FORBIDDEN_INSTRUCTIONS:
        del dispatch[getattr(pickle, _name)[0]]

    def _check_keys(self, keys):
        """Refuse keys whose hash takes recursion, which a file could make deeper than the stack of the process."""
        if not all(isinstance(key, (str, bytes, int)) for key in keys):
            raise UserError('it has a dict whose keys are no texts or numbers')

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
