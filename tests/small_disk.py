# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""A disk in memory that is soon full."""

import contextlib
import os
import subprocess

import pytest


class SmallDisk:
    """A mounted file system of little size.

    Args:
        path: Folder that it is mounted at.
    """

    def __init__(self, path):
        self.path = path
        self._filler = os.path.join(path, 'filler')

    def join(self, *names):
        """Return a path on the disk."""
        return os.path.join(self.path, *names)

    def fill(self):
        """Leave no room but in the last blocks of the files that are there."""
        with open(self._filler, 'ab', buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))

    def make_room(self):
        """Undo what `fill` did."""
        os.remove(self._filler)


@contextlib.contextmanager
def mount(folder, num_kbytes=256):
    """Yield a SmallDisk that is mounted at a folder; skip the test where that is not allowed."""
    options = ['mount', '-t', 'tmpfs', '-o', f'size={num_kbytes}k', 'tmpfs', folder]
    try:
        subprocess.check_output(options, stderr=subprocess.STDOUT)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip('needs the right to mount')
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.check_call(['umount', '-l', folder])
