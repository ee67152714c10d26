# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""When which resolution, minibatch size and learning rate apply (Progressive GAN, arXiv:1710.10196, appendix A)."""

import numpy as np

from dnnlib.util import EasyDict

TICK_KIMG = {8: 28, 16: 24, 32: 20, 64: 16, 128: 12, 256: 8, 512: 6, 1024: 4}  # Resolution -> length of a tick.


def training_schedule(
    cur_nimg,
    training_set,
    lod_initial_resolution=None,
    lod_training_kimg=600,
    lod_transition_kimg=600,
    minibatch_size_base=32,
    minibatch_size_dict=None,
    minibatch_gpu_base=4,
    minibatch_gpu_dict=None,
    G_lrate_base=0.002,
    G_lrate_dict=None,
    D_lrate_base=0.002,
    D_lrate_dict=None,
    lrate_rampup_kimg=0,
    tick_kimg_base=4,
    tick_kimg_dict=None,
    tick_kimg=None,
):
    """Return the schedule at a point of the training.

    Args:
        cur_nimg: Number of real images shown so far.
        training_set: Data set; its `resolution_log2` counts.
        lod_initial_resolution: Resolution that progressive growing starts at; None for no growing.
        lod_training_kimg: Time at each resolution, in thousands of images.
        lod_transition_kimg: Time of each fade to the next one.
        minibatch_size_base: Images per step over all devices.
        minibatch_size_dict: Resolution -> exception from it; None for no exception.
        minibatch_gpu_base: Images that a device handles at a time.
        minibatch_gpu_dict: Resolution -> exception from it.
        G_lrate_base: Learning rate of G.
        G_lrate_dict: Resolution -> exception from it.
        D_lrate_base: Learning rate of D.
        D_lrate_dict: Resolution -> exception from it.
        lrate_rampup_kimg: Time over which learning rates rise from zero.
        tick_kimg_base: Length of a tick in thousands of images.
        tick_kimg_dict: Resolution -> exception from it; None for `TICK_KIMG`.
        tick_kimg: Length of all ticks; None to go by the two above.

    Returns:
        EasyDict of kimg, lod, resolution, minibatch_size, minibatch_gpu, G_lrate, D_lrate and tick_kimg.
    """
    s = EasyDict(kimg=cur_nimg / 1000.0)
    s.lod = 0.0
    if lod_initial_resolution is not None:
        phase_kimg = lod_training_kimg + lod_transition_kimg
        phase_idx = int(np.floor(s.kimg / phase_kimg)) if phase_kimg > 0 else 0
        s.lod = training_set.resolution_log2 - np.floor(np.log2(lod_initial_resolution)) - phase_idx
        if lod_transition_kimg > 0:
            s.lod -= max(s.kimg - phase_idx * phase_kimg - lod_training_kimg, 0.0) / lod_transition_kimg
        s.lod = max(float(np.float32(s.lod)), 0.0)  # As the graph sees it: both must find the same whole part.
    s.resolution = 2 ** (training_set.resolution_log2 - int(np.floor(s.lod)))

    s.minibatch_size = (minibatch_size_dict or {}).get(s.resolution, minibatch_size_base)
    s.minibatch_gpu = (minibatch_gpu_dict or {}).get(s.resolution, minibatch_gpu_base)
    rampup = min(s.kimg / lrate_rampup_kimg, 1.0) if lrate_rampup_kimg > 0 else 1.0
    s.G_lrate = (G_lrate_dict or {}).get(s.resolution, G_lrate_base) * rampup
    s.D_lrate = (D_lrate_dict or {}).get(s.resolution, D_lrate_base) * rampup
    tick_kimg_dict = TICK_KIMG if tick_kimg_dict is None else tick_kimg_dict
    s.tick_kimg = tick_kimg_dict.get(s.resolution, tick_kimg_base) if tick_kimg is None else tick_kimg
    return s
