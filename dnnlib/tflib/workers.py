# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Who takes part in a training: the devices of this process, and the process among its like."""

import tensorflow.compat.v1 as tf

from dnnlib.tflib import gpus


class Workers:
    """The devices of one process, which is alone; what several processes need overrides the methods.

    Args:
        num_devices: Number of devices of this process.

    Attributes:
        rank: Number of this process, from 0.
        size: Number of processes.
        devices: Names of the devices of this process, as `tf.device` takes them.
    """

    rank = 0
    size = 1

    def __init__(self, num_devices=1):
        self.devices = gpus.list_devices(num_devices)

    @property
    def is_chief(self):
        """Whether this process writes files, prints and evaluates metrics."""
        return self.rank == 0

    @property
    def num_devices(self):
        """Number of devices of all processes."""
        return self.size * len(self.devices)

    def sum(self, terms):
        """Return the sum of tensors of one shape, one for each device of this process, over all processes."""
        return terms[0] if len(terms) == 1 else tf.add_n(terms)

    def agree(self, should_stop):
        """Return whether any process wants to stop."""
        return should_stop
