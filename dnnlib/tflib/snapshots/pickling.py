# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Snapshot files: written so that old NumPy and Python open them, read without executing anything that they contain."""

import collections
import io
import pickle

from dnnlib import file_signatures
from dnnlib.guarded_unpickler import (
    ARRAY_GLOBALS,
    BYTEARRAY_INSTRUCTIONS,
    OBJECT_INSTRUCTIONS,
    GuardedUnpickler,
    brief,
    list_instructions,
)
from dnnlib.tflib.snapshots import pickled_code
from dnnlib.util import EasyDict, UserError

PROTOCOL = 4  # The newest that Python 3.6 reads.

MAX_OBJECTS = 1000000  # Limits of what a file may hold; snapshots have a few thousand objects.
MAX_DEPTH = 50
MAX_NETWORKS = 64


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


_KNOWN_GLOBALS = {
    ('collections', 'OrderedDict'): collections.OrderedDict,
    ('dnnlib.tflib.network', 'Network'): PickledNetwork,
    ('dnnlib.util', 'EasyDict'): EasyDict,
    ('dnnlib', 'EasyDict'): EasyDict,
}
_KNOWN_GLOBALS.update(ARRAY_GLOBALS)

_KNOWN_STRANGERS = {  # First part of the module -> what the file is.
    'torch': 'a PyTorch file; only TensorFlow snapshots open here',
    'torch_utils': 'a snapshot of StyleGAN2-ADA for PyTorch or of StyleGAN3; only TensorFlow snapshots open here',
    'tfutil': 'a snapshot of Progressive GAN, which is not supported; use one of StyleGAN2',
    'network': 'a snapshot of Progressive GAN, which is not supported; use one of StyleGAN2',
}


class _Pickler(pickle._Pickler):
    """Writes NumPy 2's `numpy._core` under the name that every NumPy knows.

    Equal networks give equal files, whether or not Python holds equal texts once.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._texts = {}

    def save(self, obj, *args, **kwargs):
        obj = self._texts.setdefault(obj, obj) if type(obj) is str else obj
        return super().save(obj, *args, **kwargs)

    def save_global(self, obj, name=None):
        module = getattr(obj, '__module__', None) or ''
        if not module.startswith('numpy._core'):
            return super().save_global(obj, name)
        self.save(module.replace('numpy._core', 'numpy.core', 1))
        self.save(name or obj.__qualname__)
        self.write(pickle.STACK_GLOBAL)
        self.memoize(obj)
        return None


class _Unpickler(GuardedUnpickler):
    """Finds the few globals that snapshots need, and follows the few instructions that they consist of."""

    file_kind = 'snapshot'
    known_globals = _KNOWN_GLOBALS
    with_state = (*GuardedUnpickler.with_state, PickledNetwork)
    excess = 'it would unpack to more data than it holds'
    refusal = UserError
    dispatch = list_instructions(OBJECT_INSTRUCTIONS, BYTEARRAY_INSTRUCTIONS)

    def find_other(self, module, name):
        """Refuse a global that is not in the table; tell what the file is if that follows."""
        stranger = _KNOWN_STRANGERS.get(module.split('.')[0])
        if stranger:
            raise UserError('it is ' + stranger)
        return super().find_other(module, name)

    def load_reduce(self):
        """Call one of the allowed functions; containers are made empty, as a file would fill them item by item."""
        func, args = self.stack[-2:]
        if func in (EasyDict, collections.OrderedDict) and args:
            raise UserError('it makes a call that no snapshot needs')
        super().load_reduce()


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
        file: Binary file object that can seek, at its beginning.
        name: What to call the file in messages.

    Returns:
        The object, with a `PickledNetwork` in place of each network.

    Raises:
        UserError: If it is no pickle, is damaged, or asks for a global outside the short list that snapshots need.
    """
    if pickled_code.are_sums_needed():
        file = io.BytesIO(file.read())  # What is summed up is what is read.
    _check_head(file, name)
    try:
        obj = _Unpickler(file).load()
        networks = _check_tree(obj)
    except UserError as error:
        raise UserError(f'{name} cannot be loaded: {error}') from None
    except Exception as error:  # Damaged pickles raise nearly anything.
        reason = f'{type(error).__name__}: {brief(error)}'
        raise UserError(f'{name} is not a network snapshot, or is damaged ({reason})') from error
    if networks and pickled_code.is_trusted(file):
        for net in networks:
            net.is_trusted = True
    return obj


def _check_head(file, name):
    """Raise UserError if a file begins like one of another kind."""
    head = file.read(file_signatures.HEAD_BYTES)
    file.seek(0)
    if not head:
        raise UserError(f'{name} is empty; copy or download it again')
    kind = file_signatures.describe(head)
    if kind and file_signatures.find_format(head) != 'torch':  # Which is told better where it asks for classes.
        note = '; only TensorFlow snapshots open here' if kind.startswith('a zip archive') else ''
        raise UserError(f'{name} is not a network snapshot: it is {kind}{note}')
    if head[:1] != pickle.PROTO:
        raise UserError(f'{name} is not a network snapshot, or is damaged (it is no pickle of protocol 2 or later)')
