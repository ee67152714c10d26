# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The unpickler that all readers of pickles stand on: it executes nothing, whatever a file asks for.

It finds the few globals that a kind of file needs, follows the few instructions that such files consist of, and keeps
time and memory within what the size of the file allows.
"""

import operator
import os
import pickle
import re
import struct

import numpy as np

from dnnlib.util import UserError

MAX_INSTRUCTIONS = 2000000
_MAX_DIGITS = 4000  # The conversion of longer texts takes quadratic time.

# What pickles of protocol 2 to 5 consist of, without sets, bytes that can be changed, extension codes, persistent ids,
# buffers from elsewhere, and numbers written as text.
_INSTRUCTIONS = (
    'PROTO FRAME STOP MARK POP POP_MARK DUP NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT '
    'BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8 '
    'EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_LIST APPEND APPENDS EMPTY_DICT SETITEM SETITEMS '
    'GLOBAL STACK_GLOBAL REDUCE BUILD BINGET LONG_BINGET BINPUT LONG_BINPUT MEMOIZE'
).split()

# Groups that a kind of file may need besides.
OLD_INSTRUCTIONS = 'INT LONG FLOAT STRING UNICODE GET PUT LIST DICT'.split()  # Protocols 0 and 1.
OBJECT_INSTRUCTIONS = ['NEWOBJ']
SET_INSTRUCTIONS = 'EMPTY_SET ADDITEMS FROZENSET'.split()
REFERENCE_INSTRUCTIONS = ['BINPERSID']
BYTEARRAY_INSTRUCTIONS = ['BYTEARRAY8']

_CODES = {'BYTEARRAY8': 0x96}  # Its name is unknown to Python 3.6.
_METHODS = {'NEWTRUE': 'load_true', 'NEWFALSE': 'load_false', 'EMPTY_DICT': 'load_empty_dictionary'}


def list_instructions(*groups):
    """Return the `dispatch` of an unpickler: code -> what to do, for the usual instructions and those of groups."""
    dispatch = dict.fromkeys(range(256), operator.methodcaller('refuse'))
    for name in sum(groups, _INSTRUCTIONS):
        code = _CODES.get(name) or getattr(pickle, name)[0]
        dispatch[code] = operator.methodcaller(_METHODS.get(name, 'load_' + name.lower()))
    return dispatch


# ----------------------------------------------------------------------------
# Stand-ins for what arrays are made of.


class _Dtype:
    """Stands for `numpy.dtype` while a file is read: numbers only, and of the file's flags just the byte order."""

    def __init__(self, code, align=False, copy=False):
        del align, copy
        if not isinstance(code, str) or not re.match('[<>|=]?([biuf][0-9]{1,2}|[?])$', code):
            raise UserError('it holds an array of something else than numbers')
        self.dtype = np.dtype(code)

    def __setstate__(self, state):
        if state[1] not in ('<', '>', '=', '|'):  # Letters beyond ASCII crash NumPy 1.18.
            raise UserError('it holds an array of an unknown byte order')
        self.dtype = self.dtype.newbyteorder(state[1])


class _Array(np.ndarray):
    """Stands for `numpy.ndarray` while a file is read, as NumPy itself trusts what the file says about pointers."""

    def __new__(cls):
        return super().__new__(cls, (0,), 'u1')

    def __setstate__(self, state):
        _, shape, dtype, is_fortran, data = state
        super().__setstate__((1, shape, _numbers(dtype), is_fortran, data))

    def __reduce_ex__(self, protocol):
        return np.asarray(self).__reduce_ex__(protocol)  # To be written as the ordinary array that it stands for.


def _numbers(dtype):
    """Return the NumPy type that a `_Dtype` stands for."""
    if not isinstance(dtype, _Dtype):
        raise UserError('it holds an array without a type')
    return dtype.dtype


def _reconstruct(subtype, shape, dtype):
    """Stand for NumPy's function of this name: an array to be filled by its state."""
    del subtype, shape, dtype
    return _Array()


def _scalar(dtype, data):
    """Stand for NumPy's function of this name."""
    data = data.encode('latin1') if isinstance(data, str) else data
    return np.frombuffer(data, _numbers(dtype), count=1)[0]


def _frombuffer(buffer, dtype, shape, order):
    """Stand for NumPy's function of this name, which pickles of protocol 5 use."""
    return np.frombuffer(buffer, _numbers(dtype)).reshape(shape, order=order)


def encode(text, encoding):
    """Stand for `_codecs.encode`, which pickles of protocol 2 use for bytes."""
    if encoding != 'latin1':
        raise UserError(f'it asks for the codec {encoding!r}, which no such file needs')
    return text.encode('latin1')


ARRAY_GLOBALS = {
    ('_codecs', 'encode'): encode,
    ('numpy', 'ndarray'): _Array,
    ('numpy', 'dtype'): _Dtype,
}
for _package in ('numpy.core', 'numpy._core'):
    ARRAY_GLOBALS[_package + '.multiarray', '_reconstruct'] = _reconstruct
    ARRAY_GLOBALS[_package + '.multiarray', 'scalar'] = _scalar
    ARRAY_GLOBALS[_package + '.numeric', '_frombuffer'] = _frombuffer


# ----------------------------------------------------------------------------
# The unpickler.


class GuardedUnpickler(pickle._Unpickler):
    """Reads plain data and arrays; sub-classes say what else there is in a kind of file.

    It is the unpickler in Python, as the faster one in C can be made to allocate any amount of memory.

    Attributes:
        file_kind: What the file should be, for messages.
        known_globals: Dict (module, name) -> class or function that stands for it.
        with_state: Classes whose objects have a `__setstate__` that may be called.
        num_copies: How often everything in a file may be copied while it is read.
        excess: What is wrong with a file that needs more, for messages.
        refusal: Type of the error about instructions that such a file does not need.

    Args:
        file: Binary file object that can seek; it may hold a row of pickles.
    """

    file_kind = 'such file'
    known_globals = ARRAY_GLOBALS
    with_state = (_Array, _Dtype)
    num_copies = 2  # Once as it is and once encoded.
    excess = 'it would unfold to more data than it holds'
    refusal = pickle.UnpicklingError
    dispatch = list_instructions()

    def __init__(self, file):
        super().__init__(file, encoding='latin1')
        position = file.tell()
        size = file.seek(0, os.SEEK_END)
        file.seek(position)
        self._file_read = lambda num_bytes: file.read(min(num_bytes, size))  # Some allocate what they are asked for.
        self._budget = self.num_copies * size + (1 << 16)  # Bytes.
        self._found = {}  # By id, as some cannot be compared.
        self.dispatch = _CountedDict(self.dispatch)
        self.dispatch.file_kind = self.file_kind

    def find_class(self, module, name):
        """Return what stands for a global."""
        found = self.known_globals.get((module, name)) or self.find_other(module, name)
        self._found[id(found)] = found
        return found

    def find_other(self, module, name):
        """Return what stands for a global that is not in the table."""
        raise UserError(
            f'it asks for {brief(module + "." + name)}, which no {self.file_kind} needs, so it is not opened'
        )

    def spend(self, num_bytes):
        """Count bytes that are copied, so that no file can repeat a large piece without end."""
        self._budget -= num_bytes
        if self._budget < 0:
            raise UserError(self.excess)

    def _spend_values(self, values):
        self.spend(sum(len(value) for value in values if isinstance(value, (str, bytes, bytearray))))

    def refuse(self):
        """Stand for all instructions that are not in the list."""
        raise self.refusal(f'it contains pickle instructions that no {self.file_kind} needs')

    def load_reduce(self):
        """Call a function that `find_class` gave."""
        func, args = self.stack[-2:]
        if func is _Array or self._found.get(id(func)) is not func:
            raise UserError(f'it makes a call that no {self.file_kind} needs')
        self._spend_values(args)
        super().load_reduce()

    def load_build(self):
        """Give an object its state: only those that expect one, so that no file changes the attributes of a class."""
        target, state = self.stack[-2:]
        if not isinstance(target, self.with_state):
            raise UserError(f'it sets attributes of {type(target).__name__}, which no {self.file_kind} needs')
        if isinstance(target, (_Array, _Dtype)):
            self._spend_values(state)
        super().load_build()

    def load_bytearray8(self):
        """Read bytes that can be changed, of which the file has as many as it says."""
        (size,) = struct.unpack('<Q', self.read(8))
        self.spend(size)
        self.append(bytearray(self.read(size)))

    # ------------------------------------------------------------------ numbers written as text

    def load_int(self):
        """Read a number or truth value."""
        line = self._read_digits()
        self.append(line == b'01' if line in (b'00', b'01') else int(line, 0))

    def load_long(self):
        """Read a long number."""
        self.append(int(self._read_digits().rstrip(b'L'), 0))

    def load_get(self):
        """Push what is in the memo."""
        self.append(self.memo[int(self._read_digits())])

    def load_put(self):
        """Note what is on the stack in the memo."""
        self.memo[int(self._read_digits())] = self.stack[-1]

    def _read_digits(self):
        line = self.readline()[:-1]
        if len(line) > _MAX_DIGITS:
            raise UserError(f'it holds a number of {len(line)} digits')
        return line

    # ------------------------------------------------------------------ keys

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


class _CountedDict(dict):
    """Raises UserError when there were too many look-ups."""

    num_lookups = 0
    file_kind = ''

    def __getitem__(self, key):
        self.num_lookups += 1
        if self.num_lookups > MAX_INSTRUCTIONS:
            raise UserError(f'it is longer than any {self.file_kind}')
        return super().__getitem__(key)


def check_keys(keys):
    """Refuse keys whose hash takes recursion: a file could make it deeper than the stack, or last for ever."""
    if not all(isinstance(key, (str, bytes, int)) for key in keys):
        raise UserError('it has a dict or set whose keys are no texts or numbers')


def brief(text):
    """Return text from a file in a form that fits into the line of a message."""
    text = ''.join(char if char.isprintable() else '?' for char in str(text)[:201])
    return text if len(text) <= 80 else text[:77] + '...'
