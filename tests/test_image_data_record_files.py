# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of files of records."""

import struct

import numpy as np
import pytest
from record_inputs import compute_crc_bit_by_bit, make_images, write

from dnnlib import util
from image_data import record_files, records


def test_images_survive_writing_and_reading(tmp_path):
    images = make_images(40)
    path = write(tmp_path / 'x.tfrecords', records.encode_images(images))
    np.testing.assert_array_equal(list(record_files.read_images(path)), images)
    assert record_files.count_records(path) == 40


def test_file_that_is_cut_off_is_refused_with_the_number_of_the_record(tmp_path):
    path = write(tmp_path / 'x.tfrecords', records.encode_images(make_images(3))[:-5])
    with pytest.raises(util.UserError, match=r'x\.tfrecords: record 2 is cut off'):
        list(record_files.read_images(path))
    with pytest.raises(util.UserError, match='record 2 is cut off'):
        record_files.count_records(path)


def test_changed_pixel_is_noticed_when_reading(tmp_path):
    content = bytearray(records.encode_images(make_images(3)))
    content[98 + 50] ^= 1
    path = write(tmp_path / 'x.tfrecords', bytes(content))
    with pytest.raises(util.UserError, match='a record between 0 and 2 is damaged'):
        list(record_files.read_images(path))


def test_other_file_of_that_name_is_refused(tmp_path):
    path = write(tmp_path / 'x.tfrecords', b'<html>not found</html>' * 10)
    with pytest.raises(util.UserError, match='record 0 is damaged, or this is no TFRecord file'):
        record_files.count_records(path)


def test_length_that_would_fill_the_memory_is_refused(tmp_path):
    length = struct.pack('<Q', 1 << 60)
    header = length + struct.pack('<I', compute_crc_bit_by_bit(length))
    path = write(tmp_path / 'x.tfrecords', header + bytes(100))
    with pytest.raises(util.UserError, match='record 0 is cut off'):
        list(record_files.read_images(path))


def test_records_of_unequal_size_are_counted(tmp_path):
    content = records.encode_images(make_images(2)) + records.encode_images(make_images(3, size=8))
    assert record_files.count_records(write(tmp_path / 'x.tfrecords', content)) == 5
    assert record_files.count_records(write(tmp_path / 'empty.tfrecords', b'')) == 0
