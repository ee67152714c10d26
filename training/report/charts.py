# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which numbers of a run belong into one chart, and what the charts are called."""

import collections
import re

import numpy as np

from dnnlib.util import EasyDict
from training.report.history import MAX_POINTS, thin, to_plain_numbers

LEARNING, MACHINE = 'Learning', 'Machine'
SECTIONS = (LEARNING, MACHINE)

Rule = collections.namedtuple('Rule', 'pattern title section condition')
Rule.__new__.__defaults__ = (LEARNING, None)
Rule.__doc__ = """What becomes of numbers whose name fits.

Attributes:
    pattern: Regular expression of the whole name; its group is the label of the curve.
    title: Title of the chart; None leaves the numbers out, '' names the chart after the label.
    section: One of `SECTIONS`.
    condition: Function of the values that tells whether they are worth a curve, or None.
"""


def _varies(values):
    return np.unique(values[np.isfinite(values)]).size > 1


def _is_used(values):
    return bool(np.any(values[np.isfinite(values)] != 0))


_RULES = (  # The first that fits counts; charts have this order.
    Rule(r'Metrics/(.*)', None),  # Those of the files of the metrics tell more.
    Rule(r'Progress/(tick|kimg)', None),
    Rule(r'Timing/(total_.*|sec_per_tick)', None),
    Rule(r'Loss/(.*)/loss', 'Losses'),
    Rule(r'Loss/scores/(.*)', 'Scores of the discriminator'),
    Rule(r'Progress/(augment|p|r|r_t)', 'Augmentation'),
    Rule(r'Loss/(gradient_penalty)', 'Gradient penalty'),
    Rule(r'Loss/(pl_lengths)', 'Path lengths'),
    Rule(r'Loss/(pl_penalty)', 'Path length penalty'),
    Rule(r'Loss/(.*)', ''),
    Rule(r'Progress/(lod)', 'Level of detail', condition=_varies),
    Rule(r'Progress/(minibatch)', 'Minibatch size', condition=_varies),
    Rule(r'Progress/(skipped_steps)', 'Steps without effect', condition=_is_used),
    Rule(r'Progress/(.*)', ''),
    Rule(r'(.*)/learning_rate', 'Learning rates'),
    Rule(r'Timing/(sec_per_kimg)', 'Seconds per kimg', MACHINE),
    Rule(r'Timing/(maintenance_sec)', 'Seconds between ticks', MACHINE),
    Rule(r'Resources/(?:peak_)?(.*)_mem_gb|(.*)/mem_usage_gb', 'Memory in GB', MACHINE, _is_used),
    Rule(r'(.*)/loss_scaling_log2', 'Loss scaling, log2', MACHINE),
    Rule(r'(.*)/overflow_frequency', 'Share of steps with overflow', MACHINE, _is_used),
    Rule(r'(.*)', '', MACHINE),
)


def list_charts(history, metrics, max_points=MAX_POINTS):
    """Return the charts of a run, those of metrics first.

    Args:
        history: The `History` of its ticks.
        metrics: What `history.read_metrics` returned.
        max_points: Largest number of points of a curve.

    Returns:
        A list of EasyDict `title`, `section`, and `series`, a list of EasyDict `label`, `kimg` and `numbers`, lists of
        numbers, None where there is none.
    """
    return [_make_metric_chart(metric, max_points) for metric in metrics] + _make_tick_charts(history, max_points)


def _make_metric_chart(metric, max_points):
    series = [_make_series(name, curve, max_points) for name, curve in metric.curves.items()]
    return EasyDict(title=metric.name, section=LEARNING, series=series)


def _make_tick_charts(history, max_points):
    found = collections.defaultdict(list)
    for name in history.list_names():
        index, label = _find_rule(name)
        rule, curve = _RULES[index], history.get_curve(name)
        if rule.title is not None and (rule.condition is None or rule.condition(curve.values)):
            title = rule.title or label.split('/')[-1].replace('_', ' ')
            found[index, rule.section, title].append((label, curve))
    charts = []
    for key in sorted(found):
        series = [_make_series(label, curve, max_points) for label, curve in _join_equal(found[key])]
        charts.append(EasyDict(title=key[2], section=key[1], series=series))
    return charts


def _find_rule(name):
    """Return the index of the rule of a number, and the label of its curve."""
    for index, rule in enumerate(_RULES):
        match = re.match(rule.pattern + r'\Z', name, re.DOTALL)
        if match:
            return index, match.group(match.lastindex)
    raise AssertionError(name)


def _join_equal(curves):
    """Return pairs of a label and a curve, those that would cover each other as one under all their labels."""
    joined = []
    for label, curve in curves:
        same = [index for index, (_, other) in enumerate(joined) if _covers(other, curve)]
        if same:
            joined[same[0]] = f'{joined[same[0]][0]}, {label}', joined[same[0]][1]
        else:
            joined.append((label, curve))
    return joined


def _covers(one, other):
    """Tell whether two curves are the same as far as they have points in common."""
    _, ones, others = np.intersect1d(one.kimg, other.kimg, return_indices=True)
    return len(ones) > 0 and np.array_equal(one.values[ones], other.values[others])


def _make_series(label, curve, max_points):
    curve = thin(curve, max_points)
    return EasyDict(label=label, kimg=to_plain_numbers(curve.kimg), numbers=to_plain_numbers(curve.values))


def merge_charts(charts_of_runs):
    """Return charts that each show what several runs have in charts of the same title; curves tell their `run`.

    Args:
        charts_of_runs: For each run, what `list_charts` returned.
    """
    merged = collections.OrderedDict()
    for run, charts in enumerate(charts_of_runs):
        for chart in charts:
            key = chart.section, chart.title
            merged.setdefault(key, EasyDict(title=chart.title, section=chart.section, series=[]))
            merged[key].series += [EasyDict(series, run=run) for series in chart.series]
    return sorted(merged.values(), key=lambda chart: SECTIONS.index(chart.section))
