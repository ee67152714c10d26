# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of where labels come from."""

import json

import numpy as np
import pytest

from dnnlib import util
from dnnlib.image_sources import Folder
from preparation import labels


def find(tmp_path, pairs=None, kind='auto', **extra):
    if pairs is not None:
        document = json.dumps(dict({'labels': pairs}, **extra), ensure_ascii=False)
        (tmp_path / 'dataset.json').write_bytes(document.encode('utf-8'))
    return labels.find_labels(Folder(str(tmp_path)), kind)


def test_folder_at_the_top_is_the_class(tmp_path):
    found = find(tmp_path, kind='folders')
    names = ['dog/1.png', 'cat/old/2.png', 'dog/3.png']
    array, class_names = labels.make_arrays(found, names)
    assert class_names == ['cat', 'dog']
    np.testing.assert_array_equal(array, [[0, 1], [1, 0], [0, 1]])
    assert array.dtype == np.float32
    assert found.find_label('top.png') is None


def test_class_numbers_become_one_hot_for_all_classes_of_the_list(tmp_path):
    found = find(tmp_path, [['a.png', 2], ['b/c.png', 0], ['missing.png', 3]])
    array, class_names = labels.make_arrays(found, ['b/c.png', 'a.png'])
    np.testing.assert_array_equal(array, [[1, 0, 0, 0], [0, 0, 1, 0]])
    assert class_names is None
    assert labels.list_unused(found, ['b/c.png', 'a.png']) == ['missing.png']


def test_class_names_in_the_list_are_sorted(tmp_path):
    array, class_names = labels.make_arrays(find(tmp_path, [['a.png', 'z'], ['b.png', 'y']]), ['a.png', 'b.png'])
    np.testing.assert_array_equal(array, [[0, 1], [1, 0]])
    assert class_names == ['y', 'z']


def test_vectors_are_kept(tmp_path):
    array, class_names = labels.make_arrays(
        find(tmp_path, [['a.png', [0.25, -3]], ['b.png', [1, 2]]]), ['b.png', 'a.png']
    )
    np.testing.assert_array_equal(array, [[1, 2], [0.25, -3]])
    assert class_names is None


def test_names_are_compared_however_they_are_written(tmp_path):
    found = find(tmp_path, [['./a\\b.png', 1], ['u\u0308.png', 0]])
    assert found.find_label('a/b.png') == 1
    assert found.find_label('\u00fc.png') == 0


def test_labels_are_detected_or_not_as_asked(tmp_path):
    assert find(tmp_path) is None
    assert find(tmp_path, kind='none') is None
    with pytest.raises(util.UserFileNotFoundError, match='dataset.json not found; --labels=none'):
        find(tmp_path, kind='json')
    assert find(tmp_path, [['a.png', 1]]).kind == 'json'
    assert find(tmp_path, [['a.png', 1]], kind='none') is None
    (tmp_path / 'dataset.json').write_text('{"labels": null}')
    assert find(tmp_path) is None


@pytest.mark.parametrize(
    'content', ['', '[]', '{}', '{"labels": 5}', '{"labels": ["a.png"]}', '{"labels": [[1, 2]]}', '\0']
)
def test_list_of_another_form_is_refused(tmp_path, content):
    (tmp_path / 'dataset.json').write_text(content)
    with pytest.raises(util.UserError, match='dataset.json is no list of labels: expected {"labels"'):
        find(tmp_path)


@pytest.mark.parametrize(
    'pairs, message',
    [
        ([['a.png', 1], ['a.png', 2]], 'has several labels for a.png'),
        ([['a.png', [1, 2]], ['b.png', [1]]], 'a.png has a vector of 2|b.png has a vector of 1'),
        (
            [['a.png', [1, 2]], ['b.png', 1]],
            'mixes kinds of labels: b.png has a class number but a.png has a vector of 2',
        ),
        ([['a.png', 1], ['b.png', 'x']], 'mixes kinds of labels'),
        ([['a.png', -1]], 'label of a.png is -1; expected a class'),
        ([['a.png', 10**9]], 'label of a.png is 1000000000; expected a class'),
        ([['a.png', 1.5]], 'label of a.png is 1.5'),
        ([['a.png', None]], 'label of a.png is null'),
        ([['a.png', True]], 'label of a.png is true'),
        ([['a.png', []]], r'label of a.png is \[\]'),
        ([['a.png', ['x']]], r'label of a.png is \["x"\]'),
        ([['a.png', [float('nan')]]], r'label of a.png is \[NaN\]'),
    ],
)
def test_wrong_labels_are_refused_by_name(tmp_path, pairs, message):
    with pytest.raises(util.UserError, match=message):
        find(tmp_path, pairs)
