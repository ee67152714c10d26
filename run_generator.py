#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Draw pictures with a trained network."""

import json
import math

import dnnlib
from dnnlib import cmdline
from dnnlib.util import UserError
from training import snapshot_files
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


def _add_common(parser, seeds=True):
    add = parser.add_argument
    add(
        '--network',
        metavar='PKL',
        type=cmdline.parse_path,
        required=True,
        help='network snapshot: path, URL or run directory',
    )
    if seeds:
        _add_seeds(parser, required=True)
    add(
        '--class',
        dest='class_index',
        metavar='INDEX',
        type=cmdline.parse_not_negative_int,
        help='class to draw, for networks that were trained with labels (default: a label of zeros)',
    )
    add(
        '--result-dir',
        metavar='DIR',
        type=cmdline.parse_path,
        default='results',
        help='root of the run directories (default: %(default)s)',
    )
    add(
        '--minibatch-size',
        metavar='N',
        type=cmdline.up_to(1 << 16),
        help='pictures to draw at a time (default: up to 32, fewer if they are large)',
    )
    cmdline.add_allow_pickled_code(parser)
    add('--dry-run', action='store_true', help='check and print the options and stop')


def _add_seeds(parser, required=False):
    parser.add_argument(
        '--seeds', metavar='LIST', type=cmdline.parse_seeds, required=required, help='random seeds, e.g. 1,2,5-8'
    )


def _add_psi(parser):
    parser.add_argument(
        '--truncation-psi',
        metavar='FLOAT',
        type=cmdline.parse_float,
        default=0.5,
        help='distance from the mean that is kept: 1 all, 0 none (default: %(default)s)',
    )


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, EXAMPLES, OTHER_NAMES)
    commands = parser.add_subparsers(dest='command', metavar='COMMAND')

    images = commands.add_parser('generate-images', help='one picture per seed', allow_abbrev=False)
    source = images.add_mutually_exclusive_group(required=True)
    _add_seeds(source)
    source.add_argument(
        '--dlatents',
        metavar='NPZ',
        type=cmdline.parse_path,
        help='intermediate latents instead of seeds, as run_projector.py saves them',
    )
    _add_common(images, seeds=False)
    _add_psi(images)
    images.add_argument(
        '--truncation-cutoff',
        metavar='LAYERS',
        type=cmdline.parse_not_negative_int,
        help='number of first layers that are truncated (default: what the network has, usually all)',
    )
    images.add_argument(
        '--grid',
        metavar='BOOL',
        type=cmdline.parse_bool,
        default=False,
        help='also write all of them as grid.png (default: no)',
    )

    mixing = commands.add_parser('style-mixing-example', help='table of mixed styles', allow_abbrev=False)
    _add_common(mixing, seeds=False)
    _add_psi(mixing)
    add = mixing.add_argument
    add('--row-seeds', metavar='LIST', type=cmdline.parse_seeds, required=True, help='random seeds of the rows')
    add('--col-seeds', metavar='LIST', type=cmdline.parse_seeds, required=True, help='random seeds of the columns')
    add(
        '--col-styles',
        metavar='LIST',
        type=cmdline.parse_int_list,
        help='layers taken from the column (default: the first 40 %%, which are 0-6 at 1024x1024 pixels)',
    )

    sweep = commands.add_parser('truncation-sweep', help='table of seeds and truncation psi', allow_abbrev=False)
    _add_common(sweep)
    sweep.add_argument(
        '--psis',
        metavar='LIST',
        type=cmdline.parse_float_list,
        default='0,0.25,0.5,0.75,1',
        help='truncation psi of the columns (default: %(default)s)',
    )
    return parser.parse_args(argv)


def make_run(args):
    """Return the name of the library function and its keywords."""
    kwargs = {'network_pkl': args.network, 'minibatch_size': args.minibatch_size}
    if args.command == 'generate-images' and args.dlatents:
        kwargs.update(dlatents_npz=args.dlatents, grid=args.grid)
        return 'editing.generation.generate_from_dlatents', kwargs
    kwargs['class_index'] = args.class_index
    if args.command == 'generate-images':
        kwargs.update(seeds=args.seeds, grid=args.grid)
        kwargs.update(truncation_psi=args.truncation_psi, truncation_cutoff=args.truncation_cutoff)
        return 'editing.generation.generate_images', kwargs
    if args.command == 'truncation-sweep':
        kwargs.update(seeds=args.seeds, truncation_psis=args.psis)
        return 'editing.generation.truncation_sweep', kwargs
    kwargs.update(row_seeds=args.row_seeds, col_seeds=args.col_seeds)
    kwargs.update(col_styles=args.col_styles, truncation_psi=args.truncation_psi)
    return 'editing.style_mixing.style_mixing_example', kwargs


def check_inputs(args):
    """Raise UserError unless the snapshot is one, and has the layers and the class that are asked for."""
    from dnnlib import tflib  # noqa: F401  First, since it loads TensorFlow in silence.
    from editing import generation
    from training import misc, snapshots

    opened = snapshots.open_snapshot(args.network)
    snapshot = opened.describe()
    generation.make_label(args.class_index, snapshot.label_size)
    if args.command == 'generate-images' and args.dlatents:
        generation.read_dlatents(args.dlatents, snapshot.num_layers)
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
        return len(args.psis), len(args.seeds)
    num_images = len(args.seeds or []) if args.grid else 0
    columns = math.ceil(math.sqrt(num_images))
    return columns, columns


def main(argv=None):
    """Parse the command line and draw."""
    args = parse_args(argv)
    if args.command is None:
        raise UserError('missing subcommand.  Re-run with --help for usage.')
    args.network = snapshot_files.choose_snapshot(args.network)
    check_inputs(args)
    func_name, kwargs = make_run(args)
    if args.dry_run:
        options = {'run_desc': args.command, 'run_func_name': func_name, 'run_func_kwargs': kwargs}
        print(json.dumps(options, indent=2, sort_keys=True))
        return

    submit_config = dnnlib.SubmitConfig()
    submit_config.run_dir_root = args.result_dir
    submit_config.run_desc = args.command
    dnnlib.submit_run(submit_config, func_name, **kwargs)


if __name__ == '__main__':
    cmdline.run(main)
