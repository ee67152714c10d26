# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which runs are meant by directories that a user names, and the pages and videos about them."""

import os
import warnings

from dnnlib import files
from dnnlib.progress import NamedProgress
from dnnlib.util import UserError
from training.report.comparison_page import PAGE_NAME, write_comparison
from training.report.history import STATS_FILE
from training.report.run_files import OPTIONS_FILE
from training.report.run_page import RunReport
from training.report.video import write_videos


def write_reports(dirs, out=None, video=False):
    """Write the page of a run, or one that compares several.

    Args:
        dirs: Run directories, and result directories for all runs in them.
        out: File to write; None for `report.html` in the run directory, of several runs `comparison.html` here.
        video: Write the video of each run, too.

    Returns:
        Paths of what was written.

    Raises:
        UserError: If a directory is none of a run, or a run has no numbers yet.
    """
    runs = find_runs(dirs)
    with NamedProgress() as progress:
        reports = _read_runs(runs, progress)
        empty = [report.run_dir for report in reports if not report.history.num_ticks]
        reports = [report for report in reports if report.history.num_ticks]
        if not reports:
            raise UserError(f'{empty[0]}: no line of its {STATS_FILE} can be read; there is nothing to report')
        for run in empty:
            warnings.warn(f'{run} is left out, as no line of its {STATS_FILE} can be read', stacklevel=2)
        paths = [path for report in reports for path in write_videos(report.run_dir, progress)] if video else []
        if len(runs) > 1:
            return [write_comparison(reports, out or PAGE_NAME)] + paths
        return [reports[0].write(reports[0].find_state(), out)] + paths


def _read_runs(runs, progress):
    """Return the `RunReport` of each run; of several, those that this user may not read are left out with a warning."""
    reports = []
    for run in runs:
        try:
            reports.append(RunReport(run, progress=progress))
        except PermissionError as error:
            if len(runs) == 1:
                raise
            warnings.warn(f'{run} is left out: {error.strerror}: {error.filename}', stacklevel=3)
    if not reports:
        raise UserError(f'none of the {len(runs)} runs can be read; ask the user that they belong to')
    return reports


def find_runs(dirs):
    """Return the run directories that are meant; arguments and errors as those of `write_reports`."""
    runs = []
    for folder in dirs:
        files.check_directory(folder, 'run directory')
        known = [os.path.realpath(run) for run in runs]
        runs += [run for run in _list_runs(folder) if os.path.realpath(run) not in known]
    return runs


def _list_runs(folder):
    if _has_ticks(folder):
        return [folder]
    if os.path.exists(os.path.join(folder, OPTIONS_FILE)):
        raise UserError(
            f'{folder} has nothing to report yet: {STATS_FILE} gets its first line with the first tick of a training'
        )
    runs = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    runs = [run for run in runs if _has_ticks(run)]
    if not runs:
        raise UserError(
            f'{folder} is no run directory: it has no {STATS_FILE}, and no directory in it has one; name a directory '
            'such as results/00000-run'
        )
    return runs


def _has_ticks(folder):
    path = os.path.join(folder, STATS_FILE)
    return os.path.isfile(path) and os.path.getsize(path) > 0
