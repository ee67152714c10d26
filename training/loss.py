# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Loss functions of the generator and the discriminator.

Every function returns (loss, reg): the loss of each sample [N1] and a regularization term [N...], or None, that lazy
regularization evaluates less often. f(x) = log(1 + exp(x)) is the softplus function.
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.tflib.autosummary import autosummary

TRAINING_STATE = 'training_state'  # Collection of variables that a resumed run needs besides networks and optimizers.


def _random_latents(G, minibatch_size):
    """Return latents z [minibatch_size, latent_size]."""
    return tflib.random_normal([minibatch_size] + G.input_shapes[0][1:])


def _generate(G, training_set, minibatch_size, labels=None, **kwargs):
    """Return the output of G in training mode for fresh latents, and the labels, random ones unless given."""
    labels = training_set.get_random_labels_tf(minibatch_size) if labels is None else labels
    return G.get_output_for(_random_latents(G, minibatch_size), labels, is_training=True, **kwargs), labels


def _score_fakes(G, D, training_set, minibatch_size, labels=None):
    """Return generated images and their scores."""
    images, labels = _generate(G, training_set, minibatch_size, labels)
    scores = D.get_output_for(images, labels, is_training=True)
    return images, autosummary('Loss/scores/fake', scores)


def _score_both(G, D, training_set, minibatch_size, reals, labels):
    """Return generated images, their scores, and those of the real images, all with the labels of the latter."""
    fakes, fake_scores = _score_fakes(G, D, training_set, minibatch_size, labels)
    real_scores = D.get_output_for(reals, labels, is_training=True)
    return fakes, fake_scores, autosummary('Loss/scores/real', real_scores)


def G_logistic(G, D, opt, training_set, minibatch_size):
    """Saturating loss -f(D(G(z))) of the generator.

    Args:
        G: Generator.
        D: Discriminator.
        opt: Optimizer, for the loss functions that need its scaling.
        training_set: Data set, for random labels.
        minibatch_size: Number of samples; int or scalar tensor.

    Source: Goodfellow et al., "Generative Adversarial Networks", 2014, equation 1 (arXiv:1406.2661).
    """
    del opt
    _, scores = _score_fakes(G, D, training_set, minibatch_size)
    return -tf.nn.softplus(scores), None


def G_logistic_ns(G, D, opt, training_set, minibatch_size):
    """Non-saturating loss f(-D(G(z))) of the generator; arguments as `G_logistic`.

    Source: Goodfellow et al., "Generative Adversarial Networks", 2014, section 3 (arXiv:1406.2661).
    """
    del opt
    _, scores = _score_fakes(G, D, training_set, minibatch_size)
    return tf.nn.softplus(-scores), None


def D_logistic(G, D, opt, training_set, minibatch_size, reals, labels):
    """Logistic loss f(D(G(z))) + f(-D(x)) of the discriminator.

    Args:
        G: Generator.
        D: Discriminator.
        opt: Optimizer, for the loss functions that need its scaling.
        training_set: Data set.
        minibatch_size: Number of samples; int or scalar tensor.
        reals: Real images [NCHW].
        labels: Their labels [N, label_size], used for the generated images too.
    """
    del opt
    _, fake_scores, real_scores = _score_both(G, D, training_set, minibatch_size, reals, labels)
    return tf.nn.softplus(fake_scores) + tf.nn.softplus(-real_scores), None


def _gradient_penalty(scores, images, gamma):
    """Return (gamma / 2) * squared norm of the gradient of the scores, per sample [N]."""
    with tf.name_scope('GradientPenalty'):
        (gradient,) = tf.gradients(tf.reduce_sum(scores), [images])  # [NCHW]
        penalty = autosummary('Loss/gradient_penalty', tf.reduce_sum(tf.square(gradient), axis=[1, 2, 3]))
        return penalty * (gamma * 0.5)


def D_logistic_r1(G, D, opt, training_set, minibatch_size, reals, labels, gamma=10.0):
    """Logistic loss with a gradient penalty on real images.

    Arguments as in `D_logistic`, and:
        gamma: Weight of the penalty.

    Source: Mescheder et al., "Which Training Methods for GANs do actually Converge?", 2018, equation 9.
    """
    del opt
    _, fake_scores, real_scores = _score_both(G, D, training_set, minibatch_size, reals, labels)
    reg = _gradient_penalty(real_scores, reals, gamma)
    return tf.nn.softplus(fake_scores) + tf.nn.softplus(-real_scores), reg


def D_logistic_r2(G, D, opt, training_set, minibatch_size, reals, labels, gamma=10.0):
    """Logistic loss with a gradient penalty on generated images; arguments as `D_logistic_r1`.

    Source: Mescheder et al., "Which Training Methods for GANs do actually Converge?", 2018, equation 10.
    """
    del opt
    fakes, fake_scores, real_scores = _score_both(G, D, training_set, minibatch_size, reals, labels)
    reg = _gradient_penalty(fake_scores, fakes, gamma)
    return tf.nn.softplus(fake_scores) + tf.nn.softplus(-real_scores), reg


def G_wgan(G, D, opt, training_set, minibatch_size):
    """Wasserstein loss -D(G(z)) of the generator; arguments as `G_logistic`.

    Source: Arjovsky et al., "Wasserstein GAN", 2017, equation 2 (arXiv:1701.07875).
    """
    del opt
    _, scores = _score_fakes(G, D, training_set, minibatch_size)
    return -scores, None


def D_wgan(G, D, opt, training_set, minibatch_size, reals, labels, wgan_epsilon=0.001):
    """Wasserstein loss D(G(z)) - D(x) of the discriminator.

    It keeps no Lipschitz bound by itself: give a network that does, or take `D_wgan_gp`.

    Arguments as in `D_logistic`, and:
        wgan_epsilon: Weight of the squared scores of reals, which keeps scores from drifting.

    Source: Arjovsky et al., "Wasserstein GAN", 2017, equation 2; drift: Progressive GAN (arXiv:1710.10196), appendix A.
    """
    del opt
    _, fake_scores, real_scores = _score_both(G, D, training_set, minibatch_size, reals, labels)
    return _wasserstein(fake_scores, real_scores, wgan_epsilon), None


def D_wgan_gp(
    G,
    D,
    opt,
    training_set,
    minibatch_size,
    reals,
    labels,
    wgan_lambda=10.0,
    wgan_epsilon=0.001,
    wgan_target=1.0,
):
    """Wasserstein loss with a gradient penalty between real and generated images.

    Arguments as in `D_wgan`, and:
        wgan_lambda: Weight of the gradient penalty.
        wgan_target: Norm that gradients are drawn to.

    Source: Gulrajani et al., "Improved Training of Wasserstein GANs", 2017, equation 3 (arXiv:1704.00028).
    """
    del opt
    fakes, fake_scores, real_scores = _score_both(G, D, training_set, minibatch_size, reals, labels)
    loss = _wasserstein(fake_scores, real_scores, wgan_epsilon)
    with tf.name_scope('GradientPenalty'):
        mix = tflib.random_uniform([tf.shape(reals)[0], 1, 1, 1])
        mixed = tflib.lerp(reals, fakes, mix)  # [NCHW]
        scores = autosummary('Loss/scores/mixed', D.get_output_for(mixed, labels, is_training=True))
        (gradient,) = tf.gradients(tf.reduce_sum(scores), [mixed])  # [NCHW]
        norms = _root(tf.reduce_sum(tf.square(gradient), axis=[1, 2, 3]))  # [N]
        norms = autosummary('Loss/mixed_norms', norms)
        reg = tf.square(norms - wgan_target) * (wgan_lambda / wgan_target**2)
    return loss, reg


def _wasserstein(fake_scores, real_scores, epsilon):
    """Return the Wasserstein loss of the discriminator with its penalty on drifting scores [N1]."""
    drift = autosummary('Loss/epsilon_penalty', tf.square(real_scores))
    return fake_scores - real_scores + drift * epsilon


def _root(x):
    """Return the square root, with a gradient of zero instead of infinity at zero."""
    is_positive = x > 0
    root = tf.sqrt(tf.where(is_positive, x, tf.ones_like(x)))
    return tf.where(is_positive, root, tf.zeros_like(x))


def G_logistic_ns_pathreg(G, D, opt, training_set, minibatch_size, pl_minibatch_shrink=2, pl_decay=0.01, pl_weight=2.0):
    """Non-saturating loss with path length regularization.

    Arguments as in `G_logistic`, and:
        pl_minibatch_shrink: Divisor of the minibatch for the regularizer; at least one sample remains.
        pl_decay: Decay of the moving average of path lengths.
        pl_weight: Weight of the regularizer.

    Source: StyleGAN2 (arXiv:1912.04958), section 3.2 and appendix B.
    """
    del opt
    _, scores = _score_fakes(G, D, training_set, minibatch_size)
    loss = tf.nn.softplus(-scores)
    with tf.name_scope('PathReg'):
        num = tf.maximum(minibatch_size // pl_minibatch_shrink, 1)
        (images, dlatents), _ = _generate(G, training_set, num, return_dlatents=True)
        penalty = _path_length_penalty(images, dlatents, pl_decay)
    return loss, penalty * pl_weight


def _path_length_penalty(images, dlatents, decay):
    """Return the squared deviation of path lengths from their moving average, per sample [N].

    The average is moved first, and gradients flow through its new value as well.
    """
    noise = tflib.random_normal(tf.shape(images)) / np.sqrt(np.prod([int(size) for size in images.shape[2:]]))
    return _penalty_for_noise(images, dlatents, noise, decay)


def _penalty_for_noise(images, dlatents, noise, decay):
    """Return the path length penalty for given image noise [NCHW]."""
    (gradient,) = tf.gradients(tf.reduce_sum(images * noise), [dlatents])  # [NLD]
    lengths = tf.sqrt(tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=2), axis=1))  # [N]
    lengths = autosummary('Loss/pl_lengths', lengths)
    with tf.control_dependencies(None):
        collections = [tf.GraphKeys.GLOBAL_VARIABLES, TRAINING_STATE]
        pl_mean_var = tf.Variable(np.float32(0), name='pl_mean', trainable=False, collections=collections)
    pl_mean = pl_mean_var + decay * (tf.reduce_mean(lengths) - pl_mean_var)
    with tf.control_dependencies([tf.assign(pl_mean_var, pl_mean)]):
        return autosummary('Loss/pl_penalty', tf.square(lengths - pl_mean))
