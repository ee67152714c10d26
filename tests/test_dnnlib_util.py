# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of what lies in dnnlib.util itself."""

import copy
import pickle

import numpy as np
import pytest

from dnnlib import util


def test_easy_dict_items_and_attributes_are_the_same():
    options = util.EasyDict(lrate=0.002)
    options.gamma = 10
    options['kimg'] = 5
    del options.lrate
    assert options == {'gamma': 10, 'kimg': 5}
    assert options.kimg == 5


@pytest.mark.parametrize('action', [lambda d: d.missing, lambda d: delattr(d, 'missing')])
def test_easy_dict_reports_a_missing_attribute_as_such(action):
    with pytest.raises(AttributeError, match='missing'):
        action(util.EasyDict())


@pytest.mark.parametrize('duplicate', [copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d, protocol=2))])
def test_easy_dict_survives_copying_and_pickling(duplicate):
    original = util.EasyDict(G=util.EasyDict(fmap_base=512))
    result = duplicate(original)
    assert type(result) is util.EasyDict and result is not original
    assert result.G.fmap_base == 512


def test_user_file_not_found_error_is_both_a_value_error_and_a_file_not_found_error():
    error = util.UserFileNotFoundError('no such picture: a.png')
    assert isinstance(error, util.UserError) and isinstance(error, ValueError) and isinstance(error, FileNotFoundError)
    assert str(error) == 'no such picture: a.png'


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
    assert util.format_time(seconds) == text


def test_official_names_are_where_they_were():
    assert util.EasyDict.__module__ == 'dnnlib.util'  # Snapshots know it by this name.
    for name in ('Logger', 'open_url', 'is_url', 'call_func_by_name', 'get_obj_by_name', 'is_top_level_function'):
        assert callable(getattr(util, name))
    assert set(util.__all__) <= set(dir(util))


@pytest.mark.parametrize(
    'num_bytes, text', [(0, '0 bytes'), (999, '999 bytes'), (1000, '1.0 kB'), (66_560_000, '66.6 MB')]
)
def test_sizes_are_written_for_people(num_bytes, text):
    assert util.format_size(num_bytes) == text


def test_long_lists_are_abridged():
    assert util.abridge(['a', 'b', 'c'], limit=2) == 'a, b and 1 more' and util.abridge(['a']) == 'a'
