# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Blocks of layers of StyleGAN2 (Karras et al. 2019, arXiv:1912.04958, sections 2 and 4), which StyleGAN2-ADA shares.

Snapshots carry this text beside that of the networks, see `training.layers`.
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.tflib.ops.shared.layouts import runs_on_cpu
from dnnlib.tflib.ops.upfirdn_2d import downsample_2d, upsample_2d
from training.layers import (
    apply_bias_act,
    check_choice,
    conv2d_layer,
    dense_layer,
    draw_normal,
    get_image_size,
    get_noise_var,
    get_scope,
    minibatch_stddev_layer,
    modulated_conv2d_layer,
)

RESNET_GAIN = np.sqrt(0.5)  # On both branches of a residual block: so that the sum varies as much as each of them did.


def get_block_dtype(x, res, resolution_log2, num_fp16_res, dtype):
    """Return the type of the activations of a block: float16 in the highest resolutions, if asked for, on a GPU."""
    return tf.float16 if res > resolution_log2 - num_fp16_res and not runs_on_cpu(x) else tf.as_dtype(dtype)


class SynthesisBlocks:
    """Blocks of a synthesis network; the variable scope is up to the caller.

    Args:
        dlatents_in: Intermediate latents [NLD]; the shape is set here.
        dlatent_size: Size of w.
        resolution_log2: Base-2 logarithm of the resolution.
        num_fmaps: Function stage -> number of feature maps.
        num_channels: Number of colour channels.
        min_size: Height and width of the first block.
        architecture: 'orig', 'skip' or 'resnet'.
        nonlinearity: Activation function.
        dtype: Type of the activations.
        resample_kernel: FIR filter of all resampling.
        fused_modconv: See `modulated_conv2d_layer`.
        randomize_noise: Fresh noise in every evaluation; otherwise the noise variables.
        use_noise: Whether layers add noise, and have variables for it.
        num_fp16_res: Number of highest resolutions that compute in float16.
        conv_clamp: Largest magnitude of the output of a layer; None for no limit.
    """

    def __init__(
        self,
        dlatents_in,
        dlatent_size,
        resolution_log2,
        num_fmaps,
        num_channels,
        min_size,
        architecture,
        nonlinearity,
        dtype,
        resample_kernel,
        fused_modconv,
        randomize_noise,
        use_noise=True,
        num_fp16_res=0,
        conv_clamp=None,
    ):
        check_choice('architecture', architecture, ['orig', 'skip', 'resnet'])
        num_layers = resolution_log2 * 2 - 2
        dlatents_in.set_shape([None, num_layers, dlatent_size])
        self.styles = tf.unstack(tf.cast(dlatents_in, dtype), axis=1)  # Of each layer [ND].
        self.resolution_log2 = resolution_log2
        self.num_fmaps = num_fmaps
        self.num_channels = num_channels
        self.min_size = min_size
        self.architecture = architecture
        self.conv_kwargs = {'resample_kernel': list(resample_kernel or [1]), 'fused_modconv': fused_modconv}
        self.nonlinearity = nonlinearity
        self.conv_clamp = conv_clamp
        self.dtype = dtype
        self.num_fp16_res = num_fp16_res
        self.randomize_noise = randomize_noise
        sizes = [get_image_size((layer_idx + 5) // 2, *min_size) for layer_idx in range(num_layers - 1)]
        self.noise_vars = [get_noise_var(idx, size) for idx, size in enumerate(sizes)] if use_noise else None

    def _convolve(self, x, layer_idx, fmaps, **kwargs):
        return modulated_conv2d_layer(x, self.styles[layer_idx], fmaps, **dict(self.conv_kwargs, **kwargs))

    def _add_noise(self, x, layer_idx):
        if self.noise_vars is None:
            return x
        if self.randomize_noise:
            noise = draw_normal([tf.shape(x)[0], 1, int(x.shape[2]), int(x.shape[3])], dtype=x.dtype)
        else:
            noise = tf.cast(self.noise_vars[layer_idx], x.dtype)
        noise_strength = tf.get_variable('noise_strength', shape=[], initializer=tf.initializers.zeros())
        return x + noise * tf.cast(noise_strength, x.dtype)

    def _layer(self, x, layer_idx, fmaps, up=False, out_gain=1):
        x = self._convolve(x, layer_idx, fmaps, kernel=3, up=up)
        x = self._add_noise(x, layer_idx)
        return apply_bias_act(x, act=self.nonlinearity, clamp=self.conv_clamp, out_gain=out_gain)

    def _cast(self, x, res):
        return tf.cast(x, get_block_dtype(x, res, self.resolution_log2, self.num_fp16_res, self.dtype))

    def first_block(self, const_fmaps=None):
        """Return the output of the first block [NCHW], which begins with a constant."""
        with tf.variable_scope('Const'):
            shape = [1, const_fmaps or self.num_fmaps(1)] + list(self.min_size)
            x = tf.get_variable('const', shape=shape, initializer=tf.initializers.random_normal())
            x = tf.tile(tf.cast(x, self.dtype), [tf.shape(self.styles[0])[0], 1, 1, 1])  # [NCHW]
        with tf.variable_scope('Conv'):
            return self._layer(self._cast(x, 2), layer_idx=0, fmaps=self.num_fmaps(1))

    def block(self, x, res):
        """Return the output of the block `res` for that of the one before [NCHW]."""
        x = t = self._cast(x, res)
        fmaps = self.num_fmaps(res - 1)
        with tf.variable_scope('Conv0_up'):
            x = self._layer(x, res * 2 - 5, fmaps, up=True)
        with tf.variable_scope('Conv1'):
            x = self._layer(x, res * 2 - 4, fmaps, out_gain=RESNET_GAIN if self.architecture == 'resnet' else 1)
        if self.architecture == 'resnet':
            with tf.variable_scope('Skip'):
                resample_kernel = self.conv_kwargs['resample_kernel']
                x += conv2d_layer(t, fmaps, kernel=1, up=True, resample_kernel=resample_kernel, gain=RESNET_GAIN)
        return x

    def torgb(self, x, res):
        """Return the images that the output of a block stands for [NCHW]."""
        x = self._convolve(x, res * 2 - 3, self.num_channels, kernel=1, demodulate=False)
        return tf.cast(apply_bias_act(x, clamp=self.conv_clamp), self.dtype)

    def images(self, const_fmaps=None):
        """Return the images that all blocks together make [NCHW], each under the scope of its size."""
        x = y = None
        for res in range(2, self.resolution_log2 + 1):
            with tf.variable_scope(get_scope(res)):
                x = self.first_block(const_fmaps) if res == 2 else self.block(x, res)
                if self.architecture == 'skip' and y is not None:
                    with tf.variable_scope('Upsample'):
                        y = upsample_2d(y, k=self.conv_kwargs['resample_kernel'])
                if self.architecture == 'skip' or res == self.resolution_log2:
                    with tf.variable_scope('ToRGB'):
                        t = self.torgb(x, res)
                        y = t if y is None else y + t
        return y


class DiscriminatorBlocks:
    """Blocks of a discriminator; the variable scope is up to the caller.

    Args:
        resolution_log2: Base-2 logarithm of the resolution.
        num_fmaps: Function stage -> number of feature maps.
        architecture: 'orig', 'skip' or 'resnet'.
        nonlinearity: Activation function.
        dtype: Type of the activations.
        resample_kernel: FIR filter of all resampling.
        num_fp16_res: Number of highest resolutions that compute in float16.
        conv_clamp: Largest magnitude of the output of a convolution layer; None for no limit.
    """

    def __init__(
        self,
        resolution_log2,
        num_fmaps,
        architecture,
        nonlinearity,
        dtype,
        resample_kernel,
        num_fp16_res=0,
        conv_clamp=None,
    ):
        check_choice('architecture', architecture, ['orig', 'skip', 'resnet'])
        self.resolution_log2 = resolution_log2
        self.num_fmaps = num_fmaps
        self.architecture = architecture
        self.nonlinearity = nonlinearity
        self.dtype = dtype
        self.resample_kernel = list(resample_kernel or [1])
        self.num_fp16_res = num_fp16_res
        self.conv_clamp = conv_clamp

    def conv_layer(self, x, fmaps, kernel=3, down=False, out_gain=1):
        """Convolve, add a bias and apply the activation function."""
        x = conv2d_layer(x, fmaps, kernel, down=down, resample_kernel=self.resample_kernel)
        return apply_bias_act(x, act=self.nonlinearity, clamp=self.conv_clamp, out_gain=out_gain)

    def skip_layer(self, x, fmaps):
        """Bring images to half their size and another number of feature maps, as the branch of a residual block."""
        return conv2d_layer(x, fmaps, kernel=1, down=True, resample_kernel=self.resample_kernel, gain=RESNET_GAIN)

    def dense_layer(self, x, fmaps):
        """Multiply with a matrix, add a bias and apply the activation function."""
        return apply_bias_act(dense_layer(x, fmaps), act=self.nonlinearity)

    def _cast(self, x, res):
        return tf.cast(x, get_block_dtype(x, res, self.resolution_log2, self.num_fp16_res, self.dtype))

    def fromrgb(self, images, res):
        """Return what enters a block for images of its size [NCHW]."""
        return self.conv_layer(self._cast(images, res), self.num_fmaps(res - 1), kernel=1)

    def block(self, x, res):
        """Return the output of the block `res`, of half the size [NCHW]."""
        x = t = self._cast(x, res)
        with tf.variable_scope('Conv0'):
            x = self.conv_layer(x, self.num_fmaps(res - 1))
        with tf.variable_scope('Conv1_down'):
            out_gain = RESNET_GAIN if self.architecture == 'resnet' else 1
            x = self.conv_layer(x, self.num_fmaps(res - 2), down=True, out_gain=out_gain)
        if self.architecture == 'resnet':
            with tf.variable_scope('Skip'):
                x += self.skip_layer(t, self.num_fmaps(res - 2))
        return x

    def last_block(self, x, mbstd_group_size=None, mbstd_num_features=0):
        """Return features [NF] for what enters the last block; without new features there is no minibatch stddev."""
        x = tf.cast(x, self.dtype)
        if mbstd_num_features > 0:
            with tf.variable_scope('MinibatchStddev'):
                x = minibatch_stddev_layer(x, mbstd_group_size, mbstd_num_features)
        with tf.variable_scope('Conv'):
            x = self.conv_layer(x, self.num_fmaps(1))
        with tf.variable_scope('Dense0'):
            return self.dense_layer(x, self.num_fmaps(0))

    def features(self, images, mbstd_group_size=None, mbstd_num_features=0):
        """Return the features [NF] that all blocks together find in images, each under the scope of its size."""
        x, y = None, images
        for res in range(self.resolution_log2, 1, -1):
            with tf.variable_scope(get_scope(res)):
                if self.architecture == 'skip' or res == self.resolution_log2:
                    with tf.variable_scope('FromRGB'):
                        t = self.fromrgb(y, res)
                        x = t if x is None else tf.cast(x, t.dtype) + t
                if res == 2:
                    return self.last_block(x, mbstd_group_size, mbstd_num_features)
                x = self.block(x, res)
                if self.architecture == 'skip':
                    with tf.variable_scope('Downsample'):
                        y = downsample_2d(y, k=self.resample_kernel)


def score_features(x, labels, label_size):
    """Return scores [N1] for the features of a discriminator: one per label, of which the label picks its own.

    Source: Mescheder et al. 2018 (arXiv:1801.04406), appendix.
    """
    x = apply_bias_act(dense_layer(x, fmaps=max(label_size, 1)))
    if label_size:
        x = tf.reduce_sum(x * tf.cast(labels, x.dtype), axis=1, keepdims=True)  # [N1]
    return x
