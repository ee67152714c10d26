# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Upsample - filter - downsample of images, and convolutions that resample (StyleGAN2, arXiv:1912.04958, appendix B).

Convolutions take [NCHW] or [NHWC] and run in the layout that the device has kernels for: [NHWC] on the CPU.
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.tflib import compat, custom_ops
from dnnlib.tflib.ops import conv_2d

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
    y = _upfirdn_2d_ref(_transpose(x, data_format, 'NHWC'), k, up, down, pad, out_size)
    return _transpose(y, 'NHWC', data_format)


def _get_out_size(x, k, up, down, pad, data_format):
    """Check the arguments of `_upfirdn` and return height and width of the result."""
    if x.shape.rank != 4 or k.ndim != 2 or k.size == 0:
        raise ValueError(f'x must be [major, H, W, minor] and k [firH, firW], got {x.shape} and {k.shape}')
    if any(int(factor) != factor or factor < 1 for factor in up + down):
        raise ValueError(f'up and down factors must be positive integers, got {[up[1], up[0], down[1], down[0]]}')
    if any(int(size) != size for size in pad[0] + pad[1]):
        raise ValueError(f'pads must be integers, got {pad}')
    height = _axis(data_format, 'H')
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
    height = _axis(data_format, 'H')
    grad_pad = []
    for axis in (0, 1):
        in_size, out_size = [int(tensor.shape[height + axis]) for tensor in (op.inputs[0], op.outputs[0])]
        grad_pad.append(int(k.tensor_shape.dim[axis].size) - pad[2 * axis] - 1)
        grad_pad.append(in_size * up[axis] - out_size * down[axis] + pad[2 * axis] - up[axis] + 1)
    plugin = custom_ops.get_plugin('upfirdn_2d')
    return plugin.up_fir_dn2d(
        x=dy, k=k, up=down, down=up, pad=grad_pad, flip=not op.get_attr('flip'), data_format=data_format
    )


def _upfirdn_2d_ref(x, k, up, down, pad, out_size):
    """Build `upfirdn_2d` of [NHWC] from TensorFlow's own ops."""
    if up == (2, 2) and down == (1, 1):
        return _upsample_fir(x, k, up[0], pad, out_size)
    for axis in (0, 1):
        x = _insert_zeros(x, axis + 1, up[axis])
    x = _pad_or_crop(x, pad)
    stride = down[0] if down[0] == down[1] else 1  # The op below knows equal strides only.
    x = tf.nn.depthwise_conv2d(x, _depthwise_filter(k[::-1, ::-1], x), [1, stride, stride, 1], 'VALID')
    if down[0] != down[1]:
        x = x[:, :: down[0], :: down[1]]
    return x


def _upsample_fir(x, k, factor, pad, out_size):
    """Zero insertion and filter in one transposed convolution, which skips the products with zero."""
    full_size = [(int(size) - 1) * factor + fir for size, fir in zip(x.shape[1:3], k.shape)]
    shape = tf.stack([tf.shape(x)[0]] + full_size + [int(x.shape[3])])
    strides = [1, factor, factor, 1]
    y = tf.nn.depthwise_conv2d_backprop_input(shape, _depthwise_filter(k, x), x, strides, 'VALID')
    y.set_shape([x.shape[0]] + full_size + [x.shape[3]])
    before = [p[0] - fir + 1 for p, fir in zip(pad, k.shape)]
    after = [out - full - b for out, full, b in zip(out_size, full_size, before)]
    return _pad_or_crop(y, list(zip(before, after)))


def _depthwise_filter(k, x):
    """Return the filter `k` [hw] once per channel of the [NHWC] tensor `x`: [hwC1]."""
    channels = int(x.shape[3])
    return tf.constant(np.tile(k[:, :, np.newaxis, np.newaxis], [1, 1, channels, 1]), x.dtype)


def _insert_zeros(x, axis, factor):
    """Insert factor - 1 zeros after every element along `axis` of [NHWC]."""
    if factor == 1:
        return x
    shape = [-1] + [int(size) for size in x.shape[1:]]
    spread = tf.expand_dims(x, axis + 1)
    spread = tf.pad(spread, [[0, factor - 1] if i == axis + 1 else [0, 0] for i in range(5)])
    shape[axis] *= factor
    return tf.reshape(spread, shape)


def _pad_or_crop(x, pad):
    """Add zeros around [NHWC] images; negative amounts crop."""
    (y0, y1), (x0, x1) = pad
    if max(y0, y1, x0, x1) > 0:
        x = tf.pad(x, [[0, 0], [max(y0, 0), max(y1, 0)], [max(x0, 0), max(x1, 0)], [0, 0]])
    if min(y0, y1, x0, x1) < 0:
        height, width = int(x.shape[1]), int(x.shape[2])
        x = x[:, max(-y0, 0) : height - max(-y1, 0), max(-x0, 0) : width - max(-x1, 0)]
    return x


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
    k = _setup_kernel(k) * gain
    size = k.shape[0]
    pad = (size // 2 + padding, (size - 1) // 2 + padding)
    return _simple_upfirdn_2d(x, k, pad=pad, data_format=data_format, impl=impl)


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
    k = _setup_kernel(k, factor) * (gain * factor**2)
    p = k.shape[0] - factor
    pad = ((p + 1) // 2 + factor - 1 + padding, p // 2 + padding)
    return _simple_upfirdn_2d(x, k, up=factor, pad=pad, data_format=data_format, impl=impl)


def downsample_2d(x, k=None, factor=2, gain=1, padding=0, data_format='NCHW', impl=None):
    """Reduce a batch of images by an integer factor with a FIR filter.

    Args:
        x: Images [NCHW] or [NHWC]; height and width static.
        k: FIR filter as in `filter_2d`; None means `factor` ones, which averages blocks.
        factor: Positive integer.
        gain: Factor on the result.
        padding: Pixels to add on every side of the output.
        data_format: 'NCHW' or 'NHWC'.
        impl: Implementation, see `upfirdn_2d`.

    Returns:
        Images of 1 / `factor` of the size.
    """
    k = _setup_kernel(k, factor) * gain
    p = k.shape[0] - factor
    pad = ((p + 1) // 2 + padding * factor, p // 2 + padding * factor)
    return _simple_upfirdn_2d(x, k, down=factor, pad=pad, data_format=data_format, impl=impl)


def upsample_conv_2d(x, w, k=None, factor=2, gain=1, padding=0, data_format='NCHW', impl=None):
    """Enlarge images by zero insertion, convolve with a trainable kernel, then smooth with a FIR filter.

    Args:
        x: Images [NCHW] or [NHWC]; height and width static.
        w: Convolution kernel [kkIO] of odd size k. Channels of `x` being G times I means G groups.
        k: FIR filter as in `upsample_2d`.
        factor: Positive integer.
        gain: Factor on the result.
        padding: Pixels to add on every side of the output.
        data_format: 'NCHW' or 'NHWC'.
        impl: Implementation, see `upfirdn_2d`.

    Returns:
        Images [NOHW] or [NHWO] of `factor` times the size.

    Raises:
        ValueError: If `w` does not fit `x`, or a grouped convolution is asked for on the CPU.
    """
    conv_size = _check_conv(x, w, data_format)
    if conv_size == 1:  # The same, with the convolution at the smaller size.
        x = conv_downsample_2d(x, w, k=[1], factor=1, data_format=data_format, impl=impl)
        return upsample_2d(x, k, factor, gain, padding, data_format, impl)
    k = _setup_kernel(k, factor) * (gain * factor**2)
    p = (k.shape[0] - factor) - (conv_size - 1)
    pad = ((p + 1) // 2 + factor - 1 + padding, p // 2 + 1 + padding)
    if data_format == 'NCHW' and conv_2d.is_available(x, w, impl):
        x = conv_2d.conv_2d(x, w, up=factor, pad0=conv_size - 1, pad1=conv_size - factor)
        return _simple_upfirdn_2d(x, k, pad=pad, data_format=data_format, impl=impl)
    layout = _device_layout(x, data_format)
    x = _transpose(x, data_format, layout)
    x = _conv2d_transpose(x, w, factor, layout)
    x = _simple_upfirdn_2d(x, k, pad=pad, data_format=layout, impl=impl)
    return _transpose(x, layout, data_format)


def conv_downsample_2d(x, w, k=None, factor=2, gain=1, padding=0, data_format='NCHW', impl=None):
    """Smooth images with a FIR filter, convolve with a trainable kernel and keep every `factor`-th pixel.

    With `factor=1` and `k=[1]` this is the plain convolution of unchanged size, on any device.

    Args:
        x: Images [NCHW] or [NHWC]; height and width static.
        w: Convolution kernel [kkIO] of odd size k. Channels of `x` being G times I means G groups.
        k: FIR filter as in `downsample_2d`.
        factor: Positive integer.
        gain: Factor on the result.
        padding: Pixels to add on every side of the output.
        data_format: 'NCHW' or 'NHWC'.
        impl: Implementation, see `upfirdn_2d`.

    Returns:
        Images [NOHW] or [NHWO] of 1 / `factor` of the size.

    Raises:
        ValueError: If `w` does not fit `x`, or a grouped convolution is asked for on the CPU.
    """
    conv_size = _check_conv(x, w, data_format)
    if k is not None and np.size(k) == 1 and factor == 1 and padding == 0:
        return _conv_same(x, w, gain, data_format, impl)
    if conv_size == 1:  # The same, with the convolution at the smaller size.
        x = downsample_2d(x, k, factor, gain, padding, data_format, impl)
        return _conv_same(x, w, 1, data_format, impl)
    k = _setup_kernel(k, factor) * gain
    p = (k.shape[0] - factor) + (conv_size - 1)
    pad = ((p + 1) // 2 + padding * factor, p // 2 + padding * factor)
    if data_format == 'NCHW' and conv_2d.is_available(x, w, impl):
        x = _simple_upfirdn_2d(x, k, pad=pad, data_format=data_format, impl=impl)
        return conv_2d.conv_2d(x, w, down=factor)
    layout = _device_layout(x, data_format)
    x = _transpose(x, data_format, layout)
    x = _simple_upfirdn_2d(x, k, pad=pad, data_format=layout, impl=impl)
    x = _conv2d(x, w, factor, 'VALID', layout)
    return _transpose(x, layout, data_format)


def _conv_same(x, w, gain, data_format, impl):
    """Convolve images without resampling, times `gain`; their size stays."""
    if data_format == 'NCHW' and conv_2d.is_available(x, w, impl):
        size = int(w.shape[0])
        return conv_2d.conv_2d(x, w, pad0=(size - 1) // 2, pad1=size // 2, gain=gain)
    layout = _device_layout(x, data_format)
    x = _conv2d(_transpose(x, data_format, layout), _scale(w, gain), 1, 'SAME', layout)
    return _transpose(x, layout, data_format)


def _setup_kernel(k, factor=1):
    """Return the square 2-D filter of sum 1 that `k` stands for."""
    k = np.asarray([1] * factor if k is None else k, dtype=np.float32)
    if k.ndim == 1:
        k = np.outer(k, k)
    if k.ndim != 2 or k.shape[0] != k.shape[1] or k.size == 0:
        raise ValueError(f'k must be a vector or a square matrix, got shape {k.shape}')
    return k / np.sum(k)


def _simple_upfirdn_2d(x, k, up=1, down=1, pad=(0, 0), data_format='NCHW', impl=None):
    """Run `upfirdn_2d` with the same factors and pads in both directions on [NCHW] or [NHWC]."""
    if int(up) != up or int(down) != down or min(up, down) < 1:
        raise ValueError(f'factor must be a positive integer, got {max(up, down)}')
    return _upfirdn(x, k, (up, up), (down, down), (tuple(pad), tuple(pad)), data_format, impl)


def _upfirdn_unknown_channels(x, k, up, down, pad, out_size):
    """Run `upfirdn_2d` on [NCHW] whose channels include a minibatch of unknown size, as in a grouped convolution."""
    y = _upfirdn_2d_ref(tf.reshape(x, [-1, int(x.shape[2]), int(x.shape[3]), 1]), k, up, down, pad, out_size)
    return tf.reshape(y, [tf.shape(x)[0], tf.shape(x)[1]] + out_size)


def _check_conv(x, w, data_format):
    """Return the size of the convolution kernel `w` [kkIO] after comparing it with the images `x`."""
    size_y, size_x, in_fmaps, _ = w.shape.as_list()
    channels = x.shape.as_list()[_axis(data_format, 'C')]  # None in a grouped convolution over an unknown minibatch.
    if size_y != size_x or (channels is not None and channels % in_fmaps != 0):
        raise ValueError(f'kernel {w.shape} does not fit {channels} channels')
    if channels != in_fmaps and compat.runs_on_cpu(x):
        raise ValueError('grouped convolution needs a GPU; pass fused_modconv=False')
    return size_y


def _axis(data_format, letter):
    if data_format not in ('NCHW', 'NHWC'):
        raise ValueError(f"data_format must be 'NCHW' or 'NHWC', got {data_format!r}")
    return data_format.index(letter)


def _device_layout(x, data_format):
    """Return the layout in which the device of `x` convolves."""
    return 'NHWC' if compat.runs_on_cpu(x) else data_format


def _transpose(x, source, target):
    """Change the layout of images."""
    if _axis(source, 'C') == _axis(target, 'C'):
        return x
    return tf.transpose(x, [source.index(letter) for letter in target])


def _scale(x, gain):
    return x if gain == 1 else x * tf.constant(gain, x.dtype)


def _conv2d(x, w, stride, padding, data_format):
    """Convolve images with a kernel [kkIO]."""
    strides = [1, stride, stride, 1] if data_format == 'NHWC' else [1, 1, stride, stride]
    return tf.nn.conv2d(x, w, strides=strides, padding=padding, data_format=data_format)


def _static_or_dynamic(x, axis):
    """Return a size of a tensor as int if it is known, else as tensor."""
    size = x.shape.as_list()[axis]
    return tf.shape(x)[axis] if size is None else size


def _conv2d_transpose(x, w, stride, data_format):
    """Insert stride - 1 zeros between pixels and convolve with a kernel [kkIO]; size (H - 1) * stride + k."""
    axis = _axis(data_format, 'H')
    size, in_fmaps = int(w.shape[0]), int(w.shape[2])
    out_fmaps = _static_or_dynamic(w, 3)
    groups = _static_or_dynamic(x, _axis(data_format, 'C')) // in_fmaps
    # A transposed convolution scatters: mirror the kernel, and exchange its input and output.
    w = tf.reshape(w, [size, size, in_fmaps, groups, out_fmaps // groups])
    w = tf.transpose(w[::-1, ::-1], [0, 1, 4, 3, 2])  # [kkOGI]
    w = tf.reshape(w, [size, size, out_fmaps // groups, groups * in_fmaps])
    height, width = [(int(x.shape[axis + i]) - 1) * stride + size for i in (0, 1)]
    batch = tf.shape(x)[0]
    if data_format == 'NHWC':
        shape, strides = [batch, height, width, out_fmaps], [1, stride, stride, 1]
    else:
        shape, strides = [batch, out_fmaps, height, width], [1, 1, stride, stride]
    return tf.nn.conv2d_transpose(x, w, tf.stack(shape), strides, padding='VALID', data_format=data_format)
