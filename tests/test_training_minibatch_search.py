# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The search for the number of images that fit into memory; the trial is another process."""

import numpy as np
import pytest

from dnnlib.util import UserError
from image_data import records
from training import configs, minibatch_search


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


def test_if_nothing_fits_the_trial_has_the_last_word(monkeypatch):
    use_trial(monkeypatch, 'raise MemoryError("no room")')
    with pytest.raises(UserError, match=r'(?s)^not even --minibatch-gpu=1 could be trained; .*MemoryError: no room$'):
        minibatch_search.find_minibatch_gpu(make_options(), num_gpus=1)


def test_trial_that_fails_for_another_reason_is_told(tmp_path):
    with pytest.raises(UserError, match=r'data set directory .* does not exist'):
        minibatch_search.find_minibatch_gpu(make_options(str(tmp_path)), num_gpus=1)
