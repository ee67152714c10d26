# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The other process of `training.minibatch_search`, which trains with more and more images until memory is full."""

import contextlib
import json

from dnnlib import tflib, util

# isort: split
import tensorflow.compat.v1 as tf  # After dnnlib.tflib, which loads it in silence.

from dnnlib.tflib import compat
from dnnlib.tflib.custom_ops.hardware import find_free_memory
from dnnlib.util import EasyDict
from training import training_loop
from training.dataset import configure_from
from training.minibatch_search import FITS
from training.snapshots import count_bytes
from training.train_graph import build_train_graph, run_minibatch

_SHARE = 0.9  # Of the free memory that may be taken on the CPU; a GPU has limits of its own.
_NUM_COPIES = 4  # Of the networks, for which there must be room: states are put together in memory.


def run(path):
    """Make the trial that a file describes, see `try_numbers`."""
    with open(path) as file:
        try_numbers(**json.load(file, object_hook=EasyDict))


def try_numbers(options, num_gpus, numbers):
    """Print each number of images per device with which a step in full resolution runs, until one does not.

    Args:
        options: Keywords of `training.training_loop.training_loop`.
        num_gpus: Number of devices.
        numbers: Numbers to try, in this order.
    """
    options = EasyDict(util.add_defaults(training_loop.training_loop, options))
    recipe = training_loop.make_recipe(options, seed=0)
    workers = tflib.Workers(num_gpus)
    tflib.init_tf(options.tf_config)
    data = recipe.open_data(0)
    with tf.device(workers.devices[0]):
        networks = recipe.make_networks(data, options.resume_pkl)
    graph = build_train_graph(recipe, networks, data, None, None, workers)
    tflib.init_uninitialized_vars()
    if not compat.list_gpus():
        _limit_memory(_NUM_COPIES * count_bytes(networks))
    sched = recipe.compute_schedule(options.total_kimg * 1000, data)
    for number in numbers:
        sched.minibatch_gpu, sched.minibatch_size = number, number * workers.num_devices
        _run_step(graph, sched, data)
        print(f'{FITS}{number}', flush=True)


def _run_step(graph, sched, data):
    """Run a minibatch in which all phases are due, twice, as the first time libraries try algorithms."""
    for training_set in data.values():
        configure_from(training_set, sched.minibatch_gpu, sched.lod, 0)
    for _ in range(2):
        run_minibatch(graph, sched, EasyDict(counter=0, cur_nimg=0, num_fetched=0))


def _limit_memory(reserve):
    """Let this process fail, and not others, when less than `reserve` bytes of memory are left."""
    with contextlib.suppress(ImportError, OSError):
        import resource  # Unix only.

        with open('/proc/self/statm') as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        rooms = [limit - used for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
        rooms += [free for free in [find_free_memory()] if free is not None]
        if rooms:
            resource.setrlimit(resource.RLIMIT_AS, (int(used + _SHARE * min(rooms) - reserve), hard))
