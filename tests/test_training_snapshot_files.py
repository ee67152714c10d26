# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which snapshot is meant by a folder, a word or a mistyped name, and what its run was about."""

import json
import os

import pytest

from dnnlib.util import UserError, UserFileNotFoundError
from training import snapshot_files


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b'')
    return str(path)


def make_run(folder, dataset='a', config='config-f', kimg=7, **kwargs):
    """Write what a run leaves behind; return the path of its snapshot."""
    path = touch(folder / f'network-snapshot-{kimg:06d}.pkl')
    options = {
        'run_desc': f'stylegan2-{dataset}-1gpu-{config}',
        'num_gpus': 1,
        'run_func_name': 'training.training_loop.training_loop',
        'run_func_kwargs': dict({'data_dir': 'x', 'dataset_args': {'tfrecord_dir': dataset}}, **kwargs),
    }
    (folder / 'training_options.json').write_text(json.dumps(options))
    return path


@pytest.mark.parametrize(
    'name, kimg',
    [('network-snapshot-000123.pkl', 123), ('a/network-snapshot-1234567.pkl', 1234567), ('final.pkl', None)],
)
def test_kimg_is_read_from_the_name_of_a_snapshot(name, kimg):
    assert snapshot_files.parse_snapshot_kimg(name) == kimg


# ----------------------------------------------------------------------------
# What is meant.


def test_a_run_directory_means_its_newest_snapshot(tmp_path):
    touch(tmp_path / 'network-final.pkl')
    touch(tmp_path / 'network-snapshot-999999.pkl')
    newest = touch(tmp_path / 'network-snapshot-1000000.pkl')
    assert snapshot_files.choose_snapshot(str(tmp_path)) == newest


def test_a_run_directory_may_hold_the_final_snapshot_alone(tmp_path):
    final = touch(tmp_path / 'network-final.pkl')
    assert snapshot_files.choose_snapshot(str(tmp_path)) == final


def test_a_result_directory_means_the_newest_snapshot_of_its_newest_run(tmp_path):
    touch(tmp_path / '00001-run' / 'network-snapshot-009999.pkl')
    newest = touch(tmp_path / '00010-run' / 'network-snapshot-000001.pkl')
    touch(tmp_path / '00011-run' / 'log.txt')
    touch(tmp_path / 'demo' / 'training' / '00099-run' / 'network-snapshot-000001.pkl')
    touch(tmp_path / '00012')
    assert snapshot_files.choose_snapshot(str(tmp_path)) == newest


def test_a_folder_without_snapshots_is_refused_by_name(tmp_path):
    with pytest.raises(UserFileNotFoundError, match=r'^the folder .* holds no network-final\.pkl or network-snapshot-'):
        snapshot_files.choose_snapshot(str(tmp_path))


@pytest.mark.parametrize(
    'name', ['https://example.com/a.pkl', 'gdrive:networks/stylegan2-ffhq-config-f.pkl', 'ffhq256']
)
def test_urls_and_published_names_stay_as_they_are(name):
    assert snapshot_files.choose_snapshot(name) == name


@pytest.mark.parametrize(
    'typed, hint',
    [
        ('00000-run/networks-final.pkl', '; did you mean 00000-run/network-final.pkl?'),
        ('00000-run/network-final', '; did you mean 00000-run/network-final.pkl?'),
        ('00000-runn/network-final.pkl', '; did you mean 00000-run?'),
        ('00000', '; did you mean 00000-run?'),
        ('docs/x.pkl', ''),
        ('nothing-like-it/at-all.pkl', ''),
        ('zzz.pkl', ''),
    ],
)
def test_a_mistyped_path_is_refused_with_the_one_that_was_meant(tmp_path, monkeypatch, typed, hint):
    touch(tmp_path / '00000-run' / 'network-final.pkl')
    touch(tmp_path / '00000-run' / 'log.txt')
    touch(tmp_path / 'dogs' / 'a.pkl')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserFileNotFoundError) as caught:
        snapshot_files.choose_snapshot(typed)
    assert str(caught.value) == f'file not found: {typed}{hint}'


def test_other_words_may_have_been_meant():
    with pytest.raises(UserFileNotFoundError, match='^file not found: lastest; did you mean latest[?]$'):
        snapshot_files.choose_snapshot('lastest', other_words=['latest'])


# ----------------------------------------------------------------------------
# Runs.


def test_a_run_is_described_by_its_data_set_and_configuration(tmp_path):
    run = snapshot_files.describe_run(make_run(tmp_path, 'my-1gpu-cats', 'config-e-Gskip-Dorig', mirror_augment=True))
    assert (run.dataset, run.config) == ('my-1gpu-cats', 'config-e-Gskip-Dorig')
    assert run.options.mirror_augment is True


@pytest.mark.parametrize('content', [None, '{"run_desc": "x"', '[]', '{"run_desc": "x-1gpu-y"}', '{}'])
def test_a_run_without_usable_options_is_not_described(tmp_path, content):
    snapshot = touch(tmp_path / 'network-final.pkl')
    if content is not None:
        (tmp_path / 'training_options.json').write_text(content)
    assert snapshot_files.describe_run(snapshot) is None


def test_a_run_of_another_loop_is_not_described(tmp_path):
    snapshot = make_run(tmp_path)
    content = (tmp_path / 'training_options.json').read_text()
    (tmp_path / 'training_options.json').write_text(content.replace('training.training_loop', 'my_fork.loop'))
    assert snapshot_files.describe_run(snapshot) is None


def test_nothing_tells_what_a_downloaded_snapshot_was_about():
    assert snapshot_files.describe_run('https://example.com/network-snapshot-000001.pkl') is None


def test_latest_means_the_newest_run_with_the_same_data_set_and_configuration(tmp_path):
    make_run(tmp_path / '00002-x', 'a', 'config-f')
    expected = make_run(tmp_path / '00010-x', 'a', 'config-f')
    make_run(tmp_path / '00011-x', 'b', 'config-f')
    make_run(tmp_path / '00012-x', 'a', 'config-e')
    assert snapshot_files.find_latest_snapshot(str(tmp_path), 'a', 'config-f') == expected


def test_latest_never_means_a_run_about_something_else(tmp_path):
    newest = make_run(tmp_path / '00002-x', 'a', 'config-f')
    with pytest.raises(UserError) as caught:
        snapshot_files.find_latest_snapshot(str(tmp_path), 'b', 'config-f')
    assert str(caught.value) == (
        f'no run in {tmp_path} was about b with config-f; the newest was about a with config-f: '
        f'--resume-pkl={newest} begins with its weights'
    )


def test_latest_does_not_guess_what_an_undescribed_run_was_about(tmp_path):
    touch(tmp_path / '00000-x' / 'network-snapshot-000001.pkl')
    with pytest.raises(UserError, match='the newest was about an unknown data set: --resume-pkl='):
        snapshot_files.find_latest_snapshot(str(tmp_path), 'a', 'config-f')


@pytest.mark.parametrize('folder', ['', 'missing'])
def test_latest_without_any_run_is_refused(tmp_path, folder):
    with pytest.raises(UserFileNotFoundError, match='no network-snapshot.* give --resume-pkl=FILE'):
        snapshot_files.find_latest_snapshot(os.path.join(str(tmp_path), folder), 'a', 'config-f')
