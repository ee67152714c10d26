# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Identity of data sets by content, and the cache of what was computed from them."""

import collections
import functools
import glob
import hashlib
import json
import os
import warnings

import numpy as np

import dnnlib
from dnnlib import array_files

_BLOCK_BYTES = 4096
_NUM_BLOCKS = 256

DatasetIdentity = collections.namedtuple('DatasetIdentity', 'id version')


def identify_dataset(tfrecord_dir):
    """Tell a data set from others without reading all of it.

    Args:
        tfrecord_dir: Directory of the data set.

    Returns:
        Tuple (id, version). The id is a checksum over names, sizes and samples of its files, and is the same for a copy
        elsewhere. The version, for caches, is a list of the resolved path and the times of the last changes as well, so
        that it differs after any change, also of one image between the samples.
    """
    paths = sorted(path for path in glob.glob(os.path.join(glob.escape(tfrecord_dir), '*')) if _is_data(path))
    files = [[os.path.basename(path), os.path.getsize(path), _hash_samples(path)] for path in paths]
    times = [os.stat(path).st_mtime_ns for path in paths]
    return DatasetIdentity(_hash_json(files), [os.path.realpath(tfrecord_dir), files, times])


def _is_data(path):
    return path.endswith(('.tfrecords', '.labels')) and os.path.isfile(path)


def _hash_samples(path):
    """Return the checksum of blocks that are evenly spread over a file from its first to its last byte."""
    digest = hashlib.sha256()
    last = max(os.path.getsize(path) - _BLOCK_BYTES, 0)
    with open(path, 'rb') as file:
        for position in np.unique(np.linspace(0, last, _NUM_BLOCKS).astype(np.int64)):
            file.seek(int(position))
            digest.update(file.read(_BLOCK_BYTES))
    return digest.hexdigest()


def _hash_json(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode('utf-8')).hexdigest()


def make_cache_path(name, extension, **key):
    """Return the path of a cached result.

    Args:
        name: Beginning of the file name.
        extension: End of the file name.
        **key: All that the result depends on: numbers, texts, None, and lists or dictionaries of those.
    """
    return dnnlib.util.make_cache_dir_path('metrics', f'{name}-{_hash_json(key)[:32]}.{extension}')


def load_arrays(path):
    """Return the arrays of a cached result by name, or None if there is none that can be read."""
    return _load(path, array_files.load_arrays)


def save_arrays(path, **arrays):
    """Write a cached result; it appears complete or not at all."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with dnnlib.util.atomic_write(path) as file:
        np.savez(file, **arrays)


def map_features(path):
    """Return cached features [NF], which stay in the file until they are used, or None if there are none to be read."""
    return _load(path, functools.partial(np.load, mmap_mode='r', allow_pickle=False))


def _load(path, load):
    """Return what a function reads from a file, or None, with a warning if it is there but damaged."""
    if not os.path.exists(path):
        return None
    try:
        return load(path)
    except Exception as error:  # Damaged files raise nearly anything.
        if isinstance(error, MemoryError) or isinstance(error.__cause__, MemoryError):
            raise
        reason = error if isinstance(error, dnnlib.util.UserError) else f'{path} cannot be read ({error})'
        warnings.warn(f'{reason}; it is computed again', stacklevel=3)
        return None


def save_features(path, shape, parts):
    """Write features piece by piece, so that they need not fit into memory; the file appears complete or not at all.

    Args:
        path: File to write.
        shape: Shape [NF] of all features.
        parts: Iterable of arrays, float32, whose rows are the features in order.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with dnnlib.util.atomic_write(path) as file:
        header = {'descr': '<f4', 'fortran_order': False, 'shape': tuple(shape)}
        np.lib.format.write_array_header_1_0(file, header)
        for part in parts:
            file.write(np.ascontiguousarray(part, '<f4').tobytes())
