# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What a training shows with each tick."""

import errno
import json
import sys

import pytest
from report_inputs import read_data, write_image

import dnnlib
from dnnlib.util import EasyDict
from training import reporting
from training.report import run_files
from training.report.run_page import RunReport
from training.reporting import TickReporter


def make_position(**kwargs):
    return EasyDict(dict({'cur_nimg': 0, 'tick': -1, 'tick_nimg': 0, 'total_sec': 0.0, 'tick_sec': 0.0}, **kwargs))


@pytest.fixture
def reporter(session, tmp_path, monkeypatch):
    """A reporter that writes to the temporary folder, and its position."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, 'imageio', None)
    position = make_position()
    made = TickReporter(4, position)
    made.start()
    yield made, position
    made.writer.close()


def finish_tick(reporter, nimg):
    reporter, position = reporter
    position.cur_nimg = nimg
    reporter.report_tick(EasyDict(lod=0.0, minibatch_size=8), status={'augment': 0.25})
    reporter.finish_tick()


def test_each_tick_writes_the_report(reporter, tmp_path):
    for kimg in (1, 2):
        finish_tick(reporter, kimg * 1000)
        page = (tmp_path / 'report.html').read_text(encoding='utf-8')
        assert f'{kimg}.0 of 4 kimg' in page and 'class="state training"' in page
    charts = {chart['title']: chart['series'] for chart in read_data(tmp_path / 'report.html')['charts']}
    assert charts['Augmentation'] == [{'label': 'augment', 'kimg': [1.0, 2.0], 'numbers': [0.25, 0.25]}]


@pytest.mark.parametrize(
    'error_type, state',
    [(None, run_files.STOPPED), (KeyboardInterrupt, run_files.STOPPED), (ValueError, run_files.FAILED)],
)
def test_end_is_told(reporter, tmp_path, error_type, state):
    finish_tick(reporter, 1000)
    reporter[0].end(error_type)
    assert f'class="state {state}"' in (tmp_path / 'report.html').read_text(encoding='utf-8')
    assert not (tmp_path / 'fakes-frames').exists()


def test_finished_training_has_a_video(reporter, tmp_path):
    write_image(tmp_path / 'fakes000001.png')
    finish_tick(reporter, 1000)
    reporter[0].finish()
    reporter[0].end()
    assert f'class="state {run_files.FINISHED}"' in (tmp_path / 'report.html').read_text(encoding='utf-8')
    assert (tmp_path / 'fakes-frames').exists()


def test_full_disk_is_a_line_and_training_goes_on(reporter, tmp_path, monkeypatch, capsys):
    def refuse(self, state):
        raise OSError(errno.ENOSPC, 'No space left on device', 'report.html')

    monkeypatch.setattr(RunReport, 'write', refuse)
    finish_tick(reporter, 1000)
    reporter[0].end()
    line = 'Warning: report.html: No space left on device; the training goes on without it\n'
    assert capsys.readouterr().out.count(line) == 2
    assert len((tmp_path / 'stats.jsonl').read_text().splitlines()) == 1


def test_statistics_that_found_no_room_follow_later(reporter, tmp_path, monkeypatch, capsys):
    def refuse(path, text):
        raise OSError(errno.ENOSPC, 'No space left on device', 'stats.jsonl')

    with monkeypatch.context() as patch:
        patch.setattr(reporting.files, 'append_line', refuse)
        for kimg in (1, 2):
            finish_tick(reporter, kimg * 1000)
    assert 'stats.jsonl: No space left on device; its lines follow when there is room' in capsys.readouterr().out
    finish_tick(reporter, 3000)
    lines = [json.loads(line) for line in (tmp_path / 'stats.jsonl').read_text().splitlines()]
    assert [line['Progress/kimg'] for line in lines] == [1.0, 2.0, 3.0]


def test_damaged_lines_of_statistics_do_not_keep_a_training_from_going_on(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good, later = [json.dumps({'Progress/tick': tick, 'Progress/kimg': tick + 1}).encode() + b'\n' for tick in (0, 2)]
    damaged = [b'garbage\n', b'[1]\n', b'\xff\xfe\n', b'{"Progress/tick": {}}\n', b'{}\n']
    (tmp_path / 'stats.jsonl').write_bytes(b''.join([good, *damaged, later, good[:5]]))
    with pytest.warns(UserWarning, match='line 2 and 2 more cannot be read and is left out'):
        TickReporter(4, make_position(tick=1)).end()
    assert (tmp_path / 'stats.jsonl').read_bytes() == b''.join([good, *damaged])


def test_ticks_and_times_go_on_and_later_lines_are_dropped(session, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lines = [json.dumps({'Progress/tick': tick, 'Progress/kimg': tick + 1}) + '\n' for tick in range(4)]
    (tmp_path / 'stats.jsonl').write_text(''.join(lines) + lines[0][:9])
    position = make_position(cur_nimg=2500, tick=1, tick_nimg=2000, total_sec=7200.0, tick_sec=60.0)
    reporter = TickReporter(4, position)
    reporter.start()
    assert (tmp_path / 'stats.jsonl').read_text() == ''.join(lines[:2])
    assert not reporter.is_tick_due(1) and reporter.is_tick_due(0.5)
    finish_tick((reporter, position), 3000)
    assert (position.tick, position.tick_nimg) == (2, 3000)
    line = json.loads((tmp_path / 'stats.jsonl').read_text().splitlines()[-1])
    assert line['Timing/total_sec'] >= 7200 and 60 <= line['Timing/sec_per_kimg'] < 70
    reporter.end()


def test_report_that_fails_for_any_reason_is_a_line(reporter, monkeypatch, capsys):
    monkeypatch.setattr(reporter[0]._report, 'write', lambda state: {}['x'])
    finish_tick(reporter, 1000)
    out = capsys.readouterr().out
    assert 'Warning: no report, as of KeyError(' in out and '; the training goes on without it\n' in out


def test_video_that_is_stopped_leaves_a_finished_training_finished(reporter, monkeypatch, capsys):
    def stop(*args):
        raise dnnlib.StopRequested

    monkeypatch.setattr(reporting, 'write_videos', stop)
    reporter[0].finish()
    assert not reporter[0].context.is_stopping
    assert 'No video; to make it: python run_report.py --video ' in capsys.readouterr().out
