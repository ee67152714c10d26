# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The search for the number of images that fit into memory; the trial is another process."""

import re

import numpy as np
import pytest

from dnnlib.util import UserError
from image_data import records
from training import configs, minibatch_search, minibatch_trial


def make_options(data_dir='nowhere', minibatch_size=8, **kwargs):
    tiny = {'fmap_base': 64, 'fmap_max': 4, 'latent_size': 8, 'mapping_layers': 2}
    return configs.make_training_options(
        data_dir=data_dir, dataset='a', minibatch_size=minibatch_size, metric_arg_list=[], **tiny, **kwargs
    )


@pytest.mark.parametrize(
    'config_id, minibatch_size, num_gpus, expected',
    [
        ('config-f', 32, 1, [1, 2, 4, 8, 16, 32]),
        ('config-f', 32, 2, [1, 2, 4, 8, 16]),
        ('config-f', 24, 1, [1, 2, 3, 4, 8, 12, 24]),  # 6 is no multiple of 4, the group of the minibatch deviation.
        ('config-a', None, 1, [1, 2, 4, 8, 16, 32]),  # Of minibatches of 32 to 256.
    ],
)
def test_numbers_that_suit_are_tried(config_id, minibatch_size, num_gpus, expected):
    sched_args = make_options(config_id=config_id, minibatch_size=minibatch_size, num_gpus=num_gpus)['sched_args']
    assert configs.list_minibatch_gpus(sched_args, num_gpus) == expected


def test_largest_number_that_fits_is_found_by_training(tmp_path, capsys):
    (tmp_path / 'a').mkdir()
    (tmp_path / 'a' / 'a-r03.tfrecords').write_bytes(records.encode_images(np.zeros([9, 3, 8, 8], np.uint8)))
    assert minibatch_search.find_minibatch_gpu(make_options(str(tmp_path)), num_gpus=1) == 8
    assert capsys.readouterr().out.splitlines() == [
        'Trying how many images fit into memory at a time, of 1, 2, 4, 8...',
        '1 fits',
        '2 fits',
        '4 fits',
        '8 fits',
        '--minibatch-gpu=auto chose 8',
    ]


def use_trial(monkeypatch, code):
    monkeypatch.setattr(minibatch_search, '_TRIAL', code)


def test_number_before_the_process_was_killed_is_taken(monkeypatch):
    use_trial(monkeypatch, 'import os; print("chatter\\nfits: 1\\nfits: 2", flush=True); os.kill(os.getpid(), 9)')
    assert minibatch_search.find_minibatch_gpu(make_options(), num_gpus=1) == 2


def test_if_nothing_fits_the_trial_has_the_last_word(monkeypatch, capsys):
    use_trial(monkeypatch, 'raise MemoryError("no room")')
    with pytest.raises(UserError, match=r'^not even --minibatch-gpu=1 could be trained, see above; '):
        minibatch_search.find_minibatch_gpu(make_options(), num_gpus=1)
    assert capsys.readouterr().out.endswith('MemoryError: no room\n')


def test_trial_that_fails_for_another_reason_is_told(tmp_path, capsys):
    with pytest.raises(UserError, match='see above'):
        minibatch_search.find_minibatch_gpu(make_options(str(tmp_path)), num_gpus=1)
    assert re.search('data set directory .* does not exist', capsys.readouterr().out)


@pytest.mark.parametrize('hard, free, rest', [(-1, 1000, 700), (500, 1000, 250), (500, None, 250), (5000, 1000, 700)])
def test_memory_of_the_trial_ends_before_that_of_the_machine_and_a_limit_from_outside(monkeypatch, hard, free, rest):
    resource = pytest.importorskip('resource')
    with open('/proc/self/statm') as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    limits = []
    mb = 1 << 20
    monkeypatch.setattr(resource, 'getrlimit', lambda kind: (-1, hard if hard < 0 else used + hard * mb))
    monkeypatch.setattr(resource, 'setrlimit', lambda kind, pair: limits.append(pair))
    monkeypatch.setattr(minibatch_trial, 'find_free_memory', lambda: free and free * mb)
    minibatch_trial._limit_memory(200 * mb)
    ((soft, _),) = limits
    assert (soft - used) / mb == pytest.approx(rest, abs=20)


def test_memory_is_not_limited_where_nothing_tells_how_much_there_is(monkeypatch):
    resource = pytest.importorskip('resource')
    monkeypatch.setattr(resource, 'getrlimit', lambda kind: (-1, -1))
    monkeypatch.setattr(resource, 'setrlimit', None)
    monkeypatch.setattr(minibatch_trial, 'find_free_memory', lambda: None)
    minibatch_trial._limit_memory(1)
