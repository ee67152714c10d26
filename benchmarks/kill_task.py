# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The trainings of kill_test.py, on one core; each function begins or resumes one."""

import os
import sys

import common  # Puts the project into the path.

if hasattr(os, 'sched_setaffinity'):
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])  # TensorFlow makes as many threads as there are cores.

STYLEGAN2 = (
    '--dataset=a --fmap-base=64 --fmap-max=8 --latent-size=16 --mapping-layers=2 --minibatch-size=8 --minibatch-gpu=4 '
    '--gamma=1 --mirror-augment=yes --kimg-per-tick=0.2 --snapshot-ticks=1 --grid-size=4x2 --metrics=none '
    '--state-minutes=0 --resume=auto'
).split()


def train_stylegan2(folder, kimg):
    """Train config-f through the script."""
    import run_training

    places = [f'--data-dir={folder}/data', f'--result-dir={folder}/results']
    run_training.main(STYLEGAN2 + places + [f'--total-kimg={kimg}'])


def train_toy(folder, kimg):
    """Train the recipe of the tests, whose data sets are called dark and light."""
    sys.path.append(os.path.join(common.ROOT, 'tests'))
    import toy_recipe

    import dnnlib
    from dnnlib.tflib.snapshots import families
    from training import run_search

    families.register(toy_recipe.FAMILY)
    results = os.path.join(folder, 'results')
    kwargs = {'data_dir': os.path.join(folder, 'data'), 'total_kimg': kimg, 'state_minutes': 0}
    config = dnnlib.SubmitConfig()
    config.update(run_dir_root=results, run_desc='toy')
    run_dirs = [os.path.join(results, name) for name in sorted(os.listdir(results))] if os.path.isdir(results) else []
    ready = [path for path in run_dirs if run_search.has_state(path)]
    if ready:
        dnnlib.continue_run(config, ready[-1], 'toy_recipe.training_loop', **kwargs)
    else:
        dnnlib.submit_run(config, 'toy_recipe.training_loop', **kwargs)


def train(method, folder, kimg):
    """Begin or resume the training of a method; arguments are texts."""
    from dnnlib import cmdline

    methods = {'stylegan2': train_stylegan2, 'toy': train_toy}
    cmdline.run(lambda: methods[method](folder, float(kimg)))
