# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The demo: drawing the faces, running the steps and continuing them, and the page."""

import base64
import collections
import hashlib
import importlib.util
import io
import json
import os
import re
import signal
import subprocess
import sys

import pytest
import source_tree
from PIL import Image

from dnnlib.util import EasyDict, UserError
from examples import cartoon_faces, demo, demo_page

needs_dicebear = pytest.mark.skipif(
    importlib.util.find_spec('dicebear') is None, reason='the drawing packages need Python 3.10 or newer'
)
DRAW = [sys.executable, os.path.join(source_tree.ROOT_DIR, 'examples', 'cartoon_faces.py')]


# ----------------------------------------------------------------------------
# Cartoon faces.


def draw(out_dir, *arguments):
    """Run the script; return exit status and output."""
    process = subprocess.Popen(
        DRAW + [f'--out={out_dir}', '--workers=2'] + list(arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    output = process.communicate()[0]
    return process.returncode, output


@needs_dicebear
def test_face_is_the_same_on_every_machine():
    options = cartoon_faces.make_options('avataaars', 64, 'white', scale=1, shift=0)
    image, _ = cartoon_faces.draw_face('avataaars', dict(options, seed='000000'))
    assert hashlib.sha256(image.tobytes()).hexdigest().startswith('38229d526ffc9a07')


@needs_dicebear
@pytest.mark.parametrize('style', sorted(cartoon_faces.STYLES))
def test_every_style_draws_rgb_faces_of_a_known_class_that_fill_the_corners(style):
    options = cartoon_faces.make_options(style, 32, 'white')
    image, colors = cartoon_faces.draw_face(style, dict(options, seed='000003'))
    assert (image.size, image.mode) == ((32, 32), 'RGB')
    assert image.getpixel((0, 0)) == (255, 255, 255)
    assert colors in cartoon_faces.list_classes(style)


@needs_dicebear
def test_folder_holds_numbered_faces_and_their_classes(tmp_path):
    status, output = draw(tmp_path / 'faces', '--num=5', '--size=32', '--labels=yes')
    assert status == 0, output
    names = [f'00000{index}.png' for index in range(5)]
    assert sorted(os.listdir(str(tmp_path / 'faces'))) == names + ['dataset.json']
    labels = json.loads((tmp_path / 'faces' / 'dataset.json').read_text())
    assert [name for name, _ in labels['labels']] == names
    assert len(labels['class_names']) == 7 * 11  # Skin colours by hair colours and "not seen".
    assert labels['class_names'][labels['labels'][0][1]] == 'skin #ffdbb4, hair #c93305'


@needs_dicebear
def test_larger_set_continues_a_smaller_one(tmp_path):
    for num in (2, 3):
        assert draw(tmp_path / str(num), f'--num={num}', '--size=32')[0] == 0
    for name in ('000000.png', '000001.png'):
        assert (tmp_path / '2' / name).read_bytes() == (tmp_path / '3' / name).read_bytes()


@needs_dicebear
@pytest.mark.parametrize('option, said', [('--scale=130', 'scale 130'), ('--size=16384', 'size 16384')])
def test_options_that_cannot_be_drawn_are_named_and_leave_no_folder(option, said, tmp_path):
    status, output = draw(tmp_path / 'faces', '--num=2', option)
    assert status == 1 and output.startswith('Error: ') and said in output
    assert os.listdir(str(tmp_path)) == []


def test_existing_folder_is_left_alone(tmp_path):
    (tmp_path / 'mine.txt').write_text('precious')
    status, output = draw(tmp_path)
    assert status == 1 and 'exists already' in output
    assert os.listdir(str(tmp_path)) == ['mine.txt']


@pytest.mark.parametrize('option', ['--num=0', '--num=1000001', '--size=16385', '--workers=1025'])
def test_numbers_that_make_no_sense_are_refused_as_a_wrong_command_line(tmp_path, option):
    status, output = draw(tmp_path / 'faces', option)
    assert status == 2 and f"got '{option.split('=')[1]}'" in output


def test_old_python_is_told_what_to_do(monkeypatch):
    monkeypatch.setattr(sys, 'version_info', (3, 9))
    with pytest.raises(UserError, match='needs Python 3.10 or newer'):
        cartoon_faces.check_requirements()


def test_missing_packages_are_named_with_the_command_that_installs_them(monkeypatch):
    monkeypatch.setattr(sys, 'version_info', (3, 11))
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(UserError, match='dicebear, .*pip install -r requirements/tf2.txt -r requirements/demo.txt'):
        cartoon_faces.check_requirements()


# ----------------------------------------------------------------------------
# Steps of the demo.


class Workshop:
    """Three made-up steps a, b, c that each write a file; b can be resumed. Notes what was run."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.journal = demo.Journal(os.path.join(self.folder, 'records'))
        self.commands = collections.OrderedDict((name, [name, '--x=1']) for name in 'abc')
        self.failing = ()
        self.executed = []

    def run(self):
        """Run the steps as the demo does."""
        steps = [self._make_step(name) for name in 'abc']
        self.executed = []
        return demo.run_steps(steps, self.journal, self._execute)

    def interrupt(self, name):
        """Run the steps until one is interrupted."""
        self.failing = (name,)
        with pytest.raises(KeyboardInterrupt):
            self.run()
        self.failing = ()

    def _make_step(self, name):
        output = os.path.join(self.folder, name)
        resume = (lambda: [f'--resume={len(os.listdir(output))}']) if name == 'b' else None
        return demo.Step(name, name, output, lambda: self.commands[name], resume)

    def _execute(self, command):
        self.executed.append(command)
        output = os.path.join(self.folder, command[0])
        os.makedirs(output, exist_ok=True)
        with open(os.path.join(output, f'made-by-call-{len(os.listdir(output))}'), 'w'):
            pass
        if command[0] in self.failing:
            raise KeyboardInterrupt


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path)


def test_steps_run_in_order_and_only_once(workshop):
    records = workshop.run()
    assert workshop.executed == [['a', '--x=1'], ['b', '--x=1'], ['c', '--x=1']]
    assert all(record['is_done'] for record in records.values())
    workshop.run()
    assert workshop.executed == []


def test_changed_command_redoes_its_step_and_all_later_ones_from_nothing(workshop):
    workshop.run()
    workshop.commands['b'] = ['b', '--x=2']
    workshop.run()
    assert workshop.executed == [['b', '--x=2'], ['c', '--x=1']]
    assert os.listdir(os.path.join(workshop.folder, 'c')) == ['made-by-call-0']


def test_deleted_output_is_made_again(workshop):
    workshop.run()
    os.remove(os.path.join(workshop.folder, 'a', 'made-by-call-0'))
    os.rmdir(os.path.join(workshop.folder, 'a'))
    workshop.run()
    assert [command[0] for command in workshop.executed] == ['a', 'b', 'c']


def test_interrupted_step_that_can_resume_goes_on_with_what_it_has(workshop):
    workshop.interrupt('b')
    workshop.run()
    assert workshop.executed == [['b', '--x=1', '--resume=1'], ['c', '--x=1']]
    assert len(os.listdir(os.path.join(workshop.folder, 'b'))) == 2


def test_interrupted_step_that_cannot_resume_starts_from_nothing(workshop):
    workshop.interrupt('a')
    workshop.run()
    assert workshop.executed[0] == ['a', '--x=1']
    assert os.listdir(os.path.join(workshop.folder, 'a')) == ['made-by-call-0']


def test_interrupted_step_is_not_resumed_after_a_change_before_it(workshop):
    workshop.failing = ('b',)
    with pytest.raises(KeyboardInterrupt):
        workshop.run()
    workshop.failing = ()
    workshop.commands['a'] = ['a', '--x=2']
    workshop.run()
    assert workshop.executed == [['a', '--x=2'], ['b', '--x=1'], ['c', '--x=1']]
    assert os.listdir(os.path.join(workshop.folder, 'b')) == ['made-by-call-0']


def test_seconds_of_an_interrupted_training_are_counted(workshop, monkeypatch):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(demo.time, 'time', lambda: next(clock))
    workshop.failing = ('b',)
    with pytest.raises(KeyboardInterrupt):
        workshop.run()
    first = workshop.journal.load(workshop._make_step('b'))
    workshop.failing = ()
    records = workshop.run()
    assert first['seconds'] > 0
    assert records['b']['seconds'] == first['seconds'] + 10


@pytest.mark.parametrize('name', ['SIGTERM', 'SIGHUP'])
def test_signal_reaches_the_script_and_the_demo_waits_for_it(tmp_path, name):
    script = tmp_path / 'script.py'
    script.write_text(
        'import time\nfrom dnnlib import cmdline\ndef main():\n    try:\n        print("ready"); time.sleep(30)\n'
        '    finally:\n        print("tidied up")\ncmdline.run(main)'
    )
    code = 'import sys\nfrom dnnlib import cmdline\nfrom examples import demo\n'
    code += 'cmdline.run(lambda: demo.execute_script(sys.argv[1:]))'
    process = subprocess.Popen(
        [sys.executable, '-c', code, str(script)],
        cwd=source_tree.ROOT_DIR,
        env=dict(os.environ, PYTHONPATH=source_tree.ROOT_DIR),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    assert [process.stdout.readline()[:1], process.stdout.readline()] == ['$', 'ready\n']
    process.send_signal(getattr(signal, name))
    assert process.communicate() == ('tidied up\n', f'Interrupted by {name}.\n' * 2)


def test_failing_script_ends_the_demo_with_its_status():
    with pytest.raises(UserError, match=r'exit status 1\); once mended, run the demo again'):
        demo.execute_script(['-c', 'raise SystemExit(1)'])


def test_second_demo_in_the_same_folder_is_refused(tmp_path):
    with demo.hold_folder(str(tmp_path)):
        with pytest.raises(UserError, match='another demo is running'):
            with demo.hold_folder(str(tmp_path)):
                pass


def test_snapshots_of_all_runs_are_found_by_kimg(tmp_path):
    for name in ('0/network-snapshot-000000.pkl', '0/network-snapshot-000010.pkl', '1/network-snapshot-000020.pkl'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b'')
    training_dir = str(tmp_path)
    assert [kimg for kimg, _ in demo.list_snapshots(training_dir)] == [0, 10, 20]
    assert demo.find_snapshot(training_dir, 9).endswith('snapshot-000010.pkl')
    with pytest.raises(UserError, match='make demo-clean demo'):
        demo.find_snapshot(training_dir)


def test_training_goes_on_if_it_has_a_state(tmp_path):
    (tmp_path / '0').mkdir()
    (tmp_path / '0' / 'network-snapshot-000000.pkl').write_bytes(b'')
    assert demo.make_resume_args(str(tmp_path)) == []
    (tmp_path / '0' / 'training-state.npz').write_bytes(b'')
    assert demo.make_resume_args(str(tmp_path)) == [f'--resume={tmp_path}/0']


@pytest.mark.slow
@needs_dicebear
def test_demo_runs_from_nothing_to_its_page_and_then_has_nothing_left_to_do(tmp_path):
    command = [sys.executable, os.path.join(source_tree.ROOT_DIR, 'examples', 'demo.py')]
    command += [f'--result-dir={tmp_path}', '--kimg=1', '--faces=200']
    assert subprocess.call(command) == 0
    page = (tmp_path / 'index.html').read_text()
    assert page.count('data:image/png') == 6  # Reals, result, two stages of progress, mixing, truncation.
    assert (tmp_path / 'grid.png').exists()
    output = subprocess.check_output(command, universal_newlines=True)
    assert output.count('Done already.') == output.count('\n[')


# ----------------------------------------------------------------------------
# The page.


def make_contents(folder, **changes):
    """Return made-up contents of a page with pictures of one colour each."""
    paths = []
    for number in range(5):
        paths.append(str(folder / f'{number}.png'))
        Image.new('RGB', (4, 4), (number * 50, 0, 0)).save(paths[-1])
    record = {'tensorflow': '2.21.0', 'numpy': '2.4.6', 'python': '3.11.7'}
    curve = [
        dict(record, kimg=kimg, results={'devfid2k': value, 'devfid2k_floor': 20.0})
        for kimg, value in [(0, 400.0), (10, 100.0)]
    ]
    contents = EasyDict(style='avataaars', resolution=4, total_kimg=10, num_faces=200, total_sec=61)
    contents.update(reals=paths, grid=paths, mixing=paths[0], grid_psi=0.8, col_styles='0-3')
    contents.update(
        progress=[(0, paths[0]), (10, paths[1])], sweep=paths[0], sweep_psis=(0, 0.5), metric='devfid2k', curve=curve
    )
    contents.update(commands=[('Train <it>', 'python run_training.py --x=1', 61)])
    contents.update(changes)
    return contents


def test_page_holds_pictures_numbers_and_commands_and_needs_nothing_else(tmp_path):
    page_path = demo_page.save_page(str(tmp_path), make_contents(tmp_path))
    with open(page_path, encoding='utf-8') as file:
        page = file.read()
    assert '400 → 100' in page and '<pre>python run_training.py --x=1</pre>' in page and 'Train &lt;it&gt;' in page
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(sources) == 6 and all(source.startswith('data:image/png;base64,') for source in sources)
    assert not re.search(r'\$[a-z]', page)


def test_picture_grid_is_also_a_file_three_times_as_large(tmp_path):
    demo_page.save_page(str(tmp_path), make_contents(tmp_path))
    with Image.open(str(tmp_path / 'grid.png')) as grid:
        assert grid.size == (5 * 4 * 3, 4 * 3)
        assert grid.getpixel((12 * 2 + 11, 11)) == (100, 0, 0)


def test_grid_places_pictures_row_by_row_and_leaves_an_incomplete_row_out(tmp_path):
    grid = demo_page.compose_grid(make_contents(tmp_path).grid, num_columns=2)
    assert grid.size == (8, 8)
    assert [grid.getpixel(place)[0] for place in [(0, 0), (7, 0), (0, 7), (7, 7)]] == [0, 50, 100, 150]


def test_data_uri_holds_the_picture():
    image = Image.new('RGB', (2, 3), (1, 2, 3))
    encoded = demo_page.make_data_uri(image).split(',')[1]
    decoded = Image.open(io.BytesIO(base64.b64decode(encoded)))
    assert decoded.size == (2, 3) and decoded.getpixel((1, 2)) == (1, 2, 3)


def test_curve_puts_the_numbers_to_scale():
    # Plot area: x from 56 to 600, y from 260 (zero) up to 30 (105 for a largest value of 100).
    svg = demo_page.make_curve([(0, 100.0), (10, 52.5)], floor=21.0, width=640, height=300)
    points = re.search(r'polyline points="([^"]*)"', svg).group(1)
    assert points == '56.0,41.0 600.0,145.0'
    assert 'y1="214.0" x2="600.0" y2="214.0" stroke="var(--soft)" stroke-dasharray' in svg


def test_progress_shows_at_most_six_grids_and_always_the_last(tmp_path):
    path = make_contents(tmp_path).grid[0]
    rows = demo_page._make_progress([(kimg, path) for kimg in range(0, 31)])
    shown = re.findall(r'<figcaption>(\d+) kimg', rows)
    assert len(shown) <= 6 and shown[-1] == '30'
