# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The options of run_training.py, in groups; needs no TensorFlow."""

import functools

from dnnlib import cmdline
from training import command_line, configs, parts
from training.augmentation import pipes

# More than any machine has or any network needs: such numbers are slips, and fill the memory before anything is said.
MAX_MINIBATCH = 1 << 16
MAX_WIDTH = 1 << 13
MAX_KIMG = 10**9


def add_all(parser, metric_names):
    """Add all of them to a parser.

    Args:
        parser: The parser.
        metric_names: Names of the metrics that there are.
    """
    _add_official_options(parser, metric_names)
    _add_size_options(parser)
    _add_augmentation_options(parser)
    _add_transfer_options(parser)
    _add_run_options(parser)
    cmdline.add_allow_pickled_code(parser)
    command_line.add_dry_run(parser)


def _add_official_options(parser, metric_names):
    """Add the options that the official script has, under the same names."""
    add = functools.partial(cmdline.add_option, parser)
    command_line.add_result_dir(parser)
    command_line.add_dataset(parser)
    add('--config --cfg CONFIG', 'training configuration: %(choices)s', choices=configs.NAMES, default='config-f')
    command_line.add_num_gpus(parser)
    add(
        '--total-kimg --kimg KIMG',
        'length of the training in thousands of images (default: 25000, in cifar and cifarbaseline 100000)',
        cmdline.up_to(MAX_KIMG, cmdline.parse_positive_float),
    )
    add(
        '--gamma FLOAT',
        'R1 regularization weight (default: 100 in config-e, 10 in config-a to f, else by configuration)',
        cmdline.parse_not_negative,
    )
    add('--mirror-augment --mirror BOOL', 'flip half of the pictures (default: no)', cmdline.parse_bool, default=False)
    add(
        '--metrics LIST',
        f'metrics of snapshots, of {", ".join(sorted(metric_names))}; or none',
        cmdline.parse_name_list,
        default='fid50k',
    )
    add('--metricdata DIR', 'data set that metrics compare with (default: that of the training)', cmdline.parse_path)


def _add_size_options(parser):
    """Add the options that make networks and minibatches fit the machine."""
    add = functools.partial(cmdline.add_option, parser)
    add('--res N', 'size at which to train, if smaller than that of the images', cmdline.parse_positive_int)
    add(
        '--minibatch-size N',
        'pictures per training step, at every resolution (default: 32 in config-a to f, in a to d more while growing)',
        cmdline.up_to(MAX_MINIBATCH),
    )
    add(
        '--minibatch-gpu N',
        'pictures that a GPU handles at a time, at every resolution; less needs less memory; auto for as many as fit '
        '(default: 4 in config-a to f, in a to d more while growing)',
        cmdline.or_word(cmdline.up_to(MAX_MINIBATCH), 'auto'),
    )
    add(
        '--fmap-base N',
        'width of the networks (default: that of the configuration)',
        cmdline.up_to(1 << 20),
    )
    add('--fmap-max N', 'largest number of feature maps (default: 512)', cmdline.up_to(MAX_WIDTH))
    add('--latent-size N', 'size of latents and width of the mapping network (default: 512)', cmdline.up_to(MAX_WIDTH))
    add('--mapping-layers N', 'depth of the mapping network (default: 8, in auto and cifar 2)', cmdline.up_to(100))
    add(
        '--dcap FLOAT',
        'factor of the width of the discriminator',
        cmdline.up_to(MAX_WIDTH, cmdline.parse_positive_float),
    )
    add(
        '--mixed-precision BOOL',
        'compute the four highest resolutions in float16 on GPUs (default: no in config-a to f, else yes)',
        cmdline.parse_bool,
    )


def _add_augmentation_options(parser):
    """Add the options of augmentation, under the names of StyleGAN2-ADA."""
    add = functools.partial(cmdline.add_option, parser)
    add(
        '--aug MODE',
        'augmentation of what the discriminator sees, for less than 30,000 images: noaug; ada, as strong as the images '
        'call for; or fixed, with --p (default: noaug in config-a to f, else ada)',
        choices=['noaug', 'ada', 'fixed'],
    )
    strength = cmdline.up_to(1, cmdline.parse_not_negative)
    add('--p FLOAT', 'strength of --aug=fixed, 0 to 1', strength)
    add('--target FLOAT', 'value of r_t that --aug=ada keeps to, 0 to 1; less augments more (default: 0.6)', strength)
    add('--augpipe PIPE', 'augmentations: %(choices)s (default: bgc)', choices=list(pipes.PIPES))
    add('--p-max FLOAT', 'largest strength of --aug=ada (default: 1)', strength)


def _add_transfer_options(parser):
    """Add the options of what a training begins with, and of what it leaves as it is."""
    add = functools.partial(cmdline.add_option, parser)
    add(
        '--resume-pkl PKL',
        'snapshot whose weights a new run begins with, also of other images, labels or sizes: path, URL, run directory '
        '(its newest), or latest for the newest below result-dir with this data set and configuration',
        cmdline.parse_path,
    )
    add(
        '--resume-kimg KIMG',
        'position at which the new run begins (default: from the name of the snapshot)',
        cmdline.parse_not_negative,
    )
    add('--strict', 'refuse a snapshot of other images, labels or sizes instead of adapting it', action='store_true')
    add('--freezed N', 'layers of the discriminator to freeze, from the images on', cmdline.parse_not_negative_int)
    add('--freezed-blocks N', 'the same in blocks, one for each size of images', cmdline.parse_not_negative_int)
    add('--freezeg N', 'blocks of the generator to freeze, from 4x4 on', cmdline.parse_not_negative_int)
    add(
        '--train-g PART',
        'what of the generator to train: %(choices)s (default: all)',
        choices=list(parts.TRAINED_PARTS),
    )
    add(
        '--lrate-mult LIST',
        f'factors of the learning rate for parts, e.g. mapping:0.1,D:0.5; parts are {", ".join(parts.PARTS)}',
        cmdline.parse_factors_of(parts.PARTS),
    )
    add('--l2sp-g FLOAT', 'weight of the distance of G from that of the snapshot', cmdline.parse_not_negative)
    add('--l2sp-d FLOAT', 'the same for D', cmdline.parse_not_negative)
    add('--distill-d FLOAT', 'weight of the distance of features of D from those before', cmdline.parse_not_negative)


def _add_run_options(parser):
    """Add the options of learning, of reports and of resuming."""
    add = functools.partial(cmdline.add_option, parser)
    add(
        '--lrate FLOAT',
        'learning rate, at every resolution (default: 0.002 in config-e and f, 0.001 to 0.003 in a to d)',
        cmdline.up_to(1, cmdline.parse_positive_float),
    )
    add(
        '--ema-kimg KIMG',
        'half-life of the generator that is averaged (default: 10 in config-a to f)',
        cmdline.parse_not_negative,
    )
    add('--cond BOOL', 'use the labels of the data set (default: no)', cmdline.parse_bool)
    add('--seed N', 'random seed', cmdline.parse_seed, default=1000)
    add(
        '--kimg-per-tick KIMG',
        'thousands of pictures between status lines, at every resolution (default: by resolution)',
        cmdline.parse_positive_float,
    )
    add('--snapshot-ticks --snap N', 'status lines between snapshots', cmdline.parse_positive_int, default=10)
    add('--grid-size SIZE', 'size of the picture grids: 1080p, 4k, 8k or e.g. 6x4', default='8k')
    add(
        '--snapshot-kimg KIMG',
        'thousands of pictures between snapshots, in place of --snapshot-ticks',
        cmdline.parse_positive_float,
    )
    add(
        '--state-minutes MIN',
        'minutes between states, from which a run goes on that was killed',
        cmdline.parse_not_negative,
        default=10,
    )
    add(
        '--keep WHICH',
        'snapshots to keep: all; N, the newest; or best, the newest and, as network-best.pkl, the best by the first of '
        '--metrics',
        cmdline.or_word(cmdline.parse_positive_int, 'all', 'best'),
        default='all',
    )
    add(
        '--resume WHICH',
        'run to go on exactly: run directory, latest for the newest below result-dir with this data set and '
        'configuration, or auto for the same or, if there is none, a new run; a snapshot means its run, or without a '
        'state beside it --resume-pkl',
        cmdline.parse_path,
    )
