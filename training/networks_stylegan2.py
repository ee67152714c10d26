# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks of StyleGAN2 (Karras et al. 2019, arXiv:1912.04958).

Positional arguments are the inputs of a network, all others can be given when it is made or when it is called. One set
of keywords goes to the main network and its components, so each function ignores those that it does not know.
"""

import tensorflow.compat.v1 as tf

from training.layers import get_image_size, get_num_fmaps, get_resolution_log2, get_scope, normalize_2nd_moment
from training.progressive_growing import get_lod, get_structure, grow_images, shrink_images
from training.style_generator import concat_labels, generate_images, map_latents
from training.stylegan2_blocks import DiscriminatorBlocks, SynthesisBlocks, score_features


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
    images_out, dlatents = generate_images(
        latents_in,
        labels_in,
        components=components,
        mapping_func=globals()[mapping_func],
        synthesis_func=globals()[synthesis_func],
        truncation_psi=truncation_psi,
        truncation_cutoff=truncation_cutoff,
        dlatent_avg_beta=dlatent_avg_beta,
        style_mixing_prob=style_mixing_prob,
        is_training=is_training,
        is_template_graph=is_template_graph,
        has_lod=True,
        kwargs=kwargs,
    )
    return (images_out, dlatents) if return_dlatents else images_out


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
    # Normalise z, together with the embedded label.
    latents_in.set_shape([None, latent_size])
    labels_in.set_shape([None, label_size])
    x = tf.cast(latents_in, dtype)  # [NC]
    if label_size:
        x = concat_labels(x, labels_in, label_size)
    if normalize_latents:
        with tf.variable_scope('Normalize'):
            x = normalize_2nd_moment(x)

    # Map to w.
    return map_latents(
        x, mapping_layers, mapping_fmaps, dlatent_size, dlatent_broadcast, mapping_lrmul, mapping_nonlinearity
    )


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
    num_fp16_res=0,
    conv_clamp=None,
    min_h=4,
    min_w=4,
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
        num_fp16_res: Number of highest resolutions that compute in float16, on a GPU.
        conv_clamp: Largest magnitude of the output of a layer; None for no limit.
        min_h: Height of the first block; images are min_h * resolution / 4 pixels high.
        min_w: Width of the first block.
        **_kwargs: Keywords of other networks.

    Returns:
        Images [minibatch, num_channels, resolution, resolution].

    Source: StyleGAN2, sections 2 and 4, figure 7.
    """
    num_fmaps = get_num_fmaps(fmap_base, fmap_decay, fmap_min, fmap_max)
    blocks = SynthesisBlocks(
        dlatents_in,
        dlatent_size=dlatent_size,
        resolution_log2=get_resolution_log2(resolution),
        num_fmaps=num_fmaps,
        num_channels=num_channels,
        min_size=get_image_size(2, min_h, min_w),
        architecture=architecture,
        nonlinearity=nonlinearity,
        dtype=dtype,
        resample_kernel=resample_kernel,
        fused_modconv=fused_modconv,
        randomize_noise=randomize_noise,
        num_fp16_res=num_fp16_res,
        conv_clamp=conv_clamp,
    )
    return tf.identity(tf.cast(blocks.images(), tf.float32), name='images_out')


def G_synthesis_stylegan_revised(
    dlatents_in,
    dlatent_size=512,
    num_channels=3,
    resolution=1024,
    fmap_base=16384,
    fmap_decay=1.0,
    fmap_min=1,
    fmap_max=512,
    randomize_noise=True,
    nonlinearity='lrelu',
    dtype='float32',
    resample_kernel=(1, 3, 3, 1),
    fused_modconv=True,
    min_h=4,
    min_w=4,
    structure='auto',
    is_template_graph=False,
    force_clean_graph=False,
    **_kwargs,
):
    """Synthesise images from intermediate latents, growing progressively (configurations B to D).

    Arguments as in `G_synthesis_stylegan2`, and:
        randomize_noise: Fresh noise in every evaluation; otherwise the noise variables, as always in a clean graph.
        structure: 'fixed', 'linear' or 'recursive', see `grow_images`; 'auto' is 'linear' in a clean graph, else
            'recursive'.
        is_template_graph: True while the network is being made.
        force_clean_graph: Build a graph that is easy to read, without conditionals.

    Returns:
        Images [minibatch, num_channels, resolution, resolution]; lower in detail as the variable `lod` says.

    Source: StyleGAN2, section 2 and table 1.
    """
    # Set up.
    is_clean_graph = is_template_graph or force_clean_graph
    resolution_log2 = get_resolution_log2(resolution)
    lod = tf.cast(get_lod(), dtype)
    num_fmaps = get_num_fmaps(fmap_base, fmap_decay, fmap_min, fmap_max)
    blocks = SynthesisBlocks(
        dlatents_in,
        dlatent_size=dlatent_size,
        resolution_log2=resolution_log2,
        num_fmaps=num_fmaps,
        num_channels=num_channels,
        min_size=get_image_size(2, min_h, min_w),
        architecture='orig',
        nonlinearity=nonlinearity,
        dtype=dtype,
        resample_kernel=resample_kernel,
        fused_modconv=fused_modconv,
        randomize_noise=randomize_noise and not is_clean_graph,
    )

    # Blocks, each under a scope of its own.
    def block(x, res):
        with tf.variable_scope(get_scope(res)):
            return blocks.block(x, res)

    def torgb(x, res):
        with tf.variable_scope(f'ToRGB_lod{resolution_log2 - res}'):
            return blocks.torgb(x, res)

    # From 4x4 on, as far as the level of detail asks for.
    with tf.variable_scope(get_scope(2)):
        x = blocks.first_block()  # [NCHW]
    images_out = grow_images(x, lod, resolution_log2, block, torgb, get_structure(structure, is_clean_graph))
    return tf.identity(tf.cast(images_out, tf.float32), name='images_out')


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
    num_fp16_res=0,
    conv_clamp=None,
    min_h=4,
    min_w=4,
    return_features=False,
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
        num_fp16_res: Number of highest resolutions that compute in float16, on a GPU.
        conv_clamp: Largest magnitude of the output of a convolution layer; None for no limit.
        min_h: Height at which the last block works; images are min_h * resolution / 4 pixels high.
        min_w: Width at which the last block works.
        return_features: Return (scores, features).
        **_kwargs: Keywords of other networks.

    Returns:
        Scores [minibatch, 1], or a tuple of them and the features [minibatch, channels] that they are made of.

    Source: StyleGAN2, section 4, figure 7; labels: Mescheder et al. 2018 (arXiv:1801.04406).
    """
    # Set up.
    resolution_log2 = get_resolution_log2(resolution)
    images_in.set_shape([None, num_channels] + get_image_size(resolution_log2, min_h, min_w))
    labels_in.set_shape([None, label_size])
    num_fmaps = get_num_fmaps(fmap_base, fmap_decay, fmap_min, fmap_max)
    blocks = DiscriminatorBlocks(
        resolution_log2, num_fmaps, architecture, nonlinearity, dtype, resample_kernel, num_fp16_res, conv_clamp
    )

    # From images to scores.
    mbstd_num_features = mbstd_num_features if mbstd_group_size > 1 else 0
    features = blocks.features(tf.cast(images_in, dtype), mbstd_group_size, mbstd_num_features)  # [NC]
    with tf.variable_scope('Output'):
        x = score_features(features, labels_in, label_size)  # [N1]
    scores = tf.identity(tf.cast(x, tf.float32), name='scores_out')
    return (scores, tf.cast(features, tf.float32)) if return_features else scores


def D_stylegan(
    images_in,
    labels_in,
    num_channels=3,
    resolution=1024,
    label_size=0,
    fmap_base=16384,
    fmap_decay=1.0,
    fmap_min=1,
    fmap_max=512,
    nonlinearity='lrelu',
    mbstd_group_size=4,
    mbstd_num_features=1,
    dtype='float32',
    resample_kernel=(1, 3, 3, 1),
    min_h=4,
    min_w=4,
    structure='auto',
    is_template_graph=False,
    **_kwargs,
):
    """Score how real images look, growing progressively (configurations B to D).

    Arguments as in `D_stylegan2`, and:
        structure: 'fixed', 'linear' or 'recursive', see `shrink_images`; 'auto' is 'linear' in the template graph, else
            'recursive'.
        is_template_graph: True while the network is being made.

    Returns:
        Scores [minibatch, 1].

    Source: StyleGAN2, table 1; labels: Mescheder et al. 2018 (arXiv:1801.04406).
    """
    # Set up.
    resolution_log2 = get_resolution_log2(resolution)
    images_in.set_shape([None, num_channels] + get_image_size(resolution_log2, min_h, min_w))
    labels_in.set_shape([None, label_size])
    lod = tf.cast(get_lod(), dtype)
    num_fmaps = get_num_fmaps(fmap_base, fmap_decay, fmap_min, fmap_max)
    blocks = DiscriminatorBlocks(resolution_log2, num_fmaps, 'orig', nonlinearity, dtype, resample_kernel)

    # Blocks, each under a scope of its own.
    def fromrgb(images, res):
        with tf.variable_scope(f'FromRGB_lod{resolution_log2 - res}'):
            return blocks.fromrgb(images, res)

    def block(x, res):
        with tf.variable_scope(get_scope(res)):
            return blocks.block(x, res)

    # Down to 4x4, as far as the level of detail asks for.
    structure = get_structure(structure, is_template_graph)
    x = shrink_images(tf.cast(images_in, dtype), lod, resolution_log2, block, fromrgb, structure)

    # From features to scores.
    with tf.variable_scope(get_scope(2)):
        x = blocks.last_block(x, mbstd_group_size, mbstd_num_features if mbstd_group_size > 1 else 0)
    with tf.variable_scope('Output'):
        x = score_features(x, labels_in, label_size)
    return tf.identity(tf.cast(x, tf.float32), name='scores_out')
