# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The record format of the data sets, read and written without TensorFlow.

A `.tfrecords` file is a sequence of records: length, checksum of the length, payload, checksum of the payload. The
payload is a serialised `tf.train.Example` with the features `data` (C*H*W bytes, channel-major) and `shape` (C, H, W).
With a further feature `encoding`, `png` or `jpeg`, the `data` are the bytes of such a file.
"""

import collections
import functools
import glob
import io
import itertools
import json
import os
import re
import struct

import numpy as np
from PIL import Image

from dnnlib import util
from dnnlib.image_files import MODES, PICTURE_ERRORS, describe_picture_error
from dnnlib.option_hints import did_you_mean
from training.checksums import compute_checksum, compute_checksums

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


def encode_pictures(contents, shape):
    """Return the records of pictures that stay as they are in their PNG or JPEG files.

    Args:
        contents: List of bytes, the contents of the files.
        shape: Shape (C, H, W) of the images in them.
    """
    payloads = [_encode_picture(content, tuple(shape)) for content in contents]
    checksums = _compute_payload_checksums(payloads).tobytes()
    parts = (
        (_encode_header(len(payload)), payload, checksums[4 * index : 4 * index + 4])
        for index, payload in enumerate(payloads)
    )
    return b''.join(itertools.chain.from_iterable(parts))


def _encode_picture(content, shape):
    return _encode_field(1, _encode_feature(b'data', 1, content) + _encode_suffix(shape, _detect_encoding(content)))


@functools.lru_cache(maxsize=64)
def _encode_suffix(shape, encoding):
    dims = b''.join(_encode_varint(dim) for dim in shape)
    return _encode_feature(b'encoding', 1, encoding.encode()) + _encode_feature(b'shape', 3, dims)


def _detect_encoding(content):
    return 'png' if content.startswith(b'\x89PNG') else 'jpeg'


def compute_picture_record_size(shape, encoding, num_bytes):
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


def _compute_payload_checksums(payloads):
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


def _parse_payload(payload, name):
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
    data, shape, encoding = _parse_payload(payload, name)
    if encoding == 'raw':
        return np.frombuffer(data, np.uint8).reshape(shape)
    try:
        return _decode_picture(data, shape)
    except PICTURE_ERRORS as error:
        raise util.UserError(
            f'{name} holds a damaged {encoding.upper()} picture ({describe_picture_error(error)}); make it again'
        ) from error


def _decode_picture(data, shape):
    with Image.open(io.BytesIO(data)) as file:
        if file.mode not in MODES.values():
            raise ValueError(f'its mode is {file.mode}')
        is_gray_in_colour = file.mode == 'L' and shape[0] == 3
        pixels = np.asarray(file.convert('RGB') if is_gray_in_colour else file)
    image = pixels[np.newaxis] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)  # [CHW]
    if image.shape != shape:
        raise ValueError(f'its shape is {list(image.shape)}, expected {list(shape)}')
    return image


# ----------------------------------------------------------------------------
# Files.


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
        if length is None and index == 0 and header.startswith(b'\x1f\x8b'):
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
    computed = _compute_payload_checksums([payload for payload, _ in frames])
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
            yield decode_image(payload, f'{path}: record {index}')
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
        found = decode_image(payload, name).shape
    except util.UserError as error:
        return None, str(error)
    if shape not in (None, found):
        return None, f'{name} has the shape {list(found)}, expected {list(shape)}'
    return found, None


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


ImageFile = collections.namedtuple('ImageFile', 'path shape encoding num_images')
ImageFile.__doc__ = """A `.tfrecords` file.

Attributes:
    path: Path of the file.
    shape: Shape (C, H, W) of its first image, which all should have.
    encoding: 'raw', 'png' or 'jpeg'.
    num_images: Number of its records.
"""

VALIDATION_PREFIX = 'validation-'


def find_files(tfrecord_dir, validation=False):
    """Return an ImageFile for each `.tfrecords` file of a data set, sorted by path.

    Args:
        tfrecord_dir: Directory of the data set.
        validation: Return those of the validation set, if any, instead of those for training.

    Raises:
        UserError: If there is no such directory, no file for training in it, or one that cannot be read or does not fit
            the others.
    """
    check_directory(tfrecord_dir, 'data set directory')
    paths = _list_files(tfrecord_dir, '*.tfrecords', validation)
    if not paths and not validation:
        raise util.UserFileNotFoundError(
            f'no .tfrecords files in {tfrecord_dir}{_hint_at_contents(tfrecord_dir)}; '
            'make them with: python dataset_tool.py create_from_images TFRECORD_DIR IMAGE_DIR'
        )
    _check_names(tfrecord_dir, paths)
    files = [_peek(path) for path in paths]
    if files:
        _check_shapes(files)
        check_counts(tfrecord_dir, {file.path: file.num_images for file in files})
    return files


def is_dataset(path):
    """Tell whether a path is that of a directory with `.tfrecords` files."""
    return bool(glob.glob(os.path.join(glob.escape(path), '*.tfrecords')))


def find_directory(path):
    """Return the path of a data set, also if it is that of one of its `.tfrecords` files."""
    return os.path.dirname(path) or '.' if path.endswith('.tfrecords') and os.path.isfile(path) else path


def split_path(data_dir, dataset):
    """Return the directory of a data set, an absolute path, and its name in it.

    Args:
        data_dir: Directory of data sets, or None for the current one.
        dataset: Name in it or path of a data set; a `.tfrecords` file stands for the directory that it is in.
    """
    path = find_directory(os.path.abspath(os.path.join(data_dir or '.', dataset)))
    return os.path.dirname(path), os.path.basename(path)


def find_main_file(tfrecord_dir, validation=False):
    """Return the ImageFile with the largest images of a data set; arguments and errors as those of `find_files`."""
    return max(find_files(tfrecord_dir, validation), key=lambda file: file.shape[1])


def _list_files(directory, pattern, validation):
    paths = sorted(glob.glob(os.path.join(glob.escape(directory), pattern)))
    return [path for path in paths if os.path.basename(path).startswith(VALIDATION_PREFIX) == validation]


def _peek(path):
    for batch in _read_frames(path, batch_size=1):
        if any(_find_damage(batch)):
            raise util.UserError(f'{path}: record 0 is damaged; copy or make it again')
        _, shape, encoding = _parse_payload(batch[0][0], f'{path}: record 0')
        return ImageFile(path, shape, encoding, count_records(path))
    raise util.UserError(f'{path} holds no records; make the data set again')


def _check_names(tfrecord_dir, paths):
    """Raise UserError if files have the names of several data sets."""
    matches = [re.match(r'(.*)-r\d\d\.tfrecords$', os.path.basename(path)) for path in paths]
    names = sorted({match.group(1) for match in matches if match})
    if len(names) > 1:
        raise util.UserError(
            f'{tfrecord_dir} holds files of several data sets: {", ".join(names[:5])}; give each a directory of its own'
        )


def _check_shapes(files):
    """Raise UserError unless the images of files are those of the largest ones, halved some times."""
    main = max(files, key=lambda file: file.shape[1])
    channels, height, width = main.shape
    expected = [(channels, height >> level, width >> level) for level in range(height.bit_length())]
    found = {}
    for file in files:
        other = found.setdefault(file.shape, file)
        if other is not file:
            size = f'{file.shape[2]}x{file.shape[1]}'
            raise util.UserError(f'{other.path} and {file.path} both hold images of {size}; keep one of them')
        if file.shape not in expected:
            raise util.UserError(
                f'{file.path} holds images of shape {list(file.shape)}; expected {list(main.shape)} as in {main.path}, '
                'or that halved some times'
            )


def check_counts(tfrecord_dir, counts):
    """Raise UserError unless files hold the same number of images.

    Args:
        tfrecord_dir: Where they are.
        counts: Dict path -> number of images.
    """
    if len(set(counts.values())) > 1:
        described = ', '.join(f'{os.path.basename(path)} {count}' for path, count in sorted(counts.items()))
        raise util.UserError(
            f'{tfrecord_dir} has files with unequal numbers of images: {described}; make the data set again'
        )


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
    raise util.UserFileNotFoundError(f'{purpose} {path} does not exist{did_you_mean(name, siblings)}')


def _hint_at_contents(path):
    """Return a clause that names sub-directories which are data sets themselves, or an empty text."""
    found = glob.glob(os.path.join(glob.escape(path), '*', '*.tfrecords'))
    names = sorted({os.path.basename(os.path.dirname(file)) for file in found})
    return f' (but in its sub-directories {", ".join(names[:5])})' if names else ''


def find_label_file(tfrecord_dir, validation=False):
    """Return the path of the `.labels` file of a data set, or None; raise UserError if there are several."""
    paths = _list_files(tfrecord_dir, '*.labels', validation)
    if len(paths) > 1:
        names = ', '.join(map(os.path.basename, paths[:5]))
        raise util.UserError(f'{tfrecord_dir} has several files of labels: {names}; keep one of them')
    return paths[0] if paths else None


def read_class_names(tfrecord_dir):
    """Return the names of the classes of a data set, in the order of the label components, or None."""
    paths = _list_files(tfrecord_dir, '*-classes.json', validation=False)
    if not paths:
        return None
    try:
        with open(paths[0], encoding='utf-8') as file:
            names = json.load(file)
    except (ValueError, RecursionError) as error:
        raise util.UserError(
            f'{paths[0]} is no list of class names in JSON format ({error}); repair or remove it'
        ) from error
    if not isinstance(names, list):
        raise util.UserError(f'{paths[0]} is no list of class names, but {str(names)[:50]}; repair or remove it')
    return [str(name) for name in names]


def read_labels(path, num_images=None):
    """Return the labels of a `.labels` file, float32 [num_images, label_size].

    Args:
        path: The file.
        num_images: Number of images that they must be for; None for that of the records beside the file, if any.

    Raises:
        UserError: If the file holds something else, or another number of labels.
    """
    labels = _load_array(path)
    if labels.ndim != 2 or labels.dtype.kind not in 'fiub' or not labels.shape[1]:
        raise util.UserError(f'{path}: expected numbers [num_images, label_size], got {labels.dtype} {labels.shape}')
    with np.errstate(over='ignore'):
        labels = labels.astype(np.float32)
    if not np.isfinite(labels).all():
        raise util.UserError(f'{path}: label {np.argmin(np.isfinite(labels).all(axis=1))} is not finite; make it again')
    num_images = _count_images_beside(path) if num_images is None else num_images
    if num_images not in (None, len(labels)):
        raise util.UserError(
            f'{path} has {len(labels)} labels, but there are {num_images} images; make the data set again'
        )
    return labels


def _load_array(path):
    with open(path, 'rb') as file:
        try:
            array = np.load(file, allow_pickle=False)
            if not isinstance(array, np.ndarray):
                raise ValueError('it is an archive')
        except Exception as error:  # Damaged files raise nearly anything.
            raise util.UserError(
                f'{path} is no label file: expected an array in NumPy format, .npy ({error})'
            ) from error
    return array


def _count_images_beside(label_file):
    """Return the number of images in the directory of a label file, or None if there are none."""
    directory, name = os.path.split(label_file)
    paths = _list_files(directory, '*.tfrecords', name.startswith(VALIDATION_PREFIX))
    return count_records(paths[0]) if paths else None
