# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The record format of the data sets, read and written without TensorFlow.

A `.tfrecords` file is a sequence of records: length, checksum of the length, payload, checksum of the payload. The
payload is a serialised `tf.train.Example` with the features `data` (C*H*W bytes, channel-major) and `shape` (C, H, W).
Checksums are CRC-32C, rotated and shifted. As a CRC is linear over XOR, those of many records are computed at once.
"""

import functools
import glob
import itertools
import os
import struct

import numpy as np

from dnnlib import cmdline, util

# ----------------------------------------------------------------------------
# Checksums.


@functools.lru_cache(maxsize=None)
def _make_zeros_tables(log2_bytes):
    """Return two tables [65536] that tell what the two halves of a CRC become after 2**log2_bytes zero bytes."""
    basis = np.uint32(1) << np.arange(32, dtype=np.uint32)
    if log2_bytes == 0:
        for _ in range(8):
            basis = (basis >> np.uint32(1)) ^ np.where(basis & np.uint32(1), np.uint32(0x82F63B78), np.uint32(0))
    else:
        basis = _append_zeros(_append_zeros(basis, log2_bytes - 1), log2_bytes - 1)

    tables = []
    for half in (basis[:16], basis[16:]):
        table = np.zeros([1], np.uint32)
        for image in half:
            table = np.concatenate([table, table ^ image])
        tables.append(table)
    return tables


def _append_zeros(crcs, log2_bytes):
    low, high = _make_zeros_tables(log2_bytes)
    return low[crcs & np.uint32(0xFFFF)] ^ high[crcs >> np.uint32(16)]


@functools.lru_cache(maxsize=1024)
def _compute_start_term(num_bytes):
    """Return what the start value of all ones contributes to the CRC of a message of this length."""
    term = np.full([1], 0xFFFFFFFF, np.uint32)
    for bit in range(num_bytes.bit_length()):
        if num_bytes >> bit & 1:
            term = _append_zeros(term, bit)
    return term[0]


def _mask(crcs):
    """Return the form in which checksums are stored."""
    rotated = (crcs >> np.uint32(15)) | (crcs << np.uint32(17))
    return rotated + np.uint32(0xA282EAD8)  # Modulo 2**32.


def compute_checksums(rows, lengths=None):
    """Return the stored checksum of each row.

    Args:
        rows: Messages, uint8 [num_rows, num_bytes]; shorter ones are filled up with zeros in front.
        lengths: Number of bytes of each message, or None if no row is filled up.

    Returns:
        Masked CRC-32C, uint32 [num_rows].
    """
    num_rows, num_bytes = rows.shape
    if num_bytes % 4:  # Leading zeros leave a CRC that starts at zero unchanged.
        rows = np.concatenate([np.zeros([num_rows, -num_bytes % 4], np.uint8), rows], axis=1)
    words = np.ascontiguousarray(rows).view('<u4')

    log2_bytes = 2
    while words.shape[1] > 1:  # Join neighbours, doubling the bytes that each word stands for.
        if words.shape[1] % 2:
            words = np.concatenate([np.zeros([num_rows, 1], np.uint32), words], axis=1)
        words = _append_zeros(words[:, 0::2], log2_bytes) ^ words[:, 1::2]
        log2_bytes += 1
    start_terms = np.array([_compute_start_term(length) for length in lengths or [num_bytes]])
    return _mask(~(_append_zeros(words[:, 0], 2) ^ start_terms))


# ----------------------------------------------------------------------------
# One record.


def _encode_varint(value):
    groups = []
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(groups + [value])


def _encode_field(number, content):
    """Return a length-delimited field of a protocol buffer."""
    return _encode_varint(number << 3 | 2) + _encode_varint(len(content)) + content


def _encode_feature(name, kind, values):
    """Return a map entry of tf.train.Features; kind 1 is bytes_list, 3 is int64_list."""
    feature = _encode_field(kind, _encode_field(1, values))
    return _encode_field(1, _encode_field(1, name) + _encode_field(2, feature))


@functools.lru_cache(maxsize=64)
def _make_template(shape):
    """Return the record of a black image up to its last checksum, and where in it the pixels begin."""
    num_bytes = int(np.prod(shape))
    data = _encode_feature(b'data', 1, bytes(num_bytes))
    dims = _encode_feature(b'shape', 3, b''.join(_encode_varint(dim) for dim in shape))
    payload = _encode_field(1, data + dims)
    length = struct.pack('<Q', len(payload))
    header = length + compute_checksums(np.frombuffer(length, np.uint8)[np.newaxis]).tobytes()
    start = len(header) + len(payload) - len(dims) - num_bytes
    return np.frombuffer(header + payload, np.uint8), start


def compute_record_size(shape):
    """Return the number of bytes of the record of one image of a shape (C, H, W)."""
    return len(_make_template(tuple(shape))[0]) + 4


def encode_images(images):
    """Return the records of images, ready to be written.

    Args:
        images: Array, uint8 [NCHW].
    """
    template, start = _make_template(tuple(images.shape[1:]))
    pixels = images.reshape(len(images), -1)
    records = np.empty([len(images), len(template) + 4], np.uint8)
    records[:, :-4] = template
    records[:, start : start + pixels.shape[1]] = pixels
    records[:, -4:] = compute_checksums(records[:, 12:-4]).view(np.uint8).reshape(-1, 4)
    return records.tobytes()


def _decode_varint(message, pos):
    """Return a number and the position behind it."""
    value = shift = 0
    while message[pos] > 0x7F:
        value |= (message[pos] & 0x7F) << shift
        shift += 7
        pos += 1
    return value | message[pos] << shift, pos + 1


def _decode_fields(message):
    """Yield number and value of each field of a protocol buffer; the value is an integer or bytes."""
    pos = 0
    while pos < len(message):
        tag, pos = _decode_varint(message, pos)
        wire_type = tag & 7
        if wire_type == 0:
            value, pos = _decode_varint(message, pos)
        else:
            if wire_type == 2:
                size, pos = _decode_varint(message, pos)
            else:
                size = {1: 8, 5: 4}[wire_type]
            value = message[pos : pos + size]
            pos += size
            if pos > len(message):
                raise IndexError('field reaches beyond the end of its message')
        yield tag >> 3, value


def _decode_ints(values):
    """Return the integers of an Int64List, packed or not."""
    ints = []
    for _, value in _decode_fields(values):
        pos = 0
        while not isinstance(value, int) and pos < len(value):
            number, pos = _decode_varint(value, pos)
            ints.append(number)
        if isinstance(value, int):
            ints.append(value)
    return ints


def _decode_example(payload):
    """Return the bytes and the shape inside a tf.train.Example."""
    features = {}
    for _, entry in _decode_fields(dict(_decode_fields(payload))[1]):
        key_value = dict(_decode_fields(entry))
        features[bytes(key_value[1])] = dict(_decode_fields(key_value[2]))
    return dict(_decode_fields(features[b'data'][1]))[1], _decode_ints(features[b'shape'][3])


def decode_image(payload, name='payload'):
    """Return the image of a payload.

    Args:
        payload: Serialised tf.train.Example.
        name: What to call it in an error message.

    Returns:
        Array, uint8 [CHW].

    Raises:
        UserError: If it holds something else.
    """
    try:
        data, shape = _decode_example(payload)
        image = np.frombuffer(data, np.uint8).reshape(shape)
        if image.ndim != 3:
            raise ValueError('not a [CHW] shape')
    except (KeyError, IndexError, TypeError, ValueError):
        raise util.UserError(
            f'{name} holds no image (a tf.train.Example with the features data, uint8, and shape, C H W, is expected); '
            'make the data set with dataset_tool.py'
        ) from None
    return image


# ----------------------------------------------------------------------------
# Files.


@functools.lru_cache(maxsize=1024)
def _decode_header(header):
    """Return the payload length that the first 12 bytes of a record state, or None if their checksum is wrong."""
    length = np.frombuffer(header[:8], np.uint8)[np.newaxis]
    if len(header) < 12 or compute_checksums(length).tobytes() != header[8:]:
        return None
    return struct.unpack('<Q', header[:8])[0]


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
        if length is None:
            raise util.UserError(f'{path}: record {index} is damaged, or this is no TFRecord file; make it again')
        pos += len(header) + length + 4
        if pos > size:
            raise util.UserError(f'{path}: record {index} is cut off; copy the file again or make the data set anew')
        yield length


def _are_intact(frames):
    """Tell whether the payloads of a list of (payload, stored checksum) have those checksums."""
    lengths = [len(payload) for payload, _ in frames]
    joined = b''.join(payload.rjust(max(lengths), b'\0') for payload, _ in frames)
    rows = np.frombuffer(joined, np.uint8).reshape(len(frames), max(lengths))
    return compute_checksums(rows, lengths).tobytes() == b''.join(checksum for _, checksum in frames)


def read_images(path, batch_size=16):
    """Yield the images of a `.tfrecords` file, uint8 [CHW], in the order of its records.

    Args:
        path: File to read.
        batch_size: Number of records that are read and checked together.

    Raises:
        UserError: If a record is damaged or holds no image; the message names file and record.
    """
    with open(path, 'rb') as file:
        frames = ((file.read(length), file.read(4)) for length in _walk_frames(file, path))
        for start in itertools.count(0, batch_size):
            batch = list(itertools.islice(frames, batch_size))
            if not batch:
                return
            if not _are_intact(batch):
                last = start + len(batch) - 1
                raise util.UserError(f'{path}: a record between {start} and {last} is damaged; copy or make it again')
            for index, (payload, _) in enumerate(batch, start):
                yield decode_image(payload, f'{path}: record {index}')


def count_records(path):
    """Return the number of records of a file without reading all of it; raise UserError if it is cut off."""
    with open(path, 'rb') as file:
        first = next(_walk_frames(file, path), None)
        if first is None:
            return 0
        record_size = first + 16
        count, rest = divmod(os.path.getsize(path), record_size)
        file.seek((count - 1) * record_size)
        if rest == 0 and _decode_header(file.read(12)) == first:
            return count  # All records have the same size, as it is with uncompressed images.
        return sum(1 for _ in _walk_frames(file, path))


# ----------------------------------------------------------------------------
# Directories.


def find_shapes(tfrecord_dir):
    """Return path and image shape of each `.tfrecords` file of a data set.

    Args:
        tfrecord_dir: Directory of the data set.

    Returns:
        List of (path, (C, H, W)), sorted by path.

    Raises:
        UserError: If there is no such directory, no such file in it, or one that cannot be read.
    """
    check_directory(tfrecord_dir, 'data set directory')
    paths = sorted(glob.glob(os.path.join(glob.escape(tfrecord_dir), '*.tfrecords')))
    if not paths:
        raise util.UserFileNotFoundError(
            f'no .tfrecords files in {tfrecord_dir}{_hint_at_contents(tfrecord_dir)}; '
            'make them with: python dataset_tool.py create_from_images TFRECORD_DIR IMAGE_DIR'
        )
    return [(path, _peek_shape(path)) for path in paths]


def _peek_shape(path):
    for image in read_images(path, batch_size=1):
        return image.shape
    raise util.UserError(f'{path} holds no records; make the data set again')


def check_directory(path, purpose):
    """Raise UserError if a directory does not exist, with the name that was probably meant."""
    if os.path.isdir(path):
        return
    if os.path.exists(path):
        raise util.UserError(f'{purpose} expected, but {path} is a file')
    parent, name = os.path.split(os.path.abspath(path))
    if not os.path.isdir(parent):
        raise util.UserFileNotFoundError(f'{purpose} {path} does not exist, nor does {parent}')
    siblings = sorted(entry.name for entry in os.scandir(parent) if entry.is_dir())
    raise util.UserFileNotFoundError(f'{purpose} {path} does not exist{cmdline.did_you_mean(name, siblings)}')


def _hint_at_contents(path):
    """Return a clause that names sub-directories which are data sets themselves, or an empty text."""
    found = glob.glob(os.path.join(glob.escape(path), '*', '*.tfrecords'))
    names = sorted({os.path.basename(os.path.dirname(file)) for file in found})
    return f' (but in its sub-directories {", ".join(names[:5])})' if names else ''


def find_label_file(tfrecord_dir):
    """Return the path of the first `.labels` file of a data set, or None."""
    paths = sorted(glob.glob(os.path.join(glob.escape(tfrecord_dir), '*.labels')))
    return paths[0] if paths else None


def read_labels(path):
    """Return the labels of a `.labels` file, float32 [num_images, label_size]; raise UserError if it has none."""
    try:
        with open(path, 'rb') as file:
            labels = np.load(file, allow_pickle=False)
    except (ValueError, EOFError):
        raise util.UserError(f'{path} is no label file: expected an array in NumPy format (.npy)') from None
    if labels.ndim != 2 or labels.dtype.kind not in 'fiub':
        raise util.UserError(f'{path}: expected numbers [num_images, label_size], got {labels.dtype} {labels.shape}')
    return labels.astype(np.float32)
