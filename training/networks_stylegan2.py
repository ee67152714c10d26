# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks of StyleGAN2 (Karras et al. 2019, arXiv:1912.04958).

Positional arguments are the inputs of a network, all others can be given when it is made or when it is called. One set
of keywords goes to the main network and its components, so each function ignores those that it does not know.
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.tflib.ops.upfirdn_2d import downsample_2d, upsample_2d
from training.layers import (
    apply_bias_act,
    conv2d_layer,
    dense_layer,
    minibatch_stddev_layer,
    modulated_conv2d_layer,
    normalize_2nd_moment,
)


def G_main(
    latents_in,
    labels_in,
    truncation_psi=0.5,
    truncation_cutoff=None,
    truncation_psi_val=None,
    truncation_cutoff_val=None,
    dlatent_avg_beta=0.995,
    style_mixing_prob=0.9,
    is_training=False,
    is_validation=False,
    return_dlatents=False,
    is_template_graph=False,
    components=None,
    mapping_func='G_mapping',
    synthesis_func='G_synthesis_stylegan2',
    **kwargs,
):
    """Generate images from latents: mapping, moving average of w, style mixing, truncation, synthesis.

    Args:
        latents_in: Latents z [minibatch, latent_size].
        labels_in: Labels [minibatch, label_size].
        truncation_psi: Distance from the mean of w that is kept; None or 1 switches truncation off.
        truncation_cutoff: Number of leading layers to truncate; None for all.
        truncation_psi_val: Takes the place of `truncation_psi` in validation.
        truncation_cutoff_val: Takes the place of `truncation_cutoff` in validation.
        dlatent_avg_beta: Decay of the moving average of w in training; None or 1 switches it off.
        style_mixing_prob: Probability of mixing two styles in training; None or 0 switches it off.
        is_training: Update the average and mix styles.
        is_validation: Use the validation values of truncation.
        return_dlatents: Return (images, dlatents).
        is_template_graph: True while the network is being made.
        components: Networks `synthesis` and `mapping`; made if absent.
        mapping_func: Name of the mapping network's function.
        synthesis_func: Name of the synthesis network's function.
        **kwargs: Keywords of both.

    Returns:
        Images [minibatch, num_channels, height, width], or a tuple of them and dlatents [NLD].

    Source: StyleGAN2, figure 2, appendix B; truncation: StyleGAN (arXiv:1812.04948), appendix B.
    """
    assert not (is_training and is_validation)
    if is_validation:
        truncation_psi, truncation_cutoff = truncation_psi_val, truncation_cutoff_val
    if is_training:
        truncation_psi = None

    if 'synthesis' not in components:
        components.synthesis = tflib.Network('G_synthesis', func_name=globals()[synthesis_func], **kwargs)
    num_layers, dlatent_size = components.synthesis.input_shape[1:]
    if 'mapping' not in components:
        components.mapping = tflib.Network(
            'G_mapping', func_name=globals()[mapping_func], dlatent_broadcast=num_layers, **kwargs
        )

    lod_in = tf.get_variable('lod', initializer=np.float32(0), trainable=False)
    avg_init = tf.initializers.zeros()
    dlatent_avg = tf.get_variable('dlatent_avg', shape=[dlatent_size], initializer=avg_init, trainable=False)

    def mapping(latents):
        return components.mapping.get_output_for(latents, labels_in, is_training=is_training, **kwargs)

    dlatents = tf.cast(mapping(latents_in), tf.float32)  # [NLD]
    if is_training and dlatent_avg_beta not in (None, 1):
        dlatents = _track_dlatent_avg(dlatents, dlatent_avg, dlatent_avg_beta)
    if is_training and style_mixing_prob is not None and style_mixing_prob > 0:
        dlatents = _mix_styles(latents_in, dlatents, mapping, lod_in, style_mixing_prob)
    if truncation_psi is not None and (tflib.is_tf_expression(truncation_psi) or truncation_psi != 1):
        dlatents = _truncate(dlatents, dlatent_avg, truncation_psi, truncation_cutoff)

    deps = []
    if 'lod' in components.synthesis.vars:
        deps.append(tf.assign(components.synthesis.vars['lod'], lod_in))
    with tf.control_dependencies(deps):
        images_out = components.synthesis.get_output_for(
            dlatents, is_training=is_training, force_clean_graph=is_template_graph, **kwargs
        )
    images_out = tf.identity(images_out, name='images_out')
    return (images_out, dlatents) if return_dlatents else images_out


def _track_dlatent_avg(dlatents, dlatent_avg, beta):
    """Return `dlatents` [NLD] in a form that moves the average of w when evaluated."""
    with tf.variable_scope('DlatentAvg'):
        batch_avg = tf.reduce_mean(dlatents[:, 0], axis=0)  # [D]
        update = tf.assign(dlatent_avg, tflib.lerp(batch_avg, dlatent_avg, beta))
        with tf.control_dependencies([update]):
            return tf.identity(dlatents)


def _mix_styles(latents, dlatents, mapping, lod, prob):
    """Replace the later layers of `dlatents` [NLD] by those of other latents, from a random layer on."""
    with tf.variable_scope('StyleMix'):
        num_layers = int(dlatents.shape[1])
        dlatents2 = tf.cast(mapping(tf.random_normal(tf.shape(latents))), tf.float32)  # [NLD]
        num_active = num_layers - tf.cast(lod, tf.int32) * 2
        cutoff = tf.random_uniform([], 1, tf.maximum(num_active, 2), dtype=tf.int32)
        cutoff = tf.where(tf.random_uniform([]) < prob, cutoff, num_active)
        layer_idx = np.arange(num_layers)[np.newaxis, :, np.newaxis]  # [1L1]
        keep = tf.broadcast_to(layer_idx < cutoff, tf.shape(dlatents))
        return tf.where(keep, dlatents, dlatents2)


def _truncate(dlatents, dlatent_avg, psi, cutoff):
    """Pull the leading layers of `dlatents` [NLD] towards the average."""
    with tf.variable_scope('Truncation'):
        num_layers = int(dlatents.shape[1])
        layer_idx = np.arange(num_layers)[np.newaxis, :, np.newaxis]  # [1L1]
        layer_psi = np.ones(layer_idx.shape, dtype=np.float32)
        layer_psi = tf.where(
            tf.constant(np.full(layer_idx.shape, True) if cutoff is None else layer_idx < cutoff),
            tf.cast(psi, tf.float32) * layer_psi,
            layer_psi,
        )
        return tflib.lerp(dlatent_avg, dlatents, layer_psi)


def G_mapping(
    latents_in,
    labels_in,
    latent_size=512,
    label_size=0,
    dlatent_size=512,
    dlatent_broadcast=None,
    mapping_layers=8,
    mapping_fmaps=512,
    mapping_lrmul=0.01,
    mapping_nonlinearity='lrelu',
    normalize_latents=True,
    dtype='float32',
    **_kwargs,
):
    """Map latents z to intermediate latents w.

    Args:
        latents_in: Latents z [minibatch, latent_size].
        labels_in: Labels [minibatch, label_size].
        latent_size: Size of z.
        label_size: Size of a label, 0 for none.
        dlatent_size: Size of w.
        dlatent_broadcast: Number of layers to repeat w for; None returns [minibatch, dlatent_size].
        mapping_layers: Number of dense layers.
        mapping_fmaps: Width of all but the last.
        mapping_lrmul: Learning rate multiplier.
        mapping_nonlinearity: Activation function.
        normalize_latents: Normalise z before the first layer.
        dtype: Type of the activations.
        **_kwargs: Keywords of other networks.

    Returns:
        Intermediate latents [minibatch, dlatent_broadcast, dlatent_size].

    Source: StyleGAN (arXiv:1812.04948), section 2.
    """
    latents_in.set_shape([None, latent_size])
    labels_in.set_shape([None, label_size])
    x = tf.cast(latents_in, dtype)
    if label_size:
        with tf.variable_scope('LabelConcat'):
            init = tf.initializers.random_normal()
            w = tf.get_variable('weight', shape=[label_size, latent_size], initializer=init)
            y = tf.matmul(tf.cast(labels_in, dtype), tf.cast(w, dtype))
            x = tf.concat([x, y], axis=1)
    if normalize_latents:
        with tf.variable_scope('Normalize'):
            x = normalize_2nd_moment(x)

    for layer_idx in range(mapping_layers):
        with tf.variable_scope(f'Dense{layer_idx}'):
            fmaps = dlatent_size if layer_idx == mapping_layers - 1 else mapping_fmaps
            x = dense_layer(x, fmaps=fmaps, lrmul=mapping_lrmul)
            x = apply_bias_act(x, act=mapping_nonlinearity, lrmul=mapping_lrmul)

    if dlatent_broadcast is not None:
        with tf.variable_scope('Broadcast'):
            x = tf.tile(x[:, np.newaxis], [1, dlatent_broadcast, 1])  # [NLD]
    return tf.identity(x, name='dlatents_out')


def G_synthesis_stylegan2(
    dlatents_in,
    dlatent_size=512,
    num_channels=3,
    resolution=1024,
    fmap_base=16384,
    fmap_decay=1.0,
    fmap_min=1,
    fmap_max=512,
    randomize_noise=True,
    architecture='skip',
    nonlinearity='lrelu',
    dtype='float32',
    resample_kernel=(1, 3, 3, 1),
    fused_modconv=True,
    **_kwargs,
):
    """Synthesise images from intermediate latents.

    Args:
        dlatents_in: Intermediate latents [minibatch, num_layers, dlatent_size].
        dlatent_size: Size of w.
        num_channels: Number of colour channels.
        resolution: Image size in pixels, a power of two.
        fmap_base: Number of feature maps at 1x1, halved with every doubling of the size.
        fmap_decay: Exponent of that rule.
        fmap_min: Smallest number of feature maps.
        fmap_max: Largest number of feature maps.
        randomize_noise: Fresh noise in every evaluation; otherwise the noise variables.
        architecture: 'orig', 'skip' or 'resnet'.
        nonlinearity: Activation function.
        dtype: Type of the activations.
        resample_kernel: FIR filter of all resampling.
        fused_modconv: See `modulated_conv2d_layer`.
        **_kwargs: Keywords of other networks.

    Returns:
        Images [minibatch, num_channels, resolution, resolution].

    Source: StyleGAN2, sections 2 and 4, figure 7.
    """
    resolution_log2 = _resolution_log2(resolution)
    _check_architecture(architecture)
    num_layers = resolution_log2 * 2 - 2
    dlatents_in.set_shape([None, num_layers, dlatent_size])
    dlatents_in = tf.cast(dlatents_in, dtype)
    resample_kernel = list(resample_kernel)

    def nf(stage):
        return _num_fmaps(stage, fmap_base, fmap_decay, fmap_min, fmap_max)

    noise_inputs = [_get_noise_var(layer_idx) for layer_idx in range(num_layers - 1)]

    def modulated(x, layer_idx, fmaps, kernel, **kwargs):
        style = dlatents_in[:, layer_idx]  # [ND]
        return modulated_conv2d_layer(
            x, style, fmaps, kernel, resample_kernel=resample_kernel, fused_modconv=fused_modconv, **kwargs
        )

    def layer(x, layer_idx, fmaps, kernel=3, up=False):
        x = modulated(x, layer_idx, fmaps, kernel, up=up)
        if randomize_noise:
            noise = tf.random_normal([tf.shape(x)[0], 1, int(x.shape[2]), int(x.shape[3])], dtype=x.dtype)
        else:
            noise = tf.cast(noise_inputs[layer_idx], x.dtype)
        noise_strength = tf.get_variable('noise_strength', shape=[], initializer=tf.initializers.zeros())
        x += noise * tf.cast(noise_strength, x.dtype)
        return apply_bias_act(x, act=nonlinearity)

    def block(x, res):
        t = x
        with tf.variable_scope('Conv0_up'):
            x = layer(x, layer_idx=res * 2 - 5, fmaps=nf(res - 1), up=True)
        with tf.variable_scope('Conv1'):
            x = layer(x, layer_idx=res * 2 - 4, fmaps=nf(res - 1))
        if architecture == 'resnet':
            with tf.variable_scope('Skip'):
                t = conv2d_layer(t, fmaps=nf(res - 1), kernel=1, up=True, resample_kernel=resample_kernel)
                x = (x + t) * np.float32(1 / np.sqrt(2))
        return x

    def torgb(x, y, res):
        with tf.variable_scope('ToRGB'):
            t = modulated(x, res * 2 - 3, num_channels, kernel=1, demodulate=False)
            t = apply_bias_act(t)
            return t if y is None else y + t

    y = None
    with tf.variable_scope('4x4'):
        with tf.variable_scope('Const'):
            x = tf.get_variable('const', shape=[1, nf(1), 4, 4], initializer=tf.initializers.random_normal())
            x = tf.tile(tf.cast(x, dtype), [tf.shape(dlatents_in)[0], 1, 1, 1])
        with tf.variable_scope('Conv'):
            x = layer(x, layer_idx=0, fmaps=nf(1))
        if architecture == 'skip':
            y = torgb(x, y, 2)
    for res in range(3, resolution_log2 + 1):
        with tf.variable_scope(f'{2**res}x{2**res}'):
            x = block(x, res)
            if architecture == 'skip':
                with tf.variable_scope('Upsample'):
                    y = upsample_2d(y, k=resample_kernel)
            if architecture == 'skip' or res == resolution_log2:
                y = torgb(x, y, res)
    return tf.identity(tf.cast(y, tf.float32), name='images_out')


def _get_noise_var(layer_idx):
    """Return the noise that a layer adds when noise is not randomized [11HW]."""
    size = 2 ** ((layer_idx + 5) // 2)
    init = tf.initializers.random_normal()
    return tf.get_variable(f'noise{layer_idx}', shape=[1, 1, size, size], initializer=init, trainable=False)


def D_stylegan2(
    images_in,
    labels_in,
    num_channels=3,
    resolution=1024,
    label_size=0,
    fmap_base=16384,
    fmap_decay=1.0,
    fmap_min=1,
    fmap_max=512,
    architecture='resnet',
    nonlinearity='lrelu',
    mbstd_group_size=4,
    mbstd_num_features=1,
    dtype='float32',
    resample_kernel=(1, 3, 3, 1),
    **_kwargs,
):
    """Score how real images look.

    Args:
        images_in: Images [minibatch, num_channels, resolution, resolution], range -1..1.
        labels_in: Labels [minibatch, label_size].
        num_channels: Number of colour channels.
        resolution: Image size in pixels, a power of two.
        label_size: Size of a label, 0 for none.
        fmap_base: Number of feature maps at 1x1, halved with every doubling of the size.
        fmap_decay: Exponent of that rule.
        fmap_min: Smallest number of feature maps.
        fmap_max: Largest number of feature maps.
        architecture: 'orig', 'skip' or 'resnet'.
        nonlinearity: Activation function.
        mbstd_group_size: Samples per group of the minibatch standard deviation; 0 or 1 switches it off.
        mbstd_num_features: Number of its feature maps.
        dtype: Type of the activations.
        resample_kernel: FIR filter of all resampling.
        **_kwargs: Keywords of other networks.

    Returns:
        Scores [minibatch, 1].

    Source: StyleGAN2, section 4, figure 7; labels: Mescheder et al. 2018 (arXiv:1801.04406).
    """
    resolution_log2 = _resolution_log2(resolution)
    _check_architecture(architecture)
    images_in.set_shape([None, num_channels, resolution, resolution])
    labels_in.set_shape([None, label_size])
    images_in = tf.cast(images_in, dtype)
    labels_in = tf.cast(labels_in, dtype)
    resample_kernel = list(resample_kernel)

    def nf(stage):
        return _num_fmaps(stage, fmap_base, fmap_decay, fmap_min, fmap_max)

    def fromrgb(x, y, res):
        with tf.variable_scope('FromRGB'):
            t = apply_bias_act(conv2d_layer(y, fmaps=nf(res - 1), kernel=1), act=nonlinearity)
            return t if x is None else x + t

    def block(x, res):
        t = x
        with tf.variable_scope('Conv0'):
            x = apply_bias_act(conv2d_layer(x, fmaps=nf(res - 1), kernel=3), act=nonlinearity)
        with tf.variable_scope('Conv1_down'):
            x = conv2d_layer(x, fmaps=nf(res - 2), kernel=3, down=True, resample_kernel=resample_kernel)
            x = apply_bias_act(x, act=nonlinearity)
        if architecture == 'resnet':
            with tf.variable_scope('Skip'):
                t = conv2d_layer(t, fmaps=nf(res - 2), kernel=1, down=True, resample_kernel=resample_kernel)
                x = (x + t) * np.float32(1 / np.sqrt(2))
        return x

    x, y = None, images_in
    for res in range(resolution_log2, 2, -1):
        with tf.variable_scope(f'{2**res}x{2**res}'):
            if architecture == 'skip' or res == resolution_log2:
                x = fromrgb(x, y, res)
            x = block(x, res)
            if architecture == 'skip':
                with tf.variable_scope('Downsample'):
                    y = downsample_2d(y, k=resample_kernel)

    with tf.variable_scope('4x4'):
        if architecture == 'skip' or x is None:
            x = fromrgb(x, y, 2)
        if mbstd_group_size > 1:
            with tf.variable_scope('MinibatchStddev'):
                x = minibatch_stddev_layer(x, mbstd_group_size, mbstd_num_features)
        with tf.variable_scope('Conv'):
            x = apply_bias_act(conv2d_layer(x, fmaps=nf(1), kernel=3), act=nonlinearity)
        with tf.variable_scope('Dense0'):
            x = apply_bias_act(dense_layer(x, fmaps=nf(0)), act=nonlinearity)
    with tf.variable_scope('Output'):
        x = apply_bias_act(dense_layer(x, fmaps=max(label_size, 1)))
        if label_size:
            x = tf.reduce_sum(x * labels_in, axis=1, keepdims=True)  # [N1]
    return tf.identity(tf.cast(x, tf.float32), name='scores_out')


def _resolution_log2(resolution):
    """Return the base-2 logarithm of an image size."""
    resolution_log2 = int(np.log2(resolution))
    if resolution != 2**resolution_log2 or resolution < 4:
        raise ValueError(f'resolution must be a power of two, at least 4, got {resolution}')
    return resolution_log2


def _check_architecture(architecture):
    if architecture not in ('orig', 'skip', 'resnet'):
        raise ValueError(f"architecture must be 'orig', 'skip' or 'resnet', got {architecture!r}")


def _num_fmaps(stage, fmap_base, fmap_decay, fmap_min, fmap_max):
    """Return the number of feature maps of a stage."""
    return int(np.clip(int(fmap_base / (2.0 ** (stage * fmap_decay))), fmap_min, fmap_max))
