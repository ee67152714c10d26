# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Folders of compiled libraries, each of which carries at its end a description of what it was compiled from.

A file is `<op>_<key>.so`: the library, the description as JSON, its length and a mark. The loader of the system ignores
what follows a library, and a truncated file is recognised before it is loaded, which would kill the process.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import struct
import tempfile
import time
import uuid

from dnnlib.folder_lock import FolderLock

_FILE_NAME = re.compile(r'(\w+)_[0-9a-f]{20}\.so$')
_MARK = b'dnnlibop'
_TAIL = struct.Struct('<Q8s')
_LEFTOVER = re.compile(r'\.build-|\..*\.tmp$')  # Of processes that were killed.
_LEFTOVER_SEC = 24 * 3600
_UNUSED_SEC = 90 * 24 * 3600


class DamagedLibraryError(Exception):
    """A file is no complete library with a description."""


def make_file_name(recipe):
    """Return the name of the file for a library that is compiled as a recipe says."""
    text = json.dumps(recipe, sort_keys=True)
    return f'{recipe["op"]}_{hashlib.sha256(text.encode("utf-8")).hexdigest()[:20]}.so'


def seal(path, recipe):
    """Append to a library the recipe by which it was compiled, and its checksum."""
    with open(path, 'rb') as file:
        checksum = hashlib.sha256(file.read()).hexdigest()
    description = json.dumps({'recipe': recipe, 'sha256': checksum}, sort_keys=True).encode('utf-8')
    with open(path, 'ab') as file:
        file.write(description + _TAIL.pack(len(description), _MARK))
        file.flush()
        os.fsync(file.fileno())


def read_recipe(path, check=False):
    """Return the recipe of a library.

    Args:
        path: File that was sealed.
        check: Compare the checksum as well.

    Raises:
        DamagedLibraryError: If the file was cut off or changed, or is something else.
    """
    with open(path, 'rb') as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - _TAIL.size, 0))
        tail = file.read()
        length, mark = _TAIL.unpack(tail) if len(tail) == _TAIL.size else (0, b'')
        library_size = size - _TAIL.size - length
        if mark != _MARK or library_size < 0:
            raise DamagedLibraryError(f'{path} is cut off, or was not written by this program')
        file.seek(library_size)
        try:
            description = json.loads(file.read(length).decode('utf-8'))
            recipe, checksum = description['recipe'], description['sha256']
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedLibraryError(f'{path} has no readable description at its end') from error
        file.seek(0)
        if check and hashlib.sha256(file.read(library_size)).hexdigest() != checksum:
            raise DamagedLibraryError(f'{path} was changed after it had been written')
    return recipe


def list_libraries(folder, op_name=None):
    """Return what a folder holds.

    Args:
        folder: Folder; one that cannot be read holds nothing.
        op_name: Name of the op whose libraries are wanted, or None for all.

    Returns:
        List of pairs (path, recipe); None takes the place of a recipe if the file is damaged.
    """
    found = []
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return found
    for name in names:
        match = _FILE_NAME.match(name)
        if match is None or op_name not in (None, match.group(1)):
            continue
        path = os.path.join(folder, name)
        try:
            found.append((path, read_recipe(path)))
        except (DamagedLibraryError, OSError):
            found.append((path, None))
    return found


# ----------------------------------------------------------------------------
# Writing.


@contextlib.contextmanager
def open_workshop(folder):
    """Make a folder to compile in, below the one that is to keep the result, and remove it afterwards.

    What processes left there that were killed goes as well, after a day.
    """
    _remove_old(folder, _LEFTOVER, _LEFTOVER_SEC)
    workshop = tempfile.mkdtemp(prefix='.build-', dir=folder)
    try:
        yield workshop
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def store(path, folder, name):
    """Move a finished library into a folder under its name, at once; return its path."""
    target = os.path.join(folder, name)
    os.chmod(path, 0o755)
    os.replace(path, target)
    return target


def mark_used(path):
    """Set the time of a library to now, if that is allowed."""
    with contextlib.suppress(OSError):
        os.utime(path)


def remove_unused(folder):
    """Remove the libraries that were neither used nor compiled for 90 days."""
    _remove_old(folder, _FILE_NAME, _UNUSED_SEC)


def _remove_old(folder, name_pattern, age_sec):
    """Remove the files and folders of such names that are older, as far as that is possible."""
    with contextlib.suppress(OSError):
        for name in filter(name_pattern.match, os.listdir(folder)):
            path = os.path.join(folder, name)
            with contextlib.suppress(OSError):
                if time.time() - os.path.getmtime(path) > age_sec:
                    shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)


def check_writable(folder):
    """Make a folder if it is missing, and write a small file there; raise OSError if that is impossible."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f'.{uuid.uuid4().hex[:8]}.tmp')
    try:
        with open(path, 'wb') as file:
            file.write(bytes(4096))
    finally:
        with contextlib.suppress(OSError):
            os.remove(path)


@contextlib.contextmanager
def lock(folder, timeout_sec, on_wait):
    """Let one process at a time compile for a folder.

    The system releases the lock of a process that ends in whatever way, so none is ever stale. Where a file system
    has no locks, or the time is over, the body runs without: files appear whole, so at worst two do the same.

    Args:
        folder: Folder to lock.
        timeout_sec: How long to wait at most.
        on_wait: Function (words about who holds the lock), called again and again while waiting.

    Yields:
        True if the lock is held.
    """
    folder_lock = FolderLock(folder)
    try:
        is_held = folder_lock.acquire(f'process {os.getpid()}', timeout_sec, on_wait)
    except OSError:
        is_held = False
    try:
        yield is_held
    finally:
        folder_lock.release()
