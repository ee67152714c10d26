# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the one reader of picture files."""

import io
import re
import struct
import zlib

import numpy as np
import pytest
from image_inputs import RGB, encode, picture
from PIL import Image, PngImagePlugin

from dnnlib import image_files, util
from dnnlib.image_sources import Folder

Image.init()
HAS_AVIF = 'AVIF' in Image.SAVE
EXIF = b'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0%c\0\0\0\0\0\0'  # States the orientation.


def make_chunk(name, data):
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))


def make_deep_png(channels, value=0x80FF):
    """Return a PNG of 16 bits per channel, 1x1 pixel."""
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = make_chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 16, colour_type, 0, 0, 0))
    data = make_chunk(b'IDAT', zlib.compress(b'\0' + struct.pack('>H', value) * channels))
    return b'\x89PNG\r\n\x1a\n' + header + data + make_chunk(b'IEND', b'')


def info(tmp_path, content, name='x.png', **kwargs):
    (tmp_path / name).write_bytes(content)
    return image_files.inspect_file(Folder(str(tmp_path)), name, **kwargs)


def decode(content, *args, **kwargs):
    return image_files.decode(content, 'x', image_files.Adjustments(*args, **kwargs))


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
    found = info(tmp_path, encode(image, kind))
    assert (found.original, found.size, found.mode[0], found.problem) == (original, (16, 16), image.mode[0], None)


@pytest.mark.parametrize('channels, mode', [(1, 'L'), (2, 'RGBA'), (3, 'RGB'), (4, 'RGBA')])
def test_file_of_16_bits_or_with_a_transparent_colour_cannot_stay(tmp_path, channels, mode):
    found = info(tmp_path, make_deep_png(channels))
    assert (found.original, found.is_deep, found.mode) == (None, True, mode)
    found = info(tmp_path, encode(picture(), transparency=(1, 2, 3)))
    assert (found.original, found.is_deep, found.mode) == (None, False, 'RGB')


@pytest.mark.parametrize('kind', ['JPEG', 'PNG'])
@pytest.mark.parametrize('orientation, size, can_stay', [(1, (16, 8), True), (3, (16, 8), False), (6, (8, 16), False)])
def test_file_that_has_to_be_turned_cannot_stay_and_has_its_size_afterwards(
    tmp_path, kind, orientation, size, can_stay
):
    exif = EXIF % orientation
    found = info(tmp_path, encode(picture((16, 8)), kind, exif=exif))
    assert (found.size, found.original is not None) == (size, can_stay)


def test_nonsense_in_place_of_exif_data_is_ignored(tmp_path):
    content = encode(picture(), 'JPEG', exif=b'Exif\0\0MM\0*\0\0\xff\xff\xff\xff')
    assert info(tmp_path, content, 'x.jpg').problem is None
    assert decode(content).shape == (3, 16, 16)


def test_picture_of_any_name_is_found_by_its_content(tmp_path):
    assert info(tmp_path, encode(picture()), 'no_extension').original == 'png'
    assert info(tmp_path, b'hello', 'notes.txt') is None
    assert info(tmp_path, b'BM: what we all remember', 'memo.txt') is None


@pytest.mark.parametrize(
    'name, content, problem',
    [
        ('x.png', b'', 'is empty (zero bytes)'),
        ('x.HEIC', b'\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'is HEIC; HEIC cannot be read: convert to PNG or JPEG'),
        ('x.jpg', b'\0\0\0\x18ftypmif1\0\0\0\0heic', 'is HEIC; HEIC cannot be read: convert to PNG or JPEG'),
        ('photo', b'\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'is HEIC; HEIC cannot be read: convert to PNG or JPEG'),
        ('x.jxl', b'\xff\x0a1234', 'is JPEG XL; JPEG XL cannot be read: convert to PNG or JPEG'),
        ('x.png', b'%PDF-1.4', 'is PDF; PDF cannot be read: convert to PNG or JPEG'),
        ('x.png', b'<?xml version="1.0"?>\n<svg>', 'is SVG; SVG cannot be read: convert to PNG or JPEG'),
        ('x.gif', b'\0\0\0\x20ftypisom', 'is a video; videos cannot be read: save their frames as PNG or JPEG'),
        ('x.png', b'<!DOCTYPE html><title>', 'is no picture that Pillow can read: it is a web page; download'),
        (
            'x.png',
            b'version https://git-lfs.github.com/spec/v1\noid sha256:0',
            'it is a pointer of Git LFS; run git lfs',
        ),
        ('x.png', 'caf\u00e9'.encode(), 'is no picture that Pillow can read: it is a text'),
        ('x.png', b'\0\1\2\3', 'is no picture that Pillow can read'),
        ('x.jpg', b'\xff\xd8\xff\xe0', 'is truncated or damaged'),
    ],
)
def test_problem_says_what_the_file_is_and_the_way_out(tmp_path, name, content, problem):
    assert problem in info(tmp_path, content, name).problem
    with pytest.raises(util.UserError, match=f'{name} cannot be read as a picture: it .*{re.escape(problem)}'):
        image_files.decode(content, name)


@pytest.mark.parametrize('name', ['x.mp4', 'x.pdf', 'x.svg', 'x.ico', 'x.txt', 'Thumbs.db', 'desktop.ini'])
def test_documents_and_videos_are_no_pictures(tmp_path, name):
    assert info(tmp_path, b'something', name) is None


def test_raw_data_of_a_camera_are_not_taken_for_the_thumbnail_in_them(tmp_path):
    assert info(tmp_path, encode(picture(), 'TIFF'), 'x.NEF').problem.startswith('is a raw picture of a camera; such')
    assert info(tmp_path, encode(picture(), 'TIFF'), 'x.tif').problem is None


@pytest.mark.parametrize('kind', ['TGA', 'PCX', 'JPEG2000', 'PPM', 'SGI', 'DDS', 'DIB'])
def test_less_usual_formats_are_read(tmp_path, kind):
    options = {'irreversible': False} if kind == 'JPEG2000' else {}
    found = info(tmp_path, encode(picture(), kind, **options), 'x.tga' if kind == 'TGA' else 'x.png')
    assert (found.problem, found.size, found.mode, found.original) == (None, (16, 16), 'RGB', None)


@pytest.mark.skipif(not HAS_AVIF, reason='this Pillow has no AVIF')
def test_avif_is_read(tmp_path):
    assert info(tmp_path, encode(picture(), 'AVIF'), 'x.avif').size == (16, 16)


@pytest.mark.skipif(HAS_AVIF, reason='this Pillow has AVIF')
def test_avif_is_explained_where_pillow_cannot_read_it(tmp_path):
    found = info(tmp_path, b'\0\0\0\x18ftypavif\0\0\0\0mif1avif', 'x.avif')
    assert found.problem == 'is AVIF; AVIF cannot be read: convert to PNG or JPEG'


@pytest.mark.parametrize('kind', ['GIF', 'PNG', 'WEBP', 'TIFF'])
def test_first_picture_of_a_sequence_is_used_and_others_are_mentioned(tmp_path, kind):
    frames = [Image.new('RGB', (8, 8), colour) for colour in ('red', 'lime')]
    content = encode(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    found = info(tmp_path, content)
    assert (found.is_sequence, found.original, found.problem) == (True, None, None)
    assert np.abs(decode(content, convert='rgb')[:, 0, 0].astype(int) - [255, 0, 0]).max() < 10
    assert not info(tmp_path, encode(frames[0], kind)).is_sequence


def test_content_counts_more_than_the_ending(tmp_path):
    found = info(tmp_path, encode(picture()), 'x.jpg')
    assert (found.problem, found.original) == (None, 'png')


@pytest.mark.parametrize('width', [9500, 13500])
def test_large_picture_is_refused_by_its_number_of_pixels_and_without_warning(tmp_path, width, recwarn):
    content = encode(Image.new('1', (width, 13500)))
    found = info(tmp_path, content)
    assert (found.size, found.problem) == ((width, 13500), None)
    if width == 9500:  # Pillow would warn.
        assert not image_files.is_too_large(found.size)
    else:
        reason = 'has 182,250,000 pixels, and more than 178,956,970 are refused'
        assert image_files.explain_size(found.size) == reason
        with pytest.raises(util.UserError, match=f'x cannot be read as a picture: it {reason}'):
            decode(content)
    assert not recwarn.list


def test_metadata_of_any_size_are_no_obstacle(tmp_path):
    text = PngImagePlugin.PngInfo()
    text.add_text('comment', 'x' * (2 << 20), zip=True)
    content = encode(picture(), pnginfo=text, icc_profile=bytes(2 << 20))
    assert info(tmp_path, content, thorough=True).problem is None
    assert decode(content).shape == (3, 16, 16)


def test_grays_of_a_range_of_their_own_are_scaled_or_refused_and_never_dark(tmp_path):
    content = b'P5 2 1 1023\n' + struct.pack('>HH', 512, 1023)
    if info(tmp_path, content, 'x.pgm').is_deep:
        assert decode(content).ravel().tolist() == [128, 255]
    else:  # An old version of Pillow.
        with pytest.raises(util.UserError, match=r'cannot be converted \(I\), integers'):
            decode(content)


def test_limit_of_pixels_can_be_set_and_leaves_that_of_pillow_alone():
    before = Image.MAX_IMAGE_PIXELS
    content = encode(picture())
    assert decode(content, max_pixels=256).shape == (3, 16, 16)
    with pytest.raises(util.UserError, match='has 256 pixels, and more than 255 are refused'):
        decode(content, max_pixels=255)
    assert Image.MAX_IMAGE_PIXELS == before


def test_pixels_that_contradict_right_checksums_are_found_by_a_thorough_look(tmp_path):
    content = encode(picture())
    start = content.index(b'IDAT') - 4
    broken = content[:start] + make_chunk(b'IDAT', b'these are no compressed data') + make_chunk(b'IEND', b'')
    assert info(tmp_path, broken).problem is None
    assert info(tmp_path, broken, thorough=True).problem.startswith('is truncated or damaged')


# ----------------------------------------------------------------------------
# Pixels.


def test_pixels_are_channel_major_and_exact():
    np.testing.assert_array_equal(decode(encode(picture())), RGB.transpose(2, 0, 1))
    gray = decode(encode(picture(mode='L')))
    np.testing.assert_array_equal(gray, np.asarray(picture(mode='L'))[np.newaxis])


@pytest.mark.parametrize(
    'kind, compression', [('JPEG', None), ('PNG', None), ('WEBP', None), ('TIFF', None), ('TIFF', 'tiff_lzw')]
)
def test_picture_is_turned_upright_as_its_exif_data_say(tmp_path, kind, compression):
    half = Image.new('RGB', (32, 16), 'white')
    half.paste('black', (0, 0, 16, 16))  # The left half is black; it comes to lie on top.
    options = {'tiffinfo': {274: 6}, 'compression': compression} if kind == 'TIFF' else {'exif': EXIF % 6}
    content = encode(half, kind, **options)
    assert info(tmp_path, content).size == (16, 32)
    upright = decode(content)
    assert upright.shape == (3, 32, 16)
    assert upright[:, :15].max() < 64 and upright[:, 17:].min() > 192


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


@pytest.mark.parametrize(
    'size, proportions, box',
    [
        ((100, 60), (1, 1), (20, 0, 80, 60)),
        ((60, 100), (1, 1), (0, 20, 60, 80)),
        ((101, 60), (1, 1), (20, 0, 80, 60)),
        ((100, 100), (8, 4), (0, 25, 100, 75)),
        ((100, 100), (4, 8), (25, 0, 75, 100)),
        ((1, 50), (1, 1), (0, 24, 1, 25)),
        ((1, 50), (8, 1), (0, 24, 1, 25)),
    ],
)
def test_crop_is_the_largest_around_the_centre(size, proportions, box):
    assert image_files.compute_crop(size, proportions) == box


@pytest.mark.parametrize('value, expected', [(0, 0), (256, 1), (0x80FF, 0x80), (65279, 254), (65535, 255)])
def test_16_bits_in_one_channel_are_cut_to_8_as_in_several(value, expected):
    assert decode(make_deep_png(1, value)).ravel().tolist() == [expected]
    assert decode(make_deep_png(3, value)).ravel().tolist() == [expected] * 3
    graymap = b'P5 1 1 65535\n' + struct.pack('>H', value)
    assert decode(graymap).ravel().tolist() == [expected]
    tiff = encode(Image.fromarray(np.full([1, 1], value, np.uint16)), 'TIFF')
    assert decode(tiff).ravel().tolist() == [expected]


@pytest.mark.parametrize('channels', [1, 3])
def test_transparent_colour_of_16_bits_becomes_white(channels):
    content = make_deep_png(channels, 0x80FF)
    colour = make_chunk(b'tRNS', struct.pack('>H', 0x80FF) * channels)
    content = content.replace(make_chunk(b'IEND', b''), b'')
    start = content.index(b'IDAT') - 4
    content = content[:start] + colour + content[start:] + make_chunk(b'IEND', b'')
    assert decode(content, convert='rgb').ravel().tolist() == [255] * 3
    assert decode(content, convert='la').ravel().tolist() == [0x80, 0]


def make_tiff(values, bits, sample_format):
    """Return an uncompressed TIFF of one row, gray."""
    data = values.tobytes()
    width = len(data) * 8 // bits
    tags = [(256, width), (257, 1), (258, bits), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1), (279, len(data))]
    tags.append((339, sample_format))
    entries = b''.join(struct.pack('<HHIHH', tag, 3, 1, value, 0) for tag, value in tags)
    directory = struct.pack('<H', len(tags)) + entries + bytes(4)
    return b'II*\0' + struct.pack('<I', 8 + len(data)) + data + directory


@pytest.mark.parametrize(
    'content, mode',
    [
        (make_tiff(np.array([0.0, 1.0], np.float32), 32, 3), 'F'),
        (make_tiff(np.array([0, 1 << 20], np.int32), 32, 2), 'I'),
        (make_tiff(np.array([0, 1 << 20], np.uint32), 32, 1), 'I'),
        (make_tiff(np.array([-5, 300], np.int16), 16, 2), 'I'),
        (make_tiff(np.array([0, 1, 2, 127], np.int8), 8, 2), 'I'),
        (make_tiff(np.arange(6, dtype=np.uint8), 12, 1), 'I;16'),
        (encode(Image.new('LAB', (4, 4)), 'TIFF'), 'LAB'),
    ],
)
def test_numbers_of_unknown_range_are_refused_and_never_come_out_black(tmp_path, content, mode):
    found = info(tmp_path, content, 'x.tif')
    if found.problem:  # Some versions of Pillow do not know the kind at all.
        assert found.problem.startswith('is a TIFF of a kind that Pillow cannot read: save it with 8 or 16 bits per')
        return
    assert (found.mode, found.problem) == (mode, None)
    reason = image_files.explain_mode(mode)
    assert reason.startswith(f'has pixels of a kind that cannot be converted ({mode}), ')
    with pytest.raises(util.UserError, match=re.escape(f'x cannot be read as a picture: it {reason}')):
        decode(content, convert='rgb')


def test_tiff_of_a_kind_that_is_unknown_is_not_called_damaged(tmp_path):
    found = info(tmp_path, make_tiff(np.array([0.5, 1]), 64, 3), 'x.tif')
    assert found.problem.startswith(
        'is a TIFF of a kind that Pillow cannot read: save it with 8 or 16 bits per channel'
    )


@pytest.mark.parametrize(
    'error, problem', [(MemoryError(), 'takes more memory than there is'), (NotImplementedError('DX10'), 'cannot read')]
)
def test_what_is_not_damage_is_not_called_so(monkeypatch, error, problem):
    def fail(self):
        raise error

    monkeypatch.setattr(PngImagePlugin.PngImageFile, 'load', fail)
    with pytest.raises(util.UserError, match=problem) as caught:
        decode(encode(picture()))
    assert 'damaged' not in str(caught.value)


@pytest.mark.parametrize('mode, channels', [('P', 3), ('1', 1), ('CMYK', 3)])
def test_unusual_kinds_come_as_what_they_show_if_nothing_is_said(mode, channels):
    gray = decode(encode(Image.new('RGB', (4, 4), (255, 255, 255)).convert(mode), 'TIFF'))
    assert gray.shape == (channels, 4, 4) and gray.dtype == np.uint8
    assert gray.min() >= 254


def test_number_of_channels_decides_the_kind_of_picture():
    for channels, mode in [(1, 'L'), (2, 'LA'), (3, 'RGB'), (4, 'RGBA')]:
        image = image_files.to_pil_image(np.zeros([2, 3, channels], np.uint8))
        assert (image.mode, image.size) == (mode, (3, 2))
    for channels in (0, 5):
        with pytest.raises(util.UserError, match=f'a picture has 1 to 4 channels: .*; got {channels}'):
            image_files.to_pil_image(np.zeros([2, 3, channels], np.uint8))


def test_damaged_content_is_refused_by_name():
    with pytest.raises(util.UserError, match='x cannot be read'):
        decode(encode(picture())[:100])


def test_sixteen_bits_of_which_only_the_lower_eight_are_used_are_refused_instead_of_black():
    def encode(values):
        stream = io.BytesIO()
        Image.fromarray(np.array(values, np.uint16)).save(stream, 'PNG')
        return stream.getvalue()

    with pytest.raises(util.UserError, match='has 16 bits, but no value above 255, so it would become black; rescale'):
        image_files.decode(encode([[0, 255]]), 'a.png')
    assert image_files.decode(encode([[0, 256]]), 'a.png').tolist() == [[[0, 1]]]
    assert image_files.decode(encode([[0, 0]]), 'a.png').tolist() == [[[0, 0]]]  # It is black.


def test_plain_files_are_decoded_as_they_are_and_gray_ones_in_as_many_channels_as_wanted():
    gray = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
    content = image_files.encode(gray, 'png')
    np.testing.assert_array_equal(image_files.decode_plain(content, 1), gray)
    np.testing.assert_array_equal(image_files.decode_plain(content, 3), np.repeat(gray, 3, axis=0))
    with pytest.raises(ValueError, match='its mode is P'):
        image_files.decode_plain(encode(picture().convert('P')), 3)


@pytest.mark.parametrize('channels', [1, 2, 3, 4])
def test_encoded_png_has_the_pixels_of_the_image(channels):
    image = np.random.RandomState(0).randint(0, 256, [channels, 5, 3]).astype(np.uint8)
    np.testing.assert_array_equal(decode(image_files.encode(image, 'png')), image)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(util.UserError, match='nowhere.png cannot be read as a picture: .*; repair or remove it'):
        image_files.load_image(str(tmp_path / 'nowhere.png'))
