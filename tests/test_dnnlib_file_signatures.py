# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the table of file signatures."""

import pickle

import pytest

from dnnlib import file_signatures, util


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


@pytest.mark.parametrize(
    'head, name, words',
    [
        (b'\x89PNG\r\n\x1a\n', 'png', 'a PNG picture'),
        (b'\xff\xd8\xff\xe0\0\x10JFIF', 'jpeg', 'a JPEG picture'),
        (b'PK\x03\x04\x14\0', 'zip', 'a zip archive, as PyTorch checkpoints are'),
        (b'\x1f\x8b\x08', 'gzip', 'a gzip archive; unpack it first'),
        (b'\x89HDF\r\n', 'hdf5', 'an HDF5 file'),
        (b'\x93NUMPY\x01\0', 'numpy', 'a single NumPy array'),
        (b'version https://git-lfs.github.com/spec/v1\n', 'git-lfs', 'a git-lfs pointer; fetch the file itself'),
        (pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2), 'torch', 'a PyTorch file'),
        (b'\n\n<HTML><body>', 'html', 'a web page, as servers send instead of a file that is missing'),
        (b'<table>', 'markup', 'a web page, as servers send instead of a file that is missing'),
        (b'<?xml version="1.0"?><svg>', 'svg', None),
        (b'II*\0\x08', 'tiff', None),
        (b'BM: what we all remember', 'bmp', None),
        (b'RIFF\0\0\0\0WEBPVP8 ', 'riff', None),
        (b'RIFF\0\0\0\0AVI LIST', 'video', None),
        (b'\0\0\0\x18ftypheic\0\0\0\0mif1', 'heic', None),
        (b'\0\0\0\x18ftypmif1\0\0\0\0avif', 'avif', None),
        (b'\0\0\0\x18ftypisom', 'video', None),
        (b'\x80\x04\x95', None, None),
        (b'hello', None, None),
        (b'', None, None),
    ],
)
def test_formats_are_told_by_their_first_bytes(head, name, words):
    assert file_signatures.find_format(head) == name
    described = file_signatures.describe(b'\n' + head)
    assert described is None if words is None else described.startswith(words)
