#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Find the latents with which a trained network draws given pictures."""

import functools

from dnnlib import cmdline, video_files
from dnnlib.util import UserError
from image_data import image_folders
from training import command_line, snapshot_files
from training.other_names import OTHER_NAMES

EXAMPLES = """examples:

  # How well it works: project pictures that the network itself has drawn.
  python run_projector.py project-generated-images --network=results/00000-run/network-final.pkl --seeds=0,1,5

  # The first pictures of a data set.
  python run_projector.py project-real-images --network=results/00000-run/network-final.pkl --dataset=car \\
      --data-dir=~/datasets

  # Picture files, one w per layer, with a video; then draw what was found.
  python run_projector.py project-real-images --network=results/00000-run/network-final.pkl --images photo.jpg \\
      --space=w+ --video
  python run_generator.py generate-images --network=results/00000-run/network-final.pkl \\
      --dlatents=results/00001-project-real-images/image0000.npz
"""

DISTANCES = ('lpips', 'squeezenet')  # Those of `perception.distances`, which needs TensorFlow.


def _add_common(parser):
    """Add the options of both sub-commands."""
    command_line.add_network(parser)
    _add_projection(parser)
    _add_distance(parser)
    add = functools.partial(cmdline.add_option, parser)
    add('--class N', 'class of the pictures (default: none)', cmdline.parse_not_negative_int, dest='class_index')
    add(
        '--video FORMAT',
        'save a video of target and result: mp4, gif, frames, or auto (mp4 if imageio is there, else gif)',
        dest='video_format',
        nargs='?',
        const='auto',
        choices=video_files.FORMATS,
    )
    add('--seed N', 'seed of the projector', cmdline.parse_seed, default=0)
    command_line.add_result_dir(parser)
    cmdline.add_allow_pickled_code(parser)
    command_line.add_dry_run(parser)


def _add_projection(parser):
    add = functools.partial(cmdline.add_option, parser)
    add(
        '--num-snapshots N',
        'number of pictures to save of the way',
        cmdline.up_to(10000, cmdline.parse_not_negative_int),
        default=5,
    )
    add('--steps N', 'number of optimization steps', cmdline.up_to(10**7), dest='num_steps', default=1000)
    add(
        '--space',
        'one w for all layers, or one per layer: closer, yet harder to edit',
        choices=['w', 'w+'],
        default='w',
    )


def _add_distance(parser):
    add = functools.partial(cmdline.add_option, parser)
    add(
        '--distance',
        'perceptual distance; squeezenet is a small stand-in without large weight files',
        choices=DISTANCES,
        default='lpips',
    )
    add(
        '--distance-weights FILE',
        'weights of the distance, path or URL, or "random" (default: see docs/projection.md)',
        cmdline.parse_path,
    )


def _add_generated(commands):
    parser = commands.add_parser('project-generated-images', help='pictures of the network itself')
    _add_common(parser)
    command_line.add_seeds(parser, meaning='random seeds of the pictures', default='0,1,2')
    command_line.add_truncation_psi(parser, 1.0, 'distance from the mean that the pictures keep')


def _add_real(commands):
    parser = commands.add_parser('project-real-images', help='pictures of a data set, or picture files')
    _add_common(parser)
    add = functools.partial(cmdline.add_option, parser)
    add('--data-dir DIR', 'directory of the data sets (default: none)', cmdline.parse_path)
    source = parser.add_mutually_exclusive_group(required=True)
    cmdline.add_option(
        source,
        '--dataset NAME',
        'data set below --data-dir, or a folder of pictures',
        cmdline.parse_path,
        dest='dataset_name',
    )
    cmdline.add_option(source, '--images FILE', 'picture files and folders of them', cmdline.parse_path, nargs='+')
    add('--num-images N', 'number of pictures (default: 3 of a data set, all files)', cmdline.parse_positive_int)


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input.

    Those that a library function takes have the names of its keywords, see `make_run`.
    """
    parser = cmdline.make_parser(__doc__, EXAMPLES, OTHER_NAMES)
    commands = parser.add_subparsers(dest='command', metavar='COMMAND')
    _add_generated(commands)
    _add_real(commands)
    return parser.parse_args(argv)


def make_run(args):
    """Return the name of the library function and its keywords."""
    func_name = 'editing.projection_runs.' + args.command.replace('-', '_')
    return func_name, command_line.leave_out(args, 'command', 'result_dir', 'dry_run')


@cmdline.naming_options(class_index='--class', video_format='--video', images='--images', num_images='--num-images')
def main(argv=None):
    """Parse the command line and project."""
    args = parse_args(argv)
    if args.command is None:
        raise UserError('missing subcommand.  Re-run with --help for usage.')
    args.network_pkl = snapshot_files.choose_snapshot(args.network_pkl)
    if getattr(args, 'dataset_name', None):
        args.data_dir, args.dataset_name = image_folders.find_dataset(args.data_dir, args.dataset_name)
    func_name, kwargs = make_run(args)

    from dnnlib import tflib  # noqa: F401  First, since it loads TensorFlow in silence.
    from editing import projection_runs

    projection_runs.check_inputs(**kwargs)
    command_line.launch(args, args.command, func_name, kwargs)


if __name__ == '__main__':
    cmdline.run(main)
