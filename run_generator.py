#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Draw pictures with a trained network."""

import functools
import math

from dnnlib import cmdline
from dnnlib.util import UserError
from training import command_line, snapshot_files
from training.other_names import OTHER_NAMES

EXAMPLES = """examples:

  # Pictures of the seeds 6600 to 6625.
  python run_generator.py generate-images --network=results/00000-run/network-final.pkl --seeds=6600-6625 \\
      --truncation-psi=0.5

  # Mix the styles of rows and columns.
  python run_generator.py style-mixing-example --network=results/00000-run/network-final.pkl \\
      --row-seeds=85,100,75 --col-seeds=55,821,1789 --truncation-psi=1.0

  # What truncation does: a row per seed, a column per psi.
  python run_generator.py truncation-sweep --network=results/00000-run/network-final.pkl --seeds=1-4
"""

PSI_MEANING = 'distance from the mean that is kept: 1 all, 0 none'


def _add_common(parser):
    """Add the options of all sub-commands, but for what they draw."""
    add = functools.partial(cmdline.add_option, parser)
    add(
        '--class INDEX',
        'class to draw, for networks that were trained with labels (default: a label of zeros)',
        cmdline.parse_not_negative_int,
        dest='class_index',
    )
    command_line.add_result_dir(parser)
    add(
        '--minibatch-size N',
        'pictures to draw at a time (default: up to 32, fewer if they are large)',
        cmdline.up_to(1 << 16),
    )
    cmdline.add_allow_pickled_code(parser)
    command_line.add_dry_run(parser)


def _add_images(commands):
    parser = commands.add_parser('generate-images', help='one picture per seed', allow_abbrev=False)
    source = parser.add_mutually_exclusive_group(required=True)
    command_line.add_seeds(source)
    cmdline.add_option(
        source,
        '--dlatents NPZ',
        'intermediate latents instead of seeds, as run_projector.py saves them',
        cmdline.parse_path,
        dest='dlatents_npz',
    )
    command_line.add_network(parser)
    _add_common(parser)
    command_line.add_truncation_psi(parser, 0.5, PSI_MEANING)
    cmdline.add_option(
        parser,
        '--truncation-cutoff LAYERS',
        'number of first layers that are truncated (default: what the network has, usually all)',
        cmdline.parse_not_negative_int,
    )
    cmdline.add_option(
        parser, '--grid BOOL', 'also write all of them as grid.png (default: no)', cmdline.parse_bool, default=False
    )


def _add_mixing(commands):
    parser = commands.add_parser('style-mixing-example', help='table of mixed styles', allow_abbrev=False)
    command_line.add_network(parser)
    _add_common(parser)
    command_line.add_truncation_psi(parser, 0.5, PSI_MEANING)
    command_line.add_seeds(parser, '--row-seeds', 'random seeds of the rows', required=True)
    command_line.add_seeds(parser, '--col-seeds', 'random seeds of the columns', required=True)
    cmdline.add_option(
        parser,
        '--col-styles LIST',
        'layers taken from the column (default: the first 40 %%, which are 0-6 at 1024x1024 pixels)',
        cmdline.parse_int_list,
    )


def _add_sweep(commands):
    parser = commands.add_parser('truncation-sweep', help='table of seeds and truncation psi', allow_abbrev=False)
    command_line.add_network(parser)
    command_line.add_seeds(parser, required=True)
    _add_common(parser)
    cmdline.add_option(
        parser,
        '--psis LIST',
        'truncation psi of the columns',
        cmdline.parse_float_list,
        dest='truncation_psis',
        default='0,0.25,0.5,0.75,1',
    )


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input.

    Those that a library function takes have the names of its keywords, see `make_run`.
    """
    parser = cmdline.make_parser(__doc__, EXAMPLES, OTHER_NAMES)
    commands = parser.add_subparsers(dest='command', metavar='COMMAND')
    for add_command in (_add_images, _add_mixing, _add_sweep):
        add_command(commands)
    return parser.parse_args(argv)


def make_run(args):
    """Return the name of the library function and its keywords."""
    if _draws_dlatents(args):
        names = ['network_pkl', 'dlatents_npz', 'grid', 'minibatch_size']
        return 'editing.generation.generate_from_dlatents', {name: getattr(args, name) for name in names}
    func_name = {
        'generate-images': 'editing.generation.generate_images',
        'truncation-sweep': 'editing.generation.truncation_sweep',
        'style-mixing-example': 'editing.style_mixing.style_mixing_example',
    }[args.command]
    return func_name, command_line.leave_out(args, 'command', 'dlatents_npz', 'result_dir', 'dry_run')


def _draws_dlatents(args):
    return args.command == 'generate-images' and args.dlatents_npz is not None


def check_inputs(args):
    """Raise UserError unless the snapshot is one, and has the layers and the class that are asked for."""
    from dnnlib import tflib  # noqa: F401  First, since it loads TensorFlow in silence.
    from editing import generation
    from training import generator, misc, snapshots

    opened = snapshots.open_snapshot(args.network_pkl)
    snapshot = opened.describe()
    generator.make_label(args.class_index, snapshot.label_size)
    if _draws_dlatents(args):
        generation.read_dlatents(args.dlatents_npz, snapshot.num_layers)
    if args.command == 'generate-images' and (args.truncation_cutoff or 0) > snapshot.num_layers:
        raise UserError(
            f'--truncation-cutoff must be within 0-{snapshot.num_layers} for this network, got {args.truncation_cutoff}'
        )
    if args.command == 'style-mixing-example' and args.col_styles:
        from editing import style_mixing

        style_mixing.check_col_styles(args.col_styles, snapshot.num_layers)
    misc.check_grid(*find_grid_size(args), *snapshot.image_shape[:0:-1])
    snapshots.keep(opened)  # For the run, which is told its name.


def find_grid_size(args):
    """Return columns and rows of the picture that shows all others, 0 if there is none."""
    if args.command == 'style-mixing-example':
        return len(args.col_seeds) + 1, len(args.row_seeds) + 1
    if args.command == 'truncation-sweep':
        return len(args.truncation_psis), len(args.seeds)
    num_images = len(args.seeds or []) if args.grid else 0
    columns = math.ceil(math.sqrt(num_images))
    return columns, columns


@cmdline.naming_options(class_index='--class', dlatents_npz='--dlatents', col_styles='--col-styles')
def main(argv=None):
    """Parse the command line and draw."""
    args = parse_args(argv)
    if args.command is None:
        raise UserError('missing subcommand.  Re-run with --help for usage.')
    args.network_pkl = snapshot_files.choose_snapshot(args.network_pkl)
    check_inputs(args)
    command_line.launch(args, args.command, *make_run(args))


if __name__ == '__main__':
    cmdline.run(main)
