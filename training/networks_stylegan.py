# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks of StyleGAN (Karras et al. 2018, arXiv:1812.04948), with which configuration A is trained.

Positional arguments are the inputs of a network, all others can be given when it is made or when it is called. One set
of keywords goes to the main network and its components, so each function ignores those that it does not know.
StyleGAN2 is `training.networks_stylegan2`.
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.tflib.ops.upfirdn_2d import downsample_2d, upsample_conv_2d
from training.layers import (
    apply_bias_act,
    check_choice,
    conv2d_layer,
    dense_layer,
    draw_normal,
    get_image_size,
    get_noise_var,
    get_num_fmaps,
    get_resolution_log2,
    get_scope,
    get_weight,
    minibatch_stddev_layer,
    normalize_2nd_moment,
)
from training.progressive_growing import get_lod, get_structure, grow_images, shrink_images
from training.style_generator import concat_labels, generate_images, map_latents


def G_style(
    latents_in,
    labels_in,
    truncation_psi=0.7,
    truncation_cutoff=8,
    truncation_psi_val=None,
    truncation_cutoff_val=None,
    dlatent_avg_beta=0.995,
    style_mixing_prob=0.9,
    is_training=False,
    is_validation=False,
    is_template_graph=False,
    components=None,
    **kwargs,
):
    """Generate images from latents: mapping, moving average of w, style mixing, truncation, synthesis.

    Arguments as in StyleGAN2's `G_main`, and:
        truncation_cutoff: Number of leading layers to truncate; None or 0 switches truncation off.

    Returns:
        Images [minibatch, num_channels, height, width].

    Source: StyleGAN, figure 1 b; truncation: appendix B.
    """
    assert not (is_training and is_validation)
    if is_validation:
        truncation_psi, truncation_cutoff = truncation_psi_val, truncation_cutoff_val
    images_out, _ = generate_images(
        latents_in,
        labels_in,
        components=components,
        mapping_func=G_mapping,
        synthesis_func=G_synthesis,
        truncation_psi=None if truncation_cutoff is None else truncation_psi,
        truncation_cutoff=truncation_cutoff,
        dlatent_avg_beta=dlatent_avg_beta,
        style_mixing_prob=style_mixing_prob,
        is_training=is_training,
        is_template_graph=is_template_graph,
        has_lod=True,
        kwargs=kwargs,
    )
    return images_out


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
    use_wscale=True,
    normalize_latents=True,
    dtype='float32',
    **_kwargs,
):
    """Map latents z to intermediate latents w.

    Arguments as in StyleGAN2's `G_mapping`, and:
        mapping_nonlinearity: Activation function, 'relu' or 'lrelu'.
        use_wscale: Equalized learning rate.

    Returns:
        Intermediate latents [minibatch, dlatent_broadcast, dlatent_size].

    Source: StyleGAN, section 2.
    """
    check_choice('mapping_nonlinearity', mapping_nonlinearity, ['relu', 'lrelu'])
    latents_in.set_shape([None, latent_size])
    labels_in.set_shape([None, label_size])

    # Normalise z, together with the embedded label.
    x = tf.cast(latents_in, dtype)  # [NC]
    if label_size:
        x = concat_labels(x, labels_in, label_size)
    if normalize_latents:
        with tf.variable_scope('Normalize'):
            x = normalize_2nd_moment(x)

    # Map to w.
    return map_latents(
        x,
        mapping_layers,
        mapping_fmaps,
        dlatent_size,
        dlatent_broadcast,
        mapping_lrmul,
        mapping_nonlinearity,
        gain=np.sqrt(2),
        act_gain=1,
        use_wscale=use_wscale,
    )


def G_synthesis(
    dlatents_in,
    dlatent_size=512,
    num_channels=3,
    resolution=1024,
    fmap_base=8192,
    fmap_decay=1.0,
    fmap_max=512,
    use_styles=True,
    const_input_layer=True,
    use_noise=True,
    randomize_noise=True,
    nonlinearity='lrelu',
    use_wscale=True,
    use_pixel_norm=False,
    use_instance_norm=True,
    dtype='float32',
    fused_scale='auto',
    blur_filter=(1, 2, 1),
    min_h=4,
    min_w=4,
    structure='auto',
    is_template_graph=False,
    force_clean_graph=False,
    **_kwargs,
):
    """Synthesise images from intermediate latents, growing progressively.

    Arguments as in StyleGAN2's `G_synthesis_stylegan_revised`, and:
        use_styles: Modulate each layer; otherwise w enters the first layer only.
        const_input_layer: Begin with a trained constant; otherwise with a dense layer from w.
        use_noise: Whether layers add noise.
        nonlinearity: Activation function, 'relu' or 'lrelu'.
        use_wscale: Equalized learning rate.
        use_pixel_norm: Normalise each pixel after the activation.
        use_instance_norm: Normalise each feature map before it is modulated.
        fused_scale: See `_upscale_conv_layer`: True, False or 'auto'.
        blur_filter: FIR filter behind each enlargement; None for none.

    Returns:
        Images [minibatch, num_channels, resolution, resolution]; lower in detail as the variable `lod` says.

    Source: StyleGAN, figure 1 b, section 2 and appendix C.
    """
    # Set up.
    check_choice('nonlinearity', nonlinearity, ['relu', 'lrelu'])
    is_clean_graph = is_template_graph or force_clean_graph
    resolution_log2 = get_resolution_log2(resolution)
    num_layers = resolution_log2 * 2 - 2
    num_fmaps = get_num_fmaps(fmap_base, fmap_decay, 1, fmap_max)
    dlatents_in.set_shape([None, num_layers if use_styles else 1, dlatent_size])
    dlatents = tf.cast(dlatents_in, dtype)  # [NLD]
    lod = tf.cast(get_lod(), dtype)
    noise_vars = []
    if use_noise:
        sizes = [get_image_size(layer_idx // 2 + 2, min_h, min_w) for layer_idx in range(num_layers)]
        noise_vars = [get_noise_var(layer_idx, size) for layer_idx, size in enumerate(sizes)]

    # Layers: noise, bias and activation, normalisation, style.
    def finish_layer(x, layer_idx):
        if use_noise:
            x = _noise_layer(x, None if randomize_noise and not is_clean_graph else noise_vars[layer_idx])
        x = apply_bias_act(x, act=nonlinearity, gain=1)
        x = _normalize(x, use_pixel_norm, use_instance_norm)
        return _style_layer(x, dlatents[:, layer_idx], use_wscale) if use_styles else x

    def conv_layer(x, fmaps, layer_idx):
        return finish_layer(conv2d_layer(x, fmaps, kernel=3, gain=np.sqrt(2), use_wscale=use_wscale), layer_idx)

    # Blocks.
    def first_block():
        shape = [num_fmaps(1)] + get_image_size(2, min_h, min_w)
        with tf.variable_scope('Const' if const_input_layer else 'Dense'):
            x = _constant(dlatents, shape) if const_input_layer else _features_of_w(dlatents[:, 0], shape, use_wscale)
            x = finish_layer(x, 0)
        with tf.variable_scope('Conv'):
            return conv_layer(x, num_fmaps(1), 1)

    def block(x, res):
        with tf.variable_scope(get_scope(res)):
            with tf.variable_scope('Conv0_up'):
                x = _upscale_conv_layer(x, num_fmaps(res - 1), fused_scale, use_wscale)
                x = finish_layer(_blur(x, blur_filter), res * 2 - 4)
            with tf.variable_scope('Conv1'):
                return conv_layer(x, num_fmaps(res - 1), res * 2 - 3)

    def torgb(x, res):
        with tf.variable_scope(f'ToRGB_lod{resolution_log2 - res}'):
            return apply_bias_act(conv2d_layer(x, num_channels, kernel=1, use_wscale=use_wscale))

    # From 4x4 on, as far as the level of detail asks for.
    with tf.variable_scope(get_scope(2)):
        x = first_block()  # [NCHW]
    images_out = grow_images(x, lod, resolution_log2, block, torgb, get_structure(structure, is_clean_graph))
    return tf.identity(tf.cast(images_out, tf.float32), name='images_out')


def D_basic(
    images_in,
    labels_in,
    num_channels=1,
    resolution=32,
    label_size=0,
    fmap_base=8192,
    fmap_decay=1.0,
    fmap_max=512,
    nonlinearity='lrelu',
    use_wscale=True,
    mbstd_group_size=4,
    mbstd_num_features=1,
    dtype='float32',
    fused_scale='auto',
    blur_filter=(1, 2, 1),
    min_h=4,
    min_w=4,
    structure='auto',
    is_template_graph=False,
    **_kwargs,
):
    """Score how real images look, growing progressively.

    Arguments as in StyleGAN2's `D_stylegan`, and:
        nonlinearity: Activation function, 'relu' or 'lrelu'.
        use_wscale: Equalized learning rate.
        fused_scale: True, False or 'auto', which are the same function here.
        blur_filter: FIR filter before each reduction; None for none.

    Returns:
        Scores [minibatch, 1].

    Source: Karras et al., "Progressive Growing of GANs", 2017, table 2 (arXiv:1710.10196); StyleGAN, appendix C.
    """
    # Set up.
    check_choice('nonlinearity', nonlinearity, ['relu', 'lrelu'])
    check_choice('fused_scale', fused_scale, [True, False, 'auto'])
    resolution_log2 = get_resolution_log2(resolution)
    num_fmaps = get_num_fmaps(fmap_base, fmap_decay, 1, fmap_max)
    images_in.set_shape([None, num_channels] + get_image_size(resolution_log2, min_h, min_w))
    labels_in.set_shape([None, label_size])
    lod = tf.cast(get_lod(), dtype)

    # Layers and blocks.
    def conv_layer(x, fmaps, kernel=3, down=False):
        x = conv2d_layer(x, fmaps, kernel, down=down, gain=np.sqrt(2), use_wscale=use_wscale)
        return apply_bias_act(x, act=nonlinearity, gain=1)

    def fromrgb(images, res):
        with tf.variable_scope(f'FromRGB_lod{resolution_log2 - res}'):
            return conv_layer(images, num_fmaps(res - 1), kernel=1)

    def block(x, res):
        with tf.variable_scope(get_scope(res)):
            with tf.variable_scope('Conv0'):
                x = conv_layer(x, num_fmaps(res - 1))
            with tf.variable_scope('Conv1_down'):
                return conv_layer(_blur(x, blur_filter), num_fmaps(res - 2), down=True)

    # Down to 4x4, as far as the level of detail asks for.
    structure = get_structure(structure, is_template_graph)
    x = shrink_images(tf.cast(images_in, dtype), lod, resolution_log2, block, fromrgb, structure)

    # From features to scores.
    with tf.variable_scope(get_scope(2)):
        if mbstd_group_size > 1:
            with tf.variable_scope('MinibatchStddev'):
                x = minibatch_stddev_layer(x, mbstd_group_size, mbstd_num_features)
        with tf.variable_scope('Conv'):
            x = conv_layer(x, num_fmaps(1))
        with tf.variable_scope('Dense0'):
            x = dense_layer(x, num_fmaps(0), gain=np.sqrt(2), use_wscale=use_wscale)
            x = apply_bias_act(x, act=nonlinearity, gain=1)
        with tf.variable_scope('Dense1'):
            x = apply_bias_act(dense_layer(x, max(label_size, 1), use_wscale=use_wscale))
    if label_size:
        with tf.variable_scope('LabelSwitch'):
            x = tf.reduce_sum(x * tf.cast(labels_in, x.dtype), axis=1, keepdims=True)  # [N1]
    return tf.identity(tf.cast(x, tf.float32), name='scores_out')


def _constant(dlatents, shape):
    """Return a trained constant [CHW] for each sample of `dlatents` [N...]."""
    x = tf.get_variable('const', shape=[1] + shape, initializer=tf.initializers.ones())
    return tf.tile(tf.cast(x, dlatents.dtype), [tf.shape(dlatents)[0], 1, 1, 1])  # [NCHW]


def _features_of_w(dlatents, shape, use_wscale):
    """Return feature maps [CHW] that a dense layer makes of w [ND]."""
    fmaps, *size = shape
    gain = np.sqrt(2) / np.sqrt(np.prod(size))  # As if it were a convolution over the whole block.
    x = dense_layer(dlatents, fmaps * np.prod(size), gain, use_wscale)
    return tf.reshape(x, [-1] + shape)  # [NCHW]


def _upscale_conv_layer(x, fmaps, fused_scale, use_wscale):
    """Double the size of [NCHW] by repeating pixels, then convolve; no bias.

    Args:
        x: Images [NCHW].
        fmaps: Number of output feature maps.
        fused_scale: True convolves with the kernel mirrored in both axes, which is how networks were trained whose
            layers of 128 pixels and more did both steps in one transposed convolution; 'auto' decides by the size.
        use_wscale: Equalized learning rate.
    """
    check_choice('fused_scale', fused_scale, [True, False, 'auto'])
    if fused_scale == 'auto':
        fused_scale = min(int(size) for size in x.shape[2:]) * 2 >= 128
    w = get_weight([3, 3, int(x.shape[1]), fmaps], gain=np.sqrt(2), use_wscale=use_wscale)  # [kkIO]
    return upsample_conv_2d(x, tf.cast(w[::-1, ::-1] if fused_scale else w, x.dtype))


def _blur(x, blur_filter):
    """Filter [NCHW] with a FIR filter, keeping the size."""
    if not blur_filter:
        return x
    k = np.asarray(blur_filter, dtype=np.float32)
    k = np.outer(k, k) if k.ndim == 1 else k
    k = np.pad(k, [(1 - size % 2, 0) for size in k.shape], 'constant')  # TensorFlow pads more on the right.
    with tf.variable_scope('Blur2D'):
        return downsample_2d(x, k=k[::-1, ::-1], factor=1)  # A correlation.


def _noise_layer(x, noise_var):
    """Add noise to [NCHW] with a trained strength per feature map; fresh noise unless given a variable."""
    with tf.variable_scope('Noise'):
        if noise_var is None:
            noise = draw_normal([tf.shape(x)[0], 1, int(x.shape[2]), int(x.shape[3])], dtype=x.dtype)
        else:
            noise = tf.cast(noise_var, x.dtype)
        strength = tf.get_variable('weight', shape=[int(x.shape[1])], initializer=tf.initializers.zeros())
        return x + noise * tf.reshape(tf.cast(strength, x.dtype), [1, -1, 1, 1])


def _normalize(x, use_pixel_norm, use_instance_norm):
    """Normalise each pixel over the feature maps of [NCHW], each feature map over its pixels, or neither."""
    if use_pixel_norm:
        with tf.variable_scope('PixelNorm'):
            x = normalize_2nd_moment(x)
    return _instance_norm(x) if use_instance_norm else x


def _instance_norm(x, epsilon=1e-8):
    """Bring each feature map of each sample to zero mean and unit variance."""
    with tf.variable_scope('InstanceNorm'):
        y = tf.cast(x, tf.float32)
        y -= tf.reduce_mean(y, axis=[2, 3], keepdims=True)
        y *= tf.rsqrt(tf.reduce_mean(tf.square(y), axis=[2, 3], keepdims=True) + epsilon)
        return tf.cast(y, x.dtype)


def _style_layer(x, dlatents, use_wscale):
    """Scale and shift each feature map of [NCHW] by an affine function of w [ND]."""
    with tf.variable_scope('StyleMod'):
        fmaps = int(x.shape[1])
        style = apply_bias_act(dense_layer(dlatents, fmaps * 2, use_wscale=use_wscale))
        style = tf.reshape(style, [-1, 2, fmaps, 1, 1])  # [N2C11]
        return x * (style[:, 0] + 1) + style[:, 1]
