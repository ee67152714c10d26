# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Reader of pickles of plain data and NumPy arrays that executes nothing, whatever the file asks for."""

import io

from dnnlib.guarded_unpickler import OLD_INSTRUCTIONS, GuardedUnpickler, list_instructions
from dnnlib.util import UserError


class _Unpickler(GuardedUnpickler):
    """Reads data sets of every protocol."""

    file_kind = 'data set'
    dispatch = list_instructions(OLD_INSTRUCTIONS)


def load(path):
    """Read a pickle of plain data and arrays; texts of Python 2 are taken as Latin-1.

    Args:
        path: File to read.

    Returns:
        The object.

    Raises:
        UserError: If it is no pickle, is damaged, or asks for a global that arrays do not need.
    """
    with open(path, 'rb') as file:
        data = file.read()
    try:
        return _Unpickler(io.BytesIO(data)).load()
    except UserError as error:
        raise UserError(f'{path} cannot be loaded: {error}') from None
    except Exception as error:  # Damaged pickles raise nearly anything.
        reason = f'{type(error).__name__}: {error}'
        raise UserError(f'{path} is no pickle, or is damaged ({reason[:200]})') from error
