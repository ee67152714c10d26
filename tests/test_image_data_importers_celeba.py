# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the importer of CelebA."""

import os

import numpy as np
import pytest
from importer_inputs import SHUFFLED_10, has_labels, make_pixels, read_back, save_bytes, save_celeba
from PIL import Image

from dnnlib.util import UserError, UserFileNotFoundError
from image_data.importers import celeba


@pytest.mark.parametrize('num_workers', [1, 2])
def test_faces_are_cut_out_and_written_in_the_official_order(tmp_path, num_workers):
    pixels = save_celeba(str(tmp_path / 'celeba'))
    paths = celeba.list_images(str(tmp_path / 'celeba'), allow_partial=True)
    celeba.write_celeba(str(tmp_path / 'set'), paths, num_workers=num_workers)
    images, _ = read_back(str(tmp_path / 'set'))
    expected = pixels[:, 121 - 64 : 121 + 64, 89 - 64 : 89 + 64].transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(images, expected[SHUFFLED_10])
    assert not has_labels(str(tmp_path / 'set'))


def test_center_can_be_moved_to_the_corners(tmp_path):
    pixels = save_celeba(str(tmp_path), 1)
    path = celeba.list_images(str(tmp_path), allow_partial=True)[0]
    np.testing.assert_array_equal(celeba.load_face(path, 64, 64), pixels[0, :128, :128].transpose(2, 0, 1))
    np.testing.assert_array_equal(celeba.load_face(path, 114, 154), pixels[0, 90:, 50:].transpose(2, 0, 1))


@pytest.mark.parametrize('cx, cy', [(63, 121), (115, 121), (89, 63), (89, 155)])
def test_center_near_the_border_is_refused(cx, cy):
    with pytest.raises(UserError, match=r'--cx must be in 64..114 and --cy in 64..154, .* got'):
        celeba.check_center(cx, cy)


def test_another_number_of_pictures_has_to_be_allowed(tmp_path):
    save_celeba(str(tmp_path), 2)
    with pytest.raises(UserError, match='202599 images of CelebA expected, but there are 2'):
        celeba.list_images(str(tmp_path))


def test_missing_folder_is_named_with_where_to_get_it(tmp_path):
    with pytest.raises(UserFileNotFoundError, match='img_align_celeba_png does not exist; download'):
        celeba.list_images(str(tmp_path))


def test_bad_picture_is_named_and_leaves_no_data_set(tmp_path):
    save_celeba(str(tmp_path / 'celeba'), 3)
    bad = str(tmp_path / 'celeba' / 'img_align_celeba_png' / '000002.png')
    paths = celeba.list_images(str(tmp_path / 'celeba'), allow_partial=True)
    Image.fromarray(make_pixels([178, 218, 3])).save(bad)
    with pytest.raises(UserError, match=r'000002.png: shape \[3, 218, 178\] expected, got \[3, 178, 218\]'):
        celeba.write_celeba(str(tmp_path / 'set'), paths)
    save_bytes(bad, b'broken')
    with pytest.raises(UserError, match='000002.png'):
        celeba.write_celeba(str(tmp_path / 'set'), paths)
    assert os.listdir(str(tmp_path)) == ['celeba']
