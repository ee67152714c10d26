# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Snapshots of other programs, made into ones of ours when they are first used, and kept in the cache."""

import os

from conversion import reading
from conversion.converter import convert
from dnnlib import files

_FOREIGN = (reading.ADA_PICKLE, reading.TORCH, reading.NPZ)


def find_snapshot(path_or_url):
    """Return the path or URL of a TensorFlow snapshot: the given one, or what was made of a file of another kind.

    Raises:
        UserError: If the file is missing, or cannot be converted.
    """
    file = reading.fetch(path_or_url)
    if file.kind not in _FOREIGN:
        return path_or_url
    name = os.path.splitext(os.path.basename(file.path))[0]
    path = files.make_cache_dir_path('converted', files.hash_file(file.path)[:16], name + '.pkl')
    if not os.path.exists(path):
        print(f'{path_or_url} is a {file.kind}; a snapshot is made of it in {os.path.dirname(path)}')
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = files.make_temporary_path(path, '.pkl')
        try:
            convert(path_or_url, temporary, 'pkl')
            os.replace(temporary, path)
        finally:
            if os.path.exists(temporary):
                os.remove(temporary)
    return path
