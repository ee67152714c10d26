# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Locks of run folders and of result directories, so that no two processes train into the same folder."""

import contextlib
import datetime
import os
import platform
import warnings

from dnnlib.disk_space import is_disk_full
from dnnlib.errors import UserError
from dnnlib.files import check_writable
from dnnlib.folder_lock import FolderLock

_RUN_TIMEOUT_SEC = 0.5  # Others hold the lock for a moment when they look who holds it.
_RESULT_DIR_TIMEOUT_SEC = 60


@contextlib.contextmanager
def hold_run(run_dir):
    """Lock a run folder while a `with` block lasts.

    Where the file system has no locks, a warning says so.

    Raises:
        UserError: If another process has locked it.
    """
    with _hold(run_dir, _RUN_TIMEOUT_SEC, 'stop that run first'):
        yield


@contextlib.contextmanager
def hold(result_dir):
    """Lock a result directory while a `with` block lasts, as soon as it is free; it is made if it is missing.

    Not for the time of a run, only for that in which a run folder is looked for and made.

    Raises:
        UserError: If another process has locked it for a minute.
    """
    if os.path.exists(result_dir) and not os.path.isdir(result_dir):
        raise UserError(f'the result directory {result_dir} is a file; choose another name')
    os.makedirs(result_dir or '.', exist_ok=True)
    check_writable(result_dir or '.')
    with _hold(result_dir, _RESULT_DIR_TIMEOUT_SEC, 'stop that process first'):
        yield


def find_holder(run_dir):
    """Return who has locked a run folder, such as `process 123 on HOST since 2026-01-31 12:00:00`, or None."""
    lock = FolderLock(run_dir)
    try:
        return lock.read_holder() if lock.is_held() else None
    except PermissionError:  # Whoever made the file keeps it to himself, and it is removed when the lock is released.
        return 'another user'
    except OSError:  # There are no locks.
        return None


def is_abandoned(run_dir):
    """Tell whether a process of this machine has locked a run folder, and was killed."""
    lock = FolderLock(run_dir)
    is_left = os.path.exists(lock.path) and find_holder(run_dir) is None
    return is_left and f' on {platform.node()} ' in lock.read_holder()


@contextlib.contextmanager
def _hold(folder, timeout_sec, way_out):
    lock = FolderLock(folder)
    now = datetime.datetime.now().isoformat(' ', 'seconds')
    try:
        is_free = lock.acquire(f'process {os.getpid()} on {platform.node()} since {now}', timeout_sec)
    except PermissionError:
        is_free = False
    except OSError as error:
        if is_disk_full(error):
            raise
        is_free = True
        warnings.warn(f'{folder} cannot be locked ({error.strerror}), so start no second run there', stacklevel=4)
    if not is_free:
        raise UserError(f'{folder} is in use by {lock.read_holder()}; {way_out}')
    try:
        yield
    finally:
        lock.release(remove=True)
