# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The page of one run."""

import datetime
import html
import math
import os
import re
import time

import pytest
from report_inputs import make_row, make_run, read_data, write_image, write_metric, write_options, write_rows

from training.report import run_files
from training.report.run_page import RunReport
from training.report.thumbnails import FOLDER


def write_page(run_dir, state=run_files.TRAINING):
    path = RunReport(str(run_dir)).write(state)
    assert path == str(run_dir / 'report.html')
    return (run_dir / 'report.html').read_text(encoding='utf-8')


def read_facts(page):
    """Return name -> text of the panels below the head."""
    facts = re.findall(r'<dt>(.*?)</dt><dd>(.*?)</dd>', page)
    return {name: html.unescape(re.sub('<.*?>', '', text)) for name, text in facts}


def test_page_tells_name_state_progress_and_facts(tmp_path):
    page = write_page(make_run(tmp_path / '00003-faces', num_ticks=5))
    assert '<h1>00003-faces</h1>' in page and '<title>00003-faces: training</title>' in page
    assert '>training</span>' in page and '4.0 of 10 kimg, 40 %' in page
    facts = read_facts(page)
    assert facts['Training time'] == '8s' and facts['Seconds per kimg'] == '2' and facts['Data set'] == 'faces'
    assert facts['Time left'].startswith('12s until ')
    assert facts['fid50k'] == '30 best 30 at 1 kimg'


@pytest.mark.parametrize('state', [run_files.FINISHED, run_files.STOPPED, run_files.FAILED])
def test_run_that_has_ended_has_no_time_left(tmp_path, state):
    page = write_page(make_run(tmp_path / 'run'), state)
    assert f'class="state {state}"' in page and 'Time left' not in read_facts(page)


def test_rest_takes_as_long_as_it_did_of_late(tmp_path):
    rows = [make_row(kimg, Timing__total_sec=1000.0 * kimg) for kimg in range(100)]
    rows += [make_row(100 + kimg, Timing__total_sec=1e5 + 3.0 * kimg) for kimg in range(50)]
    write_rows(tmp_path, rows)
    assert RunReport(str(tmp_path), total_kimg=249).estimate_rest_sec() == pytest.approx(300)
    assert RunReport(str(tmp_path), total_kimg=149).estimate_rest_sec() is None
    assert RunReport(str(tmp_path)).estimate_rest_sec() is None


def test_first_tick_tells_how_long_the_rest_takes(tmp_path):
    write_rows(tmp_path, [make_row(1, Timing__total_sec=500.0)])  # Most of it was spent before the training.
    assert RunReport(str(tmp_path), total_kimg=11).estimate_rest_sec() == 20


def test_page_has_all_grids_the_newest_and_the_real_images(tmp_path):
    run_dir = make_run(tmp_path / 'run', num_grids=3)
    page = write_page(run_dir)
    (row,) = read_data(run_dir / 'report.html')['grids']
    assert [grid['label'] for grid in row] == ['start', '0 kimg', '1 kimg', '2 kimg']
    assert row[3]['file'] == 'fakes000002.png' and row[3]['src'].startswith('data:image/jpeg;base64,')
    assert f'<img src="{row[3]["src"]}" alt="2 kimg">' in page and 'alt="real images"' in page
    assert len(os.listdir(str(run_dir / FOLDER))) == 4 + 2  # Of all grids; the newest and the real images once more.


def test_several_rows_of_grids_have_a_slider_each(tmp_path):
    write_rows(tmp_path, [make_row(1)])
    for name in ('a2b_000001', 'b2a_000001', 'b2a_000002'):
        write_image(tmp_path / f'{name}.png')
    page = write_page(tmp_path)
    rows = read_data(tmp_path / 'report.html')['grids']
    assert [[grid['label'] for grid in row] for row in rows] == [['a2b, 1 kimg'], ['b2a, 1 kimg', 'b2a, 2 kimg']]
    assert 'data-grids="1"' in page


def test_image_that_cannot_be_read_is_left_out(tmp_path):
    run_dir = make_run(tmp_path / 'run')
    (run_dir / 'fakes000009.png').write_bytes(b'half an im')
    write_page(run_dir)
    assert [grid['label'] for grid in read_data(run_dir / 'report.html')['grids'][0]] == ['start', '0 kimg', '1 kimg']


def test_page_of_another_folder_leads_to_the_images(tmp_path):
    run_dir = make_run(tmp_path / 'run')
    RunReport(str(run_dir)).write(run_files.TRAINING, str(tmp_path / 'page.html'))
    assert read_data(tmp_path / 'page.html')['grids'][0][0]['file'] == 'run/fakes_init.png'


def test_speed_is_that_of_many_ticks_and_the_end_goes_by_the_newest(tmp_path):
    write_rows(tmp_path, [make_row(kimg) for kimg in (1, 2, 3)])  # Two seconds per kimg.
    write_rows(tmp_path, [make_row(3.001, Timing__total_sec=6.102, Timing__sec_per_kimg=102)])  # It was stopped there.
    write_options(tmp_path, total_kimg=13.001)
    now = time.time()
    os.utime(str(tmp_path / 'stats.jsonl'), (now - 3000, now - 3000))
    report = RunReport(str(tmp_path))
    assert report.find_speed() == pytest.approx((6.102 - 2) / 2.001)
    facts = dict(report.list_facts(run_files.TRAINING, []))
    end = datetime.datetime.fromtimestamp(now - 3000 + 20.5)
    assert facts['Seconds per kimg'] == '2.05' and facts['Time left'] == f'20s\nuntil {end:%Y-%m-%d %H:%M}'


def test_finished_run_is_told_how_to_go_on(tmp_path):
    run_dir = make_run(tmp_path / 'run')
    write_options(run_dir, ['run_training.py', '--total-kimg=3'], total_kimg=3)
    assert 'Give a larger <code>--total-kimg</code>' not in write_page(run_dir, run_files.STOPPED)
    assert 'Give a larger <code>--total-kimg</code>' in write_page(run_dir, run_files.FINISHED)


def test_video_is_linked(tmp_path):
    run_dir = make_run(tmp_path / 'run')
    assert 'fakes.mp4' not in write_page(run_dir)
    (run_dir / 'fakes.mp4').write_text('')
    assert '<a href="fakes.mp4">video</a>' in write_page(run_dir)


def test_charts_of_the_page_are_those_of_its_data(tmp_path):
    run_dir = make_run(tmp_path / 'run')
    page = write_page(run_dir)
    charts = read_data(run_dir / 'report.html')['charts']
    assert [chart['title'] for chart in charts] == ['fid50k', 'Scores of the discriminator', 'Seconds per kimg']
    assert [int(index) for index in re.findall(r'data-chart="(\d)"', page)] == [0, 1, 2]
    assert charts[1]['series'][1] == {'label': 'real', 'kimg': [0.0, 1.0, 2.0], 'numbers': [0.0, 1.0, 2.0]}


def test_protocol_of_a_metric_stands_next_to_it(tmp_path):
    run_dir = make_run(tmp_path / 'run')
    write_metric(run_dir, 'fid50k', [(2, 3.0)], remark='a <quick> look', notes=['odd'], seed=5, labels='none')
    page = write_page(run_dir)
    assert '<p class="soft">a &lt;quick&gt; look</p><p class="soft">odd</p>' in page
    assert '<td>seed</td><td>5</td>' in page and '<td>labels</td><td>none</td>' in page


def test_numbers_that_are_none_do_not_break_the_page(tmp_path):
    write_rows(tmp_path, [make_row(1, Loss__a=math.nan, Timing__sec_per_kimg=math.nan, Timing__total_sec=math.inf)])
    write_rows(tmp_path, [make_row(2, Loss__a=-math.inf, Timing__sec_per_kimg=None, Timing__total_sec=None)])
    write_options(tmp_path, total_kimg=5)
    write_page(tmp_path)
    (chart,) = [chart for chart in read_data(tmp_path / 'report.html')['charts'] if chart['title'] == 'a']
    assert chart['series'][0]['numbers'] == [None, None]


def test_options_and_command_are_told_and_escaped(tmp_path):
    run_dir = make_run(tmp_path / 'run')
    name = '</script><i>'
    write_options(run_dir, ['run_training.py', '--dataset=' + name], dataset_args={'tfrecord_dir': name})
    page = write_page(run_dir)
    assert '<td>dataset_args.tfrecord_dir</td><td>&lt;/script&gt;&lt;i&gt;</td>' in page and '<i>' not in page
    assert f'python run_training.py &#x27;--dataset=&lt;/script&gt;&lt;i&gt;&#x27; --resume={run_dir}</pre>' in page


def test_page_of_a_run_whose_command_is_unknown_tells_the_option(tmp_path):
    run_dir = make_run(tmp_path / 'run')
    assert f'<code>--resume={run_dir}</code>' in write_page(run_dir)


def test_page_of_a_run_without_anything_can_be_written(tmp_path):
    assert '0.0 kimg' in write_page(tmp_path)


def test_added_ticks_are_in_the_next_page(tmp_path):
    run_dir = make_run(tmp_path / 'run', num_ticks=2)
    report = RunReport(str(run_dir), total_kimg=20)
    report.add(make_row(5, Loss__scores__fake=7.0))
    report.write(run_files.TRAINING)
    chart = read_data(run_dir / 'report.html')['charts'][1]
    assert chart['series'][0]['numbers'] == [-1.0, -1.0, 7.0]
    assert '5.0 of 20 kimg, 25 %' in (run_dir / 'report.html').read_text(encoding='utf-8')


def test_full_disk_is_an_os_error_and_leaves_the_page_before(tmp_path, monkeypatch):
    run_dir = make_run(tmp_path / 'run')
    before = write_page(run_dir)

    def refuse(source, target):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, 'replace', refuse)
    with pytest.raises(OSError, match='No space left'):
        RunReport(str(run_dir)).write(run_files.FINISHED)
    assert (run_dir / 'report.html').read_text(encoding='utf-8') == before


def test_long_run_has_a_small_page(tmp_path):
    write_rows(
        tmp_path, [make_row(kimg, **{f'Loss__{index}': kimg / 7 for index in range(10)}) for kimg in range(3000)]
    )
    page = write_page(tmp_path)
    assert len(page) < 200000 and '3,000 ticks; each point of a chart is the mean of about 6' in page
