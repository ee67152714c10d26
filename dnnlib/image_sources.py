# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Where image files lie: a folder, with or without its sub-folders, or a zip archive.

Files are known by their names relative to the source, with `/` between folders. Several processes can use a source.
"""

import collections
import os
import struct
import zipfile
import zlib

from dnnlib.errors import UserError
from dnnlib.files import check_directory

READ_ERRORS = (
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    getattr(zipfile.lzma, 'LZMAError', zlib.error),  # Not every Python can read such members.
)
"""What reading a file of a source raises: RuntimeError, for instance, is that of a member with a password."""

Listing = collections.namedtuple('Listing', 'names skipped')
Listing.__doc__ = """Sorted names of the files of a source, and of hidden files and folders that were skipped."""


_HIDDEN_FOLDERS = ('__MACOSX', '@eaDir')  # What macOS puts into archives, and network drives beside images.


def is_hidden(name):
    """Tell whether a file or folder is none of the user's own, by its name without folders."""
    return name.startswith('.') or name in _HIDDEN_FOLDERS


class Folder:
    """The files of a folder.

    Attributes:
        path: Path of the folder.
    """

    def __init__(self, path):
        self.path = path

    def list_files(self, recursive=False):
        """Return a Listing of the files, those of sub-folders only if `recursive`; circular links are skipped."""
        names, skipped = [], []
        self._collect('', recursive, names, skipped, {os.path.realpath(self.path)})
        return Listing(sorted(names), sorted(skipped))

    def _collect(self, folder, recursive, names, skipped, visited):
        for entry in os.scandir(os.path.join(self.path, folder)):
            name = folder + entry.name
            if entry.is_file() and not is_hidden(entry.name):
                names.append(name)
                continue
            target = os.path.realpath(entry.path) if entry.is_dir() else None
            if target and recursive and not is_hidden(entry.name) and target not in visited:
                self._collect(name + '/', recursive, names, skipped, visited | {target})
            else:
                skipped.append(name + '/' * entry.is_dir())

    def locate(self, name):
        """Return the path of a file."""
        return os.path.join(self.path, *name.split('/'))

    def read(self, name, num_bytes=-1):
        """Return the content of a file, or the beginning of it."""
        with open(self.locate(name), 'rb') as file:
            return file.read(num_bytes)

    def get_version(self, name):
        """Return a tuple, of which the first is the size of a file, that differs when the file changes."""
        status = os.stat(self.locate(name))
        return status.st_size, status.st_mtime_ns


class Archive:
    """The files of a zip archive, those in folders included.

    Attributes:
        path: Path of the archive.
    """

    def __init__(self, path):
        self.path = path
        self._zip = None
        self._members = {}
        self._pid = None

    def __getstate__(self):
        return {'path': self.path, '_zip': None, '_members': {}, '_pid': None}

    def _open(self):
        if self._pid != os.getpid():  # Processes must not share the position in a file.
            try:
                self._zip, self._pid = zipfile.ZipFile(self.path), os.getpid()
            except READ_ERRORS as error:
                raise UserError(
                    f'{self.path} is damaged, or no zip archive that can be read ({error}); copy it again'
                ) from error
            # Name -> name in the archive: some programs for Windows write backslashes between folders.
            self._members = {name.replace('\\', '/'): name for name in self._zip.namelist()}
        return self._zip

    def list_files(self, recursive=True):
        """Return a Listing of the files; an archive is always searched as a whole."""
        self._open()
        names = sorted(name for name in self._members if not name.endswith('/'))
        skipped = [name for name in names if any(map(is_hidden, name.split('/')))]
        return Listing(sorted(set(names).difference(skipped)), skipped)

    def locate(self, name):
        """Return the path of the archive and the name in it."""
        return f'{self.path}/{name}'

    def read(self, name, num_bytes=-1):
        """Return the content of a file, or the beginning of it."""
        archive = self._open()
        member = self._members.get(name, name)
        with archive.open(member) as file:
            content = file.read(num_bytes)
        if num_bytes < 0 and len(content) != archive.getinfo(member).file_size:
            raise zipfile.BadZipFile('it has another size than the archive says')
        return content

    def get_version(self, name):
        """Return a tuple, of which the first is the size of a file, that differs when the file changes."""
        info = self._open().getinfo(self._members.get(name, name))
        return info.file_size, info.CRC


def open_source(path):
    """Return the source of a path; raise UserError if it is neither a folder nor a zip archive."""
    if os.path.isfile(path) and zipfile.is_zipfile(path):
        return Archive(path)
    if os.path.isfile(path) and path.lower().endswith('.zip'):
        raise UserError(f'{path} is no zip archive, or it is damaged; copy it again')
    check_directory(path, 'picture folder')
    return Folder(path)
