# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the loader of data sets."""

import os
import shutil
import struct

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from record_inputs import export

from dnnlib import image_files, tflib, util
from image_data import checksums, exporter, record_files, records
from training import dataset
from training.shuffled_reader import find_images


def make_images(num_images=10, channels=1, size=32):
    """Return images whose pixels all equal their index."""
    indices = np.arange(num_images, dtype=np.uint8)[:, np.newaxis, np.newaxis, np.newaxis]
    return np.tile(indices, [1, channels, size, size])


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
    assert training_set.get_minibatch_np(4) == (None, None)


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


def test_images_may_be_mirrored(session, tmp_path):
    ramp = np.arange(4, dtype=np.uint8).reshape(1, 1, 1, 4).repeat(4, axis=2)
    training_set = dataset.TFRecordDataset(export(tmp_path / 'x', ramp), mirror_augment=True, seed=1)
    images, _ = training_set.get_minibatch_np(200)
    is_mirrored = images[:, 0, 0, 0] == 3
    assert 60 < is_mirrored.sum() < 140
    np.testing.assert_array_equal(images[is_mirrored], ramp[..., ::-1].repeat(is_mirrored.sum(), axis=0))
    np.testing.assert_array_equal(images[~is_mirrored], ramp.repeat((~is_mirrored).sum(), axis=0))


def test_in_training_a_clock_decides_what_is_mirrored(session, tmp_path):
    ramp = np.arange(4, dtype=np.uint8).reshape(1, 1, 1, 4).repeat(4, axis=2)
    training_set = dataset.TFRecordDataset(export(tmp_path / 'x', ramp), mirror_augment=True, seed=1)
    training_set.configure(50)
    tick = tf.placeholder(tf.int64, [])
    with tflib.RandomClock(1, tick):
        images, _ = training_set.get_minibatch_tf()
    first, second, again = [session.run(images, {tick: value}) for value in (1, 2, 1)]
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, second)


def test_shuffling_can_be_turned_off(session, faces):
    assert read_indices(dataset.TFRecordDataset(faces, shuffle=False), 5, 2) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


# ----------------------------------------------------------------------------
# From any place on, as a training that goes on needs it.


def read_from(training_set, start, minibatch_size, count, lod=0):
    """Return images and labels of some minibatches from a place on, one array each."""
    training_set.configure(minibatch_size + 1, lod)  # So that the next call begins anew.
    training_set.configure(minibatch_size, lod, start=start)
    read = [tflib.run(training_set._minibatch) for _ in range(count)]
    return [np.concatenate(arrays) for arrays in zip(*read)]


@pytest.mark.parametrize('shuffle', [True, False])
@pytest.mark.parametrize('encoding', ['raw', 'png'])
def test_images_and_labels_come_from_any_place_in_any_portions(session, tmp_path, encoding, shuffle):
    labels = np.arange(10)[:, np.newaxis] + np.array([[0, 100]])
    path = export(tmp_path / 'x', make_images(), labels, encoding=encoding)
    training_set = dataset.TFRecordDataset(path, max_label_size='full', seed=3, shuffle=shuffle)
    order = find_images(3, 10, 0, 60) if shuffle else np.arange(60) % 10
    for start, minibatch_size, count, lod in [(0, 5, 4, 0), (7, 4, 5, 0), (23, 12, 2, 0), (9, 4, 5, 1), (40, 1, 9, 2)]:
        images, labels = read_from(training_set, start, minibatch_size, count, lod)
        expected = order[start : start + minibatch_size * count]
        assert images.shape[1:] == (1, 32 >> lod, 32 >> lod)
        assert images[:, 0, 0, 0].tolist() == labels[:, 0].tolist() == expected.tolist()


def test_start_counts_only_where_images_begin_anew(session, faces):
    training_set = dataset.TFRecordDataset(faces, shuffle=False)
    read = []
    for start in (2, 4, 900):
        training_set.configure(2, start=start)
        read.append(tflib.run(training_set._minibatch)[0][:, 0, 0, 0].tolist())
    assert read == [[2, 3], [4, 5], [6, 7]]


# ----------------------------------------------------------------------------
# Encodings and sizes.


def make_noise(num_images=3, channels=3, height=32, width=32):
    return np.random.RandomState(0).randint(0, 256, [num_images, channels, height, width]).astype(np.uint8)


def read_all_lods(path, num_images):
    training_set = dataset.TFRecordDataset(path, shuffle_mb=0)
    return [training_set.get_minibatch_np(num_images, lod)[0] for lod in range(training_set.resolution_log2 - 1)]


@pytest.mark.parametrize('height, width', [(64, 64), (48, 32)])
def test_sets_of_the_top_resolution_alone_have_the_pixels_of_all_at_every_lod(session, tmp_path, height, width):
    images = make_noise(4, height=height, width=width)
    top = export(tmp_path / 'top', images, levels='top')
    assert len(os.listdir(top)) == 1
    pyramid = read_all_lods(export(tmp_path / 'all', images), 4)
    for lod, (made, stored) in enumerate(zip(read_all_lods(top, 4), pyramid)):
        np.testing.assert_array_equal(made, stored)
        boxes = images.astype(np.float64).reshape(4, 3, height >> lod, 1 << lod, width >> lod, 1 << lod)
        np.testing.assert_array_equal(made, np.rint(boxes.mean(axis=(3, 5))))


@pytest.mark.parametrize('channels, height, width', [(1, 16, 16), (2, 12, 16), (3, 20, 12), (4, 16, 16)])
def test_encoded_and_single_resolution_sets_have_the_pixels_of_the_pyramid(session, tmp_path, channels, height, width):
    images = make_noise(channels=channels, height=height, width=width)
    raw = export(tmp_path / 'raw', images)
    png = export(tmp_path / 'png', images, encoding='png')
    expected = read_all_lods(raw, 3)
    np.testing.assert_array_equal(expected[0], images)
    for path in sorted(os.listdir(raw))[:-1]:
        os.remove(os.path.join(raw, path))
    for other in (png, raw):
        for level, expected_level in zip(read_all_lods(other, 3), expected):
            np.testing.assert_array_equal(level, expected_level)


def test_means_of_many_pixels_are_rounded_as_in_the_files(session, tmp_path):
    images = make_noise(1, 1, 128, 128) // 255 * 255  # Mostly 0: small means.
    images[..., :64, :64] = make_noise(1, 1, 64, 64) % 2  # Means near 1/2.
    paths = [export(tmp_path / encoding, images, encoding=encoding) for encoding in ('raw', 'png')]
    for level, expected in zip(*(read_all_lods(path, 1) for path in paths)):
        np.testing.assert_array_equal(level, expected)


def test_jpeg_files_are_decoded_as_pillow_does(session, tmp_path):
    smooth = np.linspace(0, 255, 3 * 32 * 32).reshape(1, 3, 32, 32).astype(np.uint8)
    path = export(tmp_path / 'x', smooth, encoding='jpeg')
    expected = next(record_files.read_images(os.path.join(path, 'x-r05.tfrecords')))
    (images,) = read_all_lods(path, 1)[:1]
    np.testing.assert_allclose(images[0].astype(int), expected.astype(int), atol=1)


def test_gray_picture_in_a_set_of_colour_has_three_equal_channels(session, tmp_path):
    gray, colour = make_noise(1, 1, 8, 8), make_noise(1, 3, 8, 8)
    contents = [image_files.encode(image[0], 'png') for image in (gray, colour)]
    (tmp_path / 'x').mkdir()
    (tmp_path / 'x' / 'x-r03.tfrecords').write_bytes(records.encode_image_files(contents, (3, 8, 8)))
    images = read_all_lods(str(tmp_path / 'x'), 2)[0]
    np.testing.assert_array_equal(images, np.concatenate([gray.repeat(3, axis=1), colour]))


@pytest.mark.parametrize(
    'content', [b'\x89PNG\r\n\x1a\n damaged', image_files.encode(np.zeros([1, 16, 4], np.uint8), 'png')]
)
def test_bad_picture_is_noticed_when_it_is_read(session, tmp_path, content):
    (tmp_path / 'x').mkdir()
    (tmp_path / 'x' / 'x-r03.tfrecords').write_bytes(records.encode_image_files([content], (1, 8, 8)))
    training_set = dataset.TFRecordDataset(str(tmp_path / 'x'))
    with pytest.raises(util.UserError, match='x: a record holds no image of the shape of the first one'):
        training_set.get_minibatch_np(1)


def test_labels_and_seeds_work_with_encoded_sets(tmp_path):
    path = export(tmp_path / 'x', make_images(size=8), np.arange(10)[:, np.newaxis], encoding='png')

    def read(seed):
        with tf.Graph().as_default(), tf.Session().as_default():
            training_set = dataset.TFRecordDataset(path, seed=seed, max_label_size='full')
            images, labels = training_set.get_minibatch_np(30)
            assert labels[:, 0].tolist() == images[:, 0, 0, 0].tolist()
            return labels[:, 0].tolist()

    assert read(1) == read(1) != read(2)


def test_rectangular_sets_have_the_resolution_of_their_networks(session, tmp_path):
    path = export(tmp_path / 'x', make_noise(height=24, width=32))
    training_set = dataset.TFRecordDataset(path)
    assert (training_set.shape, training_set.resolution, training_set.resolution_log2) == ([3, 24, 32], 32, 5)
    smaller = dataset.TFRecordDataset(path, resolution=16)
    assert (smaller.shape, smaller.get_minibatch_np(2)[0].shape) == ([3, 12, 16], (2, 3, 12, 16))
    with pytest.raises(util.UserError, match='no images of resolution 64; there are 4, 8, 16, 32'):
        dataset.TFRecordDataset(path, resolution=64)


def test_images_of_a_size_that_no_network_makes_are_refused(session, tmp_path):
    (tmp_path / 'x').mkdir()
    (tmp_path / 'x' / 'x-r03.tfrecords').write_bytes(records.encode_images(make_noise(1, 1, 9, 9)))
    with pytest.raises(util.UserError, match='x-r03.tfrecords: image size must be a small rectangle'):
        dataset.TFRecordDataset(str(tmp_path / 'x'))


# ----------------------------------------------------------------------------
# Validation sets.


def export_validation_set(path, images, **kwargs):
    with exporter.TFRecordExporter(path, len(images), False, tfr_prefix='validation-faces', **kwargs) as tfr:
        for image in images:
            tfr.add_image(image)
        tfr.add_labels(np.zeros([len(images), 3]))


def test_validation_images_are_kept_from_training(session, faces):
    assert not dataset.TFRecordDataset(faces).has_validation_set
    export_validation_set(faces, make_images(4) + 100)
    training_set = dataset.TFRecordDataset(faces, shuffle_mb=0, max_label_size='full')
    assert training_set.has_validation_set and training_set.num_images == 10
    assert training_set.label_file.endswith('/faces-rxx.labels')
    np.testing.assert_array_equal(training_set.load_validation_set_np(), make_images(4) + 100)
    assert read_indices(training_set, 12, 1) == [list(range(10)) + [0, 1]]


@pytest.mark.parametrize('encoding', ['raw', 'png'])
def test_validation_images_have_the_resolution_of_the_others(session, faces, encoding):
    export_validation_set(faces, make_noise(2, 1), encoding=encoding)
    training_set = dataset.TFRecordDataset(faces, resolution=8, max_validation=1)
    pyramid = list(exporter.make_pyramid(make_noise(2, 1)))
    np.testing.assert_array_equal(training_set.load_validation_set_np(), pyramid[2][:1])


def test_missing_or_unfitting_validation_set_is_refused(session, faces):
    with pytest.raises(util.UserError, match='has no validation set; make one with dataset_tool.py pack'):
        dataset.TFRecordDataset(faces).load_validation_set_np()
    export_validation_set(faces, make_noise(2, 3))
    with pytest.raises(util.UserError, match=r'images of shape \[3, 32, 32\], expected \[1, 32, 32\]'):
        dataset.TFRecordDataset(faces).load_validation_set_np()


# ----------------------------------------------------------------------------
# Labels.


@pytest.mark.parametrize('max_label_size, columns', [('full', 3), (2, 2), (9, 3), (0, 0)])
def test_labels_accompany_their_images(session, faces, max_label_size, columns):
    training_set = dataset.TFRecordDataset(faces, max_label_size=max_label_size)
    assert training_set.label_size == columns
    images, labels = training_set.get_minibatch_np(7)
    expected = images[:, 0, :1, 0] + np.array([[0, 100, 200]], np.float32)
    np.testing.assert_array_equal(labels, expected[:, :columns])


def test_fingerprint_changes_with_the_labels_that_are_used(session, tmp_path):
    fingerprints = []
    for name, label in [('a', 1), ('b', 1), ('c', 2)]:
        path = export(tmp_path / name, make_images(2), np.array([[0, 5], [label, 5]]))
        fingerprints.append([dataset.TFRecordDataset(path, max_label_size=size).fingerprint for size in (0, 'full')])
    assert fingerprints[0] == fingerprints[1]
    assert fingerprints[0][0] == fingerprints[2][0] and fingerprints[0][1] != fingerprints[2][1]


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
        ({'label_file': 'short.npy', 'max_label_size': 1}, 'has 9 labels, but there are 10 images'),
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


def test_one_resolution_suffices(session, faces):
    for res in (2, 3, 4):
        os.remove(os.path.join(faces, f'faces-r0{res}.tfrecords'))
    training_set = dataset.TFRecordDataset(faces, shuffle_mb=0)
    assert read_indices(training_set, 4, 1) == [[0, 1, 2, 3]]
    assert training_set.get_minibatch_np(4, lod=1)[0].shape == (4, 1, 16, 16)
    with pytest.raises(util.UserError, match='has the lods 0 to 3, got 4'):
        training_set.configure(4, lod=4)


def test_missing_directory_and_empty_directory_are_refused(session, faces, tmp_path):
    with pytest.raises(util.UserFileNotFoundError, match='faced does not exist; did you mean faces'):
        dataset.TFRecordDataset(str(tmp_path / 'faced'))
    with pytest.raises(util.UserFileNotFoundError, match='no .tfrecords files in .* its sub-directories faces'):
        dataset.TFRecordDataset(str(tmp_path))


def test_file_of_another_size_channels_or_count_is_refused(session, faces, tmp_path):
    path = os.path.join(faces, 'faces-r02.tfrecords')
    for images, message in [
        (np.zeros([10, 3, 4, 4], np.uint8), r'images of shape \[3, 4, 4\]; expected \[1, 32, 32\] as in'),
        (np.zeros([10, 1, 4, 8], np.uint8), r'images of shape \[1, 4, 8\]'),
        (np.zeros([10, 1, 8, 8], np.uint8), 'both hold images of 8x8'),
        (
            np.zeros([9, 1, 4, 4], np.uint8),
            r'unequal numbers of images: faces-r02.tfrecords 9, faces-r03.tfrecords 10',
        ),
    ]:
        with open(path, 'wb') as file:
            file.write(records.encode_images(images))
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
        file.seek(5 * records.compute_record_size((1, 32, 32)) + 500)
        file.write(b'damage')
    training_set = dataset.TFRecordDataset(faces, shuffle_mb=0, prefetch_mb=0)
    training_set.get_minibatch_np(5)
    with pytest.raises(util.UserError, match='faces: a record is damaged'):
        training_set.get_minibatch_np(5)


@pytest.mark.parametrize('other', [b'no example', records.encode_images(np.zeros([1, 1, 32, 16], np.uint8))[12:-4]])
def test_record_without_a_fitting_image_is_noticed_when_it_is_read(session, faces, other):
    for res in (2, 3, 4):
        os.remove(os.path.join(faces, f'faces-r0{res}.tfrecords'))
    with open(os.path.join(faces, 'faces-r05.tfrecords'), 'ab') as file:
        length = struct.pack('<Q', len(other))
        for message in (length, other):
            file.write(message)
            file.write(checksums.compute_checksums(np.frombuffer(message, np.uint8)[np.newaxis]).tobytes())
    training_set = dataset.TFRecordDataset(faces, shuffle_mb=0)
    assert training_set.num_images == 11
    with pytest.raises(util.UserError, match='faces: a record holds no image of the shape of the first one'):
        training_set.get_minibatch_np(11)


# ----------------------------------------------------------------------------
# Parsing and loading by name.


def test_both_parsers_return_the_image(session):
    image = np.random.RandomState(0).randint(0, 256, [1, 3, 8, 8]).astype(np.uint8)
    record = records.encode_images(image)[12:-4]
    picture = records.encode_image_files([image_files.encode(image[0], 'png')], (3, 8, 8))[12:-4]
    for payload in (record, picture):
        np.testing.assert_array_equal(dataset.TFRecordDataset.parse_tfrecord_np(payload), image[0])
        np.testing.assert_array_equal(session.run(dataset.TFRecordDataset.parse_tfrecord_tf(payload)), image[0])


def test_buffers_are_counted_in_images_and_never_exceed_the_data_set():
    assert dataset._count_items(3 * 1024 * 1024, 4096, 70000) == 1366
    assert dataset._count_items(3 * 512 * 512, 2048, 70000) == 2731
    assert dataset._count_items(3 * 32 * 32, 4096, 10**7) == 1398102
    assert dataset._count_items(3 * 32 * 32, 4096, 50000) == 50000


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


def test_directory_whose_name_is_no_text_is_read(session, faces):
    folder = os.path.join(os.path.dirname(faces), '\udce9lan')
    os.rename(faces, folder)
    images, _ = dataset.TFRecordDataset(folder, shuffle_mb=0).get_minibatch_np(2)
    assert images.shape == (2, 1, 32, 32)


def test_chosen_images_are_mirrored_left_to_right(session):
    images = np.arange(12).reshape(2, 1, 2, 3)
    mirrored = session.run(dataset.mirror_images(tf.constant(images), tf.constant([False, True])))
    np.testing.assert_array_equal(mirrored, [[[[0, 1, 2], [3, 4, 5]]], [[[8, 7, 6], [11, 10, 9]]]])
