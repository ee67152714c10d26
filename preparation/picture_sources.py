# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Where the pictures of a data set come from: a folder or a zip archive."""

import os
import zipfile

from dnnlib import util
from dnnlib.image_sources import Archive, Folder
from training import tfrecord


def open_source(path):
    """Return the source of a path; raise UserError if it is neither a folder nor a zip archive."""
    if os.path.isfile(path) and zipfile.is_zipfile(path):
        return Archive(path)
    if os.path.isfile(path) and path.lower().endswith('.zip'):
        raise util.UserError(f'{path} is no zip archive, or it is damaged; copy it again')
    tfrecord.check_directory(path, 'picture folder')
    return Folder(path)
