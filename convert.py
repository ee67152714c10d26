#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Convert networks between file formats, and tell what is in a file.

SRC is a snapshot of StyleGAN, StyleGAN2 or StyleGAN2-ADA for TensorFlow, a pickle of StyleGAN2-ADA for PyTorch,
a checkpoint of rosinality/stylegan2-pytorch, or a file that was written here; its kind is told by its content.
Nothing in a file is executed, and PyTorch is not needed.
"""

import functools

from conversion import formats
from dnnlib import cmdline
from dnnlib.util import UserError
from training import snapshot_files

EXAMPLES = """examples:

  # What is in this file?
  python convert.py info network-final.pkl

  # A pickle of StyleGAN2-ADA for PyTorch becomes a snapshot for the scripts of this project.
  python convert.py to-pkl ffhq.pkl ffhq-tf.pkl

  # The averaged generator for programs that know rosinality's PyTorch code.
  python convert.py to-rosinality network-final.pkl network-final.pt --networks=Gs
"""


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    commands = parser.add_subparsers(dest='command', metavar='COMMAND')
    info = commands.add_parser('info', help='tell what a file holds and what is odd about it', allow_abbrev=False)
    cmdline.add_option(info, 'source FILE', 'file or URL', cmdline.parse_path)
    for name, entry in formats.FORMATS.items():
        command = commands.add_parser(f'to-{name}', help=f'write {entry.text}', allow_abbrev=False)
        add = functools.partial(cmdline.add_option, command)
        add('source SRC', 'file to convert, path or URL', cmdline.parse_path)
        add('target DST', 'file to write', cmdline.parse_path)
        add(
            '--networks LIST',
            'networks to convert, of G, D and Gs (default: all; for graphs Gs)',
            cmdline.parse_name_list,
        )
        add('--overwrite', 'replace DST if it exists', action='store_true')
        if name in formats.GRAPHS:
            add(
                '--truncation-psi FLOAT',
                'value of the input truncation_psi where it is not fed',
                cmdline.parse_float,
                default=0.5,
            )
    return parser.parse_args(argv)


def main(argv=None):
    """Parse the command line and make the one library call."""
    args = parse_args(argv)
    if args.command is None:
        raise UserError('missing subcommand.  Re-run with --help for usage.')
    args.source = snapshot_files.choose_snapshot(args.source)
    if args.command == 'info':
        from conversion import info

        print('\n'.join(info.describe_file(args.source)))
        return
    target_format = args.command[len('to-') :]
    formats.check_target(args.source, args.target, target_format, args.overwrite)

    from conversion import converter
    from dnnlib import tflib  # noqa: F401  Loads TensorFlow in silence; only now, so that --help stays instant.

    converter.convert(
        args.source,
        args.target,
        target_format,
        overwrite=args.overwrite,
        names=args.networks,
        truncation_psi=getattr(args, 'truncation_psi', 0.5),
    )


if __name__ == '__main__':
    cmdline.run(main)
