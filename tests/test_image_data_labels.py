# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of where labels come from."""

import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from dnnlib import util
from dnnlib.image_sources import Archive, Folder
from image_data import labels


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
    with pytest.raises(util.UserError, match='dataset.json lists no labels; --labels=none'):
        find(tmp_path, kind='json')


@pytest.mark.parametrize(
    'content, message',
    [
        ('', 'is empty; expected {"labels": '),
        ('\0', 'is empty'),
        (
            '{"labels": [["a.png", 1],\n["b.png"',
            r'is no JSON: line 2: Expecting \',\' delimiter at column 9; repair it, or',
        ),
        ('{"labels": [\n\n["a.png", 1],\n]}', 'is no JSON: line [34]: .*comma'),
        ("{'labels': []}", 'is no JSON: line 1: Expecting property name'),
        ('name,label\na.png,1', 'is no JSON: line 1: Expecting value at column 1;'),
        ('[' * 100000, 'is no list of labels: .*recursion'),
        ('[["a.png", 1]]', r'is no list of labels: it is \[\["a.png", 1\]\]; expected {"labels"'),
        ('"labels"', 'is no list of labels: it is "labels"'),
        ('{}', 'is no list of labels: it has no "labels", but {}; expected'),
        (
            '{"a.png": 1, "b.png": 0}',
            'is no list of labels: it has no "labels", but {"a.png": 1, "b.png": 0}; expected',
        ),
        ('{"labels": {"a.png": 1}}', 'is no list of labels: its "labels" are {"a.png": 1}; expected'),
        ('{"labels": 5}', 'is no list of labels: its "labels" are 5; expected'),
        ('{"labels": [["a.png", 1]], "labels": []}', 'is no list of labels: it has "labels" twice'),
        ('{"labels": ["a.png"]}', 'entry 1 of "labels" is "a.png"; expected .file name, class or vector.'),
        ('{"labels": [["a.png", 1], ["b.png", 1, 0]]}', r'entry 2 of "labels" is \["b.png", 1, 0\]; expected'),
        ('{"labels": [["a.png"]]}', r'entry 1 of "labels" is \["a.png"\]; expected'),
        ('{"labels": [["", 1]]}', r'entry 1 of "labels" is \["", 1\]; expected'),
        ('{"labels": [[1, 2]]}', r'entry 1 of "labels" is \[1, 2\]; expected'),
        ('{"labels": [{"a.png": 1}]}', 'entry 1 of "labels" is {"a.png": 1}; expected'),
    ],
)
def test_list_of_another_form_is_refused_with_the_reason(tmp_path, content, message):
    (tmp_path / 'dataset.json').write_text(content)
    with pytest.raises(util.UserError, match='dataset.json:? ' + message):
        find(tmp_path)


@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'utf-16', 'utf-16-le', 'utf-32'])
def test_list_is_read_in_every_encoding_of_unicode(tmp_path, encoding):
    (tmp_path / 'dataset.json').write_bytes('{"labels": [["\u00fc.png", "\u00e9"]]}'.encode(encoding))
    assert find(tmp_path).all_labels == {'\u00fc.png': '\u00e9'}


def test_list_in_another_encoding_is_refused_with_the_line(tmp_path):
    (tmp_path / 'dataset.json').write_bytes('{"labels":\n\n[["\u00fc.png", 1]]}'.encode('latin-1'))
    with pytest.raises(util.UserError, match='is no JSON: line 3: .* decode byte 0xfc .*; save it in UTF-8'):
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
        ([['a.png', [float('inf')]]], r'label of a.png is \[Infinity\]'),
        ([['a.png', [1e300]]], r'label of a.png is \[1e\+300\]'),
        ([['a.png', [10**400]]], r'label of a.png is \[10000'),
        ([['a.png', [[1, 2], [3, 4]]]], r'label of a.png is \[\[1, 2\], \[3, 4\]\]'),
        ([['a.png', [True, False]]], r'label of a.png is \[true, false\]'),
        ([['a.png', float('nan')]], 'label of a.png is NaN'),
        ([['a.png', {'class': 1}]], 'label of a.png is {"class": 1}'),
    ],
)
def test_wrong_labels_are_refused_by_name(tmp_path, pairs, message):
    with pytest.raises(util.UserError, match=message):
        find(tmp_path, pairs)


# ----------------------------------------------------------------------------
# Folders around everything.


def save(folder, *names):
    """Save a picture, or a text, under each name."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith('.png'):
            Image.new('RGB', (4, 4)).save(str(path))
        else:
            path.write_text('no picture')


def archive(folder):
    """Return the source of a zip archive of a folder."""
    with zipfile.ZipFile(str(folder) + '.zip', 'w') as file:
        for path in sorted(folder.rglob('*')):
            file.write(str(path), str(path.relative_to(folder)))
    return Archive(str(folder) + '.zip')


@pytest.mark.parametrize('make_source', [archive, lambda folder: Folder(str(folder))])
@pytest.mark.parametrize(
    'names, root, classes',
    [
        (['cat/1.png', 'dog/2.png'], '', ['cat', 'dog']),
        (['pets/cat/1.png', 'pets/dog/2.png'], 'pets/', ['cat', 'dog']),
        (['a/b/cat/1.png', 'a/b/dog/2.png', 'a/b/dog/old/3.png'], 'a/b/', ['cat', 'dog']),
        (['pets/cat/1.png', 'pets/dog/2.png', 'readme.txt', 'pets/about', 'docs/x.txt'], 'pets/', ['cat', 'dog']),
        (['pets/cat/1.png', 'pets/dog/2.png', '__MACOSX/pets/._1.png', '.git/1.png'], 'pets/', ['cat', 'dog']),
        (['cat/1.png', 'cat/2.png'], '', ['cat']),
        (['pets/cat/1.png'], 'pets/', ['cat']),
        (['pets/cat/1.png', 'birds/2.png'], '', ['birds', 'pets']),
    ],
)
def test_folders_around_the_class_folders_do_not_count(tmp_path, make_source, names, root, classes):
    folder = tmp_path / 'pictures'
    save(folder, *names)
    source = make_source(folder)
    found = labels.find_labels(source, 'folders')
    assert found.root == root and bool(found.notes) == bool(root)
    used = sorted({found.find_label(name) for name in source.list_files(True).names if name.endswith('.png')})
    assert used == classes


@pytest.mark.parametrize(
    'names, notes',
    [
        (
            ['Thumbs/1.png', 'top/cat/2.png', 'top/dog/3.png'],
            ['top/ holds 2 folders of pictures, which count as one class'],
        ),
        (['a/1.png', 'b/c/d/2.png', 'b/c/e/3.png'], ['b/c/ holds 2 folders of pictures, which count as one class']),
        (
            ['a/x/1.png', 'a/y/2.png', 'b/x/3.png', 'b/y/4.png', 'b/z/5.png', 'c/6.png'],
            ['a/ holds 2 folders of pictures, which count as one class (and so it is in 1 more)'],
        ),
        (['a/1.png', 'b/2.png', 'b/old/3.png', 'b/new/4.png', 'c/images/5.png', 'c/notes/6.txt'], []),
    ],
)
def test_folders_of_pictures_in_a_class_folder_are_said(tmp_path, names, notes):
    save(tmp_path, *names)
    assert labels.find_labels(Folder(str(tmp_path)), 'folders').notes == notes


def test_picture_beside_class_folders_is_in_no_class(tmp_path):
    save(tmp_path, 'pets/cover.png', 'pets/cat/1.png', 'pets/dog/2.png')
    found = labels.find_labels(Folder(str(tmp_path)), 'folders')
    assert found.find_label('pets/cover.png') is None
    assert found.explain_absence('pets/cover.png') == 'lies in no class folder'


def save_list(folder, name, pairs):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps({'labels': pairs}))


@pytest.mark.parametrize('make_source', [archive, lambda folder: Folder(str(folder))])
@pytest.mark.parametrize(
    'list_name, listed_name',
    [
        ('faces/dataset.json', 'a.png'),
        ('faces/dataset.json', './a.png'),
        ('faces/Dataset.JSON', 'a.png'),
        ('faces/dataset.json', 'faces/a.png'),
        ('faces/dataset.json', 'C:\\data\\faces\\a.png'),
        ('faces/dataset.json', '/home/me/faces/a.png'),
        ('dataset.json', 'faces/a.png'),
        ('dataset.json', 'faces\\a.png'),
        ('dataset.json', 'a.png'),
        ('dataset.json', 'data/faces/a.png'),
    ],
)
def test_list_is_found_and_understood_wherever_the_folder_around_everything_is(
    tmp_path, make_source, list_name, listed_name
):
    folder = tmp_path / 'pictures'
    save(folder, 'faces/a.png', 'faces/b.png')
    save_list(folder, list_name, [[listed_name, 1], [listed_name.replace('a.png', 'b.png'), 0]])
    found = labels.find_labels(make_source(folder), 'json')
    assert [found.find_label(f'faces/{name}.png') for name in 'ab'] == [1, 0]


def test_guessed_names_are_said(tmp_path):
    save(tmp_path, 'a.png')
    save_list(tmp_path, 'dataset.json', [['faces/a.png', 1]])
    assert labels.find_labels(Folder(str(tmp_path)), 'auto').notes == [
        'names in dataset.json begin with faces/, those of the pictures do not; taken for the same'
    ]


def test_labels_of_no_picture_are_refused(tmp_path):
    save(tmp_path, 'test/0.png', 'test/1.png')
    save_list(tmp_path, 'dataset.json', [['train/0.png', 1], ['train/1.png', 0]])
    message = 'dataset.json has labels for none of the pictures: it names train/0.png, but there is test/0.png; repair'
    with pytest.raises(util.UserError, match=message):
        labels.find_labels(Folder(str(tmp_path)), 'auto')


def test_several_lists_are_refused_unless_one_is_at_the_top(tmp_path):
    for name in ('train', 'test'):
        save(tmp_path, name + '/0.png')
        save_list(tmp_path, name + '/dataset.json', [['0.png', 1]])
    source = Folder(str(tmp_path))
    assert labels.find_labels(source, 'auto') is None  # Nobody asked for the pictures in sub-folders.
    with pytest.raises(util.UserError, match='several lists of labels: test/dataset.json, train/dataset.json; keep'):
        labels.find_labels(source, 'auto', recursive=True)
    save_list(tmp_path, 'dataset.json', [['train/0.png', 3]])
    found = labels.find_labels(source, 'auto', recursive=True)
    assert (found.list_name, found.find_label('train/0.png'), found.find_label('test/0.png')) == (
        'dataset.json',
        3,
        None,
    )


def test_label_under_a_name_of_other_case_is_mentioned(tmp_path):
    save(tmp_path, 'a.png', 'b.png')
    save_list(tmp_path, 'dataset.json', [['A.PNG', 1], ['b.png', 1]])
    found = labels.find_labels(Folder(str(tmp_path)), 'auto')
    assert found.find_label('a.png') is None
    assert found.explain_absence('a.png') == 'has no label in dataset.json, which has A.PNG: mind the case'
    assert found.explain_absence('c.png') == 'has no label in dataset.json'


@pytest.mark.parametrize(
    'listed, expected',
    [
        ([0, 1], []),
        ([1, 2], ['class 0 has no pictures; classes are counted from 0']),
        ([0, 4], ['classes 1, 2, 3 have no pictures']),
        ([0, 20], ['classes 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 9 more have no pictures']),
        ([0, 0], ['all pictures are of one class, 0']),
        (['cat', 'cat'], ['all pictures are of one class, cat']),
        (['cat', 'dog'], []),
        ([[1.0, 2], [1, 2]], ['all pictures have the same label']),
        ([[1.0, 2], [2, 1]], []),
    ],
)
def test_what_was_hardly_meant_is_said(tmp_path, listed, expected):
    names = ['a.png', 'b.png']
    assert labels.list_doubts(find(tmp_path, list(zip(names, listed))), names) == expected


def test_classes_named_by_numbers_are_in_the_order_of_the_numbers():
    assert labels.sort_classes(['10', '2', '0', '10', '1']) == ['0', '1', '2', '10']
    assert labels.sort_classes(['10', '2', 'b']) == ['10', '2', 'b']


def test_classes_are_described_with_index_and_number_of_pictures(tmp_path):
    for name in ('10/a.png', '2/a.png', '2/b.png'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new('L', (8, 8)).save(str(tmp_path / name))
    source = Folder(str(tmp_path))
    found = labels.find_labels(source, 'folders')
    names = source.list_files(recursive=True).names
    assert labels.describe_classes(found, names) == '0 = 2 (2), 1 = 10 (1)'
    array, class_names = labels.make_arrays(found, names)
    assert class_names == ['2', '10'] and array.argmax(axis=1).tolist() == [1, 0, 0]


def test_class_numbers_have_no_names_and_vectors_no_description(tmp_path):
    found = find(tmp_path, [['a.png', 2], ['b.png', 0], ['c.png', 2]])
    assert labels.describe_classes(found, ['a.png', 'b.png', 'c.png']) == '0 (1), 1 (0), 2 (2)'
    found = find(tmp_path, [['a.png', [0.5, 1]]])
    assert labels.describe_classes(found, ['a.png']) is None
