# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the command line of dataset_tool.py."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

import dataset_tool
from dnnlib import cmdline
from training import tfrecord

SCRIPT = os.path.abspath(dataset_tool.__file__)


@pytest.fixture
def tool(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command in a temporary folder and returns exit status, stdout and stderr."""
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.setattr(signal, 'signal', lambda *args: None)

    def run(*args):
        try:
            cmdline.run(lambda: dataset_tool.main(list(args)))
            status = 0
        except SystemExit as error:
            status = error.code or 0
        captured = capsys.readouterr()
        return status, captured.out, captured.err.replace('\r', '\n')

    return run


def save_pictures(folder='pictures', num_pictures=10, size=8, mode='RGB'):
    os.makedirs(folder)
    rnd = np.random.RandomState(0)
    for index in range(num_pictures):
        pixels = rnd.randint(0, 256, [size, size, 3]).astype(np.uint8)
        Image.fromarray(pixels).convert(mode).save(os.path.join(folder, f'{index}.png'))


def last_line(text):
    return text.strip().splitlines()[-1]


def test_help_needs_no_tensorflow():
    code = (
        'import sys, runpy; sys.modules["tensorflow"] = None; sys.argv = sys.argv[1:]; '
        'runpy.run_path(sys.argv[0], run_name="__main__")'
    )
    result = subprocess.Popen(
        [sys.executable, '-c', code, SCRIPT, 'create_from_images', '--help'], stdout=subprocess.PIPE
    )
    assert b'tfrecord_dir image_dir' in result.communicate()[0]
    assert result.returncode == 0


def test_no_arguments_print_the_help(tool):
    status, out, _ = tool()
    assert status == 0
    for command in ('create_from_images', 'display', 'extract', 'compare', 'info'):
        assert command in out


@pytest.mark.parametrize(
    'args, message',
    [
        (['create_from_image', 'a', 'b'], 'did you mean create_from_images?'),
        (['create_from_images', 'a'], 'required: image_dir'),
        (['create_from_images', 'a', ''], 'path expected'),
        (['create_from_images', 'a', 'b', '--shuffel', '1'], '--shuffel is unknown; did you mean --shuffle?'),
        (['create_from_images', 'a', 'b', '--shuffle', 'maybe'], 'Boolean value expected'),
        (['create_from_images', 'a', 'b', '--workers', '0'], 'integer of at least 1 expected'),
        (['create_from_images', 'a', 'b', '--resize', '100'], "power of two of at least 4 expected, got '100'"),
        (['create_from_images', 'a', 'b', '--resize', 'big'], "integer of at least 1 expected, got 'big'"),
        (['create_from_images', 'a', 'b', '--crop', 'left'], 'choose from'),
        (['--workers', '2'], 'COMMAND'),
    ],
)
def test_wrong_command_line_ends_with_status_2(tool, args, message):
    status, _, err = tool(*args)
    assert status == 2
    assert message in err


def test_pictures_go_in_and_come_out_again(tool):
    save_pictures()
    status, out, _ = tool('create_from_images', 'sets/faces/', 'pictures', '--shuffle', '0', '--workers', '2')
    assert status == 0
    assert 'Creating dataset "sets/faces": 10 images of shape [3, 8, 8]' in out
    assert 'Expected size: 3.5 kB in 2 files' in out  # 10 * (247 + 98) bytes.
    assert last_line(out) == 'Added 10 images.'
    assert sorted(os.listdir('sets/faces')) == ['faces-r02.tfrecords', 'faces-r03.tfrecords']

    assert tool('extract', 'sets/faces', 'out')[0] == 0
    for index in range(10):
        pictures = [np.asarray(Image.open(name)) for name in (f'pictures/{index}.png', f'out/img{index:08d}.png')]
        np.testing.assert_array_equal(*pictures)


def test_shuffled_order_is_the_default(tool):
    save_pictures()
    tool('create_from_images', 'shuffled', 'pictures')
    first = next(tfrecord.read_images('shuffled/shuffled-r03.tfrecords'))
    np.testing.assert_array_equal(first.transpose(1, 2, 0), np.asarray(Image.open('pictures/4.png')))


def test_tilde_means_the_home_directory(tool, monkeypatch, tmp_path):
    save_pictures()
    monkeypatch.setenv('HOME', str(tmp_path))
    assert tool('create_from_images', '~/set/', '~/pictures/')[0] == 0
    assert tool('info', '~/set')[0] == 0


def test_bad_pictures_are_named_and_nothing_is_written(tool):
    save_pictures()
    save_pictures('other', 1, size=9, mode='RGBA')
    os.rename('other/0.png', 'pictures/other.png')
    with open('pictures/empty.png', 'w'):
        pass
    status, _, err = tool('create_from_images', 'set', 'pictures')
    assert status == 1
    assert last_line(err) == (
        'Error: 2 of 12 pictures in pictures cannot be used: empty.png is empty (zero bytes), other.png has an alpha '
        'channel (RGBA) and has a size that is no power of two of at least 4 (9x9); try --convert=rgb --resize=8; '
        '--skip_bad leaves out what cannot be used'
    )
    assert sorted(os.listdir('.')) == ['other', 'pictures']


def test_bad_pictures_are_left_out_or_mended_on_request(tool):
    save_pictures()
    save_pictures('other', 1, size=9, mode='RGBA')
    os.rename('other/0.png', 'pictures/other.png')
    status, out, _ = tool('create_from_images', 'a', 'pictures', '--skip_bad')
    assert status == 0 and 'Leaving out pictures/other.png, which has an alpha channel' in out
    assert last_line(out) == 'Added 10 images.'
    status, out, _ = tool('create_from_images', 'b', 'pictures', '--convert=l', '--resize=8')
    assert last_line(out) == 'Added 11 images.'
    assert tfrecord.find_shapes('b')[1][1] == (1, 8, 8)


def test_skipping_cannot_make_a_data_set_of_nothing(tool):
    save_pictures(mode='RGBA')
    status, _, err = tool('create_from_images', 'set', 'pictures', '--skip-bad')
    assert status == 1 and '10 of 10 pictures' in err


def test_files_that_are_no_pictures_are_mentioned(tool):
    save_pictures()
    for name in ('.DS_Store', 'notes.txt'):
        with open(os.path.join('pictures', name), 'w') as file:
            file.write('hello')
    status, out, _ = tool('create_from_images', 'set', 'pictures')
    assert status == 0
    assert 'Note: 2 entries are no pictures: .DS_Store, notes.txt' in out


def test_existing_data_set_is_replaced_only_on_request(tool):
    save_pictures()
    tool('create_from_images', 'set', 'pictures')
    status, _, err = tool('create_from_images', 'set', 'pictures')
    assert (status, last_line(err)) == (
        1,
        'Error: set already holds a data set; choose another directory, or replace it with --overwrite',
    )
    status, out, _ = tool('create_from_images', 'set', 'pictures', '--overwrite', '--resize=16')
    assert status == 0
    assert tfrecord.find_shapes('set')[-1][1] == (3, 16, 16)


@pytest.mark.parametrize(
    'args, message',
    [
        (['create_from_images', 'set', 'picture'], 'picture folder picture does not exist; did you mean pictures?'),
        (['create_from_images', 'set', 'pictures/0.png'], 'picture folder expected, but pictures/0.png is a file'),
        (['create_from_images', 'pictures/0.png', 'pictures'], 'there is a file of that name'),
        (['create_from_images', 'set', 'empty'], 'No input images found in empty; '),
        (['info', 'picturs'], 'data set directory picturs does not exist; did you mean pictures?'),
        (['info', 'pictures'], 'no .tfrecords files in pictures; make them with'),
        (['display', 'empty'], 'no .tfrecords files in empty'),
        (['extract', 'none', 'out'], 'data set directory none does not exist'),
        (['compare', 'pictures', 'empty'], 'no .tfrecords files in pictures'),
        (['info', 'broken'], 'broken.tfrecords: record 0 is damaged, or this is no TFRecord file'),
    ],
)
def test_wrong_files_end_with_status_1_and_one_line(tool, args, message):
    save_pictures(num_pictures=1)
    os.mkdir('empty')
    os.mkdir('broken')
    with open('broken/broken.tfrecords', 'w') as file:
        file.write('This is not what it should be.')
    status, _, err = tool(*args)
    assert status == 1
    assert err.startswith('Error: ') and err.count('\n') == 1
    assert message in err
    assert sorted(os.listdir('.')) == ['broken', 'empty', 'pictures']


def test_info_prints_one_property_per_line(tool):
    save_pictures()
    tool('create_from_images', 'set', 'pictures')
    _, out, _ = tool('info', 'set')
    assert 'images:          10\n' in out and 'total size:      3.5 kB\n' in out


def test_display_writes_a_contact_sheet_where_there_is_no_screen(tool, monkeypatch):
    save_pictures()
    monkeypatch.setitem(sys.modules, 'tkinter', None)
    tool('create_from_images', 'set', 'pictures')
    status, out, _ = tool('display', 'set')
    assert status == 0
    assert last_line(out) == 'Saved a contact sheet of the first 10 images: ' + os.path.abspath('set-contact-sheet.png')
    assert Image.open('set-contact-sheet.png').size == (64, 16)
    assert tool('display', 'set', '--output', 'other.png')[0] == 0
    assert os.path.exists('other.png')


def test_comparison_tells_by_its_exit_status(tool):
    save_pictures()
    for name, shuffle in [('a', '0'), ('b', '0'), ('c', '1')]:
        tool('create_from_images', name, 'pictures', '--shuffle', shuffle)
    status, out, _ = tool('compare', 'a', 'b', '--ignore_labels', '1')
    assert (status, out) == (0, 'Identical images: 10 / 10\n')
    status, out, _ = tool('compare', 'a', 'c')
    assert status == 1 and 'Image 0 is different' in out


def test_plain_counter_takes_the_place_of_tqdm(tool, monkeypatch):
    monkeypatch.setitem(sys.modules, 'tqdm', None)
    save_pictures()
    _, _, err = tool('create_from_images', 'set', 'pictures')
    assert 'Writing: 10 / 10\n' in err


@pytest.mark.parametrize('number, status', [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interruption_leaves_nothing_behind(tmp_path, number, status):
    folder = str(tmp_path / 'pictures')
    save_pictures(folder, 100)
    command = [sys.executable, SCRIPT, 'create_from_images', str(tmp_path / 'set'), folder]
    process = subprocess.Popen(
        command + ['--resize=1024', '--workers=2'],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.time() + 20
    while len(os.listdir(str(tmp_path))) < 2 and time.time() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    assert process.wait() == status
    assert os.listdir(str(tmp_path)) == ['pictures']
