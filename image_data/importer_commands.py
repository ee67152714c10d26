# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The sub-commands of `dataset_tool.py` that import published data sets, and those for HDF5 archives."""

import functools

from dnnlib import cmdline, util
from dnnlib.progress import Progress
from image_data.command_line import (
    MAX_SIZE_PX,
    add_command,
    add_overwrite_option,
    add_progress_option,
    add_workers_option,
    parse_data_path,
    parse_size,
)

TARGET = ('tfrecord_dir', 'data set directory to make')
MAX_DIGIT_IMAGES = 10**8  # They take half a terabyte.
ARCHIVE = ('hdf5_filename', 'HDF5 archive to make')


def add_commands(commands):
    """Add the sub-commands to the sub-parsers of `dataset_tool.py`."""
    _add_mnist(commands)
    _add_cifar_and_svhn(commands)
    _add_lsun(commands)
    _add_celeba(commands)
    _add_hdf5(commands)
    _add_brecahad(commands)


# ----------------------------------------------------------------------------
# Options.


def _add_importer(commands, name, func, summary, folder, meaning):
    """Add a command that makes a data set of a folder; return the function that adds options."""
    add = add_command(commands, name, func, summary, TARGET, (folder, meaning))
    add_overwrite_option(add)
    add_progress_option(add)
    return add


def _add_partial_option(add, num_images):
    add('--allow_partial', f'accept another number of images than the official {num_images}', action='store_true')


def _add_mnist(commands):
    meaning = 'folder with train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz'
    add = _add_importer(
        commands, 'create_mnist', create_mnist, 'make a data set of MNIST, with labels', 'mnist_dir', meaning
    )
    _add_partial_option(add, 60000)
    add = _add_importer(
        commands,
        'create_mnistrgb',
        create_mnistrgb,
        'make a data set with a random digit of MNIST in each colour channel, without labels',
        'mnist_dir',
        meaning,
    )
    add('--num_images N', 'number of images to make', cmdline.up_to(MAX_DIGIT_IMAGES), default=1000000)
    add('--random_seed SEED', 'seed of the choice of digits', cmdline.parse_seed, default=123)
    _add_partial_option(add, 60000)


def _add_cifar_and_svhn(commands):
    for name, func, title, folder, meaning, num_images in (
        ('create_cifar10', create_cifar10, 'CIFAR-10', 'cifar10_dir', 'data_batch_1 to data_batch_5', 50000),
        ('create_cifar100', create_cifar100, 'CIFAR-100', 'cifar100_dir', 'the file train', 50000),
        ('create_svhn', create_svhn, 'SVHN', 'svhn_dir', 'train_1.pkl to train_3.pkl, or train_32x32.mat', 73257),
    ):
        summary = f'make a data set of {title}, with labels'
        add = _add_importer(commands, name, func, summary, folder, f'folder with {meaning}')
        add('--ignore_labels BOOL', 'leave out the labels (default: 0)', cmdline.parse_bool, default=False)
        _add_partial_option(add, num_images)


def _add_lsun(commands):
    meaning = 'LMDB directory of a class'
    max_images_help = 'stop after N images (default: use all)'
    add = _add_importer(
        commands,
        'create_lsun',
        create_lsun,
        'make a data set of the middle squares of a class of LSUN, without labels',
        'lmdb_dir',
        meaning,
    )
    add('--resolution N', 'width and height of the images', parse_size, default=256)
    add('--max_images N', max_images_help, cmdline.parse_positive_int)
    add_workers_option(add)

    add = _add_importer(
        commands,
        'create_lsun_wide',
        create_lsun_wide,
        'make a data set of a class of LSUN as wide images on black squares, without labels; smaller ones are left out',
        'lmdb_dir',
        meaning,
    )
    add('--width N', 'width of the images and side of the square', parse_size, default=512)
    add('--height N', 'height of the images', cmdline.up_to(MAX_SIZE_PX), default=384)
    add('--max_images N', max_images_help, cmdline.parse_positive_int)
    add(
        '--keep_aspect',
        'do not distort pictures that are wider than --width (default: as the official tool does, which the '
        'published results for LSUN Car need)',
        action='store_true',
    )
    add_workers_option(add)


def _add_celeba(commands):
    add = _add_importer(
        commands,
        'create_celeba',
        create_celeba,
        'make a data set of 128x128 pixels of CelebA, without labels',
        'celeba_dir',
        'folder with the sub-folder img_align_celeba_png',
    )
    for name, default, meaning in (('--cx', 89, 'column'), ('--cy', 121, 'row')):
        add(f'{name} PX', f'{meaning} of the middle', cmdline.parse_positive_int, default=default)
    _add_partial_option(add, 202599)
    add_workers_option(add)


def _add_hdf5(commands):
    add = _add_importer(
        commands,
        'create_from_hdf5',
        create_from_hdf5,
        'make a data set of an HDF5 archive of Progressive GAN',
        'hdf5_filename',
        'archive; labels are in <name>-labels.npy beside it, if any',
    )
    add('--shuffle BOOL', 'shuffle the images (default: 1)', cmdline.parse_bool, default=True)

    for name, func, summary, source in (
        (
            'convert_to_hdf5',
            convert_to_hdf5,
            'make an HDF5 archive of a data set',
            ('tfrecord_dir', 'data set directory', parse_data_path),
        ),
        (
            'hdf5_from_images',
            hdf5_from_images,
            'make an HDF5 archive of a folder of pictures',
            ('image_dir', 'folder or zip archive of pictures'),
        ),
    ):
        add = add_command(commands, name, func, summary, ARCHIVE, source)
        add('--compress BOOL', 'compress it (default: 0)', cmdline.parse_bool, default=False)
        add_overwrite_option(add, 'archive')
        add_progress_option(add)


def _add_brecahad(commands):
    add = add_command(
        commands,
        'extract_brecahad_crops',
        extract_brecahad_crops,
        'cut the pictures of BreCaHAD into squares, a folder of PNG files for create_from_images',
    )
    add('--brecahad_dir DIR', 'folder with the .tif pictures', cmdline.parse_path, required=True)
    add('--output_dir DIR', 'folder to make', cmdline.parse_path, required=True)
    add(
        '--cropsize',
        'width and height of the squares; those of 512 overlap by a half',
        type=int,
        choices=[256, 512],
        default=256,
    )
    add_progress_option(add)


# ----------------------------------------------------------------------------
# Commands.


def _write(args, source, write):
    """Say what is made of what, and make it with a function that takes a progress function."""
    print(f'Loading {source}')
    print(f'Creating dataset "{args.tfrecord_dir}"')
    with Progress('Writing', args.progress) as progress:
        count = write(progress=progress)
    print(f'Added {count} images.')


def _write_arrays(args, title, folder, read, num_classes):
    """Make a data set of images and classes in memory."""
    from image_data import exporter
    from image_data.importers import sources

    exporter.check_target(args.tfrecord_dir, args.overwrite)
    pixels, labels = read(folder, args.allow_partial)
    is_labelled = not getattr(args, 'ignore_labels', False)
    labels = sources.make_one_hot(labels, num_classes) if is_labelled else None
    write = functools.partial(sources.write_arrays, args.tfrecord_dir, pixels, labels, overwrite=args.overwrite)
    _write(args, f'{title} from "{folder}"', write)


def create_mnist(args):
    """Import MNIST."""
    from image_data.importers import mnist

    _write_arrays(args, 'MNIST', args.mnist_dir, mnist.read_mnist, mnist.NUM_CLASSES)


def create_mnistrgb(args):
    """Combine digits of MNIST."""
    from image_data import exporter
    from image_data.importers import mnist

    exporter.check_target(args.tfrecord_dir, args.overwrite)
    digits, _ = mnist.read_mnist(args.mnist_dir, args.allow_partial)
    write = functools.partial(
        mnist.write_mnistrgb, args.tfrecord_dir, digits, args.num_images, args.random_seed, args.overwrite
    )
    _write(args, f'MNIST from "{args.mnist_dir}"', write)


def create_cifar10(args):
    """Import CIFAR-10."""
    from image_data.importers import cifar

    _write_arrays(args, 'CIFAR-10', args.cifar10_dir, cifar.read_cifar10, 10)


def create_cifar100(args):
    """Import CIFAR-100."""
    from image_data.importers import cifar

    _write_arrays(args, 'CIFAR-100', args.cifar100_dir, cifar.read_cifar100, 100)


def create_svhn(args):
    """Import SVHN."""
    from image_data.importers import svhn

    _write_arrays(args, 'SVHN', args.svhn_dir, svhn.read_svhn, svhn.NUM_CLASSES)


def create_lsun(args):
    """Import squares of a class of LSUN."""
    from image_data.importers import lsun

    convert = functools.partial(lsun.crop_square, resolution=args.resolution)
    _write_lsun(args, convert, args.resolution, may_skip=False)


def create_lsun_wide(args):
    """Import wide images of a class of LSUN."""
    from image_data.importers import lsun

    if args.height > args.width:
        raise util.UserError(f'--height must be at most --width, got {args.height} and {args.width}')
    convert = functools.partial(lsun.crop_wide, width=args.width, height=args.height, keep_aspect=args.keep_aspect)
    _write_lsun(args, convert, args.width, may_skip=True)


def _write_lsun(args, convert, size, may_skip):
    from image_data import exporter
    from image_data.importers import lsun

    exporter.check_target(args.tfrecord_dir, args.overwrite)
    print(f'Loading LSUN dataset from "{args.lmdb_dir}"')
    print(f'Creating dataset "{args.tfrecord_dir}"')
    with Progress('Reading', args.progress) as progress:
        outcome = lsun.write_lsun(
            args.tfrecord_dir,
            args.lmdb_dir,
            convert,
            (3, size, size),
            args.max_images,
            args.workers,
            args.overwrite,
            may_skip,
            progress,
        )
    if outcome.problems:
        print(f'Left out {len(outcome.problems)} that cannot be decoded: {util.abridge(outcome.problems)}')
    print(f'Added {outcome.num_kept} images out of {outcome.num_seen}.')


def create_celeba(args):
    """Import CelebA."""
    from image_data import exporter
    from image_data.importers import celeba

    exporter.check_target(args.tfrecord_dir, args.overwrite)
    celeba.check_center(args.cx, args.cy)
    paths = celeba.list_images(args.celeba_dir, args.allow_partial)
    write = functools.partial(
        celeba.write_celeba, args.tfrecord_dir, paths, args.cx, args.cy, args.workers, args.overwrite
    )
    _write(args, f'CelebA from "{args.celeba_dir}"', write)


def create_from_hdf5(args):
    """Import an archive."""
    from image_data import exporter
    from image_data.importers import hdf5

    exporter.check_target(args.tfrecord_dir, args.overwrite)
    write = functools.partial(hdf5.write_dataset, args.tfrecord_dir, args.hdf5_filename, args.shuffle, args.overwrite)
    _write(args, f'HDF5 archive from "{args.hdf5_filename}"', write)


def convert_to_hdf5(args):
    """Make an archive of a data set."""
    from image_data.importers import hdf5

    _write_archive(args, hdf5.convert_dataset, args.tfrecord_dir)


def hdf5_from_images(args):
    """Make an archive of images."""
    from image_data.importers import hdf5

    _write_archive(args, hdf5.convert_images, args.image_dir)


def _write_archive(args, convert, source):
    print(f'Creating HDF5 archive "{args.hdf5_filename}" from "{source}"')
    with Progress('Writing', args.progress) as progress:
        count = convert(args.hdf5_filename, source, args.compress, args.overwrite, progress)
    print(f'Added {count} images.')


def extract_brecahad_crops(args):
    """Cut images into squares."""
    from image_data.importers import brecahad

    print(f'Extracting crops from "{args.brecahad_dir}"')
    paths = brecahad.list_images(args.brecahad_dir)
    with Progress('Cutting', args.progress) as progress:
        count = brecahad.extract_crops(paths, args.output_dir, args.cropsize, progress)
    print(f'Saved {count} crops of {args.cropsize}x{args.cropsize} pixels to "{args.output_dir}"')
