# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of labels and names of classes."""

import io
import pickle
import struct

import numpy as np
import pytest
from record_inputs import make_images, write

from dnnlib import util
from image_data import label_files, records


def save_npz():
    stream = io.BytesIO()
    np.savez(stream, labels=np.eye(2))
    return stream.getvalue()


def make_npy(header):
    return b'\x93NUMPY\x01\0' + struct.pack('<H', len(header)) + header


def test_several_files_of_labels_are_refused(tmp_path):
    for name in 'ab':
        write(tmp_path / f'{name}-rxx.labels', b'')
    with pytest.raises(util.UserError, match='has several files of labels: a-rxx.labels, b-rxx.labels; keep one'):
        label_files.find_label_file(str(tmp_path))


@pytest.mark.parametrize('num_labels', [2, 4])
def test_labels_for_another_number_of_images_are_refused(tmp_path, num_labels):
    write(tmp_path / 'x-r02.tfrecords', records.encode_images(make_images(3)))
    path = str(tmp_path / 'x-rxx.labels')
    with open(path, 'wb') as file:
        np.save(file, np.eye(num_labels))
    with pytest.raises(util.UserError, match=f'x-rxx.labels has {num_labels} labels, but there are 3 images; make'):
        label_files.read_labels(path)
    assert len(label_files.read_labels(path, num_labels)) == num_labels


def test_labels_are_read_as_float32(tmp_path):
    with open(str(tmp_path / 'x.labels'), 'wb') as file:
        np.save(file, np.eye(3))
    labels = label_files.read_labels(label_files.find_label_file(str(tmp_path)))
    assert labels.dtype == np.float32
    np.testing.assert_array_equal(labels, np.eye(3))


@pytest.mark.parametrize(
    'content, reason',
    [
        (b'', ''),
        (b'class 1\n', 'pickled'),
        (b'\x93NUMPY', ''),
        (pickle.dumps([1, 2]), 'pickled'),
        (save_npz(), 'it is an archive'),
        (save_npz()[:200], ''),
        (make_npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999, 99999)}\n"), ''),
        (make_npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2)}\n") + b'short', ''),
        (make_npy(b"{'descr': '<f4', 'fortran_order'"), ''),
        (make_npy(b"{'descr': '|O', 'fortran_order': False, 'shape': (1, 1)}\n"), 'Object arrays'),
    ],
)
def test_label_file_that_is_no_array_is_refused(tmp_path, content, reason):
    message = rf'is no label file: expected an array in NumPy format, .npy \(.*{reason}'
    with pytest.raises(util.UserError, match=message):
        label_files.read_labels(write(tmp_path / 'x.labels', content))


@pytest.mark.parametrize('labels', [np.zeros([5]), np.array([['a', 'b']]), np.zeros([5, 0]), np.zeros([2, 2], complex)])
def test_labels_of_wrong_shape_or_type_are_refused(tmp_path, labels):
    with open(str(tmp_path / 'x.labels'), 'wb') as file:
        np.save(file, labels)
    with pytest.raises(util.UserError, match='expected numbers'):
        label_files.read_labels(str(tmp_path / 'x.labels'))


def test_labels_that_are_not_finite_are_refused(tmp_path):
    with open(str(tmp_path / 'x.labels'), 'wb') as file:
        np.save(file, np.array([[0, 1], [2, 1e300], [np.inf, 3], [np.nan, 2]]))
    with pytest.raises(util.UserError, match='label 1 is not finite'):
        label_files.read_labels(str(tmp_path / 'x.labels'))


@pytest.mark.parametrize('content', ['', '{"a": 1}', '['])
def test_file_of_class_names_of_another_form_is_refused(tmp_path, content):
    (tmp_path / 'x-classes.json').write_text(content)
    with pytest.raises(util.UserError, match='x-classes.json is no list of class names.*[(,]'):
        label_files.read_class_names(str(tmp_path))
