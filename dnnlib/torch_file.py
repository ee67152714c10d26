# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Reader of both formats of PyTorch weight files (`.pth`), without PyTorch and without running code from them."""

import collections
import functools
import io
import operator
import pickle
import struct
import zipfile
import zlib

import numpy as np

from dnnlib.util import UserError

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C  # First pickle of the older format.
LEGACY_PROTOCOL = 1001

_STORAGE_DTYPES = {
    'DoubleStorage': '<f8',
    'FloatStorage': '<f4',
    'HalfStorage': '<f2',
    'LongStorage': '<i8',
    'IntStorage': '<i4',
    'ShortStorage': '<i2',
    'CharStorage': 'i1',
    'ByteStorage': 'u1',
    'BoolStorage': '?',
}

_Storage = collections.namedtuple('_Storage', 'key dtype num_elements')
_LazyTensor = collections.namedtuple('_LazyTensor', 'storage offset size stride')

# What damaged or hostile bytes make `pickle`, `zipfile` and `struct` raise.
_DAMAGE = (
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)


def read_torch_file(path):
    """Read the tensors of a state dict that `torch.save` wrote.

    Args:
        path: File in the older format (a row of pickles) or in the zip format of PyTorch 1.6 and later.

    Returns:
        Dict name -> NumPy array. Entries that are no tensors are left out.

    Raises:
        UserError: If the file is damaged, holds no state dict, or asks for anything but tensors.
    """
    with open(path, 'rb') as file:
        content = file.read()
    try:
        state, storages = _read_zip(content) if content.startswith(b'PK\x03\x04') else _read_legacy(content)
        if not isinstance(state, dict):
            raise ValueError(f'it holds a {type(state).__name__} where a dict of tensors is expected')
        tensors = {name: value for name, value in state.items() if isinstance(value, _LazyTensor)}
        return {name: _to_array(tensor, storages) for name, tensor in tensors.items()}
    except UserError as error:
        raise UserError(f'{path}: {error}') from error
    except _DAMAGE as error:
        raise UserError(f'{path} is no PyTorch weight file, or is damaged: {error}') from error


class _TensorUnpickler(pickle._Unpickler):
    """Knows the names that tensors are made of, and refuses every other.

    It is the unpickler in Python, as the faster one in C can be made to allocate any amount of memory.
    """

    def find_class(self, module, name):
        if (module, name) == ('collections', 'OrderedDict'):
            return collections.OrderedDict
        if module == 'torch._utils' and name in _REBUILDERS:
            return _REBUILDERS[name]
        if module == 'torch' and name in _STORAGE_DTYPES:
            return _STORAGE_DTYPES[name]
        raise UserError(f'refused to load {module}.{name}: a weight file may hold nothing but tensors')

    def persistent_load(self, pid):
        kind, dtype, key, _location, num_elements = pid[:5]
        is_view = len(pid) > 5 and pid[5] is not None
        if kind != 'storage' or dtype not in _STORAGE_DTYPES.values() or is_view:
            raise ValueError('unknown kind of storage')
        return _Storage(str(key), np.dtype(dtype), int(num_elements))


def _rebuild_tensor(storage, offset, size, stride, *_unused):
    return _LazyTensor(storage, offset, tuple(size), tuple(stride))


def _rebuild_parameter(tensor, *_unused):
    return tensor


_REBUILDERS = {
    '_rebuild_tensor': _rebuild_tensor,
    '_rebuild_tensor_v2': _rebuild_tensor,
    '_rebuild_parameter': _rebuild_parameter,
}


def _read_legacy(content):
    """Return the state dict and its storages (key -> vector) of a file in the older format."""
    file = io.BytesIO(content)
    if _TensorUnpickler(file).load() != MAGIC_NUMBER or _TensorUnpickler(file).load() != LEGACY_PROTOCOL:
        raise ValueError('wrong magic number or version')
    if not _TensorUnpickler(file).load().get('little_endian', True):
        raise ValueError('written on a big-endian machine')
    unpickler = _StorageCollector(file)
    state = unpickler.load()
    keys = _TensorUnpickler(file).load()
    return state, {str(key): _read_legacy_storage(file, unpickler.storages[str(key)]) for key in keys}


class _StorageCollector(_TensorUnpickler):
    """Remembers the storages that were named, since the older format keeps their types apart from their data."""

    def __init__(self, file):
        super().__init__(file)
        self.storages = {}

    def persistent_load(self, pid):
        storage = super().persistent_load(pid)
        self.storages[storage.key] = storage
        return storage


def _read_legacy_storage(file, storage):
    (num_elements,) = struct.unpack('<q', file.read(8))
    if num_elements != storage.num_elements:
        raise ValueError(f'storage {storage.key} has two sizes')
    return _to_vector(file.read(num_elements * storage.dtype.itemsize), storage)


def _read_zip(content):
    """Return the state dict and its storages (key -> vector) of a file in the zip format."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    (pickle_name,) = [name for name in archive.namelist() if name.split('/', 1)[-1] == 'data.pkl']
    prefix = pickle_name[: -len('data.pkl')]
    byteorder = prefix + 'byteorder'
    if byteorder in archive.namelist() and _read_stored(archive, byteorder) != b'little':
        raise ValueError('written on a big-endian machine')
    unpickler = _StorageCollector(io.BytesIO(_read_stored(archive, pickle_name)))
    state = unpickler.load()
    storages = {
        key: _to_vector(_read_stored(archive, f'{prefix}data/{key}'), storage)
        for key, storage in unpickler.storages.items()
    }
    return state, storages


def _read_stored(archive, name):
    """Return an uncompressed member, which is what PyTorch writes, so that no small file can become a large one."""
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f'{name} is compressed')
    return archive.read(info)


def _to_vector(data, storage):
    if len(data) != storage.num_elements * storage.dtype.itemsize:
        raise ValueError(f'storage {storage.key} is cut short')
    return np.frombuffer(data, storage.dtype)


def _to_array(tensor, storages):
    """Return a tensor as an array of its own, after checking that it lies within its storage."""
    vector = storages[tensor.storage.key]
    numbers = (tensor.offset,) + tensor.size + tensor.stride
    if not all(isinstance(number, int) and number >= 0 for number in numbers) or len(tensor.size) != len(tensor.stride):
        raise ValueError('a tensor has no proper shape')
    num_elements = functools.reduce(operator.mul, tensor.size, 1)
    last = tensor.offset + sum((size - 1) * stride for size, stride in zip(tensor.size, tensor.stride))
    if num_elements > vector.size or (num_elements and last >= vector.size):
        raise ValueError('a tensor reaches beyond its storage')
    strides = [stride * vector.itemsize for stride in tensor.stride]
    return np.lib.stride_tricks.as_strided(vector[tensor.offset :], tensor.size, strides).copy()
