# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the command line of dataset_tool.py."""

import io
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

import dataset_tool
from dnnlib import progress
from image_data import dataset_files, label_files, record_files

SCRIPT = os.path.abspath(dataset_tool.__file__)


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
    for command in ('create_from_images', 'check', 'display', 'extract', 'compare', 'info'):
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
        (
            ['create_from_images', 'a', 'b', '--resize', '100'],
            'got 100x100; resize or crop the images, for instance to 96x96',
        ),
        (['create_from_images', 'a', 'b', '--resize', '2'], 'got 2x2'),
        (['create_from_images', 'a', 'b', '--resize', '1048576'], 'at most 16384 expected'),
        (['create_from_images', 'a', 'b', '--workers', '100000'], 'at most 1024 expected'),
        (['create_from_images', 'a', 'b', '--resize', '64x64x3'], 'size such as 256 or 512x384 expected'),
        (['create_from_images', 'a', 'b', '--resize', '64x'], 'integer of at least 1 expected'),
        (['create_from_images', 'a', 'b', '--encoding', 'gif'], "invalid choice: 'gif'"),
        (['create_from_images', 'a', 'b', '--encoding=jpg'], 'did you mean jpeg?'),
        (['create_from_images', 'a', 'b', '--quality', '101'], 'at most 100 expected'),
        (['create_from_images', 'a', 'b', '--labels', 'folder'], 'did you mean folders?'),
        (['create_from_images', 'a', 'b', '--max_images', '0'], 'integer of at least 1 expected'),
        (['create_from_images', 'a', 'b', '--convert', 'cmyk'], "invalid choice: 'cmyk'"),
        (['check'], 'required: path'),
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


def test_top_resolution_alone_is_a_data_set_for_all_commands(tool):
    save_pictures()
    status, out, _ = tool('create_from_images', 'all', 'pictures')
    assert (
        status == 0 and 'Note: the top resolution alone (--levels=top), which suffices here, would take 2.5 kB' in out
    )
    status, out, _ = tool('create_from_images', 'top', 'pictures', '--levels=top')
    assert status == 0 and 'Expected size: 2.5 kB in 1 file\n' in out  # 10 * 247 bytes.
    assert 'all resolutions (--levels=all), which the official tools need, would take 3.5 kB in 2 files' in out
    assert os.listdir('top') == ['top-r03.tfrecords'] and os.path.getsize('top/top-r03.tfrecords') == 2470
    with open('all/all-r03.tfrecords', 'rb') as a, open('top/top-r03.tfrecords', 'rb') as b:
        assert a.read() == b.read()
    commands = ['check top', 'info top', 'display top', 'extract top out', 'compare all top']
    commands += ['unpack --tfrecord_dir=top --output_dir=small --resolution=4']
    assert [tool(*command.split())[0] for command in commands] == [0] * 6


def test_a_file_of_records_stands_for_its_data_set_as_source_and_for_itself_as_target(tool):
    save_pictures(num_pictures=2)
    tool('create_from_images', 'set', 'pictures', '--progress=0')
    path = 'set/set-r03.tfrecords'
    with open(path, 'rb') as file:
        content = file.read()
    for args in (['info', path], ['check', path], ['compare', path, 'set'], ['extract', path, 'extracted']):
        assert tool(*args)[0] == 0
    assert tool('unpack', f'--tfrecord_dir={path}', '--output_dir=unpacked')[0] == 0
    for args in (
        ['create_from_images', path, 'pictures', '--overwrite'],
        ['pack', f'--tfrecord_dir={path}', '--unpacked_dir=unpacked', '--overwrite'],
    ):
        status, _, err = tool(*args)
        assert status == 1 and last_line(err).endswith(f'{path} is a file; choose another directory')
    with open(path, 'rb') as file:
        assert file.read() == content


def test_pictures_of_two_data_sets_do_not_mix_in_a_folder(tool):
    save_pictures()
    for name, number in (('a', '10'), ('b', '3')):
        assert tool('create_from_images', name, 'pictures', '--max_images', number)[0] == 0
    assert tool('extract', 'a', 'out')[0] == 0
    before = {name: os.path.getmtime(os.path.join('out', name)) for name in os.listdir('out')}
    status, _, err = tool('extract', 'b', 'out')
    assert status == 1
    assert last_line(err) == 'Error: out is not empty; choose another folder, so that files do not mix'
    assert {name: os.path.getmtime(os.path.join('out', name)) for name in os.listdir('out')} == before


@pytest.mark.parametrize('command', [['extract', 'set', 'out'], ['unpack', '--tfrecord_dir=set', '--output_dir=out']])
def test_damaged_record_leaves_no_half_of_the_pictures(tool, command):
    save_pictures(num_pictures=40)
    tool('create_from_images', 'set', 'pictures')
    with open('set/set-r03.tfrecords', 'r+b') as file:
        file.seek(-50, os.SEEK_END)
        file.write(b'damage')
    status, _, err = tool(*command)
    assert status == 1 and 'set-r03.tfrecords: a record between 32 and 39 is damaged' in last_line(err)
    assert sorted(os.listdir('.')) == ['pictures', 'set']


def test_shuffled_order_is_the_default(tool):
    save_pictures()
    tool('create_from_images', 'shuffled', 'pictures')
    first = next(record_files.read_images('shuffled/shuffled-r03.tfrecords'))
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
        'channel (RGBA) and has a size that is no small rectangle times a power of two (9x9); try --convert=rgb '
        '--resize=8; --skip_bad leaves out what cannot be used'
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
    assert dataset_files.find_files('b')[1].shape == (1, 8, 8)


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
    assert dataset_files.find_files('set')[-1].shape == (3, 16, 16)


@pytest.mark.parametrize(
    'args, message',
    [
        (['create_from_images', 'set', 'picture'], 'picture folder picture does not exist; did you mean pictures?'),
        (['create_from_images', 'set', 'pictures/0.png'], 'picture folder expected, but pictures/0.png is a file'),
        (['create_from_images', 'pictures/0.png', 'pictures'], '0.png is a file; choose another directory'),
        (['create_from_images', 'pictures/0.png/set', 'pictures'], '0.png is a file; choose another directory'),
        (['create_from_images', 'set', 'pictures', '--quality=50'], '--quality is for --encoding=jpeg'),
        (
            ['create_from_images', 'set', 'pictures', '--levels=all', '--encoding=png'],
            '--levels=all is for --encoding=raw',
        ),
        (['create_from_images', 'set', 'empty'], 'No input images found in empty; '),
        (['check', 'picture'], 'picture folder picture does not exist; did you mean pictures?'),
        (['check', 'empty'], 'No input images found in empty; '),
        (['create_from_images', 'set', 'pictures', '--labels=json'], 'dataset.json not found; --labels=none'),
        (['create_from_images', 'set', 'none.zip'], 'picture folder none.zip does not exist'),
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


def test_progress_is_shown_of_long_work_alone(tool, monkeypatch):
    save_pictures()
    assert tool('create_from_images', 'set', 'pictures')[2] == ''
    monkeypatch.setattr(progress, 'LOG_INTERVAL_SEC', 0)
    assert 'Writing: 10 / 10 images, ' in tool('create_from_images', 'set', 'pictures', '--overwrite')[2]


def _restore_signals():
    """Undo what a shell does to processes in the background, or nohup."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize('number, status', [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_interruption_leaves_nothing_behind(tmp_path, number, status):
    folder = str(tmp_path / 'pictures')
    save_pictures(folder, 100)
    command = [sys.executable, SCRIPT, 'create_from_images', str(tmp_path / 'set'), folder]
    process = subprocess.Popen(
        command + ['--resize=1024', '--workers=2'],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=_restore_signals,
    )
    deadline = time.time() + 20
    while len(os.listdir(str(tmp_path))) < 2 and time.time() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    assert process.wait() == status
    assert os.listdir(str(tmp_path)) == ['pictures']


# ----------------------------------------------------------------------------
# Encodings, labels, archives.


def list_sizes(folder):
    return [os.path.getsize(os.path.join(folder, name)) for name in sorted(os.listdir(folder))]


def test_original_files_are_kept_and_come_out_with_their_pixels(tool):
    save_pictures(size=16)
    status, out, _ = tool('create_from_images', 'set', 'pictures', '--encoding=png', '--shuffle=0')
    assert status == 0
    assert os.listdir('set') == ['set-r04.tfrecords']
    size = list_sizes('set')[0]
    assert 'in 1 file; 10 pictures stay as they are in their files, 0 become PNG' in out
    assert f'Expected size: {size / 1000:.1f} kB' in out
    assert size - sum(list_sizes('pictures')) < 10 * 80
    assert 'encoding:        png\n' in tool('info', 'set')[1]

    tool('create_from_images', 'raw', 'pictures', '--shuffle=0')
    status, out, _ = tool('compare', 'set', 'raw')
    assert (status, last_line(out)) == (0, 'Identical labels: 10 / 10')
    assert tool('extract', 'set', 'out')[0] == 0
    with Image.open('pictures/7.png') as before, Image.open('out/img00000007.png') as after:
        np.testing.assert_array_equal(np.asarray(before), np.asarray(after))


def test_adjusted_pictures_are_encoded_again(tool):
    save_pictures(size=16)
    _, out, _ = tool('create_from_images', 'set', 'pictures', '--encoding=jpeg', '--quality=50')
    assert 'Expected size: about ' in out
    assert '0 pictures stay as they are in their files, 10 become JPEG' in out


def test_both_spellings_of_options_are_known(tool):
    save_pictures(num_pictures=3)
    for option in ('--max-images=2', '--max_images=2'):
        status, out, _ = tool('create_from_images', 'set', 'pictures', option, '--resize-filter=box', '--overwrite')
        assert (status, last_line(out)) == (0, 'Added 2 images.')


def test_progress_can_be_silenced(tool):
    save_pictures()
    assert tool('create_from_images', 'set', 'pictures', '--progress=no')[2] == ''


def test_folders_become_classes(tool):
    for name in ('dogs', 'cats'):
        save_pictures(os.path.join('pictures', name), 3)
    status, out, _ = tool('create_from_images', 'set', 'pictures', '--labels=folders')
    assert (status, last_line(out)) == (0, 'Added 6 images.')
    assert sorted(os.listdir('set'))[0::3] == ['set-classes.json', 'set-rxx.labels']
    out = tool('info', 'set')[1]
    assert (
        'label size:      2\n' in out and 'class 0:         cats (3)\n' in out and 'class 1:         dogs (3)\n' in out
    )


def test_layout_of_ada_pytorch_is_imported_from_folder_and_archive(tool):
    save_pictures('pictures/00000', 4)
    labels = [[f'00000/{index}.png', [index / 4, -1.5]] for index in range(4)] + [['00000/9.png', [0, 0]]]
    with open('pictures/dataset.json', 'w') as file:
        json.dump({'labels': labels}, file)
    shutil.make_archive('archive', 'zip', 'pictures')
    for source in ('pictures', 'archive.zip'):
        status, out, _ = tool('create_from_images', 'set', source, '--shuffle=0', '--overwrite')
        assert (status, last_line(out)) == (0, 'Added 4 images.')
        assert 'Note: 1 labels belong to no picture: 00000/9.png' in out
        found = label_files.read_labels('set/set-rxx.labels')
        np.testing.assert_array_equal(found, [[0, -1.5], [0.25, -1.5], [0.5, -1.5], [0.75, -1.5]])


def test_labels_survive_a_folder_around_everything(tool):
    save_pictures('around/faces', 4)
    with open('around/faces/dataset.json', 'w') as file:
        json.dump({'labels': [[f'{index}.png', index % 2] for index in range(4)]}, file)
    shutil.make_archive('archive', 'zip', 'around')
    status, out, _ = tool('create_from_images', 'a', 'archive.zip', '--shuffle=0')
    assert status == 0 and 'Note: labels are those of faces/dataset.json\n' in out
    status, _, _ = tool('create_from_images', 'b', 'around', '--shuffle=0', '--recursive')
    assert status == 0
    for name in 'ab':
        found = label_files.read_labels(f'{name}/{name}-rxx.labels')
        np.testing.assert_array_equal(found, np.eye(2)[[0, 1, 0, 1]])
    status, _, err = tool('create_from_images', 'c', 'around')
    assert status == 1 and '--recursive searches sub-folders' in err  # Not without labels.


def test_classes_survive_a_folder_around_everything(tool):
    for name in ('dogs', 'cats'):
        save_pictures(os.path.join('around', 'pets', name), 3)
    shutil.make_archive('archive', 'zip', 'around')
    for source in ('around', 'archive.zip'):
        status, out, _ = tool('create_from_images', 'set', source, '--labels=folders', '--overwrite')
        assert status == 0 and 'Note: classes are the folders in pets/\n' in out
        assert 'class 0:         cats (3)\nclass 1:         dogs (3)\n' in tool('info', 'set')[1]


def test_a_single_class_is_said(tool):
    save_pictures('pictures/cats', 2)
    for command in (['create_from_images', 'set', 'pictures'], ['check', 'pictures']):
        status, out, _ = tool(*(command + ['--labels=folders']))
        assert status == 0 and 'Note: all pictures are of one class, cats\n' in out


@pytest.mark.skipif(sys.platform == 'darwin', reason='its file system knows text only')
def test_folders_whose_names_are_no_text_become_classes(tool):
    for name in ('cat', os.fsdecode(b'\xe9lan')):
        save_pictures(os.path.join('pictures', name), 2)
    status, out, _ = tool('create_from_images', 'set', 'pictures', '--labels=folders')
    assert (status, last_line(out)) == (0, 'Added 4 images.')
    assert 'class 0:         cat (2)\nclass 1:         \\xe9lan (2)\n' in tool('info', 'set')[1]
    for command in (
        ['unpack', '--tfrecord_dir=set', '--output_dir=out'],
        ['pack', '--unpacked_dir=out', '--tfrecord_dir=b'],
    ):
        assert tool(*command)[0] == 0
    assert label_files.read_class_names('b') == ['cat', '\\xe9lan']


@pytest.mark.skipif(sys.platform == 'darwin', reason='its file system knows text only')
@pytest.mark.parametrize('environment', [{'PYTHONIOENCODING': 'ascii'}, {'LC_ALL': 'C'}, {'PYTHONIOENCODING': 'utf-8'}])
def test_names_that_are_no_text_can_be_printed_everywhere(tmp_path, environment):
    folder = os.fsencode(str(tmp_path)) + b'/pictures-\xe9'
    save_pictures(os.fsdecode(folder), 2)
    for name in (b'/\xe9.png', '/\u00fc.png'.encode(), b'/\xe9.txt'):
        open(folder + name, 'w').close()
    target = os.fsencode(str(tmp_path)) + b'/set-\xe9'
    environment = dict(os.environ, **environment)
    environment.pop('PYTHONUTF8', None)
    for command in ([b'check', folder], [b'create_from_images', target, folder, b'--skip_bad'], [b'info', target]):
        process = subprocess.Popen(
            [sys.executable, SCRIPT] + command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, err = process.communicate()
        assert process.returncode == (command[0] == b'check'), err
        assert b'Traceback' not in err and b'Error' not in err
    assert b'images:          2' in out


def test_pictures_that_are_not_square_are_announced_with_their_networks(tool):
    save_pictures(size=16)
    status, out, _ = tool('create_from_images', 'set', 'pictures', '--crop=center', '--resize=16x12')
    assert status == 0
    assert 'Note: this is no square power of two; networks get resolution=16, min_h=3, min_w=4' in out
    assert dataset_files.find_files('set')[-1].shape == (3, 12, 16)


# ----------------------------------------------------------------------------
# Bad input.


def encode(image, kind='PNG', **kwargs):
    stream = io.BytesIO()
    image.save(stream, kind, **kwargs)
    return stream.getvalue()


def write(path, content):
    with open(path, 'wb') as file:
        file.write(content)


def make_deep_png():
    """Return a gray PNG of 16 bits, 8x8 pixels of value 0x80FF."""

    def chunk(name, data):
        return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))

    header = chunk(b'IHDR', struct.pack('>IIBBBBB', 8, 8, 16, 0, 0, 0, 0))
    pixels = chunk(b'IDAT', zlib.compress((b'\0' + b'\x80\xff' * 8) * 8))
    return b'\x89PNG\r\n\x1a\n' + header + pixels + chunk(b'IEND', b'')


SQUARE = Image.fromarray(np.random.RandomState(1).randint(0, 256, [8, 8, 3]).astype(np.uint8))
UPSIDE_DOWN = b'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0'
BAD = {
    'zero.png': (b'', 'is empty (zero bytes)'),
    'truncated.png': (encode(SQUARE)[:100], 'is truncated or damaged'),
    'truncated.jpg': (encode(SQUARE.resize((64, 64)), 'JPEG')[:700], 'is truncated or damaged'),
    'page.png': (b'<html><body>404</body></html>', 'is no picture that Pillow can read'),
    'palette.png': (encode(SQUARE.convert('P')), 'has a palette'),
    'cmyk.jpg': (encode(SQUARE.convert('CMYK'), 'JPEG'), 'is CMYK'),
    'la.png': (encode(SQUARE.convert('LA')), 'has an alpha channel (LA)'),
    'rgba.png': (encode(SQUARE.convert('RGBA')), 'has an alpha channel (RGBA)'),
    'gray.png': (encode(SQUARE.convert('L')), 'is grayscale while most are RGB'),
    'deep.png': (make_deep_png(), 'is grayscale while most are RGB'),
    'large.png': (encode(SQUARE.resize((16, 16))), 'is 16x16 while most are 8x8'),
    'wide.png': (encode(SQUARE.resize((16, 8))), 'is 16x8 while most are 8x8'),
    'odd.png': (encode(SQUARE.resize((9, 9))), 'has a size that is no small rectangle times a power of two (9x9)'),
    'ünï😀.png': (b'', 'is empty (zero bytes)'),
}


@pytest.mark.parametrize('encoding', ['raw', 'png', 'jpeg'])
@pytest.mark.parametrize('name', sorted(BAD))
def test_each_bad_picture_is_refused_listed_and_left_out(tool, name, encoding):
    save_pictures(num_pictures=3)
    content, reason = BAD[name]
    write(os.path.join('pictures', name), content)
    status, _, err = tool('create_from_images', 'set', 'pictures', '--encoding', encoding)
    assert status == 1
    assert last_line(err).startswith(f'Error: 1 of 4 pictures in pictures cannot be used: {name} {reason}')
    assert not os.path.exists('set')
    status, out, _ = tool('check', 'pictures', '--encoding', encoding)
    assert status == 1
    assert f'\npictures/{name} {reason}' in '\n' + out
    assert last_line(out) == '1 of 4 pictures cannot be used; the others become images of shape [3, 8, 8]'
    status, out, _ = tool('create_from_images', 'set/', 'pictures/', '--skip_bad', '--encoding', encoding)
    assert (status, last_line(out)) == (0, 'Added 3 images.')


@pytest.mark.parametrize('encoding', ['raw', 'png', 'jpeg'])
def test_everything_that_can_be_read_can_be_mended(tool, encoding):
    save_pictures(num_pictures=3)
    for name, (content, _) in BAD.items():
        write(os.path.join('pictures', name), content)
    write('pictures/turned.jpg', encode(SQUARE, 'JPEG', exif=UPSIDE_DOWN))
    write('pictures/.hidden.png', b'')
    options = ['--convert=rgb', '--crop=center', '--resize=8', '--skip-bad', '--encoding', encoding]
    status, out, _ = tool('create_from_images', 'set', 'pictures', *options)
    assert (status, last_line(out)) == (0, 'Added 13 images.')
    assert 'Note: 1 entries are no pictures: .hidden.png' in out
    assert 'Note: 1 pictures have 16 bits per channel; the upper 8 are used' in out
    status, out, _ = tool('check', 'set')
    levels = 2 if encoding == 'raw' else 1
    assert (status, out) == (0, f'0 problems in {13 * levels} records\n')


def test_turned_picture_is_stored_upright(tool):
    os.mkdir('pictures')
    write('pictures/turned.png', encode(SQUARE, exif=UPSIDE_DOWN))
    for encoding in ('raw', 'png'):
        assert tool('create_from_images', encoding, 'pictures', '--encoding', encoding)[0] == 0
        image = next(record_files.read_images(f'{encoding}/{encoding}-r03.tfrecords'))
        np.testing.assert_array_equal(image.transpose(1, 2, 0), np.asarray(SQUARE)[::-1, ::-1])


@pytest.mark.parametrize('kind, channels', [('rgba', 4), ('la', 2)])
def test_alpha_channels_are_kept_on_request_but_not_in_jpeg(tool, kind, channels):
    save_pictures(num_pictures=2, mode='RGBA')
    for encoding in ('raw', 'png'):
        assert tool('create_from_images', encoding, 'pictures', '--convert', kind, '--encoding', encoding)[0] == 0
        assert dataset_files.find_files(encoding)[-1].shape == (channels, 8, 8)
    status, _, err = tool('create_from_images', 'jpeg', 'pictures', '--convert', kind, '--encoding', 'jpeg')
    assert status == 1 and 'alpha channel, which a JPEG cannot have; try --convert=rgb --encoding=png' in err


def test_first_pictures_of_animations_and_pages_are_used_with_a_notice(tool):
    os.mkdir('pictures')
    frames = [Image.new('L', (8, 8), value) for value in (0, 255)]
    for name in ('a.gif', 'b.tif'):
        frames[0].save(os.path.join('pictures', name), save_all=True, append_images=frames[1:])
    status, out, _ = tool('create_from_images', 'set', 'pictures', '--convert=l')
    assert (status, last_line(out)) == (0, 'Added 2 images.')
    assert 'Note: 2 files are animations or have several pages; the first picture of each is used' in out
    assert not any(image.any() for image in record_files.read_images('set/set-r03.tfrecords'))


def test_large_pictures_are_refused_by_their_number_of_pixels_unless_an_option_allows_them(tool):
    save_pictures(num_pictures=1)
    Image.new('RGB', (2000, 2000)).save('pictures/large.png')
    args = ['create_from_images', 'set', 'pictures', '--crop=center', '--resize=8']
    status, _, err = tool(*args, '--max_pixels=3000000')
    assert (status, os.path.exists('set')) == (1, False)
    reason = 'large.png has 4,000,000 pixels, and more than 3,000,000 are refused; try --max_pixels=4000000; '
    assert reason in last_line(err)
    assert tool(*args, '--max_pixels=4000000')[0] == 0


def test_deep_pictures_are_read_with_a_notice(tool):
    os.mkdir('pictures')
    write('pictures/deep.png', make_deep_png())
    status, out, _ = tool('create_from_images', 'set', 'pictures')
    assert status == 0 and 'Note: 1 pictures have 16 bits per channel; the upper 8 are used' in out
    assert set(next(record_files.read_images('set/set-r03.tfrecords')).ravel()) == {0x80}


@pytest.mark.parametrize(
    'labels, message',
    [
        (
            '{"labels": [["0.png", 1]]}',
            '1 of 2 pictures in pictures cannot be used: 1.png has no label in dataset.json',
        ),
        ('{"labels": [["0.png", [1, 2]], ["1.png", [1]]]}', 'dataset.json mixes kinds of labels'),
        ('{"labels": [["0.png", 1], ["0.png", 1]]}', 'dataset.json has several labels for 0.png'),
        (
            '{"labels": ',
            'dataset.json is no JSON: line 1: Expecting value at column 12; repair it, or do without labels',
        ),
        ('{"labels": [["2.png", 1]]}', 'has labels for none of the pictures: it names 2.png, but there is 0.png'),
    ],
)
def test_wrong_labels_are_refused_unless_they_are_not_wanted(tool, labels, message):
    save_pictures(num_pictures=2)
    with open('pictures/dataset.json', 'w') as file:
        file.write(labels)
    status, _, err = tool('create_from_images', 'set', 'pictures')
    assert status == 1 and message in last_line(err)
    assert tool('create_from_images', 'set', 'pictures', '--labels=none')[0] == 0


def test_damaged_archive_and_damaged_file_in_one_are_refused(tool):
    save_pictures(num_pictures=3)
    with zipfile.ZipFile('good.zip', 'w') as file:
        for index in range(3):
            file.write(f'pictures/{index}.png')
    with open('good.zip', 'rb') as file:
        content = file.read()
    write('cut.zip', content[:200])
    status, _, err = tool('create_from_images', 'set', 'cut.zip')
    assert status == 1 and last_line(err) == 'Error: cut.zip is no zip archive, or it is damaged; copy it again'
    write('bad.zip', content.replace(b'IDAT', b'IDOT', 1))
    status, _, err = tool('create_from_images', 'set', 'bad.zip')
    assert status == 1 and '1 of 3 pictures in bad.zip cannot be used: pictures/0.png cannot be read (Bad CRC' in err
    assert tool('create_from_images', 'set', 'good.zip')[0] == 0


def test_bad_records_of_a_data_set_are_listed(tool):
    save_pictures()
    tool('create_from_images', 'set', 'pictures', '--encoding=png')
    with open('set/set-r03.tfrecords', 'r+b') as file:
        file.seek(100)
        file.write(b'damage')
    status, out, _ = tool('check', 'set')
    assert (status, out) == (1, 'set/set-r03.tfrecords: record 0 is damaged\n1 problems in 10 records\n')


def test_full_disk_is_noticed_before_anything_is_written(tool, monkeypatch):
    save_pictures()
    monkeypatch.setattr(shutil, 'disk_usage', lambda path: type('Usage', (), {'free': 1000}))
    for encoding in ('raw', 'png'):
        status, _, err = tool('create_from_images', 'set', 'pictures', '--encoding', encoding)
        assert status == 1 and 'but only 1.0 kB are free for set; make room' in last_line(err)
    assert os.listdir('.') == ['pictures']


def test_names_of_any_script_are_fine(tool):
    save_pictures('Bilder für ÜÖ', 2)
    os.rename('Bilder für ÜÖ/0.png', 'Bilder für ÜÖ/日本 😀.png')
    status, _, _ = tool('create_from_images', 'Daten ß/', 'Bilder für ÜÖ/', '--encoding=png')
    assert status == 0
    assert os.listdir('Daten ß') == ['Daten ß-r03.tfrecords']
    assert tool('info', 'Daten ß')[0] == tool('check', 'Daten ß')[0] == 0
