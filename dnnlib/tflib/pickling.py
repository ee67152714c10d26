# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Snapshot files: written so that old NumPy and Python open them, read without executing anything that they contain."""

import collections
import io
import pickle
import struct

import numpy as np

from dnnlib.tflib import pickled_code
from dnnlib.util import EasyDict, UserError

PROTOCOL = 4  # The newest that Python 3.6 reads.

MAX_OBJECTS = 1000000  # Limits of what a file may hold; snapshots have a few thousand objects.
MAX_DEPTH = 50
MAX_INSTRUCTIONS = 2000000
MAX_NETWORKS = 64

_FOREIGN_HEADS = (
    (b'<', 'a web page, as servers send instead of a file that is missing or over its quota; download it again'),
    (b'version https://git-lfs', 'a git-lfs pointer; fetch the file itself with `git lfs pull`'),
    (b'PK\x03\x04', 'a zip archive, as PyTorch checkpoints are; only TensorFlow snapshots open here'),
    (b'\x1f\x8b', 'a gzip archive; unpack it first'),
    (b'\x89HDF', 'an HDF5 file'),
    (b'\x93NUMPY', 'a NumPy array'),
)


class PickledNetwork:
    """The state of a `Network` as it lies in a file, not built yet.

    Attributes:
        state: Dict with the keys of `Network.__getstate__`.
        is_trusted: Whether the user lets the code in the file run, see `pickled_code`.
    """

    state = None  # A file need not give one.
    is_trusted = False

    def __setstate__(self, state):
        self.state = state


class _Dtype:
    """Stands for `numpy.dtype` while a file is read: numbers only, and of the file's flags just the byte order."""

    def __init__(self, code, align=False, copy=False):
        del align, copy
        if not isinstance(code, str) or len(code) > 8:
            raise UserError('it holds an array of a type that is no number')
        self.dtype = np.dtype(code)
        if self.dtype.kind not in 'biuf':
            raise UserError(f'it holds an array of type {self.dtype} where snapshots have numbers')

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
    del shape, dtype
    return subtype()


def _scalar(dtype, data):
    """Stand for NumPy's function `scalar`."""
    data = data.encode('latin1') if isinstance(data, str) else data
    return np.frombuffer(data, _numbers(dtype), count=1)[0]


def _frombuffer(buffer, dtype, shape, order):
    """Stand for NumPy's function of this name, which pickles of protocol 5 use."""
    return np.frombuffer(buffer, _numbers(dtype)).reshape(shape, order=order)


def _encode(text, encoding):
    """Stand for `_codecs.encode`, which pickles of protocol 2 use for bytes."""
    if encoding != 'latin1':
        raise UserError(f'it asks for the codec {encoding!r}, which no snapshot needs')
    return text.encode('latin1')


_ALLOWED_GLOBALS = {
    ('collections', 'OrderedDict'): collections.OrderedDict,
    ('_codecs', 'encode'): _encode,
    ('dnnlib.tflib.network', 'Network'): PickledNetwork,
    ('dnnlib.util', 'EasyDict'): EasyDict,
    ('dnnlib', 'EasyDict'): EasyDict,
    ('numpy', 'ndarray'): _Array,
    ('numpy', 'dtype'): _Dtype,
}
for _package in ('numpy.core', 'numpy._core'):
    _ALLOWED_GLOBALS[_package + '.multiarray', '_reconstruct'] = _reconstruct
    _ALLOWED_GLOBALS[_package + '.multiarray', 'scalar'] = _scalar
    _ALLOWED_GLOBALS[_package + '.numeric', '_frombuffer'] = _frombuffer

_CALLABLE = frozenset(_ALLOWED_GLOBALS.values())

# What pickles of protocol 2 to 5 consist of, without sets, extension codes, persistent ids, buffers from elsewhere,
# and numbers written as text, whose conversion takes quadratic time.
_INSTRUCTIONS = [
    getattr(pickle, name)[0]
    for name in (
        'PROTO FRAME STOP MARK POP POP_MARK DUP NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT '
        'BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8 '
        'EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_LIST APPEND APPENDS EMPTY_DICT SETITEM SETITEMS '
        'GLOBAL STACK_GLOBAL REDUCE NEWOBJ BUILD BINGET LONG_BINGET BINPUT LONG_BINPUT MEMOIZE'
    ).split()
]

_KNOWN_STRANGERS = {  # First part of the module -> what the file is.
    'torch': 'a PyTorch file; only TensorFlow snapshots open here',
    'torch_utils': 'a snapshot of StyleGAN2-ADA for PyTorch or of StyleGAN3; only TensorFlow snapshots open here',
    'tfutil': 'a snapshot of Progressive GAN, which is not supported; use one of StyleGAN2',
    'network': 'a snapshot of Progressive GAN, which is not supported; use one of StyleGAN2',
}


class _Pickler(pickle._Pickler):
    """Writes NumPy 2's `numpy._core` under the name that every NumPy knows."""

    def save_global(self, obj, name=None):
        module = getattr(obj, '__module__', None) or ''
        if not module.startswith('numpy._core'):
            return super().save_global(obj, name)
        self.save(module.replace('numpy._core', 'numpy.core', 1))
        self.save(name or obj.__qualname__)
        self.write(pickle.STACK_GLOBAL)
        self.memoize(obj)
        return None


class _Unpickler(pickle._Unpickler):
    """Finds the few globals that snapshots need, and follows the few instructions that they consist of.

    The latter so that neither time nor memory can grow faster than the file: whatever copies data draws on a budget.

    Args:
        data: Content of the file.
    """

    def __init__(self, data):
        super().__init__(io.BytesIO(data), encoding='latin1')
        self._budget = 2 * len(data) + (1 << 16)  # Bytes, once as they are and once encoded.
        self.dispatch = _CountedDict(self.dispatch)

    def find_class(self, module, name):
        if (module, name) in _ALLOWED_GLOBALS:
            return _ALLOWED_GLOBALS[module, name]
        stranger = _KNOWN_STRANGERS.get(module.split('.')[0])
        if stranger:
            raise UserError('it is ' + stranger)
        raise UserError(f'it asks for {brief(module + "." + name)}, which no snapshot needs, so it is not opened')

    def _spend(self, values):
        """Count the bytes that handling of `values` can copy."""
        self._budget -= sum(len(value) for value in values if isinstance(value, (str, bytes, bytearray)))
        if self._budget < 0:
            raise UserError('it would unpack to more data than it holds')

    def load_build(self):
        """Give an object its state: only those that expect one, lest a file change the attributes of a class."""
        state, target = self.stack[-1], self.stack[-2]
        if not isinstance(target, (PickledNetwork, _Array, _Dtype)):
            raise UserError(f'it sets attributes of {type(target).__name__}, which no snapshot needs')
        if isinstance(target, _Array):
            self._spend(state)
        super().load_build()

    def load_reduce(self):
        """Call one of the allowed functions; containers are made empty, as a file would fill them item by item."""
        func, args = self.stack[-2:]
        if not any(func is known for known in _CALLABLE) or (func in (EasyDict, collections.OrderedDict) and args):
            raise UserError('it makes a call that no snapshot needs')
        self._spend(args)
        super().load_reduce()

    def load_setitem(self):
        """Set an item of a dict."""
        self._check_key(self.stack[-2])
        super().load_setitem()

    def load_setitems(self):
        """Set several items of a dict."""
        for key in self.stack[::2]:
            self._check_key(key)
        super().load_setitems()

    def _check_key(self, key):
        """Refuse keys that take long to hash, such as tuples of tuples of tuples."""
        if not isinstance(key, (str, int, bytes)):
            raise UserError(f'it holds a dict with a key of type {type(key).__name__}')

    def load_bytearray8(self):
        """Read bytes that can be changed, of which the file has as many as it says."""
        (size,) = struct.unpack('<Q', self.read(8))
        self._budget -= size
        self._spend([])
        self.append(bytearray(self.read(size)))

    def refuse(self):
        """Stand for all other instructions."""
        raise UserError('it contains pickle instructions that no snapshot needs')

    dispatch = dict.fromkeys(range(256), refuse)
    dispatch.update((code, pickle._Unpickler.dispatch[code]) for code in _INSTRUCTIONS)
    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.REDUCE[0]] = load_reduce
    dispatch[pickle.SETITEM[0]] = load_setitem
    dispatch[pickle.SETITEMS[0]] = load_setitems
    dispatch[0x96] = load_bytearray8  # Its name is unknown to Python 3.6.


class _CountedDict(dict):
    """Raises UserError when there were too many look-ups."""

    num_lookups = 0

    def __getitem__(self, key):
        self.num_lookups += 1
        if self.num_lookups > MAX_INSTRUCTIONS:
            raise UserError('it is longer than any snapshot')
        return super().__getitem__(key)


def _check_tree(obj):
    """Return the networks in what a file holds; raise UserError unless it is a tree of reasonable size.

    An object that is used twice counts twice, as others walk through it twice: a list of the same list, again and
    again, can be small in the file and larger than all memory when it is copied.
    """
    networks, num_objects = [], 0
    stack = [(obj, 0)]
    while stack:
        item, depth = stack.pop()
        if isinstance(item, PickledNetwork):
            networks.append(item)
            children = [item.state]
        elif isinstance(item, dict):
            children = list(item.values())
        else:
            children = item if isinstance(item, (list, tuple)) else ()
        num_objects += len(children)
        if num_objects > MAX_OBJECTS or depth > MAX_DEPTH or len(networks) > MAX_NETWORKS:
            raise UserError('it holds more objects, or deeper nested ones, than any snapshot')
        stack.extend((child, depth + 1) for child in children)
    return networks


def brief(text):
    """Return text from a file in a form that fits into the line of a message."""
    text = ''.join(char if char.isprintable() else '?' for char in str(text)[:201])
    return text if len(text) <= 80 else text[:77] + '...'


def dump(obj, file):
    """Write `obj` as a pickle of protocol 4 that NumPy 1 and Python 3.6 can read.

    Args:
        obj: Anything picklable, for instance the tuple (G, D, Gs).
        file: Binary file object.
    """
    _Pickler(file, protocol=PROTOCOL).dump(obj)


def load(file, name='the file'):
    """Read a pickle of networks and plain data without executing anything.

    Args:
        file: Binary file object.
        name: What to call the file in messages.

    Returns:
        The object, with a `PickledNetwork` in place of each network.

    Raises:
        UserError: If it is no pickle, is damaged, or asks for a global outside the short list that snapshots need.
    """
    data = file.read()
    if not data:
        raise UserError(f'{name} is empty; copy or download it again')
    for head, kind in _FOREIGN_HEADS:
        if data[:1000].lstrip().startswith(head):
            raise UserError(f'{name} is not a network snapshot: it is {kind}')
    if data[:1] != pickle.PROTO:
        raise UserError(f'{name} is not a network snapshot, or is damaged (it is no pickle of protocol 2 or later)')
    try:
        obj = _Unpickler(data).load()
        networks = _check_tree(obj)
    except UserError as error:
        raise UserError(f'{name} cannot be loaded: {error}') from None
    except Exception as error:  # Damaged pickles raise nearly anything.
        reason = f'{type(error).__name__}: {brief(error)}'
        raise UserError(f'{name} is not a network snapshot, or is damaged ({reason})') from error
    if networks and pickled_code.is_trusted(data):
        for net in networks:
            net.is_trusted = True
    return obj


_STATE_TYPES = {
    'version': int,
    'name': str,
    'static_kwargs': dict,
    'components': dict,
    'build_module_src': str,
    'build_func_name': str,
    'variables': list,
}


def check_state(state):
    """Return the state of a pickled network with plain keywords and arrays, after checking its form.

    Args:
        state: What `Network.__getstate__` gave, of version 2 to 5.

    Raises:
        UserError: If a key is missing or of the wrong type.
    """
    if not isinstance(state, dict):
        raise UserError(f'a pickled network must hold a dict, got {type(state).__name__}')
    state = dict(state)
    state.setdefault('components', {})  # Version 2 has none.
    for key, kind in _STATE_TYPES.items():
        if not isinstance(state.get(key), kind):
            raise UserError(f'pickled network lacks {key!r} of type {kind.__name__}')
    if state['version'] not in (2, 3, 4, 5):
        raise UserError(f'pickled network has version {brief(state["version"])}, known are 2 to 5')
    state['variables'] = list_variables(state)
    names = [name for name, _ in state['variables']]
    if len(set(names)) < len(names):
        raise UserError('a pickled network has two variables of one name')
    state['static_kwargs'] = plain_kwargs(state['static_kwargs'])
    return state


def list_variables(state):
    """Return the saved variables of a state as pairs of name and array."""
    variables = state.get('variables')
    if not isinstance(variables, list):
        raise UserError("pickled network lacks 'variables' of type list")
    return [_check_variable(item) for item in variables]


def _check_variable(item):
    """Return the name and the array of a saved variable."""
    if not isinstance(item, (tuple, list)) or len(item) != 2 or not isinstance(item[0], str):
        raise UserError('variables of a pickled network must be pairs of name and value')
    value = np.asarray(item[1] if isinstance(item[1], (np.ndarray, np.generic, int, float)) else None)
    if value.dtype.kind not in 'biuf':
        raise UserError(f'variable {brief(item[0])!r} of a pickled network is no numeric array')
    return item[0], value


def plain_kwargs(kwargs):
    """Return keyword values as plain data: None, bool, int, float, str, and lists, tuples and dicts of them.

    Raises:
        UserError: If a value is something else than that or NumPy numbers, which no reader of snapshots would take.
    """
    return {str(key): _plain(value, key) for key, value in kwargs.items()}


def _plain(value, key):
    """Return the value of keyword `key` as plain data."""
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, dict):
        return {name: _plain(item, key) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(item, key) for item in value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise UserError(
        f'keyword {brief(key)} of a network has a value of type {type(value).__name__}; plain data can be saved'
    )
