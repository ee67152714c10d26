# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Random numbers that a clock alone decides, so that a training that goes on draws those that it would have drawn.

Within a `RandomClock`, `random_normal` and `random_uniform` depend on its seed, on its ticks and on which call of them
it is, and on nothing else: no generator has a state that would have to be saved.
"""

import tensorflow.compat.v1 as tf

from dnnlib.tflib import tfutil

_CALL_BITS, _TICK_BITS = 40, 20  # The second half of a seed: number of the call, and below it two ticks.
_MAX_CALLS = 1 << 14  # Per process.
_DRAWS = ('Random', 'TruncatedNormal', 'ParameterizedTruncatedNormal', 'Multinomial')  # Beginnings of types of ops.


class RandomClock:
    """Decides the random numbers of the ops that are built within it; it can be entered several times.

    Args:
        seed: Seed, an integer of 32 bits.
        counter: First tick, a number or scalar tensor below 2**31, such as the number of the minibatch.
        ticks: Two further ones below 2**20, such as the number of the round within a minibatch.
        rank: Number of the process among several, which draw unlike numbers.
    """

    def __init__(self, seed, counter, ticks=(0, 0), rank=0):
        with tf.device('/cpu:0'), tf.name_scope('RandomClock'):
            counter, first, second = [tf.cast(tick, tf.int64) for tick in (counter, *ticks)]
            self._base = tf.stack([counter * (1 << 32) + seed, first * (1 << _TICK_BITS) + second])
        self._first_call = rank * _MAX_CALLS
        self._num_calls = 0
        self._outer = []

    def __enter__(self):
        state = _get_state()
        self._outer.append(state.get('clock'))
        state['clock'] = self
        return self

    def __exit__(self, *exc_info):
        _get_state()['clock'] = self._outer.pop()

    def make_seed(self):
        """Return the seed of one more call, int64 [2]."""
        assert self._num_calls < _MAX_CALLS
        call = (self._first_call + self._num_calls) << _CALL_BITS
        self._num_calls += 1
        with tf.device('/cpu:0'):
            return self._base + tf.constant([0, call], tf.int64)


def _get_state():
    """Return the dict that holds the clock of the default graph."""
    return tfutil.graph_cache('random_clock')


def random_normal(shape, dtype=tf.float32):
    """Return a tensor of standard normal numbers; without a clock, of TensorFlow's generator.

    Args:
        shape: Shape, a list or tensor.
        dtype: Floating-point type.
    """
    clock = _get_state().get('clock')
    if clock is None:
        return tf.random_normal(shape, dtype=dtype)
    return tf.random.stateless_normal(shape, seed=clock.make_seed(), dtype=dtype)


def random_uniform(shape, minval=0, maxval=None, dtype=tf.float32, seed=None):
    """Return a tensor of uniform numbers from `minval` to below `maxval`; without a clock, of TensorFlow's generator.

    Args:
        shape: Shape, a list or tensor.
        minval: Smallest number.
        maxval: Number above all; None for 1, which integer types do not allow.
        dtype: Type of the numbers.
        seed: Seed of TensorFlow's generator, None for chance; a clock has one of its own.
    """
    clock = _get_state().get('clock')
    if clock is None:
        return tf.random_uniform(shape, minval, maxval, dtype=dtype, seed=seed)
    return tf.random.stateless_uniform(shape, seed=clock.make_seed(), minval=minval, maxval=maxval, dtype=dtype)


def find_other_draws(ops):
    """Return the ops that draw random numbers which no clock decides, among those that some ops depend on.

    Args:
        ops: List of ops.
    """
    known, waiting = set(ops), list(ops)
    while waiting:
        op = waiting.pop()
        new = ({tensor.op for tensor in op.inputs} | set(op.control_inputs)) - known
        known |= new
        waiting += new
    return [op for op in known if op.type.startswith(_DRAWS)]
