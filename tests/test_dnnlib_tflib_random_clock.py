# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Random numbers that follow from a seed and the ticks of a clock."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib


def philox(key, counter, rounds=10):
    """Return the four 32-bit words of Philox-4x32 (Salmon et al., 2011), lists of integers."""
    key, words = list(key), list(counter)
    for _ in range(rounds):
        products = words[0] * 0xD2511F53, words[2] * 0xCD9E8D57
        high, low = [product >> 32 for product in products], [product & 0xFFFFFFFF for product in products]
        words = [high[1] ^ words[1] ^ key[0], low[1], high[0] ^ words[3] ^ key[1], low[0]]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return words


def draw_uniform(seed, count):
    """Return what TensorFlow's stateless generator draws for a seed of two 64-bit integers, up to four numbers."""
    key, counter = (0x3EC8F720, 0x02461E29), [half for number in seed for half in (number & 0xFFFFFFFF, number >> 32)]
    mixed = philox(key, counter)
    words = philox(mixed[:2], [0, 0] + mixed[2:])[:count]
    return [np.uint32(0x3F800000 | word & 0x7FFFFF).view(np.float32) - 1 for word in words]


def test_numbers_are_those_of_the_seed_and_the_ticks(session):
    clock = tflib.RandomClock(7, 5, (3, 2), rank=1)
    with clock:
        first, second = [tflib.random_uniform([4]) for _ in range(2)]
    halves = 5 * 2**32 + 7, 3 * 2**20 + 2
    calls = [(halves[0], halves[1] + ((1 << 14) + call << 40)) for call in (0, 1)]
    for tensor, seed in zip((first, second), calls):
        np.testing.assert_array_equal(session.run(tensor), draw_uniform(seed, 4))


def draw(session, *args, **kwargs):
    """Return two draws of normal numbers within a clock."""
    with tflib.RandomClock(*args, **kwargs):
        return session.run([tflib.random_normal([100]), tflib.random_normal([100])])


def test_each_seed_tick_rank_and_call_has_numbers_of_its_own(session):
    draws = draw(session, 1, 2)
    for args, kwargs in [((2, 2), {}), ((1, 3), {}), ((1, 2, (1, 0)), {}), ((1, 2, (0, 1)), {}), ((1, 2), {'rank': 1})]:
        draws += draw(session, *args, **kwargs)
    np.testing.assert_array_equal(draw(session, 1, 2), draws[:2])
    correlations = np.corrcoef(draws) - np.eye(len(draws))
    assert np.abs(correlations).max() < 0.5
    assert abs(np.mean(draws)) < 0.1 and np.std(draws) == pytest.approx(1, abs=0.1)


def test_largest_seed_and_late_ticks_are_possible(session):
    first, second = draw(session, (1 << 32) - 1, (1 << 31) - 1, ((1 << 20) - 1, 0), rank=7)
    assert np.isfinite(first).all() and not np.array_equal(first, second)


def test_ticks_may_be_tensors(session):
    tick = tf.placeholder(tf.int64, [])
    with tflib.RandomClock(1, tick):
        tensor = tflib.random_normal([100])
    np.testing.assert_array_equal(session.run(tensor, {tick: 2}), draw(session, 1, 2)[0])


def test_clock_counts_its_calls_when_it_is_entered_again_and_may_stand_in_another(session):
    outer, inner = tflib.RandomClock(1, 2), tflib.RandomClock(1, 3)
    with outer:
        tensors = [tflib.random_normal([100])]
        with inner:
            tensors.append(tflib.random_normal([100]))
    with outer:
        tensors.append(tflib.random_normal([100]))
    values = session.run(tensors)
    np.testing.assert_array_equal([values[0], values[2]], draw(session, 1, 2))
    np.testing.assert_array_equal(values[1], draw(session, 1, 3)[0])


def test_integers_lie_in_their_range(session):
    with tflib.RandomClock(1, 2):
        numbers = session.run(tflib.random_uniform([1000], 3, 7, dtype=tf.int32))
    assert set(numbers) == {3, 4, 5, 6}


def test_without_a_clock_numbers_come_from_the_generator(session):
    normal, uniform = tflib.random_normal([100]), tflib.random_uniform([100])
    assert not np.array_equal(session.run(normal), session.run(normal))
    assert not np.array_equal(session.run(uniform), session.run(uniform))


def test_draws_of_no_clock_are_found_wherever_an_op_depends_on_them(session):
    variable = tf.Variable(tf.random_normal([2]), trainable=False)  # Only its initializer draws.
    with tflib.RandomClock(1, 2):
        fine = variable + tflib.random_normal([2])
    assert tflib.find_other_draws([fine.op]) == []
    drawn = [tf.random_uniform([2]), tf.random.truncated_normal([2])]
    with tf.control_dependencies([drawn[0] + 1]):
        result = fine + 1
    kinds = sorted(op.type for op in tflib.find_other_draws([(result * 2).op, drawn[1].op]))
    assert kinds == ['RandomUniform', 'TruncatedNormal']
