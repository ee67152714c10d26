# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the command lines of the importers, of the HDF5 conversions, and of pack and unpack."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest
from importer_inputs import (
    SHUFFLED_10,
    has_labels,
    make_picture,
    make_pixels,
    make_python2_pickle,
    read_back,
    save_bytes,
    save_celeba,
    save_cifar10,
    save_lmdb,
    save_mnist,
    save_svhn,
)
from PIL import Image

import dataset_tool
from dnnlib import cmdline
from image_data import dataset_files, importer_commands, repacking_commands
from image_data.importers import sources

COMMANDS = """create_mnist create_mnistrgb create_cifar10 create_cifar100 create_svhn create_lsun create_lsun_wide
    create_celeba create_from_hdf5 convert_to_hdf5 hdf5_from_images extract_brecahad_crops unpack pack""".split()


@pytest.fixture
def tool(tool):
    """The fixture of this name, for a function that takes a command line in one text."""
    return lambda line: tool(*line.split())


def last_line(text):
    return text.strip().splitlines()[-1]


def save_digits(count=10):
    """Save digits in `mnist`; return pixels and classes."""
    pixels, labels = make_pixels([count, 28, 28]), np.arange(count).astype(np.uint8) % 10
    save_mnist('mnist', pixels, labels)
    return pixels, labels


def save_pictures(folder='pictures', count=10, size=8):
    os.makedirs(folder)
    pixels = make_pixels([count, size, size, 3])
    for index, image in enumerate(pixels):
        Image.fromarray(image).save(os.path.join(folder, f'{index}.png'))
    return pixels.transpose(0, 3, 1, 2)


# ----------------------------------------------------------------------------
# Help.


def test_every_command_explains_itself_and_all_its_options():
    commands = cmdline.make_parser('test').add_subparsers()
    importer_commands.add_commands(commands)
    repacking_commands.add_commands(commands)
    assert sorted(commands.choices) == sorted(COMMANDS)
    for name, parser in commands.choices.items():
        assert parser.description, name
        for action in parser._actions:
            assert action.help, (name, action.dest)
            assert action.nargs == 0 or not action.option_strings or action.metavar or action.choices, action.dest


@pytest.mark.parametrize(
    'line, message',
    [
        ('create_minst a b', 'did you mean create_mnist'),
        ('create_mnist a', 'required: mnist_dir'),
        ('create_mnistrgb a b --num_images 0', 'integer of at least 1 expected'),
        ('create_mnistrgb a b --num_images 100000001', 'at most 100000000 expected'),
        ('create_lsun_wide a b --height 16385', 'at most 16384 expected'),
        ('create_mnistrgb a b --random-seed=x', 'integer from 0 to 4294967295 expected'),
        ('create_lsun a b --resolution 100', 'power of two of at least 4 expected'),
        ('create_lsun a b --max_images=none', 'integer of at least 1 expected'),
        ('create_lsun_wide a b --width 500', 'power of two of at least 4 expected'),
        ('create_cifar10 a b --ignore_labels 2', 'Boolean value expected'),
        ('create_celeba a b --cx left', 'integer of at least 1 expected'),
        ('create_celeba a b --cz 5', '--cz is unknown'),
        ('extract_brecahad_crops --output_dir a', 'required: --brecahad_dir'),
        ('extract_brecahad_crops --brecahad_dir a --output_dir b --cropsize 128', 'invalid choice: 128'),
        ('unpack --tfrecord_dir a', 'required: --output_dir'),
        ('pack --unpacked_dir a --tfrecord_dir b --num_validation -1', 'at least 0 expected'),
        ('pack --unpacked_dir a --tfrecord_dir b --num_train 0', 'integer of at least 1 expected'),
        ('pack --unpacked_dir a --tfrecord_dir b --seed -1', 'integer from 0 to 4294967295 expected'),
    ],
)
def test_wrong_command_line_ends_with_status_2(tool, line, message):
    status, _, err = tool(line)
    assert status == 2
    assert message in err


def test_wrong_files_end_with_status_1_and_one_line(tool):
    save_digits()
    save_cifar10('cifar')
    os.remove('cifar/data_batch_5')
    save_bytes('cifar100/train', b'\x80\x02cos\nsystem\n(U\x0etouch executed!tR.')
    os.makedirs('empty')
    for line, message in [
        ('create_mnist set mnis', 'folder of downloaded files mnis does not exist; did you mean mnist?'),
        ('create_mnist set mnist', '60000 images of MNIST expected, but there are 10'),
        ('create_mnist set empty', 'empty/train-images-idx3-ubyte.gz does not exist; download it from'),
        ('create_cifar10 set cifar', 'cifar/data_batch_5 does not exist; download'),
        ('create_cifar100 set cifar100', 'asks for os.system, which no data set needs'),
        ('create_svhn set empty', 'empty/train_1.pkl does not exist'),
        ('create_celeba set empty', 'empty/img_align_celeba_png does not exist; download'),
        ('create_celeba set empty --cx 10', '--cx must be in 64..114'),
        ('create_lsun_wide set empty --height 1024', '--height must be at most --width, got 1024 and 512'),
        ('extract_brecahad_crops --brecahad_dir empty --output_dir out', 'no .tif pictures in empty'),
        ('unpack --tfrecord_dir empty --output_dir out', 'no .tfrecords files in empty'),
        ('pack --tfrecord_dir set --unpacked_dir empty', 'empty/pack_extras.npz does not exist'),
        ('create_mnist mnist/train-images-idx3-ubyte.gz mnist', 'ubyte.gz is a file; choose another directory'),
        ('create_mnist validation-set mnist --allow_partial', 'would be taken for a validation set; choose a name'),
    ]:
        status, _, err = tool(line)
        assert status == 1, line
        assert err.startswith('Error: ') and err.count('\n') == 1, err
        assert message in err
    assert sorted(os.listdir('.')) == ['cifar', 'cifar100', 'empty', 'mnist']


@pytest.mark.parametrize(
    'package, line',
    [
        ('h5py', 'create_from_hdf5 set faces.h5'),
        ('h5py', 'convert_to_hdf5 faces.h5 set'),
        ('h5py', 'hdf5_from_images faces.h5 pictures'),
    ],
)
def test_missing_package_is_named_with_the_way_to_install_it(tool, monkeypatch, package, line):
    save_pictures()
    os.makedirs('empty')
    if line.startswith('convert'):
        assert tool('create_from_images set pictures')[0] == 0
    monkeypatch.setitem(sys.modules, package, None)
    status, _, err = tool(line)
    assert status == 1 and f'needs the package {package}' in err
    assert 'python -m pip install -r requirements/importers.txt' in err
    assert not os.path.exists('faces.h5')


# ----------------------------------------------------------------------------
# Importers.


def test_mnist_goes_in(tool):
    pixels, labels = save_digits()
    status, out, _ = tool('create_mnist set mnist --allow-partial')
    assert status == 0
    assert out.splitlines() == ['Loading MNIST from "mnist"', 'Creating dataset "set"', 'Added 10 images.']
    images, one_hot = read_back('set')
    np.testing.assert_array_equal(images[:, 0, 2:30, 2:30], pixels[SHUFFLED_10])
    assert one_hot.argmax(axis=1).tolist() == labels[SHUFFLED_10].tolist()
    assert sorted(os.listdir('set')) == [f'set-r0{res}.tfrecords' for res in range(2, 6)] + ['set-rxx.labels']


def test_progress_can_be_turned_off(tool):
    save_digits()
    status, _, err = tool('create_mnist set mnist --allow_partial --progress=no')
    assert (status, err) == (0, '')


def test_mnist_in_colour_has_the_wanted_number_of_images(tool):
    save_digits()
    status, out, _ = tool('create_mnistrgb set mnist --num_images 7 --random_seed 5 --allow_partial')
    assert status == 0 and last_line(out) == 'Added 7 images.'
    images, _ = read_back('set')
    digits = make_pixels([10, 28, 28])
    np.testing.assert_array_equal(images[0, :, 2:30, 2:30], digits[np.random.RandomState(5).randint(10, size=3)])
    assert not has_labels('set')


def test_cifar_goes_in_with_and_without_labels(tool):
    pixels, labels = save_cifar10('cifar')
    assert tool('create_cifar10 set cifar --allow_partial')[0] == 0
    images, one_hot = read_back('set')
    np.testing.assert_array_equal(images, pixels[SHUFFLED_10])
    assert one_hot.shape == (10, 10)
    assert one_hot.argmax(axis=1).tolist() == np.array(labels)[SHUFFLED_10].tolist()
    assert tool('create_cifar10 plain cifar --ignore_labels=1 --allow_partial')[0] == 0
    assert not has_labels('plain')

    save_bytes('cifar100/train', make_python2_pickle(make_pixels([2, 3072]), [0, 99], 'fine_labels'))
    assert tool('create_cifar100 set100 cifar100 --allow_partial')[0] == 0
    assert read_back('set100')[1].shape == (2, 100)


def test_svhn_goes_in(tool):
    pixels, labels = save_svhn('svhn')
    assert tool('create_svhn set svhn --allow_partial')[0] == 0
    images, one_hot = read_back('set')
    np.testing.assert_array_equal(images, pixels[SHUFFLED_10])
    assert one_hot.argmax(axis=1).tolist() == labels[SHUFFLED_10].tolist()


def test_lsun_goes_in_square_and_wide(tool):
    pytest.importorskip('lmdb')
    pixels, content = make_picture(48, 64)
    save_lmdb('db', [content, b'broken', content, make_picture(20, 30)[1]])
    status, out, _ = tool('create_lsun square db --resolution 16 --max_images 2 --workers 1')
    assert status == 0
    assert out.splitlines()[0] == 'Loading LSUN dataset from "db"'
    assert f'Left out 1 that cannot be decoded: {1:040x} (it is no picture that Pillow can read)' in out
    assert last_line(out) == 'Added 2 images out of 3.'
    assert read_back('square')[0].shape == (2, 3, 16, 16)

    status, out, _ = tool('create_lsun_wide wide db --width 64 --height 48')
    assert status == 0 and last_line(out) == 'Added 2 images out of 4.'
    np.testing.assert_array_equal(read_back('wide')[0][0, :, 8:56], pixels.transpose(2, 0, 1))
    assert tool('create_lsun_wide keep db --width 32 --height 24 --keep_aspect')[0] == 0
    half = np.asarray(Image.fromarray(pixels).resize((32, 24), Image.LANCZOS)).transpose(2, 0, 1)
    np.testing.assert_array_equal(read_back('keep')[0][0, :, 4:28], half)


def test_celeba_goes_in(tool):
    pixels = save_celeba('celeba', 2)
    status, out, _ = tool('create_celeba set celeba --cx 64 --cy 64 --allow_partial')
    assert status == 0 and last_line(out) == 'Added 2 images.'
    order = np.arange(2)
    np.random.RandomState(123).shuffle(order)
    np.testing.assert_array_equal(read_back('set')[0], pixels[order, :128, :128].transpose(0, 3, 1, 2))


def test_crops_of_brecahad_are_saved(tool):
    os.makedirs('images')
    Image.fromarray(make_pixels([300, 600, 3])).save('images/Case_1-01.tif')
    status, out, _ = tool('extract_brecahad_crops --brecahad_dir=images --output_dir=out --cropsize=256')
    assert status == 0 and last_line(out) == 'Saved 2 crops of 256x256 pixels to "out"'
    assert sorted(os.listdir('out')) == ['0000.png', '0001.png']


def test_existing_data_set_is_replaced_only_on_request(tool):
    save_digits()
    save_pictures()
    assert tool('create_from_images set pictures')[0] == 0
    status, _, err = tool('create_mnist set mnist --allow_partial')
    assert status == 1 and 'set already holds a data set; choose another directory' in err
    assert tool('create_mnist set mnist --allow_partial --overwrite')[0] == 0
    assert dataset_files.find_main_file('set').shape == (1, 32, 32)


# ----------------------------------------------------------------------------
# Round trips.


def test_pictures_become_an_archive_and_a_data_set_again(tool):
    pytest.importorskip('h5py')
    pixels = save_pictures()
    assert tool('create_from_images a pictures')[0] == 0
    status, out, _ = tool('convert_to_hdf5 a.h5 a --compress 1')
    assert status == 0
    assert out.splitlines() == ['Creating HDF5 archive "a.h5" from "a"', 'Added 10 images.']
    assert tool('create_from_hdf5 b a.h5 --shuffle 0')[0] == 0
    assert tool('compare a b')[0] == 0
    status, _, err = tool('convert_to_hdf5 a.h5 a')
    assert status == 1 and 'a.h5 exists already; choose another name, or replace it with --overwrite' in err

    assert tool('hdf5_from_images pictures.h5 pictures')[0] == 0
    assert tool('create_from_hdf5 c pictures.h5')[0] == 0
    assert tool('compare a c')[0] == 0  # Both are shuffled.
    np.testing.assert_array_equal(read_back('c')[0], pixels[SHUFFLED_10])


def test_data_set_is_unpacked_and_packed_again(tool):
    labels = np.random.RandomState(1).randn(10, 2).astype(np.float32)
    sources.write_arrays('a', make_pixels([10, 3, 8, 8]), labels)
    status, out, _ = tool('unpack --tfrecord_dir=a --output_dir=unpacked')
    assert status == 0 and last_line(out) == 'Extracted 10 images.'
    status, out, _ = tool('pack --unpacked_dir=unpacked --tfrecord_dir=b')
    assert status == 0 and last_line(out) == 'Added 10 images for training and 0 for validation.'
    status, out, _ = tool('compare a b')
    assert status == 0 and 'Identical labels: 10 / 10' in out

    line = 'pack --unpacked_dir=unpacked --tfrecord_dir=b --num_train=3 --num_validation=2 --mirror=1 --seed=0'
    assert 'already holds a data set' in tool(line)[2]
    status, out, _ = tool(line + ' --overwrite')
    assert status == 0 and last_line(out) == 'Added 6 images for training and 2 for validation.'


def test_termination_leaves_nothing_behind(tmp_path):
    save_mnist(str(tmp_path / 'mnist'), make_pixels([10, 28, 28]), np.zeros([10], np.uint8))
    command = [sys.executable, os.path.abspath(dataset_tool.__file__), 'create_mnistrgb', 'set', 'mnist']
    process = subprocess.Popen(
        command + ['--allow_partial'], cwd=str(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    while len(os.listdir(str(tmp_path))) < 2:  # Until there is the folder of what is not complete.
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    assert process.wait() == 143
    process.stderr.close()
    assert os.listdir(str(tmp_path)) == ['mnist']


def test_looking_at_the_commands_imports_no_image_library():
    code = f'import sys, {importer_commands.__name__}, {repacking_commands.__name__}; assert "PIL" not in sys.modules'
    folder = os.path.dirname(os.path.abspath(dataset_tool.__file__))
    assert subprocess.call([sys.executable, '-c', code], cwd=folder) == 0
