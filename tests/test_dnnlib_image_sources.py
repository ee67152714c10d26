# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the folders and archives that pictures come from."""

import os
import pickle
import zipfile

import pytest

from dnnlib import image_sources, util
from dnnlib.image_sources import READ_ERRORS, Archive, Folder

FILES = {
    'a.png': b'first',
    'sub/b.png': b'second',
    'sub/deep/\u00e4.png': b'third',
    '.hidden.png': b'',
    'sub/.hidden/c.png': b'',
}


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / 'root'
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return str(root)


@pytest.fixture
def archive(tmp_path):
    path = str(tmp_path / 'root.zip')
    with zipfile.ZipFile(path, 'w') as file:
        for name, content in FILES.items():
            file.writestr(name, content)
        file.writestr('__MACOSX/a.png', b'')
        file.writestr('sub/@eaDir/a.png', b'')
        file.writestr('empty/', b'')
    return path


def test_folder_lists_its_own_files_or_all_of_them(folder):
    source = Folder(folder)
    assert source.list_files() == (['a.png'], ['.hidden.png', 'sub/'])
    expected = ['a.png', 'sub/b.png', 'sub/deep/\u00e4.png'], ['.hidden.png', 'sub/.hidden/']
    assert source.list_files(recursive=True) == expected


def test_links_to_folders_are_followed_but_not_in_circles(folder, tmp_path):
    (tmp_path / 'other').mkdir()
    (tmp_path / 'other' / 'd.png').write_bytes(b'')
    os.symlink(str(tmp_path / 'other'), os.path.join(folder, 'linked'))
    os.symlink(folder, os.path.join(folder, 'sub', 'circle'))
    os.symlink(os.path.join(folder, 'nowhere'), os.path.join(folder, 'broken.png'))
    names, skipped = Folder(folder).list_files(recursive=True)
    assert 'linked/d.png' in names and len(names) == 4
    assert 'sub/circle/' in skipped and 'broken.png' in skipped


def test_archive_lists_all_files(archive):
    names, skipped = Archive(archive).list_files()
    assert names == ['a.png', 'sub/b.png', 'sub/deep/\u00e4.png']
    assert skipped == ['.hidden.png', '__MACOSX/a.png', 'sub/.hidden/c.png', 'sub/@eaDir/a.png']


def test_both_read_the_same(folder, archive):
    for path, kind in [(folder, Folder), (archive, Archive)]:
        source = pickle.loads(pickle.dumps(kind(path)))
        assert source.read('sub/deep/\u00e4.png') == b'third'
        assert source.read('a.png', 2) == b'fi'
        assert source.get_version('sub/b.png')[0] == 6
        assert source.locate('sub/b.png') == os.path.join(path, 'sub', 'b.png')


def test_folders_that_systems_leave_beside_pictures_are_hidden(folder):
    for name in ('__MACOSX', '@eaDir'):
        os.mkdir(os.path.join(folder, name))
        with open(os.path.join(folder, name, 'a.png'), 'wb'):
            pass
    names, skipped = Folder(folder).list_files(recursive=True)
    assert len(names) == 3 and skipped == ['.hidden.png', '@eaDir/', '__MACOSX/', 'sub/.hidden/']


@pytest.mark.parametrize(
    'old, new',
    [
        (b'PK\x01\x02', b'PK\x01\x03'),  # Of an entry in the directory.
        (b'sub/b.png', b'sub/b\xff.png'[:9]),
        (b'\xc3\xa4.png', b'\xc3\xff.png'),  # A name that claims to be UTF-8.
    ],
)
def test_archive_with_a_damaged_directory_is_refused(archive, old, new):
    with open(archive, 'rb') as file:
        content = file.read()
    start = content.rindex(old)
    with open(archive, 'wb') as file:
        file.write(content[:start] + new + content[start + len(old) :])
    with pytest.raises((util.UserError,) + READ_ERRORS, match='damaged|differ'):
        source = Archive(archive)
        for name in source.list_files().names:
            source.read(name)


def test_member_of_another_size_than_the_directory_says_cannot_be_read(archive):
    with open(archive, 'rb') as file:
        content = bytearray(file.read())
    entry = content.index(b'PK\x01\x02')
    content[entry + 24] = 4  # The first one has 5 bytes.
    with open(archive, 'wb') as file:
        file.write(content)
    with pytest.raises(READ_ERRORS):
        Archive(archive).read('a.png')


def test_backslashes_between_folders_of_an_archive_are_slashes(tmp_path):
    path = str(tmp_path / 'windows.zip')
    with zipfile.ZipFile(path, 'w') as file:
        file.writestr('faces\\a.png', b'first')
        file.writestr('faces\\.hidden.png', b'')
    source = pickle.loads(pickle.dumps(Archive(path)))
    assert source.list_files() == (['faces/a.png'], ['faces/.hidden.png'])
    assert source.read('faces/a.png') == b'first' and source.get_version('faces/a.png')[0] == 5


def test_folders_and_archives_are_told_apart_by_content(tmp_path):
    with zipfile.ZipFile(str(tmp_path / 'pictures'), 'w') as file:
        file.writestr('a.png', b'')
    assert isinstance(image_sources.open_source(str(tmp_path / 'pictures')), Archive)
    assert isinstance(image_sources.open_source(str(tmp_path)), Folder)


@pytest.mark.parametrize('content', [b'', b'this is no archive'])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / 'x.zip').write_bytes(content)
    with pytest.raises(util.UserError, match='x.zip is no zip archive, or it is damaged'):
        image_sources.open_source(str(tmp_path / 'x.zip'))
    (tmp_path / 'x.png').write_bytes(content)
    with pytest.raises(util.UserError, match='picture folder expected, but .*x.png is a file'):
        image_sources.open_source(str(tmp_path / 'x.png'))
    with pytest.raises(util.UserFileNotFoundError, match='does not exist'):
        image_sources.open_source(str(tmp_path / 'y.zip'))
