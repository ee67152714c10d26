# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The page that compares several runs: their curves in one chart, their scores, newest images and differing options."""

import collections
import datetime
import os

from dnnlib.util import atomic_write, format_time
from training.report import charts, html_parts, run_files
from training.report.history import MAX_POINTS, read_metrics
from training.report.scores import format_value, list_scores
from training.report.thumbnails import LARGE, SMALL

PAGE_NAME = 'comparison.html'
_FEW_RUNS, _MIN_POINTS = 4, 50
_NONE = '–'


def write_comparison(reports, path=PAGE_NAME):
    """Write a page that compares runs.

    Args:
        reports: List of `RunReport`.
        path: File to write.

    Returns:
        Its path.
    """
    names = make_names([report.run_dir for report in reports])
    metrics = [read_metrics(report.run_dir) for report in reports]
    num_points = max(MAX_POINTS * _FEW_RUNS // max(len(reports), _FEW_RUNS), _MIN_POINTS)
    merged = charts.merge_charts(
        [charts.list_charts(report.history, found, num_points) for report, found in zip(reports, metrics)]
    )
    folder = os.path.dirname(os.path.abspath(path))
    size = LARGE if len(reports) <= _FEW_RUNS else SMALL
    figures = [_make_figure(report, name, folder, size) for report, name in zip(reports, names)]
    parts = [
        f'<div class="head"><h1>{len(reports)} runs compared</h1></div>',
        f'<div class="panel scroll runs">{_make_runs_table(reports, names, metrics)}</div>',
        *html_parts.make_chart_sections(merged),
        html_parts.make_section('Newest images', html_parts.make_images(figures)),
        html_parts.make_section('Options that differ', _make_options_table(reports, names)),
        f'<footer>Written on {datetime.datetime.now():%Y-%m-%d %H:%M:%S}.</footer>',
    ]
    page = html_parts.make_page(f'{len(reports)} runs', parts, {'charts': merged, 'runs': shorten_names(names)})
    with atomic_write(path, 'w') as file:
        file.write(page)
    return path


def make_names(run_dirs):
    """Return short names for run directories: those of the folders, with their parents where two are alike."""
    paths = [os.path.abspath(run_dir).split(os.sep) for run_dir in run_dirs]
    names = ['/'.join(path[-1:]) for path in paths]
    depth = 1
    while len(set(names)) < len(names) and depth < max(len(path) for path in paths):
        depth += 1
        counts = collections.Counter(names)
        names = ['/'.join(path[-depth:]) if counts[name] > 1 else name for path, name in zip(paths, names)]
    return names


def shorten_names(names):
    """Return the numbers that names of runs begin with, if these tell them apart, else the names."""
    numbers = [name.split('-')[0] for name in names]
    return numbers if all(number.isdigit() for number in numbers) and len(set(numbers)) == len(names) else names


def _make_runs_table(reports, names, metrics):
    """Return the table of the runs, which is the legend of all charts, too."""
    scores = [{name: (best, newest) for name, best, newest in list_scores(found)} for found in metrics]
    columns = sorted(set().union(*scores))
    numbers = ['kimg', 'time', 'sec/kimg'] + [text for name in columns for text in (name, 'best', 'at kimg')]
    heading = '<th>run</th><th>state</th>' + _make_cells('th', numbers)
    rows = [
        f'<tr><td>{_make_run_label(index, name)}</td><td>{report.make_state(report.find_state())}</td>'
        f'{_make_cells("td", _list_numbers(report, found, columns))}</tr>'
        for index, (report, name, found) in enumerate(zip(reports, names, scores))
    ]
    return f'<table class="plain"><thead><tr>{heading}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _make_cells(tag, texts):
    return ''.join(f'<{tag} class="number">{html_parts.escape(text)}</{tag}>' for text in texts)


def _make_run_label(index, name):
    """Return the name of a run with its colour and a box that hides its curves."""
    key = f'<span class="key" style="background: var(--c{index % 8})"></span>'
    return f'<label><input type="checkbox" value="{index}" checked> {key}{html_parts.escape(name)}</label>'


def _list_numbers(report, scores, columns):
    """Return the texts in the row of a run: its length and speed, and its scores by columns."""
    last, speed = report.history.last, report.find_speed()
    texts = [
        f'{report.kimg:,.1f}',
        format_time(last['Timing/total_sec']) if 'Timing/total_sec' in last else _NONE,
        _NONE if speed is None else format_value(speed),
    ]
    for column in columns:
        if column in scores:
            best, newest = scores[column]
            texts += [format_value(newest[1]), format_value(best[1]), f'{best[0]:,g}']
        else:
            texts += [_NONE] * 3
    return texts


def _make_figure(report, name, folder, size):
    """Return the newest grid of a run, or nothing if there is none; of several rows the first."""
    for row in run_files.list_grids(report.run_dir).values():
        source = report.thumbnails.get(row[-1].name, size)
        if source:
            link = html_parts.make_link(os.path.join(report.run_dir, row[-1].name), folder, 'full size')
            return html_parts.make_figure(f'{name}, {run_files.describe_grid(row[-1])}', source, link)
    return ''


def _make_options_table(reports, names):
    options = [run_files.flatten_options(report.options) for report in reports]
    rows = []
    for option in sorted(set().union(*options)):
        values = [found.get(option, _NONE) for found in options]
        if len(set(values)) > 1:
            rows.append([option] + values)
    if not rows:
        return '<p class="panel">None.</p>'
    return f'<div class="panel scroll differing">{html_parts.make_table(rows, ["option"] + names)}</div>'
