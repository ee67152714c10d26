# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Losses of networks so simple that their values can be computed by hand."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from training import loss

LN_2 = 0.6931472
REALS = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2) / 10  # [NCHW]
SLOPE = np.linspace(-1, 1, 12).astype(np.float32).reshape(3, 2, 2)  # [CHW]


class Labels:
    """A data set that gives labels of ones."""

    def get_random_labels_tf(self, minibatch_size):
        """Return labels [N2]."""
        return tf.ones([minibatch_size, 2])


class Generator:
    """Draws images of all ones and notes the labels that it gets."""

    input_shapes = [[None, 4], [None, 2]]

    def __init__(self):
        self.labels = []

    def get_output_for(self, latents, labels, is_training):
        """Return images [NCHW]."""
        assert is_training
        self.labels.append(labels)
        return tf.ones([tf.shape(latents)[0], 3, 2, 2])


class ConstantScores:
    """Gives each image the same score, and fakes (images of ones) their own."""

    def __init__(self, fake=0.0, real=0.0):
        self.fake, self.real = fake, real

    def get_output_for(self, images, labels, is_training):
        """Return scores [N1]."""
        assert is_training
        is_fake = tf.reduce_all(tf.equal(images, 1.0), axis=[1, 2, 3])[:, np.newaxis]  # [N1]
        ones = tf.ones([tf.shape(images)[0], 1])
        return tf.where(is_fake, ones * self.fake, ones * self.real)


class ConstantScoresWithGradient(ConstantScores):
    """The same with a gradient of zero, where the other has none."""

    def get_output_for(self, images, labels, is_training):
        """Return scores [N1]."""
        return super().get_output_for(images, labels, is_training) + 0.0 * tf.reduce_sum(images)


class LinearScores:
    """D(x) = <SLOPE, x> + 7."""

    def get_output_for(self, images, labels, is_training):
        """Return scores [N1]."""
        return tf.reduce_sum(images * SLOPE, axis=[1, 2, 3])[:, np.newaxis] + 7.0  # [N1]


def evaluate(session, result):
    values = session.run([part for part in result if part is not None])
    return values if len(values) == 2 else values + [None]


def G_loss(session, func, D, minibatch_size=2):
    return evaluate(session, func(Generator(), D, None, Labels(), minibatch_size))


def D_loss(session, func, D, **kwargs):
    reals, labels = tf.constant(REALS), tf.zeros([2, 2])
    return evaluate(session, func(Generator(), D, None, Labels(), 2, reals=reals, labels=labels, **kwargs))


@pytest.fixture(autouse=True)
def without_summaries(monkeypatch):
    """Summaries have tests of their own; their variables would need initialising in each of these."""
    monkeypatch.setattr(loss, 'autosummary', lambda name, value, **kwargs: value)


@pytest.mark.parametrize(
    'func, fake, expected',
    [
        (loss.G_logistic, 0.0, -LN_2),
        (loss.G_logistic_ns, 0.0, LN_2),
        (loss.G_logistic_ns, 2.0, 0.1269280),
        (loss.G_logistic, 1.5, -1.7014133),
    ],
)
def test_generator_losses_are_softplus_of_the_scores(session, func, fake, expected):
    value, reg = G_loss(session, func, ConstantScores(fake=fake))
    np.testing.assert_allclose(value, np.full([2, 1], expected), rtol=1e-6)
    assert reg is None


@pytest.mark.parametrize('func', [loss.D_logistic, loss.D_logistic_r1, loss.D_logistic_r2])
@pytest.mark.parametrize('fake, real, expected', [(0.0, 0.0, 2 * LN_2), (1.5, 2.0, 1.7014133 + 0.1269280)])
def test_discriminator_losses_add_the_softplus_of_fakes_and_of_negated_reals(session, func, fake, real, expected):
    value, _ = D_loss(session, func, ConstantScoresWithGradient(fake, real))
    np.testing.assert_allclose(value, np.full([2, 1], expected), rtol=1e-6)


@pytest.mark.parametrize('func', [loss.D_logistic_r1, loss.D_logistic_r2])
@pytest.mark.parametrize('gamma', [10.0, 100.0])
def test_gradient_penalty_of_a_linear_discriminator_is_half_gamma_times_its_squared_slope(session, func, gamma):
    _, reg = D_loss(session, func, LinearScores(), gamma=gamma)
    np.testing.assert_allclose(reg, np.full([2], gamma / 2 * np.sum(SLOPE**2)), rtol=1e-5)


def test_plain_logistic_loss_has_no_penalty(session):
    assert D_loss(session, loss.D_logistic, LinearScores())[1] is None


def test_generator_trains_with_random_labels_and_discriminator_with_those_of_the_reals(session):
    G = Generator()
    loss.G_logistic_ns(G, ConstantScores(), None, Labels(), 2)
    loss.D_logistic(G, ConstantScores(), None, Labels(), 2, reals=tf.constant(REALS), labels=tf.zeros([2, 2]))
    random_labels, real_labels = session.run(G.labels)
    assert random_labels.tolist() == [[1, 1], [1, 1]]
    assert real_labels.tolist() == [[0, 0], [0, 0]]


# ----------------------------------------------------------------------------
# Wasserstein.


class PowerScores:
    """D(x) = a * sum(x^2) / 2 + b, with the gradient a * x and the variable a."""

    def __init__(self, a=1.0, b=0.0):
        self.a, self.b = tf.Variable(np.float32(a)), b

    def get_output_for(self, images, labels, is_training):
        """Return scores [N1]."""
        assert is_training
        return self.a * 0.5 * tf.reduce_sum(tf.square(images), axis=[1, 2, 3])[:, np.newaxis] + self.b  # [N1]


def test_wasserstein_generator_loss_is_the_negated_score(session):
    value, reg = G_loss(session, loss.G_wgan, ConstantScores(fake=1.5))
    assert value.tolist() == [[-1.5], [-1.5]]
    assert reg is None


@pytest.mark.parametrize('func', [loss.D_wgan, loss.D_wgan_gp])
@pytest.mark.parametrize('kwargs, expected', [({}, 1.5 - 4.0 + 0.016), ({'wgan_epsilon': 0.5}, 1.5 - 4.0 + 8.0)])
def test_wasserstein_loss_is_the_difference_of_scores_with_a_penalty_on_drift(session, func, kwargs, expected):
    value, _ = D_loss(session, func, ConstantScoresWithGradient(1.5, 4.0), **kwargs)
    np.testing.assert_allclose(value, np.full([2, 1], expected), rtol=1e-6)


def test_wasserstein_loss_alone_has_no_penalty_on_gradients(session):
    assert D_loss(session, loss.D_wgan, LinearScores())[1] is None


@pytest.mark.parametrize(
    'kwargs, norm_minus_target',
    [({}, 1.0), ({'wgan_target': 2.0, 'wgan_lambda': 40.0}, 0.0), ({'wgan_target': 4.0, 'wgan_lambda': 160.0}, -2.0)],
)
def test_gradient_penalty_draws_the_norm_to_its_target(session, kwargs, norm_minus_target):
    class SlopeOfTwo(LinearScores):
        def get_output_for(self, images, labels, is_training):
            return super().get_output_for(images, labels, is_training) * (2 / np.linalg.norm(SLOPE))

    _, reg = D_loss(session, loss.D_wgan_gp, SlopeOfTwo(), **kwargs)
    np.testing.assert_allclose(reg, np.full([2], 10.0 * norm_minus_target**2), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize('share', [0.0, 0.25, 1.0])
def test_gradients_are_taken_on_the_way_from_real_to_fake(session, monkeypatch, share):
    monkeypatch.setattr(tflib, 'random_uniform', lambda shape: tf.fill(shape, share))
    D = PowerScores(a=0.5)
    session.run(tf.global_variables_initializer())
    _, reg = D_loss(session, loss.D_wgan_gp, D)
    mixed = REALS + (1.0 - REALS) * share  # Fakes are ones.
    norms = 0.5 * np.sqrt(np.sum(mixed**2, axis=(1, 2, 3)))
    np.testing.assert_allclose(reg, 10 * (norms - 1) ** 2, rtol=1e-5)


def test_each_sample_is_mixed_by_a_share_of_its_own(session):
    same = np.zeros([64, 3, 2, 2], np.float32)
    _, reg = loss.D_wgan_gp(Generator(), PowerScores(), None, Labels(), 64, tf.constant(same), tf.zeros([64, 2]))
    session.run(tf.global_variables_initializer())
    distances = np.sqrt(session.run(reg) / 10)  # |norm - 1|, where norm = share * sqrt(12).
    assert len(set(distances.tolist())) > 32
    assert distances.max() <= np.sqrt(12) - 1


def test_penalty_has_the_gradient_of_the_formula(session, monkeypatch):
    monkeypatch.setattr(tflib, 'random_uniform', lambda shape: tf.fill(shape, 1.0))  # Only fakes: the gradient is a.
    D = PowerScores(a=0.5)
    _, reg = loss.D_wgan_gp(Generator(), D, None, Labels(), 2, tf.constant(REALS), tf.zeros([2, 2]))
    session.run(tf.global_variables_initializer())
    (gradient,) = tf.gradients(tf.reduce_mean(reg), [D.a])
    norm = np.sqrt(12)  # Of a fake; reg = 10 * (a * norm - 1)^2
    np.testing.assert_allclose(session.run(gradient), 20 * (0.5 * norm - 1) * norm, rtol=1e-5)


def test_discriminator_without_any_slope_is_penalised_with_a_finite_gradient(session):
    D = PowerScores(a=0.0)
    _, reg = loss.D_wgan_gp(Generator(), D, None, Labels(), 2, tf.constant(REALS), tf.zeros([2, 2]))
    session.run(tf.global_variables_initializer())
    value, gradient = session.run([reg, tf.gradients(tf.reduce_mean(reg), [D.a])[0]])
    assert value.tolist() == [10, 10]
    assert gradient == 0


# ----------------------------------------------------------------------------
# Path lengths: every pixel of an image [3, 4, 4] is scale * sum over 3 layers of w[l, 0] / 2. With noise of ones / 4,
# the gradient for each layer is 1/2 * 48 / 4 = 6, and so is the length.


class PathGenerator:
    """The generator of these images, from w = 1."""

    input_shapes = [[None, 4], [None, 0]]

    def __init__(self):
        self.scale = tf.Variable(1.0)

    def get_output_for(self, latents, labels, is_training, return_dlatents=False):
        """Return images [NCHW], and dlatents [NLD] if asked to."""
        assert is_training
        dlatents = tf.ones([tf.shape(latents)[0], 3, 5])  # [NLD]
        pixels = self.scale * 0.5 * tf.reduce_sum(dlatents[:, :, 0], axis=1)  # [N]
        images = tf.tile(pixels[:, np.newaxis, np.newaxis, np.newaxis], [1, 3, 4, 4])
        return (images, dlatents) if return_dlatents else images


class NoLabels:
    """A data set without labels."""

    def get_random_labels_tf(self, minibatch_size):
        """Return labels [N0]."""
        return tf.zeros([minibatch_size, 0])


@pytest.fixture
def path_length_reg(session, monkeypatch):
    """Return a function that builds the regularizer with noise of ones and returns (generator, regularizer)."""
    monkeypatch.setattr(tflib, 'random_normal', lambda shape: tf.ones(shape))

    def build(minibatch_size=4, **kwargs):
        G = PathGenerator()
        _, reg = loss.G_logistic_ns_pathreg(G, ConstantScores(), None, NoLabels(), minibatch_size, **kwargs)
        session.run(tf.global_variables_initializer())
        return G, reg

    return build


def test_path_length_penalty_uses_the_average_after_its_update(session, path_length_reg):
    _, reg = path_length_reg()
    np.testing.assert_allclose(session.run(reg), [70.5672] * 2, rtol=1e-6)  # 2 * (6 - 0.06)^2 for half the minibatch
    np.testing.assert_allclose(session.run(reg), [2 * (6 - 0.1194) ** 2] * 2, rtol=1e-6)  # 0.06 + 0.01 * (6 - 0.06)


def test_path_length_average_is_part_of_the_training_state(session, path_length_reg):
    _, reg = path_length_reg()
    session.run(reg)
    (pl_mean,) = tf.get_collection(loss.TRAINING_STATE)
    np.testing.assert_allclose(session.run(pl_mean), 0.06, rtol=1e-6)
    assert pl_mean not in tf.trainable_variables()


def test_gradient_of_the_path_length_penalty_flows_through_the_average(session, path_length_reg):
    G, reg = path_length_reg(pl_weight=1.0)
    (gradient,) = tf.gradients(tf.reduce_mean(reg), [G.scale])
    np.testing.assert_allclose(session.run(gradient), 0.99 * 2 * 5.94 * 6, rtol=1e-5)


@pytest.mark.parametrize('minibatch_size, shrink, expected', [(1, 2, 1), (3, 2, 1), (8, 2, 4), (8, 1, 8), (2, 8, 1)])
def test_path_length_minibatch_is_a_share_of_the_minibatch_and_never_empty(
    session, path_length_reg, minibatch_size, shrink, expected
):
    _, reg = path_length_reg(minibatch_size, pl_minibatch_shrink=shrink)
    value = session.run(reg)
    assert value.shape == (expected,) and np.isfinite(value).all()


def test_path_length_minibatch_may_be_a_tensor(session, path_length_reg):
    _, reg = path_length_reg(tf.constant(6))
    assert session.run(reg).shape == (3,)
