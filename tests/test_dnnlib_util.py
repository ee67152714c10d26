# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of what lies in dnnlib.util itself."""

import copy
import pickle

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


def test_official_names_are_where_they_were():
    assert util.EasyDict.__module__ == 'dnnlib.util'  # Snapshots know it by this name.
    for name in ('Logger', 'open_url', 'is_url', 'call_func_by_name', 'get_obj_by_name', 'is_top_level_function'):
        assert callable(getattr(util, name))
    assert set(util.__all__) <= set(dir(util))
