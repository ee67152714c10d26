# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What all metrics share: running them on a snapshot, images to compare, and reports."""

import datetime
import json
import math
import os
import platform
import time
import warnings

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib
import dnnlib.tflib as tflib
from dnnlib import disk_space, files
from dnnlib.progress import NamedProgress
from dnnlib.tflib import compat
from dnnlib.util import UserError
from metrics import real_statistics
from training import dataset, snapshots
from training.generator import Generator

# How data sets are read here: in the order of the file, over and over. What a training says about that has no effect.
_READING = {'shuffle_mb': 0, 'repeat': True, 'prefetch_mb': 32}
_WITHOUT_EFFECT = set(_READING) | {'seed', 'buffer_mb', 'num_threads', 'verbose', 'label_file', 'max_label_size'}


class UndefinedResultError(Exception):
    """A metric has no value, because what the generator draws is no image; the message says so."""


class MetricBase:
    """A metric; derived classes implement `_evaluate`.

    Attributes:
        suffixes: What follows the name of the metric in the names of its numbers.
        higher_is_better: Whether a snapshot is better if its first number is higher.

    Args:
        name: Name in reports and files.
        remark: What readers of the result must know, or None; printed below it.
    """

    suffixes = ('',)
    higher_is_better = False

    def __init__(self, name, remark=None):
        self.name = name
        self.remark = remark
        self._dataset_obj = None
        self.configure_progress_reports(plo=0, phi=0, pmax=0)
        self._reset()

    def _add_marker(self, marker):
        """Give the metric another name if it looks at images through another network than the published one."""
        if marker:
            self.remark = (
                self.remark
                or f'not comparable with {self.name}: it looks at pictures through another network or other weights'
            )
            self.name += marker

    def _reset(self, **context):
        """Forget the last run and take over the data of the next."""
        self.close()
        self._context = dnnlib.EasyDict(context)
        self._results = []
        self._protocol = {}
        self._notes = []
        self._network_name = None
        self._total_time = 0.0

    def close(self):
        """Release the data set."""
        if self._dataset_obj is not None:
            self._dataset_obj.close()
            self._dataset_obj = None

    def configure_progress_reports(self, plo, phi, pmax, psec=15):
        """Let the metric tell the context of the run how far it is.

        Args:
            plo: Progress at the start of the metric, in units of the caller.
            phi: Progress at its end.
            pmax: Progress at the end of the run, or 0 for no reports.
            psec: Shortest time between reports, in seconds.
        """
        self._progress_lo, self._progress_hi, self._progress_max, self._progress_sec = plo, phi, pmax, psec
        self._progress_time = 0.0

    def run(
        self,
        network_pkl,
        run_dir=None,
        data_dir=None,
        dataset_args=None,
        mirror_augment=None,
        num_gpus=1,
        tf_config=None,
        log_results=True,
        Gs_kwargs=None,
        seed=0,
        progress=None,
    ):
        """Evaluate a snapshot, in a graph and a session of its own.

        Args:
            network_pkl: Snapshot, its path or URL; its Gs is evaluated.
            run_dir: Run directory for the results, or None. It also tells `dataset_args` and `mirror_augment` where
                they are None.
            data_dir: Directory of the data sets.
            dataset_args: Keywords of `training.dataset.load_dataset`.
            mirror_augment: Mirror images of the data set at random.
            num_gpus: Number of devices.
            tf_config: Session options over those of `tflib.init_tf`.
            log_results: Print the results, and append them to the files of the run directory.
            Gs_kwargs: Keywords of Gs, or None for `is_validation=True`.
            seed: Seed of latents, labels, noise and mirroring. All of them but the noise that Gs adds by itself are
                independent of the minibatch size and the number of devices.
            progress: Called as `progress(name, done, total)` after each minibatch; None shows a bar, see
                `dnnlib.progress`, if `log_results`.

        Raises:
            UserError: If the snapshot, the data set or the feature network cannot be used.
        """
        if run_dir is not None and (dataset_args is None or mirror_augment is None):
            trained = dnnlib.load_training_options(run_dir).run_func_kwargs
            dataset_args = trained.get('dataset_args', {}) if dataset_args is None else dataset_args
            mirror_augment = trained.get('mirror_augment', False) if mirror_augment is None else mirror_augment
        begin = time.monotonic()
        with NamedProgress(log_results, preparing=f'Preparing {self.name}') as shown_progress:
            self._reset(
                data_dir=data_dir,
                dataset_args=dict(dataset_args or {}),
                mirror_augment=bool(mirror_augment),
                seed=seed,
                progress=progress or shown_progress,
            )
            snapshot = snapshots.open_snapshot(network_pkl)
            self._network_name = os.path.splitext(os.path.basename(snapshot.name))[0]
            self._evaluate_snapshot(snapshot, num_gpus, tf_config, Gs_kwargs or {'is_validation': True})
        self._total_time = time.monotonic() - begin
        if log_results:
            self._log_results(run_dir)

    def _evaluate_snapshot(self, snapshot, num_gpus, tf_config, Gs_kwargs):
        generator = Generator(snapshot, tf_config, seed=self._context.seed)
        with generator, generator.activate() as Gs:
            self._context.update(image_shape=generator.image_shape, label_size=generator.label_size)
            self._describe_run(snapshot, Gs_kwargs, num_gpus)
            try:
                with compat.full_precision():
                    self._evaluate(Gs, Gs_kwargs, num_gpus)
            except UndefinedResultError as error:
                self._report_undefined(error)
            finally:
                self.close()

    def _evaluate(self, Gs, Gs_kwargs, num_gpus):
        """Compute the metric and pass its numbers to `_report_result`, or raise UndefinedResultError."""
        raise NotImplementedError

    # ------------------------------------------------------------------ reports

    def get_result_str(self):
        """Return the results as the line that is printed."""
        name = self._network_name or 'None'
        if len(name) > 29:
            name = '...' + name[-26:]
        parts = [f'{name:<30s}', f'time {dnnlib.util.format_time(self._total_time):<12s}']
        parts += [self.name + result.suffix + ' ' + result.fmt % result.value for result in self._results]
        return ' '.join(parts).strip()

    def get_results(self):
        """Return the results with everything they depend on, as plain values for JSON."""
        values = {self.name + result.suffix: _to_json_number(result.value) for result in self._results}
        return dict(
            self._protocol,
            metric=self.name,
            results=values,
            remark=self.remark,
            notes=self._notes,
            total_time=round(self._total_time, 3),
            total_time_str=dnnlib.util.format_time(self._total_time),
            timestamp=datetime.datetime.now().isoformat(' ', 'seconds'),
        )

    def update_autosummaries(self):
        """Pass the results of the last run on to TensorBoard."""
        for result in self._results:
            tflib.autosummary.autosummary('Metrics/' + self.name + result.suffix, result.value)

    def _log_results(self, run_dir):
        line = self.get_result_str()
        print(line)
        if self.remark:
            print(f'{self.name} is {self.remark}')
        if run_dir is not None:
            for extension, text in [('txt', line), ('jsonl', json.dumps(self.get_results()))]:
                path = os.path.join(run_dir, f'metric-{self.name}.{extension}')
                with disk_space.warning_of_full_disk():
                    files.append_line(path, text)

    def _report_result(self, value, suffix='', fmt='%-10.4f'):
        """Note a number of the metric."""
        self._results.append(dnnlib.EasyDict(value=value, suffix=suffix, fmt=fmt))

    def _report_undefined(self, reason):
        """Note that the numbers of the metric do not exist."""
        self._note(f'the result is undefined: {reason}')
        for suffix in self.suffixes:
            self._report_result(math.nan, suffix)

    def _note(self, text):
        """Warn of something that belongs to the results."""
        warnings.warn(f'{self.name}: {text}', stacklevel=2)
        self._notes.append(text)

    def _report_progress(self, pcur, pmax, status_str=''):
        """Pass on how much of the work is done."""
        if self._context.progress is not None:
            self._context.progress(status_str or self.name, pcur, pmax)
        now = time.monotonic()
        if self._progress_max > 0 and now >= self._progress_time + self._progress_sec:
            self._progress_time = now
            value = self._progress_lo + (self._progress_hi - self._progress_lo) * pcur / pmax
            dnnlib.RunContext.get().update(status_str or self.name, value, self._progress_max)

    def _describe(self, **protocol):
        """Add to what `get_results` tells."""
        self._protocol.update(protocol)

    def _describe_run(self, snapshot, Gs_kwargs, num_gpus):
        self._describe(
            snapshot_pkl=snapshot.name,
            network_sha256=snapshot.sha256,
            network='Gs',
            Gs_kwargs=Gs_kwargs,
            truncation='off'
            if Gs_kwargs.get('is_validation')
            else Gs_kwargs.get('truncation_psi', 'as the network has it'),
            labels='drawn from the data set' if self._context.label_size else 'none',
            image_shape=self._context.image_shape,
            seed=self._context.seed,
            num_gpus=num_gpus,
            tensorflow=tf.__version__,
            numpy=np.__version__,
            python=platform.python_version(),
        )

    # ------------------------------------------------------------------ images and labels

    def _get_dataset_path(self):
        """Return the directory of the data set."""
        context = self._context
        if 'tfrecord_dir' not in context.dataset_args:
            raise UserError(f'{self.name} needs a data set; give dataset_args with its tfrecord_dir, or a run_dir')
        paths = [context.data_dir or '', context.dataset_args['tfrecord_dir']]
        return os.path.join(*[dnnlib.util.expand_path(path) for path in paths])

    def _use_whole_data_set(self):
        """Compare with all images of the data set as they are, whatever part of it the training used."""
        self._context.mirror_augment = False
        for key in ('max_images', 'mirror_augment'):
            self._context.dataset_args.pop(key, None)

    def _get_dataset_obj(self):
        """Return the data set, opened in the current graph at the first call."""
        if self._dataset_obj is None:
            path, shape = self._get_dataset_path(), self._context.image_shape
            kwargs = dict(self._context.dataset_args, **_READING, tfrecord_dir=path, seed=self._context.seed)
            if self._context.label_size:
                kwargs.setdefault('max_label_size', 'full')
            self._dataset_obj = dataset.load_dataset(**kwargs)
            _check_fit('picture shape [channels, height, width]', shape, list(self._dataset_obj.shape), path)
            _check_fit('label size', self._context.label_size, self._dataset_obj.label_size, path)
        return self._dataset_obj

    def _iterate_reals(self, minibatch_size):
        """Yield uint8 images [NCHW] in the order of the data set, over and over, mirrored at random if wanted."""
        rnd = np.random.RandomState([self._context.seed, 1])  # Not those of the latents.
        while True:
            images, _labels = self._get_dataset_obj().get_minibatch_np(minibatch_size)
            if self._context.mirror_augment:
                is_mirrored = rnd.rand(len(images)) < 0.5
                images = np.where(is_mirrored[:, np.newaxis, np.newaxis, np.newaxis], images[..., ::-1], images)
            yield images

    def _iterate_latents(self, Gs, minibatch_size):
        """Yield latents [minibatch, latent_size] and labels [minibatch, label_size] for generated images."""
        rnd = np.random.RandomState(self._context.seed)
        while True:
            latents = rnd.randn(minibatch_size, *Gs.input_shape[1:])
            yield latents, self._draw_labels(minibatch_size)

    def _iterate_fakes(self, Gs, minibatch_size, num_gpus, Gs_kwargs=None):
        """Yield uint8 images [NCHW] of the generator."""
        transform = {'func': tflib.convert_images_to_uint8}
        kwargs = dict(Gs_kwargs or {'is_validation': True}, output_transform=transform, num_gpus=num_gpus)
        for latents, labels in self._iterate_latents(Gs, minibatch_size):
            yield Gs.run(latents, labels, **kwargs)

    def _draw_labels(self, num):
        """Return labels [num, label_size] of random images of the data set."""
        if not self._context.label_size:
            return np.zeros([num, 0], np.float32)
        return self._get_dataset_obj().get_random_labels_np(num)

    def _get_cache_file_for_reals(self, extension='pkl', **kwargs):
        """Return the path of a cache file for what is computed from the data set.

        Args:
            extension: File name extension.
            **kwargs: What the content depends on besides the images: numbers, feature network and so on.
        """
        context = self._context
        path = self._get_dataset_path()
        identity = real_statistics.identify_dataset(path)
        self._describe(real_set=path, real_set_id=identity.id, mirror_augment=context.mirror_augment)
        return real_statistics.make_cache_path(
            os.path.basename(path),
            extension,
            dataset=identity.version,
            dataset_args={key: value for key, value in context.dataset_args.items() if key not in _WITHOUT_EFFECT},
            image_shape=context.image_shape,
            mirror_seed=context.seed if context.mirror_augment else None,
            **kwargs,
        )


class DummyMetric(MetricBase):
    """Reports zero, for trying out what surrounds a metric."""

    def _evaluate(self, Gs, Gs_kwargs, num_gpus):
        self._report_result(0.0)


class MetricGroup:
    """Several metrics, run one after the other.

    Args:
        metric_kwarg_list: One dict for each: `func_name` and the arguments of the metric, as in `metric_defaults`.
    """

    def __init__(self, metric_kwarg_list):
        self.metrics = [dnnlib.util.call_func_by_name(**kwargs) for kwargs in metric_kwarg_list]

    def run(self, network_pkl, *args, **kwargs):
        """Run all metrics on a snapshot, which is opened once; arguments as `MetricBase.run`."""
        snapshot = snapshots.open_snapshot(network_pkl)
        for metric in self.metrics:
            metric.run(snapshot, *args, **kwargs)

    def get_result_str(self):
        """Return the lines of all metrics in one."""
        return ' '.join(metric.get_result_str() for metric in self.metrics)

    def update_autosummaries(self):
        """Pass all results on to TensorBoard."""
        for metric in self.metrics:
            metric.update_autosummaries()


def _check_fit(what, wanted, found, path):
    if wanted != found:
        raise UserError(
            f'{what}: the network has {wanted}, the data set {path} has {found}; choose the data set it was trained on'
        )


def _to_json_number(value):
    """Return a float, or None for what JSON has no word for."""
    value = float(value)
    return value if math.isfinite(value) else None
