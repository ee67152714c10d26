# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Checksums of TFRecord files: CRC-32C, rotated and shifted.

As a CRC is linear over XOR, those of many messages are computed at once.
"""

import functools

import numpy as np


@functools.lru_cache(maxsize=None)
def _make_zeros_tables(log2_bytes):
    """Return two tables [65536] that tell what the two halves of a CRC become after 2**log2_bytes zero bytes."""
    basis = np.uint32(1) << np.arange(32, dtype=np.uint32)
    if log2_bytes == 0:
        for _ in range(8):
            basis = (basis >> np.uint32(1)) ^ np.where(basis & np.uint32(1), np.uint32(0x82F63B78), np.uint32(0))
    else:
        basis = _append_zeros(_append_zeros(basis, log2_bytes - 1), log2_bytes - 1)

    tables = []
    for half in (basis[:16], basis[16:]):
        table = np.zeros([1], np.uint32)
        for image in half:
            table = np.concatenate([table, table ^ image])
        tables.append(table)
    return tables


def _append_zeros(crcs, log2_bytes):
    low, high = _make_zeros_tables(log2_bytes)
    return low[crcs & np.uint32(0xFFFF)] ^ high[crcs >> np.uint32(16)]


@functools.lru_cache(maxsize=1024)
def _compute_start_term(num_bytes):
    """Return what the start value of all ones contributes to the CRC of a message of this length."""
    term = np.full([1], 0xFFFFFFFF, np.uint32)
    for bit in range(num_bytes.bit_length()):
        if num_bytes >> bit & 1:
            term = _append_zeros(term, bit)
    return term[0]


def _mask(crcs):
    """Return the form in which checksums are stored, of an integer or an array."""
    return ((crcs >> 15 | crcs << 17) + 0xA282EAD8) & 0xFFFFFFFF


@functools.lru_cache(maxsize=None)
def _make_byte_table():
    """Return the table [256] of the usual algorithm, which takes byte by byte."""
    return _append_zeros(np.arange(256, dtype=np.uint32), 0).tolist()


def compute_checksum(message):
    """Return the stored checksum of bytes as a number; for a few bytes this is the faster way."""
    table = _make_byte_table()
    crc = 0xFFFFFFFF
    for byte in message:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return _mask(crc ^ 0xFFFFFFFF)


def compute_checksums(rows, lengths=None):
    """Return the stored checksum of each row.

    Args:
        rows: Messages, uint8 [num_rows, num_bytes]; shorter ones are filled up with zeros in front.
        lengths: Number of bytes of each message, or None if no row is filled up.

    Returns:
        Masked CRC-32C, uint32 [num_rows].
    """
    num_rows, num_bytes = rows.shape
    if num_bytes % 4:  # Leading zeros leave a CRC that starts at zero unchanged.
        rows = np.concatenate([np.zeros([num_rows, -num_bytes % 4], np.uint8), rows], axis=1)
    words = np.ascontiguousarray(rows).view('<u4')

    log2_bytes = 2
    while words.shape[1] > 1:  # Join neighbours, doubling the bytes that each word stands for.
        if words.shape[1] % 2:
            words = np.concatenate([np.zeros([num_rows, 1], np.uint32), words], axis=1)
        words = _append_zeros(words[:, 0::2], log2_bytes) ^ words[:, 1::2]
        log2_bytes += 1
    start_terms = np.array([_compute_start_term(length) for length in lengths or [num_bytes]])
    return _mask(~(_append_zeros(words[:, 0], 2) ^ start_terms))
