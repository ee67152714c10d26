# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Arrays of files in NumPy's format, which may be damaged."""

import numpy as np

from dnnlib.util import UserError


def load_arrays(path):
    """Return the arrays of a `.npz` file by name.

    Raises:
        UserError: If it is damaged, holds something else, or more than fits into memory, which is the cause then.
        OSError: If it cannot be opened.
    """
    with open(path, 'rb') as stream:
        try:
            with np.load(stream, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        except MemoryError as error:
            raise UserError(f'{path} takes more memory than there is') from error
        except Exception as error:  # Damaged archives raise nearly anything; a lone array is no context.
            raise UserError(
                f'{path} is damaged, or no .npz file of arrays ({type(error).__name__}: {error})'
            ) from error
