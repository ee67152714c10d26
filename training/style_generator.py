# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""From latents z to images: mapping, style mixing, truncation, synthesis, as all style-based generators do.

Snapshots carry this text beside that of the networks, see `training.layers`.
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from training.layers import apply_bias_act, dense_layer, draw_normal, draw_uniform
from training.progressive_growing import get_lod
from training.truncation import get_dlatent_avg, track_dlatent_avg, truncate_dlatents


def generate_images(
    latents_in,
    labels_in,
    components,
    mapping_func,
    synthesis_func,
    truncation_psi,
    truncation_cutoff,
    dlatent_avg_beta,
    style_mixing_prob,
    is_training,
    is_template_graph,
    has_lod,
    kwargs,
):
    """Generate images from latents; see `training.networks_stylegan2.G_main` for the options.

    Args:
        latents_in: Latents z [minibatch, latent_size].
        labels_in: Labels [minibatch, label_size].
        components: Networks `synthesis` and `mapping`; made if absent.
        mapping_func: Build function of the mapping network.
        synthesis_func: Build function of the synthesis network.
        truncation_psi: Distance from the mean of w that is kept, number or tensor. There is no truncation in training.
        truncation_cutoff: Number of leading layers to truncate.
        dlatent_avg_beta: Decay of the moving average of w.
        style_mixing_prob: Probability of mixing two styles.
        is_training: Update the average and mix styles.
        is_template_graph: True while the network is being made.
        has_lod: Whether the network has a variable `lod` of its own, that of the synthesis network following it.
        kwargs: Keywords of both components.

    Returns:
        Images [minibatch, num_channels, height, width], and dlatents [NLD].
    """
    # Find or make the components, and variables.
    if 'synthesis' not in components:
        components.synthesis = tflib.Network('G_synthesis', func_name=synthesis_func, **kwargs)
    num_layers, dlatent_size = components.synthesis.input_shape[1:]
    if 'mapping' not in components:
        components.mapping = tflib.Network('G_mapping', func_name=mapping_func, dlatent_broadcast=num_layers, **kwargs)
    lod = get_lod() if has_lod else None
    dlatent_avg = get_dlatent_avg(dlatent_size)

    # Map z to w.
    def mapping(latents, labels):
        dlatents = components.mapping.get_output_for(latents, labels, is_training=is_training, **kwargs)
        return tf.cast(dlatents, tf.float32)  # [NLD]

    mixes_styles = is_training and style_mixing_prob is not None and style_mixing_prob > 0
    if mixes_styles:
        dlatents, dlatents2 = _map_two_styles(latents_in, labels_in, mapping)
    else:
        dlatents = mapping(latents_in, labels_in)

    # Update the average, mix styles or truncate.
    if is_training and dlatent_avg_beta not in (None, 1):
        dlatents = track_dlatent_avg(dlatents, dlatent_avg, dlatent_avg_beta)
    if mixes_styles:
        dlatents = _mix_styles(dlatents, dlatents2, lod, style_mixing_prob)
    if not is_training and (tflib.is_tf_expression(truncation_psi) or truncation_psi not in (None, 1)):
        dlatents = truncate_dlatents(dlatents, dlatent_avg, truncation_psi, truncation_cutoff)

    # Synthesise images.
    deps = []
    if 'lod' in components.synthesis.vars:
        deps.append(tf.assign(components.synthesis.vars['lod'], lod))
    with tf.control_dependencies(deps):
        images_out = components.synthesis.get_output_for(
            dlatents, is_training=is_training, force_clean_graph=is_template_graph, **kwargs
        )
    return tf.identity(images_out, name='images_out'), dlatents


def _map_two_styles(latents, labels, mapping):
    """Return the dlatents [NLD] of `latents` and of random ones, from one evaluation of the mapping network."""
    with tf.variable_scope('StyleMix'):
        latents = tf.concat([latents, draw_normal(tf.shape(latents))], axis=0)
        labels = tf.concat([labels, labels], axis=0)
    return tf.split(mapping(latents, labels), 2)


def _mix_styles(dlatents, dlatents2, lod, prob):
    """Replace the later layers of `dlatents` by those of `dlatents2` [NLD], from a random layer on."""
    with tf.variable_scope('StyleMix'):
        num_layers = int(dlatents.shape[1])
        num_active = num_layers if lod is None else num_layers - tf.cast(lod, tf.int32) * 2
        cutoff = draw_uniform([], 1, tf.maximum(num_active, 2), dtype=tf.int32)
        cutoff = tf.where(draw_uniform([]) < prob, cutoff, num_active)
        layer_idx = np.arange(num_layers)[np.newaxis, :, np.newaxis]  # [1L1]
        keep = tf.broadcast_to(layer_idx < cutoff, tf.shape(dlatents))
        return tf.where(keep, dlatents, dlatents2)


def map_latents(
    x,
    mapping_layers,
    mapping_fmaps,
    dlatent_size,
    dlatent_broadcast,
    mapping_lrmul,
    nonlinearity,
    gain=1,
    act_gain=None,
    use_wscale=True,
):
    """Run the dense layers of a mapping network.

    Args:
        x: Latents, and whatever stands for the labels [NC].
        mapping_layers: Number of dense layers.
        mapping_fmaps: Width of all but the last.
        dlatent_size: Width of the last.
        dlatent_broadcast: Number of layers to repeat w for; None returns [minibatch, dlatent_size].
        mapping_lrmul: Learning rate multiplier.
        nonlinearity: Activation function.
        gain: Gain of the weights.
        act_gain: Gain of the activation function; None for its default.
        use_wscale: Whether the weights have equalized learning rate.

    Returns:
        Intermediate latents w, named as the output of the network.
    """
    # Dense layers.
    for layer_idx in range(mapping_layers):
        with tf.variable_scope(f'Dense{layer_idx}'):
            fmaps = dlatent_size if layer_idx == mapping_layers - 1 else mapping_fmaps
            x = dense_layer(x, fmaps=fmaps, gain=gain, use_wscale=use_wscale, lrmul=mapping_lrmul)
            x = apply_bias_act(x, act=nonlinearity, gain=act_gain, lrmul=mapping_lrmul)

    # One copy of w per layer.
    if dlatent_broadcast is not None:
        with tf.variable_scope('Broadcast'):
            x = tf.tile(x[:, np.newaxis], [1, dlatent_broadcast, 1])  # [NLD]
    return tf.identity(x, name='dlatents_out')


def concat_labels(x, labels, label_size):
    """Append a trainable vector per label to latents [NC], doubling their size."""
    with tf.variable_scope('LabelConcat'):
        init = tf.initializers.random_normal()
        w = tf.get_variable('weight', shape=[label_size, int(x.shape[1])], initializer=init)
        y = tf.matmul(tf.cast(labels, x.dtype), tf.cast(w, x.dtype))
        return tf.concat([x, y], axis=1)
