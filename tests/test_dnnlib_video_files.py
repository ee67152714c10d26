# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Videos in all formats; MP4 with a made-up imageio, as it is optional."""

import os
import sys
import types

import numpy as np
import PIL.Image
import pytest

from dnnlib import video_files
from dnnlib.util import UserError


def make_frame(index, channels=3):
    return np.full([8, 16, channels], index, np.uint8)


@pytest.fixture
def without_imageio(monkeypatch):
    monkeypatch.setitem(sys.modules, 'imageio', None)


@pytest.fixture
def fake_imageio(monkeypatch):
    """An imageio that writes the values of the frames as text."""

    def get_writer(path, **options):
        frames = []

        def close():
            with open(path, 'w') as file:
                file.write(repr(frames))

        append = lambda frame: frames.append((frame.shape, int(frame[0, 0, 0])))  # noqa: E731 - a method on the fly.
        return types.SimpleNamespace(append_data=append, close=close)

    module = types.ModuleType('imageio')
    module.get_writer = get_writer
    monkeypatch.setitem(sys.modules, 'imageio', module)
    monkeypatch.setitem(sys.modules, 'imageio_ffmpeg', types.ModuleType('imageio_ffmpeg'))


def write(path_prefix, video_format, num_frames, channels=3):
    writer = video_files.open_video(path_prefix, video_format, num_frames)
    for index in range(num_frames):
        if writer.is_wanted(index):
            writer.add_frame(make_frame(index, channels))
    writer.close()


def test_best_format_depends_on_imageio(without_imageio):
    assert video_files.choose_format('auto') == 'gif'
    assert video_files.choose_format('frames') == 'frames'
    with pytest.raises(UserError, match='MP4 needs two more packages .*: pip install imageio imageio-ffmpeg; or .*gif'):
        video_files.choose_format('mp4')


def test_best_format_is_mp4_with_imageio(fake_imageio):
    assert video_files.choose_format('auto') == 'mp4'
    assert video_files.choose_format('gif') == 'gif'


def test_mp4_has_every_frame_in_colour(fake_imageio, tmp_path):
    write(str(tmp_path / 'a'), 'mp4', 3, channels=1)
    assert os.listdir(str(tmp_path)) == ['a.mp4']
    assert (tmp_path / 'a.mp4').read_text() == repr([((8, 16, 3), 0), ((8, 16, 3), 1), ((8, 16, 3), 2)])


@pytest.mark.parametrize('num_frames, expected', [(7, 7), (250, 84)])
def test_gif_has_at_most_a_hundred_frames_spread_over_the_whole(num_frames, expected, tmp_path):
    write(str(tmp_path / 'a'), 'gif', num_frames)
    with PIL.Image.open(str(tmp_path / 'a.gif')) as image:
        assert (image.n_frames, image.size, image.info['loop']) == (expected, (16, 8), 0)
        image.seek(expected - 1)
        last = np.asarray(image.convert('RGB'))
    interval = 1 if num_frames == 7 else 3
    assert (last == (expected - 1) * interval).all()


def test_folder_has_every_frame(tmp_path):
    write(str(tmp_path / 'a'), 'frames', 3, channels=4)
    assert sorted(os.listdir(str(tmp_path / 'a-frames'))) == ['00000.png', '00001.png', '00002.png']
    with PIL.Image.open(str(tmp_path / 'a-frames' / '00002.png')) as image:
        assert (np.asarray(image) == make_frame(2)).all()


def test_no_format_wants_no_frames(tmp_path):
    write(str(tmp_path / 'a'), None, 3)
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.parametrize('video_format', ['mp4', 'gif', 'frames'])
def test_new_video_takes_the_place_of_an_older_one_and_a_discarded_one_leaves_it(fake_imageio, video_format, tmp_path):
    write(str(tmp_path / 'a'), video_format, 3)
    (name,) = os.listdir(str(tmp_path))
    write(str(tmp_path / 'a'), video_format, 2)
    content = describe(tmp_path / name)
    writer = video_files.open_video(str(tmp_path / 'a'), video_format, 5)
    writer.add_frame(make_frame(9))
    writer.discard()
    assert os.listdir(str(tmp_path)) == [name] and describe(tmp_path / name) == content
    if video_format == 'frames':
        assert content == ['00000.png', '00001.png']


def describe(path):
    return sorted(os.listdir(str(path))) if path.is_dir() else path.read_bytes()
