# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The task of train_speed.py: the graph that run_training.py trains, fed with random images."""

import collections
import inspect
import resource
import time

from dnnlib import tflib

# isort: split
import tensorflow.compat.v1 as tf  # After dnnlib.tflib, which loads it in silence.

from dnnlib.tflib import compat
from dnnlib.util import EasyDict
from training import configs

try:
    from training.recipes.stylegan2 import StyleGAN2
    from training.train_graph import build_train_graph, run_minibatch
except ImportError:  # In a commit before the recipes.
    import early_train_graph
    from early_train_graph import run_minibatch

    StyleGAN2 = None

PHASES = ('TrainG', 'RegG', 'TrainD', 'RegD', 'average', 'fetch')
LRATE = 0.002


class RandomImages:
    """A data set of random images, of the interface that the training graph needs."""

    def __init__(self, resolution, minibatch_size):
        self.shape = [3, resolution, resolution]
        self.label_size = 0
        self.dynamic_range = [0, 255]
        self.minibatch_size = minibatch_size

    def get_minibatch_tf(self):
        """Return images uint8 [NCHW] and empty labels."""
        images = tf.random_uniform([self.minibatch_size] + self.shape, 0, 256, dtype=tf.int32)
        return tf.cast(images, tf.uint8), tf.zeros([self.minibatch_size, 0])

    def get_random_labels_tf(self, minibatch_size):
        """Return empty labels."""
        return tf.zeros([minibatch_size, 0])


class TrainStep:
    """The training step of one size of networks, with everything that a run imports."""

    def __init__(self):
        self._start_mb = get_peak_memory_mb()

    def build(self, resolution, minibatch_size, **options):
        """Build the graph and run every part of it; return facts by column.

        Args:
            resolution: Size of the images.
            minibatch_size: Images per step.
            **options: Further options of `training.configs.make_training_options`.
        """
        begin = time.perf_counter()
        tflib.init_tf({'rnd.np_random_seed': 1})
        options = configs.make_training_options(minibatch_size=minibatch_size, minibatch_gpu=minibatch_size, **options)
        self.graph = _build_graph(resolution, minibatch_size, options)
        self.sched = EasyDict(
            lod=0.0, minibatch_size=minibatch_size, minibatch_gpu=minibatch_size, G_lrate=LRATE, D_lrate=LRATE
        )
        build_sec = time.perf_counter() - begin
        tflib.run(self.graph.fetch)
        self.measure(repeats=2)  # Optimises the graph, and fills caches.
        num_ops = len(tf.get_default_graph().get_operations())
        return {'tensorflow': tf.__version__, 'graph ops': num_ops, 'build s': build_sec}

    def measure(self, repeats):
        """Return the seconds of 16 steps of the training loop, a whole cycle of regularization, and of each phase.

        Args:
            repeats: How often each kind of step and each phase is timed; the median counts.
        """
        plain, with_G_reg, with_both = [self._time_steps(counter, repeats) for counter in (1, 4, 0)]
        seconds = {phase: _time(lambda phase=phase: self._run(phase), repeats) for phase in PHASES}
        return dict(seconds, cycle=12 * plain + 3 * with_G_reg + with_both)

    def get_memory(self):
        """Return the peak memory of the process so far, and what of it came after TensorFlow was imported, in MB."""
        peak_mb = get_peak_memory_mb()
        return {'peak MB': peak_mb, 'over TF MB': peak_mb - self._start_mb}

    def profile(self, phase, repeats):
        """Return what one run of a phase spends per type of op.

        Args:
            phase: One of `PHASES`.
            repeats: Number of runs to average.

        Returns:
            List of [type of op, milliseconds in kernels, number of kernels], the longest first.
        """
        msec, count = collections.Counter(), collections.Counter()
        for _ in range(repeats):
            metadata = tf.RunMetadata()
            options = tf.RunOptions(trace_level=tf.RunOptions.SOFTWARE_TRACE)
            self._run(phase, options=options, run_metadata=metadata)
            for node in (node for device in metadata.step_stats.dev_stats for node in device.node_stats):
                op = _get_op_type(node)
                msec[op] += (node.op_end_rel_micros - node.op_start_rel_micros) / 1000 / repeats
                count[op] += 1 / repeats
        return [[op, value, count[op]] for op, value in msec.most_common()]

    def _run(self, phase, **kwargs):
        ops = dict(self.graph.ops, fetch=self.graph.fetch, average=list(self.graph.averages[0][1:]))
        ticks = dict.fromkeys(getattr(self.graph, 'ticks', ()), 0)
        tflib.run(ops[phase], self.graph.get_feeds(self.sched, **ticks), **kwargs)

    def _time_steps(self, counter, repeats):
        takes_counter = 'counter' in inspect.signature(run_minibatch).parameters  # In commits before random clocks.
        make = (lambda: counter) if takes_counter else lambda: EasyDict(counter=counter, cur_nimg=0, num_fetched=0)
        return _time(lambda: run_minibatch(self.graph, self.sched, make()), repeats)


def _build_graph(resolution, minibatch_size, options):
    common = {'num_channels': 3, 'resolution': resolution, 'label_size': 0}
    with tf.device(compat.tower_device(0)):
        G = tflib.Network('G', **dict(common, **options.G_args))
        D = tflib.Network('D', **dict(common, **options.D_args))
        Gs = G.clone('Gs')
    networks = collections.OrderedDict([('G', G), ('D', D), ('Gs', Gs)])
    graph = _build_steps(networks, RandomImages(resolution, minibatch_size), minibatch_size, options)
    tflib.init_uninitialized_vars()
    tf.get_default_graph().finalize()
    return graph


def _build_steps(networks, training_set, minibatch_size, options):
    """Return the graph of a training step with lazy regularization."""
    if StyleGAN2 is None:
        return early_train_graph.build(networks, training_set, minibatch_size, options)
    recipe = StyleGAN2(
        EasyDict(opt_args=options.G_opt_args, loss_args=options.G_loss_args, reg_interval=4),
        EasyDict(opt_args=options.D_opt_args, loss_args=options.D_loss_args, reg_interval=16),
        EasyDict(mirror_augment=False, drange_net=(-1, 1)),
    )
    data = {'reals': training_set}
    return build_train_graph(recipe, networks, data, minibatch_size, minibatch_size, tflib.Workers())


def _time(call, repeats):
    """Return the median seconds of a call."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return sorted(times)[len(times) // 2]


def _get_op_type(node):
    """Return the type of the op that a record of a trace is about: Mul for the label `[CPU] name = Mul(x, y)`."""
    _, equals, call = node.timeline_label.partition(' = ')
    return call.split('(')[0] if equals else node.node_name


def get_peak_memory_mb():
    """Return the largest resident size that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
