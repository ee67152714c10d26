# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Labels of pictures: by the folders that they lie in, or as `dataset.json` tells."""

import collections
import json
import math
import posixpath
import unicodedata

import numpy as np

from dnnlib import util

FILE_NAME = 'dataset.json'
SOURCES = ('auto', 'none', 'folders', 'json')
MAX_CLASSES = 65536

Labels = collections.namedtuple('Labels', 'find_label kind all_labels')
Labels.__doc__ = """Labels of pictures.

Attributes:
    find_label: Function that returns the label of a picture by name, or None: a class, a number or text, or a vector.
    kind: 'folders' or 'json'.
    all_labels: Dict name -> label of all that are listed; empty with folders.
"""


def find_labels(source, kind):
    """Return the Labels of a source of pictures, or None if there are none.

    Args:
        source: Folder or Archive.
        kind: 'folders' if each folder at the top is a class, 'json' to read `dataset.json`, 'auto' to do that if there
            is one, or 'none'.

    Raises:
        UserError: If `dataset.json` is not as it should be.
    """
    if kind == 'folders':
        return Labels(_find_class_folder, kind, {})
    if kind == 'none' or kind == 'auto' and not source.has(FILE_NAME):
        return None
    if not source.has(FILE_NAME):
        raise util.UserFileNotFoundError(f'{source.locate(FILE_NAME)} not found; --labels=none does without labels')
    labels = parse_json(source.read(FILE_NAME), source.locate(FILE_NAME))
    return Labels(lambda name: labels.get(_normalize(name)), 'json', labels) if labels else None


def _find_class_folder(name):
    return name.split('/')[0] if '/' in name else None


def _normalize(name):
    """Return a file name in the form in which names are compared: file systems differ in how they write umlauts."""
    return unicodedata.normalize('NFC', posixpath.normpath(name.replace('\\', '/')))


def parse_json(content, path):
    """Return the labels of a `dataset.json`, a dict name -> label; all labels are of the same kind.

    Args:
        content: Content of the file: `{"labels": [[name, label], ...]}`, where labels are classes (integers or texts)
            or lists of numbers; or null in place of the list if there are none.
        path: What to call it in an error message.

    Raises:
        UserError: If it holds something else.
    """
    try:
        document = json.loads(content.decode('utf-8-sig'))
        pairs = document['labels']
        pairs = [] if pairs is None else [(_normalize(name), label) for name, label in pairs]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise util.UserError(
            f'{path} is no list of labels: expected {{"labels": [[file name, class or vector], ...]}}; '
            'repair it, or do without labels with --labels=none'
        ) from None
    labels = dict(pairs)
    if len(labels) < len(pairs):
        name = collections.Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise util.UserError(f'{path} has several labels for {name}; remove all but one')
    kinds = {}
    for name, label in pairs:
        kinds.setdefault(_describe_kind(label, f'{path}: label of {name}'), name)
    if len(kinds) > 1:
        described = ' but '.join(f'{name} has {kind}' for kind, name in sorted(kinds.items())[:2])
        raise util.UserError(f'{path} mixes kinds of labels: {described}; use one kind for all')
    return labels


def _describe_kind(label, name):
    """Return in words what kind a label is; raise UserError if it is none."""
    if isinstance(label, str):
        return 'a class name'
    if isinstance(label, list) and label and all(_is_number(value) for value in label):
        return f'a vector of {len(label)}'
    if isinstance(label, int) and not isinstance(label, bool) and 0 <= label < MAX_CLASSES:
        return 'a class number'
    raise util.UserError(
        f'{name} is {json.dumps(label)[:50]}; expected a class (0 to {MAX_CLASSES - 1}, or a text) or a list of numbers'
    )


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def make_arrays(labels, names):
    """Return the labels of pictures as an array, and the names of the classes.

    Args:
        labels: Labels; all of the pictures must have one.
        names: Names of the pictures.

    Returns:
        Tuple of an array, float32 [num_images, label_size], one-hot for classes, and a list of names, or None if the
        classes have no names.
    """
    found = [labels.find_label(name) for name in names]
    known = list(labels.all_labels.values()) or found
    if isinstance(found[0], list):
        return np.array(found, np.float32), None
    class_names = sorted(set(known)) if isinstance(found[0], str) else None
    indices = {name: index for index, name in enumerate(class_names)} if class_names else range(max(known) + 1)
    array = np.zeros([len(found), len(indices)], np.float32)
    array[np.arange(len(found)), [indices[label] for label in found]] = 1
    return array, class_names


def list_unused(labels, names):
    """Return the names that labels are listed for, but that are none of those of the pictures."""
    return sorted(set(labels.all_labels).difference(map(_normalize, names)))
