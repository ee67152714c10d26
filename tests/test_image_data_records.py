# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the record format."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image
from record_inputs import GOLDEN_RECORD, make_images, write

from dnnlib import util
from image_data import records


def test_record_of_the_golden_image_is_reproduced_byte_by_byte():
    record = records.encode_images(np.arange(16, dtype=np.uint8).reshape(1, 1, 4, 4))
    assert record == GOLDEN_RECORD
    assert hashlib.sha256(record).hexdigest() == '86c049b75ba35a39113e819127976b8b9c69fa35e97a18c7401e646697d0d3fa'


@pytest.mark.parametrize(
    'shape, size',
    [((3, 4, 4), 98), ((3, 8, 8), 247), ((1, 32, 32), 1079), ((3, 256, 256), 196670), ((3, 1024, 1024), 3145795)],
)
def test_record_sizes_are_those_of_the_official_files(shape, size):
    assert records.compute_record_size(shape) == size


def test_tensorflow_reads_what_was_written(session, tmp_path):
    import tensorflow.compat.v1 as tf

    images = make_images(2)
    path = write(tmp_path / 'x.tfrecords', records.encode_images(images))
    for payload, image in zip(tf.io.tf_record_iterator(path), images):
        features = tf.train.Example.FromString(payload).features.feature
        assert list(features['shape'].int64_list.value) == [3, 4, 4]
        assert features['data'].bytes_list.value[0] == image.tobytes()


def test_records_of_other_writers_are_read_whatever_the_order_and_packing_of_their_features(tmp_path):
    field = records._encode_field
    shape = b''.join(b'\x08' + bytes([size]) for size in (1, 4, 4))  # Not packed.
    shape_entry = field(1, field(1, b'shape') + field(2, field(3, shape)))
    other_entry = field(1, field(1, b'label') + field(2, field(2, b'\x0d\0\0\0\0')))
    data_entry = field(1, field(2, field(1, field(1, bytes(range(16))))) + field(1, b'data'))
    image = records.decode_image(field(1, shape_entry + other_entry + data_entry))
    np.testing.assert_array_equal(image, np.arange(16).reshape(1, 4, 4))


@pytest.mark.parametrize('payload', [b'', b'\x0a', b'hello', GOLDEN_RECORD[12:-6], b'\x0a\xff', b'\x0f\x01'])
def test_payloads_without_an_image_are_refused(payload):
    with pytest.raises(util.UserError, match='record 7 holds no image'):
        records.decode_image(payload, 'record 7')


def test_data_that_do_not_fit_the_shape_are_refused():
    payload = bytearray(GOLDEN_RECORD[12:-4])
    payload[-1] = 5
    with pytest.raises(util.UserError, match='holds no image'):
        records.decode_image(bytes(payload))


def make_payload(images):
    """Return the payload of the record of one image."""
    return records.encode_images(images)[12:-4]


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
        records.decode_image(payload, 'record 7')


def test_numbers_of_another_type_are_told_by_their_bytes():
    pixels = np.zeros([1, 3 * 4, 4, 4], np.uint8)  # As many bytes as float32 of 3 channels.
    payload = make_payload(pixels).replace(bytes([12, 4, 4]), bytes([3, 4, 4]))
    with pytest.raises(util.UserError, match=r'its data have 192 bytes, where the shape \[3, 4, 4\] needs 48;'):
        records.decode_image(payload)


def test_picture_with_a_palette_is_no_gray_one():
    stream = io.BytesIO()
    Image.new('P', (4, 4)).save(stream, 'PNG')
    payload = records.encode_image_files([stream.getvalue()], (1, 4, 4))[12:-4]
    with pytest.raises(util.UserError, match='holds a damaged PNG picture .its mode is P.'):
        records.decode_image(payload)


def test_record_of_a_picture_has_the_size_counted_by_hand_and_is_an_example(session, tmp_path):
    import tensorflow.compat.v1 as tf

    content = b'\x89PNG 10 by'
    # Entries: data 2 + 6 + 2 + 14, encoding 2 + 10 + 2 + 7, shape 2 + 7 + 2 + 7; Features 2; framing 16.
    record = records.encode_image_files([content], (3, 4, 4))
    assert len(record) == 24 + 21 + 18 + 2 + 16 == records.compute_image_file_record_size((3, 4, 4), 'png', 10)
    payload = next(tf.io.tf_record_iterator(write(tmp_path / 'x.tfrecords', record)))
    features = tf.train.Example.FromString(payload).features.feature
    assert features['data'].bytes_list.value[0] == content
    assert features['encoding'].bytes_list.value[0] == b'png'
    assert list(features['shape'].int64_list.value) == [3, 4, 4]


@pytest.mark.parametrize('num_bytes', [4, 100, 127, 128, 16000, 16384, 300000])
def test_size_of_records_of_pictures_is_foretold(num_bytes):
    record = records.encode_image_files([bytes(num_bytes)], (3, 1024, 1024))
    assert len(record) == records.compute_image_file_record_size((3, 1024, 1024), 'jpeg', num_bytes)
