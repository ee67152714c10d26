# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Projection: finds the latents and the noise with which a generator draws a given image.

Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", 2019, section 5 and appendix D
(arXiv:1912.04958). With one w per layer: Abdal et al., "Image2StyleGAN", 2019 (arXiv:1904.03189).
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.util import EasyDict, UserError
from perception import distances, features
from perception.inputs import compute_shrink_factor, shrink, to_rgb
from training.generator import list_noise_vars

SPACES = ('w', 'w+')
MAX_SIZE_PX = 256  # Larger images are reduced to about this height before they are compared.
MIN_NOISE_PX = 8  # Noise is regularised at its own size and at halves of it down to this one.

_DLATENT_SEED = 123
_DLATENT_MINIBATCH = 1000


class Projector:
    """Finds latents and noise by gradient descent on a perceptual distance.

    Set the attributes, call `set_network`, then `run`, or `start` and `step` until `get_cur_step` is `num_steps`.

    Args:
        distance: `perception.distances.Distance`; None for LPIPS.

    Attributes:
        num_steps: Number of steps.
        dlatent_avg_samples: Number of latents that mean and spread of w are taken from.
        initial_learning_rate: Learning rate between its ramps.
        initial_noise_factor: Standard deviation, in units of that of w, of the normal numbers added to w at first.
        lr_rampdown_length: Share of the steps in which the learning rate falls at the end.
        lr_rampup_length: Share of the steps in which it rises at the beginning.
        noise_ramp_length: Share of the steps in which numbers are added to w.
        regularize_noise_weight: Weight of the term that keeps signal out of the noise.
        verbose: Print every step.
        clone_net: Work on a copy, so that the noise of the network given is left alone.
        space: 'w' for one w in all layers, 'w+' for one w per layer.
        label: Label [label_size] of the image, or None for zeros.
        seed: Seed of everything random.
        distances: List of the distances seen at the steps done so far.
        losses: List of the losses, which include the regularisation.
    """

    def __init__(self, distance=None):
        self.num_steps = 1000
        self.dlatent_avg_samples = 10000
        self.initial_learning_rate = 0.1
        self.initial_noise_factor = 0.05
        self.lr_rampdown_length = 0.25
        self.lr_rampup_length = 0.05
        self.noise_ramp_length = 0.75
        self.regularize_noise_weight = 1e5
        self.verbose = False
        self.clone_net = True
        self.space = 'w'
        self.label = None
        self.seed = 0
        self.distances = []
        self.losses = []

        self._distance = distance
        self._Gs = None
        self._cur_step = None
        self._rnd = None

    # ------------------------------------------------------------------ set-up

    def set_network(self, Gs, minibatch_size=1):
        """Build the graph for a generator.

        Args:
            Gs: Generator with the components `mapping` and `synthesis`.
            minibatch_size: Number of images at a time; only 1 is possible.

        Raises:
            UserError: If the distance cannot look at the images of this network.
        """
        if minibatch_size != 1:
            raise ValueError(f'pictures are projected one by one, so minibatch_size must be 1, got {minibatch_size}')
        if self.space not in SPACES:
            raise UserError(f'space must be w or w+, got {self.space!r}')
        if self._distance is None:
            self._distance = distances.get_distance()
        self._Gs = Gs.clone() if self.clone_net else Gs
        self._noise_vars = list(list_noise_vars(self._Gs.components.synthesis).values())
        self._measure_dlatents()
        self._build_graph()
        features.initialize_weights()
        self._cur_step = None

    def _measure_dlatents(self):
        """Take mean and spread of w from random latents, layers being equal."""
        self._info(f'Finding W midpoint and stddev using {self.dlatent_avg_samples} samples...')
        latents = np.random.RandomState(_DLATENT_SEED).randn(self.dlatent_avg_samples, *self._Gs.input_shape[1:])
        mapping, parts = self._Gs.components.mapping, []
        for begin in range(0, len(latents), _DLATENT_MINIBATCH):
            z = latents[begin : begin + _DLATENT_MINIBATCH]
            labels = None if self.label is None else np.tile(self.label[np.newaxis], [len(z), 1])
            parts.append(mapping.run(z, labels)[:, :1])  # [N1D]
        dlatents = np.concatenate(parts).astype(np.float64)
        mean = dlatents.mean(axis=0, keepdims=True)  # [11D]
        # With one w per layer the published sum over all layers would be larger by their number; this one is a mean.
        self._dlatent_std = float(np.sqrt(np.sum((dlatents - mean) ** 2) / len(dlatents)))
        num_rows = self._get_num_layers() if self.space == 'w+' else 1
        self._dlatent_avg = np.tile(mean, [1, num_rows, 1]).astype(np.float32)
        self._info(f'std = {self._dlatent_std:g}')

    def _get_num_layers(self):
        return self._Gs.components.synthesis.input_shape[1]

    def _build_graph(self):
        """Add images, distance, loss and optimizer to the graph."""
        with tf.name_scope('Projector'):
            shape = self._dlatent_avg.shape
            self._dlatents_var = tf.Variable(np.zeros(shape, np.float32), name='dlatents', trainable=False)
            self._dlatents_noise_in = tf.placeholder_with_default(np.zeros(shape, np.float32), shape)
            self._learning_rate_in = tf.placeholder(tf.float32, [], name='learning_rate')
            dlatents = self._dlatents_var + self._dlatents_noise_in
            self._dlatents = tf.tile(dlatents, [1, self._get_num_layers() // shape[1], 1])  # [NLD]
            synthesis = self._Gs.components.synthesis
            self._images = tf.cast(synthesis.get_output_for(self._dlatents, randomize_noise=False), tf.float32)

            self._target_in = tf.placeholder(tf.float32, self._images.shape, name='target')
            target_features = self._get_features_for(self._target_in)
            target_vars = [_make_holder(x) for x in target_features]
            self._set_target = [tf.assign(var, x).op for var, x in zip(target_vars, target_features)]

            self._dist = tf.reduce_sum(self._distance.compare(self._get_features_for(self._images), target_vars))
            self._loss = self._dist + regularize_noise(self._noise_vars) * self.regularize_noise_weight
            adam = tf.train.AdamOptimizer(self._learning_rate_in)
            with tf.control_dependencies([adam.minimize(self._loss, var_list=[self._dlatents_var] + self._noise_vars)]):
                self._step_op = tf.group(*[normalize_noise(var) for var in self._noise_vars])
            self._own_inits = [var.initializer for var in [self._dlatents_var, *target_vars, *adam.variables()]]

    def _get_features_for(self, images):
        images = prepare_images(images)
        self._distance.check_images(images)
        return self._distance.get_features_for(images)

    def _info(self, *args):
        if self.verbose:
            print('Projector:', *args, flush=True)

    # ------------------------------------------------------------------ optimisation

    def run(self, target_images):
        """Project one image.

        Args:
            target_images: float32 [NCHW] in -1..1, of the size of the network, N being 1.

        Returns:
            EasyDict of `dlatents` [NLD], `noises`, a list, and `images` [NCHW].
        """
        self.start(target_images)
        while self._cur_step < self.num_steps:
            self.step()
        return EasyDict(dlatents=self.get_dlatents(), noises=self.get_noises(), images=self.get_images())

    def start(self, target_images):
        """Begin with an image; arguments as `run`.

        Raises:
            ValueError: If there is no network yet or the image is not of its size.
        """
        if self._Gs is None:
            raise ValueError('call set_network before start')
        target_images = np.asarray(target_images, np.float32)
        expected = [1] + self._Gs.output_shape[1:]
        if list(target_images.shape) != expected:
            raise ValueError(f'the picture must have the shape {expected}, got {list(target_images.shape)}')
        self._rnd = np.random.RandomState(self.seed)
        tflib.run(self._own_inits)
        tflib.run(self._set_target, {self._target_in: target_images})
        values = {var: self._rnd.randn(*var.shape.as_list()) for var in self._noise_vars}
        values[self._dlatents_var] = self._dlatent_avg
        tflib.set_vars(values)
        self.distances, self.losses = [], []
        self._cur_step = 0

    def step(self):
        """Do one step; without effect after the last one."""
        if self._cur_step is None:
            raise ValueError('call start before step')
        if self._cur_step >= self.num_steps:
            return
        noise_strength, learning_rate = self.compute_schedule(self._cur_step)
        feed_dict = {
            self._dlatents_noise_in: self._rnd.randn(*self._dlatent_avg.shape) * noise_strength,
            self._learning_rate_in: learning_rate,
        }
        _, distance, loss = tflib.run([self._step_op, self._dist, self._loss], feed_dict)
        self.distances.append(float(distance))
        self.losses.append(float(loss))
        self._cur_step += 1
        self._info(f'step {self._cur_step} / {self.num_steps}, distance {distance:.6f}, loss {loss:.6f}')

    def compute_schedule(self, step):
        """Return (standard deviation of what is added to w, learning rate) of a step, which count from 0."""
        t = step / self.num_steps
        remaining = max(0.0, 1.0 - t / self.noise_ramp_length) if self.noise_ramp_length else 0.0
        noise_strength = self._dlatent_std * self.initial_noise_factor * remaining**2
        ramp = min(1.0, (1.0 - t) / self.lr_rampdown_length) if self.lr_rampdown_length else 1.0
        ramp = 0.5 - 0.5 * np.cos(np.pi * ramp)
        ramp = ramp * min(1.0, t / self.lr_rampup_length) if self.lr_rampup_length else ramp
        return noise_strength, self.initial_learning_rate * ramp

    # ------------------------------------------------------------------ results

    def get_cur_step(self):
        """Return the number of steps done since `start`."""
        return self._cur_step

    def get_dlatents(self):
        """Return the intermediate latents [NLD]."""
        return tflib.run(self._dlatents)

    def get_noises(self):
        """Return the noise of all layers, in the order of the network."""
        return tflib.run(self._noise_vars)

    def get_noise_names(self):
        """Return the names that the network gives to the noise of `get_noises`."""
        return [self._Gs.components.synthesis.get_var_local_name(var) for var in self._noise_vars]

    def get_images(self):
        """Return the image drawn, [NCHW] in -1..1."""
        return tflib.run(self._images)

    def get_distance(self):
        """Return the distance between the image drawn and the one given."""
        return float(tflib.run(self._dist))

    def get_dlatent_std(self):
        """Return the standard deviation of w, taken over all components together."""
        return self._dlatent_std


def _make_holder(tensor):
    """Return a variable of the shape of a tensor."""
    return tf.Variable(tf.zeros(tensor.shape), trainable=False, collections=[])


def prepare_images(images):
    """Bring images to what distances look at.

    Args:
        images: float32 [NCHW] in -1..1, with any number of channels.

    Returns:
        float32 RGB images [NCHW] in 0..255; large ones are reduced by averaging blocks of pixels.
    """
    return (to_rgb(shrink(images, MAX_SIZE_PX)) + 1) * 127.5


def compute_compared_shape(shape):
    """Return the shape [C, H, W] of what `prepare_images` makes of images of a shape."""
    _, height, width = shape
    factor = compute_shrink_factor(height, width, MAX_SIZE_PX)
    return [3, height // factor, width // factor]


def regularize_noise(noises):
    """Return the term that is large where neighbouring pixels of noise maps [11HW] are alike, at any of several scales.

    Source: StyleGAN2, appendix D, equation 7.
    """
    terms = []
    for noise in noises:
        x = tf.convert_to_tensor(noise)
        while True:
            terms += [tf.square(tf.reduce_mean(x * tf.roll(x, shift=1, axis=axis))) for axis in (2, 3)]
            height, width = [int(size) for size in x.shape[2:]]
            if min(height, width) <= MIN_NOISE_PX or height % 2 or width % 2:
                break
            x = tf.reduce_mean(tf.reshape(x, [1, 1, height // 2, 2, width // 2, 2]), axis=[3, 5])
    return tf.add_n(terms) if terms else tf.constant(0.0)


def normalize_noise(noise_var):
    """Return the op that brings a variable to mean 0 and standard deviation 1."""
    value = noise_var.read_value()
    mean = tf.reduce_mean(value)
    return tf.assign(noise_var, (value - mean) * tf.rsqrt(tf.reduce_mean(tf.square(value - mean)))).op
