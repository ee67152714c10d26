# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The benchmark of drawing runs, on a tiny network, and its table is complete."""

import csv
import os
import subprocess
import sys

import source_tree

SCRIPT = os.path.join(source_tree.ROOT_DIR, 'benchmarks', 'generation_speed.py')


def run(*argv):
    """Run the benchmark; return exit status and what it writes to stderr."""
    command = [sys.executable, SCRIPT, *argv]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, check=False)
    return done.returncode, done.stderr


def test_table_has_speeds_and_shows_that_the_graph_does_not_grow(tmp_path):
    path = str(tmp_path / 'generation.csv')
    sizes = ['--sizes=4/16/4', '--minibatch-size=2', '--latents=4', '--seeds=2', '--psis=3', '--rounds=1']
    status, errors = run(*sizes, '--variants=ref', f'--csv={path}')
    assert status == 0, errors
    with open(path, newline='') as file:
        (row,) = csv.DictReader(file)
    assert (row['variant'], row['size'], row['img/s /before']) == ('ref', '4/16/4', '-')
    assert float(row['img/s'].split()[0]) > 0 and float(row['fresh noise'].split()[0]) > 0
    assert float(row['run ms/picture']) > 0 and float(row['rest ms/picture']) > 0
    assert int(row['ops']) == int(row['ops after 3']) > 0


def test_unknown_variant_is_refused():
    status, errors = run('--variants=natvie')
    assert status == 2 and 'natvie' in errors
