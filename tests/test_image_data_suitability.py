# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of what is done to one picture of a data set."""

import numpy as np
import pytest
from image_inputs import encode, picture
from PIL import Image

from dnnlib import image_files
from dnnlib.image_sources import Folder
from image_data import suitability


def info(tmp_path, content, **kwargs):
    (tmp_path / 'x.png').write_bytes(content)
    return image_files.inspect_file(Folder(str(tmp_path)), 'x.png', **kwargs)


def decode(content, **kwargs):
    return image_files.decode(content, 'x', image_files.Adjustments(**kwargs))


@pytest.mark.parametrize(
    'mode, kind, encoding, adjustments, expected',
    [
        ('RGB', 'PNG', 'png', {}, True),
        ('RGB', 'JPEG', 'png', {}, True),
        ('RGB', 'JPEG', 'jpeg', {}, True),
        ('RGB', 'PNG', 'jpeg', {}, False),
        ('RGB', 'PNG', 'raw', {}, False),
        ('RGB', 'BMP', 'png', {}, False),
        ('RGB', 'PNG', 'png', {'convert': 'rgb', 'crop': 'center', 'resize': (16, 16)}, True),
        ('RGB', 'PNG', 'png', {'resize': (8, 8)}, False),
        ('RGB', 'PNG', 'png', {'convert': 'l'}, False),
        ('L', 'PNG', 'png', {'convert': 'rgb'}, True),
        ('RGBA', 'PNG', 'png', {'convert': 'rgba'}, True),
        ('RGBA', 'PNG', 'png', {'convert': 'rgb'}, False),
    ],
)
def test_files_are_kept_if_nothing_is_to_be_done(tmp_path, mode, kind, encoding, adjustments, expected):
    found = info(tmp_path, encode(picture(mode=mode), kind))
    assert suitability.can_keep(found, image_files.Adjustments(**adjustments), encoding) is expected


def test_new_png_has_the_adjusted_pixels_and_new_jpeg_is_close_to_them():
    smooth = encode(Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)))
    for encoding, tolerance in [('png', 0), ('jpeg', 3)]:
        shape, content = suitability.convert_file(smooth, 'x', image_files.Adjustments(resize=(8, 8)), encoding)
        assert shape == (1, 8, 8)
        np.testing.assert_allclose(
            decode(content).astype(int), decode(smooth, resize=(8, 8)).astype(int), atol=tolerance
        )


def test_picture_with_too_many_pixels_is_refused_with_the_option_that_helps(tmp_path):
    found = info(tmp_path, encode(picture()), max_pixels=255)
    assert (found.size, found.problem) == ((16, 16), None)
    defects = suitability.find_defects(found, image_files.Adjustments(max_pixels=255))
    assert defects == [('has 256 pixels, and more than 255 are refused', ['--max_pixels'])]
    assert not suitability.find_defects(found, image_files.Adjustments(max_pixels=256))
