# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Train a small StyleGAN2 on cartoon faces, measure it, draw with it, and show it all on one page.

Runs the project's own command lines one after the other. Each finished step leaves a record with its exact command, so
that running the demo again continues where it stopped; a changed command redoes its step and all that follow.
"""

import collections
import contextlib
import fcntl
import functools
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

ROOT_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT_DIR)

from dnnlib import cmdline  # noqa: E402 - the project runs from its checkout
from dnnlib.util import EasyDict, UserError, atomic_write, format_time  # noqa: E402
from examples import demo_page  # noqa: E402
from training import run_search  # noqa: E402

EXAMPLES = """examples:

  python examples/demo.py                                 # seven minutes on two cores
  python examples/demo.py --result-dir=results/long --kimg=200
  python examples/demo.py --dry-run                       # show the commands only
"""

# Everything that decides about time and quality.
STYLE = 'avataaars'
NUM_FACES = 10000
RESOLUTION = 32
TOTAL_KIMG = 48
TRAINING = {
    'config': 'config-f',
    'mirror-augment': 'true',
    'fmap-base': 512,
    'fmap-max': 64,
    'latent-size': 128,
    'mapping-layers': 4,
    'minibatch-size': 8,
    'minibatch-gpu': 8,
    'lrate': 0.003,
    'gamma': 0.1,
    'ema-kimg': 2,
    'kimg-per-tick': 1,
    'snapshot-ticks': 5,
    'grid-size': '16x2',
    'metrics': 'none',  # Measured afterwards, each snapshot once.
}
METRIC = 'devfid2k'
MEASURED_SHARES = (0, 0.3, 1)  # Snapshots on the metric curve, as shares of the training.
GRID_SEEDS = range(60)
GRID_PSI = 0.8
ROW_SEEDS, COL_SEEDS, COL_STYLES = (1, 2, 3, 4), (11, 12, 13, 14, 15, 16), '0-3'
SWEEP_SEEDS = range(5)
SWEEP_PSIS = (0, 0.2, 0.4, 0.6, 0.8, 1, 1.2)

Step = collections.namedtuple('Step', 'name title output make_command make_resume_args')


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    add = functools.partial(cmdline.add_option, parser)
    positive = cmdline.parse_positive_int
    add('--result-dir DIR', '(default: %(default)s)', cmdline.parse_path, default='results/demo')
    add('--faces N', 'pictures to train on', positive, default=NUM_FACES)
    add('--kimg KIMG', 'training length', positive, default=TOTAL_KIMG)
    add('--dry-run', 'print the commands and exit', action='store_true')
    return parser.parse_args(argv)


# ----------------------------------------------------------------------------
# The steps.


def make_steps(result_dir, num_faces, total_kimg):
    """Return the steps of the demo, in order.

    Args:
        result_dir: Folder of everything that the demo makes.
        num_faces: Pictures to train on.
        total_kimg: Training length.
    """
    return [
        *make_training_steps(result_dir, num_faces, total_kimg),
        *[make_metric_step(result_dir, share, share * total_kimg) for share in MEASURED_SHARES],
        *make_image_steps(result_dir),
    ]


def make_training_steps(result_dir, num_faces, total_kimg):
    """Return the steps from nothing to a trained network."""
    faces_dir = os.path.join(result_dir, 'faces')
    data_dir = os.path.join(result_dir, 'datasets')
    training_dir = os.path.join(result_dir, 'training')
    dataset_dir = os.path.join(data_dir, 'faces')
    draw = options(['examples/cartoon_faces.py'], out=faces_dir, style=STYLE, num=num_faces, size=RESOLUTION)
    convert = ['dataset_tool.py', 'create_from_images', dataset_dir, faces_dir]
    train = options(['run_training.py'], **{'result-dir': training_dir, 'data-dir': data_dir, 'dataset': 'faces'})
    train = options(train, **TRAINING, **{'total-kimg': total_kimg})
    return [
        make_step('faces', 'Draw cartoon faces', faces_dir, draw),
        make_step('dataset', 'Make a data set of them', data_dir, convert),
        Step('training', 'Train', training_dir, lambda: train, lambda: make_resume_args(training_dir)),
    ]


def make_metric_step(result_dir, share, kimg):
    """Return the step that measures the snapshot nearest to `kimg`."""
    output = os.path.join(result_dir, f'metric-{share:g}')
    fixed = {'metrics': METRIC, 'data-dir': os.path.join(result_dir, 'datasets'), 'dataset': 'faces'}
    fixed['mirror-augment'] = TRAINING['mirror-augment']

    def make_command():
        network_pkl = find_snapshot(os.path.join(result_dir, 'training'), kimg if share < 1 else None)
        return options(['run_metrics.py'], **{'result-dir': output, 'network': network_pkl}, **fixed)

    return Step(f'metric-{share:g}', f'Measure the network at {share:.0%} of its training', output, make_command, None)


def make_image_steps(result_dir):
    """Return the steps that draw with the trained network."""

    def make_image_step(name, title, sub_command, **values):
        output = os.path.join(result_dir, name)

        def make_command():
            network_pkl = find_snapshot(os.path.join(result_dir, 'training'))
            return options(
                ['run_generator.py', sub_command], **{'network': network_pkl, 'result-dir': output}, **values
            )

        return Step(name, title, output, make_command, None)

    grid = {'seeds': join_values(GRID_SEEDS), 'truncation-psi': GRID_PSI}
    mixing = {'row-seeds': join_values(ROW_SEEDS), 'col-seeds': join_values(COL_SEEDS), 'col-styles': COL_STYLES}
    sweep = {'seeds': join_values(SWEEP_SEEDS), 'psis': join_values(SWEEP_PSIS)}
    return [
        make_image_step('grid', 'Draw a grid of people', 'generate-images', **grid),
        make_image_step(
            'mixing', 'Mix the styles of people', 'style-mixing-example', **mixing, **{'truncation-psi': GRID_PSI}
        ),
        make_image_step('sweep', 'Draw from typical to unusual', 'truncation-sweep', **sweep),
    ]


def make_step(name, title, output, command):
    """Return a step whose command is known from the start and that starts anew after an interruption."""
    return Step(name, title, output, lambda: command, None)


def options(command, **values):
    """Return the command followed by `--name=value` for each value."""
    return command + [f'--{name}={value}' for name, value in values.items()]


def join_values(values):
    """Return numbers in the form that the command line takes."""
    return f'{values[0]}-{values[-1]}' if isinstance(values, range) else ','.join(map(str, values))


# ----------------------------------------------------------------------------
# Snapshots.


def list_snapshots(training_dir):
    """Return the pairs (kimg, path) of the numbered snapshots of all runs below a folder, oldest first."""
    paths = glob.glob(os.path.join(training_dir, '*', 'network-snapshot-*.pkl'))
    return sorted((int(re.search(r'(\d+)\.pkl$', path).group(1)), path) for path in paths)


def find_snapshot(training_dir, kimg=None):
    """Return the path of the snapshot nearest to `kimg`, or of the final one."""
    if kimg is None:
        final = sorted(glob.glob(os.path.join(training_dir, '*', 'network-final.pkl')))
        found = final[-1:]
    else:
        found = [path for _, path in sorted(list_snapshots(training_dir), key=lambda item: abs(item[0] - kimg))]
    if not found:
        raise UserError(f'no snapshot in {training_dir}; start the demo over with: make demo-clean demo')
    return found[0]


def make_resume_args(training_dir):
    """Return the options that continue an interrupted training, or [] if there is nothing to continue from."""
    states = sorted(glob.glob(os.path.join(training_dir, '*', run_search.STATE_NAME)))
    return [f'--resume={os.path.dirname(states[-1])}'] if states else []


# ----------------------------------------------------------------------------
# Running them.


class Journal:
    """Records of the steps that were begun: command, seconds spent, and whether it is done.

    Args:
        journal_dir: Folder of the records.
    """

    def __init__(self, journal_dir):
        self._journal_dir = journal_dir
        os.makedirs(journal_dir, exist_ok=True)

    def load(self, step):
        """Return the record of a step, or None."""
        path = self._make_path(step)
        if not os.path.exists(path):
            return None
        with open(path, encoding='utf-8') as file:
            return json.load(file)

    def save(self, step, **record):
        """Write the record of a step."""
        with atomic_write(self._make_path(step), 'w') as file:
            json.dump(record, file, indent=1)

    def forget(self, step):
        """Delete the record of a step and what the step made, the record last."""
        if os.path.isdir(step.output):
            shutil.rmtree(step.output)
        with contextlib.suppress(FileNotFoundError):
            os.remove(self._make_path(step))

    def _make_path(self, step):
        return os.path.join(self._journal_dir, step.name + '.json')


def run_steps(steps, journal, execute):
    """Run what is not done yet; return the record of each step by name.

    Args:
        steps: List of `Step`.
        journal: `Journal`.
        execute: Function that runs a command (a list of words) and raises on failure.
    """
    begin = time.time()
    for number, step in enumerate(steps):
        command = step.make_command()
        record = journal.load(step)
        is_same = record is not None and record['command'] == command and os.path.isdir(step.output)
        print(f'\n[{number + 1}/{len(steps)}] {format_time(time.time() - begin)}  {step.title}', flush=True)
        if is_same and record['is_done']:
            print('Done already.')
            continue
        for later_step in steps[number + 1 :]:
            journal.forget(later_step)
        resume_args = step.make_resume_args() if is_same and step.make_resume_args else []
        if not resume_args:
            journal.forget(step)
        spent_sec = record['seconds'] if resume_args else 0
        _run_step(step, command, resume_args, spent_sec, journal, execute)
    return {step.name: journal.load(step) for step in steps}


def _run_step(step, command, resume_args, spent_sec, journal, execute):
    step_begin = time.time()
    is_done = False
    journal.save(step, command=command, seconds=spent_sec, is_done=False)
    try:
        execute(command + resume_args)
        is_done = True
    finally:
        seconds = spent_sec + time.time() - step_begin
        journal.save(step, command=command, seconds=seconds, is_done=is_done)


def execute_script(command):
    """Run one of the project's scripts with this Python, its output going where ours goes."""
    print('$ ' + format_command(command), flush=True)
    environment = dict(os.environ, PYTHONUNBUFFERED='1')
    process = subprocess.Popen([sys.executable] + command, cwd=ROOT_DIR, env=environment, stdin=subprocess.DEVNULL)
    try:
        status = process.wait()
    except KeyboardInterrupt as interrupt:  # The script tidies up. Ctrl-C has reached it by itself.
        if isinstance(interrupt, cmdline.Terminated):
            process.send_signal(interrupt.number)
        process.wait()
        raise
    if status == 130:
        raise KeyboardInterrupt
    if status != 0:
        raise UserError(f'the command above failed (exit status {status}); once mended, run the demo again to continue')


def format_command(command):
    """Return a command as one would type it."""
    return ' '.join(shlex.quote(word) for word in ['python'] + command)


@contextlib.contextmanager
def hold_folder(folder):
    """Keep a second demo out of the folder while the context lasts."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, '.lock'), 'w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f'another demo is running in {folder}; wait for it or choose another --result-dir'
            ) from None
        yield


def relate_to_root(path):
    """Return a path as it is to be given in the project's folder, where the commands run."""
    path = os.path.abspath(path)
    return os.path.relpath(path, ROOT_DIR) if path.startswith(ROOT_DIR + os.sep) else path


def main(argv=None):
    """Parse the command line, run the steps and write the page."""
    args = parse_args(argv)
    result_dir = relate_to_root(args.result_dir)
    os.chdir(ROOT_DIR)
    steps = make_steps(result_dir, args.faces, args.kimg)
    if args.dry_run:
        for step in steps[:3]:
            print(format_command(step.make_command()))
        print('... then run_metrics.py and run_generator.py on the snapshots of the training')
        return
    with hold_folder(result_dir):
        records = run_steps(steps, Journal(os.path.join(result_dir, 'records')), execute_script)
        contents = collect_contents(result_dir, steps, records, args.faces, args.kimg)
        page_path = demo_page.save_page(result_dir, contents)
    print(f'\nThe result is on one page: {os.path.abspath(page_path)}')


# ----------------------------------------------------------------------------
# What goes on the page.


def collect_contents(result_dir, steps, records, num_faces, total_kimg):
    """Return what the page shows, see `demo_page.save_page`."""
    seconds = [records[step.name]['seconds'] for step in steps]
    commands = [format_command(step.make_command()) for step in steps]
    return EasyDict(
        style=STYLE,
        resolution=RESOLUTION,
        num_faces=num_faces,
        total_kimg=total_kimg,
        total_sec=sum(seconds),
        reals=list_images(os.path.join(result_dir, 'faces'))[:36],
        grid=list_images(os.path.join(result_dir, 'grid')),
        grid_psi=GRID_PSI,
        progress=list_fakes(os.path.join(result_dir, 'training')),
        metric=METRIC,
        curve=[read_metric(step.output, total_kimg) for step in steps if step.name.startswith('metric-')],
        mixing=find_one(os.path.join(result_dir, 'mixing'), 'grid.png'),
        col_styles=COL_STYLES,
        sweep=find_one(os.path.join(result_dir, 'sweep'), 'truncation.png'),
        sweep_psis=SWEEP_PSIS,
        commands=list(zip([step.title for step in steps], commands, seconds)),
    )


def list_images(folder):
    """Return the paths of the numbered PNG files of a folder or of the newest run directory in it, sorted."""
    paths = glob.glob(os.path.join(folder, '*.png')) or glob.glob(os.path.join(folder, '*', '*.png'))
    return sorted(paths)


def list_fakes(training_dir):
    """Return the pairs (kimg, path) of the picture grids that the training wrote, from untrained to final."""
    untrained = sorted(glob.glob(os.path.join(training_dir, '*', 'fakes_init.png')))[:1]
    paths = glob.glob(os.path.join(training_dir, '*', 'fakes[0-9]*.png'))
    numbered = sorted((int(re.search(r'(\d+)\.png$', path).group(1)), path) for path in paths)
    return [(0, path) for path in untrained] + [(kimg, path) for kimg, path in numbered if kimg > 0]


def find_one(folder, name):
    """Return the path of the file of that name in a run directory below the folder."""
    return glob.glob(os.path.join(folder, '*', name))[0]


def read_metric(folder, total_kimg):
    """Return the JSON record of a measurement, completed by the `kimg` of its snapshot (`total_kimg` if final)."""
    with open(find_one(folder, f'metric-{METRIC}.jsonl'), encoding='utf-8') as file:
        record = json.loads(file.readlines()[-1])
    match = re.search(r'network-snapshot-(\d+)\.pkl$', record['snapshot_pkl'])
    return dict(record, kimg=int(match.group(1)) if match else total_kimg)


if __name__ == '__main__':
    cmdline.run(main)
