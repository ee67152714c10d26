# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""SVHN, street view house numbers: digits of 32x32 pixels in classes."""

import os

import numpy as np

from dnnlib import plain_pickle, util
from image_data.importers import sources

NUM_IMAGES = 73257
NUM_CLASSES = 10
SHAPE = (3, 32, 32)
MAT_NAME = 'train_32x32.mat'
_SOURCE = f'it is one of three pickles; the published file {MAT_NAME} of ufldl.stanford.edu/housenumbers also serves'


def read_svhn(svhn_dir, allow_partial=False):
    """Return the training images, uint8 [N, 3, 32, 32], and their digits, int64 [N].

    Args:
        svhn_dir: Folder with `train_1.pkl` to `train_3.pkl`, each a pair of images and labels, or else with the
            published `train_32x32.mat`.
        allow_partial: Take another number of images than the published one.

    Raises:
        UserError: If a file is missing, damaged or something else.
    """
    mat_path = os.path.join(svhn_dir, MAT_NAME)
    if os.path.isfile(mat_path) and not os.path.isfile(os.path.join(svhn_dir, 'train_1.pkl')):
        parts = [read_mat(mat_path)]
    else:
        paths = [sources.find_file(svhn_dir, [f'train_{index}.pkl'], _SOURCE) for index in (1, 2, 3)]
        parts = [read_pair(path) for path in paths]
    pixels, labels = [np.concatenate(arrays) for arrays in zip(*parts)]
    sources.check_count('SVHN', len(pixels), NUM_IMAGES, allow_partial)
    return pixels, labels


def read_pair(path):
    """Return images, uint8 [N, 3, 32, 32], and digits, int64 [N], of one pickle; raise UserError if it is none."""
    pair = plain_pickle.load(path)
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise util.UserError(f'{path} is no file of SVHN: a pair of images and labels is expected')
    return sources.check_images(path, pair[0], pair[1], SHAPE, NUM_CLASSES)


def read_mat(path):
    """Return images, uint8 [N, 3, 32, 32], and digits, int64 [N], of the published file, where a 10 means 0."""
    import scipy.io  # Slow to import.

    try:
        content = scipy.io.loadmat(path, variable_names=['X', 'y'])
        pixels = content['X'].transpose(3, 2, 0, 1)  # [HWCN] -> [NCHW]
        labels = content['y'].ravel().astype(np.int64) % NUM_CLASSES
    except Exception as error:  # Damaged files raise nearly anything.
        raise util.UserError(f'{path} is no MATLAB file with X and y, or is damaged ({error})') from error
    return sources.check_images(path, pixels, labels, SHAPE, NUM_CLASSES)
