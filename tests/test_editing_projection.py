# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The projector: its schedule and noise regularisation by hand, and how near it comes with small generators."""

import os

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

import projector as official_module
from dnnlib import tflib
from dnnlib.util import EasyDict, UserError
from editing import projection
from perception import distances
from training import misc

TINY_SNAPSHOT = os.path.join(os.path.dirname(__file__), 'data', 'tiny_snapshot.pkl')


class _SquaredError(distances.Distance):
    """The mean squared difference of pixels."""

    name = 'squared_error'

    def __init__(self):
        super().__init__('-toy', 'toy')

    def get_features_for(self, images):
        return [tf.transpose(images, [0, 2, 3, 1])]  # [NHWC]


class _ToyGenerator:
    """Pictures of one colour, tanh of three numbers: one of the first layer of w, one of the second, one of both."""

    class _Mapping:
        def run(self, latents, labels):
            shift = 0 if labels is None else labels.sum(axis=1, keepdims=True)
            return np.tile((latents + shift)[:, np.newaxis], [1, 2, 1])  # [NLD]

    class _Synthesis:
        input_shape = [None, 2, 4]

        def __init__(self):
            sizes = [4, 8]
            self.vars = {f'noise{i}': tf.Variable(np.zeros([1, 1, s, s], np.float32)) for i, s in enumerate(sizes)}
            self.own_vars = self.vars

        def get_output_for(self, dlatents, randomize_noise):
            assert not randomize_noise
            first, second = dlatents[:, 0], dlatents[:, 1]
            colours = tf.tanh(tf.stack([first[:, 0], second[:, 1], (first + second)[:, 2] / 2], axis=1))  # [NC]
            noise = tf.add_n([tf.reduce_mean(var) for var in self.vars.values()])
            return tf.tile(colours[:, :, tf.newaxis, tf.newaxis], [1, 1, 8, 8]) + 0 * noise  # [NCHW]

        def get_var_local_name(self, var):
            return next(name for name, other in self.vars.items() if other is var)

    input_shape = [None, 4]
    output_shape = [None, 3, 8, 8]

    def __init__(self):
        self.components = EasyDict(mapping=self._Mapping(), synthesis=self._Synthesis())


def make_projector(num_steps=100, space='w', Gs=None, distance=None, **attributes):
    projector = official_module.Projector(distance or _SquaredError())
    projector.clone_net = False
    projector.num_steps = num_steps
    projector.space = space
    projector.dlatent_avg_samples = 1000
    for name, value in attributes.items():
        setattr(projector, name, value)
    projector.set_network(Gs or _ToyGenerator())
    return projector


def make_target(colours=(0.5, -0.3, 0.1)):
    return np.tile(np.float32(colours).reshape(1, 3, 1, 1), [1, 1, 8, 8])


def test_official_module_has_the_official_defaults():
    projector = official_module.Projector()
    expected = {
        'num_steps': 1000,
        'dlatent_avg_samples': 10000,
        'initial_learning_rate': 0.1,
        'initial_noise_factor': 0.05,
        'lr_rampdown_length': 0.25,
        'lr_rampup_length': 0.05,
        'noise_ramp_length': 0.75,
        'regularize_noise_weight': 1e5,
        'verbose': False,
        'clone_net': True,
    }
    assert {name: getattr(projector, name) for name in expected} == expected


@pytest.mark.parametrize(
    'step, strength, learning_rate',
    [
        (0, 0.05, 0),
        (10, 0.0486756, 0.02),
        (25, 0.046722, 0.05),
        (50, 0.0435556, 0.1),
        (100, 0.0375556, 0.1),
        (500, 0.00555556, 0.1),
        (750, 0, 0.1),
        (800, 0, 0.090451),
        (875, 0, 0.05),
        (900, 0, 0.0345492),
        (990, 0, 3.94265e-4),
        (999, 0, 3.94779e-6),
    ],
)
def test_schedule_is_the_published_one(session, step, strength, learning_rate):
    projector = make_projector(num_steps=1000)
    actual_strength, actual_learning_rate = projector.compute_schedule(step)
    np.testing.assert_allclose(actual_strength / projector.get_dlatent_std(), strength, rtol=2e-5, atol=1e-12)
    np.testing.assert_allclose(actual_learning_rate, learning_rate, rtol=1e-5, atol=1e-12)


def make_ramp():
    ramp = np.arange(64.0).reshape(8, 8)
    return (ramp - ramp.mean()) / ramp.std()


CHECKERBOARD = np.indices([16, 16]).sum(axis=0) % 2 * 2 - 1
STRIPES = np.indices([16, 16])[1] % 2 * 2 - 1


@pytest.mark.parametrize(
    'noise, expected',
    [
        (np.ones([16, 16]), 4),
        (CHECKERBOARD, 2),
        (STRIPES, 2),
        (np.ones([8, 8]), 2),
        (np.ones([4, 4]), 2),
        (make_ramp(), 1.0976462853),
        (np.ones([16, 24]), 4),
        (np.ones([18, 10]), 4),
    ],
)
def test_noise_regularisation_by_hand(session, noise, expected):
    value = session.run(projection.regularize_noise([tf.constant(noise[np.newaxis, np.newaxis], tf.float32)]))
    np.testing.assert_allclose(value, expected, rtol=1e-6)


def test_noise_regularisation_of_white_noise_is_small_and_adds_up_over_maps(session):
    noises = [tf.constant(np.random.RandomState(seed).randn(1, 1, 64, 64), tf.float32) for seed in range(40)]
    value = session.run(projection.regularize_noise(noises)) / len(noises)
    expected = sum(2 / 64**2 * 0.25**level for level in range(4))  # Values shrink by 2 per level, maps by 4.
    np.testing.assert_allclose(value, expected, rtol=0.5)
    assert session.run(projection.regularize_noise([])) == 0


@pytest.mark.parametrize('space', ['w', 'w+'])
def test_colour_of_a_toy_generator_is_found(session, space):
    projector = make_projector(num_steps=1000, space=space)
    result = projector.run(make_target())
    assert projector.get_cur_step() == 1000
    assert result.dlatents.shape == (1, 2, 4) and [noise.shape for noise in result.noises] == [
        (1, 1, 4, 4),
        (1, 1, 8, 8),
    ]
    assert projector.get_distance() < 1e-3 * projector.distances[0]
    np.testing.assert_allclose(result.images, make_target(), atol=0.01)
    windows = np.mean(np.reshape(projector.distances, [10, 100]), axis=1)
    assert (np.diff(windows) < 1e-3).all()


def test_noise_is_normal_after_each_step(session):
    projector = make_projector(num_steps=5)
    projector.start(make_target())
    for _ in range(5):
        projector.step()
        for noise in projector.get_noises():
            assert abs(noise.mean()) < 1e-6 and abs(noise.std() - 1) < 1e-5


def test_first_step_moves_nothing(session):
    projector = make_projector(num_steps=20)
    projector.start(make_target())
    before = projector.get_dlatents()
    projector.step()
    np.testing.assert_array_equal(projector.get_dlatents(), before)
    projector.step()
    assert np.abs(projector.get_dlatents() - before).max() > 0


def test_spread_of_w_is_taken_over_all_components_and_not_over_layers(session):
    latents = np.random.RandomState(123).randn(1000, 4)
    expected = np.sqrt(latents.var(axis=0).sum())
    np.testing.assert_allclose(make_projector(space='w').get_dlatent_std(), expected, rtol=1e-6)
    np.testing.assert_allclose(make_projector(space='w+').get_dlatent_std(), expected, rtol=1e-6)


def test_it_starts_at_the_mean_of_w_of_the_class(session):
    projector = make_projector(label=np.float32([0, 3]))
    projector.start(make_target())
    expected = np.random.RandomState(123).randn(1000, 4).mean(axis=0) + 3
    np.testing.assert_allclose(projector.get_dlatents()[0], [expected, expected], rtol=1e-5)


def test_space_decides_whether_layers_may_differ(session):
    for space, may_differ in [('w', False), ('w+', True)]:
        projector = make_projector(num_steps=20, space=space)
        dlatents = projector.run(make_target()).dlatents
        assert (np.abs(dlatents[:, 0] - dlatents[:, 1]).max() > 0) == may_differ


def test_same_seed_gives_the_same_result_and_another_run_forgets_the_first(session):
    projector = make_projector(num_steps=20)
    first = projector.run(make_target())
    projector.run(make_target((0.9, 0.9, 0.9)))
    again = projector.run(make_target())
    np.testing.assert_allclose(again.dlatents, first.dlatents, rtol=1e-5)
    np.testing.assert_allclose(again.noises[1], first.noises[1], atol=1e-5)
    assert len(projector.distances) == len(projector.losses) == 20
    projector.seed = 1
    assert np.abs(projector.run(make_target()).noises[1] - first.noises[1]).max() > 0.1


def test_images_are_prepared_for_the_distance(session):
    images = np.linspace(-1, 1, 512 * 2).reshape(1, 1, 512, 2).astype(np.float32)
    prepared = session.run(projection.prepare_images(tf.constant(images)))
    expected = (images.reshape(256, 4).mean(axis=1) + 1) * 127.5
    assert prepared.shape == (1, 3, 256, 1)
    for channel in range(3):
        np.testing.assert_allclose(prepared[0, channel, :, 0], expected, rtol=1e-5)


@pytest.mark.parametrize(
    'shape, expected', [([1, 512, 2], [3, 256, 1]), ([4, 1024, 768], [3, 256, 192]), ([2, 16, 8], [3, 16, 8])]
)
def test_shape_that_is_compared_is_that_of_the_prepared_images(session, shape, expected):
    assert projection.compute_compared_shape(shape) == expected
    assert projection.prepare_images(tf.zeros([1, *shape])).shape[1:].as_list() == expected


@pytest.mark.parametrize('space', ['w', 'w+'])
def test_picture_of_a_network_is_found_and_its_own_noise_left_alone(session, space):
    Gs = misc.load_networks(TINY_SNAPSHOT)[2]
    strengths = [var for name, var in Gs.components.synthesis.vars.items() if name.endswith('noise_strength')]
    tflib.set_vars(dict.fromkeys(strengths, 0))
    latents = np.random.RandomState(4).randn(1, 8)
    transform = {'func': tflib.convert_images_to_uint8}
    image = Gs.run(latents, None, truncation_psi=1.0, randomize_noise=False, output_transform=transform)  # [NCHW]
    noise = Gs.components.synthesis.get_var('noise2')
    target = image / np.float32(127.5) - 1
    projector = make_projector(100, space, Gs, clone_net=True)
    projector.start(target)
    initial = projector.get_distance()
    while projector.get_cur_step() < projector.num_steps:
        projector.step()
    assert projector.get_distance() < 0.1 * initial
    assert projector.get_noise_names() == ['noise0', 'noise1', 'noise2', 'noise3', 'noise4']
    np.testing.assert_array_equal(Gs.components.synthesis.get_var('noise2'), noise)


SMALL = {'resolution': 16, 'fmap_base': 32, 'fmap_max': 4, 'latent_size': 8, 'dlatent_size': 8, 'mapping_fmaps': 8}


@pytest.mark.parametrize(
    'func_name, kwargs, num_noises',
    [
        ('training.networks_stylegan2.G_main', {'num_channels': 1, 'label_size': 3}, 5),
        ('training.networks_stylegan2.G_main', {'num_channels': 3, 'min_h': 3, 'min_w': 5}, 5),
        ('training.networks_stylegan.G_style', {'num_channels': 3}, 6),
        ('training.networks_ada.G_main', {'num_channels': 3, 'label_size': 2}, 5),
    ],
    ids=['grayscale with labels', 'oblong', 'StyleGAN', 'ADA with labels'],
)
def test_other_networks_can_be_projected_into(session, func_name, kwargs, num_noises):
    Gs = tflib.Network('Gs', func_name, mapping_layers=2, **dict(SMALL, **kwargs))
    label_size = Gs.input_shapes[1][1]
    label = np.eye(label_size, dtype=np.float32)[1] if label_size else None
    projector = make_projector(num_steps=3, Gs=Gs, label=label)
    result = projector.run(np.zeros([1] + Gs.output_shape[1:], np.float32))
    assert len(result.noises) == num_noises
    assert result.images.shape == tuple([1] + Gs.output_shape[1:])
    assert np.isfinite(projector.losses).all()
    moved = projector.get_dlatents() - projector._dlatent_avg
    assert np.abs(moved).max() > 0


def test_more_than_one_picture_at_a_time_is_refused(session):
    with pytest.raises(ValueError, match='minibatch_size must be 1, got 2'):
        official_module.Projector(_SquaredError()).set_network(_ToyGenerator(), minibatch_size=2)


def test_unknown_space_is_refused(session):
    with pytest.raises(UserError, match="space must be w or w[+], got 'z'"):
        make_projector(space='z')


def test_picture_of_another_size_is_refused(session):
    with pytest.raises(ValueError, match=r'must have the shape \[1, 3, 8, 8\], got \[1, 3, 4, 4\]'):
        make_projector().start(np.zeros([1, 3, 4, 4]))


def test_methods_out_of_order_are_refused(session):
    with pytest.raises(ValueError, match='call set_network before start'):
        official_module.Projector(_SquaredError()).start(make_target())
    with pytest.raises(ValueError, match='call start before step'):
        make_projector().step()


def test_picture_too_small_for_the_distance_is_refused(session):
    with pytest.raises(UserError, match='lpips needs RGB pictures of 16 pixels or more a side, got 3 x 8 x 8'):
        make_projector(distance=distances.get_distance('lpips', 'random'))


def test_verbose_projector_prints_its_steps(session, capsys):
    projector = make_projector(num_steps=2, verbose=True)
    projector.run(make_target())
    out = capsys.readouterr().out
    assert 'Finding W midpoint and stddev using 1000 samples...' in out and 'step 2 / 2, distance' in out
    tflib.run(tf.no_op())  # The session is still usable.
