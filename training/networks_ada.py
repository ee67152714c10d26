# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks of StyleGAN2-ADA (Karras et al. 2020, arXiv:2006.06676): StyleGAN2's with another treatment of labels.

They compute in float16 where asked to, on a GPU; on a CPU float16 is slower than float32, of which it is an
approximation that stays far below the accuracy of a pixel, so there `num_fp16_res` has no effect. The options of the
methods that the paper compares with are here as well, as there are snapshots of them.

Positional arguments are the inputs of a network, all others can be given when it is made or when it is called. One set
of keywords goes to the main network and its components, so each function ignores those that it does not know.
StyleGAN2 is `training.networks_stylegan2`.
"""

import numpy as np
import tensorflow.compat.v1 as tf

from training.layers import (
    apply_bias_act,
    conv2d_layer,
    dense_layer,
    draw_normal,
    draw_uniform,
    get_image_size,
    get_num_fmaps,
    get_resolution_log2,
    normalize_2nd_moment,
)
from training.style_generator import generate_images, map_latents
from training.stylegan2_blocks import RESNET_GAIN, DiscriminatorBlocks, SynthesisBlocks


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
    synthesis_func='G_synthesis',
    **kwargs,
):
    """Generate images from latents: mapping, moving average of w, style mixing, truncation, synthesis.

    Arguments and result as in StyleGAN2's `G_main`.

    Source: StyleGAN2 (arXiv:1912.04958), figure 2, appendix B.
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
        has_lod=False,
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
    mapping_fmaps=None,
    mapping_lrmul=0.01,
    mapping_nonlinearity='lrelu',
    normalize_latents=True,
    label_fmaps=None,
    dtype='float32',
    **_kwargs,
):
    """Map latents z to intermediate latents w; labels are embedded after the normalisation.

    Arguments as in StyleGAN2's `G_mapping`, and:
        mapping_fmaps: Width of all layers but the last; None for `dlatent_size`.
        label_fmaps: Size of what a label is embedded as; None for `latent_size`.

    Returns:
        Intermediate latents [minibatch, dlatent_broadcast, dlatent_size].

    Source: StyleGAN (arXiv:1812.04948), section 2; labels: StyleGAN2-ADA, appendix D.
    """
    # Normalise z, then embed the label.
    latents_in.set_shape([None, latent_size])
    labels_in.set_shape([None, label_size])
    x = tf.cast(latents_in, dtype)  # [NC]
    if normalize_latents:
        with tf.variable_scope('Normalize'):
            x = normalize_2nd_moment(x)
    if label_size:
        y = _embed_labels(labels_in, latent_size if label_fmaps is None else label_fmaps, dtype)
        x = tf.concat([x, y], axis=1)

    # Map to w.
    mapping_fmaps = dlatent_size if mapping_fmaps is None else mapping_fmaps
    return map_latents(
        x, mapping_layers, mapping_fmaps, dlatent_size, dlatent_broadcast, mapping_lrmul, mapping_nonlinearity
    )


def G_synthesis(
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
    fused_modconv=False,
    fmap_const=None,
    use_noise=True,
    num_fp16_res=0,
    conv_clamp=None,
    min_h=4,
    min_w=4,
    **_kwargs,
):
    """Synthesise images from intermediate latents.

    Arguments as in StyleGAN2's `G_synthesis_stylegan2`, and:
        fmap_const: Number of feature maps of the constant; None for that of the first block.
        use_noise: Whether layers add noise, and have variables for it.
        num_fp16_res: Number of highest resolutions that compute in float16, on a GPU.
        conv_clamp: Largest magnitude of the output of a layer; None for no limit.

    Returns:
        Images [minibatch, num_channels, resolution, resolution].

    Source: StyleGAN2 (arXiv:1912.04958), sections 2 and 4, figure 7; float16: StyleGAN2-ADA, appendix D.
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
        use_noise=use_noise,
        num_fp16_res=num_fp16_res,
        conv_clamp=conv_clamp,
    )
    return tf.identity(tf.cast(blocks.images(fmap_const), tf.float32), name='images_out')


def D_main(
    images_in,
    labels_in,
    num_channels=3,
    resolution=1024,
    label_size=0,
    fmap_base=16384,
    fmap_decay=1.0,
    fmap_min=1,
    fmap_max=512,
    mapping_layers=0,
    mapping_fmaps=None,
    mapping_lrmul=0.1,
    architecture='resnet',
    nonlinearity='lrelu',
    mbstd_group_size=None,
    mbstd_num_features=1,
    dtype='float32',
    num_fp16_res=0,
    conv_clamp=None,
    resample_kernel=(1, 3, 3, 1),
    augment_strength=0,
    use_pagan=False,
    pagan_num=16,
    pagan_fade=0.5,
    score_size=1,
    score_max=1,
    use_spectral_norm=False,
    adaptive_dropout=0,
    freeze_layers=0,
    min_h=4,
    min_w=4,
    return_features=False,
    **_kwargs,
):
    """Score how real images look, or with labels, how well what they show fits the embedding of the label.

    Arguments as in StyleGAN2's `D_stylegan2`, and:
        mapping_layers: Number of dense layers between the embedding of a label and the score.
        mapping_fmaps: Size of what a label is embedded as; None for the number of features of the image.
        mapping_lrmul: Learning rate multiplier of those layers.
        mbstd_group_size: Samples per group of the minibatch standard deviation; None for all samples.
        mbstd_num_features: Number of its feature maps; 0 switches it off.
        num_fp16_res: Number of highest resolutions that compute in float16, on a GPU.
        conv_clamp: Largest magnitude of the output of a convolution layer; None for no limit.
        augment_strength: Strength of the augmentation, number or tensor, for the next and for `adaptive_dropout`.
        use_pagan: Augment the input by random bits, whose parity flips the score.
        pagan_num: Number of these bits.
        pagan_fade: Range of `augment_strength`, in bits, over which one more bit comes in.
        score_size: Number of scores to return.
        score_max: Number of scores to compute without labels.
        use_spectral_norm: Divide the weights of 3x3 convolutions by their largest singular value.
        adaptive_dropout: Standard deviation, at full strength, of the logarithm of random factors on feature maps.
        freeze_layers: Number of layers, from the images on, that are not trained.
        return_features: Return (scores, features).

    Returns:
        Scores [minibatch, score_size], or [minibatch, 1] with labels; or a tuple of them and the features
        [minibatch, channels] that they are made of.

    Source: StyleGAN2-ADA, appendix D; PA-GAN: Zhang and Khoreva 2018 (arXiv:1901.10422); spectral normalisation:
        Miyato et al. 2018 (arXiv:1802.05957); freezing: Mo et al. 2020 (arXiv:2002.10964).
    """
    # Set up.
    resolution_log2 = get_resolution_log2(resolution)
    images_in.set_shape([None, num_channels] + get_image_size(resolution_log2, min_h, min_w))
    labels_in.set_shape([None, label_size])
    num_fmaps = get_num_fmaps(fmap_base, fmap_decay, fmap_min, fmap_max)
    pagan_bits = pagan_signs = embedding = None
    if use_pagan:
        pagan_bits, pagan_signs = _draw_pagan_bits(tf.shape(images_in)[0], augment_strength, pagan_num, pagan_fade)

    # What the label stands for.
    if label_size:
        mapping_fmaps = num_fmaps(0) if mapping_fmaps is None else mapping_fmaps
        embedding = _embed_labels(labels_in, mapping_fmaps, dtype)  # [NC]
        embedding = _map_embedding(embedding, mapping_layers, mapping_lrmul, nonlinearity)

    # What the image shows.
    blocks = _Blocks(
        resolution_log2,
        num_fmaps,
        architecture,
        nonlinearity,
        dtype,
        resample_kernel,
        num_fp16_res,
        conv_clamp,
        use_spectral_norm=use_spectral_norm,
        dropout_std=augment_strength * adaptive_dropout if adaptive_dropout else None,
        freeze_layers=freeze_layers,
        pagan_bits=pagan_bits,
    )
    features = blocks.features(tf.cast(images_in, dtype), mbstd_group_size, mbstd_num_features)  # [NC]

    # How well they fit.
    with tf.variable_scope('Output'):
        x = apply_bias_act(dense_layer(features, score_max if embedding is None else mapping_fmaps))
        if embedding is None:
            x = x[:, :score_size]
        else:
            x = tf.reduce_sum(x * embedding, axis=1, keepdims=True) / np.sqrt(mapping_fmaps)  # [N1]
    x = tf.cast(x, tf.float32)
    if use_pagan:
        x *= pagan_signs
    scores = tf.identity(x, name='scores_out')
    return (scores, tf.cast(features, tf.float32)) if return_features else scores


def _map_embedding(x, mapping_layers, lrmul, nonlinearity):
    """Run the dense layers between the embedding of a label and the score [NC]."""
    for layer_idx in range(mapping_layers):
        with tf.variable_scope(f'Mapping{layer_idx}'):
            x = dense_layer(x, int(x.shape[1]), lrmul=lrmul)
            x = apply_bias_act(x, act=nonlinearity, lrmul=lrmul)
    return x


def _embed_labels(labels, fmaps, dtype):
    """Return a trained vector of unit second moment for each label [NC]."""
    with tf.variable_scope('LabelEmbed'):
        return normalize_2nd_moment(apply_bias_act(dense_layer(tf.cast(labels, dtype), fmaps)))


def _draw_pagan_bits(num_samples, augment_strength, pagan_num, pagan_fade):
    """Return random bits [N, pagan_num] as 0 or 1, and -1 for samples with an odd number of ones, else 1 [N1]."""
    with tf.variable_scope('PAGAN'):
        num_active = augment_strength * pagan_num - np.arange(pagan_num, dtype=np.float32) - 1
        probability = tf.clip_by_value(num_active / pagan_fade + 1, 0.0, 1.0) / 2  # [bits]
        bits = tf.cast(draw_uniform([num_samples, pagan_num]) < probability, tf.float32)
        return bits, tf.reduce_prod(1 - 2 * bits, axis=1, keepdims=True)


class _Blocks(DiscriminatorBlocks):
    """Discriminator blocks with the options of `D_main`."""

    def __init__(self, *args, use_spectral_norm, dropout_std, freeze_layers, pagan_bits):
        super().__init__(*args)
        self.use_spectral_norm = use_spectral_norm
        self.dropout_std = dropout_std
        self.num_frozen_left = freeze_layers
        self.pagan_bits = pagan_bits

    def _is_next_trainable(self):
        """Tell whether the next layer is trained; layers are made in the order in which freezing counts them."""
        self.num_frozen_left -= 1
        return self.num_frozen_left < 0

    def _drop(self, x):
        """Multiply each feature map of each sample with a random factor."""
        if self.dropout_std is None:
            return x
        shape = [tf.shape(x)[0], int(x.shape[1])] + [1] * (x.shape.rank - 2)
        return x * tf.cast(tf.exp(draw_normal(shape) * self.dropout_std), x.dtype)

    def conv_layer(self, x, fmaps, kernel=3, down=False, out_gain=1):
        """Convolve, add a bias and apply the activation function; a 1x1 kernel is the layer from the images."""
        trainable = self._is_next_trainable()
        x = conv2d_layer(
            x,
            fmaps,
            kernel,
            down=down,
            resample_kernel=self.resample_kernel,
            trainable=trainable,
            use_spectral_norm=self.use_spectral_norm and kernel > 1,
        )
        if self.pagan_bits is not None and kernel == 1:
            with tf.variable_scope('PAGAN'):
                t = dense_layer(self.pagan_bits, fmaps, trainable=trainable)
                x += tf.cast(t, x.dtype)[:, :, np.newaxis, np.newaxis]
        return apply_bias_act(
            self._drop(x), act=self.nonlinearity, clamp=self.conv_clamp, trainable=trainable, out_gain=out_gain
        )

    def skip_layer(self, x, fmaps):
        """Bring images to half their size and another number of feature maps, as the branch of a residual block."""
        return conv2d_layer(
            x,
            fmaps,
            kernel=1,
            down=True,
            resample_kernel=self.resample_kernel,
            gain=RESNET_GAIN,
            trainable=self._is_next_trainable(),
        )

    def dense_layer(self, x, fmaps):
        """Multiply with a matrix, add a bias and apply the activation function."""
        trainable = self._is_next_trainable()
        x = self._drop(dense_layer(x, fmaps, trainable=trainable))
        return apply_bias_act(x, act=self.nonlinearity, trainable=trainable)
