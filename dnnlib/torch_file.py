# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""PyTorch files (`.pt`, `.pth`) without PyTorch: a reader of both formats that runs no code from them, and a writer."""

import collections
import functools
import io
import operator
import pickle
import struct
import zipfile
import zlib

import numpy as np

from dnnlib import file_signatures
from dnnlib.guarded_unpickler import (
    OBJECT_INSTRUCTIONS,
    OLD_INSTRUCTIONS,
    REFERENCE_INSTRUCTIONS,
    SET_INSTRUCTIONS,
    GuardedUnpickler,
    check_keys,
    list_instructions,
)
from dnnlib.util import UserError, atomic_write

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

_MAX_DIMENSIONS = 32  # NumPy has no more.
_MAX_COPIES = 4  # Tensors may share storages, but a small file must not become a large dict.

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
    return {name: value for name, value in read_torch_object(path).items() if isinstance(value, np.ndarray)}


def read_torch_object(path):
    """Read a dict that `torch.save` wrote, with all that it holds.

    Args:
        path: File in either format.

    Returns:
        Dict of plain data: dicts, lists, tuples, numbers, texts, and a NumPy array in place of each tensor.

    Raises:
        UserError: If the file is damaged, holds no dict, or asks for anything but tensors and plain data.
    """
    with open(path, 'rb') as file:
        return parse_torch_object(file.read(), path)


def parse_torch_object(content, path):
    """Do as `read_torch_object` with the bytes of a file; `path` is for messages."""
    try:
        state, storages = _read_zip(content) if file_signatures.find_format(content) == 'zip' else _read_legacy(content)
        if not isinstance(state, dict):
            raise ValueError(f'it holds a {type(state).__name__} where a dict of tensors is expected')
        return _ArrayMaker(storages).convert(state)
    except UserError as error:
        raise UserError(f'{path}: {error}') from error
    except _DAMAGE as error:
        raise UserError(f'{path} is no PyTorch weight file, or is damaged: {error}') from error


def read_storage(content):
    """Return the vector in the bytes of a storage that was saved alone, as pickled tensors contain it.

    Raises:
        UserError: If the bytes are damaged or hold something else.
    """
    try:
        storage, storages = _read_legacy(content)
        return storages[storage.key]
    except _DAMAGE as error:
        raise UserError(f'a tensor is damaged: {error}') from error


def strided_array(vector, offset, size, stride):
    """Return a tensor as an array of its own, after checking that it lies within its storage.

    Args:
        vector: Storage, an array of one dimension.
        offset: Index of the first element.
        size: Shape of the tensor.
        stride: Steps along its axes, counted in elements.

    Raises:
        ValueError: If the numbers make no sense for this storage.
    """
    size, stride = tuple(size), tuple(stride)
    numbers = (offset,) + size + stride
    is_fit = all(isinstance(number, int) and number >= 0 for number in numbers) and len(size) == len(stride)
    if not is_fit or len(size) > _MAX_DIMENSIONS:
        raise ValueError('a tensor has no proper shape')
    num_elements = functools.reduce(operator.mul, size, 1)
    last = offset + sum((length - 1) * step for length, step in zip(size, stride))
    if num_elements > vector.size or (num_elements and last >= vector.size):
        raise ValueError('a tensor reaches beyond its storage')
    strides = [step * vector.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(vector[offset:], size, strides).copy()


class StateDict(collections.OrderedDict):
    """Stands for `collections.OrderedDict`, to whose attributes PyTorch adds notes that nobody needs here."""

    def __init__(self, items=()):
        check_keys(key for key, _ in items)  # Python 2 gave the items at once.
        super().__init__(items)

    def __setstate__(self, state):
        del state


class _Namespace(dict):
    """Stands for `argparse.Namespace`: training scripts save their options beside the weights."""

    def __init__(self):
        super().__init__()

    def __setstate__(self, state):
        if not isinstance(state, dict):
            raise UserError('it sets attributes of options from something else than a dict')
        self.update(state)


class _TensorUnpickler(GuardedUnpickler):
    """Knows the names that tensors are made of, and refuses every other."""

    file_kind = 'weight file'
    known_globals = {('collections', 'OrderedDict'): StateDict, ('argparse', 'Namespace'): _Namespace}
    with_state = (StateDict, _Namespace)
    dispatch = list_instructions(OLD_INSTRUCTIONS, OBJECT_INSTRUCTIONS, SET_INSTRUCTIONS, REFERENCE_INSTRUCTIONS)

    def find_other(self, module, name):
        """Return what stands for a function or class of PyTorch."""
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
        if not isinstance(key, (str, int)) or not isinstance(num_elements, int):
            raise ValueError('a storage without name or size')
        return _Storage(str(key), np.dtype(dtype), num_elements)


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
    if sum(info.file_size for info in archive.infolist()) > len(content):
        raise ValueError('its members overlap')
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


class _ArrayMaker:
    """Turns what the unpickler gave into plain data and arrays.

    Args:
        storages: Dict key -> vector.
    """

    def __init__(self, storages):
        self._storages = storages
        self._budget = _MAX_COPIES * sum(vector.size for vector in storages.values())
        self._done = {}  # By id, as a small pickle can name one list very often.

    def convert(self, value):
        """Return `value` with an array in place of each tensor; what occurs twice is converted once."""
        if id(value) not in self._done:
            self._done[id(value)] = self._convert(value), value  # The value must live on for its id to be its own.
        return self._done[id(value)][0]

    def _convert(self, value):
        if isinstance(value, _LazyTensor):
            array = strided_array(self._storages[value.storage.key], value.offset, value.size, value.stride)
            self._budget -= array.size
            if self._budget < 0:
                raise ValueError('its tensors are much larger than its storages')
            return array
        if isinstance(value, dict):
            return {key: self.convert(item) for key, item in value.items()}
        if type(value) in (list, tuple):
            return type(value)(self.convert(item) for item in value)
        return value


def write_torch_file(path, obj):
    """Write plain data and arrays in the zip format, so that `torch.load(path, weights_only=True)` opens it.

    Args:
        path: File to write.
        obj: Dict of dicts, lists, tuples, numbers, texts and NumPy arrays; the arrays become tensors.
    """
    pickled = io.BytesIO()
    pickler = _TensorPickler(pickled)
    pickler.dump(obj)
    with atomic_write(path) as file, zipfile.ZipFile(file, 'w', zipfile.ZIP_STORED, allowZip64=True) as archive:
        archive.writestr('archive/data.pkl', pickled.getvalue())
        archive.writestr('archive/byteorder', 'little')
        for key, array in enumerate(pickler.arrays):
            archive.writestr(f'archive/data/{key}', array.tobytes())
        archive.writestr('archive/version', '3\n')


class _Global:
    """A function or class that the file names and this process need not have."""

    def __init__(self, module, name):
        self.line = f'{module}\n{name}\n'.encode('ascii')

    def __call__(self):
        """Do nothing; it must look like what `pickle` expects at this place."""


class _TensorPickler(pickle._Pickler):
    """Writes arrays as calls that make tensors, and collects them as storages."""

    dispatch = dict(pickle._Pickler.dispatch)

    def __init__(self, file):
        super().__init__(file, protocol=2)
        self.arrays = []

    def persistent_id(self, obj):
        """Return the reference to a storage, which the array in an argument list stands for."""
        return obj.reference if isinstance(obj, _StorageToWrite) else None

    def save_array(self, array):
        array = array.astype(array.dtype.newbyteorder('<'))
        storage_class = _Global('torch', _STORAGE_CLASSES[array.dtype])
        storage = _StorageToWrite(('storage', storage_class, str(len(self.arrays)), 'cpu', array.size))
        strides = tuple(int(np.prod(array.shape[axis + 1 :])) for axis in range(array.ndim))
        self.arrays.append(array)
        args = (storage, 0, array.shape, strides, False, collections.OrderedDict())
        self.save_reduce(_Global('torch._utils', '_rebuild_tensor_v2'), args)

    def save_named(self, obj):
        self.write(pickle.GLOBAL + obj.line)

    dispatch[np.ndarray] = save_array
    dispatch[_Global] = save_named


class _StorageToWrite:
    """The data of one array, referred to from the pickle."""

    def __init__(self, reference):
        self.reference = reference


_STORAGE_CLASSES = {np.dtype(dtype): name for name, dtype in _STORAGE_DTYPES.items()}
