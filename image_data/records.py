# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""One record of a data set: an image in the form in which files keep it, and back. Needs no TensorFlow.

A `.tfrecords` file is a sequence of records: length, checksum of the length, payload, checksum of the payload. The
payload is a serialised `tf.train.Example` with the features `data` (C*H*W bytes, channel-major) and `shape` (C, H, W).
With a further feature `encoding`, `png` or `jpeg`, the `data` are the bytes of such a file.
"""

import functools
import itertools
import struct

import numpy as np

from dnnlib import file_signatures, image_files, util
from dnnlib.image_files import IMAGE_ERRORS, MODES, describe_image_error
from image_data.checksums import compute_checksum, compute_checksums


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
    header = _encode_header(len(payload))
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


def _encode_header(num_bytes):
    """Return what comes before a payload of a length."""
    length = struct.pack('<Q', num_bytes)
    return length + struct.pack('<I', compute_checksum(length))


def encode_image_files(contents, shape):
    """Return the records of images that stay as they are in their PNG or JPEG files.

    Args:
        contents: List of bytes, the contents of the files.
        shape: Shape (C, H, W) of the images in them.
    """
    payloads = [_encode_image_file(content, tuple(shape)) for content in contents]
    checksums = compute_payload_checksums(payloads).tobytes()
    parts = (
        (_encode_header(len(payload)), payload, checksums[4 * index : 4 * index + 4])
        for index, payload in enumerate(payloads)
    )
    return b''.join(itertools.chain.from_iterable(parts))


def _encode_image_file(content, shape):
    return _encode_field(1, _encode_feature(b'data', 1, content) + _encode_suffix(shape, _detect_encoding(content)))


@functools.lru_cache(maxsize=64)
def _encode_suffix(shape, encoding):
    dims = b''.join(_encode_varint(dim) for dim in shape)
    return _encode_feature(b'encoding', 1, encoding.encode()) + _encode_feature(b'shape', 3, dims)


def _detect_encoding(content):
    return 'png' if file_signatures.find_format(content) == 'png' else 'jpeg'


def compute_image_file_record_size(shape, encoding, num_bytes):
    """Return the number of bytes of the record of a PNG or JPEG file.

    Args:
        shape: Shape (C, H, W) of the image.
        encoding: 'png' or 'jpeg'.
        num_bytes: Size of the file.
    """

    def measure_field(size):
        return 1 + len(_encode_varint(size)) + size

    data = measure_field(measure_field(len(b'data')) + measure_field(measure_field(measure_field(num_bytes))))
    return 16 + measure_field(data + len(_encode_suffix(tuple(shape), encoding)))


def compute_payload_checksums(payloads):
    """Return the stored checksums of messages of any lengths, uint32 [num_payloads]."""
    lengths = [len(payload) for payload in payloads]
    joined = b''.join(payload.rjust(max(lengths), b'\0') for payload in payloads)
    return compute_checksums(np.frombuffer(joined, np.uint8).reshape(len(payloads), max(lengths)), lengths)


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
    """Return data, shape and encoding ('raw', 'png' or 'jpeg') inside a tf.train.Example."""
    features = {}
    for _, entry in _decode_fields(dict(_decode_fields(payload))[1]):
        key_value = dict(_decode_fields(entry))
        features[bytes(key_value[1])] = dict(_decode_fields(key_value[2]))
    if not {b'data', b'shape'} <= set(features):
        names = ', '.join(sorted(name.decode('utf-8', 'backslashreplace') for name in features))
        raise ValueError(f'its features are {names[:100] or "none"}')

    def get_bytes(name):
        return dict(_decode_fields(features[name][1]))[1]

    encoding = bytes(get_bytes(b'encoding')).decode('ascii') if b'encoding' in features else 'raw'
    if encoding not in ('raw', 'png', 'jpeg'):
        raise ValueError(f'its encoding is {encoding[:20]}')
    return get_bytes(b'data'), tuple(_decode_ints(features[b'shape'][3])), encoding


def parse_payload(payload, name):
    """Return data, shape and encoding of a payload; raise UserError if it holds something else."""
    try:
        data, shape, encoding = _decode_example(payload)
        if len(shape) != 3 or 0 in shape[1:]:
            raise ValueError(f'its shape is {list(shape)}')
        num_bytes = shape[0] * shape[1] * shape[2]
        if encoding == 'raw' and len(data) != num_bytes:
            raise ValueError(f'its data have {len(data)} bytes, where the shape {list(shape)} needs {num_bytes}')
    except (KeyError, IndexError, TypeError, ValueError) as error:
        reason = str(error) if type(error) is ValueError else 'it is of another form'
        raise util.UserError(
            f'{name} holds no image: {reason}; a tf.train.Example with the features data, uint8, and shape, C H W, is '
            'expected; make the data set with dataset_tool.py'
        ) from error
    if not 1 <= shape[0] <= max(MODES):
        hint = f' (of the shape {list(shape)} the channels must be the first)' if shape[2] <= 4 < shape[1] else ''
        raise util.UserError(
            f'{name} has {shape[0]} channels{hint}; 1 to 4 are possible; make the data set with dataset_tool.py'
        )
    return data, shape, encoding


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
    data, shape, encoding = parse_payload(payload, name)
    if encoding == 'raw':
        return np.frombuffer(data, np.uint8).reshape(shape)
    try:
        image = image_files.decode_plain(data, shape[0])
        if image.shape != shape:
            raise ValueError(f'its shape is {list(image.shape)}, expected {list(shape)}')
        return image
    except IMAGE_ERRORS as error:
        raise util.UserError(
            f'{name} holds a damaged {encoding.upper()} picture ({describe_image_error(error)}); make it again'
        ) from error
