# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the importer of CIFAR-10 and CIFAR-100."""

import os
import pickle

import numpy as np
import pytest
from importer_inputs import make_pixels, make_python2_pickle, save_bytes, save_cifar10

from dnnlib.util import UserError, UserFileNotFoundError
from image_data.importers import cifar


def test_batches_are_joined_in_order(tmp_path):
    expected, classes = save_cifar10(str(tmp_path))
    pixels, labels = cifar.read_cifar10(str(tmp_path), allow_partial=True)
    np.testing.assert_array_equal(pixels, expected)
    assert labels.tolist() == classes
    assert pixels.shape == (10, 3, 32, 32) and pixels.dtype == np.uint8


def test_pixels_are_red_then_green_then_blue_row_by_row(tmp_path):
    row = np.concatenate([np.full([1024], 1), np.full([1024], 2), np.arange(1024) // 32]).astype(np.uint8)
    save_bytes(str(tmp_path / 'train'), make_python2_pickle(row[np.newaxis], [99], 'fine_labels'))
    pixels, labels = cifar.read_cifar100(str(tmp_path), allow_partial=True)
    assert np.unique(pixels[0, 0]).tolist() == [1] and np.unique(pixels[0, 1]).tolist() == [2]
    assert pixels[0, 2, :, 5].tolist() == list(range(32))
    assert labels.tolist() == [99]


def test_folder_above_serves_as_well(tmp_path):
    save_cifar10(str(tmp_path / 'cifar-10-batches-py'))
    assert len(cifar.read_cifar10(str(tmp_path), allow_partial=True)[0]) == 10
    content = make_python2_pickle(make_pixels([1, 3072]), [5], 'fine_labels')
    save_bytes(str(tmp_path / 'cifar-100-python' / 'train'), content)
    assert len(cifar.read_cifar100(str(tmp_path), allow_partial=True)[0]) == 1


def test_another_number_of_images_has_to_be_allowed(tmp_path):
    save_cifar10(str(tmp_path))
    with pytest.raises(UserError, match='50000 images of CIFAR-10 expected, but there are 10'):
        cifar.read_cifar10(str(tmp_path))


def test_missing_batch_is_named_with_where_to_get_it(tmp_path):
    save_cifar10(str(tmp_path))
    os.remove(str(tmp_path / 'data_batch_3'))
    with pytest.raises(
        UserFileNotFoundError, match='data_batch_3 does not exist; download the "python version" of CIFAR'
    ):
        cifar.read_cifar10(str(tmp_path), allow_partial=True)


@pytest.mark.parametrize(
    'content, message',
    [
        (b'<html>', 'is no pickle, or is damaged'),
        (pickle.dumps([1, 2], 2), 'is no file of CIFAR: a dict with the keys data and fine_labels is expected'),
        (make_python2_pickle(make_pixels([1, 3072]), [5], 'labels'), 'keys data and fine_labels is expected'),
        (make_python2_pickle(make_pixels([1, 3000]), [5], 'fine_labels'), r'\[3, 32, 32\] of uint8 expected'),
        (make_python2_pickle(make_pixels([2, 3072]), [5], 'fine_labels'), 'for each of the 2 images expected'),
        (make_python2_pickle(make_pixels([1, 3072]), [100], 'fine_labels'), 'labels from 0 to 99 expected, got 100'),
        (make_python2_pickle(make_pixels([9, 3072]), [5] * 9, 'fine_labels')[:-999], 'is no pickle, or is damaged'),
        (pickle.dumps({'data': [[1]], 'fine_labels': [1]}, 2), 'an array of images and a list of integer labels'),
        (
            pickle.dumps({'data': make_pixels([1, 3072]), 'fine_labels': [[1]]}, 2),
            'an array of images and a list of integer labels',
        ),
        (b'\x80\x02cos\nsystem\n(U\x02idtR.', 'asks for os.system'),
    ],
)
def test_other_files_are_refused_and_named(tmp_path, content, message):
    save_bytes(str(tmp_path / 'train'), content)
    with pytest.raises(UserError, match=message) as caught:
        cifar.read_cifar100(str(tmp_path), allow_partial=True)
    assert str(tmp_path / 'train') in str(caught.value)
