# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What kind of file a file is, told by its content."""

import io
import zipfile

from conversion import ada_pickle
from dnnlib import file_signatures

SNAPSHOT = 'TensorFlow snapshot'
ADA_PICKLE = 'pickle of StyleGAN2-ADA for PyTorch or StyleGAN3'
NPZ = 'NumPy archive'
TORCH = 'PyTorch file'
NETWORKS = (SNAPSHOT, ADA_PICKLE, NPZ, TORCH)  # The kinds that may hold networks.


def detect_kind(content, name=''):
    """Return one of the kinds above, or a few words on what else a file is.

    Args:
        content: Bytes of the file.
        name: Its name, whose ending serves where the content tells nothing.
    """
    if not content:
        return 'empty file; copy or download it again'
    found = file_signatures.find_format(content)
    if found == 'torch':
        return TORCH
    if found == 'zip':
        return _detect_zip(content)
    words = file_signatures.describe(content)
    if words:
        return words.partition(' ')[2]  # Without the article.
    if ada_pickle.is_ada_pickle(content):
        return ADA_PICKLE
    if content[:1] == b'\x80' or name.endswith('.pkl'):
        return SNAPSHOT
    endings = {'.tfrecords': 'data set', '.pb': 'frozen graph or SavedModel of TensorFlow'}
    return dict(endings).get('.' + name.rpartition('.')[2], 'file of an unknown kind')


def _detect_zip(content):
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return 'damaged zip archive; copy or download it again'
    if any(name.split('/', 1)[-1] == 'data.pkl' for name in names):
        return TORCH
    if names and all(name.endswith('.npy') for name in names):
        return NPZ
    if any(name.lower().endswith(('.png', '.jpg', '.jpeg')) for name in names):
        return 'zip archive of pictures, as StyleGAN2-ADA for PyTorch uses for data sets'
    return 'zip archive; unpack it first'
