# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Small copies of images in pages."""

import base64
import io
import os
import shutil

import numpy as np
import PIL.Image
import pytest
from report_inputs import write_image

from training.report import thumbnails
from training.report.thumbnails import LARGE, SMALL, Thumbnails


def decode(text):
    head, _, content = text.partition(',')
    assert head == 'data:image/jpeg;base64'
    return PIL.Image.open(io.BytesIO(base64.b64decode(content)))


def make_images(folder, num):
    names = [f'fakes{index:06d}.png' for index in range(num)]
    for index, name in enumerate(names):
        write_image(folder / name, index)
    return names


@pytest.mark.parametrize('size, expected', [(SMALL, (800, 400)), (LARGE, (1600, 800))])
def test_large_image_is_made_smaller(tmp_path, size, expected):
    write_image(tmp_path / 'a.png', 200, (2000, 1000))
    image = decode(Thumbnails(str(tmp_path)).get('a.png', size))
    assert image.size == expected and abs(np.asarray(image).astype(int) - 200).max() <= 2


@pytest.mark.parametrize('mode', ['L', 'LA', 'RGB', 'RGBA'])
def test_small_image_keeps_its_size_and_is_opaque(tmp_path, mode):
    write_image(tmp_path / 'a.png', 0, (32, 16), mode)  # Alpha of 0, too.
    image = decode(Thumbnails(str(tmp_path)).get('a.png', SMALL))
    assert (image.size, image.mode) == ((32, 16), 'RGB')
    assert (np.asarray(image) == (255 if 'A' in mode else 0)).all()


def test_copy_of_noise_is_larger_than_its_pixels_and_fine(tmp_path):
    noise = np.random.RandomState(0).randint(256, size=[512, 512, 3]).astype(np.uint8)
    PIL.Image.fromarray(noise).save(str(tmp_path / 'a.png'))
    text = Thumbnails(str(tmp_path)).get('a.png', LARGE)
    assert len(text) > 512 * 512 and decode(text).size == (512, 512)


@pytest.mark.parametrize('content', [None, b'', b'no image', b'\x89PNG\r\n\x1a\n0000'])
def test_image_that_cannot_be_read_has_none(tmp_path, content):
    if content is not None:
        (tmp_path / 'a.png').write_bytes(content)
    images = Thumbnails(str(tmp_path))
    assert images.get('a.png') is None and images.get('a.png', SMALL) is None
    assert images.choose(['a.png']) == []


def test_small_copy_is_made_once_for_all_processes(tmp_path, monkeypatch):
    (name,) = make_images(tmp_path, 1)
    text = Thumbnails(str(tmp_path)).get(name, SMALL)
    monkeypatch.setattr(thumbnails, 'open_image', None)
    assert Thumbnails(str(tmp_path)).get(name, SMALL) == text


def test_small_copy_of_another_image_of_that_name_is_made_anew(tmp_path):
    (name,) = make_images(tmp_path, 1)
    images = Thumbnails(str(tmp_path))
    before = images.get(name, SMALL)
    write_image(tmp_path / name, 255)
    os.utime(str(tmp_path / name), (1000, 1000))  # Older: clocks can be set back.
    after = images.get(name, SMALL)
    assert after != before and Thumbnails(str(tmp_path)).get(name, SMALL) == after


def test_small_copies_are_made_where_none_can_be_kept(tmp_path):
    (name,) = make_images(tmp_path, 1)
    (tmp_path / thumbnails.FOLDER).write_text('a file')
    images = Thumbnails(str(tmp_path))
    assert images.get(name, SMALL)
    images.forget_unused()


@pytest.mark.parametrize(
    'num, expected', [(1, [0]), (4, [0, 1, 2, 3]), (5, [0, 2, 4]), (8, [0, 2, 4, 6, 7]), (13, [0, 4, 8, 12])]
)
def test_chosen_ones_are_evenly_spread_with_the_first_and_the_last(tmp_path, num, expected):
    names = make_images(tmp_path, num)
    max_num = 5 if num == 8 else 4
    chosen = [name for name, _ in Thumbnails(str(tmp_path)).choose(names, max_num=max_num)]
    assert chosen == [names[index] for index in expected]


def test_chosen_ones_are_fewer_if_they_are_large(tmp_path):
    names = make_images(tmp_path, 9)
    length = len(Thumbnails(str(tmp_path)).get(names[0], SMALL))
    pairs = Thumbnails(str(tmp_path)).choose(names, max_characters=4 * length)
    assert [name for name, _ in pairs] == [names[0], names[4], names[8]]
    assert len(Thumbnails(str(tmp_path)).choose(names, max_characters=0)) == 2


def test_what_is_not_used_any_more_is_forgotten(tmp_path):
    names = make_images(tmp_path, 4)
    images = Thumbnails(str(tmp_path))
    images.choose(names)
    images.forget_unused()
    images.choose(names, max_num=3)
    images.forget_unused()
    assert sorted(os.listdir(str(tmp_path / thumbnails.FOLDER))) == [
        'fakes000000.jpg',
        'fakes000002.jpg',
        'fakes000003.jpg',
    ]


@pytest.mark.parametrize('mode', ['L', 'RGB', 'RGBA'])
def test_copies_of_pixels_at_hand_are_those_of_the_file_which_is_not_opened(tmp_path, monkeypatch, mode):
    path = str(tmp_path / 'a.png')
    write_image(path, 100, (2000, 1000), mode)
    made = {size: Thumbnails(str(tmp_path)).get('a.png', size) for size in (SMALL, LARGE)}
    shutil.rmtree(str(tmp_path / thumbnails.FOLDER))
    with PIL.Image.open(path) as image:
        thumbnails.save_copies(image, path)
    monkeypatch.setattr(thumbnails, 'open_image', None)
    assert {size: Thumbnails(str(tmp_path)).get('a.png', size) for size in (SMALL, LARGE)} == made
