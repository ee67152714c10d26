# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The numbers of a run over its length."""

import math

import numpy as np
import pytest
from report_inputs import make_row, write_metric, write_rows

from training.report import history
from training.report.history import Curve, History


def make_history(rows):
    made = History()
    for row in rows:
        made.add(row)
    return made


def to_lists(curve):
    return [values.tolist() for values in curve]


def test_curve_has_the_ticks_that_have_the_number():
    made = make_history([make_row(1), make_row(2, a=5.0), make_row(3, a=6.0)])
    assert to_lists(made.get_curve('a')) == [[2, 3], [5, 6]]
    assert to_lists(made.get_curve('b')) == [[], []]
    assert made.list_names() == ['Progress/kimg', 'Timing/sec_per_kimg', 'Timing/total_sec', 'a']
    assert made.num_ticks == 3 and made.last['a'] == 6.0


def test_tick_of_a_resumed_training_drops_what_came_after():
    made = make_history([make_row(1, a=1), make_row(2, a=2, b=2), make_row(3, a=3), make_row(2, a=20)])
    assert to_lists(made.get_curve('a')) == [[1, 2], [1, 20]]
    assert made.num_ticks == 2 and 'b' not in made.list_names()


def test_history_of_a_file_is_that_of_its_rows(tmp_path):
    assert history.read_history(str(tmp_path)).num_ticks == 0
    write_rows(tmp_path, [make_row(1, a=math.nan), make_row(2, a=math.inf), {'a': 3}, make_row(3, a='text')])
    read = history.read_history(str(tmp_path))
    assert read.num_ticks == 2
    assert history.to_plain_numbers(read.get_curve('a').values) == [None, None]


def test_last_line_that_was_cut_off_is_left_out_silently(tmp_path):
    path = tmp_path / 'stats.jsonl'
    path.write_text('{"a": 1}\n\n{"a": 2}\n{"a": ')
    assert history.read_lines(str(path)) == [{'a': 1}, {'a': 2}]


def test_other_damaged_lines_are_told_and_left_out(tmp_path):
    path = tmp_path / 'stats.jsonl'
    hostile = b'{"a": ' + b'9' * 400 + b'}\n' + b'[' * 100000 + b'\n'  # Numbers and depths that Python cannot handle.
    path.write_bytes(b'{"a": 1}\n{"a": \n\xff\x00\n[1]\n' + hostile + b'{"a": 2}\n')
    with pytest.warns(UserWarning, match=r'stats.jsonl: line 2 and 4 more cannot be read and is left out'):
        assert history.read_lines(str(path)) == [{'a': 1}, {'a': 2}]


def test_metric_has_a_number_per_snapshot_the_last_of_each(tmp_path):
    write_metric(tmp_path, 'pr', [(2, {'pr_p': 0.5, 'pr_r': 0.1}), (1, {'pr_p': None, 'pr_r': 0.2})], num_fake=7)
    write_metric(tmp_path, 'pr', [(2, {'pr_p': 0.6, 'pr_r': 0.3})], num_fake=8, remark='quick')
    (metric,) = history.read_metrics(str(tmp_path))
    assert metric.name == 'pr' and metric.protocol == {'num_fake': 8, 'remark': 'quick'}
    np.testing.assert_equal(to_lists(metric.curves['pr_p']), [[1, 2], [math.nan, 0.6]])
    assert to_lists(metric.curves['pr_r']) == [[1, 2], [0.2, 0.3]]


def test_metrics_without_numbers_of_snapshots_are_left_out(tmp_path):
    (tmp_path / 'metric-a.jsonl').write_text('')
    (tmp_path / 'metric-b.jsonl').write_text(
        '{"metric": "b", "results": {"b": 1}, "snapshot_pkl": "x.pkl"}\n{"x": 1}\n'
    )
    (tmp_path / 'metric-c.jsonl').write_text('{"results": {"c": "?"}, "snapshot_pkl": "network-snapshot-000001.pkl"}\n')
    assert history.read_metrics(str(tmp_path)) == []


def test_thin_curve_has_the_means_of_equal_groups():
    curve = Curve(np.arange(6.0), np.array([1.0, 3.0, 2.0, np.nan, np.inf, np.nan]))
    np.testing.assert_equal(to_lists(history.thin(curve, 3)), [[0.5, 2.5, 4.5], [2.0, 2.0, np.nan]])
    assert history.thin(curve, 6) is curve


def test_thin_curve_keeps_the_mean_of_all():
    values = np.random.RandomState(0).randn(10000)
    thinned = history.thin(Curve(np.arange(10000.0), values))
    assert len(thinned.kimg) == 500 and np.mean(thinned.values) == pytest.approx(np.mean(values))


def test_numbers_for_json_are_rounded_and_finite():
    assert history.to_plain_numbers(np.array([1 / 3, np.nan, -np.inf, 1e-9, 123456789.0])) == [
        0.333333,
        None,
        None,
        1e-9,
        123457000.0,
    ]
