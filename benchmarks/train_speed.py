#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Measure the training step: seconds per phase, images per second, and peak memory.

The phases are timed on the graph that run_training.py trains, with random images. Images per second counts the phases
as often as lazy regularization runs them.
"""

import os
import resource
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))

from dnnlib import cmdline  # noqa: E402

PHASES = ('G_train', 'G_reg', 'D_train', 'D_reg', 'Gs_update', 'fetch')


def parse_args(argv=None):
    """Return the options as a namespace."""
    parser = cmdline.make_parser(__doc__, 'example: python benchmarks/train_speed.py --resolution=64 --fmap-base=2048')
    positive = cmdline.parse_positive_int
    add = parser.add_argument
    add('--resolution', metavar='N', type=positive, default=32, help='image size (default: %(default)s)')
    add('--fmap-base', metavar='N', type=positive, default=512, help='width of the networks (default: %(default)s)')
    add('--fmap-max', metavar='N', type=positive, default=64, help='largest number of maps (default: %(default)s)')
    add('--latent-size', metavar='N', type=positive, default=512, help='size of latents (default: %(default)s)')
    add('--mapping-layers', metavar='N', type=positive, default=8, help='mapping depth (default: %(default)s)')
    add('--minibatch-size', metavar='N', type=positive, default=8, help='images per step (default: %(default)s)')
    add('--repeats', metavar='N', type=positive, default=20, help='timed runs of each phase (default: %(default)s)')
    add('--csv', metavar='FILE', type=cmdline.parse_path, help='also append the row to this file')
    return parser.parse_args(argv)


class RandomImages:
    """A data set of random images, of the interface that the training graph needs."""

    def __init__(self, resolution):
        self.shape = [3, resolution, resolution]
        self.label_size = 0
        self.dynamic_range = [0, 255]
        self.minibatch_size = None

    def get_minibatch_tf(self):
        """Return images uint8 [NCHW] and empty labels."""
        import tensorflow.compat.v1 as tf

        images = tf.random_uniform([self.minibatch_size] + self.shape, 0, 256, dtype=tf.int32)
        return tf.cast(images, tf.uint8), tf.zeros([self.minibatch_size, 0])

    def get_random_labels_tf(self, minibatch_size):
        """Return empty labels."""
        import tensorflow.compat.v1 as tf

        return tf.zeros([minibatch_size, 0])


def build(args):
    """Return the graph of a training step and the seconds it took to build."""
    import tensorflow.compat.v1 as tf

    from dnnlib import tflib
    from dnnlib.tflib import compat
    from training import configs
    from training.train_graph import build_train_graph

    begin = time.perf_counter()
    tflib.init_tf({'rnd.np_random_seed': 1})
    training_set = RandomImages(args.resolution)
    training_set.minibatch_size = args.minibatch_size
    options = configs.make_training_options(
        fmap_base=args.fmap_base,
        fmap_max=args.fmap_max,
        latent_size=args.latent_size,
        mapping_layers=args.mapping_layers,
        minibatch_size=args.minibatch_size,
        minibatch_gpu=args.minibatch_size,
    )
    common = {'num_channels': 3, 'resolution': args.resolution, 'label_size': 0}
    with tf.device(compat.tower_device(0)):
        G = tflib.Network('G', **dict(common, **options.G_args))
        D = tflib.Network('D', **dict(common, **options.D_args))
        Gs = G.clone('Gs')
    graph = build_train_graph(
        G,
        D,
        Gs,
        training_set,
        minibatch_size=args.minibatch_size,
        minibatch_gpu=args.minibatch_size,
        G_opt_args=options.G_opt_args,
        D_opt_args=options.D_opt_args,
        G_loss_args=options.G_loss_args,
        D_loss_args=options.D_loss_args,
    )
    tflib.init_uninitialized_vars()
    tf.get_default_graph().finalize()
    return graph, time.perf_counter() - begin


def measure(graph, repeats):
    """Return the median seconds of each phase."""
    from dnnlib import tflib

    feeds = {graph.G_lrate_in: 0.002, graph.D_lrate_in: 0.002}
    tflib.run(graph.fetch)
    seconds = {}
    for phase in PHASES:
        times = []
        for index in range(repeats + 2):
            begin = time.perf_counter()
            tflib.run(graph[phase], feeds)
            if index >= 2:  # The first runs optimise the graph and fill caches.
                times.append(time.perf_counter() - begin)
        seconds[phase] = sorted(times)[len(times) // 2]
    return seconds


def main():
    """Measure and print the table."""
    args = parse_args()
    import tensorflow.compat.v1 as tf

    from training.training_loop import training_loop  # noqa: F401  What a run imports counts as its start.

    graph, build_sec = build(args)
    num_ops = len(tf.get_default_graph().get_operations())
    seconds = measure(graph, args.repeats)
    step_sec = seconds['G_train'] + seconds['D_train'] + seconds['Gs_update'] + seconds['fetch']
    step_sec += seconds['G_reg'] / 4 + seconds['D_reg'] / 16
    row = {
        'tensorflow': tf.__version__,
        'resolution': args.resolution,
        'fmaps': f'{args.fmap_base}/{args.fmap_max}',
    }
    row.update(minibatch=args.minibatch_size, build_sec=f'{build_sec:.1f}', num_ops=num_ops)
    row.update((phase + '_ms', f'{seconds[phase] * 1000:.1f}') for phase in PHASES)
    row['img_per_sec'] = f'{args.minibatch_size / step_sec:.1f}'
    row['peak_mem_mb'] = str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    for key, value in row.items():
        print(f'{key:<14} {value}')
    if args.csv:
        is_new = not os.path.exists(args.csv)
        with open(args.csv, 'a') as file:
            if is_new:
                file.write(','.join(row) + '\n')
            file.write(','.join(str(value) for value in row.values()) + '\n')


if __name__ == '__main__':
    cmdline.run(main)
