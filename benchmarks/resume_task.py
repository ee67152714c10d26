# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The task of resume_speed.py: a training that opens its data set and takes minibatches."""

import inspect
import time

from dnnlib import tflib

# isort: split
import tensorflow.compat.v1 as tf  # After dnnlib.tflib, which loads it in silence.

from training.dataset import load_dataset


class Reading:
    """Reads a data set as a training does."""

    def measure(self, tfrecord_dir, minibatch_size, start, num_minibatches):
        """Return the seconds until the data set is open, then until the first minibatch, and images per second later.

        Args:
            tfrecord_dir: The data set.
            minibatch_size: Images per minibatch.
            start: Images that the training has seen already; before there was such a thing, it begins anew.
            num_minibatches: Number of minibatches for the last one.
        """
        with tf.Graph().as_default(), tflib.create_session().as_default():
            begin = time.perf_counter()
            data = load_dataset(tfrecord_dir=tfrecord_dir, seed=1)
            images, _ = data.get_minibatch_tf()
            opened = time.perf_counter()
            knows_start = 'start' in inspect.signature(data.configure).parameters
            data.configure(minibatch_size, 0, **({'start': start} if knows_start else {}))
            tflib.run(images.op)
            first = time.perf_counter()
            time.sleep(2)  # What is read in advance is there.
            ready = time.perf_counter()
            for _ in range(num_minibatches):
                tflib.run(images.op)
            end = time.perf_counter()
            data.close()
        return {
            'open s': opened - begin,
            'first s': first - opened,
            'img/s': num_minibatches * minibatch_size / (end - ready),
        }
