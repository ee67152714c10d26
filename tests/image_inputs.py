# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""What the tests of image files share: a made-up picture of any size and mode, and its file."""

import io

import numpy as np
from PIL import Image

RGB = np.random.RandomState(0).randint(0, 256, [16, 16, 3]).astype(np.uint8)


def picture(size=(16, 16), mode='RGB'):
    return Image.fromarray(RGB).resize(size).convert(mode)


def encode(image, kind='PNG', **kwargs):
    stream = io.BytesIO()
    image.save(stream, kind, **kwargs)
    return stream.getvalue()
