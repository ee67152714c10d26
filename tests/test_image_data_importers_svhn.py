# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the importer of SVHN."""

import os
import pickle

import numpy as np
import pytest
import scipy.io
from importer_inputs import make_pixels, save_bytes, save_svhn

from dnnlib.util import UserError, UserFileNotFoundError
from image_data.importers import svhn


def test_three_pairs_are_joined_in_order(tmp_path):
    expected, digits = save_svhn(str(tmp_path))
    pixels, labels = svhn.read_svhn(str(tmp_path), allow_partial=True)
    np.testing.assert_array_equal(pixels, expected)
    assert labels.tolist() == digits.tolist()


def test_published_file_serves_as_well_and_calls_zero_ten(tmp_path):
    expected = make_pixels([4, 3, 32, 32])
    content = {'X': expected.transpose(2, 3, 1, 0), 'y': np.array([[10], [1], [9], [2]], np.uint8)}
    scipy.io.savemat(str(tmp_path / 'train_32x32.mat'), content)
    pixels, labels = svhn.read_svhn(str(tmp_path), allow_partial=True)
    np.testing.assert_array_equal(pixels, expected)
    assert labels.tolist() == [0, 1, 9, 2]


def test_another_number_of_images_has_to_be_allowed(tmp_path):
    save_svhn(str(tmp_path))
    with pytest.raises(UserError, match='73257 images of SVHN expected, but there are 10'):
        svhn.read_svhn(str(tmp_path))


def test_missing_file_is_named_with_what_serves(tmp_path):
    save_svhn(str(tmp_path))
    os.remove(str(tmp_path / 'train_2.pkl'))
    with pytest.raises(UserFileNotFoundError, match='train_2.pkl does not exist; .* train_32x32.mat'):
        svhn.read_svhn(str(tmp_path))


@pytest.mark.parametrize(
    'content, message',
    [
        (pickle.dumps({'a': 1}), 'is no file of SVHN: a pair of images and labels is expected'),
        (pickle.dumps((make_pixels([2, 3, 32, 32]), np.zeros([3], np.uint8))), 'for each of the 2 images'),
        (pickle.dumps((make_pixels([2, 3, 16, 16]), np.zeros([2], np.uint8))), r'\[3, 32, 32\] of uint8'),
        (pickle.dumps((np.zeros([2, 3, 32, 32]), np.zeros([2], np.uint8))), 'got float64'),
        (pickle.dumps((make_pixels([2, 3, 32, 32]), np.full([2], 10, np.uint8))), 'labels from 0 to 9 expected'),
        (b'not a pickle', 'is no pickle, or is damaged'),
    ],
)
def test_other_files_are_refused_and_named(tmp_path, content, message):
    save_svhn(str(tmp_path))
    save_bytes(str(tmp_path / 'train_1.pkl'), content)
    with pytest.raises(UserError, match=message) as caught:
        svhn.read_svhn(str(tmp_path), allow_partial=True)
    assert 'train_1.pkl' in str(caught.value)


def test_damaged_published_file_is_named(tmp_path):
    save_bytes(str(tmp_path / 'train_32x32.mat'), b'no MATLAB')
    with pytest.raises(UserError, match='train_32x32.mat is no MATLAB file with X and y'):
        svhn.read_svhn(str(tmp_path))
