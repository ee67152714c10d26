# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Measure how fast pictures become a data set, and how fast a data set is read.

Draws pictures into a temporary folder, PNG for the encodings raw and png, JPEG for jpeg, converts them with
dataset_tool.py (start of Python, check and all resolutions included) and reads minibatches with training.dataset, at
full size and, with --lod, at lower resolutions. Prints a table.
"""

import csv
import functools
import itertools
import os
import platform
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT)

from dnnlib import cmdline  # noqa: E402


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(
        __doc__, 'example:\n  python benchmarks/dataset_speed.py --resolution=256 --num-images=1000'
    )
    add = functools.partial(cmdline.add_option, parser)
    number = cmdline.parse_positive_int
    add('--resolution N', 'size of the pictures', number, default=64)
    add('--num-images N', 'number of pictures', number, default=6000)
    add(
        '--encodings LIST',
        'encodings of the data sets (default: raw,png,jpeg)',
        cmdline.parse_name_list,
        default=['raw', 'png', 'jpeg'],
    )
    add(
        '--lods LIST',
        'levels of detail to read; each halves the size (default: 0)',
        cmdline.parse_int_list,
        default=[0],
    )
    add('--workers LIST', 'numbers of worker processes (default: 1,2)', cmdline.parse_int_list, default=[1, 2])
    add(
        '--minibatch-sizes LIST',
        'minibatch sizes of the loader (default: 8,32)',
        cmdline.parse_int_list,
        default=[8, 32],
    )
    add('--seconds SEC', 'time per loader', cmdline.parse_float, default=5.0)
    add('--csv FILE', 'also append the rows to this file', cmdline.parse_path)
    return parser.parse_args(argv)


def draw_images(folder, num_images, resolution, extension):
    """Save pictures of smooth colours with some noise, which compress about as photographs do."""
    os.mkdir(folder)
    rnd = np.random.RandomState(0)
    for index in range(num_images):
        colours = Image.fromarray(rnd.randint(0, 256, size=[8, 8, 3]).astype(np.uint8))
        smooth = np.asarray(colours.resize((resolution, resolution), Image.BICUBIC), np.int32)
        pixels = (smooth + rnd.randint(-4, 5, size=smooth.shape)).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(os.path.join(folder, f'{index:06d}.{extension}'))


def measure_tool(tfrecord_dir, image_dir, encoding, num_images, num_workers):
    """Return the pictures per second of dataset_tool.py."""
    command = [sys.executable, os.path.join(ROOT, 'dataset_tool.py'), 'create_from_images', tfrecord_dir, image_dir]
    start = time.time()
    subprocess.check_call(
        command + [f'--encoding={encoding}', f'--workers={num_workers}', '--overwrite'],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return num_images / (time.time() - start)


def measure_loader(tfrecord_dir, minibatch_size, lod, seconds):
    """Return the images per second of get_minibatch_tf, measured when what was read in advance is used up."""
    import tensorflow.compat.v1 as tf

    from training import dataset

    with tf.Graph().as_default(), tf.Session().as_default() as session:
        training_set = dataset.load_dataset(tfrecord_dir=tfrecord_dir, prefetch_mb=64)
        images, labels = training_set.get_minibatch_tf()
        training_set.configure(minibatch_size, lod)
        fetch = session.make_callable([images.op, labels.op])
        for _ in range(2 * training_set.num_images // minibatch_size):
            fetch()
        num_images, start = 0, time.time()
        while time.time() < start + seconds:
            fetch()
            num_images += minibatch_size
        return num_images / (time.time() - start)


def measure(args):
    """Return the table: rows of (what, setting, images per second)."""
    from dnnlib import tflib

    tflib.init_tf()
    table = []
    with tempfile.TemporaryDirectory() as folder:
        for encoding in args.encodings:
            extension = 'jpg' if encoding == 'jpeg' else 'png'
            image_dir, tfrecord_dir = os.path.join(folder, extension), os.path.join(folder, encoding)
            if not os.path.isdir(image_dir):
                draw_images(image_dir, args.num_images, args.resolution, extension)
            for num_workers in args.workers:
                speed = measure_tool(tfrecord_dir, image_dir, encoding, args.num_images, num_workers)
                table.append(('create_from_images', f'{encoding}, {num_workers} workers', speed))
            for minibatch_size, lod in itertools.product(args.minibatch_sizes, args.lods):
                speed = measure_loader(tfrecord_dir, minibatch_size, lod, args.seconds)
                table.append(('get_minibatch_tf', f'{encoding}, minibatch {minibatch_size}, lod {lod}', speed))
    return table


def save_table(path, table, resolution):
    """Append a table to a CSV file, with the circumstances in each row."""
    import tensorflow.compat.v1 as tf

    is_new = not os.path.exists(path)
    circumstances = [time.strftime('%Y-%m-%d'), platform.python_version(), tf.__version__, os.cpu_count(), resolution]
    with open(path, 'a', newline='') as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(
                ['date', 'python', 'tensorflow', 'cores', 'resolution', 'what', 'setting', 'images_per_sec']
            )
        writer.writerows(circumstances + [what, setting, f'{speed:.0f}'] for what, setting, speed in table)


def main(argv=None):
    """Measure, print and save."""
    args = parse_args(argv)
    table = measure(args)
    print(f'{args.num_images} images of {args.resolution}x{args.resolution}, {os.cpu_count()} cores')
    for what, setting, speed in table:
        print(f'{what:20}{setting:28}{speed:10.0f} images/s')
    if args.csv:
        save_table(args.csv, table, args.resolution)


if __name__ == '__main__':
    cmdline.run(main)
