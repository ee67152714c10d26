# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Which files are images, by name and first bytes, and what others are that people take for images."""

import collections
import functools
import os

from PIL import Image

from dnnlib import file_signatures

HEAD_BYTES = 512
"""Number of first bytes that tell what a file is."""

_READABLE = 'PNG JPEG MPO WEBP GIF BMP DIB TIFF AVIF JPEG2000 PPM PCX QOI PSD SGI SUN DDS'.split()
_READABLE_BY_NAME = ('TGA',)  # Nothing in the content tells.
_READABLE_FORMATS = 'png jpeg gif bmp riff tiff ppm qoi psd'.split() + ['jpeg 2000']  # As `file_signatures` names them.

_Kind = collections.namedtuple('_Kind', 'noun plural endings formats is_image advice')
_Kind.__doc__ = """A kind of files that cannot be read, although people may expect it.

Attributes:
    noun: What one of them is.
    plural: What all of them are called.
    endings: Endings of file names.
    formats: Their names in `file_signatures`, if their content tells.
    is_image: Whether such a file is meant to be part of a data set: other kinds are only explained.
    advice: The way out.
"""

_CONVERT = 'convert to PNG or JPEG'
_RAW = _Kind(
    'a raw picture of a camera',
    'such pictures',
    '.cr2 .cr3 .nef .arw .dng .orf .rw2 .raf .pef .srw'.split(),
    (),
    True,
    _CONVERT,
)
_KINDS = (
    _RAW,
    _Kind('HEIC', 'HEIC', ['.heic', '.heif', '.hif'], ('heic',), True, _CONVERT),
    _Kind('AVIF', 'AVIF', ['.avif', '.avifs'], ('avif',), True, _CONVERT),
    _Kind('JPEG XL', 'JPEG XL', ['.jxl'], ('jpeg xl',), True, _CONVERT),
    _Kind('QOI', 'QOI', ['.qoi'], ('qoi',), True, _CONVERT),
    _Kind('OpenEXR', 'OpenEXR', ['.exr'], ('openexr',), True, _CONVERT),
    _Kind('Radiance HDR', 'Radiance HDR', ['.hdr'], ('radiance hdr',), True, _CONVERT),
    _Kind('GIMP', 'GIMP', ['.xcf'], ('gimp',), True, _CONVERT),
    _Kind('DICOM', 'DICOM', ['.dcm'], (), True, _CONVERT),
    _Kind('an icon', 'icons', '.ico .icns .cur .xbm .xpm'.split(), ('icon',), False, _CONVERT),
    _Kind('SVG', 'SVG', ['.svg', '.svgz'], ('svg',), False, _CONVERT),
    _Kind('PostScript', 'PostScript', ['.eps', '.ps', '.ai'], ('postscript',), False, _CONVERT),
    _Kind('PDF', 'PDF', ['.pdf'], ('pdf',), False, _CONVERT),
    _Kind('WMF', 'WMF', ['.wmf', '.emf'], ('wmf',), False, _CONVERT),
    _Kind(
        'a video',
        'videos',
        '.mp4 .m4v .mov .avi .mkv .webm .mpg .mpeg .wmv .flv'.split(),
        ('video',),
        False,
        'save their frames as PNG or JPEG, for instance with ffmpeg',
    ),
    _Kind(
        'an archive',
        'archives',
        ['.zip', '.rar', '.7z', '.tar', '.gz', '.tgz'],
        ('zip', 'rar', 'gzip'),
        False,
        'unpack',
    ),
)


def list_formats(name=''):
    """Return Pillow's names of the formats to read a file of a name with: not all, for some start other programs."""
    Image.init()
    by_name = [kind for kind in _READABLE_BY_NAME if _get_ending(name) in _get_endings(kind)]
    return [kind for kind in _READABLE + by_name if kind in Image.OPEN]


def _get_ending(name):
    return os.path.splitext(name)[1].lower()


def _get_endings(kind):
    return [ending for ending, other in Image.registered_extensions().items() if other == kind]


@functools.lru_cache(maxsize=1)
def list_endings():
    """Return the endings of the names of images that can be read here, e.g. `.png`."""
    Image.init()
    kinds = [*_READABLE, *_READABLE_BY_NAME]
    return frozenset(ending for kind in kinds if kind in Image.OPEN for ending in _get_endings(kind))


def is_named_like_image(name):
    """Tell whether the ending of a name is that of an image, readable or not."""
    ending = _get_ending(name)
    return ending in list_endings() or any(kind.is_image and ending in kind.endings for kind in _KINDS)


def begins_like_image(head):
    """Tell whether the first bytes of a file may be those of an image, readable or not."""
    kind = _find_kind_by_content(head)
    return file_signatures.find_format(head) in _READABLE_FORMATS or (kind is not None and kind.is_image)


def is_raw_of_camera(name, head):
    """Tell whether a file is raw data of a camera: TIFF in form, though what can be read of it is a thumbnail."""
    return _get_ending(name) in _RAW.endings and head.startswith((b'II', b'MM'))


def explain_kind(name, head=b''):
    """Return what is wrong with a file of a kind that cannot be read, or None if it is of no kind that is known.

    Args:
        name: Its name; what the content tells counts more.
        head: Its first `HEAD_BYTES` bytes.
    """
    ending = _get_ending(name)
    kind = _find_kind_by_content(head) or next((kind for kind in _KINDS if ending in kind.endings), None)
    if kind is None or list_endings().intersection(kind.endings):
        return None
    return f'is {kind.noun}; {kind.plural} cannot be read: {kind.advice}'


def explain_unreadable(name, head):
    """Return what is wrong with a file that Pillow cannot read, as a clause; arguments as those of `explain_kind`."""
    found = file_signatures.find_format(head)
    if found == 'git-lfs':
        return 'is no picture that Pillow can read: it is a pointer of Git LFS; run git lfs pull'
    if found == 'html':
        return 'is no picture that Pillow can read: it is a web page; download the picture itself'
    explained = explain_kind(name, head)
    if explained:
        return explained
    if _is_text(head):
        return 'is no picture that Pillow can read: it is a text'
    if found == 'tiff':
        return 'is a TIFF of a kind that Pillow cannot read: save it with 8 or 16 bits per channel, gray or RGB'
    if found in _READABLE_FORMATS:
        return 'is truncated or damaged, or of a kind that Pillow cannot read'
    return 'is no picture that Pillow can read'


def _find_kind_by_content(head):
    found = file_signatures.find_format(head)
    return next((kind for kind in _KINDS if found in kind.formats), None)


def _is_text(head):
    """Tell whether bytes, the last of which may be half a character, are text in UTF-8."""
    try:
        text = head[:-4].decode('utf-8') if len(head) == HEAD_BYTES else head.decode('utf-8')
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in text)
