# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the reader of LMDB files, whose twin is the library that writes them."""

import os
import struct

import pytest
from importer_inputs import save_bytes, save_lmdb

from dnnlib.util import UserError, UserFileNotFoundError
from image_data.importers.lmdb_file import LmdbFile

lmdb = pytest.importorskip('lmdb')
PAGE = 4096
SMALL, LARGE = b'small', bytes(range(256)) * 40


def read_items(path):
    with LmdbFile(str(path)) as database:
        return [database.read_item(position) for position in database.list_positions()]


def read_items_by_the_library(path):
    with lmdb.open(str(path), readonly=True, lock=False) as database, database.begin() as transaction:
        return list(transaction.cursor().iternext())


def change(path, position, content):
    with open(str(path / 'data.mdb'), 'r+b') as file:
        file.seek(position)
        file.write(content)


def find_page(path, kind):
    """Return the number of the first page of a kind behind the two states."""
    content = (path / 'data.mdb').read_bytes()
    kinds = [struct.unpack_from('<QHH', content, start)[::2] for start in range(0, len(content), PAGE)]
    return next(number for number, found in enumerate(kinds) if number > 1 and found == (number, kind))


@pytest.fixture
def database(tmp_path):
    """An LMDB with 300 items on three levels of pages: a branch, leaves, and large values."""
    save_lmdb(str(tmp_path / 'db'), [LARGE if index % 3 else SMALL for index in range(300)])
    return tmp_path / 'db'


def test_items_are_those_of_the_library(database):
    expected = read_items_by_the_library(database)
    assert len(expected) == 300 and {value for _, value in expected} == {SMALL, LARGE}
    assert read_items(database) == expected
    assert read_items(database / 'data.mdb') == expected


def test_deep_trees_and_what_was_replaced_or_removed_are_read_as_the_library_does(tmp_path):
    with lmdb.open(str(tmp_path / 'db'), map_size=1 << 26) as database:
        for start in range(0, 9000, 3000):
            with database.begin(write=True) as transaction:
                for index in range(start, start + 3000):
                    transaction.put(b'%0200x' % (index * 7919 % 9000), b'%d' % index)
        with database.begin(write=True) as transaction:
            transaction.put(b'%0200x' % 5, LARGE)
            transaction.put(b'%0200x' % 5, LARGE[:5000])
            transaction.delete(b'%0200x' % 6)
        assert database.stat()['depth'] >= 3
    items = read_items(tmp_path / 'db')
    assert items == read_items_by_the_library(tmp_path / 'db')
    assert (len(items), items[5][1]) == (8999, LARGE[:5000])


def test_lmdb_without_items_is_read(tmp_path):
    save_lmdb(str(tmp_path / 'db'), [])
    assert read_items(tmp_path / 'db') == []


@pytest.mark.parametrize('num_bytes', [PAGE, 2 * PAGE, 50000, 500000])
def test_file_that_is_cut_off_is_refused_with_its_sizes(database, num_bytes):
    size = os.path.getsize(str(database / 'data.mdb'))
    os.truncate(str(database / 'data.mdb'), num_bytes)
    expected = 2 * PAGE if num_bytes == PAGE else size  # One of the two states is about an empty file.
    with pytest.raises(UserError, match=rf'data.mdb is cut off \({num_bytes} of {expected} bytes\); copy or download'):
        read_items(database)


@pytest.mark.parametrize('kind', [1, 2, 4])  # Branch, leaf, large value.
@pytest.mark.parametrize('content', [bytes(PAGE), b'\xff' * PAGE, b'x' * PAGE])
def test_damaged_page_is_named(database, kind, content):
    number = find_page(database, kind)
    change(database, number * PAGE, content)
    with pytest.raises(UserError, match=rf'data.mdb is damaged \(page {number} is not what the rest says it is\)'):
        read_items(database)


@pytest.mark.parametrize('kind', [1, 2])
@pytest.mark.parametrize('position', [0, 10, 12, 14, 16])  # Number, kind, end and begin of the list, place of a node.
def test_damaged_header_is_noticed(database, kind, position):
    start = find_page(database, kind) * PAGE + position
    value = struct.unpack_from('<H', (database / 'data.mdb').read_bytes(), start)[0]
    change(database, start, struct.pack('<H', value ^ 0x4003))
    with pytest.raises(UserError, match='data.mdb is damaged'):
        read_items(database)


@pytest.mark.parametrize('position, value', [(120, 2**64 - 1), (120, 200), (128, 3), (128, 2**64 - 1), (136, 100)])
def test_wrong_numbers_in_the_state_are_noticed(database, position, value):
    for page in (0, 1):
        change(database, page * PAGE + position, struct.pack('<Q', value))
    with pytest.raises(UserError, match='data.mdb is (damaged|cut off)'):
        read_items(database)


def test_value_that_would_reach_beyond_the_end_is_damage_not_a_cut(database):
    start = find_page(database, 2) * PAGE
    offsets = struct.unpack_from('<3H', (database / 'data.mdb').read_bytes(), start + 16)
    change(database, start + offsets[1] + 2, b'\xff\x0f')  # High half of the size of a large value.
    with pytest.raises(UserError, match=f'data.mdb is damaged .page {start // PAGE} '):
        read_items(database)


def test_circle_of_pages_is_noticed(database):
    number = find_page(database, 1)
    content = (database / 'data.mdb').read_bytes()
    first, second = struct.unpack_from('<2H', content, number * PAGE + 16)
    child = struct.unpack_from('<H', content, number * PAGE + first)
    change(database, number * PAGE + second, struct.pack('<H', *child))
    with pytest.raises(UserError, match=f'data.mdb is damaged .page {child[0]} '):
        read_items(database)


def test_what_is_no_lmdb_is_refused(tmp_path):
    with pytest.raises(UserFileNotFoundError, match='LMDB directory .*bedroom does not exist'):
        LmdbFile(str(tmp_path / 'bedroom'))
    with pytest.raises(
        UserError, match='is no LMDB that can be read .it has no file data.mdb.; a folder with the file data.mdb'
    ):
        LmdbFile(str(tmp_path))
    for content, reason in [(b'', 'it is empty'), (b'something else' * 1000, 'it does not begin as one')]:
        save_bytes(str(tmp_path / 'db' / 'data.mdb'), content)
        with pytest.raises(UserError, match=f'db is no LMDB that can be read .{reason}'):
            LmdbFile(str(tmp_path / 'db'))


def test_databases_of_other_kinds_are_refused(tmp_path):
    with lmdb.open(str(tmp_path / 'db'), map_size=1 << 24, max_dbs=1) as database:
        with database.begin(write=True, db=database.open_db(b'inner')) as transaction:
            transaction.put(b'a', b'b')
    with pytest.raises(UserError, match='data.mdb is damaged|is no LMDB that can be read'):
        read_items(tmp_path / 'db')
