# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Folders and zip archives of images in place of data sets: their records are made once, and kept in the cache."""

import contextlib
import functools
import hashlib
import os
import sys
import zipfile

from dnnlib import files, image_files
from dnnlib.image_sources import READ_ERRORS, Folder, open_source
from dnnlib.progress import Progress
from dnnlib.util import UserError
from image_data import dataset_files, dataset_writer, image_survey, process_pool
from image_data.labels import find_labels

ENCODING = 'png'  # PNG and JPEG files stay as they are: the records take no more space than the images.
_FORMAT_VERSION = 1  # Of what is in the cache.
_CHUNK_SIZE = 64  # Files that a worker handles at once.


def find_dataset(data_dir, dataset):
    """Return where a data set lies; of a folder or zip archive of images the one that is made of them in the cache.

    What `dataset_tool.py create_from_images --encoding=png` makes of the images is kept below the cache directory
    `datasets`, under a checksum of their names and contents, and found again for the same ones, wherever they lie.

    Args:
        data_dir: Directory of data sets, or None for the current one.
        dataset: Name in it or path of a data set, one of its `.tfrecords` files, or a folder or archive of images.

    Returns:
        Directory, an absolute path, and the name of the data set in it, which is that of the folder.

    Raises:
        UserError: If there are images, but they cannot become a data set as they are.
    """
    data_dir, name = dataset_files.split_path(data_dir, dataset)
    path = os.path.join(data_dir, name)
    if not holds_images(path):
        return data_dir, name
    try:
        return os.path.split(_make_dataset(path))
    except UserError as error:
        raise UserError(
            f'{path} cannot be used as it is: {error}; a data set is made with such options by: '
            f'python dataset_tool.py create_from_images TFRECORD_DIR {path}'
        ) from error


def holds_images(path):
    """Tell whether a path is that of a zip archive, or of a folder of images without data sets in it or below it."""
    if not os.path.isdir(path):
        return os.path.isfile(path) and (zipfile.is_zipfile(path) or path.lower().endswith('.zip'))
    if dataset_files.is_dataset(path) or dataset_files.list_datasets(path):
        return False
    source = Folder(path)
    return any(image_files.is_image(source, name) for name in source.list_files().names)


def _make_dataset(path):
    """Return the directory of the data set of the images of a path, made or found in the cache."""
    is_shown = sys.stderr.isatty()
    versions = _list_versions(path)
    with Progress('Reading', is_shown) as progress:
        key = compute_key(open_source(path), os.cpu_count(), progress)
    folder = files.make_cache_dir_path('datasets', key)
    name = os.path.basename(path)
    target = os.path.join(folder, os.path.splitext(name)[0] if os.path.isfile(path) else name)
    if not dataset_files.is_dataset(target):
        made = dataset_files.list_datasets(folder)
        if made:  # Under another name.
            _link(made[0], target)
        else:
            _write_dataset(path, versions, target, is_shown)
            return target
    _print_note(f'The records of {path} are those made before: {target}')
    return target


def _link(made, target):
    """Let a name stand for a data set beside it, in place of one that stands for nothing."""
    with contextlib.suppress(FileNotFoundError):
        if os.path.islink(target):
            os.remove(target)
    with contextlib.suppress(FileExistsError):  # Another process was faster.
        os.symlink(os.path.basename(made), target)


def _list_versions(path):
    """Return what changes with the files of a path: names, sizes and times."""
    paths = [path] if os.path.isfile(path) else [os.path.join(path, name) for name in Folder(path).list_files().names]
    stats = [os.stat(name) for name in paths]
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in zip(paths, stats)]


def _write_dataset(path, versions, target, is_shown):
    """Make a data set of the images of a path, if it is still as it was, with the defaults of `create_from_images`."""
    with Progress('Checking', is_shown) as progress:
        survey = image_survey.survey_images(
            path, encoding=ENCODING, labels='auto', num_workers=os.cpu_count(), progress=progress
        )
    if _list_versions(path) != versions:
        raise UserError('it changed while it was read; try again when it is complete')
    for note in image_survey.list_notes(survey):
        _print_note(f'Note: {note}')
    if survey.rejected:
        raise UserError(image_survey.describe_rejected(survey))
    _print_note(f'Making records of the {len(survey.usable)} images of {path}, once: {target}')
    try:
        with Progress('Writing', is_shown) as progress:
            dataset_writer.write_dataset(target, survey, num_workers=os.cpu_count(), progress=progress)
    except UserError:
        if not dataset_files.is_dataset(target):  # Else another process was faster.
            raise


def compute_key(source, num_workers=1, progress=None):
    """Return a checksum of the names and contents of the images of a source, and of the list of their labels if any.

    Args:
        source: Folder or Archive.
        num_workers: Number of processes that read.
        progress: Function that is called with the number of files done and of all, or None.
    """
    labels = find_labels(source, 'auto')
    names, _ = image_survey.list_files(source, labels)
    digest = hashlib.sha256(f'{ENCODING} {_FORMAT_VERSION}'.encode())
    chunks = process_pool.split(names, _CHUNK_SIZE)
    compute = functools.partial(_compute_digests, source=source, list_name=labels.list_name if labels else None)
    for digests, chunk in zip(process_pool.map_in_order(compute, chunks, num_workers), chunks):
        for name, content_digest in zip(chunk, digests):
            if content_digest:
                digest.update(name.encode('utf-8', 'surrogateescape') + b'\0' + content_digest)
        if progress:
            progress(len(chunk), len(names))
    return digest.hexdigest()[:32]


def _compute_digests(names, source, list_name):
    """Return the SHA-256 of each file that counts, and None for others."""
    return [
        _compute_digest(source, name) if name == list_name or image_files.is_image(source, name) else None
        for name in names
    ]


def _compute_digest(source, name):
    try:
        return hashlib.sha256(source.read(name)).digest()
    except READ_ERRORS as error:
        raise UserError(f'{source.locate(name)} cannot be read ({error})') from error


def _print_note(line):
    print(line, file=sys.stderr)
