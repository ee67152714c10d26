# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Projects images one after another, and writes what the projector finds."""

import json
import time

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib import background, video_files
from dnnlib.array_files import save_arrays
from dnnlib.progress import Clock, Progress
from dnnlib.util import UserError
from editing import generation, input_images, projection
from editing.projection import Projector
from perception import distances
from training import dataset, misc, snapshots
from training.generator import make_label


def project_generated_images(network_pkl, seeds, truncation_psi=1.0, class_index=None, **settings):
    """Project images that the network itself draws, into the run directory.

    Args:
        network_pkl: Snapshot, path or URL.
        seeds: List of seeds of the images.
        truncation_psi: Distance from the mean of w that the images keep.
        class_index: Class to draw, or None.
        **settings: As for `Run`.
    """
    run = Run(network_pkl, class_index, **settings)
    for index, seed in enumerate(seeds):
        print(f'Projecting image for seed {seed} ({index}/{len(seeds)}) ...')
        image = run.generator.draw_seed(seed, run.label, truncation_psi)  # [HWC]
        run.project(image.transpose(2, 0, 1), f'seed{seed:04d}', seed=seed)


def project_real_images(
    network_pkl, dataset_name=None, data_dir=None, num_images=None, images=None, class_index=None, **settings
):
    """Project the first images of a data set, or image files, into the run directory.

    Args:
        network_pkl: Snapshot, path or URL.
        dataset_name: Directory of the data set, or None.
        data_dir: Directory that it is relative to, or None.
        num_images: Number of images; None for 3 of the data set, or all files.
        images: List of image files and folders, in place of a data set.
        class_index: Class that the images belong to, or None.
        **settings: As for `Run`.
    """
    run = Run(network_pkl, class_index, **settings)
    shape = run.generator.image_shape
    if images is not None:
        paths = input_images.find_images(images)[:num_images]
        targets = [(path, input_images.read_image(path, shape)) for path in paths]
    else:
        num_images = num_images or 3
        reals = read_dataset(dataset_name, data_dir, num_images, shape)
        targets = [(f'{dataset_name}[{index}]', image) for index, image in enumerate(reals)]
    for index, (source, image) in enumerate(targets):
        print(f'Projecting image {index}/{len(targets)} ...')
        run.project(image, f'image{index:04d}', source=source)


def read_dataset(dataset_name, data_dir, num_images, shape):
    """Return the first images of a data set, uint8 [NCHW].

    Raises:
        UserError: If they are fewer, or not of the shape [C, H, W].
    """
    with tf.Graph().as_default(), tf.Session().as_default():
        reals = dataset.load_dataset(
            data_dir=data_dir, tfrecord_dir=dataset_name, max_label_size=0, repeat=False, shuffle_mb=0, prefetch_mb=0
        )
        if list(reals.shape) != list(shape):
            raise UserError(
                f'the network makes pictures of shape {list(shape)}, the data set {dataset_name} has '
                f'{list(reals.shape)}; use another one, or give picture files with `images`, which are resized'
            )
        if reals.num_images < num_images:
            raise UserError(f'{dataset_name} has {reals.num_images} pictures, got `num_images`={num_images}')
        return reals.get_minibatch_np(num_images)[0]


class Run:
    """What all images of a run have in common.

    Args:
        network_pkl: Snapshot, path or URL.
        class_index: Class of the images, or None.
        num_snapshots: Number of images to write of the way.
        num_steps: Number of steps.
        space: 'w' or 'w+'.
        distance: Name of the distance, see `perception.distances`.
        distance_weights: Its weights, see there.
        video_format: One of `video_files.FORMATS`, or None.
        seed: Seed of everything random.
    """

    def __init__(
        self,
        network_pkl,
        class_index=None,
        num_snapshots=5,
        num_steps=1000,
        space='w',
        distance='lpips',
        distance_weights=None,
        video_format=None,
        seed=0,
    ):
        self.generator = generation.load_generator(network_pkl)
        self.label = self.generator.make_label(class_index)
        self.num_snapshots = num_snapshots
        self.video_format = None if video_format is None else video_files.choose_format(video_format)
        self.distance = distances.get_distance(distance, distance_weights)
        self.projector = Projector(self.distance)
        self.projector.num_steps = num_steps
        self.projector.space = space
        self.projector.label = self.label
        self.projector.seed = seed
        with Clock('Preparing the projector'), self.generator.activate() as Gs:
            self.projector.set_network(Gs)

    def project(self, image, prefix, **details):
        """Project one image, and write images, `.npz`, video and a line of `projection.jsonl`.

        Args:
            image: uint8 [CHW].
            prefix: Beginning of the file names.
            **details: More for the line.
        """
        start_time = time.monotonic()
        path_prefix = dnnlib.make_run_dir_path(prefix)
        targets = misc.adjust_dynamic_range(image[np.newaxis], [0, 255], [-1, 1])  # [NCHW]
        misc.save_image_grid(targets, path_prefix + '-target.png', drange=[-1, 1])
        with self.generator.activate():
            with Clock(f'Measuring {prefix}'):
                self.projector.start(targets)
                initial_distance = self.projector.get_distance()
            self._walk(targets, path_prefix)
            save_result(self.projector, path_prefix + '.npz')
            record = self._describe(targets)
        seconds = round(time.monotonic() - start_time, 1)
        record.update(name=prefix, initial_distance=initial_distance, seconds=seconds, **details)
        with open(dnnlib.make_run_dir_path('projection.jsonl'), 'a', encoding='utf-8') as file:
            file.write(json.dumps(record, sort_keys=True) + '\n')
        unlike = ', not the published LPIPS' if self.distance.marker else ''
        print(
            f'\r{prefix}: distance {initial_distance:.4f} at the mean of w, {record["final_distance"]:.4f} after '
            f'{self.projector.num_steps} steps ({self.distance.name}{unlike})      '
        )

    def _describe(self, targets):
        """Return what was done, and how near the result came, for a line of `projection.jsonl`."""
        projector = self.projector
        return {
            'distance': self.distance.name,
            'distance_sha256': self.distance.sha256,
            'comparable_with_published': not self.distance.marker,
            'final_distance': projector.get_distance(),
            'mean_absolute_error': float(np.abs(projector.get_images() - targets).mean() * 127.5),
            'num_steps': projector.num_steps,
            'space': projector.space,
            'projector_seed': projector.seed,
        }

    def _walk(self, targets, path_prefix):
        """Do all steps; write images of some and the video."""
        projector = self.projector
        snapshot_steps = set(list_snapshot_steps(projector.num_steps, self.num_snapshots))
        writer = video_files.open_video(path_prefix, self.video_format, projector.num_steps)
        progress = Progress('Projecting', projector.num_steps, 'steps')
        with progress, background.BackgroundCalls(num_threads=1) as calls:  # One thread keeps the order of frames.
            while projector.get_cur_step() < projector.num_steps:
                projector.step()
                step = projector.get_cur_step()
                progress.update(distance=projector.distances[-1])
                if writer.is_wanted(step - 1):
                    calls.submit(writer.add_frame, _make_frame(targets, projector.get_images()))
                if step in snapshot_steps:
                    path = f'{path_prefix}-step{step:04d}.png'
                    calls.submit(misc.save_image_grid, projector.get_images(), path, drange=[-1, 1])
        writer.close()


def list_snapshot_steps(num_steps, num_snapshots):
    """Return the numbers of steps after which images are written, the last one first."""
    return (num_steps - np.linspace(0, num_steps, num_snapshots, endpoint=False, dtype=int)).tolist()


def save_result(projector, path):
    """Write what a projector has found: `dlatents` [1LD], `noise0` ... and `distances` and `losses` of all steps."""
    arrays = dict(zip(projector.get_noise_names(), projector.get_noises()))
    arrays.update(dlatents=projector.get_dlatents(), distances=projector.distances, losses=projector.losses)
    with dnnlib.util.atomic_write(path) as file:
        save_arrays(file, arrays)


def _make_frame(targets, images):
    """Return both images [NCHW] side by side, uint8 [HWC]."""
    both = np.concatenate([targets[0], images[0]], axis=2)  # [CHW]
    return np.clip(np.rint((both + 1) * 127.5), 0, 255).astype(np.uint8).transpose(1, 2, 0)


def check_inputs(
    network_pkl,
    class_index=None,
    distance='lpips',
    distance_weights=None,
    video_format=None,
    dataset_name=None,
    data_dir=None,
    num_images=None,
    images=None,
    **_settings,
):
    """Raise UserError unless everything that a run needs is there; builds no network.

    Arguments are those of `project_generated_images` or `project_real_images`; what is not among them here needs no
    look.
    """
    opened = snapshots.open_snapshot(network_pkl)
    snapshot = opened.describe()
    make_label(class_index, snapshot.label_size)
    chosen = distances.get_distance(distance, distance_weights)
    chosen.check_shape(projection.compute_compared_shape(snapshot.image_shape))
    chosen.load()
    if video_format is not None:
        video_files.choose_format(video_format)
    if images is not None:
        for path in input_images.find_images(images)[:num_images]:
            input_images.read_image(path, snapshot.image_shape)
    elif dataset_name is not None:
        read_dataset(dataset_name, data_dir, num_images or 3, snapshot.image_shape)
    snapshots.keep(opened)  # For the run, which is told its name.
