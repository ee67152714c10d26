# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The page that compares runs."""

import re

from report_inputs import make_row, make_run, read_data, write_metric, write_options, write_rows

from training.report import comparison_page
from training.report.run_page import RunReport


def write_page(tmp_path, *run_dirs):
    path = tmp_path / 'comparison.html'
    comparison_page.write_comparison([RunReport(str(run_dir)) for run_dir in run_dirs], str(path))
    return path.read_text(encoding='utf-8')


def read_rows(page):
    """Return the cells of all rows of tables."""
    rows = [re.findall(r'<t[dh].*?>(.*?)</t[dh]>', row) for row in re.findall(r'<tr>(.*?)</tr>', page)]
    return [[re.sub('<.*?>', '', cell).strip() for cell in row] for row in rows]


def test_page_has_curves_scores_images_and_differing_options_of_all_runs(tmp_path):
    runs = [make_run(tmp_path / 'results' / f'0000{index}-faces', num_ticks=3 + index) for index in range(2)]
    write_options(runs[1], total_kimg=10, dataset_args={'tfrecord_dir': 'cats'}, seed=1)
    write_metric(runs[1], 'fid50k', [(2, 20.0), (3, 25.0)])
    page = write_page(tmp_path, *runs)
    data = read_data(tmp_path / 'comparison.html')
    assert data['runs'] == ['00000', '00001']
    scores = [chart for chart in data['charts'] if chart['title'] == 'Scores of the discriminator']
    assert [(series['run'], series['label']) for series in scores[0]['series']] == [
        (0, 'fake'),
        (0, 'real'),
        (1, 'fake'),
        (1, 'real'),
    ]
    rows = read_rows(page)
    assert rows[0] == ['run', 'state', 'kimg', 'time', 'sec/kimg', 'fid50k', 'best', 'at kimg']
    assert rows[1] == ['00000-faces', 'training', '2.0', '4s', '2', '30', '30', '1']
    assert rows[2] == ['00001-faces', 'training', '3.0', '6s', '2', '25', '20', '2']
    assert rows[3:] == [
        ['option', '00000-faces', '00001-faces'],
        ['dataset_args.tfrecord_dir', 'faces', 'cats'],
        ['seed', '–', '1'],
    ]
    assert 'href="results/00000-faces/fakes000001.png"' in page and page.count('<figure') == 2


def test_runs_without_metrics_images_and_options_can_be_compared(tmp_path):
    for name in 'ab':
        (tmp_path / name).mkdir()
        write_rows(tmp_path / name, [make_row(1)])
    write_metric(tmp_path / 'b', 'fid50k', [(1, 5.0)])
    page = write_page(tmp_path, tmp_path / 'a', tmp_path / 'b')
    assert read_rows(page)[1][5:] == ['–', '–', '–'] and '<p class="panel">None.</p>' in page
    assert read_data(tmp_path / 'comparison.html')['runs'] == ['a', 'b'] and '<figure' not in page


def test_names_are_those_of_the_folders_with_parents_where_needed():
    assert comparison_page.make_names(['/x/a/1', '/x/b/1', '/x/b/2']) == ['a/1', 'b/1', '2']
    assert comparison_page.make_names(['/a/x/1', '/b/x/1']) == ['a/x/1', 'b/x/1']


def test_names_are_short_if_numbers_tell_them_apart():
    assert comparison_page.shorten_names(['00000-a', '00001-a']) == ['00000', '00001']
    assert comparison_page.shorten_names(['00000-a', '00000-b']) == ['00000-a', '00000-b']
    assert comparison_page.shorten_names(['b-1', '00000-b']) == ['b-1', '00000-b']
