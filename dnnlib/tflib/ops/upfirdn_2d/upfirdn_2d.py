# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Upsample - filter - downsample of images (StyleGAN2, Karras et al. 2019, arXiv:1912.04958, appendix B)."""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.tflib import custom_ops
from dnnlib.tflib.ops.shared.layouts import change_layout, find_axis
from dnnlib.tflib.ops.upfirdn_2d import ref

_NATIVE_DTYPES = (tf.float32, tf.float16, tf.bfloat16)  # Others are left to TensorFlow's own ops.


def upfirdn_2d(x, k, upx=1, upy=1, downx=1, downy=1, padx0=0, padx1=0, pady0=0, pady1=0, impl=None):
    """Upsample by zero insertion, pad or crop, convolve with a FIR filter and keep every n-th pixel.

    The output is floor((inW * upx + padx0 + padx1 - firW) / downx) + 1 wide, likewise in y. The op is linear in `x`;
    gradients of any order are available. The compiled op takes float32, float16 and bfloat16, and adds up in float32;
    other types are left to TensorFlow's own ops. A filter of rank 1 costs as much as one in x and one in y.

    Args:
        x: Images [majorDim, inH, inW, minorDim]; height and width static.
        k: Filter, NumPy array [firH, firW], not normalised here. It is a true convolution: `k` is applied mirrored.
        upx: Factor of zero insertion in x; zeros follow every pixel, also the last one.
        upy: The same in y.
        downx: Step of the pixels that are kept in x, beginning with the first.
        downy: The same in y.
        padx0: Zeros to add on the left after the insertion; negative values crop.
        padx1: The same on the right.
        pady0: The same at the top.
        pady1: The same at the bottom.
        impl: None for the best implementation that is there, 'native' (or 'cuda') or 'ref'.

    Returns:
        Tensor [majorDim, outH, outW, minorDim] of the dtype of `x`.

    Raises:
        ValueError: If a factor is not a positive integer, `x` or `k` has the wrong rank, a size is unknown, or nothing
            would be left.
    """
    return _upfirdn(x, k, (upy, upx), (downy, downx), ((pady0, pady1), (padx0, padx1)), impl=impl)


def _upfirdn(x, k, up, down, pad, data_format='NHWC', impl=None):
    """Choose the implementation of `upfirdn_2d`; factors and pads in the order y, x, images [NHWC] or [NCHW]."""
    impl = custom_ops.resolve_impl(impl, 'upfirdn_2d')
    x = tf.convert_to_tensor(x)
    k = np.asarray(k, dtype=np.float32)
    out_size = _get_out_size(x, k, up, down, pad, data_format)
    if impl == 'native' and x.dtype in _NATIVE_DTYPES:
        return _upfirdn_2d_native(x, k, up, down, pad, data_format)
    if data_format == 'NCHW' and x.shape.as_list()[1] is None:
        return _upfirdn_unknown_channels(x, k, up, down, pad, out_size)
    y = ref.upfirdn_2d(change_layout(x, data_format, 'NHWC'), k, up, down, pad, out_size)
    return change_layout(y, 'NHWC', data_format)


def _get_out_size(x, k, up, down, pad, data_format):
    """Check the arguments of `_upfirdn` and return height and width of the result."""
    if x.shape.rank != 4 or k.ndim != 2 or k.size == 0:
        raise ValueError(f'x must be [major, H, W, minor] and k [firH, firW], got {x.shape} and {k.shape}')
    if any(int(factor) != factor or factor < 1 for factor in up + down):
        raise ValueError(f'up and down factors must be positive integers, got {[up[1], up[0], down[1], down[0]]}')
    if any(int(size) != size for size in pad[0] + pad[1]):
        raise ValueError(f'pads must be integers, got {pad}')
    height = find_axis(data_format, 'H')
    in_size = x.shape.as_list()[height : height + 2]
    if None in in_size:
        raise ValueError(f'height and width of x must be known when the graph is built, got {x.shape}')
    out_size = [(size * u + p[0] + p[1] - fir) // d + 1 for size, u, d, p, fir in zip(in_size, up, down, pad, k.shape)]
    if min(out_size) < 1:
        raise ValueError(f'filter {k.shape} leaves nothing of input {in_size} with pads {pad}')
    return out_size


def _upfirdn_2d_native(x, k, up, down, pad, data_format):
    """Run the compiled op."""
    plugin = custom_ops.get_plugin('upfirdn_2d')
    up, down, pad = [[int(value) for value in values] for values in (up, down, pad[0] + pad[1])]
    return plugin.up_fir_dn2d(x=x, k=tf.make_tensor_proto(k), up=up, down=down, pad=pad, data_format=data_format)


@tf.RegisterGradient('UpFirDn2D')
def _upfirdn_2d_grad(op, dy):
    """Return the gradient of the compiled op: itself with the filter mirrored, and up and down exchanged."""
    up, down, pad, k = [op.get_attr(name) for name in ('up', 'down', 'pad', 'k')]
    data_format = op.get_attr('data_format').decode()
    height = find_axis(data_format, 'H')
    grad_pad = []
    for axis in (0, 1):
        in_size, out_size = [int(tensor.shape[height + axis]) for tensor in (op.inputs[0], op.outputs[0])]
        grad_pad.append(int(k.tensor_shape.dim[axis].size) - pad[2 * axis] - 1)
        grad_pad.append(in_size * up[axis] - out_size * down[axis] + pad[2 * axis] - up[axis] + 1)
    plugin = custom_ops.get_plugin('upfirdn_2d')
    return plugin.up_fir_dn2d(
        x=dy, k=k, up=down, down=up, pad=grad_pad, flip=not op.get_attr('flip'), data_format=data_format
    )


def _upfirdn_unknown_channels(x, k, up, down, pad, out_size):
    """Run `upfirdn_2d` on [NCHW] whose channels include a minibatch of unknown size, as in a grouped convolution."""
    y = ref.upfirdn_2d(tf.reshape(x, [-1, int(x.shape[2]), int(x.shape[3]), 1]), k, up, down, pad, out_size)
    return tf.reshape(y, [tf.shape(x)[0], tf.shape(x)[1]] + out_size)


def filter_2d(x, k, gain=1, padding=0, data_format='NCHW', impl=None):
    """Filter a batch of images with a FIR filter, keeping their size.

    Args:
        x: Images [NCHW] or [NHWC]; height and width static.
        k: FIR filter, a square array, or a vector whose outer product with itself is meant. Normalised to sum 1.
        gain: Factor on the result.
        padding: Pixels to add on every side of the output.
        data_format: 'NCHW' or 'NHWC'.
        impl: Implementation, see `upfirdn_2d`.

    Returns:
        Images of the layout and dtype of `x`.
    """
    k = setup_kernel(k) * gain
    size = k.shape[0]
    pad = (size // 2 + padding, (size - 1) // 2 + padding)
    return simple_upfirdn_2d(x, k, pad=pad, data_format=data_format, impl=impl)


def upsample_2d(x, k=None, factor=2, gain=1, padding=0, data_format='NCHW', impl=None):
    """Enlarge a batch of images by an integer factor with a FIR filter.

    Args:
        x: Images [NCHW] or [NHWC]; height and width static.
        k: FIR filter as in `filter_2d`; None means `factor` ones, which repeats pixels.
        factor: Positive integer.
        gain: Factor on the result.
        padding: Pixels to add on every side of the output.
        data_format: 'NCHW' or 'NHWC'.
        impl: Implementation, see `upfirdn_2d`.

    Returns:
        Images of `factor` times the size.
    """
    k = setup_kernel(k, factor) * (gain * factor**2)
    p = k.shape[0] - factor
    pad = ((p + 1) // 2 + factor - 1 + padding, p // 2 + padding)
    return simple_upfirdn_2d(x, k, up=factor, pad=pad, data_format=data_format, impl=impl)


def downsample_2d(x, k=None, factor=2, gain=1, padding=0, data_format='NCHW', impl=None):
    """Reduce a batch of images by an integer factor with a FIR filter.

    Args:
        x: Images, and all further arguments, as in `upsample_2d`.
        k: FIR filter; None means `factor` ones, which averages blocks.
        factor: Positive integer.
        gain: Factor on the result.
        padding: Pixels to add on every side of the output.
        data_format: 'NCHW' or 'NHWC'.
        impl: Implementation.

    Returns:
        Images of 1 / `factor` of the size.
    """
    k = setup_kernel(k, factor) * gain
    p = k.shape[0] - factor
    pad = ((p + 1) // 2 + padding * factor, p // 2 + padding * factor)
    return simple_upfirdn_2d(x, k, down=factor, pad=pad, data_format=data_format, impl=impl)


def setup_kernel(k, factor=1):
    """Return the square 2-D filter of sum 1 that `k` stands for."""
    k = np.asarray([1] * factor if k is None else k, dtype=np.float32)
    if k.ndim == 1:
        k = np.outer(k, k)
    if k.ndim != 2 or k.shape[0] != k.shape[1] or k.size == 0:
        raise ValueError(f'k must be a vector or a square matrix, got shape {k.shape}')
    return k / np.sum(k)


def simple_upfirdn_2d(x, k, up=1, down=1, pad=(0, 0), data_format='NCHW', impl=None):
    """Run `upfirdn_2d` with the same factors and pads in both directions on [NCHW] or [NHWC]."""
    if int(up) != up or int(down) != down or min(up, down) < 1:
        raise ValueError(f'factor must be a positive integer, got {max(up, down)}')
    return _upfirdn(x, k, (up, up), (down, down), (tuple(pad), tuple(pad)), data_format, impl)
