# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Locks of folders. The system releases that of a process which ends in whatever way, so none is ever stale."""

import contextlib
import errno
import math
import multiprocessing.util
import os
import time

try:
    import fcntl
except ImportError:  # Windows.
    import msvcrt

    fcntl = None

_FILE_NAME = '.lock'

_POLL_SEC = 0.1
_LOCKED_ELSEWHERE = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
_BYTE_OF_THE_LOCK = 1 << 30  # Far behind the text: Windows lets nobody read what is locked.


class FolderLock:
    """A lock of a folder, which is kept by a file in it. Processes that are started or forked do not inherit it.

    Args:
        folder: Folder, which exists.
    """

    def __init__(self, folder):
        self.path = os.path.join(os.path.abspath(folder), _FILE_NAME)  # The holder may change the working directory.
        self._file = None

    def acquire(self, label, timeout_sec=math.inf, on_wait=None):
        """Take the lock as soon as it is free.

        Args:
            label: Who holds it from then on, in words for others.
            timeout_sec: How long to wait at most.
            on_wait: Function (label of the holder), called again and again while waiting.

        Returns:
            Whether the lock is held now.

        Raises:
            OSError: If the file cannot be made, or the file system has no locks.
        """
        begin = time.monotonic()
        while not self._try():
            if time.monotonic() - begin >= timeout_sec:
                return False
            if on_wait is not None:
                on_wait(self.read_holder())
            time.sleep(_POLL_SEC)
        with contextlib.suppress(OSError):  # A full disk: the lock holds without a label as well.
            os.ftruncate(self._file.fileno(), 0)
            self._file.write(label.encode('utf-8'))
        return True

    def read_holder(self):
        """Return the label of the process that holds the lock now, or held it last."""
        try:
            with open(self.path, encoding='utf-8', errors='replace') as file:
                return file.read() or 'another process'
        except PermissionError:
            return 'another user'
        except OSError:
            return 'another process'

    def is_held(self):
        """Tell whether anybody holds the lock, without making a file."""
        if not os.path.exists(self.path):
            return False
        with _open(self.path) as file:
            is_held = not _lock_file(file)
            if not is_held:
                _unlock_file(file)
        return is_held

    def release(self, remove=False):
        """Release the lock if it is held, and on request remove the file."""
        file, self._file = self._file, None
        if file is None:
            return
        with file, contextlib.suppress(OSError):
            if remove and fcntl is not None and _is_at(file, self.path):
                os.remove(self.path)  # Before the release, as the next one that comes may hold it at once.
            _unlock_file(file)
        if remove and fcntl is None:  # Windows removes no open file, and none that somebody else has opened.
            with contextlib.suppress(OSError):
                os.remove(self.path)

    def _try(self):
        file = _open(self.path)
        try:
            if _lock_file(file) and _is_at(file, self.path):
                multiprocessing.util.register_after_fork(file, type(file).close)
                self._file, file = file, None
        finally:
            if file is not None:
                file.close()
        return self._file is not None


def _open(path):
    try:
        return open(path, 'ab', buffering=0)
    except PermissionError:  # Somebody else's, which can be locked all the same.
        return open(path, 'rb', buffering=0)


def _lock_file(file):
    """Lock an open file and return whether that was possible; raise OSError where there are no locks."""
    try:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            file.seek(_BYTE_OF_THE_LOCK)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except OSError as error:
        if error.errno not in _LOCKED_ELSEWHERE:
            raise
        return False
    return True


def _unlock_file(file):
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_UN)
    else:
        file.seek(_BYTE_OF_THE_LOCK)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)


def _is_at(file, path):
    """Tell whether an open file still is the one of that name, which the holder before may have removed."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False
