# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Image sizes that the networks can make: a small rectangle, doubled several times."""

from dnnlib.util import UserError

MAX_SIDE_PX = 20  # Of the small rectangle: D has a dense layer with a weight for each of its pixels and feature maps.


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
    min_h, min_w = height, width
    while min_h % 2 == 0 and min_w % 2 == 0 and max(min_h, min_w) >= 8:
        min_h, min_w = min_h // 2, min_w // 2
    is_square = min_h == min_w == 4
    if not (4 <= max(min_h, min_w) <= MAX_SIDE_PX and (height > min_h or is_square)):
        raise UserError(
            'image size must be a small rectangle times a power of two, as in 1024x1024 or 512x384, got '
            f'{width}x{height}; resize or crop the images{_suggest_size(height, width)}'
        )
    kwargs = {'resolution': height // min_h * 4}
    return kwargs if is_square else dict(kwargs, min_h=min_h, min_w=min_w)


def join_image_size(resolution, min_h=4, min_w=4, **_kwargs):
    """Return (height, width) of the images that networks with these keywords make."""
    return min_h * resolution // 4, min_w * resolution // 4


def halve_images(images):
    """Return images of half the size: averages of 2x2 pixels.

    For 8-bit values they are exact in float32 down to 1/256 of the size.

    Args:
        images: Array or tensor, float32 [..., H, W].
    """
    rows = images[..., 0::2, :] + images[..., 1::2, :]
    return (rows[..., 0::2] + rows[..., 1::2]) * 0.25


def _suggest_size(height, width):
    """Return a clause with the nearest size that can be made without enlarging, if there is one."""
    factor = 2
    while max(height, width) // factor > MAX_SIDE_PX:
        factor *= 2
    sides = height // factor * factor, width // factor * factor
    return f', for instance to {sides[1]}x{sides[0]}' if max(sides) >= 8 and min(sides) > 0 else ''
