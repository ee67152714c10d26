# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the way from many pictures to a data set."""

import os
import re
import shutil
import struct
import zlib

import numpy as np
import pytest
from image_inputs import encode, picture
from PIL import Image

from dnnlib import image_files, util
from image_data import dataset_files, dataset_writer, image_survey, label_files, record_files, records


def make_deep_png():
    """Return a PNG of 16 bits per channel with transparency, 1x1 pixel."""

    def chunk(name, data):
        return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))

    header = chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 16, 6, 0, 0, 0))
    return b'\x89PNG\r\n\x1a\n' + header + chunk(b'IDAT', zlib.compress(b'\0' + b'\x80\xff' * 4)) + chunk(b'IEND', b'')


NOISY_JPEG = encode(Image.fromarray(np.random.RandomState(1).randint(0, 256, [64, 64, 3]).astype(np.uint8)), 'JPEG')
GOOD = {f'good{index}.png': encode(picture()) for index in range(4)}
BAD = {
    'empty.png': (b'', 'is empty \\(zero bytes\\)'),
    'page.png': (b'<html></html>', 'is no picture that Pillow can read'),
    'truncated.png': (encode(picture())[:200], 'is truncated or damaged'),
    'tail.png': (encode(picture())[:-12], 'is truncated or damaged'),
    'truncated.jpg': (NOISY_JPEG[: len(NOISY_JPEG) // 2], 'is truncated or damaged'),
    'wide.png': (encode(picture((32, 16))), 'is 32x16 while most are 16x16'),
    'odd.png': (encode(picture((15, 15))), 'no small rectangle times a power of two \\(15x15\\)'),
    'tiny.png': (encode(picture((2, 2))), 'no small rectangle times a power of two \\(2x2\\)'),
    'large.png': (encode(picture((32, 32))), 'is 32x32 while most are 16x16'),
    'gray.png': (encode(picture(mode='L')), 'is grayscale while most are RGB'),
    'rgba.png': (encode(picture(mode='RGBA')), 'has an alpha channel \\(RGBA\\)'),
    'la.png': (encode(picture(mode='LA')), 'has an alpha channel \\(LA\\)'),
    'palette.png': (encode(picture(mode='P')), 'has a palette'),
    'bilevel.png': (encode(picture(mode='1')), 'is black and white \\(1 bit\\)'),
    'cmyk.jpg': (encode(picture(mode='CMYK'), 'JPEG'), 'is CMYK'),
    'deeprgba.png': (make_deep_png(), 'has an alpha channel \\(RGBA\\)'),
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
    return image_survey.survey_images(path, image_files.Adjustments(**kwargs))


def list_names(infos):
    return [info.name for info in infos]


@pytest.mark.parametrize('name', sorted(BAD))
def test_bad_picture_is_named_with_its_reason(folder, name):
    content, reason = BAD[name]
    path = folder(dict(GOOD, **{name: content}))
    found = survey(path)
    assert list_names(found.usable) == sorted(GOOD)
    message = image_survey.describe_rejected(found)
    assert message.startswith(f'1 of 5 pictures in {path} cannot be used: {name} ')
    assert re.search(reason, message)


def test_all_bad_pictures_are_listed_at_once_with_the_options_that_help(folder):
    files = {f'bad{index:02d}.png': encode(picture((32, 16), 'RGBA')) for index in range(12)}
    message = image_survey.describe_rejected(survey(folder(dict(GOOD, **files))))
    assert message.startswith('12 of 16 pictures')
    assert 'bad09.png has an alpha channel (RGBA) and is 32x16 while most are 16x16 and 2 more; ' in message
    assert message.endswith(
        'try --convert=rgb (or rgba to keep transparency) --crop=center --resize=16; '
        '--skip_bad leaves out what cannot be used'
    )


@pytest.mark.parametrize(
    'mode, kinds', [('RGBA', 'rgb (or rgba to keep transparency)'), ('LA', 'l (or la to keep'), ('P', 'rgb;')]
)
def test_sets_of_transparent_pictures_may_stay_so(folder, mode, kinds):
    found = survey(folder({'a.png': encode(picture((16, 16), mode)), 'b.png': encode(picture((16, 16), mode))}))
    assert f'try --convert={kinds}' in image_survey.describe_rejected(found)


def test_the_proposed_options_help(folder):
    files = {name: content for name, (content, _) in BAD.items()}
    folder_path = folder(dict(GOOD, **files))
    found = survey(folder_path, convert='rgb', crop='center', resize=(16, 16))
    rejected = list_names(found.rejected)
    assert rejected == ['empty.png', 'float.tif', 'page.png', 'tail.png', 'truncated.jpg', 'truncated.png']
    assert all(
        image_files.load_image(
            os.path.join(folder_path, info.name), image_files.Adjustments('center', (16, 16), 'box', 'rgb')
        ).shape
        == (3, 16, 16)
        for info in found.usable
    )


def test_hidden_files_folders_and_other_files_are_skipped(folder):
    path = folder(
        dict(GOOD, **{'.hidden.png': b'', 'notes.txt': b'hello', 'empty.txt': b'', 'no_extension': encode(picture())})
    )
    os.mkdir(os.path.join(path, 'sub'))
    found = survey(path)
    assert found.skipped == ['.hidden.png', 'empty.txt', 'notes.txt', 'sub/']
    assert len(found.usable) == 5 and not found.rejected


def test_folder_without_pictures_is_refused(folder):
    path = folder({'notes.txt': b'hello'})
    with pytest.raises(util.UserError, match=r'No input images found in .*pictures \(only notes.txt\)'):
        survey(path)


def test_folder_of_videos_is_explained(folder):
    path = folder({'a.mov': b'', 'b.mov': b''})
    with pytest.raises(util.UserError, match=r'\(only a.mov, b.mov\); a.mov is a video; videos cannot be read: save'):
        survey(path)


def test_pictures_of_a_format_that_cannot_be_read_are_named_once_with_their_number(folder):
    phone = {f'IMG_{index}.HEIC': b'\0\0\0\x18ftypheic\0\0\0\0mif1heic' for index in range(3)}
    path = folder(dict(GOOD, **phone))
    message = image_survey.describe_rejected(survey(path))
    assert message == (
        f'3 of 7 pictures in {path} cannot be used: IMG_0.HEIC (and 2 more) is HEIC; HEIC cannot be read: convert to '
        'PNG or JPEG; --skip_bad leaves out what cannot be used'
    )


def test_option_for_large_pictures_is_proposed_with_the_number_that_helps(folder):
    path = folder({'a.png': encode(picture()), 'b.png': encode(picture((32, 32)))})
    found = survey(path, crop='center', resize=(16, 16), max_pixels=1000)
    assert list_names(found.usable) == ['a.png']
    assert 'refused; try --max_pixels=1024; --skip_bad' in image_survey.describe_rejected(found)
    assert len(survey(path, crop='center', resize=(16, 16), max_pixels=1024).usable) == 2


def test_missing_folder_is_named_with_the_one_probably_meant(folder):
    path = folder({})
    with pytest.raises(util.UserFileNotFoundError, match='picture folder .* does not exist; did you mean pictures'):
        survey(path[:-1])


def test_majority_decides_about_the_shape(folder):
    found = survey(folder({'a.png': encode(picture((32, 32))), 'b.png': encode(picture()), 'c.png': encode(picture())}))
    assert found.shape == (3, 16, 16)
    assert list_names(found.rejected) == ['a.png']


def test_survey_does_not_depend_on_the_number_of_workers(folder):
    path = folder({f'{index:03d}.png': encode(picture()) for index in range(130)})
    found = [image_survey.survey_images(path, num_workers=num_workers).usable for num_workers in (1, 2)]
    assert found[0] == found[1] and len(found[0]) == 130


def make_files(num_pictures=9):
    gray = {index: Image.new('L', (8, 8), index) for index in range(num_pictures)}
    return {f'{index}.png': encode(image) for index, image in gray.items()}


def read_values(path):
    return [int(image[0, 0, 0]) for image in record_files.read_images(path)]


def test_order_is_that_of_the_names_or_the_shuffled_one(folder, tmp_path):
    found = survey(folder(make_files(10)))
    dataset_writer.write_dataset(str(tmp_path / 'a'), found, shuffle=False)
    dataset_writer.write_dataset(str(tmp_path / 'b'), found)
    assert read_values(str(tmp_path / 'a' / 'a-r03.tfrecords')) == list(range(10))
    assert read_values(str(tmp_path / 'b' / 'b-r03.tfrecords')) == [4, 0, 7, 5, 8, 3, 1, 6, 9, 2]


def test_files_do_not_depend_on_the_number_of_workers(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset_writer, 'CHUNK_BYTES', 2 * 64)
    found = survey(folder(make_files()))
    contents = []
    for num_workers in (1, 2, 3):
        dataset_writer.write_dataset(str(tmp_path / str(num_workers) / 'x'), found, num_workers=num_workers)
        contents.append((tmp_path / str(num_workers) / 'x' / 'x-r03.tfrecords').read_bytes())
    assert contents[0] == contents[1] == contents[2]


@pytest.mark.parametrize('content', [b'', encode(picture()), None])
def test_picture_that_changes_after_the_survey_is_named_and_nothing_is_left(folder, tmp_path, content):
    path = folder(make_files())
    found = survey(path)
    os.remove(os.path.join(path, '5.png'))
    if content is not None:
        with open(os.path.join(path, '5.png'), 'wb') as file:
            file.write(content)
    with pytest.raises(util.UserError, match='5.png (has changed meanwhile|cannot be read any more)'):
        dataset_writer.write_dataset(str(tmp_path / 'x'), found, num_workers=2)
    assert os.listdir(str(tmp_path)) == ['pictures']


def test_too_small_a_disk_is_noticed_before_anything_is_written(folder, tmp_path, monkeypatch):
    usage = type('Usage', (), {'free': 1000})
    monkeypatch.setattr(shutil, 'disk_usage', lambda path: usage)
    with pytest.raises(util.UserError, match=r'needs 1\.\d kB, but only 1\.0 kB are free'):
        dataset_writer.write_dataset(str(tmp_path / 'x'), survey(folder(make_files())))
    assert os.listdir(str(tmp_path)) == ['pictures']


def test_progress_counts_all_pictures(folder, tmp_path):
    calls = []
    found = image_survey.survey_images(folder(make_files()), progress=lambda *args: calls.append(args))
    dataset_writer.write_dataset(str(tmp_path / 'x'), found, progress=lambda *args: calls.append(args))
    assert calls == [(9, 9), (9, 9)]


# ----------------------------------------------------------------------------
# Sub-folders, first pictures, labels.


def fill(path, files):
    for name, content in files.items():
        os.makedirs(os.path.dirname(os.path.join(path, name)), exist_ok=True)
        with open(os.path.join(path, name), 'wb') as file:
            file.write(content)
    return path


def test_sub_folders_are_searched_on_request(folder):
    path = fill(folder({'top.png': encode(picture())}), {'b/x.png': encode(picture()), 'a/c/y.png': encode(picture())})
    assert list_names(image_survey.survey_images(path).usable) == ['top.png']
    assert list_names(image_survey.survey_images(path, recursive=True).usable) == ['a/c/y.png', 'b/x.png', 'top.png']


def test_options_for_sub_folders_are_proposed_where_all_pictures_lie_in_them(folder):
    path = fill(folder({}), {'a/x.png': encode(picture())})
    with pytest.raises(util.UserError, match=r'\(only a/\); --recursive searches sub-folders, --labels=folders'):
        survey(path)


def test_first_pictures_that_can_be_used_are_taken_on_request(folder):
    path = folder(dict(make_files(9), **{'0.png': b''}))
    found = image_survey.survey_images(path, max_images=3)
    assert list_names(found.usable) == ['1.png', '2.png', '3.png']
    assert list_names(found.rejected) == ['0.png']


def test_labels_are_written_in_the_order_of_the_pictures(folder, tmp_path):
    files = {f'{name}/{index}.png': encode(Image.new('L', (8, 8), index)) for index, name in enumerate('abbcaacbab')}
    found = image_survey.survey_images(fill(folder({}), files), labels='folders')
    dataset_writer.write_dataset(str(tmp_path / 'x'), found)
    labels = label_files.read_labels(str(tmp_path / 'x' / 'x-rxx.labels'))
    values = read_values(str(tmp_path / 'x' / 'x-r03.tfrecords'))
    assert sorted(values) == list(range(10)) and values != list(range(10))
    assert ['abc'[index] for index in labels.argmax(axis=1)] == ['abbcaacbab'[value] for value in values]
    assert label_files.read_class_names(str(tmp_path / 'x')) == ['a', 'b', 'c']


def test_picture_without_label_is_named_with_the_way_out(folder):
    path = fill(folder({'top.png': encode(picture())}), {'a/x.png': encode(picture())})
    found = image_survey.survey_images(path, labels='folders')
    assert 'top.png lies in no class folder; try --labels=none' in image_survey.describe_rejected(found)
    fill(path, {'dataset.json': b'{"labels": [["a/x.png", 1]]}'})
    found = image_survey.survey_images(path, labels='auto')
    assert 'top.png has no label in dataset.json; try --labels=none' in image_survey.describe_rejected(found)


# ----------------------------------------------------------------------------
# Encodings.


def read_records(path):
    """Return the content of the `data` feature of each record, and the number of all other bytes."""
    with open(path, 'rb') as file:
        content = file.read()
    found, pos = [], 0
    while pos < len(content):
        length = struct.unpack('<Q', content[pos : pos + 8])[0]
        found.append(records.parse_payload(content[pos + 12 : pos + 12 + length], 'x')[0])
        pos += length + 16
    return found, len(content) - sum(map(len, found))


@pytest.mark.parametrize('num_workers', [1, 2])
def test_files_of_usable_pictures_stay_byte_for_byte(folder, tmp_path, num_workers):
    files = {'a.png': encode(picture()), 'b.jpg': encode(picture(), 'JPEG'), 'c.jpg': encode(picture(mode='L'), 'JPEG')}
    found = image_survey.survey_images(folder(files), image_files.Adjustments(convert='rgb'), encoding='png')
    adjustments = image_files.Adjustments(convert='rgb')
    dataset_writer.write_dataset(str(tmp_path / 'x'), found, adjustments, shuffle=False, num_workers=num_workers)
    assert os.listdir(str(tmp_path / 'x')) == ['x-r04.tfrecords']
    contents, _ = read_records(str(tmp_path / 'x' / 'x-r04.tfrecords'))
    assert contents == [files[name] for name in sorted(files)]
    read = list(record_files.read_images(str(tmp_path / 'x' / 'x-r04.tfrecords')))
    for name, image in zip(sorted(files), read):
        np.testing.assert_array_equal(image, image_files.load_image(str(tmp_path / 'pictures' / name), adjustments))


def test_size_of_kept_files_is_foretold_to_the_byte(folder, tmp_path):
    rnd = np.random.RandomState(0)
    files = {
        f'{size}.jpg': encode(Image.fromarray(rnd.randint(0, 256, [64, 64, 3]).astype(np.uint8)), 'JPEG', quality=size)
        for size in range(10, 100, 10)
    }
    found = image_survey.survey_images(folder(files), encoding='jpeg')
    dataset_writer.write_dataset(str(tmp_path / 'x'), found)
    path = str(tmp_path / 'x' / 'x-r06.tfrecords')
    assert os.path.getsize(path) == dataset_writer.estimate_size(found, image_files.Adjustments())
    _, overhead = read_records(path)
    # Framing 16; example, map entries, features, lists and values: tag and length each; names; text jpeg; 3 dimensions.
    per_file = 16 + 2 * 2 + (4 * 2 + 4 + 4 * 1) + (5 * 2 + 8 + 4) + (5 * 2 + 5 + 3)
    assert overhead <= len(files) * (per_file + 1)
    assert overhead / (len(files) * 1e6) < 0.02


def test_pictures_that_are_adjusted_become_files_of_the_encoding(folder, tmp_path):
    files = {'a.png': encode(picture((32, 32))), 'b.jpg': encode(picture((32, 32)), 'JPEG')}
    path = folder(files)
    for encoding, signature in [('png', b'\x89PNG'), ('jpeg', b'\xff\xd8\xff')]:
        adjustments = image_files.Adjustments(resize=(16, 16))
        found = image_survey.survey_images(path, adjustments, encoding)
        dataset_writer.write_dataset(str(tmp_path / encoding), found, adjustments)
        contents, _ = read_records(str(tmp_path / encoding / f'{encoding}-r04.tfrecords'))
        assert [content.startswith(signature) for content in contents] == [True, True]


def test_jpeg_quality_changes_the_size(folder, tmp_path):
    path, sizes = folder({'a.bmp': encode(picture(), 'BMP')}), []
    for quality in (10, 95):
        found = image_survey.survey_images(path, encoding='jpeg')
        dataset_writer.write_dataset(str(tmp_path / 'x'), found, quality=quality, overwrite=True)
        sizes.append(os.path.getsize(str(tmp_path / 'x' / 'x-r04.tfrecords')))
    assert sizes[0] < sizes[1]


def test_jpeg_cannot_have_an_alpha_channel(folder):
    path = folder({'a.png': encode(picture(mode='RGBA'))})
    found = image_survey.survey_images(path, image_files.Adjustments(convert='rgba'), encoding='jpeg')
    assert re.search(
        'alpha channel, which a JPEG cannot have; try .*--encoding=png', image_survey.describe_rejected(found)
    )


def test_pictures_that_are_not_square_keep_their_shape(folder, tmp_path):
    found = survey(folder({f'{index}.png': encode(picture((16, 12))) for index in range(3)}))
    assert found.shape == (3, 12, 16)
    dataset_writer.write_dataset(str(tmp_path / 'x'), found)
    assert sorted(os.listdir(str(tmp_path / 'x'))) == ['x-r02.tfrecords', 'x-r03.tfrecords', 'x-r04.tfrecords']
    assert [file.shape for file in dataset_files.find_files(str(tmp_path / 'x'))] == [(3, 3, 4), (3, 6, 8), (3, 12, 16)]


def test_other_proportions_are_not_stretched(folder):
    message = image_survey.describe_rejected(survey(folder({'a.png': encode(picture((32, 16)))}), resize=(16, 16)))
    assert 'a.png is not square (32x16); try --crop=center' in message


@pytest.mark.parametrize('channels, mode', [(1, 'L'), (2, 'LA'), (3, 'RGB'), (4, 'RGBA')])
@pytest.mark.parametrize('encoding', ['raw', 'png'])
def test_one_to_four_channels_reach_the_data_set(folder, tmp_path, channels, mode, encoding):
    adjustments = image_files.Adjustments(convert=mode.lower())
    found = image_survey.survey_images(folder({'a.png': encode(picture(mode=mode))}), adjustments, encoding)
    dataset_writer.write_dataset(str(tmp_path / 'x'), found, adjustments)
    image = next(record_files.read_images(str(tmp_path / 'x' / 'x-r04.tfrecords')))
    pixels = np.asarray(picture(mode=mode)).reshape(16, 16, channels)
    np.testing.assert_array_equal(image, pixels.transpose(2, 0, 1))
