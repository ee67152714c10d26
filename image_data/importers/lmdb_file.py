# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Reader of LMDB files that trusts nothing: damage anywhere ends with a sentence.

The library maps such files into memory and believes what they say, so that one that is cut off or damaged ends the
process without a word. Only what LSUN needs is read: the one database of the newest transaction.

An LMDB is a file of pages. Pages 0 and 1 are two states of the whole, of which the newer counts; it names the root of a
tree. Branch pages list pages, leaf pages list keys with their values, and values too large for a leaf lie in pages of
their own, one behind the other. Every page but the further ones of a value begins with its own number and its kind.
"""

import array
import collections
import os
import struct

import numpy as np

from dnnlib import files, util

_HEADER = struct.Struct('<QHHHH')  # Page number, nothing, kind, end of the list of nodes, begin of the nodes.
_LARGE_HEADER = struct.Struct('<QHHI')  # Page number, nothing, kind, number of pages.
_STATE = struct.Struct('<16x IIQQ I44x IHHQQQQQ QQ')
# Low and high half of the size or page number, flags or the rest of it, size of the key.
_NODE = struct.Struct('<HHHH')
_POINTER = struct.Struct('<Q')
_MAGIC, _VERSION = 0xBEEFC0DE, 1
_BRANCH, _LEAF, _LARGE, _STATE_PAGE = 1, 2, 4, 8
_KINDS = 0x6F  # The other bits say nothing in a file.
_IS_LARGE = 1  # Flag of a node: its value lies in pages of its own.
_HAS_SEVERAL_VALUES, _HAS_OWN_ORDER = 4, 2 | 8  # Flags of a database.

_State = collections.namedtuple('_State', 'page_size flags depth num_items root num_pages transaction')
_Node = collections.namedtuple('_Node', 'key size start is_large')  # `start` is where in the file the value begins.


class LmdbFile:
    """An LMDB, open for reading; use it in a `with` block. Needs no lock file.

    Attributes:
        path: Path of the file.
        num_items: Number of its items.
    """

    def __init__(self, path):
        """Open an LMDB.

        Args:
            path: The file, or the folder with `data.mdb`.

        Raises:
            UserError: If there is none, or it is damaged.
        """
        self._given_path = path
        if not os.path.exists(path):
            files.check_directory(path, 'LMDB directory')
        self.path = os.path.join(path, 'data.mdb') if os.path.isdir(path) else path
        if not os.path.isfile(self.path):
            raise self._make_kind_error('it has no file data.mdb')
        self._file = open(self.path, 'rb')
        self._num_bytes = os.path.getsize(self.path)
        try:
            self._state = self._find_state()
        except BaseException:
            self._file.close()
            raise
        self.num_items = self._state.num_items

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def list_positions(self):
        """Return where in the file each item is described, int64 [num_items], in the order of the keys.

        Raises:
            UserError: If any page that leads to the items is damaged, or a value lies beyond the end of the file.
        """
        positions, starts, sizes = [array.array('q') for _ in range(3)]  # LSUN has millions.
        last_key = None
        is_sorted = not self._state.flags & _HAS_OWN_ORDER
        for number, offsets, page in self._walk():
            for offset in offsets:
                node = self._parse_node(number, page, offset)
                if is_sorted and last_key is not None and node.key <= last_key:
                    raise self._make_damage_error(number)
                last_key = node.key
                positions.append(number * self._state.page_size + offset)
                if node.is_large:
                    starts.append(node.start)
                    sizes.append(node.size)
            if len(positions) > self.num_items:
                raise self._make_damage_error(number)
        if len(positions) != self.num_items:
            raise self._make_damage_error(self._state.root)
        self._check_extents(np.array(starts), np.array(sizes))
        return np.array(positions, np.int64)

    def read_item(self, position):
        """Return key and value of the item at one of the positions of `list_positions`; raise UserError if damaged."""
        number, offset = divmod(int(position), self._state.page_size)
        page, _ = self._read_page(number, _LEAF)
        node = self._parse_node(number, page, offset)
        if node.is_large:
            self._check_large_page(node)
        return node.key, self._read(*divmod(node.start, self._state.page_size), node.size)

    def _read(self, number, offset, num_bytes):
        """Return what begins at a place of a page."""
        position = number * self._state.page_size + offset
        if number >= self._state.num_pages:
            raise self._make_damage_error(number)
        if position + num_bytes > self._num_bytes:
            raise self._make_cut_error(number)
        self._file.seek(position)
        content = self._file.read(num_bytes)
        if len(content) != num_bytes:
            raise util.UserError(f'{self.path} has become shorter meanwhile; try again')
        return content

    # The state.

    def _find_state(self):
        """Return the newer one of the two states."""
        first = self._read_state(0)
        if first is None:
            raise self._make_kind_error('it does not begin as one' if self._num_bytes else 'it is empty')
        self._state = first
        if self._num_bytes < 2 * first.page_size:
            raise self._make_cut_error(1)
        second = self._read_state(first.page_size)
        if second is None or second.page_size != first.page_size:
            raise self._make_damage_error(1)
        newest = max(first, second, key=lambda state: state.transaction)
        if newest.flags & _HAS_SEVERAL_VALUES:
            raise self._make_kind_error('it has several values for a key')
        return newest

    def _read_state(self, position):
        """Return the _State of a page, or None if there is none."""
        self._file.seek(position)
        content = self._file.read(_STATE.size)
        if len(content) != _STATE.size or _HEADER.unpack_from(content)[2] & _KINDS != _STATE_PAGE:
            return None
        magic, version, _, _, page_size, _, flags, depth, _, _, _, num_items, root, last, transaction = _STATE.unpack(
            content
        )
        if (magic, version) != (_MAGIC, _VERSION) or page_size not in [1 << power for power in range(8, 17)]:
            return None
        return _State(page_size, flags, depth, num_items, root, last + 1, transaction)

    # The tree.

    def _walk(self):
        """Yield number, positions of the nodes in it, and content of each leaf, in the order of the keys."""
        seen = set()
        pending = [(self._state.root, self._state.depth)] if self.num_items else []
        while pending:
            number, depth = pending.pop()
            if number in seen:
                raise self._make_damage_error(number)
            seen.add(number)
            page, offsets = self._read_page(number, _BRANCH if depth > 1 else _LEAF)
            if depth > 1:
                children = [_parse_child(page, offset) for offset in offsets]
                pending += [(child, depth - 1) for child in reversed(children)]
            else:
                yield number, offsets, page

    def _read_page(self, number, kind):
        """Return the content of a page, and where the nodes begin in it."""
        size = self._state.page_size
        page = self._read(number, 0, size)
        found_number, _, found_kind, end, begin = _HEADER.unpack_from(page)
        if (found_number, found_kind & _KINDS) != (number, kind) or not _HEADER.size < end <= begin <= size or end % 2:
            raise self._make_damage_error(number)
        offsets = struct.unpack_from(f'<{(end - _HEADER.size) // 2}H', page, _HEADER.size)
        if min(offsets) < begin or max(offsets) > size - _NODE.size:
            raise self._make_damage_error(number)
        return page, offsets

    def _parse_node(self, number, page, offset):
        """Return the _Node at a place of a leaf."""
        low, high, flags, key_size = _NODE.unpack_from(page, offset)
        size = low | high << 16
        key_start = offset + _NODE.size
        start = key_start + key_size
        is_large = flags == _IS_LARGE
        if flags & ~_IS_LARGE or start + (_POINTER.size if is_large else size) > len(page):
            raise self._make_damage_error(number)
        key = page[key_start:start]
        if is_large:
            first = _POINTER.unpack_from(page, start)[0]
            start = first * self._state.page_size + _LARGE_HEADER.size
            if first >= self._state.num_pages:
                raise self._make_damage_error(number)
            if start + size > self._num_bytes:
                raise self._make_cut_error(number)
            return _Node(key, size, start, True)
        return _Node(key, size, number * self._state.page_size + start, False)

    # Large values.

    def _check_extents(self, starts, sizes):
        """Raise UserError if large values lie within each other."""
        order = np.argsort(starts)
        starts = starts[order]
        ends = starts + sizes[order]
        overlapping = np.flatnonzero(starts[1:] < ends[:-1])
        if len(overlapping):
            raise self._make_damage_error(starts[overlapping[0]] // self._state.page_size)

    def _check_large_page(self, node):
        """Raise UserError unless a page begins a large value of at least the size of a node's."""
        size = self._state.page_size
        number = node.start // size
        found_number, _, kind, num_pages = _LARGE_HEADER.unpack(self._read(number, 0, _LARGE_HEADER.size))
        if (found_number, kind & _KINDS) != (number, _LARGE) or num_pages * size < _LARGE_HEADER.size + node.size:
            raise self._make_damage_error(number)

    # Errors.

    def _make_kind_error(self, reason):
        return util.UserError(
            f'{self._given_path} is no LMDB that can be read ({reason}); a folder with the file data.mdb is expected, '
            'as unpacked from an archive of LSUN'
        )

    def _make_damage_error(self, number):
        return util.UserError(
            f'{self.path} is damaged (page {number} is not what the rest says it is); copy or download it again'
        )

    def _make_cut_error(self, number):
        """Return an error about a page that leads beyond the end of the file."""
        expected = self._state.num_pages * self._state.page_size
        if self._num_bytes >= expected:
            return self._make_damage_error(number)
        return util.UserError(
            f'{self.path} is cut off ({self._num_bytes} of {expected} bytes); copy or download it again'
        )


def _parse_child(page, offset):
    """Return the number of a page that a node of a branch points to."""
    low, high, highest, _ = _NODE.unpack_from(page, offset)
    return low | high << 16 | highest << 32
