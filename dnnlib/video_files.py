# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Writes frames as a video: MP4 where imageio is installed, else an animated GIF or a folder of images."""

import contextlib
import os
import shutil

import numpy as np
import PIL.Image

from dnnlib import image_files
from dnnlib.files import make_temporary_path
from dnnlib.util import UserError, atomic_write

FORMATS = ('auto', 'mp4', 'gif', 'frames')

MP4_FPS = 60
MAX_GIF_FRAMES = 100
GIF_FRAME_SEC = 0.05


def choose_format(name):
    """Return the format that a name from `FORMATS` stands for: 'auto' is the best that is possible here.

    Raises:
        UserError: If MP4 is wanted and cannot be written.
    """
    try:
        import imageio  # noqa: F401 - is it there?
        import imageio_ffmpeg  # noqa: F401
    except ImportError as error:
        if name == 'mp4':
            raise UserError(
                f'MP4 needs two more packages ({error}): pip install imageio imageio-ffmpeg; or choose '
                '`video_format`=gif'
            ) from error
        return 'gif' if name == 'auto' else name
    return 'mp4' if name == 'auto' else name


def open_video(path_prefix, video_format, num_frames, fps=MP4_FPS):
    """Return a writer with the methods `is_wanted(index)`, `add_frame(frame)`, `close()` and `discard()`.

    The video takes the place of an older one when it is closed; discarded, it leaves nothing.

    Args:
        path_prefix: Path without extension.
        video_format: 'mp4', 'gif' or 'frames'; None for a writer that wants nothing.
        num_frames: Number of frames of the whole video.
        fps: Frames per second of an MP4.
    """
    if video_format is None:
        return _NoWriter()
    if video_format == 'mp4':
        return _Mp4Writer(path_prefix, fps)
    return {'gif': _GifWriter, 'frames': _FolderWriter}[video_format](path_prefix, num_frames)


def _to_rgb(frame):
    """Return a uint8 frame [HWC] with three channels."""
    return np.repeat(frame[:, :, :1], 3, axis=2) if frame.shape[2] < 3 else frame[:, :, :3]


class _NoWriter:
    """Writes nothing."""

    def is_wanted(self, index):
        return False

    def add_frame(self, frame):
        raise NotImplementedError

    def close(self):
        pass

    def discard(self):
        pass


class _Mp4Writer:
    """Writes every frame."""

    def __init__(self, path_prefix, fps):
        import imageio

        self._path = path_prefix + '.mp4'
        self._temporary = make_temporary_path(path_prefix, '.mp4')
        self._writer = imageio.get_writer(
            self._temporary,
            mode='I',
            fps=fps,
            codec='libx264',
            bitrate='16M',
            macro_block_size=2,
            ffmpeg_log_level='error',
        )

    def is_wanted(self, index):
        return True

    def add_frame(self, frame):
        self._writer.append_data(_to_rgb(frame))

    def close(self):
        self._writer.close()
        os.replace(self._temporary, self._path)

    def discard(self):
        with contextlib.suppress(Exception):  # The encoder may be gone, which is why.
            self._writer.close()
        with contextlib.suppress(OSError):
            os.remove(self._temporary)


class _GifWriter:
    """Keeps up to 100 frames spread over the whole, and writes them at the end."""

    def __init__(self, path_prefix, num_frames):
        self._path = path_prefix + '.gif'
        self._interval = -(-num_frames // MAX_GIF_FRAMES)
        self._images = []

    def is_wanted(self, index):
        return index % self._interval == 0

    def add_frame(self, frame):
        self._images.append(image_files.to_pil_image(_to_rgb(frame)).convert('P', palette=PIL.Image.ADAPTIVE))

    def close(self):
        options = {'save_all': True, 'append_images': self._images[1:], 'loop': 0}
        with atomic_write(self._path) as file:
            self._images[0].save(file, format='GIF', duration=int(1000 * GIF_FRAME_SEC), **options)

    def discard(self):
        pass


class _FolderWriter:
    """Writes every frame as an image of its own."""

    def __init__(self, path_prefix, num_frames):
        del num_frames
        self._folder = path_prefix + '-frames'
        self._temporary = make_temporary_path(self._folder)
        self._count = 0
        os.makedirs(self._temporary)

    def is_wanted(self, index):
        return True

    def add_frame(self, frame):
        path = os.path.join(self._temporary, f'{self._count:05d}.png')
        image_files.save_image(image_files.to_pil_image(_to_rgb(frame)), path)
        self._count += 1

    def close(self):
        shutil.rmtree(self._folder, ignore_errors=True)
        os.rename(self._temporary, self._folder)

    def discard(self):
        shutil.rmtree(self._temporary, ignore_errors=True)
