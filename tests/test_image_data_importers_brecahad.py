# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the cutting of BreCaHAD."""

import os

import numpy as np
import pytest
from importer_inputs import make_pixels, save_bytes
from PIL import Image

from dnnlib.util import UserError, UserFileNotFoundError
from image_data.importers import brecahad


def make_image_file(folder, name, height=512, width=768, seed=0):
    os.makedirs(str(folder), exist_ok=True)
    pixels = make_pixels([height, width, 3], seed)
    Image.fromarray(pixels).save(os.path.join(str(folder), name))
    return pixels


@pytest.mark.parametrize('size, count', [(256, 20), (512, 12)])
def test_published_pictures_give_the_published_number_of_squares(size, count):
    assert len(brecahad.list_corners(1024, 1360, size)) == count  # 162 pictures: 1944 squares of 512.


def test_squares_of_256_lie_side_by_side(tmp_path):
    pixels = make_image_file(tmp_path / 'images', 'Case_1-01.tif')
    paths = brecahad.list_images(str(tmp_path / 'images'))
    assert brecahad.extract_crops(paths, str(tmp_path / 'out'), 256) == 6
    assert sorted(os.listdir(str(tmp_path / 'out'))) == [f'{index:04d}.png' for index in range(6)]
    crops = [np.asarray(Image.open(str(tmp_path / 'out' / f'{index:04d}.png'))) for index in range(6)]
    rows = [np.concatenate(crops[:3], axis=1), np.concatenate(crops[3:], axis=1)]
    np.testing.assert_array_equal(np.concatenate(rows), pixels)


def test_squares_of_512_overlap_by_a_half_and_pictures_are_sorted(tmp_path):
    second = make_image_file(tmp_path / 'images', 'Case_2-01.tif', seed=2)
    first = make_image_file(tmp_path / 'images', 'Case_1-01.tif', seed=1)
    paths = brecahad.list_images(str(tmp_path))  # The folder above serves as well.
    assert brecahad.extract_crops(paths, str(tmp_path / 'out'), 512) == 4
    for index, expected in enumerate([first[:, :512], first[:, 256:], second[:, :512], second[:, 256:]]):
        crop = np.asarray(Image.open(str(tmp_path / 'out' / f'{index:04d}.png')))
        np.testing.assert_array_equal(crop, expected)


def test_unusable_input_is_named(tmp_path):
    with pytest.raises(UserFileNotFoundError, match='no .tif pictures in .*download BreCaHAD'):
        brecahad.list_images(str(tmp_path))
    make_image_file(tmp_path, 'small.tif', 255, 300)
    with pytest.raises(UserError, match=r'small.tif: an RGB picture of at least 256x256 .* got \[3, 255, 300\]'):
        brecahad.extract_crops(brecahad.list_images(str(tmp_path)), str(tmp_path / 'out'))
    save_bytes(str(tmp_path / 'small.tif'), b'II*\0 broken')
    with pytest.raises(UserError, match='small.tif'):
        brecahad.extract_crops(brecahad.list_images(str(tmp_path)), str(tmp_path / 'out'))


def test_crops_appear_all_or_none_and_do_not_mix(tmp_path):
    make_image_file(tmp_path / 'images', 'a.tif', 256, 256)
    make_image_file(tmp_path / 'images', 'b.tif', 16, 16)
    paths = brecahad.list_images(str(tmp_path))
    with pytest.raises(UserError, match='b.tif: an RGB picture of at least'):
        brecahad.extract_crops(paths, str(tmp_path / 'out'))
    assert not (tmp_path / 'out').exists()
    brecahad.extract_crops(paths[:1], str(tmp_path / 'out'))
    with pytest.raises(UserError, match='out is not empty'):
        brecahad.extract_crops(paths[:1], str(tmp_path / 'out'))
