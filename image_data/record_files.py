# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""A `.tfrecords` file: reads, counts and checks its records. Needs no TensorFlow."""

import functools
import hashlib
import itertools
import os
import struct

import numpy as np

from dnnlib import file_signatures, util
from image_data import records
from image_data.checksums import compute_checksum

_FRAME_SIZE = 16  # Bytes of a record besides its payload: length and two checksums.


@functools.lru_cache(maxsize=1024)
def _decode_header(header):
    """Return the payload length that the first 12 bytes of a record state, or None if their checksum is wrong."""
    if len(header) < 12:
        return None
    length, checksum = struct.unpack('<QI', header)
    return length if compute_checksum(header[:8]) == checksum else None


def _walk_frames(file, path):
    """Yield the payload length of each record, with the file positioned behind its header; the user reads the rest."""
    size = os.path.getsize(path)
    pos = 0
    for index in itertools.count():
        file.seek(pos)
        header = file.read(12)
        if not header:
            return
        length = _decode_header(header)
        if length is None and index == 0 and file_signatures.find_format(header) == 'gzip':
            raise util.UserError(
                f'{path} is compressed; unpack it with gunzip, or make the data set with dataset_tool.py'
            )
        if length is None:
            raise util.UserError(f'{path}: record {index} is damaged, or this is no TFRecord file; make it again')
        pos += len(header) + length + 4
        if pos > size:
            raise util.UserError(f'{path}: record {index} is cut off; copy the file again or make the data set anew')
        yield length


def _find_damage(frames):
    """Return a list that tells of each (payload, stored checksum) whether the payload has another checksum."""
    computed = records.compute_payload_checksums([payload for payload, _ in frames])
    return (computed != np.frombuffer(b''.join(checksum for _, checksum in frames), '<u4')).tolist()


def _read_frames(path, batch_size):
    """Yield lists of up to `batch_size` pairs (payload, stored checksum) of a file."""
    batch, error = [], None
    with open(path, 'rb') as file:
        try:
            for length in _walk_frames(file, path):
                batch.append((file.read(length), file.read(4)))
                if len(batch) == batch_size:
                    yield batch
                    batch = []
        except util.UserError as caught:
            error = caught  # Not before the records that could be read.
    if batch:
        yield batch
    if error:
        raise error


def read_first_shape(path):
    """Return shape (C, H, W) and encoding of the first image of a `.tfrecords` file.

    Raises:
        UserError: If the file is empty, or that record is damaged or holds no image.
    """
    for batch in _read_frames(path, batch_size=1):
        if any(_find_damage(batch)):
            raise util.UserError(f'{path}: record 0 is damaged; copy or make it again')
        return records.parse_payload(batch[0][0], f'{path}: record 0')[1:]
    raise util.UserError(f'{path} holds no records; make the data set again')


def read_images(path, batch_size=16):
    """Yield the images of a `.tfrecords` file, uint8 [CHW], in the order of its records.

    Args:
        path: File to read.
        batch_size: Number of records that are read and checked together.

    Raises:
        UserError: If a record is damaged or holds no image; the message names file and record.
    """
    index = 0
    for batch in _read_frames(path, batch_size):
        if any(_find_damage(batch)):
            last = index + len(batch) - 1
            raise util.UserError(f'{path}: a record between {index} and {last} is damaged; copy or make it again')
        for payload, _ in batch:
            yield records.decode_image(payload, f'{path}: record {index}')
            index += 1


def find_bad_records(path, progress=None):
    """Look at each record of a `.tfrecords` file; the first good image shows the shape that all should have.

    Args:
        path: File to read.
        progress: Function that is called with the number of records just read, or None.

    Returns:
        Tuple of the number of records that could be found, and a list of sentences, each about one bad one.
    """
    problems, shape, count = [], None, 0
    try:
        for batch in _read_frames(path, batch_size=16):
            for (payload, _), is_damaged in zip(batch, _find_damage(batch)):
                name = f'{path}: record {count}'
                found, problem = (None, f'{name} is damaged') if is_damaged else _find_problem(payload, name, shape)
                shape = shape or found
                problems += [problem] if problem else []
                count += 1
            if progress:
                progress(len(batch))
    except util.UserError as error:  # What follows cannot be found.
        problems.append(str(error))
    return count, problems


def _find_problem(payload, name, shape):
    """Return the shape of an image, or None, and a sentence about what is wrong with it, or None."""
    try:
        found = records.decode_image(payload, name).shape
    except util.UserError as error:
        return None, str(error)
    if shape not in (None, found):
        return None, f'{name} has the shape {list(found)}, expected {list(shape)}'
    return found, None


def count_records(path):
    """Return the number of records of a file without reading all of it; raise UserError if it is cut off."""
    return len(find_records(path)) - 1


def find_records(path):
    """Return where the records of a file begin and the last one ends, int64 [num_records + 1].

    Raises:
        UserError: If the file is cut off, or a header is damaged.
    """
    status = os.stat(path)
    return _find_records(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=32)
def _find_records(path, size, _mtime_ns):
    with open(path, 'rb') as file:
        first = next(_walk_frames(file, path), None)
        if first is None:
            return np.zeros([1], np.int64)
        record_size = first + _FRAME_SIZE
        if size % record_size == 0:
            starts = np.arange(0, size + 1, record_size, dtype=np.int64)
            if _are_all_there(file, starts, first):  # All have the same size, as uncompressed images have.
                return starts
        lengths = np.fromiter(_walk_frames(file, path), np.int64)
        return np.concatenate([[0], np.cumsum(lengths + _FRAME_SIZE)])


def _are_all_there(file, starts, length, max_records=64):
    """Tell whether records of a payload length begin where they should, by a look at some, spread over the file."""
    for start in starts[np.unique(np.linspace(0, len(starts) - 2, max_records).astype(np.int64))]:
        file.seek(int(start))
        if _decode_header(file.read(12)) != length:
            return False
    return True


def read_records(path, starts, indices):
    """Return the payloads of some records of a file, a list of bytes.

    Args:
        path: File to read.
        starts: What `find_records` returned.
        indices: Numbers of the records.

    Raises:
        UserError: If one of them is damaged.
    """
    frames = []
    with open(path, 'rb') as file:
        for index in indices:
            num_bytes = int(starts[index + 1] - starts[index])
            file.seek(int(starts[index]))
            record = file.read(num_bytes)
            if _decode_header(record[:12]) != num_bytes - _FRAME_SIZE or len(record) < num_bytes:
                raise util.UserError(
                    f'{path}: record {index} is damaged; copy the file again or make the data set anew'
                )
            frames.append((record[12:-4], record[-4:]))
    damaged = [index for index, is_damaged in zip(indices, _find_damage(frames)) if is_damaged]
    if damaged:
        raise util.UserError(f'{path}: record {damaged[0]} is damaged; copy the file again or make the data set anew')
    return [payload for payload, _ in frames]


def compute_fingerprint(path, max_records=64):
    """Return a text that changes with the content of a file, as far as its size and some of its checksums tell.

    Args:
        path: File to read.
        max_records: Number of records to look at, spread over the file.
    """
    starts = find_records(path)
    chosen = np.unique(np.linspace(0, len(starts) - 1, max_records + 1).astype(np.int64)[1:])
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        for end in starts[chosen]:
            file.seek(max(int(end) - 4, 0))
            digest.update(file.read(4))
    return f'{starts[-1]}-{digest.hexdigest()[:16]}'
