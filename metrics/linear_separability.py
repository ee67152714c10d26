# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Linear separability: whether a plane in the latent space parts images with an attribute from those without.

Source: Karras et al., "A Style-Based Generator Architecture for GANs", 2018, section 4.2 (arXiv:1812.04948).
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.util import UserError
from metrics import metric_base
from metrics.towers import Towers, replicate, with_full_precision
from perception import classifiers
from perception.inputs import shrink, to_rgb

IMAGE_SIZE_PX = 256  # Of what the classifiers look at.


def compute_conditional_entropy(joint):
    """Return H(class | prediction) in bits: what remains unknown of the class once the prediction is known.

    Args:
        joint: Probabilities, or counts, of every (prediction, class) [PC].

    Returns:
        Entropy, at least 0.
    """
    joint = np.asarray(joint, np.float64)
    joint = joint / joint.sum()
    entropies = [-np.sum(p[p > 0] * np.log2(p[p > 0])) for p in (joint, joint.sum(axis=1))]
    return max(float(entropies[0] - entropies[1]), 0.0)


def compute_separability(latents, classes, fit):
    """Return the conditional entropy of classes that a plane through the latents leaves.

    Args:
        latents: Latents [ND].
        classes: 0 or 1 for each [N]. If there is one class only, nothing remains unknown.
        fit: Function of both that returns predictions [N].
    """
    if len(np.unique(classes)) < 2:
        return 0.0
    predictions = fit(latents, classes)
    joint = np.zeros([2, 2])
    np.add.at(joint, (predictions, classes), 1)
    return compute_conditional_entropy(joint)


def _import_svm():
    try:
        from sklearn import svm
    except ImportError as error:
        raise UserError(
            f'linear separability needs scikit-learn ({error}); install it with: '
            'pip install -r requirements/separability.txt'
        ) from error
    return svm


class LS(metric_base.MetricBase):
    """Linear separability of attributes of faces in both latent spaces: 2 to the sum of what planes leave unknown.

    The official code draws images of conditional generators without their labels; here both spaces and the images
    have the same ones.

    Args:
        num_samples: Number of generated images.
        num_keep: Number of them to keep for each attribute, those that its classifier is surest of.
        attrib_indices: Attributes, see `perception.classifiers`.
        minibatch_per_gpu: Number of images that a device works on at a time.
        weights: As for `perception.classifiers.get_classifier`.
        **kwargs: Arguments of `MetricBase`.
    """

    suffixes = ('_z', '_w')

    def __init__(self, num_samples, num_keep, attrib_indices, minibatch_per_gpu, weights=None, **kwargs):
        super().__init__(**kwargs)
        self.num_samples = num_samples
        self.num_keep = num_keep
        self.minibatch_per_gpu = minibatch_per_gpu
        self._svm = _import_svm()
        self._classifiers = [classifiers.get_classifier(index, weights) for index in attrib_indices]
        self._add_marker(next((item.marker for item in self._classifiers if item.marker), ''))

    def _evaluate(self, Gs, Gs_kwargs, num_gpus):
        self._describe(
            num_fake=self.num_samples,
            num_keep=self.num_keep,
            classifiers=[item.name for item in self._classifiers],
            classifiers_sha256=[item.sha256 for item in self._classifiers],
        )
        Gs = with_full_precision(Gs)
        towers = Towers(num_gpus, lambda index: self._build_tower(replicate(Gs, index), Gs_kwargs))
        arrays = self._collect(Gs, towers, self.minibatch_per_gpu * num_gpus)
        if not np.isfinite(arrays['logits']).all():
            raise metric_base.UndefinedResultError('classes of generated pictures are no numbers')
        for space in ('latents', 'dlatents'):
            entropies = [
                self._compute_entropy(arrays[space], arrays['logits'][:, index], index)
                for index in range(len(self._classifiers))
            ]
            self._describe(**{space + '_entropies': entropies})
            self._report_result(2 ** sum(entropies), suffix={'latents': '_z', 'dlatents': '_w'}[space])

    def _build_tower(self, Gs, Gs_kwargs):
        """Return the tensors of one device by name."""
        latents, labels = [tf.placeholder(tf.float32, [None] + shape[1:]) for shape in Gs.input_shapes[:2]]
        images = Gs.get_output_for(latents, labels, **Gs_kwargs)  # [NCHW]
        images = to_rgb(shrink(tf.cast(images, tf.float32), IMAGE_SIZE_PX))
        if [int(size) for size in images.shape[2:]] != [IMAGE_SIZE_PX] * 2:
            raise UserError(
                f'{self.name} is made for square pictures of faces with {IMAGE_SIZE_PX} pixels or more a side, the '
                f'network draws {Gs.output_shape[1:]}'
            )
        return {
            'latents': latents,
            'labels': labels,
            'dlatents': Gs.components.mapping.get_output_for(latents, labels)[:, -1],  # [ND]
            'logits': tf.concat([item.get_output_for(images) for item in self._classifiers], axis=1),  # [N, attributes]
        }

    def _collect(self, Gs, towers, minibatch_size):
        """Return latents, intermediate latents and logits of all images by name."""
        names = ['latents', 'dlatents', 'logits']
        arrays = {name: np.empty([self.num_samples, towers.num_columns(name)], np.float32) for name in names}
        inputs = self._iterate_latents(Gs, minibatch_size)
        for begin in range(0, self.num_samples, minibatch_size):
            end = min(begin + minibatch_size, self.num_samples)
            latents, labels = next(inputs)
            values = towers.run(names, {'latents': latents, 'labels': labels})
            for name, value in zip(names, values):
                arrays[name][begin:end] = value[: end - begin]
            self._report_progress(end, self.num_samples)
        return arrays

    def _compute_entropy(self, latents, logits, index):
        """Return what a plane leaves unknown of one attribute."""
        kept = np.argsort(-np.abs(logits), kind='mergesort')[: self.num_keep]
        classes = (logits[kept] < 0).astype(np.int64)  # Of the probabilities softmax([logit, -logit]).
        entropy = compute_separability(latents[kept], classes, self._fit)
        self._report_progress(index + 1, len(self._classifiers), f'{self.name}: planes')
        return entropy

    def _fit(self, latents, classes):
        machine = self._svm.LinearSVC(dual=True, random_state=self._context.seed)
        return machine.fit(latents, classes).predict(latents)
