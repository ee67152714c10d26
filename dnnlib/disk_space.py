# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Full disks: how to recognise one, and what to tell."""

import contextlib
import errno
import shutil
import warnings

from dnnlib.files import find_existing_parent
from dnnlib.texts import format_size

_CODES = tuple(getattr(errno, name) for name in ('ENOSPC', 'EDQUOT') if hasattr(errno, name))  # Windows lacks EDQUOT.


def is_disk_full(error):
    """Tell whether an exception says that a disk is full, or that a user's share of it is."""
    return isinstance(error, OSError) and error.errno in _CODES


@contextlib.contextmanager
def warning_of_full_disk():
    """Turn the error of a full disk into a warning, for files that are not worth the end of the program."""
    try:
        yield
    except OSError as error:
        if not is_disk_full(error):
            raise
        warnings.warn(f'{error.strerror}: {error.filename}', stacklevel=3)


def describe_shortage(path, num_bytes):
    """Return in words what a disk lacks for a file, for instance `363.0 MB are needed, 12.0 MB are free`.

    Args:
        path: Where the file is to be; it need not exist.
        num_bytes: Size of the file.
    """
    free = shutil.disk_usage(find_existing_parent(path)).free
    but = '' if free < num_bytes else ', but a quota or the number of files allows less'
    return f'{format_size(num_bytes)} are needed, {format_size(free)} are free{but}'


def check_space(path, num_bytes):
    """Raise the OSError of a full disk, with a clear text, if there is no room for a file; arguments as above.

    So a disk is not filled up to its last byte by a file that is removed in the end.
    """
    if shutil.disk_usage(find_existing_parent(path)).free < num_bytes:
        raise OSError(errno.ENOSPC, describe_shortage(path, num_bytes), str(path))
