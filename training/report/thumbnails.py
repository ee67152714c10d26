# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Small copies of the image grids of a run, as texts that stand in a page in the place of an address."""

import base64
import contextlib
import io
import os
import warnings

from PIL import Image

from dnnlib import files
from dnnlib.image_files import IMAGE_ERRORS
from dnnlib.util import atomic_write

FOLDER = 'thumbnails'
MAX_NUM = 60
MAX_CHARACTERS = 6 << 20
"""Largest length of all texts of the small copies in a page."""

SMALL, LARGE = (800, 450), (1600, 900)
_QUALITY = {SMALL: 75, LARGE: 85}
_ENDINGS = {SMALL: '.jpg', LARGE: '.large.jpg'}


def save_copies(image, path):
    """Write the small copies of an image of a run directory whose pixels are at hand, so that none decodes its file.

    Args:
        image: The Pillow image.
        path: Its file in the run directory, which is written already.
    """
    run_dir, name = os.path.split(path)
    time_ns = os.stat(path).st_mtime_ns
    image = _reduce(image)
    for size in (LARGE, SMALL):
        _save_copy(_encode(image, size), run_dir, name, size, time_ns)


class Thumbnails:
    """Makes small copies of the images of a run directory once: they stay in a folder of it for the next process.

    Where that folder cannot be written they are made all the same.

    Args:
        run_dir: Run directory.
        progress: Called as `progress('thumbnails', done, total)` after each small copy, or None.
    """

    def __init__(self, run_dir, progress=None):
        self._run_dir = run_dir
        self._progress = progress or (lambda name, done, total: None)
        self._newest = None, None  # What was opened last: (name, time of the file), image no larger than LARGE.
        self._folder = os.path.join(run_dir, FOLDER)
        self._texts = {}  # (name, size) -> (time of the file, text)
        self._used = set()

    def get(self, name, size=LARGE):
        """Return an image of the run directory as a text that an `img` element takes as address.

        Args:
            name: Name of the file.
            size: Largest width and height, LARGE or SMALL.

        Returns:
            The text, or None if there is no such file or it is no image.
        """
        try:
            time_ns = os.stat(os.path.join(self._run_dir, name)).st_mtime_ns
        except OSError:
            return None
        key = name, size
        self._used.add(key)
        if key not in self._texts or self._texts[key][0] != time_ns:
            content = self._load_or_make(name, time_ns, size)
            text = content and 'data:image/jpeg;base64,' + base64.b64encode(content).decode('ascii')
            self._texts[key] = time_ns, text
        return self._texts[key][1]

    def choose(self, names, max_num=MAX_NUM, max_characters=MAX_CHARACTERS):
        """Return small copies of evenly spread ones of a row of images, the first and the last always.

        Args:
            names: Names of the files.
            max_num: Largest number of copies.
            max_characters: Largest length of their texts altogether, unless two exceed it.

        Returns:
            List of pairs of a name and a text; images that cannot be read are left out.
        """
        stride = 1
        while True:
            chosen = names[::stride] + ([names[-1]] if (len(names) - 1) % stride else [])
            if len(chosen) <= max_num:
                pairs = self._make_all(chosen)
                if len(chosen) <= 2 or sum(len(text) for _, text in pairs) <= max_characters:
                    return pairs
            stride *= 2  # Those of the next round are among those of this one: nothing is made anew.

    def _make_all(self, names):
        pairs = []
        for index, name in enumerate(names, 1):
            text = self.get(name, SMALL)
            pairs += [(name, text)] if text else []
            self._progress('thumbnails', index, len(names))
        return pairs

    def remove_leftovers(self):
        """Remove what a process that was killed has left half-written; no other may be writing."""
        with contextlib.suppress(OSError):
            files.remove_leftovers(self._folder)

    def forget_unused(self):
        """Drop what was not asked for since the last call, from memory and from the folder."""
        self._texts = {key: value for key, value in self._texts.items() if key in self._used}
        names = {_get_copy_name(name, size) for name, size in self._used}
        self._used = set()
        with contextlib.suppress(OSError):
            for name in os.listdir(self._folder):
                if name not in names and not name.startswith('.'):  # Those are being written.
                    os.remove(os.path.join(self._folder, name))

    def _load_or_make(self, name, time_ns, size):
        """Return the content of a small copy; one in the folder is valid if its time is that of the image."""
        path = os.path.join(self._folder, _get_copy_name(name, size))
        with contextlib.suppress(OSError):
            if os.stat(path).st_mtime_ns == time_ns:
                with open(path, 'rb') as file:
                    return file.read()
        try:
            content = _encode(self._open_reduced(name, time_ns), size)
        except IMAGE_ERRORS:
            return None
        _save_copy(content, self._run_dir, name, size, time_ns)
        return content

    def _open_reduced(self, name, time_ns):
        """Return an image no larger than LARGE; the newest one is asked for in both sizes, and opened once."""
        if self._newest[0] != (name, time_ns):
            self._newest = (name, time_ns), _reduce(open_image(os.path.join(self._run_dir, name)))
        return self._newest[1]


def _get_copy_name(name, size):
    return os.path.splitext(name)[0] + _ENDINGS[size]


def _reduce(image):
    """Return an image no larger than LARGE."""
    image = _make_opaque(image)
    image.thumbnail(LARGE, Image.LANCZOS)
    return image


def _encode(image, size):
    """Return the content of a JPEG file of an image, which is no larger than `size`."""
    image = image.copy()
    image.thumbnail(size, Image.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, 'JPEG', quality=_QUALITY[size], subsampling=0)
    return stream.getvalue()


def _save_copy(content, run_dir, name, size, time_ns):
    """Write a small copy with the time of its image, if the folder can be written."""
    path = os.path.join(run_dir, FOLDER, _get_copy_name(name, size))
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with atomic_write(path) as file:
            file.write(content)
        os.utime(path, ns=(time_ns, time_ns))


def open_image(path):
    """Return the image of a file in RGB, a transparent one on white ground.

    Raises:
        IMAGE_ERRORS: If it cannot be read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', Image.DecompressionBombWarning)  # Grids are large.
        with Image.open(path) as image:
            return _make_opaque(image)


def _make_opaque(image):
    """Return a copy of an image in RGB, a transparent one on white ground."""
    if image.mode in ('LA', 'RGBA'):
        ground = Image.new('RGBA', image.size, 'white')
        return Image.alpha_composite(ground, image.convert('RGBA')).convert('RGB')
    return image.copy() if image.mode == 'RGB' else image.convert('RGB')
