# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Picture files of all kinds, brought to the size and channels of a network."""

import os
import zipfile

import numpy as np
import PIL.Image
import pytest

from dnnlib.util import UserError, UserFileNotFoundError
from editing import input_images
from image_data import dataset_writer, image_survey, record_files


def save(path, pixels, mode=None, **options):
    PIL.Image.fromarray(np.uint8(pixels) if mode is None else pixels, mode).save(str(path), **options)
    return str(path)


def make_gradient(height, width):
    """Return a picture that is dark at the left, in red, and at the top, in green."""
    rows, columns = np.indices([height, width])
    return np.stack([columns * 255 / (width - 1), rows * 255 / (height - 1), rows * 0], axis=2).astype(np.uint8)


def test_picture_of_the_right_size_is_left_alone(tmp_path):
    pixels = make_gradient(8, 8)
    picture = input_images.read_image(save(tmp_path / 'a.png', pixels), [3, 8, 8])
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, pixels.transpose(2, 0, 1))


def test_oblong_picture_is_cut_and_resized(tmp_path):
    pixels = np.zeros([16, 48, 3])
    pixels[:, 16:32] = 200
    picture = input_images.read_image(save(tmp_path / 'a.png', pixels), [3, 8, 8])
    assert picture.shape == (3, 8, 8) and (picture == 200).all()


def test_orientation_of_the_camera_is_followed(tmp_path):
    image = PIL.Image.fromarray(make_gradient(8, 8))
    exif = PIL.Image.Exif()
    exif[0x0112] = 3  # Upside down.
    image.save(str(tmp_path / 'a.png'), exif=exif)
    picture = input_images.read_image(str(tmp_path / 'a.png'), [3, 8, 8])
    np.testing.assert_array_equal(picture, make_gradient(8, 8)[::-1, ::-1].transpose(2, 0, 1))


def test_transparent_parts_become_white(tmp_path):
    pixels = np.zeros([4, 4, 4])
    pixels[:2] = [10, 20, 30, 255]
    path = save(tmp_path / 'a.png', pixels)
    picture = input_images.read_image(path, [3, 4, 4])
    assert picture[:, 0, 0].tolist() == [10, 20, 30] and (picture[:, 2:] == 255).all()
    assert input_images.read_image(path, [4, 4, 4])[3, 3, 3] == 0


@pytest.mark.parametrize('channels, expected', [(1, [100]), (3, [100, 100, 100])])
def test_gray_picture_serves_any_network(channels, expected, tmp_path):
    path = save(tmp_path / 'a.png', np.full([4, 4], 100))
    assert input_images.read_image(path, [channels, 4, 4])[:, 1, 1].tolist() == expected


def test_sixteen_bits_are_scaled_to_eight(tmp_path):
    PIL.Image.fromarray(np.full([4, 4], 51400, np.uint16)).save(str(tmp_path / 'a.png'))
    assert (input_images.read_image(str(tmp_path / 'a.png'), [3, 4, 4]) == 200).all()


@pytest.mark.parametrize('content', [b'', b'hello', b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff\xe0'])
def test_file_that_is_no_picture_is_named(content, tmp_path):
    path = tmp_path / 'a.png'
    path.write_bytes(content)
    with pytest.raises(UserError, match='a.png cannot be read as a picture'):
        input_images.read_image(str(path), [3, 8, 8])


def test_truncated_picture_is_named(tmp_path):
    save(tmp_path / 'a.png', np.random.RandomState(0).randint(256, size=[64, 64, 3]))
    content = (tmp_path / 'a.png').read_bytes()
    (tmp_path / 'a.png').write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match='a.png cannot be read as a picture'):
        input_images.read_image(str(tmp_path / 'a.png'), [3, 8, 8])


def test_folders_are_searched_in_the_order_of_names(tmp_path):
    folder = tmp_path / 'folder'
    folder.mkdir()
    for name in ['b.JPG', 'a.png', 'notes.txt']:
        (folder / name).write_bytes(b'')
    (tmp_path / 'single').write_bytes(b'')
    found = input_images.find_images([str(tmp_path / 'single'), str(folder)])
    assert found == [str(tmp_path / 'single'), str(folder / 'a.png'), str(folder / 'b.JPG')]


def test_only_pictures_of_the_user_are_taken_from_folders(tmp_path):
    for name in ['UPPER.PNG', 'with space.png']:
        PIL.Image.new('RGB', (4, 4)).save(str(tmp_path / name))
    for name in ['._UPPER.PNG', '.hidden.png', 'Thumbs.db', 'desktop.ini', 'clip.mp4', 'text.pdf']:
        (tmp_path / name).write_bytes(b'\0\5\x16\7')
    for name in ['sub', '__MACOSX', '.cache']:
        (tmp_path / name).mkdir()
        (tmp_path / name / 'a.png').write_bytes(b'')
    os.symlink('nowhere.png', str(tmp_path / 'broken.png'))
    PIL.Image.new('RGB', (4, 4)).save(str(tmp_path / 'no_ending'), 'PNG')
    found = input_images.find_images([str(tmp_path)])
    assert found == [str(tmp_path / name) for name in ['UPPER.PNG', 'no_ending', 'with space.png']]
    assert all(input_images.read_image(path, [3, 4, 4]).shape == (3, 4, 4) for path in found)


@pytest.mark.parametrize(
    'name, message',
    [
        ('._a.png', r'holds no pictures \(only ._a.png\); known are .png'),
        ('a.mov', r'holds no pictures \(only a.mov\); a.mov is a video; videos cannot be read: save their frames'),
        ('notes.txt', r'holds no pictures \(only notes.txt\); known are'),
    ],
)
def test_folder_without_pictures_is_explained(tmp_path, name, message):
    (tmp_path / name).write_bytes(b'\0\5')
    with pytest.raises(UserError, match=message):
        input_images.find_images([str(tmp_path)])


def test_archive_broken_link_and_pattern_without_match_are_named(tmp_path):
    with zipfile.ZipFile(str(tmp_path / 'a.zip'), 'w') as file:
        file.writestr('a.png', b'')
    os.symlink('nowhere.png', str(tmp_path / 'link.png'))
    for name, message in [
        ('a.zip', 'a.zip is an archive, .*: unpack it'),
        ('link.png', 'link.png is a link to a file that does not exist'),
        ('*.jpeg', r'picture not found: .*\*.jpeg, and no file matches this pattern'),
    ]:
        with pytest.raises(UserError, match=message):
            input_images.find_images([str(tmp_path / name)])


def test_floating_point_is_refused_rather_than_black(tmp_path):
    PIL.Image.fromarray(np.full([4, 4], 0.5, np.float32)).save(str(tmp_path / 'a.tif'))
    with pytest.raises(UserError, match=r'a.tif cannot be read as a picture: it has pixels .* \(F\), floating point'):
        input_images.read_image(str(tmp_path / 'a.tif'), [3, 4, 4])


def test_what_does_not_exist_or_is_empty_is_named(tmp_path):
    with pytest.raises(UserFileNotFoundError, match='picture not found: .*nowhere.png'):
        input_images.find_images([str(tmp_path / 'nowhere.png')])
    with pytest.raises(UserError, match='holds no pictures; known are .png'):
        input_images.find_images([str(tmp_path)])


@pytest.mark.parametrize('value, expected', [(255, 0), (256, 1), (511, 1), (33023, 128), (65279, 254), (65280, 255)])
def test_of_sixteen_bits_projections_and_data_sets_take_the_upper_eight(tmp_path, value, expected):
    (tmp_path / 'images').mkdir()
    path = str(tmp_path / 'images' / 'a.png')
    pixels = np.full([8, 8], value, np.uint16)
    pixels[0, 0] = 65535  # Else small values would be refused.
    PIL.Image.fromarray(pixels).save(path)
    assert input_images.read_image(path, [1, 8, 8])[0, 1, 1] == expected
    survey = image_survey.survey_images(str(tmp_path / 'images'))
    dataset_writer.write_dataset(str(tmp_path / 'set'), survey)
    assert next(record_files.read_images(str(tmp_path / 'set' / 'set-r03.tfrecords')))[0, 1, 1] == expected
