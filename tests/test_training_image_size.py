# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which image sizes can be made, and from what."""

import pytest

from dnnlib.util import UserError
from training.image_size import join_image_size, split_image_size


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
    ],
)
def test_size_is_a_small_rectangle_times_a_power_of_two(height, width, kwargs):
    assert split_image_size(height, width) == kwargs
    assert join_image_size(**kwargs) == (height, width)


@pytest.mark.parametrize('height, width', [(1000, 1001), (2, 2), (360, 640), (255, 256)])
def test_other_sizes_are_refused_with_a_way_out(height, width):
    with pytest.raises(UserError, match=f'got {width}x{height}; resize or crop'):
        split_image_size(height, width)
