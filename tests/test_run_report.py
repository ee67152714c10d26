# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The command line of the reports, with the choice of runs."""

import os
import sys

import pytest
from report_inputs import make_row, make_run, write_options, write_rows

import run_report
from dnnlib import cmdline
from training.report import run_page


def run_script(*arguments):
    run_report.main([str(argument) for argument in arguments])


def fail_script(capsys, *arguments):
    """Return exit status and the last line on stderr."""
    with pytest.raises(SystemExit) as caught:
        cmdline.run(lambda: run_script(*arguments))
    return caught.value.code, capsys.readouterr().err.splitlines()[-1]


def test_page_of_one_run_lies_in_it(tmp_path, capsys):
    run_dir = make_run(tmp_path / '00000-run')
    run_script(run_dir)
    assert capsys.readouterr().out == f'{run_dir}/report.html\n'
    assert '<h1>00000-run</h1>' in (run_dir / 'report.html').read_text(encoding='utf-8')


def test_page_of_one_run_may_be_written_elsewhere(tmp_path):
    run_dir = make_run(tmp_path / '00000-run')
    run_script(run_dir, '--out', tmp_path / 'page.html')
    assert (tmp_path / 'page.html').exists() and not (run_dir / 'report.html').exists()


def test_several_runs_are_compared(tmp_path, capsys, monkeypatch):
    runs = [make_run(tmp_path / 'results' / name) for name in ('00000-run', '00001-run')]
    monkeypatch.chdir(tmp_path)
    run_script(*runs)
    assert capsys.readouterr().out == 'comparison.html\n'
    assert '<h1>2 runs compared</h1>' in (tmp_path / 'comparison.html').read_text(encoding='utf-8')


def test_result_directory_stands_for_its_runs_each_once(tmp_path):
    for name in ('00000-run', '00001-run', '00002-run'):
        make_run(tmp_path / 'results' / name)
    (tmp_path / 'results' / '00003-run').mkdir()  # It has had no tick.
    out = tmp_path / 'page.html'
    run_script(tmp_path / 'results' / '00001-run', tmp_path / 'results', f'--out={out}')
    text = out.read_text(encoding='utf-8')
    assert '<h1>3 runs compared</h1>' in text and text.index('00001-run') < text.index('00000-run')


def test_result_directory_with_one_run_gives_its_page(tmp_path, capsys):
    run_dir = make_run(tmp_path / 'results' / '00000-run')
    run_script(tmp_path / 'results')
    assert capsys.readouterr().out == f'{run_dir}/report.html\n'


def test_video_is_written_and_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, 'imageio', None)
    run_dir = make_run(tmp_path / '00000-run')
    run_script(run_dir, '--video')
    assert capsys.readouterr().out.splitlines() == [f'{run_dir}/report.html', f'{run_dir}/fakes-frames']
    assert len(os.listdir(str(run_dir / 'fakes-frames'))) == 3


def test_folder_that_is_none_of_a_run_is_refused(tmp_path, capsys):
    status, message = fail_script(capsys, tmp_path)
    assert status == 1 and message.startswith(f'Error: {tmp_path} is no run directory: it has no stats.jsonl')


def test_run_without_a_tick_is_told(tmp_path, capsys):
    write_options(tmp_path, total_kimg=1)
    (tmp_path / 'stats.jsonl').write_text('')
    status, message = fail_script(capsys, tmp_path)
    assert status == 1 and message.startswith(
        f'Error: {tmp_path} has nothing to report yet: stats.jsonl gets its first'
    )


def test_run_whose_only_line_was_cut_off_is_told(tmp_path, capsys):
    (tmp_path / 'stats.jsonl').write_text('{"Progress/kimg": 1')
    status, message = fail_script(capsys, tmp_path)
    assert status == 1 and message == (
        f'Error: {tmp_path}: no line of its stats.jsonl can be read; there is nothing to report'
    )


def test_damaged_run_is_left_out_of_a_comparison(tmp_path):
    make_run(tmp_path / '00000-run')
    (tmp_path / '00001-damaged').mkdir()
    (tmp_path / '00001-damaged' / 'stats.jsonl').write_text('{"Progress/kimg": 1')
    with pytest.warns(UserWarning, match='00001-damaged is left out, as no line of its stats.jsonl can be read'):
        run_report.main([str(tmp_path), f'--out={tmp_path}/all.html'])
    assert '00000-run' in (tmp_path / 'all.html').read_text()


def test_run_that_may_not_be_read_is_left_out_of_a_comparison(tmp_path, monkeypatch):
    for number in range(3):
        make_run(tmp_path / f'0000{number}-run')

    def read_history(run_dir):
        if run_dir.endswith('00001-run'):
            raise PermissionError(13, 'Permission denied', run_dir + '/stats.jsonl')
        return original(run_dir)

    original = run_page.read_history
    monkeypatch.setattr(run_page, 'read_history', read_history)
    with pytest.warns(UserWarning, match='00001-run is left out: Permission denied: .*00001-run/stats.jsonl'):
        run_report.main([str(tmp_path), f'--out={tmp_path}/all.html'])
    page = (tmp_path / 'all.html').read_text()
    assert '00000-run' in page and '00002-run' in page and '00001-run' not in page


def test_metrics_of_wrong_types_are_shown_as_far_as_they_can_be(tmp_path):
    make_run(tmp_path / 'a')
    line = '{"metric": ["a"], "notes": 5, "snapshot_pkl": "network-snapshot-000001.pkl", "results": {"fid": 3}}'
    (tmp_path / 'a' / 'metric-fid9.jsonl').write_text(line + '\n')
    run_report.main([str(tmp_path / 'a')])
    assert 'fid9' in (tmp_path / 'a' / 'report.html').read_text()


def test_folder_that_does_not_exist_is_told_with_the_probable_one(tmp_path, capsys):
    make_run(tmp_path / '00000-run')
    status, message = fail_script(capsys, tmp_path / '00000-rum')
    assert status == 1 and message.endswith('00000-rum does not exist; did you mean 00000-run?')


def test_file_in_the_place_of_a_folder_is_told(tmp_path, capsys):
    write_rows(tmp_path, [make_row(1)])
    status, message = fail_script(capsys, tmp_path / 'stats.jsonl')
    assert status == 1 and message == f'Error: run directory expected, but {tmp_path}/stats.jsonl is a file'


def test_page_that_cannot_be_written_is_told_in_one_line(tmp_path, capsys):
    run_dir = make_run(tmp_path / '00000-run')
    status, message = fail_script(capsys, run_dir, '--out', tmp_path / 'nowhere' / 'page.html')
    assert status == 1 and message == f'Error: No such file or directory: {tmp_path}/nowhere/page.html'


def test_damaged_line_is_warned_of_and_left_out(tmp_path):
    run_dir = make_run(tmp_path / '00000-run')
    (run_dir / 'stats.jsonl').write_text('{"Progress/kimg": 1.0}\nrubbish\n{"Progress/kimg": 2.0}\n')
    with pytest.warns(UserWarning, match='stats.jsonl: line 2 cannot be read and is left out'):
        run_script(run_dir)
    assert ', 2 ticks.' in (run_dir / 'report.html').read_text(encoding='utf-8')


def test_directory_is_required(capsys):
    assert fail_script(capsys)[0] == 2
