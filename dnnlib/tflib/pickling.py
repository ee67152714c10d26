# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Snapshot files: written so that old NumPy and Python open them, read without executing anything that they contain."""

import codecs
import collections
import io
import pickle

import numpy as np

from dnnlib.util import EasyDict, UserError

PROTOCOL = 4  # The newest that Python 3.6 reads.

_ALLOWED_GLOBALS = {
    ('collections', 'OrderedDict'): collections.OrderedDict,
    ('_codecs', 'encode'): codecs.encode,
    ('dnnlib.util', 'EasyDict'): EasyDict,
    ('dnnlib', 'EasyDict'): EasyDict,
    ('numpy', 'ndarray'): np.ndarray,
    ('numpy', 'dtype'): np.dtype,
}
_NUMPY_MODULES = ('numpy.core.multiarray', 'numpy._core.multiarray', 'numpy.core.numeric', 'numpy._core.numeric')
_NUMPY_FUNCTIONS = ('_reconstruct', 'scalar', '_frombuffer')
_NETWORK_CLASS = ('dnnlib.tflib.network', 'Network')
_OLD_NETWORK_CLASSES = (('tfutil', 'Network'), ('network', 'Network'))

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

    def __init__(self):
        self.state = None

    def __setstate__(self, state):
        self.state = state


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


class _Unpickler(pickle.Unpickler):
    """Finds the few globals that snapshots need, and refuses all others."""

    def find_class(self, module, name):
        if (module, name) == _NETWORK_CLASS:
            return PickledNetwork
        if (module, name) in _ALLOWED_GLOBALS:
            return _ALLOWED_GLOBALS[module, name]
        if module in _NUMPY_MODULES and name in _NUMPY_FUNCTIONS:
            return _numpy_function(name)
        if (module, name) in _OLD_NETWORK_CLASSES:
            raise UserError('it holds Progressive GAN networks, which are not supported; use a StyleGAN2 snapshot')
        raise UserError('it asks for %s.%s, which no snapshot needs, so it is not opened' % (module, name))


def _numpy_function(name):
    """Return a function of NumPy's array unpickling, wherever the installed NumPy has it."""
    try:
        from numpy._core import multiarray, numeric
    except ImportError:
        from numpy.core import multiarray, numeric
    return getattr(multiarray, name, None) or getattr(numeric, name)


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
    for head, kind in _FOREIGN_HEADS:
        if data.lstrip()[: len(head)] == head:
            raise UserError('%s is not a network snapshot: it is %s' % (name, kind))
    if not data:
        raise UserError('%s is empty; copy or download it again' % name)
    try:
        return _Unpickler(io.BytesIO(data), encoding='latin1').load()
    except UserError as error:
        raise UserError('%s cannot be loaded: %s' % (name, error)) from None
    except Exception as error:  # Damaged pickles raise nearly anything.
        raise UserError('%s is not a network snapshot, or is damaged (%s)' % (name, error)) from error


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
    """Return the state of a pickled network with NumPy scalars as plain numbers, after checking its form.

    Args:
        state: What `Network.__getstate__` gave, of version 2 to 5.

    Raises:
        UserError: If a key is missing or of the wrong type.
    """
    if not isinstance(state, dict):
        raise UserError('a pickled network must hold a dict, got %s' % type(state).__name__)
    state = dict(state)
    state.setdefault('components', {})  # Version 2 has none.
    for key, kind in _STATE_TYPES.items():
        if not isinstance(state.get(key), kind):
            raise UserError('pickled network lacks %r of type %s' % (key, kind.__name__))
    if state['version'] not in (2, 3, 4, 5):
        raise UserError('pickled network has version %d, known are 2 to 5' % state['version'])
    for name, value in state['variables']:
        if not isinstance(name, str) or np.asarray(value).dtype.kind not in 'fiub':
            raise UserError('variable %r of a pickled network is no numeric array' % (name,))
    state['static_kwargs'] = {str(key): _plain(value) for key, value in state['static_kwargs'].items()}
    return state


def _plain(value):
    """Return a keyword value as plain data."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(item) for item in value)
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise UserError('keyword value of type %s is not allowed in a snapshot' % type(value).__name__)
