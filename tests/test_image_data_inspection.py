# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of what looks into data sets."""

import os
import shutil
import sys
import types

import numpy as np
import pytest
from PIL import Image
from record_inputs import export

from dnnlib import util
from image_data import exporter, inspection, records


def make_images(num_images=10, channels=3, size=8, seed=0):
    return np.random.RandomState(seed).randint(0, 256, [num_images, channels, size, size]).astype(np.uint8)


def run_compare(a, b, **kwargs):
    lines = []
    return inspection.compare(a, b, report=lines.append, **kwargs), lines


def test_summary_tells_shape_counts_and_labels(tmp_path):
    directory = export(tmp_path / 'x', make_images(5, channels=1, size=16), labels=[[3, 4]] * 5)
    summary = dict(inspection.summarize(directory))
    expected = {'name': 'x', 'files': '4', 'width': '16', 'height': '16', 'channels': '1', 'images': '5'}
    expected.update({'encoding': 'raw', 'validation': '0'})
    expected.update({'image dtype': 'uint8', 'label size': '2', 'label dtype': 'float32'})
    expected.update({'label range': '3 to 4', 'mean label norm': '5'})
    assert {name: summary[name] for name in expected} == expected


def test_summary_of_a_set_without_labels(tmp_path):
    summary = dict(inspection.summarize(export(tmp_path / 'x', make_images(size=4))))
    assert (summary['files'], summary['label size'], summary['label range']) == ('1', '0', 'none')
    assert summary['total size'] == summary['largest file'] == '980 bytes'


def test_images_and_labels_are_read_together_at_full_size(tmp_path):
    images, labels = make_images(4), np.eye(4, dtype=np.float32)
    for index, (image, label) in enumerate(inspection.read_dataset(export(tmp_path / 'x', images, labels))):
        np.testing.assert_array_equal(image, images[index])
        np.testing.assert_array_equal(label, labels[index])
    assert index == 3


def test_labels_of_another_number_than_the_images_are_refused(tmp_path):
    directory = export(tmp_path / 'x', make_images(4), labels=np.eye(4))
    with open(os.path.join(directory, 'x-rxx.labels'), 'wb') as file:
        np.save(file, np.eye(3))
    with pytest.raises(util.UserError, match='has 3 labels, but there are 4 images'):
        inspection.read_dataset(directory)


def test_equal_data_sets_compare_equal(tmp_path):
    a, b = (export(tmp_path / name, make_images(3), labels=np.eye(3)) for name in 'ab')
    assert run_compare(a, b) == (True, ['Identical images: 3 / 3', 'Identical labels: 3 / 3'])


def test_differences_are_listed_one_by_one(tmp_path):
    images, labels = make_images(3), np.eye(3)
    a = export(tmp_path / 'a', images, labels)
    images[1] += 1
    b = export(tmp_path / 'b', images, labels[::-1])
    assert run_compare(a, b) == (
        False,
        [
            'Label 0 is different',
            'Image 1 is different',
            'Label 2 is different',
            'Identical images: 2 / 3',
            'Identical labels: 1 / 3',
        ],
    )
    b = export(tmp_path / 'c', make_images(3), labels[::-1])
    assert run_compare(a, b, ignore_labels=True) == (True, ['Identical images: 3 / 3'])


def test_unequal_numbers_of_images_are_reported(tmp_path):
    a, b = export(tmp_path / 'a', make_images(3)), export(tmp_path / 'b', make_images(3)[:2])
    is_equal, lines = run_compare(a, b, ignore_labels=True)
    assert not is_equal
    assert lines == ['Datasets contain different number of images: 3 and 2', 'Identical images: 2 / 3']


@pytest.mark.parametrize('channels, mode', [(1, 'L'), (2, 'LA'), (3, 'RGB'), (4, 'RGBA')])
def test_extracted_pictures_have_the_pixels_of_the_data_set(tmp_path, channels, mode):
    images = make_images(3, channels)
    assert inspection.extract(export(tmp_path / 'x', images), str(tmp_path / 'out')) == 3
    assert sorted(os.listdir(str(tmp_path / 'out'))) == ['img00000000.png', 'img00000001.png', 'img00000002.png']
    picture = Image.open(str(tmp_path / 'out' / 'img00000002.png'))
    assert picture.mode == mode
    np.testing.assert_array_equal(np.asarray(picture).reshape(8, 8, channels), images[2].transpose(1, 2, 0))


def test_contact_sheet_shows_the_first_images_row_by_row(tmp_path):
    images = make_images(5)
    path = str(tmp_path / 'sheet.png')
    assert inspection.save_contact_sheet(export(tmp_path / 'x', images), path, num_columns=2, num_rows=2) == 4
    sheet = np.asarray(Image.open(path))
    assert sheet.shape == (16, 16, 3)
    np.testing.assert_array_equal(sheet[8:, :8], images[2].transpose(1, 2, 0))


def test_large_images_are_shrunk_on_the_contact_sheet(tmp_path):
    directory = export(tmp_path / 'x', np.full([1, 1, 16, 16], 7, np.uint8))
    inspection.save_contact_sheet(directory, str(tmp_path / 'sheet.png'), max_size=4)
    np.testing.assert_array_equal(np.asarray(Image.open(str(tmp_path / 'sheet.png'))), np.full([4, 4], 7))


class FakeWindow:
    """Stands in for tkinter.Tk: presses the keys that it was given, once the main loop runs."""

    def __init__(self, keys):
        self.keys = keys
        self.actions = {}
        self.is_open = True

    def title(self, text):
        """Check the title."""
        assert text == 'dataset_tool'

    def bind(self, key, action):
        """Remember a key."""
        self.actions[key] = action

    def after_idle(self, action):
        """Remember what comes first."""
        self.first_action = action

    def destroy(self):
        """Close."""
        self.is_open = False

    def mainloop(self):
        """Press the keys."""
        for action in [self.first_action] + [self.actions[key] for key in self.keys]:
            assert self.is_open
            try:
                action()
            except Exception as error:
                self.report_callback_exception(type(error), error, None)
        assert not self.is_open


@pytest.fixture
def press(monkeypatch):
    """Return a function that sets which keys will be pressed in the window; it returns the sizes of what is shown."""

    def prepare(*keys):
        sizes = []
        label = types.SimpleNamespace(pack=lambda: None, configure=lambda image: sizes.append(image))
        tkinter = types.ModuleType('tkinter')
        tkinter.Tk = lambda: FakeWindow(keys)
        tkinter.Label = lambda root: label
        image_tk = types.ModuleType('PIL.ImageTk')
        image_tk.PhotoImage = lambda image: image.size
        monkeypatch.setitem(sys.modules, 'tkinter', tkinter)
        monkeypatch.setitem(sys.modules, 'PIL.ImageTk', image_tk)
        monkeypatch.setattr('PIL.ImageTk', image_tk, raising=False)
        return sizes

    return prepare


def test_window_shows_image_after_image_until_escape(tmp_path, press):
    sizes, lines = press('<space>', '<Return>', '<Escape>'), []
    inspection.show(export(tmp_path / 'x', make_images(9), labels=np.eye(9, 2)), report=lines.append)
    assert lines == [
        f'idx = {index}, label = {label}' for index, label in enumerate([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    ]
    assert sizes == [(256, 256)] * 3


def test_window_closes_after_the_last_image(tmp_path, press):
    sizes = press('<space>', '<space>')
    inspection.show(export(tmp_path / 'x', make_images(2)), report=lambda line: None)
    assert len(sizes) == 2


def test_damaged_record_closes_the_window_with_an_error(tmp_path, press):
    directory = export(tmp_path / 'x', make_images(1))
    path = os.path.join(directory, 'x-r03.tfrecords')
    with open(path, 'ab') as file:
        file.write(b'garbage')
    press('<space>')
    with pytest.raises(util.UserError, match='record 1 is damaged'):
        inspection.show(directory, report=lambda line: None)


def test_summary_counts_classes_by_name_and_validation_images(tmp_path):
    directory = str(tmp_path / 'x')
    with exporter.TFRecordExporter(directory, 3, print_progress=False, encoding='png') as tfr:
        for image in make_images(3):
            tfr.add_image(image)
        tfr.add_labels([[1, 0], [0, 1], [1, 0]], class_names=['cat', 'dog'])
    with exporter.TFRecordExporter(directory, 1, print_progress=False, tfr_prefix='validation-x') as tfr:
        tfr.add_image(make_images(1)[0])
    summary = dict(inspection.summarize(directory))
    expected = {'encoding': 'png', 'images': '3', 'validation': '1', 'class 0': 'cat (2)', 'class 1': 'dog (1)'}
    assert {name: summary[name] for name in expected} == expected


def test_rectangular_images_keep_their_proportions_on_the_contact_sheet(tmp_path):
    directory = export(tmp_path / 'x', np.full([3, 1, 12, 16], 7, np.uint8))
    inspection.save_contact_sheet(directory, str(tmp_path / 'sheet.png'), num_columns=2, max_size=8)
    assert Image.open(str(tmp_path / 'sheet.png')).size == (16, 12)


def test_intact_data_set_has_no_problems(tmp_path):
    calls = []
    directory = export(tmp_path / 'x', make_images(20, size=4), labels=np.eye(20))
    found = inspection.find_problems(directory, lambda num_done, total: calls.append((num_done, total)))
    assert found == (20, []) and calls == [(16, 20), (4, 20)]


def test_each_bad_record_is_found_with_its_reason(tmp_path):
    directory = export(tmp_path / 'x', make_images(20))
    main, small = (os.path.join(directory, f'x-r0{res}.tfrecords') for res in (3, 2))
    for index in (3, 17):
        with open(main, 'r+b') as file:
            file.seek(index * 247 + 100)
            file.write(b'damage')
    with open(small, 'ab') as file:
        file.write(records.encode_images(np.zeros([1, 3, 8, 8], np.uint8)))
        file.write(records.encode_image_files([b'\x89PNG and nothing more'], (3, 4, 4)))
        file.write(b'garbage garbage')
    with open(os.path.join(directory, 'x-rxx.labels'), 'wb') as file:
        np.save(file, np.eye(19))
    count, problems = inspection.find_problems(directory)
    assert count == 20 + 22
    for problem, start, words in zip(
        problems,
        [
            f'{small}: record 20 has the shape [3, 8, 8]',
            f'{small}: record 21 holds a damaged PNG',
            f'{small}: record 22',
        ],
        ['expected [3, 4, 4]', 'picture', 'is damaged, or this is no TFRecord file'],
    ):
        assert problem.startswith(start) and words in problem
    unequal = 'has files with unequal numbers of images: x-r02.tfrecords 22, x-r03.tfrecords 20'
    assert problems[3:] == [
        f'{main}: record 3 is damaged',
        f'{main}: record 17 is damaged',
        f'{directory} {unequal}; make the data set again',
        f'{directory}/x-rxx.labels has 19 labels, but there are 22 images; make the data set again',
    ]


def test_files_that_do_not_fit_together_are_a_problem_though_each_is_good(tmp_path):
    directory = export(tmp_path / 'x', make_images(4, size=16))
    shutil.copy(os.path.join(directory, 'x-r03.tfrecords'), os.path.join(directory, 'x-r04.tfrecords'))
    count, problems = inspection.find_problems(directory)
    assert count == 12 and len(problems) == 1 and 'both hold images of 8x8' in problems[0]


def test_labels_that_are_not_finite_are_a_problem(tmp_path):
    directory = export(tmp_path / 'x', make_images(4, size=4), labels=np.full([4, 2], np.inf))
    assert inspection.find_problems(directory) == (
        4,
        [f'{directory}/x-rxx.labels: label 0 is not finite; make it again'],
    )


@pytest.mark.parametrize('num_labels', [2, 6])
def test_summary_tells_of_labels_for_another_number_of_images(tmp_path, num_labels):
    directory = export(tmp_path / 'x', make_images(4, size=4), labels=np.eye(4))
    with open(os.path.join(directory, 'x-rxx.labels'), 'wb') as file:
        np.save(file, np.eye(num_labels))
    reason = f'{directory}/x-rxx.labels has {num_labels} labels, but there are 4 images; make the data set again'
    summary = dict(inspection.summarize(directory))
    assert summary['labels'] == 'cannot be used: ' + reason
    assert summary['images'] == '4'
    assert inspection.find_problems(directory) == (4, [reason])


def test_names_of_another_number_of_classes_are_a_problem(tmp_path):
    directory = export(tmp_path / 'x', make_images(4, size=4), labels=np.eye(4))
    (tmp_path / 'x' / 'x-classes.json').write_text('["a", "b", "c"]')
    assert inspection.find_problems(directory)[1] == [f'{directory} has names of 3 classes, but labels of size 4']


def test_summary_tells_that_a_list_of_labels_beside_records_is_not_read(tmp_path):
    directory = export(tmp_path / 'x', make_images(4, size=4))
    (tmp_path / 'x' / 'dataset.json').write_text('{"labels": null}')
    assert dict(inspection.summarize(directory))['note'].startswith('dataset.json beside records is not read')


def test_channels_that_networks_cannot_have_are_a_problem(tmp_path):
    (tmp_path / 'x').mkdir()
    (tmp_path / 'x' / 'x-r02.tfrecords').write_bytes(records.encode_images(np.zeros([2, 5, 4, 4], np.uint8)))
    count, problems = inspection.find_problems(str(tmp_path / 'x'))
    assert count == 2 and ['5 channels; 1 to 4 are possible' in problem for problem in problems] == [True, True]
