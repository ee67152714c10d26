# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Image sizes that the networks can make: a small rectangle, doubled several times."""

from dnnlib.util import UserError

MAX_SIDE_PX = 64  # Of the small rectangle; a larger one would be most of the network.


def split_image_size(height, width):
    """Return the keywords of the networks for images of a size.

    The size is `min_h` x `min_w` times a power of two. Networks are named by the `resolution` that the same number of
    doublings makes of 4x4, which is the size itself if it is a square power of two.

    Args:
        height: Height in pixels.
        width: Width in pixels.

    Returns:
        Dict with `resolution`, and with `min_h` and `min_w` unless both are 4.

    Raises:
        UserError: If the sides have no power of two in common that is large enough.
    """
    doublings = 0
    min_h, min_w = height, width
    while min_h % 2 == 0 and min_w % 2 == 0 and max(min_h, min_w) >= 8:
        min_h, min_w, doublings = min_h // 2, min_w // 2, doublings + 1
    if max(min_h, min_w) > MAX_SIDE_PX or max(min_h, min_w) < 4:
        raise UserError(
            'image size must be a small rectangle times a power of two, as in 1024x1024 or 512x384, got '
            f'{width}x{height}; resize or crop the images to multiples of {_suggest_factor(height, width)}'
        )
    kwargs = {'resolution': 4 << doublings}
    return kwargs if min_h == min_w == 4 else dict(kwargs, min_h=min_h, min_w=min_w)


def join_image_size(resolution, min_h=4, min_w=4, **_kwargs):
    """Return (height, width) of the images that networks with these keywords make."""
    return min_h * resolution // 4, min_w * resolution // 4


def _suggest_factor(height, width):
    """Return the smallest power of two whose multiples near this size can be made."""
    factor = 2
    while max(height, width) / factor > MAX_SIDE_PX // 2:
        factor *= 2
    return factor
