# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Snapshot files: written so that old NumPy and Python open them, read without executing anything that they contain."""

import collections
import io
import pickle

import numpy as np

from dnnlib.util import EasyDict, UserError

PROTOCOL = 4  # The newest that Python 3.6 reads.

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
    """

    state = None  # A file need not give one.

    def __setstate__(self, state):
        self.state = state


class _Dtype:
    """Stands for `numpy.dtype` while a file is read: numbers only, and of the file's flags just the byte order."""

    def __init__(self, code, align=False, copy=False):
        del align, copy
        self.dtype = np.dtype(code)
        if self.dtype.kind not in 'biuf':
            raise UserError(f'it holds an array of type {self.dtype} where snapshots have numbers')

    def __setstate__(self, state):
        self.dtype = self.dtype.newbyteorder(state[1])


class _Array(np.ndarray):
    """Stands for `numpy.ndarray` while a file is read, as NumPy itself trusts what the file says about pointers."""

    def __new__(cls):
        return super().__new__(cls, (0,), 'u1')

    def __setstate__(self, state):
        _, shape, dtype, is_fortran, data = state
        super().__setstate__((1, shape, dtype.dtype, is_fortran, data))

    def __reduce_ex__(self, protocol):
        return np.asarray(self).__reduce_ex__(protocol)  # To be written as the ordinary array that it stands for.


def _reconstruct(subtype, shape, dtype):
    """Stand for NumPy's function of this name: an array to be filled by its state."""
    del shape, dtype
    return subtype()


def _scalar(dtype, data):
    """Stand for NumPy's function `scalar`."""
    data = data.encode('latin1') if isinstance(data, str) else data
    return np.frombuffer(data, dtype.dtype, count=1)[0]


def _frombuffer(buffer, dtype, shape, order):
    """Stand for NumPy's function of this name, which pickles of protocol 5 use."""
    return np.frombuffer(buffer, dtype.dtype).reshape(shape, order=order)


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
    """Finds the few globals that snapshots need, and refuses all others."""

    dispatch = dict(pickle._Unpickler.dispatch)

    def find_class(self, module, name):
        if (module, name) in _ALLOWED_GLOBALS:
            return _ALLOWED_GLOBALS[module, name]
        stranger = _KNOWN_STRANGERS.get(module.split('.')[0])
        if stranger:
            raise UserError('it is ' + stranger)
        raise UserError(f'it asks for {module}.{name}, which no snapshot needs, so it is not opened')

    def load_build(self):
        """Give an object its state: only those that expect one, lest a file change the attributes of a class."""
        if not isinstance(self.stack[-2], (PickledNetwork, _Array, _Dtype)):
            raise UserError(f'it sets attributes of {type(self.stack[-2]).__name__}, which no snapshot needs')
        super().load_build()

    dispatch[pickle.BUILD[0]] = load_build


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
    try:
        return _Unpickler(io.BytesIO(data), encoding='latin1').load()
    except UserError as error:
        raise UserError(f'{name} cannot be loaded: {error}') from None
    except Exception as error:  # Damaged pickles raise nearly anything.
        reason = f'{type(error).__name__}: {error}'
        raise UserError(f'{name} is not a network snapshot, or is damaged ({reason})') from error


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
        raise UserError(f'pickled network has version {state["version"]}, known are 2 to 5')
    state['variables'] = [_check_variable(item) for item in state['variables']]
    state['static_kwargs'] = plain_kwargs(state['static_kwargs'])
    return state


def _check_variable(item):
    """Return the name and the array of a saved variable."""
    if not isinstance(item, (tuple, list)) or len(item) != 2 or not isinstance(item[0], str):
        raise UserError('variables of a pickled network must be pairs of name and value')
    value = np.asarray(item[1])
    if value.dtype.kind not in 'biuf':
        raise UserError(f'variable {item[0]!r} of a pickled network is no numeric array')
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
    raise UserError(f'keyword {key} of a network has a value of type {type(value).__name__}; plain data can be saved')
