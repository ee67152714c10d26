#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Find the latents with which a trained network draws given pictures."""

import json

import dnnlib
from dnnlib import cmdline
from dnnlib.util import UserError
from image_data import image_folders
from training import snapshot_files
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

DISTANCES = ('lpips', 'squeezenet')
VIDEO_FORMATS = ('auto', 'mp4', 'gif', 'frames')


def _add_common(parser):
    add = parser.add_argument
    add(
        '--network',
        metavar='PKL',
        type=cmdline.parse_path,
        required=True,
        help='network snapshot: path, URL or run directory',
    )
    add(
        '--num-snapshots',
        metavar='N',
        type=cmdline.up_to(10000, cmdline.parse_not_negative_int),
        default=5,
        help='number of pictures to save of the way (default: %(default)s)',
    )
    add(
        '--steps',
        metavar='N',
        type=cmdline.up_to(10**7),
        default=1000,
        help='number of optimization steps (default: %(default)s)',
    )
    add(
        '--space',
        choices=['w', 'w+'],
        default='w',
        help='one w for all layers, or one per layer: closer, yet harder to edit (default: %(default)s)',
    )
    add(
        '--distance',
        choices=DISTANCES,
        default='lpips',
        help='perceptual distance; squeezenet is a small stand-in without large weight files (default: %(default)s)',
    )
    add(
        '--distance-weights',
        metavar='FILE',
        type=cmdline.parse_path,
        help='weights of the distance, path or URL, or "random" (default: see docs/projection.md)',
    )
    add(
        '--class',
        metavar='N',
        dest='class_index',
        type=cmdline.parse_not_negative_int,
        help='class of the pictures (default: none)',
    )
    add(
        '--video',
        metavar='FORMAT',
        nargs='?',
        const='auto',
        choices=VIDEO_FORMATS,
        help='save a video of target and result: mp4, gif, frames, or auto (mp4 if imageio is there, else gif)',
    )
    add('--seed', metavar='N', type=cmdline.parse_seed, default=0, help='seed of the projector (default: %(default)s)')
    add(
        '--result-dir',
        metavar='DIR',
        type=cmdline.parse_path,
        default='results',
        help='root of the run directories (default: %(default)s)',
    )
    cmdline.add_allow_pickled_code(parser)
    add('--dry-run', action='store_true', help='check and print the options and stop')


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, EXAMPLES, OTHER_NAMES)
    commands = parser.add_subparsers(dest='command', metavar='COMMAND')

    generated = commands.add_parser('project-generated-images', help='pictures of the network itself')
    _add_common(generated)
    add = generated.add_argument
    add(
        '--seeds',
        metavar='LIST',
        type=cmdline.parse_seeds,
        default='0,1,2',
        help='random seeds of the pictures (default: %(default)s)',
    )
    add(
        '--truncation-psi',
        metavar='FLOAT',
        type=cmdline.parse_float,
        default=1.0,
        help='distance from the mean that the pictures keep (default: %(default)s)',
    )

    real = commands.add_parser('project-real-images', help='pictures of a data set, or picture files')
    _add_common(real)
    add = real.add_argument
    add('--data-dir', metavar='DIR', type=cmdline.parse_path, help='directory of the data sets (default: none)')
    source = real.add_mutually_exclusive_group(required=True)
    source.add_argument(
        '--dataset', metavar='NAME', type=cmdline.parse_path, help='data set below --data-dir, or a folder of pictures'
    )
    source.add_argument(
        '--images', metavar='FILE', nargs='+', type=cmdline.parse_path, help='picture files and folders of them'
    )
    add(
        '--num-images',
        metavar='N',
        type=cmdline.parse_positive_int,
        help='number of pictures (default: 3 of a data set, all files)',
    )
    return parser.parse_args(argv)


def make_run(args):
    """Return the name of the library function and its keywords."""
    kwargs = {
        'network_pkl': args.network,
        'class_index': args.class_index,
        'num_snapshots': args.num_snapshots,
        'num_steps': args.steps,
        'space': args.space,
        'distance': args.distance,
        'distance_weights': args.distance_weights,
        'video_format': args.video,
        'seed': args.seed,
    }
    if args.command == 'project-generated-images':
        kwargs.update(seeds=args.seeds, truncation_psi=args.truncation_psi)
        return 'editing.projecting.project_generated_images', kwargs
    kwargs.update(get_targets(args))
    return 'editing.projecting.project_real_images', kwargs


def get_targets(args):
    """Return those keywords that tell where given pictures are."""
    if args.command == 'project-generated-images':
        return {}
    return {
        'dataset_name': args.dataset,
        'data_dir': args.data_dir,
        'num_images': args.num_images,
        'images': args.images,
    }


def main(argv=None):
    """Parse the command line and project."""
    args = parse_args(argv)
    if args.command is None:
        raise UserError('missing subcommand.  Re-run with --help for usage.')
    args.network = snapshot_files.choose_snapshot(args.network)
    if getattr(args, 'dataset', None):
        args.data_dir, args.dataset = image_folders.find_dataset(args.data_dir, args.dataset)
    func_name, kwargs = make_run(args)

    from dnnlib import tflib  # noqa: F401  First, since it loads TensorFlow in silence.
    from editing import projecting

    projecting.check_inputs(
        args.network, args.class_index, args.distance, args.distance_weights, args.video, get_targets(args)
    )
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
