# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What happens to features that are no numbers, and where those of the data set are kept."""

import os

import numpy as np
import pytest
from reference import tiny_features

from dnnlib.util import UserError
from metrics import real_statistics
from metrics.kernel_inception_distance import KID

BLACK = np.full([1, 3, 8, 8], -1, np.float32)  # Has no colour, so that the share of each is 0 / 0.
GRAY = np.zeros([1, 3, 8, 8], np.float32)


def make_kid(num_images=20):
    features = 'reference.tiny_features.colour_probabilities'
    return KID(name='kid', num_images=num_images, minibatch_per_gpu=8, features=features)


@pytest.mark.filterwarnings('default')
def test_generated_pictures_whose_features_are_no_numbers_give_nan(run_metric):
    with pytest.warns(UserWarning, match='8 of the first 8 generated pictures, or their features, have values'):
        assert run_metric(make_kid(), tiny_features.Sampler(BLACK)) == {'kid-colour_probabilities': None}


def test_real_pictures_whose_features_are_no_numbers_blame_the_weights(
    run_metric, toy_data_dir, toy_images, write_dataset, tmp_path
):
    toy_images[17] = 0
    write_dataset(toy_data_dir / 'toys', toy_images)
    with pytest.raises(UserError, match='weights of the feature network .*colour_probabilities are damaged'):
        run_metric(make_kid(), tiny_features.Sampler(GRAY))
    assert os.listdir(str(tmp_path / 'cache' / 'metrics')) == []


def test_features_of_the_data_set_are_kept_in_a_file_with_a_row_for_each_picture(run_metric, toy_images, tmp_path):
    run_metric(make_kid(), tiny_features.Sampler(GRAY))
    (name,) = os.listdir(str(tmp_path / 'cache' / 'metrics'))
    totals = toy_images[:20].sum(axis=(2, 3), dtype=np.float64)
    expected = totals / totals.sum(axis=1, keepdims=True)
    features = real_statistics.map_features(str(tmp_path / 'cache' / 'metrics' / name))
    np.testing.assert_allclose(features, expected, rtol=1e-5)
    assert isinstance(features, np.memmap)


def test_progress_counts_real_and_generated_pictures(run_metric):
    calls = []
    for _ in range(2):  # The second time, features of the data set come from the cache.
        run_metric(make_kid(), tiny_features.Sampler(GRAY), progress=lambda *args: calls.append(args[1:]))
    assert calls == [(8, 40), (16, 40), (20, 40), (28, 40), (36, 40), (40, 40), (8, 20), (16, 20), (20, 20)]
