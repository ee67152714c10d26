# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Make and inspect data sets in TFRecord format."""

import sys

from dnnlib import cmdline
from image_data import image_commands, importer_commands, inspection_commands, repacking_commands
from image_data.exporter import TFRecordExporter  # Public here by tradition; needs no TensorFlow.
from training.other_names import OTHER_NAMES

__all__ = ['TFRecordExporter', 'main', 'parse_args']

EXAMPLES = """examples:
  python %(prog)s create_from_images ~/datasets/faces ~/pictures/faces
  python %(prog)s create_from_images ~/datasets/faces ~/pictures/mixed --crop=center --resize=256 --convert=rgb
  python %(prog)s create_from_images ~/datasets/pets ~/pictures/pets.zip --encoding=png --labels=folders
  python %(prog)s check ~/pictures/mixed
  python %(prog)s info ~/datasets/faces

type "python %(prog)s COMMAND --help" for the options of a command
"""


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, EXAMPLES, OTHER_NAMES)
    commands = parser.add_subparsers(metavar='COMMAND', dest='command')
    commands.required = True  # An argument only since Python 3.7.
    for module in (image_commands, inspection_commands, importer_commands, repacking_commands):
        module.add_commands(commands)
    argv = sys.argv[1:] if argv is None else argv
    return parser.parse_args(argv or ['--help'])


def main(argv=None):
    """Parse the command line and run the command."""
    args = parse_args(argv)
    args.func(args)


if __name__ == '__main__':
    cmdline.run(main)
