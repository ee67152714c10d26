#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Write docs/<script>-help.txt: what each script prints for --help, with all its sub-commands."""

import argparse
import glob
import os
import re
import subprocess
import sys

ROOT_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SCRIPTS = (
    'run_training.py',
    'run_generator.py',
    'run_projector.py',
    'run_metrics.py',
    'run_report.py',
    'dataset_tool.py',
    'pretrained_networks.py',
    'convert.py',
)
WIDTH = 100
PYTHONS = ((3, 10), (3, 11), (3, 12))  # Those whose argparse lays texts out alike.


def get_help(script, *command):
    """Return what a script, or one of its sub-commands, prints for --help."""
    env = dict(os.environ, COLUMNS=str(WIDTH), LC_ALL='C.UTF-8')
    text = subprocess.check_output([sys.executable, script, *command, '--help'], cwd=ROOT_DIR, env=env)
    return '\n'.join(line.rstrip() for line in text.decode('utf-8').splitlines()).strip() + '\n'


def list_commands(help_text):
    """Return the names of the sub-commands that a help text lists."""
    section = re.search(r'^positional arguments:\n  COMMAND\n((?:    .*\n)+)', help_text, re.MULTILINE)
    return re.findall(r'^    ([a-z0-9][a-z0-9_-]*)', section.group(1), re.MULTILINE) if section else []


def make_document(script):
    """Return the help of a script followed by that of its sub-commands, each under its command line."""
    text = get_help(script)
    parts = [('', text)] + [(' ' + name, get_help(script, name)) for name in list_commands(text)]
    return '\n'.join(f'$ python {script}{command} --help\n\n{text}' for command, text in parts)


def get_path(script):
    """Return where the help of a script lies."""
    return os.path.join(ROOT_DIR, 'docs', script.replace('.py', '-help.txt'))


def main():
    """Write all documents and delete those of scripts that are gone."""
    argparse.ArgumentParser(description=__doc__, allow_abbrev=False).parse_args()
    if sys.version_info[:2] not in PYTHONS:
        sys.exit(
            'Error: help texts are written with Python 3.10 to 3.12, as argparse of others lays them out differently'
        )
    for path in set(glob.glob(get_path('*.py'))) - {get_path(script) for script in SCRIPTS}:
        os.remove(path)
    for script in SCRIPTS:
        with open(get_path(script), 'w', encoding='utf-8') as file:
            file.write(make_document(script))
        print(get_path(script))


if __name__ == '__main__':
    main()
