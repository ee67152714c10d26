# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of paths, of files that appear whole, and of the place of the caches."""

import errno
import io
import os
import stat
import tempfile

import pytest

from dnnlib import files, util

FFHQ_URL = 'https://nvlabs-fi-cdn.nvidia.com/stylegan2/networks/stylegan2-ffhq-config-f.pkl'


def test_paths_are_expanded_and_lose_their_trailing_slash(monkeypatch):
    monkeypatch.setenv('HOME', '/home/user')
    monkeypatch.setenv('DATASETS', '/data/sets')
    assert util.expand_path('~/datasets/') == '/home/user/datasets'
    assert util.expand_path('$DATASETS/faces') == '/data/sets/faces'
    assert util.expand_path('/') == '/'
    assert util.expand_path('') == ''
    assert util.expand_path('https://host.org/$DATASETS/~/') == 'https://host.org/$DATASETS/~/'


def test_atomic_write_creates_a_file_readable_as_usual(tmp_path):
    (tmp_path / 'plain').write_bytes(b'')
    with util.atomic_write(str(tmp_path / 'new.bin')) as file:
        file.write(b'abc')
        assert not (tmp_path / 'new.bin').exists()
    assert (tmp_path / 'new.bin').read_bytes() == b'abc'
    assert (tmp_path / 'new.bin').stat().st_mode == (tmp_path / 'plain').stat().st_mode


def test_atomic_write_of_text_is_utf8(tmp_path):
    with util.atomic_write(str(tmp_path / 'new.txt'), 'w') as file:
        file.write('\u00e4')
    assert (tmp_path / 'new.txt').read_bytes() == b'\xc3\xa4'


@pytest.mark.parametrize('error', [RuntimeError('stop'), KeyboardInterrupt()])
def test_atomic_write_leaves_the_old_file_after_an_error(tmp_path, error):
    (tmp_path / 'snapshot.pkl').write_bytes(b'old')
    with pytest.raises(type(error)):
        with util.atomic_write(str(tmp_path / 'snapshot.pkl')) as file:
            file.write(b'half')
            raise error
    assert os.listdir(str(tmp_path)) == ['snapshot.pkl']
    assert (tmp_path / 'snapshot.pkl').read_bytes() == b'old'


class FullDisk(io.FileIO):
    """A file on a disk with room for four more bytes."""

    def write(self, data):
        """Write unless it is too much."""
        if self.tell() + len(data) > 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


@pytest.mark.parametrize('open_file', [FullDisk, lambda path, mode: io.BufferedWriter(FullDisk(path, mode))])
def test_a_full_disk_costs_neither_the_old_file_nor_leaves_half_a_new_one(tmp_path, monkeypatch, open_file):
    path = str(tmp_path / 'snapshot.pkl')
    with open(path, 'wb') as file:
        file.write(b'old snapshot')
    monkeypatch.setattr(files, 'open', lambda path, mode, encoding: open_file(path, mode), raising=False)
    with pytest.raises(OSError) as caught, util.atomic_write(path) as file:
        file.write(b'four')
        file.write(b'and more')
    assert caught.value.errno == errno.ENOSPC and caught.value.filename == path
    assert os.listdir(str(tmp_path)) == ['snapshot.pkl']
    with open(path, 'rb') as file:
        assert file.read() == b'old snapshot'


def test_atomic_write_into_a_missing_folder_names_the_wanted_file(tmp_path):
    path = str(tmp_path / 'missing' / 'a.pkl')
    with pytest.raises(FileNotFoundError) as caught, util.atomic_write(path):
        pass
    assert caught.value.filename == path


def test_atomic_write_does_not_blame_its_file_for_the_lack_of_another(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, util.atomic_write(str(tmp_path / 'a.pkl')):
        open(str(tmp_path / 'source.png'))
    assert caught.value.filename == str(tmp_path / 'source.png')


def test_atomic_write_follows_symbolic_links(tmp_path):
    (tmp_path / 'real.txt').write_bytes(b'old')
    (tmp_path / 'link.txt').symlink_to(tmp_path / 'real.txt')
    with util.atomic_write(str(tmp_path / 'link.txt')) as file:
        file.write(b'new')
    assert (tmp_path / 'link.txt').is_symlink() and (tmp_path / 'real.txt').read_bytes() == b'new'


def test_what_is_no_file_is_written_to_and_stays(tmp_path):
    os.mkfifo(str(tmp_path / 'pipe'))
    reader = os.open(str(tmp_path / 'pipe'), os.O_RDONLY | os.O_NONBLOCK)
    with files.atomic_write(str(tmp_path / 'pipe'), 'w') as file:
        file.write('text')
    assert os.read(reader, 10) == b'text'
    os.close(reader)
    assert os.listdir(str(tmp_path)) == ['pipe']
    with pytest.raises(IsADirectoryError), files.atomic_write(str(tmp_path)):
        pass


def test_a_durable_file_is_on_the_disk_before_it_gets_its_name_and_then_the_name(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(number):
        calls.append('folder' if stat.S_ISDIR(os.fstat(number).st_mode) else os.fstat(number).st_size)
        fsync(number)

    monkeypatch.setattr(os, 'fsync', note_fsync)
    monkeypatch.setattr(os, 'replace', lambda *paths: (calls.append('replace'), replace(*paths)))
    for durable in (False, True):
        with util.atomic_write(str(tmp_path / 'a.pkl'), durable=durable) as file:
            file.write(b'snapshot')
    assert calls == ['replace', 8, 'replace', 'folder']


def test_what_killed_writers_left_is_removed_and_nothing_else(tmp_path):
    with pytest.raises(KeyError), util.atomic_write(str(tmp_path / 'a.pkl')):
        (leftover,) = os.listdir(str(tmp_path))
        raise KeyError
    kept = ['.a.tmp', '.lock', 'a.01234567.tmp', 'a.pkl']
    for name in [leftover, *kept]:
        (tmp_path / name).write_bytes(b'')
    files.remove_leftovers(str(tmp_path))
    assert sorted(os.listdir(str(tmp_path))) == kept


def test_hash_file_is_the_sha256_of_the_content(tmp_path):
    (tmp_path / 'abc').write_bytes(b'abc')
    expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'  # FIPS 180-2, appendix B.1.
    assert util.hash_file(str(tmp_path / 'abc')) == expected


def test_cache_root_is_taken_from_the_caller_then_the_environment_then_the_home(monkeypatch):
    monkeypatch.setenv('HOME', '/home/user')
    monkeypatch.delenv('DNNLIB_CACHE_DIR', raising=False)
    assert util.make_cache_dir_path('downloads', 'a') == '/home/user/.cache/dnnlib/downloads/a'
    monkeypatch.setenv('DNNLIB_CACHE_DIR', '~/cache')
    assert util.make_cache_dir_path('downloads') == '/home/user/cache/downloads'
    util.set_cache_dir('/fast/disk')
    try:
        assert util.make_cache_dir_path() == '/fast/disk'
    finally:
        util.set_cache_dir(None)


def test_cache_lies_with_temporary_files_where_there_is_no_home(monkeypatch):
    for name in ('HOME', 'USERPROFILE', 'DNNLIB_CACHE_DIR'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tempfile, 'gettempdir', lambda: '/scratch')
    assert util.make_cache_dir_path('downloads') == '/scratch/.cache/dnnlib/downloads'


@pytest.mark.parametrize(
    'obj, expected',
    [
        (FFHQ_URL, True),
        ('http://127.0.0.1:8080/a.pkl', True),
        ('gdrive:networks/stylegan2-ffhq-config-f.pkl', False),
        ('/data/a.pkl', False),
        ('file:///data/a.pkl', False),
        ('http:///a.pkl', False),
        ('http://[broken', False),
        (None, False),
    ],
)
def test_is_url_knows_web_addresses(obj, expected):
    assert util.is_url(obj) is expected


def test_is_url_knows_file_urls_on_request():
    assert util.is_url('file:///data/a.pkl', allow_file_urls=True)
    assert not util.is_url('/data/a.pkl', allow_file_urls=True)


@pytest.mark.parametrize(
    'name, expected', [('\u00e9lan', '\u00e9lan'), ('\udce9lan', '\\xe9lan'), ('\ud83d\udce9', '\\ud83d\\udce9')]
)
def test_names_of_files_become_text_that_can_be_written(name, expected):
    assert util.escape_name(name) == expected
    expected.encode('utf-8')


def test_names_that_are_no_text_are_none_for_tensorflow(tmp_path, monkeypatch):
    util.check_name('\u00e9lan')
    with pytest.raises(util.UserError, match=r'cannot write to .*xe9lan/out, whose name is no UTF-8; choose another'):
        util.check_name('\udce9lan/out')
    with pytest.raises(
        util.UserError, match='cannot write to .*/\u00e9lan in a locale that knows ASCII only; set LC_ALL'
    ):
        util.check_name('\udcc3\udca9lan')  # What Python 3.6 makes of it with LC_ALL=C.
    with pytest.raises(util.UserError, match='no UTF-8'):
        util.check_name('half of \ud83d')
    (tmp_path / '\udce9lan').mkdir()
    monkeypatch.chdir(str(tmp_path / '\udce9lan'))
    with pytest.raises(util.UserError, match='no UTF-8'):
        util.check_name('out')


def test_line_is_appended_behind_one_that_was_cut_off(tmp_path):
    path = tmp_path / 'a.jsonl'
    for text in ('first', 'second'):
        files.append_line(str(path), text)
    path.write_bytes(path.read_bytes()[:-3])
    files.append_line(str(path), 'third')
    assert path.read_text() == 'first\nseco\nthird\n'
