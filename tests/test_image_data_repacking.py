# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of unpacking data sets and packing them again."""

import io
import os
import re

import numpy as np
import pytest
from importer_inputs import has_labels, make_pixels, read_back, save_bytes
from PIL import Image

from dnnlib.util import UserError, UserFileNotFoundError
from image_data import dataset_files, exporter, inspection, label_files, record_files, repacking
from image_data.importers import sources

PIXELS = make_pixels([10, 3, 8, 8])
LABELS = np.random.RandomState(1).randn(10, 4).astype(np.float32)


@pytest.fixture
def paths(tmp_path):
    """Paths of a data set with continuous labels, of what it unpacks to, and of a data set to be packed."""
    dataset, folder, packed = (str(tmp_path / name) for name in ('a', 'unpacked', 'packed'))
    sources.write_arrays(dataset, PIXELS, LABELS, shuffle=False)
    return dataset, folder, packed


def read_validation(tfrecord_dir):
    file = dataset_files.find_main_file(tfrecord_dir, validation=True)
    labels = label_files.read_labels(label_files.find_label_file(tfrecord_dir, validation=True))
    return np.stack(list(record_files.read_images(file.path))), labels


def test_unpacked_files_have_the_official_names_and_contents(paths):
    dataset, folder, _ = paths
    assert repacking.unpack(dataset, folder) == 10
    assert sorted(os.listdir(folder)) == ['00000', 'pack_extras.npz']
    assert sorted(os.listdir(os.path.join(folder, '00000'))) == [f'img{index:08d}.png' for index in range(10)]
    picture = np.asarray(Image.open(os.path.join(folder, '00000', 'img00000007.png')))
    np.testing.assert_array_equal(picture, PIXELS[7].transpose(1, 2, 0))
    with np.load(os.path.join(folder, 'pack_extras.npz')) as extras:
        assert extras['num_images'] == 10
        np.testing.assert_array_equal(extras['labels'], LABELS)


def test_every_thousand_pictures_get_a_folder():
    assert repacking.get_image_name(999) == os.path.join('00000', 'img00000999.png')
    assert repacking.get_image_name(1234567) == os.path.join('01234', 'img01234567.png')


def test_round_trip_keeps_pixels_and_continuous_labels(paths):
    dataset, folder, packed = paths
    repacking.unpack(dataset, folder)
    assert repacking.pack(folder, packed) == (10, 0)
    images, labels = read_back(packed)
    np.testing.assert_array_equal(images, PIXELS)
    np.testing.assert_array_equal(labels, LABELS)
    assert inspection.compare(dataset, packed, report=lambda line: None)


def test_round_trip_keeps_names_of_classes(paths, tmp_path):
    _, folder, packed = paths
    named = str(tmp_path / 'named')
    with exporter.TFRecordExporter(named, 1, print_progress=False) as tfr:
        tfr.add_image(PIXELS[0])
        tfr.add_labels(np.eye(2)[:1], ['cat', 'dög'])
    repacking.unpack(named, folder)
    repacking.pack(folder, packed)
    assert label_files.read_class_names(packed) == ['cat', 'dög']


def test_data_set_without_labels_stays_without(paths, tmp_path):
    _, folder, packed = paths
    sources.write_arrays(str(tmp_path / 'plain'), PIXELS[:, :1])
    repacking.unpack(str(tmp_path / 'plain'), folder)
    repacking.pack(folder, packed)
    assert not has_labels(packed)
    assert inspection.compare(str(tmp_path / 'plain'), packed, report=lambda line: None)


def test_lower_resolution_is_that_of_the_data_set(paths):
    dataset, folder, packed = paths
    repacking.unpack(dataset, folder, resolution=4)
    repacking.pack(folder, packed)
    lower = list(record_files.read_images(os.path.join(dataset, 'a-r02.tfrecords')))
    np.testing.assert_array_equal(read_back(packed)[0], np.stack(lower))


def test_validation_images_follow_those_for_training(paths):
    dataset, folder, packed = paths
    repacking.unpack(dataset, folder)
    assert repacking.pack(folder, packed, num_train=6, num_validation=3, num_workers=2) == (6, 3)
    assert sorted(os.listdir(packed)) == [
        'packed-r02.tfrecords',
        'packed-r03.tfrecords',
        'packed-rxx.labels',
        'validation-packed-r02.tfrecords',
        'validation-packed-r03.tfrecords',
        'validation-packed-rxx.labels',
    ]
    for (images, labels), part in ((read_back(packed), slice(6)), (read_validation(packed), slice(6, 9))):
        np.testing.assert_array_equal(images, PIXELS[part])
        np.testing.assert_array_equal(labels, LABELS[part])


def test_images_that_are_not_for_validation_are_for_training_by_default(paths):
    dataset, folder, packed = paths
    repacking.unpack(dataset, folder)
    assert repacking.pack(folder, packed, num_validation=3) == (7, 3)


def test_mirror_images_of_the_training_part_follow_it(paths):
    dataset, folder, packed = paths
    repacking.unpack(dataset, folder)
    assert repacking.pack(folder, packed, num_train=4, num_validation=1, mirror=True) == (8, 1)
    images, labels = read_back(packed)
    np.testing.assert_array_equal(images[:4], PIXELS[:4])
    np.testing.assert_array_equal(images[4:], PIXELS[:4, :, :, ::-1])
    np.testing.assert_array_equal(labels, np.concatenate([LABELS[:4]] * 2))
    np.testing.assert_array_equal(read_validation(packed)[0], PIXELS[4:5])


def test_seed_shuffles_before_the_split(paths):
    dataset, folder, packed = paths
    repacking.unpack(dataset, folder)
    repacking.pack(folder, packed, num_train=6, num_validation=4, seed=123)
    order = [4, 0, 7, 5, 8, 3, 1, 6, 9, 2]
    np.testing.assert_array_equal(read_back(packed)[0], PIXELS[order[:6]])
    np.testing.assert_array_equal(read_validation(packed)[1], LABELS[order[6:]])


def test_replacing_takes_an_older_validation_set_away(paths):
    dataset, folder, packed = paths
    repacking.unpack(dataset, folder)
    repacking.pack(folder, packed, num_validation=3)
    with pytest.raises(UserError, match='already holds a data set'):
        repacking.pack(folder, packed)
    repacking.pack(folder, packed, num_validation=2, overwrite=True)
    assert len(read_back(packed)[0]) == 8 and len(read_validation(packed)[0]) == 2
    repacking.pack(folder, packed, overwrite=True)
    assert dataset_files.find_files(packed, validation=True) == []


def test_failure_leaves_nothing_behind(paths, tmp_path):
    dataset, folder, packed = paths
    repacking.unpack(dataset, folder)
    os.remove(os.path.join(folder, repacking.get_image_name(9)))
    with pytest.raises(UserError, match='img00000009.png'):
        repacking.pack(folder, packed, num_validation=3)
    assert sorted(os.listdir(str(tmp_path))) == ['a', 'unpacked']


def test_picture_of_another_shape_is_named(paths):
    dataset, folder, packed = paths
    repacking.unpack(dataset, folder)
    Image.fromarray(make_pixels([16, 16, 3])).save(os.path.join(folder, repacking.get_image_name(5)))
    with pytest.raises(UserError, match=r'img00000005.png has the shape \[3, 16, 16\], expected \[3, 8, 8\]'):
        repacking.pack(folder, packed)


@pytest.mark.parametrize('num_train, num_validation', [(11, 0), (None, 10), (5, 6), (None, 11)])
def test_more_images_than_there_are_cannot_be_had(num_train, num_validation):
    with pytest.raises(UserError, match='there are 10 images, too few for'):
        repacking.split_images(10, num_train, num_validation)


def test_unpacking_does_not_mix_files_and_knows_the_resolutions(paths):
    dataset, folder, _ = paths
    with pytest.raises(UserError, match=r'has images of height \[8, 4\], there is no resolution 16'):
        repacking.unpack(dataset, folder, resolution=16)
    repacking.unpack(dataset, folder)
    with pytest.raises(UserError, match='unpacked is not empty'):
        repacking.unpack(dataset, folder)


def test_folder_without_extras_is_refused_with_the_way_out(tmp_path):
    with pytest.raises(UserFileNotFoundError, match='pack_extras.npz does not exist; .*dataset_tool.py unpack'):
        repacking.pack(str(tmp_path), str(tmp_path / 'set'))


def make_extras():
    """Return an archive whose members claim to have a password."""
    stream = io.BytesIO()
    np.savez(stream, labels=LABELS, num_images=4)
    return re.sub(b'(PK(?:\x01\x02..|\x03\x04)..)\0', b'\\1\x01', stream.getvalue(), flags=re.DOTALL)


@pytest.mark.parametrize(
    'extras, message',
    [
        ({'labels': LABELS}, 'is damaged, or lacks labels or num_images'),
        ({'labels': LABELS, 'num_images': 9}, r'numbers \[9, label_size\] expected, got float32'),
        ({'labels': LABELS[0], 'num_images': 4}, 'label_size'),
        ({'labels': np.array(['a']), 'num_images': 1}, 'label_size'),
        ({'labels': np.array([[None]]), 'num_images': 1}, 'is damaged, or lacks labels or num_images'),
        ({'labels': LABELS[:0], 'num_images': 0}, 'label_size'),
        (make_extras(), 'is damaged'),
        (make_extras().replace(b'PK\x01\x02', b'PK\x01\x03'), 'is damaged'),
        (b'no archive', 'is damaged'),
        (b'PK\x03\x04 no archive', 'is damaged'),
        (b'', 'is damaged'),
    ],
)
def test_damaged_extras_are_refused_and_nothing_is_unpickled(tmp_path, extras, message):
    path = str(tmp_path / 'pack_extras.npz')
    if isinstance(extras, bytes):
        save_bytes(path, extras)
    else:
        np.savez(path, **extras)
    with pytest.raises(UserError, match=message):
        repacking.read_extras(str(tmp_path))


def test_labels_of_ada_are_taken_as_numbers(tmp_path):
    np.savez(str(tmp_path / 'pack_extras.npz'), labels=np.eye(3, dtype=np.uint8), num_images=3)
    labels, class_names = repacking.read_extras(str(tmp_path))
    assert labels.dtype == np.float32 and labels.tolist() == np.eye(3).tolist() and class_names is None
