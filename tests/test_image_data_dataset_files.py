# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the files of a data set."""

import gzip

import numpy as np
import pytest
from record_inputs import GOLDEN_RECORD, make_images, write

from dnnlib import util
from image_data import dataset_files, label_files, record_files, records


def test_compressed_records_are_refused_with_the_way_out(tmp_path):
    path = write(tmp_path / 'x.tfrecords', gzip.compress(records.encode_images(make_images(3))))
    with pytest.raises(util.UserError, match='x.tfrecords is compressed; unpack it with gunzip'):
        dataset_files.find_main_file(str(tmp_path))
    with pytest.raises(util.UserError, match='is compressed'):
        list(record_files.read_images(path))


def test_missing_directory_is_named_with_the_one_probably_meant(tmp_path):
    (tmp_path / 'faces').mkdir()
    with pytest.raises(util.UserFileNotFoundError, match='does not exist; did you mean faces?'):
        dataset_files.find_files(str(tmp_path / 'face'))
    with pytest.raises(util.UserFileNotFoundError, match='does not exist, nor does'):
        dataset_files.find_files(str(tmp_path / 'no' / 'faces'))


def test_directory_without_records_names_the_sub_directories_that_have_some(tmp_path):
    (tmp_path / 'faces').mkdir()
    write(tmp_path / 'faces' / 'faces-r02.tfrecords', GOLDEN_RECORD)
    with pytest.raises(util.UserFileNotFoundError, match='no .tfrecords files in .* sub-directories faces'):
        dataset_files.find_files(str(tmp_path))


def test_file_in_place_of_a_directory_and_empty_file_are_refused(tmp_path):
    path = write(tmp_path / 'x.tfrecords', b'')
    with pytest.raises(util.UserError, match='is a file'):
        dataset_files.find_files(path)
    with pytest.raises(util.UserError, match='holds no records'):
        dataset_files.find_files(str(tmp_path))


@pytest.mark.parametrize('shape', [(5, 4, 4), (0, 4, 4), (16, 16, 3)])
def test_numbers_of_channels_that_networks_cannot_have_are_refused(tmp_path, shape):
    write(tmp_path / 'x-r02.tfrecords', records.encode_images(np.zeros((2,) + shape, np.uint8)))
    with pytest.raises(
        util.UserError, match=f'x-r02.tfrecords: record 0 has {shape[0]} channels.*; 1 to 4 are'
    ) as info:
        dataset_files.find_main_file(str(tmp_path))
    assert ('the channels must be the first' in str(info.value)) == (shape[2] == 3)


def test_files_of_unequal_numbers_of_images_are_refused(tmp_path):
    write(tmp_path / 'x-r02.tfrecords', records.encode_images(make_images(2)))
    write(tmp_path / 'x-r03.tfrecords', records.encode_images(make_images(3, size=8)))
    message = 'has files with unequal numbers of images: x-r02.tfrecords 2, x-r03.tfrecords 3; make the data set again'
    with pytest.raises(util.UserError, match=message):
        dataset_files.find_main_file(str(tmp_path))


def test_files_of_two_data_sets_in_a_directory_are_refused(tmp_path):
    write(tmp_path / 'a-r02.tfrecords', records.encode_images(make_images(2)))
    write(tmp_path / 'b-r03.tfrecords', records.encode_images(make_images(2, size=8)))
    with pytest.raises(util.UserError, match='holds files of several data sets: a, b; give each a directory'):
        dataset_files.find_main_file(str(tmp_path))


def test_validation_files_and_labels_are_kept_apart(tmp_path):
    for name in ('x-r02.tfrecords', 'validation-x-r02.tfrecords'):
        write(tmp_path / name, GOLDEN_RECORD)
    for name in ('x-rxx.labels', 'validation-x-rxx.labels'):
        write(tmp_path / name, b'')
    assert [file.path for file in dataset_files.find_files(str(tmp_path))] == [str(tmp_path / 'x-r02.tfrecords')]
    assert dataset_files.find_main_file(str(tmp_path), validation=True).path == str(
        tmp_path / 'validation-x-r02.tfrecords'
    )
    assert label_files.find_label_file(str(tmp_path)) == str(tmp_path / 'x-rxx.labels')
