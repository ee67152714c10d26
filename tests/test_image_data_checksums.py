# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the checksums of TFRecord files."""

import numpy as np
import pytest
from record_inputs import compute_crc_bit_by_bit

from image_data import checksums


def test_checksum_of_the_standard_test_message():
    message = np.frombuffer(b'123456789', np.uint8)[np.newaxis]
    crc = 0xE3069283  # The check value of CRC-32C.
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    assert checksums.compute_checksums(message).tolist() == [masked]
    assert checksums.compute_checksum(message.tobytes()) == masked


@pytest.mark.parametrize('num_bytes', [1, 2, 3, 4, 5, 31, 64, 1000])
def test_checksums_of_many_rows_equal_those_computed_bit_by_bit(num_bytes):
    rows = np.random.RandomState(num_bytes).randint(0, 256, [3, num_bytes]).astype(np.uint8)
    assert checksums.compute_checksums(rows).tolist() == [compute_crc_bit_by_bit(row.tolist()) for row in rows]


def test_rows_may_be_filled_up_with_zeros_in_front():
    rows = np.array([[0, 0, 0, 7, 8], [1, 2, 3, 4, 5]], np.uint8)
    expected = [compute_crc_bit_by_bit([7, 8]), compute_crc_bit_by_bit([1, 2, 3, 4, 5])]
    assert checksums.compute_checksums(rows, [2, 5]).tolist() == expected


def test_one_message_has_the_checksum_computed_bit_by_bit():
    for message in (b'', b'\0', b'hello', bytes(range(256))):
        assert checksums.compute_checksum(message) == compute_crc_bit_by_bit(message)
