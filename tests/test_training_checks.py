# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What is refused before a training begins; `test_run_training` tries it on the command line."""

import os

import pytest
import tensorflow.compat.v1 as tf

from dnnlib.tflib import compat
from dnnlib.util import UserError
from training import checks

TINY_SNAPSHOT = os.path.join(os.path.dirname(__file__), 'data', 'tiny_snapshot.pkl')
OPTIONS = {'sched_args': {}, 'metric_arg_list': []}


def test_too_few_gpus_are_reported_with_their_number(monkeypatch):
    monkeypatch.setattr(compat, 'list_gpus', lambda: ['/device:GPU:0', '/device:GPU:1'])
    checks.check_devices(2, {})
    with pytest.raises(UserError, match='--num-gpus=4, but TensorFlow sees 2; lower it'):
        checks.check_devices(4, {})


def test_every_minibatch_of_the_schedule_must_divide(monkeypatch):
    monkeypatch.setattr(compat, 'list_gpus', lambda: [])
    sched_args = {'minibatch_size_base': 32, 'minibatch_size_dict': {8: 256}, 'minibatch_gpu_dict': {8: 32}}
    checks.check_devices(2, sched_args)
    with pytest.raises(UserError, match='a minibatch of 256 images does not divide into equal parts of 96'):
        checks.check_devices(3, dict(sched_args, minibatch_size_base=36))


def test_fitting_inputs_pass_and_add_nothing_to_the_graph():
    with tf.Graph().as_default() as graph:
        options = dict(OPTIONS, resume_pkl=TINY_SNAPSHOT)
        checks.check_inputs(options, num_gpus=1, image_shape=(3, 16, 16), label_size=0)
        assert graph.get_operations() == []


@pytest.mark.parametrize(
    'made_shape, made_label_size, message',
    [
        ([3, 64, 64], 0, r'^a\.pkl makes pictures of shape \[3, 64, 64\], the data set has \[3, 32, 32\]'),
        ([1, 32, 32], 0, r'^a\.pkl makes pictures of shape \[1, 32, 32\], the data set has \[3, 32, 32\]'),
        (
            [3, 32, 32],
            5,
            r'^a\.pkl takes labels of size 5, the data set has 0; set --cond=yes, or use another data set$',
        ),
    ],
)
def test_pictures_and_labels_must_be_those_of_the_data_set(made_shape, made_label_size, message):
    with pytest.raises(UserError, match=message):
        checks.check_fit('a.pkl', made_shape, made_label_size, (3, 32, 32), 0)
