# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of durations, sizes and lists in words."""

import numpy as np
import pytest

from dnnlib import texts


@pytest.mark.parametrize(
    'seconds, text',
    [
        (0, '0s'),
        (0.5, '0s'),
        (1.5, '2s'),
        (59.4, '59s'),
        (59.6, '1m 00s'),
        (60, '1m 00s'),
        (607, '10m 07s'),
        (3661, '1h 01m 01s'),
        (11109, '3h 05m 09s'),
        (90061, '1d 01h 01m'),
        (np.float32(42.0), '42s'),
    ],
)
def test_format_time_uses_the_units_that_matter(seconds, text):
    assert texts.format_time(seconds) == text


@pytest.mark.parametrize(
    'num_bytes, text', [(0, '0 bytes'), (999, '999 bytes'), (1000, '1.0 kB'), (66_560_000, '66.6 MB')]
)
def test_sizes_are_written_for_people(num_bytes, text):
    assert texts.format_size(num_bytes) == text


def test_long_lists_are_abridged():
    assert texts.abridge(['a', 'b', 'c'], limit=2) == 'a, b and 1 more' and texts.abridge(['a']) == 'a'
