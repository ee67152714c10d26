# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which numbers of a run belong into one chart."""

from report_inputs import make_row, write_metric

from training.report import charts, history

NAMES = {
    'Loss/scores/real': 1,
    'Loss/scores/fake': 2,
    'Loss/pl_lengths': 3,
    'Loss/rest/of_it': 4,
    'Progress/tick': 5,
    'Progress/lod': 0,
    'Progress/augment': 0.1,
    'Progress/r': 0.6,
    'Progress/goal': 0.9,
    'Metrics/fid50k': 7,
    'TrainG/learning_rate': 0.002,
    'RegG/learning_rate': 0.002,
    'TrainD/learning_rate': 0.001,
    'TrainG/overflow_frequency': 0,
    'Resources/peak_gpu_mem_gb': 0,
    'Resources/cpu_mem_gb': 3,
    'My/number': 1,
}


def list_charts(*rows, metrics=()):
    made = history.History()
    for row in rows:
        made.add(row)
    return charts.list_charts(made, list(metrics))


def describe(chart_list):
    return {chart.title: [series.label for series in chart.series] for chart in chart_list}


def test_numbers_of_one_subject_share_a_chart_and_unused_ones_have_none():
    assert describe(list_charts(dict(make_row(1), **NAMES), dict(make_row(2), **NAMES))) == {
        'Scores of the discriminator': ['fake', 'real'],
        'Augmentation': ['augment', 'r'],
        'Path lengths': ['pl_lengths'],
        'of it': ['rest/of_it'],
        'goal': ['goal'],
        'Learning rates': ['RegG, TrainG', 'TrainD'],
        'Seconds per kimg': ['sec_per_kimg'],
        'Memory in GB': ['cpu'],
        'number': ['My/number'],
    }


def test_level_and_minibatch_have_a_chart_if_they_vary():
    rows = [make_row(kimg, Progress__lod=3 - kimg, Progress__minibatch=8) for kimg in range(3)]
    assert 'Level of detail' in describe(list_charts(*rows)) and 'Minibatch size' not in describe(list_charts(*rows))


def test_gaps_of_a_curve_are_none():
    (chart,) = [
        chart for chart in list_charts(make_row(1, Loss__x=2.0), make_row(2, Loss__x=None)) if chart.title == 'x'
    ]
    assert chart.section == charts.LEARNING
    assert chart.series == [{'label': 'x', 'kimg': [1.0, 2.0], 'numbers': [2.0, None]}]


def test_metrics_come_first(tmp_path):
    write_metric(tmp_path, 'fid50k', [(3, 4.0)])
    found = list_charts(make_row(1), metrics=history.read_metrics(str(tmp_path)))
    assert found[0].title == 'fid50k' and found[0].series == [{'label': 'fid50k', 'kimg': [3.0], 'numbers': [4.0]}]


def test_charts_of_several_runs_are_merged_by_title():
    first = list_charts(make_row(1, Loss__a=1))
    second = list_charts(make_row(1, Loss__a=2, Loss__b=3))
    merged = charts.merge_charts([first, second])
    assert [chart.title for chart in merged] == ['a', 'b', 'Seconds per kimg']
    assert [(series.run, series.numbers) for series in merged[0].series] == [(0, [1.0]), (1, [2.0])]
    assert [series.run for series in merged[1].series] == [1]
