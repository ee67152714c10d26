# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""A method of training with all that a recipe can have: two painters learn the shades of two data sets."""

import collections

import numpy as np
import PIL.Image
import tensorflow.compat.v1 as tf
import toy_networks

import dnnlib
from dnnlib import tflib
from dnnlib.tflib.snapshots import families
from dnnlib.util import EasyDict
from training.dataset import load_dataset
from training.loop import train
from training.loss import TRAINING_STATE
from training.recipes.recipe import FRESH, SAME, Average, Controller, Phase, Recipe
from training.resuming import find_position

ADAM = {'beta1': 0.0, 'beta2': 0.9}
FAMILY = families.Family('Toy', 'toy_networks', funcs=('painter', 'critic'))  # To be registered.


class Toy(Recipe):
    """Painters P and Q, and a critic C of P, which learns to tell shades; Ps is the average of P."""

    inputs = ('goal',)

    def __init__(self, data_dir):
        self.data_dir = data_dir
        self.patience = None

    def list_datasets(self):
        """Return those that P and Q paint after."""
        return ['dark', 'light']

    def list_minibatches(self):
        """Return the only size."""
        return [(8, 4)]

    def open_data(self, seed):
        """Open both."""
        args = {'data_dir': self.data_dir}
        return {
            name: load_dataset(tfrecord_dir=name, seed=seed + index, **args)
            for index, name in enumerate(self.list_datasets())
        }

    def build_networks(self, data):
        """Make all four."""
        P, Q = [tflib.Network(name, toy_networks.painter) for name in 'PQ']
        C = tflib.Network('C', toy_networks.critic)
        return collections.OrderedDict([('P', P), ('Q', Q), ('C', C), ('Ps', P.clone('Ps'))])

    def build_samples(self, networks, data):
        """Draw two squares, the shades of Ps and Q."""

        def draw():
            return [networks[name].run(np.zeros([1, 1]))[0, 0] for name in ('Ps', 'Q')]  # [HW]

        def save(suffix, minibatch_size):
            shades = draw()
            image = np.clip(np.hstack(shades) * 127.5 + 127.5, 0, 255).astype(np.uint8)
            PIL.Image.fromarray(image).save(dnnlib.make_run_dir_path(f'shades{suffix}.png'))

        draw()  # Builds the graph.
        return save

    def compute_schedule(self, nimg, data):
        """Return constants, and a goal for the grades that comes nearer."""
        goal = 1.0 - nimg / 1000
        return EasyDict(
            lod=0.0, minibatch_size=8, minibatch_gpu=4, tick_kimg=0.032, lrate=0.1, slow_lrate=0.01, goal=goal
        )

    def list_phases(self):
        """Let the critic learn, then Q, then P twice, and sometimes both from pictures."""
        return [
            Phase('TrainC', ['C'], ADAM, images=FRESH, lrate='slow_lrate'),
            Phase('TrainQ', ['Q'], ADAM, images=SAME),
            Phase('TrainP', ['P'], ADAM, repeats=2),
            Phase('Pull', ['P', 'Q'], ADAM, images=SAME, interval=2, shares=['TrainP', 'TrainQ']),
        ]

    def list_averages(self):
        """Let Ps follow P."""
        return [Average('Ps', 'P', kimg=0.008)]

    def build_tower(self, networks, data, images, clock, optimizers):
        """Compare shades."""
        (dark, _), (light, _) = images['dark'], images['light']
        P, Q = [networks[name].get_output_for(tf.zeros([clock.minibatch_gpu, 1])) for name in 'PQ']
        grades = networks['C'].get_output_for(dark)
        self.patience = self.patience or Patience()
        return {
            'TrainC': tf.square(grades - tf.reduce_mean(dark, axis=[1, 2, 3])),
            'TrainQ': tf.square(Q - light) * self.patience.value,
            'TrainP': tf.square(networks['C'].get_output_for(P) - clock.goal),
            'Pull': tf.square(P - dark) + tf.square(Q - light),
        }

    def list_controllers(self):
        """Return the one."""
        return [self.patience]

    def get_status(self, sched):
        """Tell the goal."""
        return {'goal': sched.goal}


class Patience(Controller):
    """Halves a weight at every look."""

    def __init__(self):
        with tf.control_dependencies(None), tf.device('/cpu:0'):
            collections_of_state = [tf.GraphKeys.GLOBAL_VARIABLES, TRAINING_STATE]
            self.value = tf.Variable(1.0, name='patience', trainable=False, collections=collections_of_state)
            self._halve = tf.assign(self.value, self.value / 2)

    def update(self, num_images):
        """Halve it once per 32 images."""
        assert num_images == 32
        tflib.run(self._halve)

    def get_status(self):
        """Tell the weight."""
        return {'patience': tflib.run(self.value)}


def training_loop(data_dir, resume_pkl=None, **kwargs):
    """Train by the recipe above; keywords as `training.loop.train`."""
    position = find_position(kwargs, seed=1, resume_pkl=resume_pkl)
    train(Toy(data_dir), position, resume_pkl=resume_pkl, network_snapshot_ticks=1, **kwargs)
