# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which image sizes can be made, and from what."""

import numpy as np
import pytest

from dnnlib.util import UserError
from image_data.image_size import halve_images, join_image_size, split_image_size


@pytest.mark.parametrize(
    'height, width, kwargs',
    [
        (1024, 1024, {'resolution': 1024}),
        (4, 4, {'resolution': 4}),
        (384, 512, {'resolution': 512, 'min_h': 3, 'min_w': 4}),
        (1280, 768, {'resolution': 1024, 'min_h': 5, 'min_w': 3}),
        (128, 256, {'resolution': 256, 'min_h': 2, 'min_w': 4}),
        (512, 768, {'resolution': 512, 'min_h': 4, 'min_w': 6}),
        (48, 48, {'resolution': 32, 'min_h': 6, 'min_w': 6}),
        (480, 640, {'resolution': 128, 'min_h': 15, 'min_w': 20}),
        (6, 8, {'resolution': 8, 'min_h': 3, 'min_w': 4}),
    ],
)
def test_size_is_a_small_rectangle_times_a_power_of_two(height, width, kwargs):
    assert split_image_size(height, width) == kwargs
    assert join_image_size(**kwargs) == (height, width)


@pytest.mark.parametrize(
    'height, width, remedy',
    [
        (1000, 1001, ', for instance to 960x960'),
        (100, 100, ', for instance to 96x96'),
        (1080, 1920, ', for instance to 1920x1024'),
        (360, 640, ', for instance to 640x352'),
        (255, 256, ', for instance to 256x240'),
        (9, 9, ', for instance to 8x8'),
        (2, 2, ''),
        (3, 4, ''),
        (1, 64, ''),
    ],
)
def test_other_sizes_are_refused_with_a_way_out(height, width, remedy):
    with pytest.raises(UserError, match=f'got {width}x{height}; resize or crop the images{remedy}$'):
        split_image_size(height, width)


def test_halving_averages_blocks_of_four_pixels():
    images = np.array([[[[1, 2, 5, 5], [3, 4, 5, 7]]]], np.float32)
    np.testing.assert_array_equal(halve_images(images), [[[[2.5, 5.5]]]])
