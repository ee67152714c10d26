# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Compile the custom ops beforehand, or find out why they cannot be compiled.

Without this, they are compiled at the first need and kept in the user's cache. Libraries for other machines, or for an
image, go into a folder of their own (--out); the environment variable DNNLIB_OPS_DIR names it where they are used.
"""

import functools
import os
import sys

if not __package__:  # Run as a file.
    sys.path[0] = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..', '..'))

from dnnlib import cmdline  # noqa: E402

EXAMPLES = """examples:

  # What works on this machine, and what to do about the rest?
  python -m dnnlib.tflib.custom_ops doctor

  # Compile for this machine.
  python -m dnnlib.tflib.custom_ops build

  # Compile for GPUs and CPUs of other machines; needs nvcc, but no GPU.
  python -m dnnlib.tflib.custom_ops build --arch=75,80,86,90 --cpu=v3,v4 --out=/opt/ops
"""


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    parser.prog = 'python -m dnnlib.tflib.custom_ops'
    commands = parser.add_subparsers(dest='command', metavar='COMMAND')
    build = commands.add_parser('build', help='compile all ops', allow_abbrev=False)
    add = functools.partial(cmdline.add_option, build)
    add(
        '--arch LIST',
        'compute capabilities of GPUs, e.g. 70,86 for 7.0 and 8.6, or none (default: those of this machine)',
        cmdline.parse_archs,
    )
    add(
        '--cpu LIST',
        'levels of x86-64: v1, v2, v3 (AVX2) or v4 (AVX-512) (default: that of this machine)',
        cmdline.parse_name_list,
    )
    add('--out DIR', 'folder for the libraries (default: the cache)', cmdline.parse_path)
    add('--nvcc PATH', 'the nvcc to use (default: the first that will do)', cmdline.parse_path)
    doctor = commands.add_parser('doctor', help='tell what works and why', allow_abbrev=False)
    cmdline.add_option(doctor, '--nvcc PATH', 'the nvcc to look at', cmdline.parse_path)
    args = parser.parse_args(argv)
    if args.command is None:
        parser.error('command expected: build or doctor')
    return args


def main(argv=None):
    """Parse the command line and make the one library call."""
    args = parse_args(argv)
    if args.nvcc:
        os.environ['DNNLIB_NVCC'] = args.nvcc

    from dnnlib.tflib import startup
    from dnnlib.tflib.custom_ops import commands

    if args.command == 'doctor':
        sys.exit(0 if commands.print_report() else 1)
    startup.load_tensorflow()
    sys.exit(0 if commands.print_build(args.arch, args.cpu, args.out) else 1)


if __name__ == '__main__':
    cmdline.run(main)
