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


def make_records_of_many_sizes(tmp_path, sizes=(3, 0, 9, 9, 1)):
    """Write records whose payloads have 0 to 9 bytes; return path and payloads."""
    payloads = [bytes(range(size)) for size in sizes]
    frames = []
    for payload in payloads:
        length = struct.pack('<Q', len(payload))
        checksums = [struct.pack('<I', compute_crc_bit_by_bit(part)) for part in (length, payload)]
        frames.append(length + checksums[0] + payload + checksums[1])
    return write(tmp_path / 'x.tfrecords', b''.join(frames)), payloads


def test_records_of_many_sizes_are_found_and_read_in_any_order(tmp_path):
    path, payloads = make_records_of_many_sizes(tmp_path)
    starts = record_files.find_records(path)
    assert starts.tolist() == [0, 19, 35, 60, 85, 102]
    order = [4, 0, 2, 2, 1]
    assert record_files.read_records(path, starts, order) == [payloads[index] for index in order]


def test_records_whose_sizes_add_up_to_multiples_of_the_first_are_not_taken_for_equal_ones(tmp_path):
    path, payloads = make_records_of_many_sizes(tmp_path, [10, 9, 11, 10])
    starts = record_files.find_records(path)
    assert starts.tolist() == [0, 26, 51, 78, 104]
    assert record_files.read_records(path, starts, range(4)) == payloads


def test_file_that_was_replaced_is_looked_at_again(tmp_path):
    path = write(tmp_path / 'x.tfrecords', records.encode_images(make_images(3)))
    assert record_files.count_records(path) == 3
    write(tmp_path / 'x.tfrecords', records.encode_images(make_images(4)))
    assert record_files.count_records(path) == 4


def test_record_that_is_not_where_it_was_is_refused(tmp_path):
    path, _ = make_records_of_many_sizes(tmp_path)
    starts = record_files.find_records(path)
    write(tmp_path / 'x.tfrecords', records.encode_images(make_images(3)))
    with pytest.raises(util.UserError, match='record 1 is damaged; copy the file again or make the data set anew'):
        record_files.read_records(path, starts, [1])


def test_fingerprint_changes_with_size_and_pixels(tmp_path):
    images = make_images(5)
    changed = images.copy()
    changed[3, 0, 0, 0] ^= 1
    fingerprints = set()
    for index, content in enumerate([images, images, images[:4], changed]):
        path = write(tmp_path / f'{index}.tfrecords', records.encode_images(content))
        fingerprints.add(record_files.compute_fingerprint(path))
    assert len(fingerprints) == 3
