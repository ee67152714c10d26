# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""run_metrics.py on a small snapshot and data set, and with everything that a command line can get wrong."""

import json

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

import run_metrics
from dnnlib import EasyDict, cmdline, tflib
from metrics.metric_defaults import metric_defaults
from training import misc, snapshots, tfrecord

TOY = {
    'name': 'toyfid',
    'func_name': 'metrics.frechet_inception_distance.FID',
    'num_images': 40,
    'minibatch_per_gpu': 8,
    'features': 'reference.tiny_features.mean_colours',
}


@pytest.fixture(scope='module')
def snapshot(tmp_path_factory):
    """The path of a snapshot with random weights."""
    path = str(tmp_path_factory.mktemp('snapshot') / 'network-snapshot-000003.pkl')
    size = {'num_channels': 3, 'resolution': 8, 'fmap_base': 32, 'fmap_max': 8}
    with tf.Graph().as_default(), tf.Session().as_default():
        tf.set_random_seed(0)
        G = tflib.Network(
            'G', func_name='training.networks_stylegan2.G_main', latent_size=8, dlatent_size=8, mapping_layers=2, **size
        )
        D = tflib.Network('D', func_name='training.networks_stylegan2.D_stylegan2', **size)
        misc.save_pkl((G, D, G.clone('Gs')), path)
    return path


@pytest.fixture
def arguments(snapshot, tmp_path, monkeypatch):
    """Valid options; the working directory is an empty one."""
    images = np.random.RandomState(0).randint(256, size=[30, 3, 8, 8]).astype(np.uint8)
    folder = tmp_path / 'data' / 'toys'
    folder.mkdir(parents=True)
    (folder / 'toys-r03.tfrecords').write_bytes(tfrecord.encode_images(images))
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path / 'cache'))
    monkeypatch.setitem(metric_defaults, 'toyfid', TOY)
    monkeypatch.chdir(tmp_path)
    return {'network': snapshot, 'data-dir': str(tmp_path / 'data'), 'dataset': 'toys', 'metrics': 'toyfid'}


def run_script(arguments, *more):
    run_metrics.main([f'--{name}={value}' for name, value in arguments.items()] + list(more))


def fail_script(arguments, capsys, *more):
    """Return exit status and the last line on stderr."""
    with pytest.raises(SystemExit) as caught:
        cmdline.run(lambda: run_script(arguments, *more))
    return caught.value.code, capsys.readouterr().err.splitlines()[-1]


def test_results_are_printed_and_lie_in_a_new_run_directory(arguments, tmp_path, capsys):
    run_script(arguments, '--mirror-augment=yes', '--num-gpus=2')
    run_dir = tmp_path / 'results' / '00000-run-metrics'
    (line,) = (run_dir / 'metric-toyfid-mean_colours.txt').read_text().splitlines()
    assert line.split()[:2] == ['network-snapshot-000003', 'time'] and line in capsys.readouterr().out
    report = json.loads((run_dir / 'metric-toyfid-mean_colours.jsonl').read_text())
    assert report['results']['toyfid-mean_colours'] > 0
    assert report['mirror_augment'] is True and report['num_gpus'] == 2 and report['seed'] == 0
    assert line in (run_dir / 'log.txt').read_text()


def test_same_seed_gives_the_same_number_and_another_one_does_not(arguments, tmp_path):
    for seed in ('5', '5', '6'):
        run_script(arguments, '--seed', seed)
    reports = [next(tmp_path.glob(f'results/0000{run}-*/metric-*.jsonl')) for run in range(3)]
    values = [json.loads(path.read_text())['results']['toyfid-mean_colours'] for path in reports]
    assert values[0] == pytest.approx(values[1], rel=1e-6) and values[0] != pytest.approx(values[2], rel=1e-6)


def test_dry_run_prints_the_options_and_makes_nothing(arguments, tmp_path, capsys):
    run_script(arguments, '--dry-run')
    assert json.loads(capsys.readouterr().out)['metrics'] == ['toyfid']
    assert not (tmp_path / 'results').exists()


def test_unknown_metric_is_named_with_the_valid_ones(arguments, capsys):
    arguments['metrics'] = 'toyfid,fid50'
    status, message = fail_script(arguments, capsys)
    assert status == 2 and "unknown metric 'fid50', known are fid50k, is50k, ppl_zfull" in message
    assert message.endswith('did you mean fid50k?')


def test_table_is_printed_without_any_other_option(capsys):
    with pytest.raises(SystemExit) as caught:
        run_metrics.main(['--list'])
    assert caught.value.code == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(metric_defaults)


def test_several_metrics_of_one_run(arguments, tmp_path, capsys, monkeypatch):
    features = 'reference.tiny_features.mean_colours'
    small = {'num_images': 40, 'minibatch_per_gpu': 8, 'features': features}
    others = {
        'toykid': dict(small, func_name='metrics.kernel_inception_distance.KID', all_reals=True),
        'toypr': dict(
            small,
            func_name='metrics.precision_recall.PR',
            nhood_size=3,
            row_batch_size=10000,
            col_batch_size=10000,
            remark='not comparable with pr50k3',
        ),
        'toyis': dict(
            small,
            func_name='metrics.inception_score.IS',
            features='reference.tiny_features.colour_probabilities',
        ),
        'toyppl': {
            'func_name': 'metrics.perceptual_path_length.PPL',
            'num_samples': 6,
            'minibatch_per_gpu': 4,
            'epsilon': 1e-4,
            'space': 'z',
            'sampling': 'full',
            'crop': False,
            'distance': 'squeezenet',
            'weights': 'random',
        },
    }
    for name, kwargs in others.items():
        monkeypatch.setitem(metric_defaults, name, dict(kwargs, name=name))
    arguments['metrics'] = 'toyfid,' + ','.join(others)
    run_script(arguments)
    reports = [json.loads(path.read_text()) for path in tmp_path.glob('results/00000-run-metrics/metric-*.jsonl')]
    results = {name: value for report in reports for name, value in report['results'].items()}
    assert sorted(name.split('-')[0] for name in results) == [
        'toyfid',
        'toyis',
        'toyis',
        'toykid',
        'toyppl',
        'toypr',
        'toypr',
    ]
    assert all(np.isfinite(value) for value in results.values()) and results['toyppl-squeezenet-random'] > 0
    assert 'toypr-mean_colours is not comparable with pr50k3' in capsys.readouterr().out


def test_data_set_may_be_named_by_its_path(arguments, tmp_path):
    arguments['dataset'] = str(tmp_path / 'data' / 'toys') + '/'
    del arguments['data-dir']
    run_script(arguments)
    assert (tmp_path / 'results' / '00000-run-metrics' / 'metric-toyfid-mean_colours.txt').exists()


def test_offline_run_tells_which_file_to_put_where(arguments, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv('DNNLIB_OFFLINE', '')  # Restored afterwards.
    arguments['metrics'] = 'fid50k'
    status, message = fail_script(arguments, capsys, '--offline')
    assert status == 1 and 'put pt_inception-2015-12-05-6726825d.pth' in message and str(tmp_path / 'cache') in message
    assert not (tmp_path / 'results').exists()


def test_offline_run_does_not_fetch_a_snapshot(arguments, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv('DNNLIB_OFFLINE', '1')
    arguments['network'] = 'https://example.com/network.pkl'
    status, message = fail_script(arguments, capsys)
    assert status == 1 and 'downloads are switched off (DNNLIB_OFFLINE)' in message and 'network.pkl' in message


@pytest.mark.parametrize('metrics', ['', 'none', ','])
def test_empty_list_of_metrics_is_refused(arguments, capsys, metrics):
    arguments['metrics'] = metrics
    status, message = fail_script(arguments, capsys)
    assert status == 2 and 'at least one metric expected' in message


@pytest.mark.parametrize('seed', ['-1', 'x', '4294967296', '1.5'])
def test_seed_must_suit_numpy(arguments, capsys, seed):
    status, message = fail_script(arguments, capsys, '--seed=' + seed)
    assert status == 2 and 'integer from 0 to 4294967295 expected' in message


def test_data_set_without_the_labels_of_the_network_is_refused(arguments, tmp_path, capsys, monkeypatch):
    described = EasyDict(image_shape=[3, 8, 8], label_size=4, num_layers=4, family='StyleGAN2')
    monkeypatch.setattr(snapshots.Snapshot, 'describe', lambda self: described)
    status, message = fail_script(arguments, capsys)
    assert status == 1 and 'takes labels of size 4, those of the data set toys have 0; use the one that' in message
    assert not (tmp_path / 'results').exists()


def test_missing_network_is_named_and_nothing_is_made(arguments, tmp_path, capsys):
    arguments['network'] = 'gone.pkl'
    assert fail_script(arguments, capsys) == (1, 'Error: file not found: gone.pkl')
    assert not (tmp_path / 'results').exists()


@pytest.mark.parametrize(
    'option, value, expected',
    [
        ('data-dir', 'nowhere', '/nowhere does not exist'),
        ('dataset', 'toy', 'did you mean toys?'),
        ('dataset', '.', 'no .tfrecords files in'),
    ],
)
def test_missing_data_set_is_named_and_nothing_is_made(arguments, tmp_path, capsys, option, value, expected):
    arguments[option] = value
    status, message = fail_script(arguments, capsys)
    assert status == 1 and expected in message
    assert not (tmp_path / 'results').exists()


@pytest.mark.parametrize(
    'content', [b'<!DOCTYPE html><html>', b'version https://git-lfs.github.com/spec/v1', b'PK\x03\x04', b'']
)
def test_file_that_is_no_snapshot_gives_one_line(arguments, tmp_path, capsys, content):
    arguments['network'] = str(tmp_path / 'other.pkl')
    (tmp_path / 'other.pkl').write_bytes(content)
    status, message = fail_script(arguments, capsys)
    assert status == 1 and message.startswith('Error: ') and 'other.pkl' in message
    assert not (tmp_path / 'results').exists()


def test_missing_feature_network_is_told_before_anything_is_made(arguments, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv('DNNLIB_INCEPTION', str(tmp_path / 'gone.pth'))
    arguments['metrics'] = 'fid50k'
    status, message = fail_script(arguments, capsys)
    assert status == 1 and 'pt_inception-2015-12-05-6726825d.pth' in message
    assert not (tmp_path / 'results').exists()


def test_data_set_of_another_size_is_refused(arguments, tmp_path, capsys):
    images = np.zeros([4, 3, 16, 16], np.uint8)
    (tmp_path / 'data' / 'large').mkdir()
    (tmp_path / 'data' / 'large' / 'large-r04.tfrecords').write_bytes(tfrecord.encode_images(images))
    arguments['dataset'] = 'large'
    status, message = fail_script(arguments, capsys)
    assert status == 1
    assert 'makes pictures of shape [3, 8, 8], the data set large has [3, 16, 16]; use the one' in message
