# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Files of pictures from seeds and from intermediate latents.

The snapshot and its pictures were made by `tests/reference/make_tiny_snapshot.py`.
"""

import os

import numpy as np
import PIL.Image
import pytest

from dnnlib.util import UserError
from editing import generation

DATA_DIR = os.path.join(os.path.dirname(__file__), 'data')
TINY_SNAPSHOT = os.path.join(DATA_DIR, 'tiny_snapshot.pkl')


def read_image(path):
    with PIL.Image.open(str(path)) as image:
        return np.asarray(image).astype(int)


@pytest.mark.parametrize('minibatch_size', [None, 2])
def test_generate_images_writes_a_file_per_seed_and_a_grid(tmp_path, monkeypatch, capsys, minibatch_size):
    monkeypatch.chdir(str(tmp_path))
    kwargs = {'grid': True, 'minibatch_size': minibatch_size}
    generation.generate_images(TINY_SNAPSHOT, seeds=[3, 12345, 5], truncation_psi=0.5, **kwargs)
    assert sorted(os.listdir('.')) == ['grid.png', 'seed0003.png', 'seed0005.png', 'seed12345.png']
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith('No GPU')]
    assert lines[0] == f'Loading networks from "{TINY_SNAPSHOT}"...'
    assert lines[1:] == [
        'Generating image for seed 3 (0/3) ...',
        'Generating image for seed 12345 (1/3) ...',
        'Generating image for seed 5 (2/3) ...',
    ]
    grid = read_image('grid.png')
    assert grid.shape == (32, 32, 3)
    assert np.array_equal(grid[:16, :16], read_image('seed0003.png'))
    assert np.array_equal(grid[:16, 16:], read_image('seed12345.png'))
    assert np.array_equal(grid[16:, :16], read_image('seed0005.png'))
    assert not grid[16:, 16:].any()


@pytest.mark.parametrize('minibatch_size', [None, 1])
def test_truncation_sweep_has_a_row_per_seed_and_a_column_per_psi(tmp_path, monkeypatch, capsys, minibatch_size):
    monkeypatch.chdir(str(tmp_path))
    psis = {'truncation_psis': [0.0, 0.5, 1.0]}
    generation.truncation_sweep(TINY_SNAPSHOT, seeds=[3, 4], minibatch_size=minibatch_size, **psis)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith('Generating')]
    assert lines == [f'Generating images for seed {seed} ({index}/2) ...' for index, seed in enumerate([3, 4])]
    grid = read_image('truncation.png')
    assert grid.shape == (32, 48, 3)
    assert np.abs(grid[:16, 16:32] - read_image(os.path.join(DATA_DIR, 'tiny_seed0003.png'))).max() <= 1
    assert np.abs(grid[16:, 32:] - read_image(os.path.join(DATA_DIR, 'tiny_seed0004.png'))).max() <= 1


def test_dlatents_of_another_size_and_noise_of_another_shape_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(str(tmp_path))
    np.savez('w.npz', dlatents=np.zeros([1, 6, 9]))
    with pytest.raises(UserError, match='`dlatents_npz`: expected vectors of 8 numbers, got 9 in w.npz'):
        generation.generate_from_dlatents(TINY_SNAPSHOT, 'w.npz')
    np.savez('w.npz', dlatents=np.zeros([1, 6, 8]), noise1=np.zeros([1, 1, 4, 4]))
    with pytest.raises(UserError, match='noise1 must have the shape'):
        generation.generate_from_dlatents(TINY_SNAPSHOT, 'w.npz')
    assert os.listdir('.') == ['w.npz']
