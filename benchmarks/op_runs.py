# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The task of ops_speed.py: a custom op many times over in one run of a session, in several implementations."""

import time

import numpy as np

from dnnlib import tflib

# isort: split
import tensorflow.compat.v1 as tf  # After dnnlib.tflib, which loads it in silence.
import textbook_ops

from dnnlib.tflib.ops import channel_scale, dense, fused_bias_act, upfirdn_2d


class OpRuns:
    """All implementations of one op, forward and gradient, and a copy of its input."""

    def __init__(self):
        tflib.init_tf()  # As in all programs: it chooses the allocator, for one.

    def get_facts(self):
        """Return facts by column."""
        return {'tensorflow': tf.__version__}

    def build(self, func, kernel, data_format, kwargs, impls, size, repeats):
        """Make a graph with the op in place of that of the op before.

        Args:
            func: Name of the function.
            kernel: Size of the convolution kernel, or None for other ops.
            data_format: 'NCHW' or 'NHWC', or 'NC' for `dense`.
            kwargs: Keywords of the function.
            impls: 'native', 'ref', 'textbook'.
            size: Minibatch size, height and width, and number of feature maps, of input and output alike.
            repeats: How often a run evaluates the op.

        Returns:
            How many bytes the op has to read and write at least, in relation to the copy: forward and gradient.
        """
        tf.reset_default_graph()
        self._repeats = repeats
        inputs = _make_inputs(func, kernel, data_format, size)
        self._runs = {'copy': self._repeat(lambda: [tf.raw_ops.DeepCopy(x=inputs[0])])}
        for impl in impls:
            call = _find_function(func, data_format, kwargs, impl)
            y = call(*inputs)
            dy = tf.Variable(tf.random_normal([int(n) for n in y.shape])).value()
            self._runs['forward', impl] = self._repeat(lambda call=call: [call(*inputs)])
            self._runs['gradient', impl] = self._repeat(lambda y=y, dy=dy: tf.gradients(y, inputs, dy))
        self._session = tflib.create_session()
        self._session.run(tf.global_variables_initializer())
        for run in self._runs.values():
            self._session.run(run)
        ratio = float(np.prod(y.shape.as_list()) / np.prod(inputs[0].shape.as_list()))
        num_read = 2 if func in ('fused_bias_act', 'channel_scale') else 1  # The slope is told by y, and ds needs x.
        return [(1 + ratio) / 2, (num_read * ratio + 1) / 2]

    def measure(self, impl, part):
        """Return the seconds of one evaluation.

        Args:
            impl: One of those built, or 'copy'.
            part: 'forward' or 'gradient'.
        """
        run = self._runs['copy' if impl == 'copy' else (part, impl)]
        begin = time.perf_counter()
        self._session.run(run)
        return (time.perf_counter() - begin) / self._repeats

    def _repeat(self, make):
        """Return a tensor that takes evaluating the tensors of `make` several times, one time after the other.

        One number of each result is used: what nobody uses, TensorFlow does not compute.
        """
        total, last = tf.zeros([]), []
        for _ in range(self._repeats):
            with tf.control_dependencies(last):
                numbers = [tf.reshape(tensor, [-1])[0] for tensor in make()]
            last = [tf.add_n(numbers)]
            total += last[0]
        return total


def _make_inputs(func, kernel, data_format, size):
    """Return the tensors that the function takes: images, and weights, a bias or factors if it has any."""
    minibatch_size, resolution, fmaps = size
    if func == 'dense':
        fmaps *= 4  # Narrower ones are over before they can be measured.
    sizes = {'N': minibatch_size, 'C': fmaps, 'H': resolution, 'W': resolution}
    shapes = [[sizes[letter] for letter in data_format]]
    if func == 'fused_bias_act':
        shapes.append([fmaps])
    if func == 'dense':
        shapes.append([fmaps, fmaps])
    if func == 'channel_scale':
        shapes.append([minibatch_size, fmaps])
    if kernel is not None:
        shapes.append([kernel, kernel, fmaps, fmaps])
    return [tf.Variable(tf.random_normal(shape)).value() for shape in shapes]


def _find_function(func, data_format, kwargs, impl):
    """Return a function of the inputs alone."""
    if func == 'fused_bias_act':
        return lambda x, b: fused_bias_act.fused_bias_act(x, b, impl=impl, **kwargs)
    if func == 'channel_scale':
        return lambda x, s: channel_scale.channel_scale(x, s, impl=impl)
    if func == 'dense':
        return lambda x, w: dense.dense(x, w, impl=impl)
    module = textbook_ops if impl == 'textbook' else upfirdn_2d
    return lambda *inputs: getattr(module, func)(*inputs, data_format=data_format, impl=impl, **kwargs)
