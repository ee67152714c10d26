# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the importer of MNIST."""

import gzip
import io
import os

import numpy as np
import pytest
from importer_inputs import SHUFFLED_10, make_idx, make_pixels, read_back, save_bytes, save_mnist

from dnnlib.util import UserError, UserFileNotFoundError
from image_data.importers import mnist, sources

PIXELS = make_pixels([10, 28, 28])
LABELS = np.array([5, 0, 4, 1, 9, 2, 1, 3, 1, 4], np.uint8)
IMAGES_NAME = 'train-images-idx3-ubyte.gz'


def compressed(data):
    """Compress without the time of day: these bytes are in test names, which have to be equal in all processes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode='wb', mtime=0) as file:
        file.write(data)
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path):
    """A folder with ten digits."""
    save_mnist(str(tmp_path / 'mnist'), PIXELS, LABELS)
    return str(tmp_path / 'mnist')


def test_digits_come_with_two_black_pixels_on_each_side(folder):
    pixels, labels = mnist.read_mnist(folder, allow_partial=True)
    assert pixels.shape == (10, 1, 32, 32) and pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels[:, 0, 2:30, 2:30], PIXELS)
    assert pixels.sum(dtype=np.int64) == PIXELS.sum(dtype=np.int64)
    assert labels.tolist() == LABELS.tolist()


def test_unpacked_files_serve_as_well(tmp_path):
    save_bytes(str(tmp_path / 'train-images-idx3-ubyte'), make_idx(PIXELS))
    save_bytes(str(tmp_path / 'train-labels-idx1-ubyte'), make_idx(LABELS))
    assert mnist.read_mnist(str(tmp_path), allow_partial=True)[1].tolist() == LABELS.tolist()


def test_images_and_labels_are_written_in_the_official_order(folder, tmp_path):
    pixels, labels = mnist.read_mnist(folder, allow_partial=True)
    sources.write_arrays(str(tmp_path / 'set'), pixels, sources.make_one_hot(labels, 10))
    images, one_hot = read_back(str(tmp_path / 'set'))
    np.testing.assert_array_equal(images[:, 0, 2:30, 2:30], PIXELS[SHUFFLED_10])
    assert one_hot.dtype == np.float32 and one_hot.shape == (10, 10)
    assert one_hot.argmax(axis=1).tolist() == LABELS[SHUFFLED_10].tolist()
    assert one_hot.sum() == 10 and one_hot.max() == 1


def test_another_number_of_images_has_to_be_allowed(folder):
    with pytest.raises(UserError, match='60000 images of MNIST expected, but there are 10; .* --allow_partial'):
        mnist.read_mnist(folder)


def test_three_random_digits_make_one_colour_image(tmp_path):
    digits = make_pixels([10, 1, 32, 32])
    count = mnist.write_mnistrgb(str(tmp_path / 'rgb'), digits, num_images=500, random_seed=123)
    images, labels = read_back(str(tmp_path / 'rgb'))
    assert count == 500 and images.shape == (500, 3, 32, 32) and labels.shape == (500, 0)
    rnd = np.random.RandomState(123)
    for image in images:
        np.testing.assert_array_equal(image, digits[rnd.randint(10, size=3), 0])


def test_missing_file_is_named_with_where_to_get_it(folder):
    os.remove(os.path.join(folder, 'train-labels-idx1-ubyte.gz'))
    with pytest.raises(UserFileNotFoundError, match=r'train-labels-idx1-ubyte.gz does not exist; download .*lecun'):
        mnist.read_mnist(folder)


@pytest.mark.parametrize(
    'content, message',
    [
        (compressed(make_idx(PIXELS))[:-100], 'is cut off, or no IDX file'),
        (b'<html>not found</html>', 'is cut off, or no IDX file'),
        (b'', 'is cut off, or no IDX file'),
        (compressed(b'\0\0\x08'), 'is cut off, or no IDX file'),
        (compressed(make_idx(LABELS) + b'padded to 16 bytes'), 'is no IDX file of bytes in 3 dimensions'),
        (compressed(make_idx(PIXELS)[:-1]), r'has 7839 bytes where \[10, 28, 28\] were announced'),
        (compressed(make_idx(PIXELS) + b'!'), 'has 7841 bytes where'),
        (compressed(b'\0\0\x08\x03' + b'\x7f' * 12 + bytes(7840)), r'where \[2139062143, 2139062143, .* announced'),
        (compressed(b'\0\0\x08\x03' + b'\xff' * 12), r'has 0 bytes where \[4294967295, '),
        (compressed(make_idx(PIXELS[:9])), 'one integer label for each of the 9 images'),
        (compressed(make_idx(PIXELS[:, 1:])), r'\[1, 28, 28\] of uint8 expected, got uint8 \[10, 27, 28\]'),
    ],
)
def test_damaged_files_are_named(folder, content, message):
    save_bytes(os.path.join(folder, IMAGES_NAME), content)
    with pytest.raises(UserError, match=message) as caught:
        mnist.read_mnist(folder, allow_partial=True)
    assert IMAGES_NAME in str(caught.value)


def test_class_out_of_range_is_refused(tmp_path):
    save_mnist(str(tmp_path), PIXELS, LABELS + 5)
    with pytest.raises(UserError, match='labels from 0 to 9 expected, got 5 to 14'):
        mnist.read_mnist(str(tmp_path), allow_partial=True)


def test_no_images_at_all_are_never_allowed(tmp_path):
    save_mnist(str(tmp_path), PIXELS[:0], LABELS[:0])
    with pytest.raises(UserError, match='60000 images of MNIST expected, but there are 0'):
        mnist.read_mnist(str(tmp_path), allow_partial=True)
