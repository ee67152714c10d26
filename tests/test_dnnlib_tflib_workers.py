# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Who takes part in a training: alone, and as one of several processes."""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib


class SecondOfThree(tflib.Workers):
    """One of three processes."""

    rank, size = 1, 3


def test_process_that_is_alone_is_the_chief_and_decides_when_to_stop():
    workers = tflib.Workers(2)
    assert workers.is_chief and (workers.rank, workers.size, workers.num_devices) == (0, 1, 2)
    assert workers.agree(True) and not workers.agree(False)


def test_devices_of_all_processes_are_counted():
    workers = SecondOfThree(2)
    assert not workers.is_chief
    assert (len(workers.devices), workers.num_devices) == (2, 6)


def test_sum_is_taken_over_devices(session):
    terms = [tf.constant([1.0, 2.0]), tf.constant([10.0, 20.0])]
    assert tflib.Workers().sum(terms[:1]) is terms[0]
    np.testing.assert_array_equal(session.run(tflib.Workers(2).sum(terms)), [11.0, 22.0])
