# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The video of a training: its grids of images one after the other."""

import os
import warnings

import numpy as np
from PIL import Image

from dnnlib import video_files
from dnnlib.image_files import IMAGE_ERRORS
from training.report import run_files
from training.report.thumbnails import open_image

MAX_SIZE = (1920, 1080)
_WANTED_SEC, _MIN_FPS, _MAX_FPS = 20, 4, 30


def write_videos(run_dir, progress=None):
    """Write a video for each row of grids of a run directory: `fakes.mp4`, or `fakes-frames` where no encoder is.

    Grids that cannot be read are left out. If encoding fails there is a warning, and an older video stays.

    Args:
        run_dir: Run directory.
        progress: Called as `progress(name, done, total)` after each grid, or None.

    Returns:
        Paths of the videos.
    """
    video_format = 'mp4' if video_files.choose_format('auto') == 'mp4' else 'frames'
    paths = []
    for prefix, row in run_files.list_grids(run_dir).items():
        path_prefix = os.path.join(run_dir, run_files.get_title(prefix))
        try:
            if _write_video(run_dir, path_prefix, video_format, _choose_frames([grid.name for grid in row]), progress):
                paths.append(path_prefix + ('.mp4' if video_format == 'mp4' else '-frames'))
        except Exception as error:  # Encoders raise anything.
            reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
            warnings.warn(f'the video {path_prefix} could not be made: {reason[0]}', stacklevel=2)
    return paths


def _choose_frames(names):
    """Return evenly spread ones of a row of grids, the last always: as many as the video can show in its time."""
    stride = -(-len(names) // (_WANTED_SEC * _MAX_FPS))
    return names[::stride] + ([names[-1]] if (len(names) - 1) % stride else [])


def _write_video(run_dir, path_prefix, video_format, names, progress):
    """Write a video, and tell whether there was any frame."""
    fps = int(min(max(len(names) / _WANTED_SEC, _MIN_FPS), _MAX_FPS))
    writer, size = None, None
    try:
        for index, name in enumerate(names, 1):
            try:
                image = open_image(os.path.join(run_dir, name))
            except IMAGE_ERRORS:
                continue
            if writer is None:
                size = choose_frame_size(*image.size)
                writer = video_files.open_video(path_prefix, video_format, len(names), fps)
            writer.add_frame(make_frame(image, size))
            if progress is not None:
                progress('video', index, len(names))
        if writer is not None:
            writer.close()
    except BaseException:
        if writer is not None:
            writer.discard()
        raise
    return writer is not None


def choose_frame_size(width, height):
    """Return the even width and height of frames: at most `MAX_SIZE`; small grids are enlarged by a whole factor."""
    factor = min(MAX_SIZE[0] / width, MAX_SIZE[1] / height)
    factor = int(factor) if factor >= 1 else factor
    return tuple(max(int(length * factor + 1e-6) // 2 * 2, 2) for length in (width, height))


def make_frame(image, size):
    """Return an image as a frame of a size, uint8 [HWC]; enlarged, it keeps its pixels as squares."""
    is_smaller = image.width <= size[0]
    return np.asarray(image.resize(size, Image.NEAREST if is_smaller else Image.LANCZOS))
