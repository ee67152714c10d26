# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What counts of the metrics of a run."""

import math

import pytest
from report_inputs import write_metric

from training.report import history, scores


def test_best_is_the_lowest_or_highest_that_there_is(tmp_path):
    write_metric(tmp_path, 'fid50k', [(1, 9.0), (2, 3.0), (3, 4.0), (4, None)])
    write_metric(tmp_path, 'is50k', [(1, {'is50k_mean': 2.0, 'is50k_std': 1.0}), (2, {'is50k_mean': 5.0})])
    write_metric(tmp_path, 'devfid2k', [(1, {'devfid2k': 7.0, 'devfid2k_floor': 1.0})])
    found = {name: (best, newest) for name, best, newest in scores.list_scores(history.read_metrics(str(tmp_path)))}
    assert sorted(found) == ['devfid2k', 'fid50k', 'is50k_mean']
    assert found['fid50k'][0] == (2, 3.0) and found['fid50k'][1][0] == 4 and math.isnan(found['fid50k'][1][1])
    assert found['is50k_mean'] == ((2, 5.0), (2, 5.0))


def test_metric_that_never_had_a_value_has_no_score(tmp_path):
    write_metric(tmp_path, 'fid50k', [(1, None)])
    assert scores.list_scores(history.read_metrics(str(tmp_path))) == []


@pytest.mark.parametrize(
    'value, text',
    [(3069.64, '3070'), (0.51234, '0.5123'), (12345.6, '12,346'), (0, '0'), (math.nan, 'nan'), (-2.5, '-2.5')],
)
def test_numbers_have_about_four_digits(value, text):
    assert scores.format_value(value) == text
