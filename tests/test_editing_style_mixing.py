# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The table of mixed styles."""

import os

import numpy as np
import PIL.Image
import pytest

from dnnlib.util import UserError
from editing import style_mixing

TINY_SNAPSHOT = os.path.join(os.path.dirname(__file__), 'data', 'tiny_snapshot.pkl')
SIZE = 16


def read_image(name):
    with PIL.Image.open(name) as image:
        return np.asarray(image)


def cell(grid, row, col):
    return grid[row * SIZE : (row + 1) * SIZE, col * SIZE : (col + 1) * SIZE]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that makes a table in a folder of its own and reads it."""
    monkeypatch.chdir(str(tmp_path))

    def run_and_read(**kwargs):
        style_mixing.style_mixing_example(TINY_SNAPSHOT, **kwargs)
        return read_image('grid.png')

    return run_and_read


def test_table_has_the_columns_in_the_first_row_and_the_rows_in_the_first_column(run):
    rows, cols = [5, 3], [7, 9, 8]
    grid = run(row_seeds=rows, col_seeds=cols, col_styles=[0, 1, 2], truncation_psi=0.7)
    assert grid.shape == (SIZE * 3, SIZE * 4, 3)
    assert not cell(grid, 0, 0).any()
    for c, col in enumerate(cols, 1):
        assert np.array_equal(cell(grid, 0, c), read_image(f'{col}-{col}.png'))
    for r, row in enumerate(rows, 1):
        assert np.array_equal(cell(grid, r, 0), read_image(f'{row}-{row}.png'))
        for c, col in enumerate(cols, 1):
            assert np.array_equal(cell(grid, r, c), read_image(f'{row}-{col}.png'))


def test_there_is_a_file_for_each_seed_and_each_pair(run):
    run(row_seeds=[1, 2], col_seeds=[2, 3], col_styles=[0])
    expected = {'1-1.png', '2-2.png', '3-3.png', '1-2.png', '1-3.png', '2-3.png', 'grid.png'}
    assert set(os.listdir('.')) == expected


def test_mixing_all_layers_yields_the_column_and_a_seed_with_itself_stays_the_same(run):
    grid = run(row_seeds=[1], col_seeds=[2, 1], col_styles=range(6), truncation_psi=1.0)
    assert np.array_equal(cell(grid, 1, 1), cell(grid, 0, 1))
    assert np.array_equal(cell(grid, 1, 2), cell(grid, 1, 0))
    assert not np.array_equal(cell(grid, 1, 1), cell(grid, 1, 0))


def test_truncation_to_zero_makes_all_pictures_equal(run):
    grid = run(row_seeds=[1], col_seeds=[2], col_styles=[0, 1], truncation_psi=0.0)
    assert np.array_equal(cell(grid, 0, 1), cell(grid, 1, 0))
    assert np.array_equal(cell(grid, 1, 1), cell(grid, 1, 0))


def test_mixed_layers_come_from_the_column_and_the_row_is_left_alone():
    row, col = np.zeros([4, 2]), np.ones([4, 2])
    assert style_mixing.mix_styles(row, col, [0, 3]).tolist() == [[1, 1], [0, 0], [0, 0], [1, 1]]
    assert not row.any()


def test_layers_that_the_network_lacks_are_refused(run):
    with pytest.raises(
        UserError, match='`col_styles` must be within 0-5 for this network, got 6; try `col_styles`=0-2'
    ):
        run(row_seeds=[1], col_seeds=[2], col_styles=[0, 6])
    assert os.listdir('.') == []


@pytest.mark.parametrize('size, expected', [(4, 1), (8, 2), (16, 2), (32, 3), (64, 4), (256, 6), (512, 6), (1024, 7)])
def test_default_are_the_coarse_layers_of_any_network_and_the_official_ones_at_1024_pixels(size, expected):
    num_layers = 2 * int(np.log2(size)) - 2
    assert style_mixing.choose_col_styles(num_layers) == list(range(expected))


def test_without_choice_the_default_layers_are_mixed_and_named(run, capsys):
    default = run(row_seeds=[1], col_seeds=[2])
    assert 'Taking layers 0, 1 of 6 from the columns' in capsys.readouterr().out
    np.testing.assert_array_equal(default, run(row_seeds=[1], col_seeds=[2], col_styles=[0, 1]))
    assert not np.array_equal(cell(default, 1, 1), cell(default, 0, 1))
