# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What kind of file a file is, told by its content."""

import io
import zipfile

from conversion import ada_pickle
from dnnlib import util

SNAPSHOT = 'TensorFlow snapshot'
ADA_PICKLE = 'pickle of StyleGAN2-ADA for PyTorch or StyleGAN3'
NPZ = 'NumPy archive'
TORCH = 'PyTorch file'
NETWORKS = (SNAPSHOT, ADA_PICKLE, NPZ, TORCH)  # The kinds that may hold networks.

_HEADS = (  # First bytes -> what the file is.
    (b'version https://git-lfs', 'git-lfs pointer; fetch the file itself with `git lfs pull`'),
    (b'\x1f\x8b', 'gzip archive; unpack it first'),
    (b'BZh', 'bzip2 archive; unpack it first'),
    (b'7z\xbc\xaf', '7-zip archive; unpack it first'),
    (b'Rar!', 'RAR archive; unpack it first'),
    (b'\x89HDF', 'HDF5 file'),
    (b'\x93NUMPY', 'single NumPy array'),
    (b'\x89PNG', 'PNG picture'),
    (b'\xff\xd8\xff', 'JPEG picture'),
    (b'GIF8', 'GIF picture'),
    (b'%PDF', 'PDF document'),
    (b'{', 'JSON text'),
)
_LEGACY_TORCH_HEAD = b'\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19'  # The pickled magic number.


def detect_kind(content, name=''):
    """Return one of the kinds above, or a few words on what else a file is.

    Args:
        content: Bytes of the file.
        name: Its name, whose ending serves where the content tells nothing.
    """
    if not content:
        return 'empty file; copy or download it again'
    if util.is_html(content[:1024]):
        return 'web page, as servers send instead of a file that is missing or over its quota; download it again'
    if content.startswith(_LEGACY_TORCH_HEAD):
        return TORCH
    if content.startswith(b'PK\x03\x04'):
        return _detect_zip(content)
    for head, kind in _HEADS:
        if content.lstrip().startswith(head):
            return kind
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
