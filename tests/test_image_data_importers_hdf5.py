# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the conversions from and to HDF5 archives."""

import os

import numpy as np
import pytest
from importer_inputs import SHUFFLED_10, has_labels, make_pixels, read_back, save_bytes
from PIL import Image

from dnnlib.util import UserError, UserFileNotFoundError
from image_data.importers import hdf5, sources

h5py = pytest.importorskip('h5py')
PIXELS = make_pixels([10, 3, 8, 8])
LABELS = np.random.RandomState(1).randn(10, 4).astype(np.float32)


@pytest.fixture
def archive(tmp_path):
    """An archive in the manner of Progressive GAN, with labels."""
    path = str(tmp_path / 'faces.h5')
    with h5py.File(path, 'w') as file:
        file['data4x4'] = make_pixels([10, 3, 4, 4])
        file['data8x8'] = PIXELS
        file['other'] = np.zeros([10, 3, 16, 16], np.uint8)
    np.save(str(tmp_path / 'faces-labels.npy'), LABELS)
    return path


def test_largest_images_and_labels_are_written_in_the_official_order(archive, tmp_path):
    assert hdf5.write_dataset(str(tmp_path / 'set'), archive) == 10
    images, labels = read_back(str(tmp_path / 'set'))
    np.testing.assert_array_equal(images, PIXELS[SHUFFLED_10])
    np.testing.assert_array_equal(labels, LABELS[SHUFFLED_10])


def test_order_can_be_kept(archive, tmp_path):
    hdf5.write_dataset(str(tmp_path / 'set'), archive, shuffle=False)
    np.testing.assert_array_equal(read_back(str(tmp_path / 'set'))[0], PIXELS)


def test_archive_without_labels_makes_a_data_set_without(archive, tmp_path):
    os.remove(str(tmp_path / 'faces-labels.npy'))
    hdf5.write_dataset(str(tmp_path / 'set'), archive)
    assert not has_labels(str(tmp_path / 'set'))


@pytest.mark.parametrize('compress', [False, True])
def test_data_set_becomes_an_archive_and_comes_back(tmp_path, compress):
    source, path, back = (str(tmp_path / name) for name in ('a', 'a.h5', 'b'))
    sources.write_arrays(source, PIXELS, LABELS, shuffle=False)
    assert hdf5.convert_dataset(path, source, compress) == 10
    with h5py.File(path, 'r') as file:
        assert sorted(file) == ['data4x4', 'data8x8']
        assert file['data8x8'].compression == ('gzip' if compress else None)
        averages = PIXELS.reshape(10, 3, 4, 2, 4, 2).astype(np.float64).mean(axis=(3, 5))
        np.testing.assert_array_equal(file['data4x4'][:], np.rint(averages).astype(np.uint8))
    hdf5.write_dataset(back, path, shuffle=False)
    images, labels = read_back(back)
    np.testing.assert_array_equal(images, PIXELS)
    np.testing.assert_array_equal(labels, LABELS)


def test_archive_of_a_data_set_without_labels_has_none_and_removes_older_ones(archive, tmp_path):
    sources.write_arrays(str(tmp_path / 'set'), PIXELS)
    hdf5.convert_dataset(archive, str(tmp_path / 'set'), overwrite=True)
    assert sorted(os.listdir(str(tmp_path))) == ['faces.h5', 'set']


def test_pictures_become_an_archive_in_order_of_name(tmp_path):
    os.mkdir(str(tmp_path / 'pictures'))
    for index, pixels in enumerate(PIXELS):
        Image.fromarray(pixels.transpose(1, 2, 0)).save(str(tmp_path / 'pictures' / f'{index}.png'))
    path = str(tmp_path / 'a.h5')
    counts = []
    hdf5.convert_images(path, str(tmp_path / 'pictures'), progress=lambda done, total: counts.append((done, total)))
    with h5py.File(path, 'r') as file:
        np.testing.assert_array_equal(file['data8x8'][:], PIXELS)
    assert sum(done for done, _ in counts) == 10 and counts[0][1] == 10


def test_picture_that_cannot_be_used_is_named_and_nothing_is_written(tmp_path):
    os.mkdir(str(tmp_path / 'pictures'))
    Image.fromarray(PIXELS[0].transpose(1, 2, 0)).convert('RGBA').save(str(tmp_path / 'pictures' / 'a.png'))
    with pytest.raises(UserError, match='a.png has an alpha channel .*create_from_images can mend'):
        hdf5.convert_images(str(tmp_path / 'a.h5'), str(tmp_path / 'pictures'))
    assert os.listdir(str(tmp_path)) == ['pictures']


def test_existing_archive_or_labels_are_replaced_only_on_request(archive, tmp_path):
    sources.write_arrays(str(tmp_path / 'set'), PIXELS)
    with pytest.raises(UserError, match='faces.h5 exists already; .* --overwrite'):
        hdf5.convert_dataset(archive, str(tmp_path / 'set'))
    os.remove(archive)
    with pytest.raises(UserError, match='faces-labels.npy exists already'):
        hdf5.convert_dataset(archive, str(tmp_path / 'set'))
    with pytest.raises(UserError, match='there is a folder of that name'):
        hdf5.convert_dataset(str(tmp_path / 'set'), str(tmp_path / 'set'))


def test_interrupted_conversion_leaves_the_old_archive(archive, tmp_path):
    sources.write_arrays(str(tmp_path / 'set'), PIXELS)

    def fail(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hdf5.convert_dataset(archive, str(tmp_path / 'set'), overwrite=True, progress=fail)
    assert sorted(os.listdir(str(tmp_path))) == ['faces-labels.npy', 'faces.h5', 'set']
    with h5py.File(archive, 'r') as file:
        assert 'other' in file


@pytest.mark.parametrize(
    'name, array, message',
    [
        ('images', PIXELS, 'holds no images: a data set data<size>x<size> .* but there are images'),
        ('data', PIXELS.astype(np.float32), 'holds no images'),
        ('data', PIXELS[0], 'holds no images'),
        ('data', PIXELS[:0], 'data is empty'),
        ('data', h5py.Empty(np.uint8), 'holds no images: .* but there are data'),
        (b'data\xff', PIXELS, 'holds no images: .* but there are'),
        ('data', PIXELS[:, :, :7, :7], 'image size must be'),
    ],
)
def test_archive_of_something_else_is_refused(tmp_path, name, array, message):
    path = str(tmp_path / 'a.h5')
    with h5py.File(path, 'w') as file:
        file[name] = array
    with pytest.raises(UserError, match=message):
        hdf5.write_dataset(str(tmp_path / 'set'), path)
    assert os.listdir(str(tmp_path)) == ['a.h5']


@pytest.mark.parametrize('signature', [b'TREE', b'SNOD', b'HEAP'])
def test_damaged_archive_is_refused_and_nothing_is_written(archive, tmp_path, signature):
    with open(archive, 'rb') as file:
        content = file.read()
    with open(archive, 'wb') as file:
        file.write(content.replace(signature, b'XXXX'))
    with pytest.raises(UserError, match='faces.h5 is damaged, or is no HDF5 archive'):
        hdf5.write_dataset(str(tmp_path / 'set'), archive)
    assert not (tmp_path / 'set').exists()


def test_damage_that_shows_late_is_refused_and_nothing_is_written(tmp_path):
    path = str(tmp_path / 'a.h5')
    with h5py.File(path, 'w') as file:
        file.create_dataset('data8x8', data=PIXELS, chunks=(1, 3, 8, 8), compression='gzip')
    with open(path, 'rb') as file:
        content = file.read()
    start = content.rindex(b'\x78\x5e')  # The beginning of what zlib wrote last.
    with open(path, 'wb') as file:
        file.write(content[: start + 20] + bytes(40) + content[start + 60 :])
    with pytest.raises(UserError, match='a.h5 is damaged, or is no HDF5 archive'):
        hdf5.write_dataset(str(tmp_path / 'set'), path)
    assert os.listdir(str(tmp_path)) == ['a.h5']


@pytest.mark.parametrize('fault', [MemoryError, TypeError])
def test_lack_of_memory_and_faults_of_this_program_are_no_damage(archive, tmp_path, monkeypatch, fault):
    def fail(_):
        raise fault

    monkeypatch.setattr(hdf5.np, 'stack', fail)
    with pytest.raises(fault):
        hdf5.write_dataset(str(tmp_path / 'set'), archive)
    assert not (tmp_path / 'set').exists()


def test_labels_of_another_number_are_refused(archive, tmp_path):
    np.save(str(tmp_path / 'faces-labels.npy'), LABELS[:9])
    with pytest.raises(UserError, match='faces-labels.npy has 9 labels, but there are 10 images'):
        hdf5.write_dataset(str(tmp_path / 'set'), archive)


def test_missing_and_damaged_archives_are_named(archive, tmp_path):
    with pytest.raises(UserFileNotFoundError, match='none.h5 does not exist'):
        hdf5.write_dataset(str(tmp_path / 'set'), str(tmp_path / 'none.h5'))
    save_bytes(str(tmp_path / 'bad.h5'), b'no archive')
    with pytest.raises(UserError, match='bad.h5 is damaged, or is no HDF5 archive'):
        hdf5.write_dataset(str(tmp_path / 'set'), str(tmp_path / 'bad.h5'))
    with open(archive, 'rb') as file:
        content = file.read()
    save_bytes(str(tmp_path / 'cut.h5'), content[:3000])
    with pytest.raises(UserError, match='cut.h5'):
        hdf5.write_dataset(str(tmp_path / 'set'), str(tmp_path / 'cut.h5'))
