# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The numbers of a run over its length: those of each tick, and those of metrics; few enough points to draw them."""

import array
import bisect
import collections
import glob
import json
import math
import os
import warnings

import numpy as np

from dnnlib.util import EasyDict
from training.snapshot_files import parse_snapshot_kimg

STATS_FILE = 'stats.jsonl'
MAX_POINTS = 500
"""Points of a drawn curve."""
_POSITION = 'Progress/kimg'
_NUMBERS = (int, float, type(None))

Curve = collections.namedtuple('Curve', 'kimg values')
Curve.__doc__ = """A number over the length of a training, float64 arrays [N]; what is not finite is a gap."""


class History:
    """The numbers of the ticks of a run.

    Attributes:
        last: What the newest tick tells, name -> finite number.
        num_ticks: Number of ticks.
    """

    def __init__(self):
        self.last = {}
        self.num_ticks = 0
        self._series = collections.OrderedDict()

    def add(self, row):
        """Add a tick: name -> number, as in a line of `stats.jsonl`.

        A tick that lies not behind the newest one is that of a training resumed from an earlier state: what the run
        had after it is dropped.
        """
        kimg = float(row[_POSITION])
        if self.last and kimg <= self.last[_POSITION]:
            self._drop_from(kimg)
        for name, value in row.items():
            if name not in self._series:
                self._series[name] = Curve(array.array('d'), array.array('d'))
            curve = self._series[name]
            curve.kimg.append(kimg)
            curve.values.append(math.nan if value is None else value)
        self.last = {name: value for name, value in row.items() if value is not None and math.isfinite(value)}
        self.num_ticks += 1

    def _drop_from(self, kimg):
        self.num_ticks = bisect.bisect_left(self._series[_POSITION].kimg, kimg)
        for curve in self._series.values():
            index = bisect.bisect_left(curve.kimg, kimg)
            del curve.kimg[index:], curve.values[index:]

    def list_names(self):
        """Return the names of the numbers, sorted."""
        return sorted(name for name, curve in self._series.items() if curve.kimg)

    def get_curve(self, name):
        """Return a number of all ticks that have it."""
        curve = self._series.get(name, Curve(array.array('d'), array.array('d')))
        return Curve(np.array(curve.kimg), np.array(curve.values))


def read_history(run_dir):
    """Return the History of a run directory; it is empty if there is no `stats.jsonl`."""
    history = History()
    for row in read_lines(os.path.join(run_dir, STATS_FILE)):
        if _is_tick(row):
            history.add(row)
    return history


def _is_tick(row):
    if not all(isinstance(value, _NUMBERS) for value in row.values()):
        return False
    return row.get(_POSITION) is not None and math.isfinite(row[_POSITION])


def read_lines(path):
    """Return the objects in the lines of a file of JSON.

    A last line that was cut off is left out; so are other damaged ones, with a warning.
    """
    if not os.path.exists(path):
        return []
    with open(path, encoding='utf-8', errors='replace') as file:
        lines = file.read().split('\n')
    rows, damaged = [], []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line, parse_int=_parse_int) if line else {}
        except (ValueError, OverflowError, RecursionError):
            row = None
        if isinstance(row, dict):
            rows += [row] if row else []
        elif number < len(lines):
            damaged.append(number)
    if damaged:
        more = f' and {len(damaged) - 1} more' if len(damaged) > 1 else ''
        warnings.warn(f'{path}: line {damaged[0]}{more} cannot be read and is left out', stacklevel=2)
    return rows


def _parse_int(text):
    """Return a number as JSON has it; raise OverflowError if it is more than a float holds."""
    number = int(text)
    float(number)
    return number


# ----------------------------------------------------------------------------
# Metrics.

_WITHOUT_MEANING = ('results', 'total_time', 'total_time_str', 'timestamp', 'snapshot_pkl', 'network_sha256')


def read_metrics(run_dir):
    """Return what the metrics of a run say.

    Returns:
        A list of EasyDict `name`; `curves`, ordered name of a number -> Curve; and `protocol`, what the numbers depend
        on, of the newest record.
    """
    paths = sorted(glob.glob(os.path.join(glob.escape(run_dir), 'metric-*.jsonl')))
    metrics = [_make_metric(path, read_lines(path)) for path in paths]
    return [metric for metric in metrics if metric.curves]


def _make_metric(path, records):
    points = collections.defaultdict(dict)
    for record in records:
        kimg = parse_snapshot_kimg(record.get('snapshot_pkl'))
        results = record.get('results')
        if kimg is not None and isinstance(results, dict):
            for name, value in results.items():
                if isinstance(value, _NUMBERS):
                    points[name][kimg] = math.nan if value is None else float(value)  # The last of a snapshot counts.
    curves = collections.OrderedDict(
        (name, Curve(*[np.array(column, np.float64) for column in zip(*sorted(values.items()))]))
        for name, values in points.items()
    )
    protocol = {name: value for name, value in (records or [{}])[-1].items() if name not in _WITHOUT_MEANING}
    name = protocol.pop('metric', None)
    if not isinstance(name, str):
        name = os.path.basename(path)[len('metric-') : -len('.jsonl')]
    return EasyDict(name=name, curves=curves, protocol=protocol)


# ----------------------------------------------------------------------------
# Fewer points.


def thin(curve, max_points=MAX_POINTS):
    """Return a curve of at most so many points: averages of as many groups of neighbours, which are equally large.

    Args:
        curve: Curve of any length.
        max_points: Largest length of the result.
    """
    num = len(curve.kimg)
    if num <= max_points:
        return curve
    starts = np.arange(max_points) * num // max_points
    is_finite = np.isfinite(curve.values)
    sums = np.add.reduceat(np.where(is_finite, curve.values, 0.0), starts)
    counts = np.add.reduceat(is_finite.astype(np.float64), starts)
    with np.errstate(divide='ignore', invalid='ignore'):
        values = sums / counts
    return Curve(np.add.reduceat(curve.kimg, starts) / np.diff(np.append(starts, num)), values)


def to_plain_numbers(values, digits=6):
    """Return an array as a list for JSON: rounded, and None for what is not finite."""
    return [float(f'{value:.{digits}g}') if math.isfinite(value) else None for value in values.tolist()]
