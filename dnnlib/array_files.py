# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Arrays in files of NumPy's format: reading, where they may be damaged, and writing, which may be interrupted."""

import zipfile

import numpy as np

from dnnlib.util import UserError


def load_arrays(path, names=None):
    """Return the arrays of a `.npz` file by name.

    Args:
        path: File to read.
        names: Names of the arrays to read; None for all.

    Raises:
        UserError: If it is damaged, holds something else, or more than fits into memory, which is the cause then.
        OSError: If it cannot be opened.
    """
    with open(path, 'rb') as stream:
        try:
            with np.load(stream, allow_pickle=False) as file:
                return {name: file[name] for name in (file.files if names is None else names)}
        except MemoryError as error:
            raise UserError(f'{path} takes more memory than there is') from error
        except Exception as error:  # Damaged archives raise nearly anything; a lone array is no context.
            raise UserError(
                f'{path} is damaged, or no .npz file of arrays ({type(error).__name__}: {error})'
            ) from error


def save_arrays(file, arrays):
    """Write arrays by name as a `.npz` file.

    Where a signal interrupts it, `np.savez` of old NumPy leaves its archive open and complains as the process ends.

    Args:
        file: Open binary file.
        arrays: Dict name -> array.
    """
    with zipfile.ZipFile(file, 'w', allowZip64=True) as archive:
        for name, array in arrays.items():
            with archive.open(name + '.npy', 'w', force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
