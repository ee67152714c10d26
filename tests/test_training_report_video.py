# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The video of a training."""

import os
import sys

import numpy as np
import PIL.Image
import pytest
from report_inputs import write_image

from dnnlib import video_files
from training.report import video


@pytest.fixture
def without_imageio(monkeypatch):
    monkeypatch.setitem(sys.modules, 'imageio', None)


@pytest.mark.parametrize(
    'size, expected',
    [
        ((7680, 4320), (1920, 1080)),
        ((1920, 1080), (1920, 1080)),
        ((4000, 1000), (1920, 480)),
        ((1000, 4000), (270, 1080)),
        ((1201, 701), (1200, 700)),
        ((384, 192), (1920, 960)),
        ((33, 33), (1056, 1056)),
        ((20000, 1), (1920, 2)),
    ],
)
def test_frames_are_even_and_at_most_1080p(size, expected):
    assert video.choose_frame_size(*size) == expected


def test_small_grid_is_enlarged_in_squares():
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    frame = video.make_frame(PIL.Image.fromarray(pixels), (6, 6))
    np.testing.assert_array_equal(frame, pixels.repeat(3, axis=0).repeat(3, axis=1))


def test_frames_are_the_grids_in_order_with_those_that_can_be_read(without_imageio, tmp_path):
    for name, colour in [('fakes_init', 10), ('fakes000001', 20), ('fakes000020', 30)]:
        write_image(tmp_path / f'{name}.png', colour)
    (tmp_path / 'fakes000003.png').write_text('no image')
    progress = []
    paths = video.write_videos(str(tmp_path), lambda *args: progress.append(args))
    assert paths == [str(tmp_path / 'fakes-frames')]
    names = sorted(os.listdir(paths[0]))
    assert names == ['00000.png', '00001.png', '00002.png']
    images = [np.asarray(PIL.Image.open(os.path.join(paths[0], name))) for name in names]
    assert [image[0, 0, 0] for image in images] == [10, 20, 30] and images[0].shape == (960, 1920, 3)
    assert progress == [('video', 1, 4), ('video', 2, 4), ('video', 4, 4)]


def test_each_row_of_grids_has_a_video(without_imageio, tmp_path):
    for name in ('a_000001', 'b_000001', 'reals'):
        write_image(tmp_path / f'{name}.png')
    assert video.write_videos(str(tmp_path)) == [str(tmp_path / name) for name in ('a-frames', 'b-frames')]


def test_run_without_grids_has_no_video(without_imageio, tmp_path):
    (tmp_path / 'fakes000001.png').write_text('no image')
    assert video.write_videos(str(tmp_path)) == [] and os.listdir(str(tmp_path)) == ['fakes000001.png']


def test_video_that_cannot_be_made_is_a_warning_and_leaves_nothing(without_imageio, tmp_path, monkeypatch):
    write_image(tmp_path / 'fakes000001.png')

    def refuse(self, frame):
        raise RuntimeError('the encoder\nis gone')

    monkeypatch.setattr(video_files._FolderWriter, 'add_frame', refuse)
    with pytest.warns(UserWarning, match='fakes could not be made: the encoder'):
        assert video.write_videos(str(tmp_path)) == []
    assert os.listdir(str(tmp_path)) == ['fakes000001.png']


@pytest.mark.parametrize('num_frames, fps', [(2, 4), (200, 10), (700, 30)])
def test_video_takes_about_twenty_seconds(tmp_path, monkeypatch, num_frames, fps):
    write_image(tmp_path / 'x.png')
    opened = []
    monkeypatch.setattr(video_files, 'open_video', lambda *args: opened.append(args) or video_files._NoWriter())
    monkeypatch.setattr(video_files._NoWriter, 'add_frame', lambda self, frame: None)
    video._write_video(str(tmp_path), 'fakes', 'mp4', ['x.png'] * num_frames, None)
    assert opened == [('fakes', 'mp4', num_frames, fps)]


@pytest.mark.parametrize('num, expected', [(1, 1), (600, 600), (601, 301), (1000, 501)])
def test_frames_of_a_long_row_are_evenly_spread_and_end_with_the_last(num, expected):
    names = [str(index) for index in range(num)]
    chosen = video._choose_frames(names)
    assert len(chosen) == expected and chosen[0] == '0' and chosen[-1] == names[-1]
