# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The schedule against the tables of the progressive and of the fixed configurations."""

import numpy as np
import pytest
from config_table import GROWING

from dnnlib.util import EasyDict
from training.schedule import training_schedule


def make_schedule(kimg, resolution_log2=10, **kwargs):
    return training_schedule(int(kimg * 1000), EasyDict(resolution_log2=resolution_log2), **kwargs)


@pytest.mark.parametrize(
    'kimg, lod, resolution, minibatch_size, minibatch_gpu, lrate, tick_kimg',
    [
        (0, 7, 8, 256, 32, 0.001, 28),
        (600, 7, 8, 256, 32, 0.001, 28),
        (601, 6.998333333, 16, 128, 16, 0.001, 24),
        (900, 6.5, 16, 128, 16, 0.001, 24),
        (1200, 6, 16, 128, 16, 0.001, 24),
        (1800, 6, 16, 128, 16, 0.001, 24),
        (2100, 5.5, 32, 64, 8, 0.001, 20),
        (3600, 4, 64, 32, 4, 0.001, 16),
        (4800, 3, 128, 32, 4, 0.0015, 12),
        (6000, 2, 256, 32, 4, 0.002, 8),
        (7200, 1, 512, 32, 4, 0.003, 6),
        (7800, 1, 512, 32, 4, 0.003, 6),
        (8400, 0, 1024, 32, 4, 0.003, 4),
        (25000, 0, 1024, 32, 4, 0.003, 4),
    ],
)
def test_progressive_growing_follows_the_table(kimg, lod, resolution, minibatch_size, minibatch_gpu, lrate, tick_kimg):
    sched = make_schedule(kimg, **GROWING)
    assert sched.kimg == kimg
    assert sched.lod == pytest.approx(lod, abs=1e-6)
    assert (sched.resolution, sched.minibatch_size, sched.minibatch_gpu) == (resolution, minibatch_size, minibatch_gpu)
    assert (sched.G_lrate, sched.D_lrate, sched.tick_kimg) == (lrate, lrate, tick_kimg)


@pytest.mark.parametrize('resolution_log2, tick_kimg', [(10, 4), (9, 6), (8, 8), (7, 12), (6, 16), (5, 20), (4, 24)])
@pytest.mark.parametrize('kimg', [0, 700, 25000])
def test_without_growing_only_the_length_of_ticks_depends_on_the_resolution(resolution_log2, tick_kimg, kimg):
    sched = make_schedule(kimg, resolution_log2)
    assert sched == {
        'kimg': kimg,
        'lod': 0.0,
        'resolution': 2**resolution_log2,
        'minibatch_size': 32,
        'minibatch_gpu': 4,
        'G_lrate': 0.002,
        'D_lrate': 0.002,
        'tick_kimg': tick_kimg,
    }


def test_generator_and_discriminator_have_learning_rates_of_their_own():
    sched = make_schedule(0, G_lrate_base=0.001, D_lrate_base=0.004, D_lrate_dict={1024: 0.005})
    assert (sched.G_lrate, sched.D_lrate) == (0.001, 0.005)


@pytest.mark.parametrize('kimg, factor', [(0, 0.0), (5, 0.5), (10, 1.0), (20, 1.0)])
def test_learning_rates_rise_during_the_ramp_up(kimg, factor):
    sched = make_schedule(kimg, lrate_rampup_kimg=10)
    assert (sched.G_lrate, sched.D_lrate) == (0.002 * factor, 0.002 * factor)


def test_length_of_ticks_can_be_fixed():
    assert make_schedule(0, tick_kimg=0.5).tick_kimg == 0.5
    assert make_schedule(0, tick_kimg_dict={}, tick_kimg_base=3).tick_kimg == 3


def test_growing_without_fades_switches_at_once():
    kwargs = {'lod_initial_resolution': 256, 'lod_training_kimg': 10, 'lod_transition_kimg': 0}
    assert [make_schedule(kimg, **kwargs).lod for kimg in (0, 9.999, 10, 20, 99)] == [2, 2, 1, 0, 0]


@pytest.mark.parametrize('phase_kimg, nimg', [(0.3, 900), (0.6, 1800), (0.7, 2100)])
def test_data_set_and_graph_see_the_same_resolution_where_a_fade_begins(phase_kimg, nimg):
    kwargs = {'lod_initial_resolution': 8, 'lod_training_kimg': phase_kimg, 'lod_transition_kimg': phase_kimg}
    lod = training_schedule(nimg, EasyDict(resolution_log2=5), **kwargs).lod
    assert np.floor(lod) == np.floor(np.float32(lod)) == 1  # In double precision the quotient leaves 1 - 2e-16.
