# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the loader of data sets."""

import os
import shutil
import struct

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import util
from preparation import exporter
from training import dataset, tfrecord


def make_images(num_images=10, channels=1, size=32):
    """Return images whose pixels all equal their index."""
    indices = np.arange(num_images, dtype=np.uint8)[:, np.newaxis, np.newaxis, np.newaxis]
    return np.tile(indices, [1, channels, size, size])


def export(path, images, labels=None):
    with exporter.TFRecordExporter(str(path), len(images), print_progress=False) as tfr:
        for image in images:
            tfr.add_image(image)
        if labels is not None:
            tfr.add_labels(labels)
    return str(path)


@pytest.fixture
def faces(tmp_path):
    """A data set of ten gray images of 32x32 with labels [index, 100 + index, 200 + index]."""
    labels = np.arange(10)[:, np.newaxis] + np.array([[0, 100, 200]])
    return export(tmp_path / 'faces', make_images(), labels)


def read_indices(training_set, minibatch_size, num_minibatches):
    minibatches = [training_set.get_minibatch_np(minibatch_size)[0] for _ in range(num_minibatches)]
    return [minibatch[:, 0, 0, 0].tolist() for minibatch in minibatches]


def test_attributes_describe_the_full_resolution(session, faces):
    training_set = dataset.TFRecordDataset(faces)
    assert (training_set.shape, training_set.resolution, training_set.resolution_log2) == ([1, 32, 32], 32, 5)
    assert (training_set.dtype, training_set.dynamic_range, training_set.num_images) == ('uint8', [0, 255], 10)
    assert (training_set.label_size, training_set.label_dtype) == (0, 'float32')
    training_set.close()


def test_images_come_in_the_order_of_the_files_and_start_over(session, faces):
    training_set = dataset.TFRecordDataset(faces, shuffle_mb=0)
    assert read_indices(training_set, 4, 3) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1]]


def test_without_repetition_the_last_minibatch_is_short(session, faces):
    training_set = dataset.TFRecordDataset(faces, shuffle_mb=0, repeat=False)
    assert read_indices(training_set, 4, 3) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    with pytest.raises(tf.errors.OutOfRangeError):
        training_set.get_minibatch_np(4)


def test_minibatches_have_the_documented_shapes_and_types(session, tmp_path):
    training_set = dataset.TFRecordDataset(export(tmp_path / 'x', make_images(channels=3, size=8)))
    images, labels = training_set.get_minibatch_tf()
    assert images.shape.as_list() == [None, 3, None, None] and images.dtype == tf.uint8
    assert labels.shape.as_list() == [None, 0] and labels.dtype == tf.float32
    training_set.configure(4)
    images, labels = session.run([images, labels])
    assert images.shape == (4, 3, 8, 8) and labels.shape == (4, 0)


def test_pixels_are_those_of_the_file(session, tmp_path):
    images = np.random.RandomState(0).randint(0, 256, [3, 3, 8, 8]).astype(np.uint8)
    training_set = dataset.TFRecordDataset(export(tmp_path / 'x', images), shuffle_mb=0)
    np.testing.assert_array_equal(training_set.get_minibatch_np(3)[0], images)


@pytest.mark.parametrize('lod, size', [(0, 32), (0.9, 32), (1, 16), (2, 8), (3.5, 4)])
def test_each_lod_halves_the_size(session, faces, lod, size):
    training_set = dataset.TFRecordDataset(faces, shuffle_mb=0)
    images, _ = training_set.get_minibatch_np(4, lod=lod)
    np.testing.assert_array_equal(images, make_images(4, size=size))


def test_configuring_the_same_again_does_not_start_over(session, faces):
    training_set = dataset.TFRecordDataset(faces, shuffle_mb=0)
    assert read_indices(training_set, 4, 1) == [[0, 1, 2, 3]]
    training_set.configure(4, lod=0.5)
    assert read_indices(training_set, 4, 1) == [[4, 5, 6, 7]]
    training_set.configure(2)
    assert read_indices(training_set, 2, 1) == [[0, 1]]


def test_reading_adds_nothing_to_the_graph(session, faces):
    training_set = dataset.TFRecordDataset(faces, max_label_size='full')
    training_set.get_minibatch_tf()
    session.graph.finalize()
    for lod in (0, 1):
        training_set.configure(2, lod)
        training_set.get_minibatch_np(4, lod)


def test_each_epoch_holds_every_image_once_in_another_order(session, faces):
    training_set = dataset.TFRecordDataset(faces)
    first, second, third = read_indices(training_set, 10, 3)
    assert sorted(first) == sorted(second) == sorted(third) == list(range(10))
    assert not first == second == third


def test_seed_fixes_the_order(faces):
    def read(seed):
        with tf.Graph().as_default(), tf.Session().as_default():
            return read_indices(dataset.TFRecordDataset(faces, seed=seed), 10, 3)

    assert read(1) == read(1)
    assert read(1) != read(2)


def test_first_images_only_on_request(session, faces):
    training_set = dataset.TFRecordDataset(faces, shuffle_mb=0, max_images=3, max_label_size='full')
    assert training_set.num_images == 3
    assert read_indices(training_set, 2, 3) == [[0, 1], [2, 0], [1, 2]]
    assert set(training_set.get_random_labels_np(50)[:, 0]) == {0, 1, 2}


def test_smaller_resolution_takes_the_larger_files_away(session, faces):
    training_set = dataset.TFRecordDataset(faces, resolution=8, shuffle_mb=0)
    assert training_set.shape == [1, 8, 8]
    assert training_set.get_minibatch_np(2)[0].shape == (2, 1, 8, 8)
    assert training_set.get_minibatch_np(2, lod=1)[0].shape == (2, 1, 4, 4)


# ----------------------------------------------------------------------------
# Labels.


@pytest.mark.parametrize('max_label_size, columns', [('full', 3), (2, 2), (9, 3), (0, 0)])
def test_labels_accompany_their_images(session, faces, max_label_size, columns):
    training_set = dataset.TFRecordDataset(faces, max_label_size=max_label_size)
    assert training_set.label_size == columns
    images, labels = training_set.get_minibatch_np(7)
    expected = images[:, 0, :1, 0] + np.array([[0, 100, 200]], np.float32)
    np.testing.assert_array_equal(labels, expected[:, :columns])


def test_random_labels_are_labels_of_the_data_set(session, faces):
    training_set = dataset.TFRecordDataset(faces, max_label_size='full')
    for labels in (training_set.get_random_labels_np(100), session.run(training_set.get_random_labels_tf(100))):
        assert labels.shape == (100, 3) and labels.dtype == np.float32
        assert set(labels[:, 0]) == set(range(10))
        np.testing.assert_array_equal(labels - labels[:, :1], np.tile([[0, 100, 200]], [100, 1]))


def test_random_labels_without_labels_are_empty(session, faces):
    training_set = dataset.TFRecordDataset(faces)
    assert training_set.get_random_labels_np(5).shape == (5, 0)
    assert session.run(training_set.get_random_labels_tf(tf.constant(5))).shape == (5, 0)


def test_random_labels_follow_the_seed(faces):
    def draw():
        with tf.Graph().as_default(), tf.Session().as_default():
            return dataset.TFRecordDataset(faces, max_label_size='full', seed=3).get_random_labels_np(8).tolist()

    assert draw() == draw()


def test_label_file_may_be_named(session, faces, tmp_path):
    for path in (os.path.join(faces, 'other.npy'), str(tmp_path / 'elsewhere.npy')):
        np.save(path, np.full([10, 1], 7))
    for name in ('other.npy', str(tmp_path / 'elsewhere.npy')):
        training_set = dataset.TFRecordDataset(faces, label_file=name, max_label_size='full')
        assert training_set.get_minibatch_np(2)[1].tolist() == [[7], [7]]


@pytest.mark.parametrize(
    'kwargs, message',
    [
        ({'max_label_size': 'all'}, "a number of components or 'full', got 'all'"),
        ({'max_label_size': -1}, 'got -1'),
        ({'label_file': 'none.labels'}, 'label file not found: neither none.labels nor'),
        ({'label_file': 'short.npy', 'max_label_size': 1}, 'holds 9 labels, but there are 10 images'),
        ({'max_images': 0}, 'max_images must be at least 1'),
        ({'resolution': 64}, 'no images of resolution 64; there are 4, 8, 16, 32'),
        ({'resolution': 12}, 'no images of resolution 12'),
        ({'resolution': 0}, 'no images of resolution 0'),
    ],
)
def test_wrong_arguments_are_refused(session, faces, kwargs, message):
    np.save(os.path.join(faces, 'short.npy'), np.zeros([9, 1]))
    with pytest.raises(util.UserError, match=message):
        dataset.TFRecordDataset(faces, **kwargs)


# ----------------------------------------------------------------------------
# What may be wrong with the files.


def test_one_resolution_suffices_until_another_one_is_asked_for(session, faces):
    for res in (2, 3, 4):
        os.remove(os.path.join(faces, f'faces-r0{res}.tfrecords'))
    training_set = dataset.TFRecordDataset(faces, shuffle_mb=0)
    assert read_indices(training_set, 4, 1) == [[0, 1, 2, 3]]
    with pytest.raises(
        util.UserFileNotFoundError, match=r'no images of 16x16 \(lod 1\): faces-r04.tfrecords is missing'
    ):
        training_set.configure(4, lod=1)


def test_missing_directory_and_empty_directory_are_refused(session, faces, tmp_path):
    with pytest.raises(util.UserFileNotFoundError, match='faced does not exist; did you mean faces'):
        dataset.TFRecordDataset(str(tmp_path / 'faced'))
    with pytest.raises(util.UserFileNotFoundError, match='no .tfrecords files in .* its sub-directories faces'):
        dataset.TFRecordDataset(str(tmp_path))


def test_file_of_another_size_channels_or_count_is_refused(session, faces, tmp_path):
    path = os.path.join(faces, 'faces-r02.tfrecords')
    for images, message in [
        (np.zeros([10, 3, 4, 4], np.uint8), r'images of shape \[3, 4, 4\]; expected 1 channels'),
        (np.zeros([10, 1, 4, 8], np.uint8), r'images of shape \[1, 4, 8\]'),
        (np.zeros([10, 1, 8, 8], np.uint8), 'both hold images of 8x8'),
        (
            np.zeros([9, 1, 4, 4], np.uint8),
            r'unequal numbers of images \(faces-r02.tfrecords 9, faces-r03.tfrecords 10',
        ),
    ]:
        with open(path, 'wb') as file:
            file.write(tfrecord.encode_images(images))
        with pytest.raises(util.UserError, match=message):
            dataset.TFRecordDataset(faces)


def test_file_that_is_cut_off_is_noticed_at_once(session, faces):
    path = os.path.join(faces, 'faces-r05.tfrecords')
    with open(path, 'r+b') as file:
        file.truncate(os.path.getsize(path) - 7)
    with pytest.raises(util.UserError, match='faces-r05.tfrecords: record 9 is cut off'):
        dataset.TFRecordDataset(faces)


def test_damaged_record_is_noticed_when_it_is_read(session, faces):
    with open(os.path.join(faces, 'faces-r05.tfrecords'), 'r+b') as file:
        file.seek(5 * tfrecord.compute_record_size((1, 32, 32)) + 500)
        file.write(b'damage')
    training_set = dataset.TFRecordDataset(faces, shuffle_mb=0, prefetch_mb=0)
    training_set.get_minibatch_np(5)
    with pytest.raises(util.UserError, match='faces: a record is damaged'):
        training_set.get_minibatch_np(5)


@pytest.mark.parametrize('other', [b'no example', tfrecord.encode_images(np.zeros([1, 1, 32, 16], np.uint8))[12:-4]])
def test_record_without_a_fitting_image_is_noticed_when_it_is_read(session, faces, other):
    for res in (2, 3, 4):
        os.remove(os.path.join(faces, f'faces-r0{res}.tfrecords'))
    with open(os.path.join(faces, 'faces-r05.tfrecords'), 'ab') as file:
        length = struct.pack('<Q', len(other))
        for message in (length, other):
            file.write(message)
            file.write(tfrecord.compute_checksums(np.frombuffer(message, np.uint8)[np.newaxis]).tobytes())
    training_set = dataset.TFRecordDataset(faces, shuffle_mb=0)
    assert training_set.num_images == 11
    with pytest.raises(util.UserError, match='faces: a record holds no image of the shape of the first one'):
        training_set.get_minibatch_np(11)


# ----------------------------------------------------------------------------
# Parsing and loading by name.


def test_both_parsers_return_the_image(session):
    image = np.random.RandomState(0).randint(0, 256, [1, 3, 8, 8]).astype(np.uint8)
    record = tfrecord.encode_images(image)[12:-4]
    np.testing.assert_array_equal(dataset.TFRecordDataset.parse_tfrecord_np(record), image[0])
    np.testing.assert_array_equal(session.run(dataset.TFRecordDataset.parse_tfrecord_tf(record)), image[0])


def test_buffers_are_counted_in_images_and_never_exceed_the_data_set():
    assert dataset._count_items([3, 1024, 1024], 4096, 70000) == 1366
    assert dataset._count_items([3, 512, 512], 2048, 70000) == 2731
    assert dataset._count_items([3, 32, 32], 4096, 10**7) == 1398102
    assert dataset._count_items([3, 32, 32], 4096, 50000) == 50000


def test_data_set_is_loaded_by_directory_and_name(session, faces, capsys):
    parent, name = os.path.split(faces)
    training_set = dataset.load_dataset(data_dir=parent + '/', tfrecord_dir=name, verbose=True, max_label_size=2)
    assert isinstance(training_set, dataset.TFRecordDataset)
    assert capsys.readouterr().out.splitlines() == [
        'Streaming data using training.dataset.TFRecordDataset...',
        'Dataset shape = [1, 32, 32]',
        'Dynamic range = [0, 255]',
        'Label size    = 2',
    ]
    dataset.load_dataset('training.dataset.TFRecordDataset', tfrecord_dir=faces)
    assert capsys.readouterr().out == ''


def test_home_directory_is_expanded(session, faces, monkeypatch):
    monkeypatch.setenv('HOME', os.path.dirname(faces))
    assert dataset.load_dataset(data_dir='~', tfrecord_dir='faces').num_images == 10
    shutil.rmtree(faces)
    with pytest.raises(util.UserFileNotFoundError):
        dataset.load_dataset(tfrecord_dir='~/faces')
