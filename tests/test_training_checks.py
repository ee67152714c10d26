# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What is refused before a training begins; `test_run_training` tries it on the command line."""

import json
import os

import pytest
import tensorflow.compat.v1 as tf

from dnnlib.tflib import compat
from dnnlib.util import UserError
from training import checks

TINY_SNAPSHOT = os.path.join(os.path.dirname(__file__), 'data', 'tiny_snapshot.pkl')
OPTIONS = {
    'sched_args': {},
    'metric_arg_list': [],
    'total_kimg': 25,
    'dataset_args': {'tfrecord_dir': 'a'},
    'G_loss_args': {'func_name': 'training.loss.G_logistic_ns_pathreg'},
}


def test_too_few_gpus_are_reported_with_their_number(monkeypatch):
    monkeypatch.setattr(compat, 'list_gpus', lambda: ['/device:GPU:0', '/device:GPU:1'])
    checks.check_devices(2, [(32, 4)])
    with pytest.raises(UserError, match='--num-gpus=4, but TensorFlow sees 2; lower it'):
        checks.check_devices(4, [(32, 4)])


def test_every_minibatch_of_the_schedule_must_divide(monkeypatch):
    monkeypatch.setattr(compat, 'list_gpus', lambda: [])
    checks.check_devices(2, [(32, 4), (256, 32)])
    with pytest.raises(UserError, match='a minibatch of 256 images does not divide into equal parts of 96'):
        checks.check_devices(3, [(36, 4), (256, 32)])


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


@pytest.mark.parametrize('name, kimg', [('network-final.pkl', 3.0), ('network-snapshot-000004.pkl', None)])
def test_growing_goes_on_from_a_known_position(name, kimg):
    options = dict(OPTIONS, sched_args={'lod_initial_resolution': 8}, resume_pkl=name, resume_kimg=kimg)
    checks.check_position(options)


def test_growing_cannot_go_on_from_an_unknown_position():
    options = dict(OPTIONS, resume_pkl='network-final.pkl')
    checks.check_position(options)  # No growing, no need to know.
    with pytest.raises(UserError, match=r'^the name of network-final\.pkl does not tell how far .* --resume-kimg$'):
        checks.check_position(dict(options, sched_args={'lod_initial_resolution': 8}))


@pytest.mark.parametrize('kimg, is_finished', [(None, True), (24.9, False), (25.0, True), (0.0, False)])
def test_a_training_of_which_nothing_is_left_is_refused_before_anything_begins(kimg, is_finished):
    options = dict(OPTIONS, resume_pkl='network-snapshot-000025.pkl', resume_kimg=kimg)
    if not is_finished:
        checks.check_position(options)
        return
    with pytest.raises(UserError) as caught:
        checks.check_position(options)
    assert str(caught.value) == (
        'network-snapshot-000025.pkl is at 25 kimg, so nothing is left of --total-kimg=25; give more, or '
        '--resume-kimg=0 to begin a training with its weights'
    )


@pytest.mark.parametrize('number, is_possible', [(8, False), (9, True), (10, False)])
def test_more_frozen_layers_than_there_are_are_refused(number, is_possible):
    options = dict(OPTIONS, part_args={'freezed': number}, D_args={'architecture': 'resnet' if number > 8 else 'orig'})
    if is_possible:
        checks.check_inputs(options, num_gpus=1, image_shape=(3, 16, 16), label_size=0)
        return
    count = 9 if number > 8 else 7
    with pytest.raises(UserError, match=f'--freezed={number}, but the discriminator has {count} layers to freeze$'):
        checks.check_inputs(options, num_gpus=1, image_shape=(3, 16, 16), label_size=0)


def test_a_metric_without_its_network_is_refused_with_the_way_to_do_without(tmp_path):
    metric = {'func_name': 'metrics.frechet_inception_distance.FID', 'name': 'fid', 'weights': str(tmp_path / 'a.pkl')}
    metric.update(num_images=2, minibatch_per_gpu=1)
    with pytest.raises(
        UserError, match=r'a\.pkl.*; or choose --metrics=devfid2k, which needs no .*, or --metrics=none$'
    ):
        checks.check_inputs(dict(OPTIONS, metric_arg_list=[metric]), 1, (3, 16, 16), 0)


@pytest.mark.parametrize('grew, grows, word', [(False, True, 'without'), (True, False, 'with')])
def test_growing_is_neither_begun_nor_left_out_on_the_way(tmp_path, grew, grows, word):
    sched_args = {True: {'lod_initial_resolution': 8}, False: {}}
    run = {'run_desc': 'stylegan2-a-1gpu-config-x', 'run_func_name': 'training.training_loop.training_loop'}
    run.update(num_gpus=1, run_func_kwargs=dict(OPTIONS, sched_args=sched_args[grew]))
    (tmp_path / 'training_options.json').write_text(json.dumps(run))
    options = dict(OPTIONS, sched_args=sched_args[grows], resume_pkl=str(tmp_path / 'network-snapshot-000004.pkl'))
    message = f'pkl was trained {word} progressive growing, in config-x; go on with --config=config-x$'
    with pytest.raises(UserError, match=message):
        checks.check_position(options)
    checks.check_position(dict(options, sched_args=sched_args[grew]))
