# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Run directories as trainings leave them, small."""

import json
import re

import numpy as np
import PIL.Image


def make_row(kimg, **numbers):
    """Return the numbers of a tick; two underscores in a name stand for a slash."""
    row = {'Progress/kimg': kimg, 'Timing/sec_per_kimg': 2.0, 'Timing/total_sec': 2.0 * kimg}
    return dict(row, **{name.replace('__', '/'): value for name, value in numbers.items()})


def write_rows(run_dir, rows, mode='a'):
    """Append ticks to `stats.jsonl`; NaN and infinity as the training writes them."""
    with open(str(run_dir / 'stats.jsonl'), mode) as file:
        file.writelines(json.dumps(row) + '\n' for row in rows)


def write_options(run_dir, command=None, **kwargs):
    """Write `training_options.json`."""
    options = {'run_desc': 'x', 'num_gpus': 1, 'run_func_name': 'x.y', 'run_func_kwargs': kwargs}
    (run_dir / 'training_options.json').write_text(json.dumps(dict(options, command=command)))


def write_metric(run_dir, name, points, **protocol):
    """Write a file of a metric: pairs of kimg and a number, or numbers by their names."""
    with open(str(run_dir / f'metric-{name}.jsonl'), 'a') as file:
        for kimg, value in points:
            results = value if isinstance(value, dict) else {name: value}
            snapshot = f'/somewhere/network-snapshot-{kimg:06d}.pkl'
            file.write(json.dumps(dict(protocol, metric=name, results=results, snapshot_pkl=snapshot)) + '\n')


def write_image(path, colour=0, size=(32, 16), mode='RGB'):
    """Write an image of one colour."""
    pixels = np.full([size[1], size[0], len(mode)], colour, np.uint8)
    PIL.Image.fromarray(pixels if len(mode) > 1 else pixels[:, :, 0], mode).save(str(path))


def make_run(folder, num_ticks=3, num_grids=2):
    """Make a run directory with ticks, options, grids and a metric; return it."""
    folder.mkdir(parents=True)
    write_rows(folder, [make_row(kimg, Loss__scores__fake=-1.0, Loss__scores__real=kimg) for kimg in range(num_ticks)])
    write_options(folder, total_kimg=10, dataset_args={'tfrecord_dir': 'faces'})
    write_image(folder / 'fakes_init.png')
    write_image(folder / 'reals.png')
    for kimg in range(num_grids):
        write_image(folder / f'fakes{kimg:06d}.png', 10 * kimg)
    write_metric(folder, 'fid50k', [(0, 90.0), (1, 30.0)], num_fake=50000)
    return folder


def read_data(path):
    """Return what the script of a page reads."""
    text = path.read_text(encoding='utf-8')
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(data)
