# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the writer of data sets."""

import os

import numpy as np
import pytest
from record_inputs import export

from dnnlib import files, util
from image_data import dataset_files, exporter, label_files, record_files, records


def make_images(num_images=10, channels=3, size=8, seed=0):
    return np.random.RandomState(seed).randint(0, 256, [num_images, channels, size, size]).astype(np.uint8)


def test_pyramid_of_a_ramp_is_the_one_computed_by_hand():
    ramp = np.arange(64, dtype=np.uint8).reshape(1, 1, 8, 8)
    halved = [4, 6, 8, 10, 20, 22, 24, 26, 36, 38, 40, 42, 52, 54, 56, 58]  # From 4.5, 6.5, ...: half to even.
    expected = [ramp, np.array(halved, np.uint8).reshape(1, 1, 4, 4)]
    assert exporter.encode_pyramid(ramp) == [records.encode_images(level) for level in expected]


def test_lower_levels_average_the_unrounded_ones():
    image = np.zeros([1, 1, 16, 16], np.uint8)
    image[..., 0:4:2, 0:4:2] = [[2, 2], [2, 4]]  # Averages 0.5, 0.5, 0.5, 1 at 8x8, stored as 0, 0, 0, 1.
    levels = [records.decode_image(record[12:-4]) for record in exporter.encode_pyramid(image)]
    assert [level.shape for level in levels] == [(1, 16, 16), (1, 8, 8), (1, 4, 4)]
    np.testing.assert_array_equal(levels[1][0, :2, :2], [[0, 0], [0, 1]])
    assert levels[2][0, 0, 0] == 1  # 0.625; the average of what is stored is 0.25.


def test_files_of_all_resolutions_bear_the_name_of_the_directory(tmp_path):
    images = make_images(3, size=16)
    export(str(tmp_path / 'faces') + '/', images)
    names = ['faces-r02.tfrecords', 'faces-r03.tfrecords', 'faces-r04.tfrecords']
    assert sorted(os.listdir(str(tmp_path / 'faces'))) == names
    assert os.listdir(str(tmp_path)) == ['faces']
    np.testing.assert_array_equal(list(record_files.read_images(str(tmp_path / 'faces' / names[2]))), images)


def test_files_have_the_size_that_was_foretold(tmp_path):
    directory = export(tmp_path / 'x', make_images(5, channels=1, size=16))
    sizes = [os.path.getsize(path) for path in exporter.find_dataset_files(directory)]
    assert sum(sizes) == exporter.compute_dataset_size((1, 16, 16), 5)


@pytest.mark.parametrize('num_images, first', [(10, [4, 0, 7, 5, 8, 3, 1, 6, 9, 2]), (1000, [131, 203, 50, 585, 138])])
def test_shuffled_order_is_the_official_one(tmp_path, num_images, first):
    tfr = exporter.TFRecordExporter(str(tmp_path / 'x'), num_images, print_progress=False)
    assert tfr.choose_shuffled_order()[: len(first)].tolist() == first
    tfr.discard()


def test_labels_become_float32_beside_the_images(tmp_path):
    directory = export(tmp_path / 'x', make_images(4), labels=np.eye(4, dtype=np.int64))
    path = os.path.join(directory, 'x-rxx.labels')
    with open(path, 'rb') as file:
        assert file.read(6) == b'\x93NUMPY'
    np.testing.assert_array_equal(label_files.read_labels(path), np.eye(4, dtype=np.float32))


def test_progress_is_printed_as_in_the_official_tool(tmp_path, capsys):
    with exporter.TFRecordExporter(str(tmp_path / 'x'), 2, progress_interval=1) as tfr:
        for image in make_images(2):
            tfr.add_image(image)
    words = capsys.readouterr().out
    for text in [f'Creating dataset "{tmp_path / "x"}"', '0 / 2', '1 / 2', 'Flushing data...', 'Added 2 images.']:
        assert text in words


@pytest.mark.parametrize(
    'shape, message',
    [
        ((8, 8), 'images must be'),
        ((5, 8, 8), '1 to 4 channels'),
        ((3, 8, 9), 'small rectangle times a power of two, .* got 9x8'),
        ((3, 15, 15), 'got 15x15'),
        ((3, 2, 2), 'got 2x2'),
    ],
)
def test_images_of_impossible_shape_are_refused(tmp_path, shape, message):
    with pytest.raises(util.UserError, match=message):
        export(tmp_path / 'x', [np.zeros(shape, np.uint8)])
    assert os.listdir(str(tmp_path)) == []


def test_image_unlike_the_others_is_refused_and_nothing_is_left(tmp_path):
    images = [np.zeros([3, 8, 8], np.uint8), np.zeros([3, 16, 16], np.uint8)]
    with pytest.raises(util.UserError, match=r'the shape \[3, 8, 8\], got \[3, 16, 16\]'):
        export(tmp_path / 'x', images)
    assert os.listdir(str(tmp_path)) == []


def test_data_set_without_images_or_with_too_few_labels_is_refused(tmp_path):
    with pytest.raises(util.UserError, match='no images were added'):
        export(tmp_path / 'x', [])
    with pytest.raises(util.UserError, match=r'expected labels \[10, label_size\]'):
        export(tmp_path / 'x', make_images(10), labels=np.zeros([9, 2]))
    assert os.listdir(str(tmp_path)) == []


def test_existing_data_set_is_kept_unless_it_is_to_be_replaced(tmp_path):
    directory = export(tmp_path / 'x', make_images(2, size=16))
    with pytest.raises(util.UserError, match='already holds a data set; .* --overwrite'):
        export(directory, make_images(3))
    assert record_files.count_records(os.path.join(directory, 'x-r02.tfrecords')) == 2

    export(directory, make_images(3), overwrite=True)
    assert sorted(os.listdir(directory)) == ['x-r02.tfrecords', 'x-r03.tfrecords']
    assert record_files.count_records(os.path.join(directory, 'x-r02.tfrecords')) == 3


def test_failure_while_replacing_keeps_the_old_data_set(tmp_path):
    directory = export(tmp_path / 'x', make_images(2))
    with pytest.raises(util.UserError, match='1 to 4 channels'):
        export(directory, [np.zeros([5, 8, 8])], overwrite=True)
    assert record_files.count_records(os.path.join(directory, 'x-r03.tfrecords')) == 2
    assert os.listdir(str(tmp_path)) == ['x']


def test_other_files_of_the_target_directory_stay(tmp_path):
    (tmp_path / 'x').mkdir()
    (tmp_path / 'x' / 'README').write_text('hello')
    export(tmp_path / 'x', make_images(1, size=4))
    assert sorted(os.listdir(str(tmp_path / 'x'))) == ['README', 'x-r02.tfrecords']


def test_full_disk_names_the_data_set_and_leaves_nothing(tmp_path):
    class FullDisk:
        def write(self, _):
            raise OSError(28, 'No space left on device')

        def close(self):
            raise OSError(28, 'No space left on device')

    directory = str(tmp_path / 'x')
    with pytest.raises(OSError, match='No space left on device') as info:
        with exporter.TFRecordExporter(directory, 1, print_progress=False) as tfr:
            tfr.add_image(np.zeros([1, 4, 4]))
            tfr.tfr_writers[0].close()
            tfr.tfr_writers[0] = FullDisk()
            tfr.add_image(np.zeros([1, 4, 4]))
    assert info.value.filename == directory
    assert os.listdir(str(tmp_path)) == []


def test_rectangular_images_are_numbered_like_the_square_ones_of_their_resolution(tmp_path):
    images = np.random.RandomState(0).randint(0, 256, [2, 2, 12, 16]).astype(np.uint8)
    directory = export(tmp_path / 'x', images)
    found = dataset_files.find_files(directory)
    assert [os.path.basename(file.path) for file in found] == [f'x-r0{res}.tfrecords' for res in (2, 3, 4)]
    assert [file.shape for file in found] == [(2, 3, 4), (2, 6, 8), (2, 12, 16)]
    assert sum(map(os.path.getsize, exporter.find_dataset_files(directory))) == exporter.compute_dataset_size(
        (2, 12, 16), 2
    )


@pytest.mark.parametrize('encoding, tolerance', [('png', 0), ('jpeg', 4)])
def test_images_become_files_at_full_size_on_request(tmp_path, encoding, tolerance):
    ramp = np.linspace(0, 255, 64).reshape(1, 1, 8, 8).repeat(3, axis=1)
    directory = export(tmp_path / 'x', ramp, encoding=encoding)
    assert os.listdir(directory) == ['x-r03.tfrecords']
    image = next(record_files.read_images(os.path.join(directory, 'x-r03.tfrecords')))
    np.testing.assert_allclose(image.astype(int), np.rint(ramp[0]), atol=tolerance)
    with pytest.raises(util.UserError, match='a JPEG has 1 or 3 channels, got 2'):
        export(tmp_path / 'y', np.zeros([1, 2, 8, 8]), encoding='jpeg')


def test_files_of_another_prefix_join_those_that_are_there(tmp_path):
    directory = export(tmp_path / 'x', make_images(2), labels=np.eye(2))
    export(directory, make_images(3), labels=np.eye(3), tfr_prefix='validation-x')
    assert sorted(os.listdir(directory)) == [
        'validation-x-r02.tfrecords',
        'validation-x-r03.tfrecords',
        'validation-x-rxx.labels',
        'x-r02.tfrecords',
        'x-r03.tfrecords',
        'x-rxx.labels',
    ]
    with pytest.raises(util.UserError, match='already holds a data set'):
        export(directory, make_images(3), tfr_prefix='validation-x')
    export(directory, make_images(1, size=4), tfr_prefix='validation-x', overwrite=True)
    assert sorted(os.listdir(directory))[:2] == ['validation-x-r02.tfrecords', 'x-r02.tfrecords']


def test_class_names_are_kept_beside_the_labels(tmp_path):
    with exporter.TFRecordExporter(str(tmp_path / 'x'), 1, print_progress=False) as tfr:
        tfr.add_image(np.zeros([1, 4, 4]))
        tfr.add_labels([[1, 0]], class_names=['\u00e4', 'b'])
    assert label_files.read_class_names(str(tmp_path / 'x')) == ['\u00e4', 'b']
    export(tmp_path / 'x', make_images(1), overwrite=True)
    assert label_files.read_class_names(str(tmp_path / 'x')) is None


def test_folder_that_cannot_be_written_to_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(os, 'access', lambda path, mode: False)  # The administrator may write everywhere.
    with pytest.raises(util.UserError, match=f'no permission to write to {tmp_path}; choose another directory'):
        exporter.TFRecordExporter(str(tmp_path / 'new' / 'x'), 1)


def test_names_of_classes_that_are_no_text_are_escaped(tmp_path):
    with exporter.TFRecordExporter(str(tmp_path / 'x'), 1, print_progress=False) as tfr:
        tfr.add_image(make_images(1)[0])
        tfr.add_labels(np.zeros([1, 3]), ['cat', '\u00e9lan', '\udce9lan'])
    assert label_files.read_class_names(str(tmp_path / 'x')) == ['cat', '\u00e9lan', '\\xe9lan']


# ----------------------------------------------------------------------------
# Folders of files.


def save_in_folder(path):
    with files.make_folder(str(path)) as folder:
        with open(os.path.join(folder, 'a.txt'), 'w') as file:
            file.write('new')


def test_folder_of_files_appears_where_there_is_none_or_an_empty_one(tmp_path):
    (tmp_path / 'empty').mkdir()
    for name in ('empty', 'new', os.path.join('x', 'y')):
        save_in_folder(tmp_path / name)
        assert os.listdir(str(tmp_path / name)) == ['a.txt']
    assert sorted(os.listdir(str(tmp_path))) == ['empty', 'new', 'x']


def test_folder_of_files_does_not_mix_with_others(tmp_path):
    (tmp_path / 'full').mkdir()
    (tmp_path / 'full' / 'b.txt').write_text('old')
    with pytest.raises(util.UserError, match='full is not empty; choose another folder, so that files do not mix'):
        save_in_folder(tmp_path / 'full')
    for name in ('b.txt', os.path.join('b.txt', 'c')):
        with pytest.raises(util.UserError, match='b.txt is a file; choose another folder'):
            save_in_folder(tmp_path / 'full' / name)
    assert os.listdir(str(tmp_path / 'full')) == ['b.txt']


@pytest.mark.parametrize('is_there', [False, True])
def test_error_leaves_no_half_of_a_folder(tmp_path, is_there):
    if is_there:
        (tmp_path / 'out').mkdir()
    with pytest.raises(util.UserError, match='in the middle'):
        with files.make_folder(str(tmp_path / 'out')) as folder:
            open(os.path.join(folder, 'a.txt'), 'w').close()
            raise util.UserError('in the middle')
    assert os.listdir(str(tmp_path)) == ['out'] * is_there
    assert not is_there or os.listdir(str(tmp_path / 'out')) == []
