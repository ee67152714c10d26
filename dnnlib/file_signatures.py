# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""What a file is, told by its first bytes: the one table of signatures."""

import collections

HEAD_BYTES = 1024
"""Number of first bytes that suffice."""

_Signature = collections.namedtuple('_Signature', 'name heads words')
_Signature.__doc__ = """How files of a format begin.

Attributes:
    name: What the format is called in this project.
    heads: What the files begin with.
    words: What such a file is, with the way out, for messages; or None where a few letters tell too little for that.
"""

_WEB_PAGE = 'a web page, as servers send instead of a file that is missing or over its quota; download it again'
_SIGNATURES = (
    _Signature(
        'git-lfs', (b'version https://git-lfs',), 'a git-lfs pointer; fetch the file itself with `git lfs pull`'
    ),
    _Signature('zip', (b'PK\x03\x04',), 'a zip archive, as PyTorch checkpoints are'),
    _Signature('torch', (b'\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19',), 'a PyTorch file'),  # The pickled magic number.
    _Signature('gzip', (b'\x1f\x8b',), 'a gzip archive; unpack it first'),
    _Signature('bzip2', (b'BZh',), 'a bzip2 archive; unpack it first'),
    _Signature('7-zip', (b'7z\xbc\xaf',), 'a 7-zip archive; unpack it first'),
    _Signature('rar', (b'Rar!',), 'a RAR archive; unpack it first'),
    _Signature('hdf5', (b'\x89HDF',), 'an HDF5 file'),
    _Signature('numpy', (b'\x93NUMPY',), 'a single NumPy array'),
    _Signature('png', (b'\x89PNG',), 'a PNG picture'),
    _Signature('jpeg', (b'\xff\xd8\xff',), 'a JPEG picture'),
    _Signature('gif', (b'GIF8',), 'a GIF picture'),
    _Signature('tiff', (b'II*\0', b'MM\0*'), None),
    _Signature('bmp', (b'BM',), None),
    _Signature('ppm', (b'P5', b'P6'), None),
    _Signature('jpeg 2000', (b'\0\0\0\x0cjP  ', b'\xff\x4f\xff\x51'), None),  # With frame, and without.
    _Signature('qoi', (b'qoif',), None),
    _Signature('psd', (b'8BPS',), None),
    _Signature('jpeg xl', (b'\xff\x0a', b'\0\0\0\x0cJXL '), None),
    _Signature('openexr', (b'\x76\x2f\x31\x01',), None),
    _Signature('radiance hdr', (b'#?RADIANCE',), None),
    _Signature('gimp', (b'gimp xcf',), None),
    _Signature('icon', (b'\0\0\1\0', b'icns'), None),
    _Signature('wmf', (b'\xd7\xcd\xc6\x9a',), None),
    _Signature('postscript', (b'%!PS',), None),
    _Signature('pdf', (b'%PDF',), 'a PDF document'),
    _Signature('video', (b'\x1a\x45\xdf\xa3', b'\0\0\x01\xba'), None),  # Matroska and MPEG.
    _Signature('riff', (b'RIFF',), None),
    _Signature('json', (b'{',), 'a JSON text'),
    _Signature('markup', (b'<',), _WEB_PAGE),
)
_BRANDS = (  # Of containers: what follows `ftyp`.
    _Signature('heic', (b'heic', b'heix', b'hevc', b'heim', b'mif1'), None),
    _Signature('avif', (b'avif', b'avis'), None),
    _Signature('video', (b'isom', b'iso2', b'mp41', b'mp42', b'M4V ', b'qt  '), None),
)


def find_format(head):
    """Return the name of the format of a file, such as 'png', or None.

    Args:
        head: Its first `HEAD_BYTES` bytes; more do no harm.
    """
    if is_html(head):
        return 'html'
    if head[4:8] == b'ftyp':  # The main brand of AVIF may be one that HEIC has, too.
        return 'avif' if b'avif' in head[8:32] else _find_name(_BRANDS, head[8:])
    if head.startswith(b'RIFF') and head[8:12] == b'AVI ':
        return 'video'
    if head.startswith(b'<svg') or (head.startswith(b'<?xml') and b'<svg' in head[:HEAD_BYTES]):
        return 'svg'
    return _find_name(_SIGNATURES, head)


def _find_name(signatures, head):
    return next((signature.name for signature in signatures if head.startswith(signature.heads)), None)


def describe(head):
    """Return what a file is, in words with an article and the way out, or None if its first bytes tell too little.

    Args:
        head: Its first `HEAD_BYTES` bytes; white space in front does not count.
    """
    found = find_format(head[:HEAD_BYTES].lstrip())
    words = {signature.name: signature.words for signature in _SIGNATURES}
    return _WEB_PAGE if found == 'html' else words.get(found)


def is_html(head):
    """Tell whether the first bytes of a file are those of a web page."""
    start = head[:HEAD_BYTES].lstrip(b'\xef\xbb\xbf \t\r\n').lower()
    return start.startswith((b'<!doctype html', b'<html'))
