#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""StyleGAN2 on one page: train on a data set of dataset_tool.py and save a picture of what the generator draws.

The whole method is here, without command line options, logs, snapshots, resuming, several devices and lazy Adam
corrections, which are in run_training.py and training/.
"""

from dnnlib import cmdline, progress, tflib  # First, since it loads TensorFlow in silence.

# isort: split
import numpy as np
import tensorflow.compat.v1 as tf

from training import loss, misc
from training.dataset import load_dataset
from training.reals import process_reals

MINIBATCH_SIZE = 8
LRATE = 0.002
GAMMA = 1.0  # Weight of R1.
G_REG_INTERVAL, D_REG_INTERVAL = 4, 16  # Regularization terms are evaluated every so many steps.
EMA_KIMG = 1.0
WIDTH = {'fmap_base': 512, 'fmap_max': 32}
ADAM = {'tf_optimizer': 'tf.train.AdamOptimizer', 'learning_rate': LRATE, 'beta1': 0.0, 'beta2': 0.99}


def build(training_set):
    """Return the generator's moving average and the ops of one training step."""
    shape = {'num_channels': training_set.shape[0], 'resolution': training_set.shape[1]}
    net = 'training.networks_stylegan2.'
    G = tflib.Network('G', net + 'G_main', latent_size=128, dlatent_size=128, mapping_fmaps=128, **shape, **WIDTH)
    D = tflib.Network('D', net + 'D_stylegan2', **shape, **WIDTH)
    Gs = G.clone('Gs')

    # Losses: logistic, non-saturating for G, with path length and R1 regularization.
    reals, labels = training_set.get_minibatch_tf()
    reals, labels = process_reals(reals, labels, None, True, training_set.dynamic_range, [-1, 1])
    inputs = {'G': G, 'D': D, 'opt': None, 'training_set': training_set, 'minibatch_size': MINIBATCH_SIZE}
    G_loss, G_reg = loss.G_logistic_ns_pathreg(**inputs)
    D_loss, D_reg = loss.D_logistic_r1(reals=reals, labels=labels, gamma=GAMMA, **inputs)

    # One optimizer per network; the regularization steps share its moments.
    ops = []
    for player, main, reg, interval in [(G, G_loss, G_reg, G_REG_INTERVAL), (D, D_loss, D_reg, D_REG_INTERVAL)]:
        opt = tflib.Optimizer('Train' + player.name, **ADAM)
        reg_opt = tflib.Optimizer('Reg' + player.name, share=opt, **ADAM)
        opt.register_gradients(tf.reduce_mean(main), player.trainables)
        reg_opt.register_gradients(tf.reduce_mean(reg * interval), player.trainables)
        ops += [(opt.apply_updates(), 1), (reg_opt.apply_updates(), interval)]
    ops.append((Gs.setup_as_moving_average_of(G, beta=0.5 ** (MINIBATCH_SIZE / (EMA_KIMG * 1000))), 1))
    return Gs, ops


def main():
    """Train and draw."""
    parser = cmdline.make_parser(__doc__)
    parser.add_argument('tfrecord_dir', type=cmdline.parse_path, help='directory of the data set')
    parser.add_argument('kimg', nargs='?', type=cmdline.parse_positive_float, default=10, help='length (default: 10)')
    args = parser.parse_args()
    tflib.init_tf({'rnd.np_random_seed': 1})
    training_set = load_dataset(tfrecord_dir=args.tfrecord_dir, verbose=True)
    training_set.configure(MINIBATCH_SIZE)
    Gs, ops = build(training_set)
    tflib.init_uninitialized_vars()

    latents = np.random.RandomState(5).randn(32, *Gs.input_shape[1:])
    num_steps = int(args.kimg * 1000) // MINIBATCH_SIZE
    with progress.Progress('Training', num_steps * MINIBATCH_SIZE) as bar:
        for step in range(num_steps):
            for op, interval in ops:
                if step % interval == 0:
                    tflib.run(op)
            bar.update(MINIBATCH_SIZE)
    images = Gs.run(latents, None, is_validation=True)
    misc.save_image_grid(images, 'example.png', drange=[-1, 1], grid_size=(8, 4))
    print('Saved example.png')


if __name__ == '__main__':
    cmdline.run(main)
