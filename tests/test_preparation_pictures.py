# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of what is done to one picture."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from dnnlib import util
from preparation import pictures
from preparation.picture_sources import Folder

RGB = np.random.RandomState(0).randint(0, 256, [16, 16, 3]).astype(np.uint8)
EXIF = b'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0%c\0\0\0\0\0\0'  # States the orientation.


def picture(size=(16, 16), mode='RGB'):
    return Image.fromarray(RGB).resize(size).convert(mode)


def encode(image, kind='PNG', **kwargs):
    stream = io.BytesIO()
    image.save(stream, kind, **kwargs)
    return stream.getvalue()


def make_chunk(name, data):
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))


def make_deep_png(channels, value=0x80FF):
    """Return a PNG of 16 bits per channel, 1x1 pixel."""
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = make_chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 16, colour_type, 0, 0, 0))
    data = make_chunk(b'IDAT', zlib.compress(b'\0' + struct.pack('>H', value) * channels))
    return b'\x89PNG\r\n\x1a\n' + header + data + make_chunk(b'IEND', b'')


def look(tmp_path, content, name='x.png', **kwargs):
    (tmp_path / name).write_bytes(content)
    return pictures.look_at_file(Folder(str(tmp_path)), name, **kwargs)


def decode(content, *args, **kwargs):
    return pictures.decode(content, 'x', pictures.Adjustments(*args, **kwargs))


# ----------------------------------------------------------------------------
# A look at a file.


@pytest.mark.parametrize(
    'image, kind, original',
    [
        (picture(), 'PNG', 'png'),
        (picture(mode='L'), 'PNG', 'png'),
        (picture(mode='LA'), 'PNG', 'png'),
        (picture(mode='RGBA'), 'PNG', 'png'),
        (picture(), 'JPEG', 'jpeg'),
        (picture(mode='L'), 'JPEG', 'jpeg'),
        (picture(mode='CMYK'), 'JPEG', None),
        (picture(mode='P'), 'PNG', None),
        (picture(mode='1'), 'PNG', None),
        (picture(), 'BMP', None),
        (picture(), 'WEBP', None),
    ],
)
def test_file_can_stay_as_it_is_if_all_decoders_see_the_same_in_it(tmp_path, image, kind, original):
    found = look(tmp_path, encode(image, kind))
    assert (found.original, found.size, found.mode[0], found.problem) == (original, (16, 16), image.mode[0], None)


@pytest.mark.parametrize('channels, mode', [(1, 'L'), (2, 'RGBA'), (3, 'RGB'), (4, 'RGBA')])
def test_file_of_16_bits_or_with_a_transparent_colour_cannot_stay(tmp_path, channels, mode):
    found = look(tmp_path, make_deep_png(channels))
    assert (found.original, found.is_deep, found.mode) == (None, True, mode)
    found = look(tmp_path, encode(picture(), transparency=(1, 2, 3)))
    assert (found.original, found.is_deep, found.mode) == (None, False, 'RGB')


@pytest.mark.parametrize('kind', ['JPEG', 'PNG'])
@pytest.mark.parametrize('orientation, size, can_stay', [(1, (16, 8), True), (3, (16, 8), False), (6, (8, 16), False)])
def test_file_that_has_to_be_turned_cannot_stay_and_has_its_size_afterwards(
    tmp_path, kind, orientation, size, can_stay
):
    exif = EXIF % orientation
    found = look(tmp_path, encode(picture((16, 8)), kind, exif=exif))
    assert (found.size, found.original is not None) == (size, can_stay)


def test_nonsense_in_place_of_exif_data_is_ignored(tmp_path):
    content = encode(picture(), 'JPEG', exif=b'Exif\0\0MM\0*\0\0\xff\xff\xff\xff')
    assert look(tmp_path, content, 'x.jpg').problem is None
    assert decode(content).shape == (3, 16, 16)


def test_picture_of_any_name_is_found_by_its_content(tmp_path):
    assert look(tmp_path, encode(picture()), 'no_extension').original == 'png'
    assert look(tmp_path, b'hello', 'notes.txt') is None
    assert look(tmp_path, b'BM: what we all remember', 'memo.txt') is None


def test_pixels_that_contradict_right_checksums_are_found_by_a_thorough_look(tmp_path):
    content = encode(picture())
    start = content.index(b'IDAT') - 4
    broken = content[:start] + make_chunk(b'IDAT', b'these are no compressed data') + make_chunk(b'IEND', b'')
    assert look(tmp_path, broken).problem is None
    assert look(tmp_path, broken, thorough=True).problem.startswith('is truncated or damaged')


# ----------------------------------------------------------------------------
# What can be kept.


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
    found = look(tmp_path, encode(picture(mode=mode), kind))
    assert pictures.can_keep(found, pictures.Adjustments(**adjustments), encoding) is expected


def test_new_png_has_the_adjusted_pixels_and_new_jpeg_is_close_to_them():
    smooth = encode(Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)))
    for encoding, tolerance in [('png', 0), ('jpeg', 3)]:
        shape, content = pictures.make_file(smooth, 'x', pictures.Adjustments(resize=(8, 8)), encoding)
        assert shape == (1, 8, 8)
        np.testing.assert_allclose(
            decode(content).astype(int), decode(smooth, resize=(8, 8)).astype(int), atol=tolerance
        )


# ----------------------------------------------------------------------------
# Pixels.


def test_pixels_are_channel_major_and_exact():
    np.testing.assert_array_equal(decode(encode(picture())), RGB.transpose(2, 0, 1))
    gray = decode(encode(picture(mode='L')))
    np.testing.assert_array_equal(gray, np.asarray(picture(mode='L'))[np.newaxis])


@pytest.mark.parametrize('kind', ['JPEG', 'PNG'])
def test_picture_is_turned_upright_as_its_exif_data_say(kind):
    half = Image.new('L', (16, 16), 255)
    half.paste(0, (0, 0, 8, 16))  # The left half is black; it comes to lie on top.
    upright = decode(encode(half, kind, exif=EXIF % 6))[0]
    assert upright[:8].max() < 64 and upright[8:].min() > 192


def test_transparent_pixels_become_white():
    image = Image.new('RGBA', (4, 4), (200, 0, 0, 255))
    image.putpixel((0, 0), (0, 0, 0, 0))
    pixels = decode(encode(image), convert='rgb')
    assert pixels[:, 0, 0].tolist() == [255, 255, 255]
    assert pixels[:, 1, 1].tolist() == [200, 0, 0]


def test_alpha_channels_are_kept_or_made_on_request():
    image = Image.new('RGBA', (4, 4), (200, 200, 200, 7))
    assert decode(encode(image), convert='rgba')[:, 0, 0].tolist() == [200, 200, 200, 7]
    assert decode(encode(image), convert='la')[:, 0, 0].tolist() == [200, 7]
    assert decode(encode(image.convert('RGB')), convert='rgba')[:, 0, 0].tolist() == [200, 200, 200, 255]
    assert decode(encode(image.convert('L')), convert='la')[:, 0, 0].tolist() == [200, 255]


@pytest.mark.parametrize('mode', ['1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'CMYK'])
@pytest.mark.parametrize('kind', ['l', 'la', 'rgb', 'rgba'])
def test_every_kind_of_picture_becomes_every_other_one(mode, kind):
    white = Image.new('RGBA', (4, 4), (255, 255, 255, 255))
    pixels = decode(encode(white.convert('RGB').convert(mode), 'TIFF' if mode == 'CMYK' else 'PNG'), convert=kind)
    assert pixels.shape == (len(kind), 4, 4)
    assert pixels.min() >= 254


@pytest.mark.parametrize('channels', [1, 3])
@pytest.mark.parametrize('convert', [None, 'rgb', 'l'])
def test_upper_8_of_16_bits_are_kept(channels, convert):
    assert set(decode(make_deep_png(channels), convert=convert).ravel()) == {0x80}


def test_crop_keeps_the_middle_and_box_resize_averages():
    wide = np.zeros([4, 8], np.uint8)
    wide[:, 2:4], wide[:, 4:6] = 10, 20
    content = encode(Image.fromarray(wide))
    np.testing.assert_array_equal(decode(content, crop='center')[0, 0], [10, 10, 20, 20])
    wide = decode(content, crop='center', resize=(2, 2), resize_filter='box')
    np.testing.assert_array_equal(wide[0], [[10, 20], [10, 20]])


def test_crop_has_the_proportions_of_the_size_afterwards():
    columns = Image.fromarray(np.tile(np.arange(12, dtype=np.uint8), [4, 1]))
    found = decode(encode(columns), crop='center', resize=(4, 2), resize_filter='box')
    np.testing.assert_array_equal(found[0], [[3, 5, 7, 9]] * 2)  # Averages of 2..3, 4..5 ..., rounded up.


def test_damaged_content_is_refused_by_name():
    with pytest.raises(util.UserError, match='x cannot be read'):
        decode(encode(picture())[:100])
