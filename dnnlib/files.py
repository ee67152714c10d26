# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Paths and files: names, files and folders that appear complete or not at all, the root of the caches."""

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import urllib.parse
import uuid

from dnnlib.errors import UserError, UserFileNotFoundError
from dnnlib.option_hints import did_you_mean


def is_url(obj, allow_file_urls=False):
    """Tell whether an object is the text of a http or https URL (or, on request, of a file URL)."""
    if not isinstance(obj, str):
        return False
    try:
        url = urllib.parse.urlparse(obj)
    except ValueError:
        return False
    if url.scheme == 'file':
        return allow_file_urls and bool(url.path)
    return url.scheme in ('http', 'https') and bool(url.netloc)


def expand_path(path):
    """Return a path with `~` and environment variables expanded and without a trailing slash; URLs stay as they are."""
    if is_url(path, allow_file_urls=True):
        return path
    path = os.path.expanduser(os.path.expandvars(path))
    return path.rstrip('/') or path[:1]


def escape_name(name):
    r"""Return the name of a file as text that can be written and printed anywhere: bytes that are no UTF-8 as \xe9."""
    try:
        content = name.encode('utf-8', 'surrogateescape')
    except UnicodeEncodeError:  # Half a character, as JSON can hold.
        content = name.encode('utf-8', 'backslashreplace')
    return content.decode('utf-8', 'backslashreplace')


def check_name(path):
    """Raise UserError if a path is none that TensorFlow can write to, as it takes text only."""
    path = os.path.abspath(path)
    name = escape_name(path)
    if name == path:
        return
    try:
        os.fsencode(path).decode('utf-8')
    except UnicodeError:
        raise UserError(f'TensorFlow cannot write to {name}, whose name is no UTF-8; choose another') from None
    raise UserError(f'TensorFlow cannot write to {name} in a locale that knows ASCII only; set LC_ALL=C.UTF-8')


_TEMPORARY = re.compile(r'\..*\.[0-9a-f]{8}\.tmp(\.\w+)?$', re.DOTALL)


def make_temporary_path(path, ending=''):
    """Return a hidden path beside another one for what is to take its place, known to `remove_leftovers`."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f'.{name[:100]}.{uuid.uuid4().hex[:8]}.tmp{ending}')


@contextlib.contextmanager
def atomic_write(path, mode='wb', durable=False):
    """Open a file for writing so that it appears under its name complete or not at all.

    The content goes to a hidden temporary file of the same folder, which is renamed at the end of the `with` block.
    After an error the temporary file is removed and an older file of that name is left as it was. What is no file,
    such as `/dev/null`, is written to as it is.

    Args:
        path: File to write; a symbolic link is followed.
        mode: 'wb', or 'w' for text (UTF-8).
        durable: Wait until the disk has it, so that a power cut leaves the old file or the new one.

    Yields:
        The open file.
    """
    target, encoding = os.path.realpath(path), None if 'b' in mode else 'utf-8'
    if os.path.exists(path) and not os.path.isfile(path):
        try:
            with open(path, mode, encoding=encoding) as file:
                yield file
        except OSError as error:
            error.filename = error.filename or str(path)
            raise
        return
    temporary = make_temporary_path(target)
    try:
        with open(temporary, mode, encoding=encoding) as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, target)
        if durable:
            _sync_folder(os.path.dirname(target))
    except BaseException as error:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)
        if isinstance(error, OSError) and error.errno and error.filename in (None, temporary):
            error.filename = str(path)  # A full disk does not say which file it was.
        raise


def _sync_folder(path):
    """Wait until the disk has the names of the files in a folder, where that is possible."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)  # Windows opens no folders.
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def append_line(path, text):
    """Append a line to a file, UTF-8, whole or not at all: after an error, such as a full disk, it is as it was.

    A last line that was cut off, as by a power cut, is ended first.
    """
    left = text.encode('utf-8', 'backslashreplace') + b'\n'
    with open(path, 'a+b', buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(size - 1, 0))
        if file.read(1) not in (b'', b'\n'):
            left = b'\n' + left
        try:
            while left:
                left = left[file.write(left) :]
        except OSError as error:
            file.truncate(size)
            error.filename = str(path)
            raise


def remove_leftovers(folder):
    """Remove what has a temporary path, as its process was killed; nobody may be writing to the folder."""
    for name in filter(_TEMPORARY.match, os.listdir(folder)):
        path = os.path.join(folder, name)
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)


def check_writable(folder):
    """Raise UserError if this user cannot write to a folder that exists, with the reason."""
    if os.access(folder, os.W_OK | os.X_OK):
        return
    if hasattr(os, 'statvfs') and os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise UserError(f'cannot write to {folder}: it is on a disk that can only be read')
    raise UserError(f'cannot write to {folder}: it belongs to {find_owner(folder)}')


def find_owner(path):
    """Return in words which user a file or folder belongs to."""
    number = os.stat(path).st_uid
    try:
        import pwd  # Unix only.

        return f'the user {pwd.getpwuid(number).pw_name}'
    except (ImportError, KeyError):
        return f'the user with the number {number}'


def hash_file(path):
    """Return the SHA-256 of a file's content as hexadecimal text."""
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        for chunk in iter(lambda: file.read(1 << 20), b''):
            digest.update(chunk)
    return digest.hexdigest()


def find_existing_parent(path):
    """Return what exists of a path: itself, or the nearest of its parents."""
    path = os.path.abspath(path)
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    return path


@contextlib.contextmanager
def make_folder(path):
    """Make a folder of files that appears complete or not at all.

    Args:
        path: Folder to make; it may exist, but must be empty, so that files do not mix.

    Yields:
        Path of a hidden folder to write to, which takes the place of the other one at the end of the `with` block, or
        is removed after an error.

    Raises:
        UserError: If there is something at the path already.
    """
    check_folder(path)
    target = os.path.abspath(path)
    is_there = os.path.isdir(target)
    parent, name = (target, '') if is_there else os.path.split(target)
    temporary = os.path.join(parent, f'.{name}.partial-{os.getpid()}')
    try:
        os.makedirs(temporary)
        yield temporary
        if is_there:
            for name in os.listdir(temporary):
                os.rename(os.path.join(temporary, name), os.path.join(target, name))
            os.rmdir(temporary)
        else:
            os.rename(temporary, target)
    except OSError as error:
        error.filename = error.filename or str(path)  # A full disk does not say which file it was.
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_folder(path):
    """Raise UserError unless a folder can be made at a path, or there is an empty one."""
    parent = find_existing_parent(path)
    if not os.path.isdir(parent):
        raise UserError(f'cannot make the folder {path}: {parent} is a file; choose another folder')
    if os.path.isdir(path) and os.listdir(path):
        raise UserError(f'{path} is not empty; choose another folder, so that files do not mix')


def check_directory(path, purpose):
    """Raise UserError if a directory does not exist, with the name that was probably meant."""
    if os.path.isdir(path):
        return
    if os.path.exists(path):
        raise UserError(f'{purpose} expected, but {path} is a file')
    parent, name = os.path.split(os.path.abspath(path))
    if not os.path.isdir(parent):
        raise UserFileNotFoundError(f'{purpose} {path} does not exist, nor does {parent}')
    siblings = sorted(entry.name for entry in os.scandir(parent) if entry.is_dir())
    raise UserFileNotFoundError(f'{purpose} {path} does not exist{did_you_mean(name, siblings)}')


_cache_dir = None


def set_cache_dir(path):
    """Set the root of all caches for this process; None returns to the default of `make_cache_dir_path`."""
    global _cache_dir
    _cache_dir = path


def make_cache_dir_path(*parts):
    """Join a path to the cache root; the directory is not made.

    The root is the one given to `set_cache_dir`, else $DNNLIB_CACHE_DIR, else `.cache/dnnlib` in the home directory,
    or in the folder for temporary files where there is no home.
    """
    root = _cache_dir or os.environ.get('DNNLIB_CACHE_DIR')
    if not root:
        home = os.environ.get('HOME') or os.environ.get('USERPROFILE') or tempfile.gettempdir()
        root = os.path.join(home, '.cache', 'dnnlib')
    return os.path.join(expand_path(root), *parts)
