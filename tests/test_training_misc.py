# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Image grids."""

import os
import subprocess
import sys

import numpy as np
import PIL.Image
import pytest
import source_tree

from dnnlib.util import UserError
from training import misc

# ----------------------------------------------------------------------------
# Grids.


@pytest.mark.parametrize(
    'size, width, expected',
    [
        ('8k', 32, (32, 32)),
        ('8k', 64, (32, 32)),
        ('8k', 128, (32, 32)),
        ('8k', 256, (30, 16)),
        ('8k', 512, (15, 8)),
        ('8k', 1024, (7, 4)),
        ('4k', 128, (30, 16)),
        ('4k', 256, (15, 8)),
        ('4k', 512, (7, 4)),
        ('4k', 1024, (7, 4)),
        ('1080p', 256, (7, 4)),
        ('1080p', 512, (3, 2)),
        ('1080p', 1024, (3, 2)),
        ('6x4', 1024, (6, 4)),
        ('1x1', 32, (1, 1)),
    ],
)
def test_grid_fills_the_screen_within_limits(size, width, expected):
    assert misc.compute_grid_size(size, width, width) == expected


@pytest.mark.parametrize('size', ['', '2k', '0x3', '3x', '6*4', '-1x2', '6x4x2'])
def test_other_grid_sizes_are_refused(size):
    with pytest.raises(UserError, match='grid size must be one of 1080p, 4k, 8k or columns x rows'):
        misc.compute_grid_size(size, 32, 32)


@pytest.mark.parametrize(
    'size, message',
    [
        ('1920x1080', 'at most 10000 images, got 1920x1080; what fits a screen of 1920x1080 pixels is named 1080p'),
        ('100x101', 'at most 10000 images, got 100x101; what fits a screen'),
        ('100x100', 'a grid of 100x100 images of 1024x1024 pixels has 10486 million pixels, at most 268 million are'),
    ],
)
def test_grids_that_nobody_could_look_at_are_refused(size, message):
    with pytest.raises(UserError, match=message):
        misc.compute_grid_size(size, 1024, 1024)


def test_the_largest_grids_are_possible():
    assert misc.compute_grid_size('100x100', 128, 128) == (100, 100)
    assert misc.compute_grid_size('16x16', 1024, 1024) == (16, 16)


def test_grid_is_tiled_row_by_row():
    images = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1) * np.ones([1, 1, 2, 2], np.uint8)  # [NCHW]
    grid = misc.create_image_grid(images, (3, 2))
    assert grid.shape == (1, 4, 6)
    assert grid[0, ::2, ::2].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_grid_without_a_size_is_nearly_square_and_black_where_images_run_out():
    grid = misc.create_image_grid(np.arange(1, 6, dtype=np.uint8).reshape(5, 1, 1, 1))
    assert grid[0].tolist() == [[1, 2, 3], [4, 5, 0]]


def test_values_are_rounded_half_to_even_and_clipped():
    image = misc.convert_to_pil_image(np.array([[[0.5, 1.5, 2.5, -3.0, 300.0]]], np.float32), drange=(0, 255))
    assert image.mode == 'L'
    assert np.asarray(image).tolist() == [[0, 2, 2, 0, 255]]


def test_range_of_the_networks_becomes_that_of_pixels():
    pixels = np.array([-1.0, 0.0, 1.0], np.float32).reshape(3, 1, 1)  # [CHW]
    image = misc.convert_to_pil_image(pixels, drange=(-1, 1))
    assert (image.mode, image.getpixel((0, 0))) == ('RGB', (0, 128, 255))  # 127.5 goes to the even neighbour.


def test_saved_grid_is_the_picture_that_was_made(tmp_path):
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 2, 2)
    misc.save_image_grid(images, str(tmp_path / 'a.png'), [0, 255], (2, 1))
    with PIL.Image.open(str(tmp_path / 'a.png')) as image:
        assert np.array_equal(np.asarray(image).transpose(2, 0, 1), misc.create_image_grid(images, (2, 1)))
    assert os.listdir(str(tmp_path)) == ['a.png']


def test_file_ending_that_is_no_image_format_is_refused(tmp_path):
    with pytest.raises(UserError, match='use .png or .jpg'):
        misc.save_image(PIL.Image.new('L', (1, 1)), str(tmp_path / 'a.pgn'))


class Pictures:
    """A data set of 3 classes in turn; the only pixel is the number of the image."""

    def __init__(self, label_size=3):
        self.shape = [1, 1, 1]
        self.dtype = 'uint8'
        self.label_size = label_size
        self.cur = 0

    def get_minibatch_np(self, minibatch_size):
        """Return the next images [N111] and labels [NL]."""
        numbers = np.arange(self.cur, self.cur + minibatch_size)
        self.cur += minibatch_size
        labels = np.eye(3, dtype=np.float32)[numbers % 3][:, : self.label_size]
        return numbers.astype(np.uint8).reshape(-1, 1, 1, 1), labels


def make_grid(layout, size):
    grid_size, images, labels = misc.setup_snapshot_image_grid(Pictures(), size=size, layout=layout)
    rows = [grid_size[1], grid_size[0]]
    assert np.argmax(labels, axis=1).tolist() == (images.reshape(-1) % 3).tolist()
    return images.reshape(rows).tolist(), np.argmax(labels, axis=1).reshape(rows).tolist()


SAVE_IN_THREADS = """
import concurrent.futures, sys, time
import PIL.Image
from training import misc

class Slow:  # Lets the other threads go on whenever one loads an image format.
    def find_spec(self, name, path, target=None):
        time.sleep(0.005 if name.startswith('PIL.') else 0)

sys.meta_path.insert(0, Slow())

def save(index):
    time.sleep(0.03 * index)
    misc.save_image(PIL.Image.new('L', (1, 1)), f'{sys.argv[1]}/{index}.png')

with concurrent.futures.ThreadPoolExecutor(4) as pool:
    list(pool.map(save, range(4)))
"""


def test_first_pictures_of_a_process_can_be_written_by_several_threads(tmp_path):
    subprocess.check_call([sys.executable, '-c', SAVE_IN_THREADS, str(tmp_path)], cwd=source_tree.ROOT_DIR)
    assert sorted(os.listdir(str(tmp_path))) == ['0.png', '1.png', '2.png', '3.png']


def test_random_layout_is_one_minibatch():
    assert make_grid('random', '3x2')[0] == [[0, 1, 2], [3, 4, 5]]


def test_row_per_class_starts_over_after_the_last_class():
    images, classes = make_grid('row_per_class', '2x4')
    assert classes == [[0, 0], [1, 1], [2, 2], [0, 0]]
    assert images == [[0, 3], [1, 4], [2, 5], [6, 9]]


def test_col_per_class_has_a_class_in_each_column():
    images, classes = make_grid('col_per_class', '3x2')
    assert classes == [[0, 1, 2], [0, 1, 2]]
    assert images == [[0, 1, 2], [3, 4, 5]]


def test_class4x4_has_blocks_of_sixteen():
    images, classes = make_grid('class4x4', '8x8')
    assert [row[::4] for row in classes[::4]] == [[0, 1], [2, 0]]
    assert [row[:4] for row in images[:4]] == [[0, 3, 6, 9], [12, 15, 18, 21], [24, 27, 30, 33], [36, 39, 42, 45]]
    assert images[4][4] == 48


def test_layout_by_class_needs_labels():
    with pytest.raises(UserError, match='grid layout class4x4 needs a data set with labels'):
        misc.setup_snapshot_image_grid(Pictures(label_size=0), size='8x8', layout='class4x4')


def test_unknown_layout_is_refused():
    with pytest.raises(UserError, match="got 'rows'"):
        misc.setup_snapshot_image_grid(Pictures(), size='8x8', layout='rows')
