# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The order of the images in a training."""

import numpy as np
import pytest

from dnnlib.util import UserError
from image_data import records
from training.shuffled_reader import ShuffledReader, find_images


@pytest.mark.parametrize('num_images', [1, 7, 40])
def test_each_epoch_is_a_permutation_of_its_own(num_images):
    epochs = find_images(3, num_images, 0, 3 * num_images).reshape(3, num_images)
    for epoch, order in enumerate(epochs):
        assert sorted(order) == list(range(num_images))
        np.testing.assert_array_equal(order, np.random.RandomState([3, epoch]).permutation(num_images))
    assert num_images < 7 or len({tuple(order) for order in epochs}) == 3


def test_order_is_the_same_from_any_place_and_in_any_portions():
    whole = find_images(3, 7, 0, 100)
    for start, count in [(0, 1), (5, 4), (6, 1), (7, 20), (13, 60)]:
        np.testing.assert_array_equal(find_images(3, 7, start, count), whole[start : start + count])
    far = 10**9
    np.testing.assert_array_equal(find_images(3, 7, far, 9), find_images(3, 7, far - far % 7, 16)[far % 7 :][:9])


@pytest.fixture
def reader(tmp_path):
    """A reader of 5 images, whose pixels and labels are their numbers."""
    numbers = np.arange(5)
    images = np.broadcast_to(numbers.astype(np.uint8)[:, np.newaxis, np.newaxis, np.newaxis], [5, 1, 4, 4])
    path = tmp_path / 'a-r02.tfrecords'
    path.write_bytes(records.encode_images(images))
    return ShuffledReader(str(path), 5, numbers[:, np.newaxis].astype(np.float32), seed=3), path


def test_records_and_labels_are_those_of_the_order(reader):
    payloads, labels = reader[0].read(4, 3)
    expected = find_images(3, 5, 4, 3)
    assert [records.decode_image(payload)[0, 0, 0] for payload in payloads] == expected.tolist()
    assert labels[:, 0].tolist() == expected.tolist()


def test_damaged_record_is_told_with_its_number_and_kept_for_who_asks(reader):
    reader, path = reader
    content = bytearray(path.read_bytes())
    content[2 * (len(content) // 5) + 30] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(UserError, match=r'a-r02\.tfrecords: record 2 is damaged; copy the file again'):
        reader.read(0, 5)
    assert 'record 2 is damaged' in str(reader.error)


def test_file_that_vanished_is_told(reader):
    reader, path = reader
    path.unlink()
    with pytest.raises(FileNotFoundError):
        reader.read(0, 1)
    assert isinstance(reader.error, FileNotFoundError)


def test_closed_reader_ends(reader):
    reader[0].close()
    with pytest.raises(StopIteration):
        reader[0].read(0, 1)
