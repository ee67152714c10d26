# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the importer of LSUN."""

import functools
import io
import os

import numpy as np
import pytest
from importer_inputs import has_labels, make_picture, make_pixels, read_back, save_lmdb
from PIL import Image

from dnnlib.util import UserError
from image_data.importers import lsun

pytest.importorskip('lmdb')
SQUARE = functools.partial(lsun.crop_square, resolution=16)


def make_gradient(height, width):
    """Return a picture whose red is its row and whose green is its column."""
    rows, columns = np.mgrid[:height, :width]
    return Image.fromarray(np.stack([rows, columns, 0 * rows], axis=2).astype(np.uint8))


# ----------------------------------------------------------------------------
# One picture.


@pytest.mark.parametrize('height, width, rows, columns', [(16, 21, (0, 16), (2, 18)), (19, 16, (1, 17), (0, 16))])
def test_middle_square_is_cut_out(height, width, rows, columns):
    image = lsun.crop_square(make_gradient(height, width), 16)
    assert image.shape == (3, 16, 16) and image.dtype == np.uint8
    assert image[0, :, 0].tolist() == list(range(*rows))
    assert image[1, 0].tolist() == list(range(*columns))


def test_square_is_resized_with_lanczos():
    picture = Image.fromarray(make_pixels([40, 40, 3]))
    expected = np.asarray(picture.resize((16, 16), Image.LANCZOS)).transpose(2, 0, 1)
    np.testing.assert_array_equal(lsun.crop_square(picture, 16), expected)


def test_wide_picture_of_the_right_width_stays_as_it_is_between_black_bars():
    image = lsun.crop_wide(make_gradient(48, 64), 64, 48)
    assert image.shape == (3, 64, 64)
    assert image[0, 8:56, 3].tolist() == list(range(48)) and image[1, 20].tolist() == list(range(64))
    assert not image[:, :8].any() and not image[:, 56:].any()


def test_rows_of_larger_pictures_are_stretched_by_default_and_kept_in_proportion_on_request():
    picture = make_gradient(96, 128)
    assert lsun.crop_wide(picture, 64, 48)[0, 8:56, 3].tolist() == list(range(24, 72))  # The middle 48 of 96 rows.
    kept = lsun.crop_wide(picture, 64, 48, keep_aspect=True)
    expected = np.asarray(picture.resize((64, 48), Image.LANCZOS)).transpose(2, 0, 1)
    np.testing.assert_array_equal(kept[:, 8:56], expected)


def test_high_pictures_are_squeezed_by_default_and_cut_on_request():
    picture = make_gradient(64, 64)
    squeezed = np.asarray(picture.resize((64, 48), Image.LANCZOS)).transpose(2, 0, 1)
    np.testing.assert_array_equal(lsun.crop_wide(picture, 64, 48)[:, 8:56], squeezed)
    assert lsun.crop_wide(picture, 64, 48, keep_aspect=True)[0, 8:56, 0].tolist() == list(range(8, 56))


@pytest.mark.parametrize('height, width', [(100, 63), (47, 64), (94, 128)])
@pytest.mark.parametrize('keep_aspect', [False, True])
def test_narrow_and_flat_pictures_are_left_out(height, width, keep_aspect):
    assert lsun.crop_wide(make_gradient(height, width), 64, 48, keep_aspect) is None


# ----------------------------------------------------------------------------
# A whole LMDB.


@pytest.fixture
def bedrooms(tmp_path):
    """An LMDB with 70 pictures, one of them broken, and the pixels of the others."""
    pictures = [make_picture(16, 16, seed, 'JPEG' if seed % 2 else 'PNG') for seed in range(70)]
    values = [content for _, content in pictures]
    values[3] = b'this is no picture'
    save_lmdb(str(tmp_path / 'bedroom'), values)
    return str(tmp_path / 'bedroom'), [pixels.transpose(2, 0, 1) for pixels, _ in pictures[:3] + pictures[4:]]


@pytest.mark.parametrize('num_workers', [1, 2])
def test_pictures_come_in_their_order_without_those_that_cannot_be_decoded(bedrooms, tmp_path, num_workers):
    folder, expected = bedrooms
    counts = []
    outcome = lsun.write_lsun(
        str(tmp_path / 'set'),
        folder,
        SQUARE,
        (3, 16, 16),
        num_workers=num_workers,
        progress=lambda done, total: counts.append((done, total)),
    )
    assert (outcome.num_seen, outcome.num_kept, len(outcome.problems)) == (70, 69, 1)
    assert outcome.problems == [f'{3:040x} (it is no picture that Pillow can read)']
    assert counts == [(32, 70), (32, 70), (6, 70)]
    images, _ = read_back(str(tmp_path / 'set'))
    np.testing.assert_array_equal(images, np.stack(expected))
    assert not has_labels(str(tmp_path / 'set'))


@pytest.mark.parametrize('max_images', [1, 5, 32, 40])
def test_first_images_suffice_on_request(bedrooms, tmp_path, max_images):
    folder, expected = bedrooms
    lsun.write_lsun(str(tmp_path / 'set'), folder, SQUARE, (3, 16, 16), max_images)
    np.testing.assert_array_equal(read_back(str(tmp_path / 'set'))[0], np.stack(expected[:max_images]))


def test_reading_leaves_no_lock_file_and_needs_no_write_permission(bedrooms, tmp_path):
    folder, _ = bedrooms
    os.remove(os.path.join(folder, 'lock.mdb'))
    os.chmod(folder, 0o555)
    try:
        lsun.write_lsun(str(tmp_path / 'set'), folder, SQUARE, (3, 16, 16), 2)
    finally:
        os.chmod(folder, 0o755)  # So that it can be cleaned up.
    assert os.listdir(folder) == ['data.mdb']


def test_gray_pictures_become_colour(tmp_path):
    path = str(tmp_path / 'gray.png')
    Image.fromarray(make_pixels([16, 16])).save(path)
    with open(path, 'rb') as file:
        save_lmdb(str(tmp_path / 'db'), [file.read()])
    lsun.write_lsun(str(tmp_path / 'set'), str(tmp_path / 'db'), SQUARE, (3, 16, 16))
    np.testing.assert_array_equal(read_back(str(tmp_path / 'set'))[0][0], np.stack([make_pixels([16, 16])] * 3))


@pytest.mark.parametrize(
    'values, message',
    [
        ([b'no picture'], 'none of the 1 pictures .* 1 cannot be decoded, the first one is 0{40} .it is no picture'),
        ([make_picture(16, 16)[1]] * 2, 'none of the 2 pictures .* too small or too flat'),
        ([], 'is an LMDB without any pictures'),
    ],
)
def test_lmdb_without_a_usable_picture_makes_no_data_set(tmp_path, values, message):
    save_lmdb(str(tmp_path / 'db'), values)
    wide = functools.partial(lsun.crop_wide, width=64, height=48)
    with pytest.raises(UserError, match=message):
        lsun.write_lsun(str(tmp_path / 'set'), str(tmp_path / 'db'), wide, (3, 64, 64), may_skip=True)
    assert os.listdir(str(tmp_path)) == ['db']


def test_picture_with_a_hole_is_left_out_as_decoders_would_make_something_up(tmp_path):
    content = make_picture(120, 120, file_format='JPEG')[1]
    assert len(content) > 7000
    save_lmdb(str(tmp_path / 'db'), [content[:1000] + bytes(4096) + content[5096:], content + bytes(5000)])
    outcome = lsun.write_lsun(str(tmp_path / 'set'), str(tmp_path / 'db'), SQUARE, (3, 16, 16))
    assert outcome == (2, 1, ['0' * 40 + ' (a part of it is missing)'])


def test_padding_of_metadata_is_no_hole(tmp_path):
    stream, thumbnail = io.BytesIO(), make_picture(16, 16, file_format='JPEG')[1]
    metadata = b'Exif\0\0II*\0\x08\0\0\0' + bytes(6) + thumbnail + bytes(6000)
    Image.new('RGB', (16, 16)).save(stream, 'JPEG', exif=metadata)
    assert lsun.HOLE in stream.getvalue()
    save_lmdb(str(tmp_path / 'db'), [stream.getvalue()])
    assert lsun.write_lsun(str(tmp_path / 'set'), str(tmp_path / 'db'), SQUARE, (3, 16, 16)) == (1, 1, [])


@pytest.mark.parametrize('num_workers', [1, 2])
def test_damage_that_shows_late_leaves_nothing(bedrooms, tmp_path, num_workers):
    folder, _ = bedrooms
    path = os.path.join(folder, 'data.mdb')
    save_lmdb(folder, [make_picture(64, 64, seed)[1] for seed in range(70)])
    with open(path, 'rb') as file:
        page = file.read().rindex(b'\x89PNG') // 4096
    with open(path, 'r+b') as file:
        file.seek(page * 4096)
        file.write(bytes(4096))
    with pytest.raises(UserError, match=f'data.mdb is damaged .page {page} is not'):
        lsun.write_lsun(str(tmp_path / 'set'), folder, SQUARE, (3, 16, 16), num_workers=num_workers)
    assert os.listdir(str(tmp_path)) == ['bedroom']
