# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""HDF5 archives as Progressive GAN used them: a data set `data<size>x<size>`, uint8 [NCHW], per resolution.

Labels are beside the archive in `<name>-labels.npy`.
"""

import contextlib
import itertools
import os

import numpy as np

from dnnlib import image_files, util
from image_data import dataset_files, exporter, image_survey, inspection, label_files
from image_data.importers import sources

CHUNK_BYTES = 1 << 16  # What is compressed together.

# ----------------------------------------------------------------------------
# Archive -> data set.


def write_dataset(tfrecord_dir, hdf5_filename, shuffle=True, overwrite=False, progress=None):
    """Write a data set of the largest images of an archive, and of the labels beside it, if any.

    Args:
        tfrecord_dir: Directory to make.
        hdf5_filename: The archive.
        shuffle: Write the images in shuffled order, the same one every time.
        overwrite: Replace an existing data set.
        progress: Function that is called with the number of images just done and of all, or None.

    Returns:
        Number of images.

    Raises:
        UserError: If the archive cannot be read or holds something else.
    """
    with _open(hdf5_filename) as archive:
        with _blaming(hdf5_filename):
            data = _find_largest(archive, hdf5_filename)
        shape = data.shape[1:]
        try:
            exporter.check_shape(shape)
        except util.UserError as error:
            raise util.UserError(f'{hdf5_filename}, {data.name}: {error}') from error
        labels = _read_labels(hdf5_filename, len(data))
        with sources.make_exporter(tfrecord_dir, shape, len(data), overwrite) as tfr:
            order = tfr.choose_shuffled_order() if shuffle else np.arange(len(data))
            chunks = sources.split(order, shape)
            sources.write_chunks(tfr, (_read_images(data, chunk, hdf5_filename) for chunk in chunks), progress)
            if labels is not None:
                tfr.add_labels(labels[order])
        return len(data)


def _open(hdf5_filename):
    h5py = sources.import_package('h5py')
    if not os.path.isfile(hdf5_filename):
        raise util.UserFileNotFoundError(f'HDF5 archive {hdf5_filename} does not exist')
    with _blaming(hdf5_filename):
        return h5py.File(hdf5_filename, 'r')


@contextlib.contextmanager
def _blaming(hdf5_filename):
    """Name the archive in errors that its library raises for damage."""
    try:
        yield
    except util.UserError:
        raise
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise util.UserError(f'{hdf5_filename} is damaged, or is no HDF5 archive ({error})') from error


def _find_largest(archive, hdf5_filename):
    """Return the data set with the widest images among those whose names begin with `data`."""
    candidates = [value for key, value in archive.items() if str(key).lower().startswith('data')]  # Or bytes, no UTF-8.
    shapes = [getattr(value, 'shape', None) or () for value in candidates]  # Groups have none, empty data sets None.
    candidates = [value for value, shape in zip(candidates, shapes) if len(shape) == 4 and value.dtype == np.uint8]
    if not candidates:
        raise util.UserError(
            f'{hdf5_filename} holds no images: a data set data<size>x<size> of uint8 [N, C, H, W] is expected, '
            f'but there are {util.abridge(sorted(map(str, archive))) or "none"}'
        )
    largest = max(candidates, key=lambda data: data.shape[3])
    if not len(largest):
        raise util.UserError(f'{hdf5_filename} holds no images: {largest.name} is empty')
    return largest


def _read_images(data, indices, hdf5_filename):
    """Return images of a data set of an archive, uint8 [NCHW]."""
    with _blaming(hdf5_filename):
        return np.stack([data[index] for index in indices])


def get_label_path(hdf5_filename):
    """Return the path of the labels that belong to an archive."""
    return os.path.splitext(hdf5_filename)[0] + '-labels.npy'


def _read_labels(hdf5_filename, num_images):
    path = get_label_path(hdf5_filename)
    return label_files.read_labels(path, num_images) if os.path.isfile(path) else None


# ----------------------------------------------------------------------------
# Data set or images -> archive.


def check_target(hdf5_filename, overwrite=False):
    """Raise UserError if an archive must not be written to a path."""
    if os.path.isdir(hdf5_filename):
        raise util.UserError(f'cannot write the archive {hdf5_filename}: there is a folder of that name')
    for path in (hdf5_filename, get_label_path(hdf5_filename)):
        if os.path.exists(path) and not overwrite:
            raise util.UserError(f'{path} exists already; choose another name, or replace it with --overwrite')


def convert_dataset(hdf5_filename, tfrecord_dir, compress=False, overwrite=False, progress=None):
    """Write an archive of a data set, in the same order, with its labels, if any.

    Args:
        hdf5_filename: Archive to make.
        tfrecord_dir: The data set.
        compress: Compress it, without loss.
        overwrite: Replace an existing archive.
        progress: Function that is called with the number of images just done and of all, or None.

    Returns:
        Number of images.
    """
    check_target(hdf5_filename, overwrite)
    shape = dataset_files.find_main_file(tfrecord_dir).shape
    num_images = inspection.count_images(tfrecord_dir)
    labels = []

    def read():
        for image, label in inspection.read_dataset(tfrecord_dir):
            labels.append(label)
            yield image

    with _replacing(hdf5_filename) as temporary:
        _write(temporary, read(), shape, num_images, compress, progress)
        _save_labels(get_label_path(hdf5_filename), np.stack(labels))
    return num_images


def convert_images(hdf5_filename, image_dir, compress=False, overwrite=False, progress=None):
    """Write an archive of a folder of images, in the order of their names, without labels.

    Args:
        hdf5_filename: Archive to make.
        image_dir: Folder or zip archive of images.
        compress: Compress it, without loss.
        overwrite: Replace an existing archive.
        progress: Function that is called with the number of images just done and of all, or None.

    Returns:
        Number of images.

    Raises:
        UserError: If an image cannot be used as it is.
    """
    check_target(hdf5_filename, overwrite)
    survey = image_survey.survey_images(image_dir)
    if survey.rejected:
        image = survey.rejected[0]
        raise util.UserError(
            f'{survey.source.locate(image.name)} {image.reason}; create_from_images can mend or leave out '
            'pictures, and convert_to_hdf5 makes an archive of its result'
        )
    source = survey.source
    pixels = (image_files.decode(source.read(info.name), source.locate(info.name)) for info in survey.usable)
    with _replacing(hdf5_filename) as temporary:
        _write(temporary, pixels, survey.shape, len(survey.usable), compress, progress)
        _save_labels(get_label_path(hdf5_filename), np.zeros([0, 0]))
    return len(survey.usable)


@contextlib.contextmanager
def _replacing(path):
    """Yield a temporary name beside a path; what was written there takes its place in the end, or is removed."""
    folder, name = os.path.split(os.path.abspath(path))
    temporary = os.path.join(folder, f'.{name}.partial-{os.getpid()}')
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)


def _write(path, pixels, shape, num_images, compress, progress):
    """Write an archive of images, an iterable of uint8 [CHW]."""
    h5py = sources.import_package('h5py')
    with h5py.File(path, 'w') as archive:
        levels = [
            _create_level(archive, (num_images, shape[0], shape[1] >> level, shape[2] >> level), compress)
            for level in range(exporter.count_levels(shape))
        ]
        pixels = iter(pixels)
        for chunk in sources.split(range(num_images), shape):
            batch = np.stack(list(itertools.islice(pixels, len(chunk))))
            for level, smaller in zip(levels, exporter.make_pyramid(batch)):
                level[chunk.start : chunk.stop] = smaller
            if progress:
                progress(len(chunk), num_images)


def _create_level(archive, shape, compress):
    """Return a new data set of an archive for images of a shape (N, C, H, W)."""
    images_per_chunk = int(np.clip(CHUNK_BYTES // np.prod(shape[1:]), 1, shape[0]))
    return archive.create_dataset(
        f'data{shape[3]}x{shape[2]}',
        shape=shape,
        dtype=np.uint8,
        chunks=(images_per_chunk,) + shape[1:],
        compression='gzip' if compress else None,
    )


def _save_labels(path, labels):
    """Save labels, or remove older ones if there are none to save."""
    if labels.size:
        with util.atomic_write(path) as file:
            np.save(file, labels)
    elif os.path.exists(path):
        os.remove(path)
