# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""How many images a device can handle at a time, found by trying: `--minibatch-gpu=auto`; needs no TensorFlow."""

import json
import os
import subprocess
import sys
import tempfile

from dnnlib.util import UserError
from training import configs

_TRIAL = 'import sys; from training import minibatch_trial; minibatch_trial.run(sys.argv[1])'
FITS = 'fits: '  # What the other process prints before a number that fits.
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_NUM_LINES = 20  # Of what the other process printed, shown if nothing fits.


def find_minibatch_gpu(options, num_gpus):
    """Return the largest number of images per device with which a training step fits into memory.

    Another process trains a step with each possible number, the smallest first, until one fails: so the memory of this
    one stays as it is, and even being killed by the system is an answer.

    Args:
        options: Keywords of `training.training_loop.training_loop`.
        num_gpus: Number of devices.

    Raises:
        UserError: If not even the smallest number works.
    """
    numbers = configs.list_minibatch_gpus(options['sched_args'], num_gpus, options['D_args']['mbstd_group_size'])
    print(f'Trying how many images fit into memory at a time, of {", ".join(map(str, numbers))}...', flush=True)
    with tempfile.NamedTemporaryFile('w', suffix='.json') as file:
        json.dump({'options': options, 'num_gpus': num_gpus, 'numbers': numbers}, file)
        file.flush()
        env = dict(os.environ, PYTHONPATH=os.pathsep.join([_ROOT, os.environ.get('PYTHONPATH', '')]))
        command = [sys.executable, '-c', _TRIAL, file.name]
        fitting, lines = _follow(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env))
    if not fitting:
        print('\n'.join(lines[-_NUM_LINES:]), flush=True)
        raise UserError(
            f'not even --minibatch-gpu={numbers[0]} could be trained, see above; if memory is short, take a smaller '
            '--fmap-base or smaller images'
        )
    print(f'--minibatch-gpu=auto chose {fitting[-1]}', flush=True)
    return fitting[-1]


def _follow(process):
    """Print what fits as soon as it is known; return those numbers and all lines of the process."""
    fitting, lines = [], []
    with process:
        try:
            for line in process.stdout:
                lines.append(line.decode('utf-8', 'replace').rstrip('\n'))
                if lines[-1].startswith(FITS):
                    fitting.append(int(lines[-1][len(FITS) :]))
                    print(f'{fitting[-1]} fits', flush=True)
        except BaseException:  # Such as Ctrl-C.
            process.kill()
            raise
    return fitting, lines
