# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Channels and size of pictures that networks look at."""

import pytest
import tensorflow.compat.v1 as tf

from perception import inputs


@pytest.mark.parametrize('channels, expected', [(1, [0, 0, 0]), (2, [0, 0, 0]), (3, [0, 1, 2]), (4, [0, 1, 2])])
def test_any_number_of_channels_becomes_three(session, channels, expected):
    images = tf.reshape(tf.range(channels), [1, channels, 1, 1])
    assert session.run(inputs.to_rgb(images)).ravel().tolist() == expected


def test_pictures_shrink_by_averaging_and_never_grow(session):
    images = tf.reshape(tf.range(32.0), [1, 1, 4, 8])
    assert session.run(inputs.shrink(images, 2)).tolist() == [[[[4.5, 6.5, 8.5, 10.5], [20.5, 22.5, 24.5, 26.5]]]]
    for max_height in (3, 4, 256):
        assert inputs.shrink(images, max_height) is images


@pytest.mark.parametrize('height, width, factor', [(1024, 1024, 4), (512, 512, 2), (256, 256, 1), (32, 32, 1)])
def test_factor_is_how_often_the_limit_fits(height, width, factor):
    assert inputs.compute_shrink_factor(height, width, 256) == factor


def test_factor_of_an_oblong_picture_divides_both_sides():
    assert inputs.compute_shrink_factor(768, 512, 256) == 2
    assert inputs.compute_shrink_factor(1024, 320, 256) == 4
    assert inputs.compute_shrink_factor(320, 1024, 256) == 1
