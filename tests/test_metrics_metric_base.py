# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The line and the files that results go to, progress reports, and the table of metrics."""

import json

import numpy as np
import pytest
from reference import tiny_features

import dnnlib
from dnnlib import progress
from dnnlib.util import UserError, UserFileNotFoundError
from metrics import metric_base


class Constant(metric_base.MetricBase):
    """Reports two numbers after four steps."""

    def __init__(self, values=(2.84, 0.5), **kwargs):
        super().__init__(**kwargs)
        self.values = values

    def _evaluate(self, Gs, Gs_kwargs, num_gpus):
        for step in range(1, 5):
            self._report_progress(step, 4)
        self._report_result(self.values[0])
        self._report_result(self.values[1], suffix='_std', fmt='%-12.8f')


@pytest.fixture
def snapshot(tmp_path, monkeypatch):
    """The path of a snapshot, in whose place a small generator is loaded."""
    network = tiny_features.Sampler(np.zeros([2, 3, 8, 8]))
    tiny_features.replace_networks(monkeypatch, network)
    path = tmp_path / 'network-snapshot-000000.pkl'
    path.write_bytes(b'in place of a network')
    return str(path)


def format_result(metric, network_name, total_time):
    metric._network_name, metric._total_time = network_name, total_time
    return metric.get_result_str()


def test_result_line_is_the_official_one():
    metric = metric_base.DummyMetric(name='fid50k')
    metric._report_result(2.84)
    line = format_result(metric, 'network-snapshot-000000', 627)
    assert line == 'network-snapshot-000000        time 10m 27s      fid50k 2.8400'


def test_long_network_name_keeps_its_end():
    line = format_result(metric_base.DummyMetric(name='dummy'), 'abcdefghijklmnopqrstuvwxyz0123', 1)
    assert line == '...efghijklmnopqrstuvwxyz0123  time 1s'
    line = format_result(metric_base.DummyMetric(name='dummy'), 'bcdefghijklmnopqrstuvwxyz0123', 1)
    assert line == 'bcdefghijklmnopqrstuvwxyz0123  time 1s'


def test_results_are_printed_with_suffix_and_format_and_appended_to_both_files(snapshot, tmp_path, capsys):
    metric = Constant(name='toy')
    for _ in range(2):
        metric.run(snapshot, run_dir=str(tmp_path), dataset_args={}, mirror_augment=False, seed=7)
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1].split()[-4:] == ['toy', '2.8400', 'toy_std', '0.50000000']
    assert (tmp_path / 'metric-toy.txt').read_text().splitlines() == printed[-2:]
    reports = [json.loads(line) for line in (tmp_path / 'metric-toy.jsonl').read_text().splitlines()]
    assert len(reports) == 2 and reports[0]['results'] == {'toy': 2.84, 'toy_std': 0.5}
    assert reports[0]['metric'] == 'toy' and reports[0]['seed'] == 7
    assert reports[0]['snapshot_pkl'] == snapshot and len(reports[0]['network_sha256']) == 64


def test_json_line_holds_the_protocol(snapshot):
    metric = Constant(name='toy')
    metric.run(snapshot, dataset_args={}, log_results=False)
    expected = (
        'metric results total_time total_time_str timestamp num_gpus snapshot_pkl network_sha256 network truncation'
    )
    expected += ' labels image_shape seed tensorflow numpy python notes remark Gs_kwargs'
    assert set(expected.split()) == set(metric.get_results())
    assert metric.get_results()['truncation'] == 'off'


def test_values_that_json_has_no_word_for_become_null(snapshot):
    metric = Constant(values=(float('nan'), float('inf')), name='toy')
    metric.run(snapshot, dataset_args={}, log_results=False)
    assert json.loads(json.dumps(metric.get_results(), allow_nan=False))['results'] == {'toy': None, 'toy_std': None}


def test_nothing_is_printed_unless_wanted(snapshot, capsys):
    Constant(name='toy').run(snapshot, dataset_args={}, log_results=False)
    assert capsys.readouterr().out == ''


def test_options_of_the_training_are_taken_from_its_run_directory(snapshot, tmp_path):
    options = {'run_func_kwargs': {'dataset_args': {'tfrecord_dir': 'toys'}, 'mirror_augment': True}}
    (tmp_path / 'training_options.json').write_text(json.dumps(options))
    metric = Constant(name='toy')
    metric.run(snapshot, run_dir=str(tmp_path), log_results=False)
    assert metric._context.mirror_augment is True and metric._get_dataset_path() == 'toys'


def test_run_directory_without_options_is_refused(snapshot, tmp_path):
    with pytest.raises(UserFileNotFoundError, match='training_options.json'):
        Constant(name='toy').run(snapshot, run_dir=str(tmp_path))


def test_data_set_must_be_given_where_one_is_needed(snapshot):
    metric = Constant(name='toy')
    metric.run(snapshot, log_results=False)
    with pytest.raises(UserError, match='toy needs a data set; give dataset_args'):
        metric._get_dataset_obj()


def test_missing_snapshot_is_named(tmp_path):
    with pytest.raises(UserFileNotFoundError, match='gone.pkl'):
        Constant(name='toy').run(str(tmp_path / 'gone.pkl'), dataset_args={})


def test_progress_is_passed_on(snapshot):
    calls = []
    Constant(name='toy').run(snapshot, dataset_args={}, log_results=False, progress=lambda *args: calls.append(args))
    assert calls == [('toy', done, 4) for done in (1, 2, 3, 4)]


@pytest.mark.parametrize('log_results', [False, True])
def test_progress_is_shown_where_results_are(snapshot, monkeypatch, capsys, log_results):
    monkeypatch.setattr(progress, 'LOG_INTERVAL_SEC', 0)
    Constant(name='toy').run(snapshot, dataset_args={}, log_results=log_results)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(' images')[0] for line in lines] == [f'toy: {done} / 4' for done in (1, 2, 3, 4) if log_results]


def test_context_of_the_run_learns_of_progress(snapshot):
    metric = Constant(name='toy')
    metric.configure_progress_reports(plo=10, phi=20, pmax=100, psec=0)
    metric.run(snapshot, dataset_args={}, log_results=False)
    context = dnnlib.RunContext.get()
    assert (context.cur_epoch, context.max_epoch) == (20, 100)


def test_group_runs_every_metric(snapshot, capsys):
    dummy = 'metrics.metric_base.DummyMetric'
    group = metric_base.MetricGroup([{'func_name': dummy, 'name': name} for name in ('one', 'two')])
    group.run(snapshot, dataset_args={})
    assert [line.split()[-2:] for line in capsys.readouterr().out.splitlines()] == [
        ['one', '0.0000'],
        ['two', '0.0000'],
    ]
    assert group.get_result_str().split()[-2:] == ['two', '0.0000'] and ' one 0.0000' in group.get_result_str()


def test_summaries_get_the_results(snapshot, session, monkeypatch):
    group = metric_base.MetricGroup([{'func_name': 'metrics.metric_base.DummyMetric', 'name': 'one'}])
    group.run(snapshot, dataset_args={}, log_results=False)
    seen = []
    monkeypatch.setattr('dnnlib.tflib.autosummary.autosummary', lambda *args: seen.append(args))
    group.update_autosummaries()
    assert seen == [('Metrics/one', 0.0)]


def test_generated_pictures_are_bytes_that_follow_from_the_seed(snapshot, session):
    metric = Constant(name='toy')
    metric.run(snapshot, dataset_args={}, log_results=False, seed=3)

    class Recorder(tiny_features.Sampler):
        def run(self, latents, labels, **kwargs):
            return latents, labels, kwargs

    fakes = metric._iterate_fakes(Recorder(np.zeros([2, 3, 8, 8])), minibatch_size=2, num_gpus=1)
    latents = np.concatenate([next(fakes)[0], next(fakes)[0]])
    np.testing.assert_array_equal(latents, np.random.RandomState(3).randn(4, 4))
    _, labels, kwargs = next(fakes)
    assert labels.shape == (2, 0) and kwargs['is_validation'] is True
    assert kwargs['output_transform']['func'].__name__ == 'convert_images_to_uint8'


def test_remark_is_printed_below_the_result_and_kept_with_it(snapshot, tmp_path, capsys):
    metric = Constant(name='toy2k', remark='not comparable with toy')
    metric.run(snapshot, run_dir=str(tmp_path), dataset_args={}, mirror_augment=False)
    assert capsys.readouterr().out.splitlines()[-1] == 'toy2k is not comparable with toy'
    assert metric.get_results()['remark'] == 'not comparable with toy'
    (line,) = (tmp_path / 'metric-toy2k.txt').read_text().splitlines()
    assert line.split()[-4:] == ['toy2k', '2.8400', 'toy2k_std', '0.50000000']


def test_metric_with_another_network_is_told_apart_from_the_published_one():
    metric, small = Constant(name='toy'), Constant(name='toy2k', remark='not comparable with toy')
    for item in (metric, small):
        item._add_marker('')
    assert (metric.name, metric.remark) == ('toy', None)
    for item in (metric, small):
        item._add_marker('-random')
    assert metric.name == 'toy-random' and metric.remark.startswith('not comparable with toy: ')
    assert (small.name, small.remark) == ('toy2k-random', 'not comparable with toy')
