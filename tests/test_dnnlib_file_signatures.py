# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the table of file signatures."""

import pytest

from dnnlib import util


@pytest.mark.parametrize(
    'head, expected',
    [
        (b'<!DOCTYPE HTML><html>', True),
        (b'\xef\xbb\xbf\n <html lang="en">', True),
        (b'\x80\x04<html>', False),
        (b'version https://git-lfs', False),
        (b'', False),
    ],
)
def test_web_pages_are_recognised_by_their_first_bytes(head, expected):
    assert util.is_html(head) is expected
