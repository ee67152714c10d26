# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The page of one run, `report.html`, which is written anew with each tick."""

import datetime
import json
import math
import os

from dnnlib.util import atomic_write, format_time
from training.report import charts, html_parts, run_files
from training.report.history import read_history, read_metrics
from training.report.scores import format_value, list_scores
from training.report.thumbnails import MAX_CHARACTERS, Thumbnails

PAGE_NAME = 'report.html'
_ETA_TICKS = 50


class RunReport:
    """What a run directory tells, and the page about it.

    The numbers of the ticks that are there already are read once; later ones are handed to `add`.

    Attributes:
        name: Name of the run.
        options: What `run_files.read_options` returned.
        history: The `History` of the ticks.

    Args:
        run_dir: Run directory.
        total_kimg: Length of the training, or None for that of the options.
        progress: See `Thumbnails`.
    """

    def __init__(self, run_dir, total_kimg=None, progress=None):
        self.run_dir = run_dir
        self.name = os.path.basename(os.path.abspath(run_dir))
        self.options = run_files.read_options(run_dir)
        self.total_kimg = run_files.find_total_kimg(self.options) if total_kimg is None else float(total_kimg)
        self.history = read_history(run_dir)
        self.thumbnails = Thumbnails(run_dir, progress)

    def add(self, row):
        """Add a tick: name -> number, as in a line of `stats.jsonl`."""
        self.history.add(row)

    @property
    def kimg(self):
        """Thousands of images shown."""
        return self.history.last.get('Progress/kimg', 0.0)

    def find_state(self):
        """Return in which state the run seems to be; a training knows its own state better."""
        return run_files.find_state(self.run_dir, self.kimg, self.total_kimg)

    def write(self, state, path=None):
        """Write the page.

        Args:
            state: One of the constants of `run_files`: TRAINING, FINISHED, STOPPED, FAILED.
            path: File to write, or None for `report.html` in the run directory.

        Returns:
            Path of the page.
        """
        path = path or os.path.join(self.run_dir, PAGE_NAME)
        page = self._make_page(state, os.path.dirname(os.path.abspath(path)))
        with atomic_write(path, 'w') as file:
            file.write(page)
        self.thumbnails.forget_unused()
        return path

    def _make_page(self, state, folder):
        metrics = read_metrics(self.run_dir)
        chart_list = charts.list_charts(self.history, metrics)
        figures, grids = self._make_images(folder)
        parts = [
            self._make_head(state),
            html_parts.make_facts(self.list_facts(state, metrics)),
            html_parts.make_section('Images', html_parts.make_images(figures)),
            *html_parts.make_chart_sections(chart_list, {metric.name: _make_protocol(metric) for metric in metrics}),
            self._make_resuming(state),
            self._make_options(),
            self._make_footer(),
        ]
        return html_parts.make_page(f'{self.name}: {state}', parts, {'charts': chart_list, 'grids': grids})

    # ------------------------------------------------------------------ head

    def _make_head(self, state):
        head = f'<div class="head"><h1>{html_parts.escape(self.name)}</h1>{self.make_state(state)}</div>'
        if not self.total_kimg:
            return head
        share = min(self.kimg / self.total_kimg, 1.0)
        text = f'{self.kimg:,.1f} of {self.total_kimg:,g} kimg, {math.floor(share * 100)} %'
        return f'{head}<div class="bar"><div style="width: {share:.2%}"></div></div><div class="soft">{text}</div>'

    def make_state(self, state):
        """Return a state as HTML, by which the script of a page can tell if there were no news for long."""
        last_news, patience = run_files.find_last_news(self.run_dir), self._estimate_patience()
        return f'<span class="state {state}" data-news="{last_news:.0f}" data-patience="{patience:.0f}">{state}</span>'

    def _estimate_patience(self):
        """Return the seconds without news after which something is wrong."""
        curves = [self.history.get_curve('Timing/' + name) for name in ('sec_per_tick', 'maintenance_sec')]
        longest = [max(curve.values[-_ETA_TICKS:], default=0.0) for curve in curves]
        return max(600.0, 3 * sum(value for value in longest if math.isfinite(value)))

    def list_facts(self, state, metrics):
        """Return pairs of a name and a text on how the run is doing."""
        last = self.history.last
        facts = [('Images shown', f'{self.kimg:,.1f} kimg')] if not self.total_kimg else []
        if 'Timing/total_sec' in last:
            start = run_files.find_start(self.run_dir)
            since = f'\nsince {start}' if start else ''
            facts.append(('Training time', format_time(last['Timing/total_sec']) + since))
        rest_sec = self.estimate_rest_sec() if state == run_files.TRAINING else None
        if rest_sec is not None:
            last_news = datetime.datetime.fromtimestamp(run_files.find_last_news(self.run_dir))
            end = last_news + datetime.timedelta(seconds=rest_sec)
            facts.append(('Time left', f'{format_time(rest_sec)}\nuntil {end:%Y-%m-%d %H:%M}'))
        sec_per_kimg = self.find_speed()
        if sec_per_kimg is not None:
            facts.append(('Seconds per kimg', f'{sec_per_kimg:.4g}'))
        for name, best, newest in list_scores(metrics):
            facts.append((name, f'{format_value(newest[1])}\nbest {format_value(best[1])} at {best[0]:,g} kimg'))
        memory = [(kind, last.get(f'Resources/{name}_mem_gb')) for kind, name in [('GPU', 'peak_gpu'), ('CPU', 'cpu')]]
        facts += [(f'{kind} memory', f'{value:.1f} GB') for kind, value in memory if value]
        return facts + [('Data set', name) for name in [self._find_dataset()] if name]

    def _find_dataset(self):
        path = run_files.flatten_options(self.options).get('dataset_args.tfrecord_dir', '')
        return os.path.basename(path.rstrip('/'))

    def estimate_rest_sec(self):
        """Return how long the rest of the training takes if it is as fast as of late, or None if nothing tells."""
        sec_per_kimg = self.find_speed()
        if not self.total_kimg or sec_per_kimg is None or self.kimg >= self.total_kimg:
            return None
        return (self.total_kimg - self.kimg) * sec_per_kimg

    def find_speed(self):
        """Return the seconds per kimg of late, with all that is done between ticks, or None if nothing tells.

        A single tick tells little: where a run was stopped, it has a few images.
        """
        kimg, seconds = [values[-_ETA_TICKS:] for values in self.history.get_curve('Timing/total_sec')]
        sec_per_kimg = self.history.last.get('Timing/sec_per_kimg')
        if len(kimg) > 2:
            sec_per_kimg = (seconds[-1] - seconds[0]) / (kimg[-1] - kimg[0])
        return sec_per_kimg if sec_per_kimg is not None and math.isfinite(sec_per_kimg) else None

    # ------------------------------------------------------------------ images

    def _make_images(self, folder):
        """Return the figures of a page in a folder, and for each row of grids what its slider shows."""
        rows = run_files.list_grids(self.run_dir)
        figures, grids = [], []
        for prefix, row in rows.items():
            title = '' if len(rows) == 1 else run_files.get_title(prefix) + ', '
            entries = self._choose_grids(row, title, folder, MAX_CHARACTERS // len(rows))
            if entries:
                newest = entries[-1]
                link = self._link(row[-1].name, folder, 'full size') + self._link_video(prefix, folder)
                figures.append(html_parts.make_slider_figure(len(grids), newest['label'], newest['src'], link))
                grids.append(entries)
        reals = self.thumbnails.get(run_files.REALS_NAME)
        if reals:
            link = self._link(run_files.REALS_NAME, folder, 'full size')
            figures.append(html_parts.make_figure('real images', reals, link))
        return figures, grids

    def _choose_grids(self, row, title, folder, max_characters):
        """Return what a slider shows, the newest in more pixels."""
        known = {grid.name: grid for grid in row}
        pairs = self.thumbnails.choose(list(known), max_characters=max_characters)
        if pairs:
            pairs[-1] = pairs[-1][0], self.thumbnails.get(pairs[-1][0]) or pairs[-1][1]
        return [
            {
                'label': title + run_files.describe_grid(known[name]),
                'file': html_parts.make_address(os.path.join(self.run_dir, name), folder),
                'src': text,
            }
            for name, text in pairs
        ]

    def _link(self, name, folder, text):
        return html_parts.make_link(os.path.join(self.run_dir, name), folder, text)

    def _link_video(self, prefix, folder):
        name = run_files.get_title(prefix) + '.mp4'
        return self._link(name, folder, 'video') if os.path.exists(os.path.join(self.run_dir, name)) else ''

    # ------------------------------------------------------------------ below the charts

    def _make_resuming(self, state):
        title = 'Go on for longer' if state == run_files.FINISHED else 'Resume'
        command = run_files.make_resume_command(self.options, self.run_dir)
        if command:
            hint = '<p class="panel">Give a larger <code>--total-kimg</code>:</p>'
            hint = hint if state == run_files.FINISHED else ''
            return html_parts.make_section(title, hint + html_parts.make_command(command))
        text = html_parts.escape('--resume=' + os.path.abspath(self.run_dir))
        hint = f'<p class="panel">The command that started this run, with <code>{text}</code>, goes on with it.</p>'
        return html_parts.make_section(title, hint)

    def _make_options(self):
        rows = list(run_files.flatten_options(self.options).items())
        table = rows and f'<div class="panel options">{html_parts.make_table(rows)}</div>'
        return html_parts.make_section('Options', table)

    def _make_footer(self):
        ticks = f'{self.history.num_ticks:,} ticks'
        num_each = math.ceil(self.history.num_ticks / charts.MAX_POINTS)
        means = f'; each point of a chart is the mean of about {num_each}' if num_each > 1 else ''
        folder = html_parts.escape(os.path.abspath(self.run_dir))
        return f'<footer>{folder}, {ticks}{means}. Written on {datetime.datetime.now():%Y-%m-%d %H:%M:%S}.</footer>'


def _make_protocol(metric):
    """Return the remarks on a metric, and folded away what its numbers depend on."""
    protocol = dict(metric.protocol)
    notes = protocol.pop('notes', None)
    remarks = [protocol.pop('remark', None)] + (notes if isinstance(notes, list) else [])
    texts = [f'<p class="soft">{html_parts.escape(text)}</p>' for text in remarks if text]
    rows = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in protocol.items()]
    return ''.join(texts) + html_parts.make_details('how it was measured', html_parts.make_table(rows))
