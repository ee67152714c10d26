# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the record format."""

import gzip
import hashlib
import io
import pickle
import struct

import numpy as np
import pytest
from PIL import Image

from dnnlib import util
from training import tfrecord

GOLDEN_RECORD = bytes.fromhex(
    '3200000000000000241956ec'
    '0a300a1c0a046461746112140a120a10000102030405060708090a0b0c0d0e0f'
    '0a100a0573686170651207' + '1a050a03010404' + '23a3e6ba'
)


def make_images(num_images=3, channels=3, size=4, seed=0):
    return np.random.RandomState(seed).randint(0, 256, [num_images, channels, size, size]).astype(np.uint8)


def compute_crc_bit_by_bit(message):
    crc = 0xFFFFFFFF
    for byte in message:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def write(path, content):
    path.write_bytes(content)
    return str(path)


def test_record_of_the_golden_image_is_reproduced_byte_by_byte():
    record = tfrecord.encode_images(np.arange(16, dtype=np.uint8).reshape(1, 1, 4, 4))
    assert record == GOLDEN_RECORD
    assert hashlib.sha256(record).hexdigest() == '86c049b75ba35a39113e819127976b8b9c69fa35e97a18c7401e646697d0d3fa'


@pytest.mark.parametrize(
    'shape, size',
    [((3, 4, 4), 98), ((3, 8, 8), 247), ((1, 32, 32), 1079), ((3, 256, 256), 196670), ((3, 1024, 1024), 3145795)],
)
def test_record_sizes_are_those_of_the_official_files(shape, size):
    assert tfrecord.compute_record_size(shape) == size


def test_images_survive_writing_and_reading(tmp_path):
    images = make_images(40)
    path = write(tmp_path / 'x.tfrecords', tfrecord.encode_images(images))
    np.testing.assert_array_equal(list(tfrecord.read_images(path)), images)
    assert tfrecord.count_records(path) == 40


def test_tensorflow_reads_what_was_written(session, tmp_path):
    import tensorflow.compat.v1 as tf

    images = make_images(2)
    path = write(tmp_path / 'x.tfrecords', tfrecord.encode_images(images))
    for payload, image in zip(tf.io.tf_record_iterator(path), images):
        features = tf.train.Example.FromString(payload).features.feature
        assert list(features['shape'].int64_list.value) == [3, 4, 4]
        assert features['data'].bytes_list.value[0] == image.tobytes()


def test_records_of_other_writers_are_read_whatever_the_order_and_packing_of_their_features(tmp_path):
    field = tfrecord._encode_field
    shape = b''.join(b'\x08' + bytes([size]) for size in (1, 4, 4))  # Not packed.
    shape_entry = field(1, field(1, b'shape') + field(2, field(3, shape)))
    other_entry = field(1, field(1, b'label') + field(2, field(2, b'\x0d\0\0\0\0')))
    data_entry = field(1, field(2, field(1, field(1, bytes(range(16))))) + field(1, b'data'))
    image = tfrecord.decode_image(field(1, shape_entry + other_entry + data_entry))
    np.testing.assert_array_equal(image, np.arange(16).reshape(1, 4, 4))


@pytest.mark.parametrize('payload', [b'', b'\x0a', b'hello', GOLDEN_RECORD[12:-6], b'\x0a\xff', b'\x0f\x01'])
def test_payloads_without_an_image_are_refused(payload):
    with pytest.raises(util.UserError, match='record 7 holds no image'):
        tfrecord.decode_image(payload, 'record 7')


def test_data_that_do_not_fit_the_shape_are_refused():
    payload = bytearray(GOLDEN_RECORD[12:-4])
    payload[-1] = 5
    with pytest.raises(util.UserError, match='holds no image'):
        tfrecord.decode_image(bytes(payload))


def test_file_that_is_cut_off_is_refused_with_the_number_of_the_record(tmp_path):
    path = write(tmp_path / 'x.tfrecords', tfrecord.encode_images(make_images(3))[:-5])
    with pytest.raises(util.UserError, match=r'x\.tfrecords: record 2 is cut off'):
        list(tfrecord.read_images(path))
    with pytest.raises(util.UserError, match='record 2 is cut off'):
        tfrecord.count_records(path)


def test_changed_pixel_is_noticed_when_reading(tmp_path):
    content = bytearray(tfrecord.encode_images(make_images(3)))
    content[98 + 50] ^= 1
    path = write(tmp_path / 'x.tfrecords', bytes(content))
    with pytest.raises(util.UserError, match='a record between 0 and 2 is damaged'):
        list(tfrecord.read_images(path))


def test_other_file_of_that_name_is_refused(tmp_path):
    path = write(tmp_path / 'x.tfrecords', b'<html>not found</html>' * 10)
    with pytest.raises(util.UserError, match='record 0 is damaged, or this is no TFRecord file'):
        tfrecord.count_records(path)


def test_compressed_records_are_refused_with_the_way_out(tmp_path):
    path = write(tmp_path / 'x.tfrecords', gzip.compress(tfrecord.encode_images(make_images(3))))
    with pytest.raises(util.UserError, match='x.tfrecords is compressed; unpack it with gunzip'):
        tfrecord.find_main_file(str(tmp_path))
    with pytest.raises(util.UserError, match='is compressed'):
        list(tfrecord.read_images(path))


def test_length_that_would_fill_the_memory_is_refused(tmp_path):
    length = struct.pack('<Q', 1 << 60)
    header = length + struct.pack('<I', compute_crc_bit_by_bit(length))
    path = write(tmp_path / 'x.tfrecords', header + bytes(100))
    with pytest.raises(util.UserError, match='record 0 is cut off'):
        list(tfrecord.read_images(path))


def test_records_of_unequal_size_are_counted(tmp_path):
    content = tfrecord.encode_images(make_images(2)) + tfrecord.encode_images(make_images(3, size=8))
    assert tfrecord.count_records(write(tmp_path / 'x.tfrecords', content)) == 5
    assert tfrecord.count_records(write(tmp_path / 'empty.tfrecords', b'')) == 0


def test_missing_directory_is_named_with_the_one_probably_meant(tmp_path):
    (tmp_path / 'faces').mkdir()
    with pytest.raises(util.UserFileNotFoundError, match='does not exist; did you mean faces?'):
        tfrecord.find_files(str(tmp_path / 'face'))
    with pytest.raises(util.UserFileNotFoundError, match='does not exist, nor does'):
        tfrecord.find_files(str(tmp_path / 'no' / 'faces'))


def test_directory_without_records_names_the_sub_directories_that_have_some(tmp_path):
    (tmp_path / 'faces').mkdir()
    write(tmp_path / 'faces' / 'faces-r02.tfrecords', GOLDEN_RECORD)
    with pytest.raises(util.UserFileNotFoundError, match='no .tfrecords files in .* sub-directories faces'):
        tfrecord.find_files(str(tmp_path))


def test_file_in_place_of_a_directory_and_empty_file_are_refused(tmp_path):
    path = write(tmp_path / 'x.tfrecords', b'')
    with pytest.raises(util.UserError, match='is a file'):
        tfrecord.find_files(path)
    with pytest.raises(util.UserError, match='holds no records'):
        tfrecord.find_files(str(tmp_path))


def make_payload(images):
    """Return the payload of the record of one image."""
    return tfrecord.encode_images(images)[12:-4]


@pytest.mark.parametrize(
    'payload, reason',
    [
        (make_payload(make_images(1, size=4)).replace(b'shape', b'shaqe'), 'its features are data, shaqe;'),
        (make_payload(np.zeros([1, 3, 0, 0], np.uint8)), r'its shape is \[3, 0, 0\]'),
        (b'', 'it is of another form'),
    ],
)
def test_what_is_in_place_of_an_image_is_told(payload, reason):
    with pytest.raises(util.UserError, match=f'record 7 holds no image: {reason}'):
        tfrecord.decode_image(payload, 'record 7')


def test_numbers_of_another_type_are_told_by_their_bytes():
    pixels = np.zeros([1, 3 * 4, 4, 4], np.uint8)  # As many bytes as float32 of 3 channels.
    payload = make_payload(pixels).replace(bytes([12, 4, 4]), bytes([3, 4, 4]))
    with pytest.raises(util.UserError, match=r'its data have 192 bytes, where the shape \[3, 4, 4\] needs 48;'):
        tfrecord.decode_image(payload)


@pytest.mark.parametrize('shape', [(5, 4, 4), (0, 4, 4), (16, 16, 3)])
def test_numbers_of_channels_that_networks_cannot_have_are_refused(tmp_path, shape):
    write(tmp_path / 'x-r02.tfrecords', tfrecord.encode_images(np.zeros((2,) + shape, np.uint8)))
    with pytest.raises(
        util.UserError, match=f'x-r02.tfrecords: record 0 has {shape[0]} channels.*; 1 to 4 are'
    ) as info:
        tfrecord.find_main_file(str(tmp_path))
    assert ('the channels must be the first' in str(info.value)) == (shape[2] == 3)


def test_picture_with_a_palette_is_no_gray_one():
    stream = io.BytesIO()
    Image.new('P', (4, 4)).save(stream, 'PNG')
    payload = tfrecord.encode_pictures([stream.getvalue()], (1, 4, 4))[12:-4]
    with pytest.raises(util.UserError, match='holds a damaged PNG picture .its mode is P.'):
        tfrecord.decode_image(payload)


def test_files_of_unequal_numbers_of_images_are_refused(tmp_path):
    write(tmp_path / 'x-r02.tfrecords', tfrecord.encode_images(make_images(2)))
    write(tmp_path / 'x-r03.tfrecords', tfrecord.encode_images(make_images(3, size=8)))
    message = 'has files with unequal numbers of images: x-r02.tfrecords 2, x-r03.tfrecords 3; make the data set again'
    with pytest.raises(util.UserError, match=message):
        tfrecord.find_main_file(str(tmp_path))


def test_files_of_two_data_sets_in_a_directory_are_refused(tmp_path):
    write(tmp_path / 'a-r02.tfrecords', tfrecord.encode_images(make_images(2)))
    write(tmp_path / 'b-r03.tfrecords', tfrecord.encode_images(make_images(2, size=8)))
    with pytest.raises(util.UserError, match='holds files of several data sets: a, b; give each a directory'):
        tfrecord.find_main_file(str(tmp_path))


def test_several_files_of_labels_are_refused(tmp_path):
    for name in 'ab':
        write(tmp_path / f'{name}-rxx.labels', b'')
    with pytest.raises(util.UserError, match='has several files of labels: a-rxx.labels, b-rxx.labels; keep one'):
        tfrecord.find_label_file(str(tmp_path))


@pytest.mark.parametrize('num_labels', [2, 4])
def test_labels_for_another_number_of_images_are_refused(tmp_path, num_labels):
    write(tmp_path / 'x-r02.tfrecords', tfrecord.encode_images(make_images(3)))
    path = str(tmp_path / 'x-rxx.labels')
    with open(path, 'wb') as file:
        np.save(file, np.eye(num_labels))
    with pytest.raises(util.UserError, match=f'x-rxx.labels has {num_labels} labels, but there are 3 images; make'):
        tfrecord.read_labels(path)
    assert len(tfrecord.read_labels(path, num_labels)) == num_labels


def test_labels_are_read_as_float32(tmp_path):
    with open(str(tmp_path / 'x.labels'), 'wb') as file:
        np.save(file, np.eye(3))
    labels = tfrecord.read_labels(tfrecord.find_label_file(str(tmp_path)))
    assert labels.dtype == np.float32
    np.testing.assert_array_equal(labels, np.eye(3))


def save_npz():
    stream = io.BytesIO()
    np.savez(stream, labels=np.eye(2))
    return stream.getvalue()


def make_npy(header):
    return b'\x93NUMPY\x01\0' + struct.pack('<H', len(header)) + header


@pytest.mark.parametrize(
    'content, reason',
    [
        (b'', ''),
        (b'class 1\n', 'pickled'),
        (b'\x93NUMPY', ''),
        (pickle.dumps([1, 2]), 'pickled'),
        (save_npz(), 'it is an archive'),
        (save_npz()[:200], ''),
        (make_npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999, 99999)}\n"), ''),
        (make_npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2)}\n") + b'short', ''),
        (make_npy(b"{'descr': '<f4', 'fortran_order'"), ''),
        (make_npy(b"{'descr': '|O', 'fortran_order': False, 'shape': (1, 1)}\n"), 'Object arrays'),
    ],
)
def test_label_file_that_is_no_array_is_refused(tmp_path, content, reason):
    message = rf'is no label file: expected an array in NumPy format, .npy \(.*{reason}'
    with pytest.raises(util.UserError, match=message):
        tfrecord.read_labels(write(tmp_path / 'x.labels', content))


@pytest.mark.parametrize('labels', [np.zeros([5]), np.array([['a', 'b']]), np.zeros([5, 0]), np.zeros([2, 2], complex)])
def test_labels_of_wrong_shape_or_type_are_refused(tmp_path, labels):
    with open(str(tmp_path / 'x.labels'), 'wb') as file:
        np.save(file, labels)
    with pytest.raises(util.UserError, match='expected numbers'):
        tfrecord.read_labels(str(tmp_path / 'x.labels'))


def test_labels_that_are_not_finite_are_refused(tmp_path):
    with open(str(tmp_path / 'x.labels'), 'wb') as file:
        np.save(file, np.array([[0, 1], [2, 1e300], [np.inf, 3], [np.nan, 2]]))
    with pytest.raises(util.UserError, match='label 1 is not finite'):
        tfrecord.read_labels(str(tmp_path / 'x.labels'))


def test_record_of_a_picture_has_the_size_counted_by_hand_and_is_an_example(session, tmp_path):
    import tensorflow.compat.v1 as tf

    content = b'\x89PNG 10 by'
    # Entries: data 2 + 6 + 2 + 14, encoding 2 + 10 + 2 + 7, shape 2 + 7 + 2 + 7; Features 2; framing 16.
    record = tfrecord.encode_pictures([content], (3, 4, 4))
    assert len(record) == 24 + 21 + 18 + 2 + 16 == tfrecord.compute_picture_record_size((3, 4, 4), 'png', 10)
    payload = next(tf.io.tf_record_iterator(write(tmp_path / 'x.tfrecords', record)))
    features = tf.train.Example.FromString(payload).features.feature
    assert features['data'].bytes_list.value[0] == content
    assert features['encoding'].bytes_list.value[0] == b'png'
    assert list(features['shape'].int64_list.value) == [3, 4, 4]


@pytest.mark.parametrize('num_bytes', [4, 100, 127, 128, 16000, 16384, 300000])
def test_size_of_records_of_pictures_is_foretold(num_bytes):
    record = tfrecord.encode_pictures([bytes(num_bytes)], (3, 1024, 1024))
    assert len(record) == tfrecord.compute_picture_record_size((3, 1024, 1024), 'jpeg', num_bytes)


def test_validation_files_and_labels_are_kept_apart(tmp_path):
    for name in ('x-r02.tfrecords', 'validation-x-r02.tfrecords'):
        write(tmp_path / name, GOLDEN_RECORD)
    for name in ('x-rxx.labels', 'validation-x-rxx.labels'):
        write(tmp_path / name, b'')
    assert [file.path for file in tfrecord.find_files(str(tmp_path))] == [str(tmp_path / 'x-r02.tfrecords')]
    assert tfrecord.find_main_file(str(tmp_path), validation=True).path == str(tmp_path / 'validation-x-r02.tfrecords')
    assert tfrecord.find_label_file(str(tmp_path)) == str(tmp_path / 'x-rxx.labels')


@pytest.mark.parametrize('content', ['', '{"a": 1}', '['])
def test_file_of_class_names_of_another_form_is_refused(tmp_path, content):
    (tmp_path / 'x-classes.json').write_text(content)
    with pytest.raises(util.UserError, match='x-classes.json is no list of class names.*[(,]'):
        tfrecord.read_class_names(str(tmp_path))
