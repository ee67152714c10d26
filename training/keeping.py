# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which snapshots of a run stay: all, the newest ones, or the best one; needs no TensorFlow."""

import math
import os
import shutil

from dnnlib import disk_space, util
from training import snapshot_files
from training.report.history import read_lines

BEST_NAME = 'network-best.pkl'


def read_results(run_dir, metric_name):
    """Return checksum of a snapshot -> numbers by name, from the file that a metric writes in a run directory."""
    entries = read_lines(os.path.join(run_dir, f'metric-{metric_name}.jsonl'))
    entries = [entry for entry in entries if entry.get('network_sha256') and isinstance(entry.get('results'), dict)]
    return {entry['network_sha256']: entry['results'] for entry in entries}


def is_best(sha256, results, higher_is_better):
    """Tell whether no other snapshot has been better.

    Args:
        sha256: Checksum of a snapshot.
        results: What `read_results` returned for the metric that decides; its first number counts.
        higher_is_better: Whether it is better if it is higher.
    """
    sign = -1 if higher_is_better else 1
    values = {key: sign * _get_first(numbers) for key, numbers in results.items()}
    known = {key: value for key, value in values.items() if not math.isnan(value)}
    return known.get(sha256, math.inf) <= min(known.values(), default=math.inf)


def _get_first(numbers):
    value = next(iter(numbers.values()), None)
    return float(value) if isinstance(value, (int, float)) else math.nan


def copy_best(pkl):
    """Copy a snapshot to `network-best.pkl` beside it."""
    path = os.path.join(os.path.dirname(pkl), BEST_NAME)
    disk_space.check_space(path, os.path.getsize(pkl))
    with open(pkl, 'rb') as source, util.atomic_write(path, durable=True) as target:
        shutil.copyfileobj(source, target)


def remove_superfluous(pkl, keep):
    """Remove snapshots of a run that are older than one which was written just now.

    Args:
        pkl: That snapshot.
        keep: 'all' removes none, 'best' all, a number leaves as many with this one.
    """
    if keep == 'all':
        return
    num_kept = 1 if keep == 'best' else keep
    kimg = snapshot_files.parse_snapshot_kimg(pkl)
    numbered = [path for path in snapshot_files.list_snapshots(os.path.dirname(pkl)) if _is_up_to(path, kimg)]
    for path in numbered[:-num_kept]:
        os.remove(path)


def _is_up_to(path, kimg):
    other = snapshot_files.parse_snapshot_kimg(path)
    return other is not None and other <= kimg
