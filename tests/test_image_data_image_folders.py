# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of folders and archives of images that take the place of data sets."""

import json
import os
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest
from PIL import Image

from dnnlib import util
from image_data import dataset_files, image_folders, inspection

ROOT_DIR = os.path.dirname(os.path.dirname(os.path.abspath(image_folders.__file__)))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path / 'cache'))
    return tmp_path / 'cache' / 'datasets'


def save_images(folder, num_images=5, size=(8, 8), seed=0):
    rnd = np.random.RandomState(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(num_images):
        pixels = rnd.randint(0, 256, [size[1], size[0], 3]).astype(np.uint8)
        Image.fromarray(pixels).save(str(folder / f'{index}.png'))
    return str(folder)


def find(tmp_path, name='photos'):
    return os.path.join(*image_folders.find_dataset(str(tmp_path), name))


def read_images(tfrecord_dir):
    """Return the images of a data set as a set of bytes."""
    return {image.tobytes() for image, _ in inspection.read_dataset(tfrecord_dir)}


def test_folder_becomes_a_data_set_of_its_name_with_the_pixels_of_its_images(tmp_path, cache, capsys):
    folder = save_images(tmp_path / 'photos')
    found = find(tmp_path)
    assert os.path.basename(found) == 'photos' and found.startswith(str(cache))
    assert [file.encoding for file in dataset_files.find_files(found)] == ['png']
    expected = {np.asarray(Image.open(f'{folder}/{index}.png')).transpose(2, 0, 1).tobytes() for index in range(5)}
    assert read_images(found) == expected
    out, err = capsys.readouterr()
    assert out == '' and err == f'Making records of the 5 images of {folder}, once: {found}\n'


def test_same_images_are_made_once_wherever_they_lie_and_however_old_they_are(tmp_path, cache, capsys):
    first = find(tmp_path, save_images(tmp_path / 'photos'))
    path = dataset_files.find_main_file(first).path
    before = os.stat(path)
    os.utime(str(tmp_path / 'photos' / '0.png'), (0, 0))
    capsys.readouterr()
    assert find(tmp_path) == first
    assert capsys.readouterr().err == f'The records of {tmp_path}/photos are those made before: {first}\n'
    other = find(tmp_path, save_images(tmp_path / 'elsewhere' / 'faces'))
    assert os.path.basename(other) == 'faces' and os.path.realpath(other) == os.path.realpath(first)
    assert read_images(other) == read_images(first)
    assert os.stat(path) == before and len(os.listdir(str(cache))) == 1


def test_changed_images_of_the_same_names_and_sizes_are_made_anew(tmp_path):
    (tmp_path / 'photos').mkdir()
    for value in (1, 2):
        Image.fromarray(np.full([8, 8], value, np.uint8)).save(str(tmp_path / 'photos' / 'a.bmp'))
        os.utime(str(tmp_path / 'photos' / 'a.bmp'), (0, 0))
        assert read_images(find(tmp_path)) == {bytes([value]) * 64}


def test_another_name_of_an_image_or_another_label_is_another_data_set(tmp_path):
    save_images(tmp_path / 'photos', 2)
    found = [find(tmp_path)]
    os.rename(str(tmp_path / 'photos' / '0.png'), str(tmp_path / 'photos' / '2.png'))
    found.append(find(tmp_path))
    for classes in ([0, 1], [1, 0]):
        labels = list(zip(['1.png', '2.png'], classes))
        (tmp_path / 'photos' / 'dataset.json').write_text(json.dumps({'labels': labels}))
        found.append(find(tmp_path))
    assert len(set(found)) == 4
    labels = [label.tolist() for _, label in inspection.read_dataset(found[-1])]
    assert sorted(labels) == [[0, 1], [1, 0]]


def test_files_that_are_no_images_do_not_matter(tmp_path):
    save_images(tmp_path / 'photos')
    found = find(tmp_path)
    (tmp_path / 'photos' / 'notes.txt').write_text('hello')
    assert find(tmp_path) == found


def test_archive_is_taken_like_a_folder(tmp_path):
    folder = save_images(tmp_path / 'photos')
    with zipfile.ZipFile(str(tmp_path / 'packed.zip'), 'w') as archive:
        for name in os.listdir(folder):
            archive.write(os.path.join(folder, name), name)
    found = find(tmp_path, 'packed.zip')
    assert os.path.basename(found) == 'packed' and read_images(found) == read_images(find(tmp_path))


def test_data_sets_their_files_and_what_holds_them_stay_what_they_are(tmp_path, cache):
    made = find(tmp_path, save_images(tmp_path / 'photos'))
    os.rename(made, str(tmp_path / 'set'))
    save_images(tmp_path, 1)  # For instance a contact sheet beside data sets.
    save_images(tmp_path / 'set', 1)
    main = os.path.basename(dataset_files.find_main_file(str(tmp_path / 'set')).path)
    for name in ('set', f'set/{main}'):
        assert image_folders.find_dataset(str(tmp_path), name) == (str(tmp_path), 'set')
    for name in (str(tmp_path), 'nowhere'):
        path = os.path.join(str(tmp_path), name)
        assert image_folders.find_dataset(str(tmp_path), name) == os.path.split(path)
    (tmp_path / 'empty').mkdir()
    assert image_folders.find_dataset(str(tmp_path), 'empty') == (str(tmp_path), 'empty')


@pytest.mark.parametrize(
    'size, content, reason',
    [
        ((16, 16), b'', '5.png is empty .zero bytes.'),
        ((13, 10), None, r'no small rectangle times a power of two .13x10.* try --crop=center --resize=8;'),
        ((16, 16), b'\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'is HEIC; HEIC cannot be read: convert to PNG or JPEG'),
    ],
)
def test_unusable_images_are_told_with_the_way_out_and_leave_nothing(tmp_path, cache, size, content, reason):
    folder = save_images(tmp_path / 'photos', size=size)
    if content is not None:
        (tmp_path / 'photos' / '5.png').write_bytes(content)
    with pytest.raises(util.UserError, match=f'photos cannot be used as it is: .*{reason}') as caught:
        find(tmp_path)
    assert str(caught.value).endswith(f'python dataset_tool.py create_from_images TFRECORD_DIR {folder}')
    assert not cache.exists()


def test_mixed_sizes_are_refused(tmp_path):
    save_images(tmp_path / 'photos')
    Image.new('RGB', (16, 16)).save(str(tmp_path / 'photos' / 'a.png'))
    with pytest.raises(util.UserError, match='a.png is 16x16 while most are 8x8; try --resize=8'):
        find(tmp_path)


def test_interrupted_making_leaves_nothing_that_would_be_taken_for_a_data_set(tmp_path, cache):
    save_images(tmp_path / 'photos', 5)
    code = """
        import os, sys
        from image_data import exporter, image_folders
        add = exporter.TFRecordExporter.add_encoded
        def add_and_die(self, *args):
            add(self, *args)
            os._exit(3)
        exporter.TFRecordExporter.add_encoded = add_and_die
        image_folders.find_dataset(None, sys.argv[1])
    """
    command = [sys.executable, '-c', textwrap.dedent(code), str(tmp_path / 'photos')]
    assert subprocess.call(command, cwd=ROOT_DIR) == 3
    assert not list(cache.glob('*/photos'))
    assert len(read_images(find(tmp_path))) == 5


def test_process_that_was_slower_takes_what_the_other_one_has_made(tmp_path, monkeypatch):
    save_images(tmp_path / 'photos')
    write = image_folders.dataset_writer.write_dataset

    def write_twice(*args, **kwargs):
        write(*args, **kwargs)
        write(*args, **kwargs)

    monkeypatch.setattr(image_folders.dataset_writer, 'write_dataset', write_twice)
    assert len(read_images(find(tmp_path))) == 5


def test_notes_about_the_images_are_printed_as_they_become_records(tmp_path, capsys):
    (tmp_path / 'photos').mkdir()
    Image.fromarray(np.full([8, 8], 51456, np.uint16)).save(str(tmp_path / 'photos' / 'a.png'))
    assert read_images(find(tmp_path)) == {bytes([201]) * 64}
    assert 'Note: 1 pictures have 16 bits per channel; the upper 8 are used' in capsys.readouterr().err


def test_images_that_arrive_while_others_are_read_are_told(tmp_path, monkeypatch):
    folder = save_images(tmp_path / 'photos')
    compute_key = image_folders.compute_key

    def compute_and_copy(*args):
        key = compute_key(*args)
        save_images(tmp_path / 'photos', 8)
        return key

    monkeypatch.setattr(image_folders, 'compute_key', compute_and_copy)
    with pytest.raises(util.UserError, match='photos cannot be used as it is: it changed while it was read; try again'):
        find(tmp_path, folder)
    monkeypatch.undo()
    assert len(read_images(find(tmp_path))) == 8


def test_moved_cache_still_knows_both_names(tmp_path, cache, monkeypatch):
    find(tmp_path, save_images(tmp_path / 'one'))
    find(tmp_path, save_images(tmp_path / 'two'))
    (tmp_path / 'cache').rename(tmp_path / 'moved')
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path / 'moved'))
    found = find(tmp_path, 'two')
    assert found.startswith(str(tmp_path / 'moved')) and len(read_images(found)) == 5


def test_damaged_archive_is_called_damaged(tmp_path):
    (tmp_path / 'photos.zip').write_bytes(b'PK')
    with pytest.raises(util.UserError, match='photos.zip is no zip archive, or it is damaged'):
        find(tmp_path, 'photos.zip')
