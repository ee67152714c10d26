# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the way from a folder of pictures to a data set."""

import io
import os
import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from dnnlib import util
from preparation import images
from training import tfrecord

RGB = np.random.RandomState(0).randint(0, 256, [16, 16, 3]).astype(np.uint8)


def picture(size=(16, 16), mode='RGB'):
    return Image.fromarray(RGB).resize(size).convert(mode)


def encode(image, kind='PNG', **kwargs):
    stream = io.BytesIO()
    image.save(stream, kind, **kwargs)
    return stream.getvalue()


def make_deep_png(channels):
    """Return a PNG of 16 bits per channel, 1x1 pixel, whose value is 0x80FF in each channel."""
    if channels == 1:
        return encode(Image.fromarray(np.full([1, 1], 0x80FF, np.uint16)))

    def chunk(name, data):
        return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))

    header = chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 16, 2, 0, 0, 0))
    return b'\x89PNG\r\n\x1a\n' + header + chunk(b'IDAT', zlib.compress(b'\0' + b'\x80\xff' * 3)) + chunk(b'IEND', b'')


NOISY_JPEG = encode(Image.fromarray(np.random.RandomState(1).randint(0, 256, [64, 64, 3]).astype(np.uint8)), 'JPEG')
GOOD = {f'good{index}.png': encode(picture()) for index in range(4)}
BAD = {
    'empty.png': (b'', 'is empty \\(zero bytes\\)'),
    'page.png': (b'<html></html>', 'is no picture that Pillow can read'),
    'truncated.png': (encode(picture())[:200], 'is truncated or damaged'),
    'tail.png': (encode(picture())[:-12], 'is truncated or damaged'),
    'truncated.jpg': (NOISY_JPEG[: len(NOISY_JPEG) // 2], 'is truncated or damaged'),
    'wide.png': (encode(picture((32, 16))), 'is not square \\(32x16\\)'),
    'odd.png': (encode(picture((15, 15))), 'no power of two of at least 4 \\(15x15\\)'),
    'tiny.png': (encode(picture((2, 2))), 'no power of two of at least 4 \\(2x2\\)'),
    'large.png': (encode(picture((32, 32))), 'is 32x32 while most are 16x16'),
    'gray.png': (encode(picture(mode='L')), 'is grayscale while most are RGB'),
    'rgba.png': (encode(picture(mode='RGBA')), 'has an alpha channel \\(RGBA\\)'),
    'la.png': (encode(picture(mode='LA')), 'has an alpha channel \\(LA\\)'),
    'palette.png': (encode(picture(mode='P')), 'has a palette'),
    'bilevel.png': (encode(picture(mode='1')), 'is black and white \\(1 bit\\)'),
    'cmyk.jpg': (encode(picture(mode='CMYK'), 'JPEG'), 'is CMYK'),
    'deep.png': (make_deep_png(1), 'has 16 bits per channel'),
    'deeprgb.png': (make_deep_png(3), 'has 16 bits per channel'),
    'float.tif': (encode(picture(mode='F'), 'TIFF'), 'pixels of a kind that cannot be converted \\(F\\)'),
}


@pytest.fixture
def folder(tmp_path):
    """Return a function that fills a folder with files and returns its path."""

    def fill(files):
        (tmp_path / 'pictures').mkdir()
        for name, content in files.items():
            (tmp_path / 'pictures' / name).write_bytes(content)
        return str(tmp_path / 'pictures')

    return fill


def survey(path, **kwargs):
    return images.survey_folder(path, images.Adjustments(**kwargs))


@pytest.mark.parametrize('name', sorted(BAD))
def test_bad_picture_is_named_with_its_reason(folder, name):
    content, reason = BAD[name]
    path = folder(dict(GOOD, **{name: content}))
    found = survey(path)
    assert [os.path.basename(good) for good in found.paths] == sorted(GOOD)
    message = images.describe_offenders(found)
    assert message.startswith(f'1 of 5 pictures in {path} cannot be used: {name} ')
    assert re.search(reason, message)


def test_all_bad_pictures_are_listed_at_once_with_the_options_that_help(folder):
    files = {f'bad{index:02d}.png': encode(picture((32, 16), 'RGBA')) for index in range(12)}
    message = images.describe_offenders(survey(folder(dict(GOOD, **files))))
    assert message.startswith('12 of 16 pictures')
    assert 'bad09.png has an alpha channel (RGBA) and is not square (32x16) and 2 more; ' in message
    assert message.endswith('try --convert=rgb --crop=center --resize=16; --skip_bad leaves out what cannot be used')


def test_the_proposed_options_help(folder):
    files = {name: content for name, (content, _) in BAD.items()}
    found = survey(folder(dict(GOOD, **files)), convert='rgb', crop='center', resize=16)
    offenders = [os.path.basename(offender.path) for offender in found.offenders]
    assert offenders == ['empty.png', 'float.tif', 'page.png', 'tail.png', 'truncated.jpg', 'truncated.png']
    assert all(
        images.load_image(path, images.Adjustments('center', 16, 'box', 'rgb')).shape == (3, 16, 16)
        for path in found.paths
    )


def test_hidden_files_folders_and_other_files_are_skipped(folder):
    path = folder(
        dict(GOOD, **{'.hidden.png': b'', 'notes.txt': b'hello', 'empty.txt': b'', 'no_extension': encode(picture())})
    )
    os.mkdir(os.path.join(path, 'sub'))
    found = survey(path)
    assert found.skipped == ['.hidden.png', 'empty.txt', 'notes.txt', 'sub/']
    assert len(found.paths) == 5 and not found.offenders


def test_folder_without_pictures_is_refused(folder):
    path = folder({'notes.txt': b'hello'})
    with pytest.raises(util.UserError, match=r'No input images found in .*pictures \(only notes.txt\)'):
        survey(path)


def test_missing_folder_is_named_with_the_one_probably_meant(folder):
    path = folder({})
    with pytest.raises(util.UserFileNotFoundError, match='picture folder .* does not exist; did you mean pictures'):
        survey(path[:-1])


def test_majority_decides_about_the_shape(folder):
    found = survey(folder({'a.png': encode(picture((32, 32))), 'b.png': encode(picture()), 'c.png': encode(picture())}))
    assert found.shape == (3, 16, 16)
    assert [os.path.basename(offender.path) for offender in found.offenders] == ['a.png']


def test_survey_does_not_depend_on_the_number_of_workers(folder):
    path = folder({f'{index:03d}.png': encode(picture()) for index in range(130)})
    assert images.survey_folder(path, num_workers=2) == images.survey_folder(path, num_workers=1)


def test_pixels_are_channel_major_and_exact(folder):
    path = folder({'rgb.png': encode(picture()), 'gray.png': encode(picture(mode='L'))})
    np.testing.assert_array_equal(images.load_image(os.path.join(path, 'rgb.png')), RGB.transpose(2, 0, 1))
    gray = images.load_image(os.path.join(path, 'gray.png'))
    np.testing.assert_array_equal(gray, np.asarray(picture(mode='L'))[np.newaxis])


def test_picture_is_turned_upright_as_its_exif_data_say(folder):
    exif = b'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'  # Orientation 6: turn clockwise.
    half = Image.new('L', (16, 16), 255)
    half.paste(0, (0, 0, 8, 16))  # The left half is black; it comes to lie on top.
    upright = images.load_image(os.path.join(folder({'x.jpg': encode(half, 'JPEG', exif=exif)}), 'x.jpg'))[0]
    assert upright[:8].max() < 64 and upright[8:].min() > 192


def test_transparent_pixels_become_white(folder):
    image = Image.new('RGBA', (4, 4), (200, 0, 0, 255))
    image.putpixel((0, 0), (0, 0, 0, 0))
    pixels = images.load_image(
        os.path.join(folder({'x.png': encode(image)}), 'x.png'), images.Adjustments(convert='rgb')
    )
    assert pixels[:, 0, 0].tolist() == [255, 255, 255]
    assert pixels[:, 1, 1].tolist() == [200, 0, 0]


@pytest.mark.parametrize('channels', [1, 3])
def test_upper_8_of_16_bits_are_kept(folder, channels):
    path = os.path.join(folder({'x.png': make_deep_png(channels)}), 'x.png')
    assert images.load_image(path, images.Adjustments(convert='rgb')).ravel().tolist() == [0x80] * 3


def test_crop_keeps_the_middle_and_box_resize_averages(folder):
    wide = np.zeros([4, 8], np.uint8)
    wide[:, 2:4], wide[:, 4:6] = 10, 20
    path = os.path.join(folder({'x.png': encode(Image.fromarray(wide))}), 'x.png')
    cropped = images.load_image(path, images.Adjustments(crop='center'))
    np.testing.assert_array_equal(cropped[0, 0], [10, 10, 20, 20])
    wide = images.load_image(path, images.Adjustments(crop='center', resize=2, resize_filter='box'))
    np.testing.assert_array_equal(wide[0], [[10, 20], [10, 20]])


def make_files(num_pictures=9):
    gray = {index: Image.new('L', (8, 8), index) for index in range(num_pictures)}
    return {f'{index}.png': encode(image) for index, image in gray.items()}


def read_values(path):
    return [int(image[0, 0, 0]) for image in tfrecord.read_images(path)]


def test_order_is_that_of_the_names_or_the_shuffled_one(folder, tmp_path):
    found = survey(folder(make_files(10)))
    images.write_dataset(str(tmp_path / 'a'), found, shuffle=False)
    images.write_dataset(str(tmp_path / 'b'), found)
    assert read_values(str(tmp_path / 'a' / 'a-r03.tfrecords')) == list(range(10))
    assert read_values(str(tmp_path / 'b' / 'b-r03.tfrecords')) == [4, 0, 7, 5, 8, 3, 1, 6, 9, 2]


def test_files_do_not_depend_on_the_number_of_workers(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(images, 'CHUNK_BYTES', 2 * 64)
    found = survey(folder(make_files()))
    contents = []
    for num_workers in (1, 2, 3):
        images.write_dataset(str(tmp_path / str(num_workers) / 'x'), found, num_workers=num_workers)
        contents.append((tmp_path / str(num_workers) / 'x' / 'x-r03.tfrecords').read_bytes())
    assert contents[0] == contents[1] == contents[2]


@pytest.mark.parametrize('content, message', [(b'', 'cannot be read'), (encode(picture()), 'has changed meanwhile')])
def test_picture_that_changes_after_the_survey_is_named_and_nothing_is_left(folder, tmp_path, content, message):
    found = survey(folder(make_files()))
    with open(found.paths[5], 'wb') as file:
        file.write(content)
    with pytest.raises(util.UserError, match=f'5.png {message}'):
        images.write_dataset(str(tmp_path / 'x'), found, num_workers=2)
    assert os.listdir(str(tmp_path)) == ['pictures']


def test_too_small_a_disk_is_noticed_before_anything_is_written(folder, tmp_path, monkeypatch):
    usage = type('Usage', (), {'free': 1000})
    monkeypatch.setattr(images.shutil, 'disk_usage', lambda path: usage)
    with pytest.raises(util.UserError, match=r'needs 1\.\d kB, but only 1\.0 kB are free'):
        images.write_dataset(str(tmp_path / 'x'), survey(folder(make_files())))
    assert os.listdir(str(tmp_path)) == ['pictures']


def test_progress_counts_all_pictures(folder, tmp_path):
    calls = []
    found = images.survey_folder(folder(make_files()), progress=lambda *args: calls.append(args))
    images.write_dataset(str(tmp_path / 'x'), found, progress=lambda *args: calls.append(args))
    assert calls == [(9, 9), (9, 9)]
