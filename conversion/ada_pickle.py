# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Reader of the pickles of StyleGAN2-ADA for PyTorch, without PyTorch and without running the source they contain.

Such a pickle is a dict of modules (`G`, `D`, `G_ema`, `augment_pipe`). A module is saved as the source text of its
class and its attributes; here the text is left alone, and the attributes become a `Module`.
"""

import collections
import io

import numpy as np

from dnnlib import torch_file
from dnnlib.guarded_unpickler import (
    OBJECT_INSTRUCTIONS,
    OLD_INSTRUCTIONS,
    SET_INSTRUCTIONS,
    GuardedUnpickler,
    encode,
    list_instructions,
)
from dnnlib.util import UserError

_INERT_PACKAGES = ('torch', 'torch_utils', 'dnnlib', 'training', 'numpy')
_MAX_PARTS = 10000  # Modules and tensors; the largest networks have some hundred.
_MAX_NAME_CHARS = 1000
_INERT_BUILTINS = ('set', 'frozenset', 'list', 'dict', 'tuple', 'object', 'slice', 'complex', 'bytearray')


class Module:
    """A module of PyTorch as plain data.

    Attributes:
        class_name: Name of its class, such as 'Generator'.
        attributes: Dict of its attributes.
    """

    def __init__(self, class_name, attributes):
        self.class_name = class_name
        self.attributes = attributes

    def get(self, path, default=None):
        """Return an attribute of this module or, with dots, of one inside it."""
        first, _, rest = path.partition('.')
        value = self.children().get(first, self.attributes.get(first, default))
        if not rest:
            return value
        return value.get(rest, default) if isinstance(value, Module) else default

    def children(self):
        """Return the dict name -> Module of the modules inside."""
        return {key: value for key, value in self._dict('_modules').items() if isinstance(value, Module)}

    def tensors(self):
        """Return the dict name -> array of all parameters and buffers, named as in PyTorch's state dicts."""
        found = collections.OrderedDict()
        open_modules = collections.deque([('', self)])
        num_parts = 0
        while open_modules:
            prefix, module = open_modules.popleft()
            num_parts += 1 + sum(len(module._dict(group)) for group in ('_parameters', '_buffers', '_modules'))
            if num_parts > _MAX_PARTS or len(prefix) > _MAX_NAME_CHARS:
                raise UserError('its modules contain each other, or are more than any network has')
            for group in ('_parameters', '_buffers'):
                arrays = module._dict(group).items()
                found.update((f'{prefix}{name}', array) for name, array in arrays if isinstance(array, np.ndarray))
            open_modules.extend((f'{prefix}{name}.', child) for name, child in module.children().items())
        return found

    def _dict(self, name):
        value = self.attributes.get(name)
        return value if isinstance(value, dict) else {}


def is_ada_pickle(content):
    """Tell whether the bytes of a file look like such a pickle."""
    return content[:1] == b'\x80' and b'_reconstruct_persistent_obj' in content


def load_ada_pickle(content, what):
    """Return what such a pickle holds, with a `Module` in place of each module.

    Args:
        content: Bytes of the file.
        what: Name of the file, for messages.

    Raises:
        UserError: If the file is damaged, or asks for anything that such a pickle does not need.
    """
    try:
        snapshot = _Unpickler(io.BytesIO(content)).load()
    except UserError as error:
        raise UserError(f'{what} cannot be loaded: {error}') from None
    except Exception as error:  # Damaged pickles raise nearly anything.
        reason = f'{type(error).__name__}: {error}'
        raise UserError(f'{what} is no snapshot of StyleGAN2-ADA for PyTorch, or is damaged ({reason})') from error
    if not isinstance(snapshot, dict):
        raise UserError(f'{what} holds a {type(snapshot).__name__} where a dict of networks is expected')
    return snapshot


class _Inert(dict):
    """Stands for an object that is of no interest, whatever its class; it keeps what it is given and does nothing."""

    def __init__(self, *args, **kwargs):
        super().__init__()
        del args, kwargs

    def __setstate__(self, state):
        del state


class _EasyDict(collections.OrderedDict):
    """Stands for `dnnlib.EasyDict`; a file fills it item by item."""

    def __init__(self):
        super().__init__()

    def __setstate__(self, state):
        del state


def _reconstruct_module(meta):
    """Stand for the function that would execute the source text in `meta`."""
    if not isinstance(meta, dict) or not isinstance(meta.get('state'), dict):
        raise UserError('a module in it has no state')
    class_name = meta.get('class_name')
    return Module(class_name if isinstance(class_name, str) else '', meta['state'])


def _rebuild_parameter(tensor, *_unused):
    return tensor


_KNOWN_GLOBALS = {
    ('_codecs', 'encode'): encode,
    ('collections', 'OrderedDict'): torch_file.StateDict,
    ('dnnlib.util', 'EasyDict'): _EasyDict,
    ('dnnlib', 'EasyDict'): _EasyDict,
    ('torch_utils.persistence', '_reconstruct_persistent_obj'): _reconstruct_module,
    ('torch._utils', '_rebuild_parameter'): _rebuild_parameter,
    ('torch._utils', '_rebuild_parameter_with_state'): _rebuild_parameter,
}


class _Unpickler(GuardedUnpickler):
    """Knows the names that networks and tensors are made of; the other names of their packages become inert."""

    file_kind = 'such snapshot'
    known_globals = _KNOWN_GLOBALS
    with_state = (_Inert, _EasyDict, torch_file.StateDict)
    num_copies = 4  # Tensors may share storages, but a small file must not become large arrays.
    excess = 'its tensors are much larger than the file'
    dispatch = list_instructions(OLD_INSTRUCTIONS, OBJECT_INSTRUCTIONS, SET_INSTRUCTIONS)

    def find_other(self, module, name):
        """Return what stands for a function or class that is not in the table."""
        if (module, name) == ('torch._utils', '_rebuild_tensor_v2'):
            return self._rebuild_tensor
        if (module, name) == ('torch.storage', '_load_from_bytes'):
            return torch_file.read_storage
        if module in ('builtins', '__builtin__') and name in _INERT_BUILTINS:
            return _Inert
        if module.split('.')[0] in _INERT_PACKAGES:
            return _Inert
        return super().find_other(module, name)

    def _rebuild_tensor(self, storage, offset, size, stride, *_unused):
        if not isinstance(storage, np.ndarray):
            raise UserError('a tensor in it has no data')
        array = torch_file.strided_array(storage, offset, size, stride)
        self.spend(array.nbytes)
        return array
