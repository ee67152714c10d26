# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Layers that the network modules share (StyleGAN2, Karras et al. 2019, arXiv:1912.04958, section 2 and appendix B).

Snapshots carry this text beside that of the networks, so it uses numpy, tensorflow and the common part of dnnlib only.
Activations are [NCHW], convolution weights [kkIO].
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.tflib.ops.channel_scale import channel_scale, sum_squared_taps
from dnnlib.tflib.ops.conv_2d import conv_2d
from dnnlib.tflib.ops.dense import dense
from dnnlib.tflib.ops.fused_bias_act import activation_funcs, fused_bias_act
from dnnlib.tflib.ops.shared.layouts import runs_on_cpu
from dnnlib.tflib.ops.upfirdn_2d import conv_downsample_2d, upsample_conv_2d


def get_weight_and_scale(shape, gain=1, use_wscale=True, lrmul=1, weight_var='weight', trainable=True):
    """Make a weight variable with equalized learning rate.

    Args:
        shape: Shape of the weight; all sizes but the last count as fan-in.
        gain: Standard deviation that the layer is to have relative to its input.
        use_wscale: Store unit-variance values and apply the He constant at use; otherwise store the product.
        lrmul: Learning rate multiplier.
        weight_var: Name of the variable.
        trainable: False keeps optimizers away from it.

    Returns:
        The variable, and the number that layers multiply it with, or what is smaller and has the same effect.

    Source: Karras et al., "Progressive Growing of GANs", 2017, section 4.1 (arXiv:1710.10196).
    """
    he_std = gain / np.sqrt(np.prod(shape[:-1]))
    init_std, scale = (1.0 / lrmul, he_std * lrmul) if use_wscale else (he_std / lrmul, lrmul)
    init = tf.initializers.random_normal(0, init_std)
    return tf.get_variable(weight_var, shape=shape, initializer=init, trainable=trainable), float(scale)


def get_weight(shape, gain=1, use_wscale=True, lrmul=1, weight_var='weight', trainable=True):
    """Return a weight as it is to be used; arguments as `get_weight_and_scale`."""
    return _scale(*get_weight_and_scale(shape, gain, use_wscale, lrmul, weight_var, trainable))


def _scale(x, factor):
    return x if factor == 1 else x * tf.constant(factor, x.dtype.base_dtype)


def apply_spectral_norm(w, state_var, epsilon=1e-8):
    """Divide a weight by an estimate of its largest singular value, improved by one power iteration per evaluation.

    Args:
        w: Weight of any rank, a matrix from all axes but the last to the last.
        state_var: Name of the variable that holds the singular vector [1, fmaps].
        epsilon: Keeps square roots away from zero.

    Returns:
        Tensor of the shape of `w`.

    Source: Miyato et al., "Spectral Normalization for GANs", 2018, section 2.1 and appendix A (arXiv:1802.05957).
    """
    fmaps = int(w.shape[-1])
    matrix = tf.reshape(w, [-1, fmaps])
    init = tf.initializers.random_normal()
    state = tf.get_variable(state_var, shape=[1, fmaps], initializer=init, trainable=False)
    v = tf.matmul(state, matrix, transpose_b=True)
    v = tf.stop_gradient(v * tf.rsqrt(tf.reduce_sum(tf.square(v)) + epsilon))
    u = tf.matmul(v, matrix)
    inverse_sigma = tf.rsqrt(tf.reduce_sum(tf.square(u)) + epsilon)
    with tf.control_dependencies([tf.assign(state, u * inverse_sigma)]):
        return w * inverse_sigma


def dense_layer(x, fmaps, gain=1, use_wscale=True, lrmul=1, weight_var='weight', trainable=True):
    """Multiply with a matrix; no bias.

    Args:
        x: Tensor [N...], flattened to [NC].
        fmaps: Number of outputs.
        gain: See `get_weight_and_scale`, as all further arguments.
        use_wscale: See `get_weight_and_scale`.
        lrmul: See `get_weight_and_scale`.
        weight_var: See `get_weight_and_scale`.
        trainable: See `get_weight_and_scale`.

    Returns:
        Tensor [N, fmaps].
    """
    if x.shape.rank > 2:
        x = tf.reshape(x, [-1, np.prod([int(size) for size in x.shape[1:]])])  # [NC]
    w, scale = get_weight_and_scale([int(x.shape[1]), fmaps], gain, use_wscale, lrmul, weight_var, trainable)
    return dense(x, w, gain=scale)


def _conv2d(x, w, scale=1, up=False, down=False, resample_kernel=None):
    """Convolve [NCHW] with [kkIO] times `scale`, changing the size by a factor of two if asked to."""
    if x.dtype == tf.float16:  # Large weights, small scale: their product does not overflow.
        w, scale = _scale(w, scale), 1
    w = tf.cast(w, x.dtype)
    if up:
        return upsample_conv_2d(x, w, k=resample_kernel, gain=scale)
    if down:
        return conv_downsample_2d(x, w, k=resample_kernel, gain=scale)
    return conv_2d(x, w, gain=scale)


def conv2d_layer(x, fmaps, kernel, up=False, down=False, resample_kernel=None, use_spectral_norm=False, **kwargs):
    """Convolve, optionally together with resampling by two; no bias.

    Args:
        x: Images [NCHW].
        fmaps: Number of output feature maps.
        kernel: Odd size of the kernel in pixels.
        up: Double the size.
        down: Halve the size.
        resample_kernel: FIR filter of the resampling.
        use_spectral_norm: See `apply_spectral_norm`.
        **kwargs: Keywords of `get_weight_and_scale`.

    Returns:
        Images [NCHW].
    """
    w, scale = get_weight_and_scale([kernel, kernel, int(x.shape[1]), fmaps], **kwargs)
    if use_spectral_norm:
        w, scale = apply_spectral_norm(_scale(w, scale), 'weight_sn'), 1
    return _conv2d(x, w, scale, up, down, resample_kernel)


def apply_bias_act(
    x, act='linear', alpha=None, gain=None, lrmul=1, bias_var='bias', clamp=None, trainable=True, out_gain=1
):
    """Add a bias variable along axis 1 and apply an activation function.

    Args:
        x: Tensor [NC...].
        act: Name of the activation function, see `fused_bias_act`.
        alpha: Its parameter, or None for the default.
        gain: Factor after it, or None for the default.
        lrmul: Learning rate multiplier of the bias.
        bias_var: Name of the variable.
        clamp: Largest magnitude of the result, or None for no limit.
        trainable: False keeps optimizers away from the bias.
        out_gain: Factor on the clamped result.

    Returns:
        Tensor of the same shape.
    """
    if out_gain != 1:  # In the same pass over the data.
        gain = (activation_funcs[act].def_gain if gain is None else gain) * out_gain
        clamp = None if clamp is None else clamp * out_gain
    init = tf.initializers.zeros()
    b = tf.get_variable(bias_var, shape=[int(x.shape[1])], initializer=init, trainable=trainable)
    b = _scale(b, lrmul)
    clamp_kwargs = {} if clamp is None else {'clamp': clamp}  # StyleGAN2's own op does not know this one.
    return fused_bias_act(x, b=tf.cast(b, x.dtype), act=act, alpha=alpha, gain=gain, **clamp_kwargs)


def modulated_conv2d_layer(
    x, y, fmaps, kernel, up=False, down=False, demodulate=True, resample_kernel=None, fused_modconv=True
):
    """Convolve with weights that a style scales per input feature map, normalised per output feature map.

    Args:
        x: Images [NCHW].
        y: Style input [ND].
        fmaps: Number of output feature maps.
        kernel: Odd size of the kernel in pixels.
        up: Double the size.
        down: Halve the size.
        demodulate: Normalise the weights to unit L2 norm per sample and output feature map.
        resample_kernel: FIR filter of the resampling.
        fused_modconv: Scale the weights and run one grouped convolution, instead of scaling the activations before and
            after an ordinary one. Same values; the CPU always does the latter.

    Returns:
        Images [NCHW].

    Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", 2019, section 2.2 and appendix B.
    """
    # Make the weight [kkIO] and the styles [NI]. They carry its scale, as they are fewer.
    in_fmaps = int(x.shape[1])
    w, scale = get_weight_and_scale([kernel, kernel, in_fmaps, fmaps])
    s = apply_bias_act(dense_layer(y, in_fmaps, weight_var='mod_weight'), bias_var='mod_bias', gain=scale)
    s = tf.cast(s + scale, tf.float32)  # The bias begins at one.
    if fused_modconv and not runs_on_cpu(x):
        return _grouped_modulated_conv2d(x, w, s, up, down, demodulate, resample_kernel)
    if demodulate and x.dtype == tf.float16:
        w, s = _scale_away(w, s)

    # Equation 1: scale the input channels.
    x = channel_scale(x, s)

    # Convolve.
    x = _conv2d(x, w, 1, up, down, resample_kernel)

    # Equations 2 and 3: scale the output channels by one over their standard deviation.
    if demodulate:
        variances = dense(tf.square(s), sum_squared_taps(w))  # [NO]
        x = channel_scale(x, tf.rsqrt(variances + 1e-8))
    return x


def _scale_away(w, s):
    """Return weights [kkIO] and styles [NI] without the size that demodulation undoes, so that nothing overflows."""
    size, _, in_fmaps, _ = [int(n) for n in w.shape]
    w = w * (tf.rsqrt(float(size**2 * in_fmaps)) / tf.reduce_max(tf.abs(w), axis=[0, 1, 2]))
    return w, s / tf.reduce_max(tf.abs(s))


def _grouped_modulated_conv2d(x, w, s, up, down, demodulate, resample_kernel):
    """Run a modulated convolution as one grouped convolution with a group per sample."""
    size, _, in_fmaps, fmaps = [int(n) for n in w.shape]
    w = w[np.newaxis] * s[:, np.newaxis, np.newaxis, :, np.newaxis]  # [NkkIO]
    if demodulate:
        w *= tf.rsqrt(tf.reduce_sum(tf.square(w), axis=[1, 2, 3], keepdims=True) + 1e-8)  # [N111O]
    w = tf.reshape(tf.transpose(w, [1, 2, 3, 0, 4]), [size, size, in_fmaps, -1])  # [kkI(NO)]
    height, width = int(x.shape[2]), int(x.shape[3])
    x = tf.reshape(x, [1, -1, height, width])  # [1(NI)HW]
    x = _conv2d(x, w, 1, up, down, resample_kernel)
    return tf.reshape(x, [-1, fmaps, int(x.shape[2]), int(x.shape[3])])  # [NOHW]


def minibatch_stddev_layer(x, group_size=4, num_new_features=1):
    """Append the standard deviation over groups of samples as new feature maps.

    Args:
        x: Images [NCHW].
        group_size: Number of samples per group, capped at N; N must be a multiple of it. None for all samples.
        num_new_features: Number of new feature maps, each from its share of the channels.

    Returns:
        Images with C + num_new_features channels.

    Source: Karras et al., "Progressive Growing of GANs", 2017, section 3 (arXiv:1710.10196).
    """
    channels, height, width = [int(size) for size in x.shape[1:]]
    num_samples = tf.shape(x)[0]
    group_size = num_samples if group_size is None else tf.minimum(group_size, num_samples)  # G
    shape = [group_size, -1, num_new_features, channels // num_new_features, height, width]
    y = tf.cast(tf.reshape(x, shape), tf.float32)  # [GMFcHW], M groups
    y -= tf.reduce_mean(y, axis=0, keepdims=True)
    y = tf.sqrt(tf.reduce_mean(tf.square(y), axis=0) + 1e-8)  # [MFcHW]
    y = tf.reshape(tf.reduce_mean(y, axis=[2, 3, 4]), [-1, num_new_features, 1, 1])  # [MF11]
    y = tf.tile(tf.cast(y, x.dtype), [group_size, 1, height, width])  # [NFHW]
    return tf.concat([x, y], axis=1)


def normalize_2nd_moment(x, epsilon=1e-8):
    """Scale each row of [NC] to a mean square of one."""
    return x * tf.rsqrt(tf.reduce_mean(tf.square(x), axis=1, keepdims=True) + epsilon)


def repeat_pixels(x, factor=2):
    """Enlarge images [NCHW] by an integer factor, repeating pixels."""
    if factor == 1:
        return x
    channels, height, width = [int(size) for size in x.shape[1:]]
    x = tf.reshape(x, [-1, channels, height, 1, width, 1])
    x = tf.tile(x, [1, 1, 1, factor, 1, factor])
    return tf.reshape(x, [-1, channels, height * factor, width * factor])


def average_blocks(x, factor=2):
    """Reduce images [NCHW] by an integer factor, averaging blocks of pixels."""
    if factor == 1:
        return x
    channels, height, width = [int(size) for size in x.shape[1:]]
    x = tf.reshape(x, [-1, channels, height // factor, factor, width // factor, factor])
    return tf.reduce_mean(x, axis=[3, 5])


# ----------------------------------------------------------------------------
# Sizes. `res` is the base-2 logarithm of the resolution that names a block, from 2 (4x4) on.


def get_resolution_log2(resolution):
    """Return the base-2 logarithm of the resolution of a network, after checking it."""
    resolution_log2 = int(resolution).bit_length() - 1
    if resolution < 4 or resolution != 2**resolution_log2:
        raise ValueError(
            f'resolution must be a power of two, at least 4, got {resolution}; for images of another size also give '
            'min_h and min_w, as in resolution=256, min_h=3, min_w=4 for images 192 pixels high and 256 wide'
        )
    return resolution_log2


def get_image_size(res, min_h=4, min_w=4):
    """Return [height, width] of the images in a block; min_h x min_w is the size in the first one."""
    if min_h < 1 or min_w < 1:
        raise ValueError(f'min_h and min_w must be at least 1, got {min_h} and {min_w}')
    return [int(min_h) << (res - 2), int(min_w) << (res - 2)]


def get_scope(res):
    """Return the variable scope of a block, which is that of the square network whatever the size of the images."""
    return f'{2**res}x{2**res}'


def check_choice(keyword, value, choices):
    """Raise ValueError unless a keyword has one of the known values."""
    if value not in choices:
        known = ', '.join(repr(choice) for choice in choices)
        raise ValueError(f'{keyword} must be one of {known}, got {value!r}')


def get_num_fmaps(fmap_base, fmap_decay, fmap_min, fmap_max):
    """Return the function stage -> number of feature maps; the block `res` uses stage res - 1."""

    def num_fmaps(stage):
        fmaps = int(np.clip(int(fmap_base / (2.0 ** (stage * fmap_decay))), fmap_min, fmap_max))
        if fmaps < 1:
            raise ValueError(f'fmap_base must leave feature maps for all blocks, but {fmap_base} has none for {stage}')
        return fmaps

    return num_fmaps


def get_noise_var(layer_idx, size):
    """Return the noise that a layer adds when noise is not randomized [11HW]."""
    init = tf.initializers.random_normal()
    return tf.get_variable(f'noise{layer_idx}', shape=[1, 1] + size, initializer=init, trainable=False)


def draw_normal(shape, dtype=tf.float32):
    """Return standard normal numbers of a shape; in training, a clock decides them, see `dnnlib.tflib.random_clock`.

    Other readers of snapshots have no such clock.
    """
    return getattr(tflib, 'random_normal', tf.random_normal)(shape, dtype=dtype)


def draw_uniform(shape, minval=0, maxval=None, dtype=tf.float32):
    """Return uniform numbers of a shape from `minval` to below `maxval`, decided as those of `draw_normal`."""
    return getattr(tflib, 'random_uniform', tf.random_uniform)(shape, minval, maxval, dtype=dtype)
