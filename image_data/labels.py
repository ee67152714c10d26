# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Labels of images: by the folders that they lie in, or as `dataset.json` tells."""

import collections
import itertools
import json
import posixpath
import unicodedata

import numpy as np

from dnnlib import image_files, util
from dnnlib.image_sources import READ_ERRORS

FILE_NAME = 'dataset.json'
KINDS = ('auto', 'none', 'folders', 'json')
MAX_CLASSES = 65536
_EXPECTED = '{"labels": [[file name, class or vector], ...]}'
_REMEDY = 'repair it, or do without labels with --labels=none'


class Labels:
    """Labels of images.

    Attributes:
        kind: 'folders' or 'json'.
        all_labels: Dict name -> label of all that are listed, by names as in the source; empty with folders.
        list_name: Name of the list in the source, or None with folders.
        root: Folder in the source that the class folders or the list lie in, with `/` at its end unless it is the top.
        notes: Sentences about what had to be guessed.
    """

    def __init__(self, kind, all_labels, list_name=None, root='', notes=()):
        self.kind = kind
        self.all_labels = all_labels
        self.list_name = list_name
        self.root = root
        self.notes = list(notes)
        self._folded = {name.lower(): name for name in all_labels}

    def find_label(self, name):
        """Return the label of an image, or None: a class, a number or text, or a vector."""
        name = _normalize(name)
        if self.kind == 'json':
            return self.all_labels.get(name)
        folder, slash, _ = name[len(self.root) :].partition('/')
        return folder if slash and name.startswith(self.root) else None

    def explain_absence(self, name):
        """Return why an image has no label, as a phrase."""
        if self.kind == 'folders':
            return 'lies in no class folder'
        other = self._folded.get(_normalize(name).lower())
        return f'has no label in {self.list_name}' + (f', which has {other}: mind the case' if other else '')


def find_labels(source, kind, recursive=False):
    """Return the Labels of a source of images, or None if there are none.

    Where one folder lies around everything, as file managers make archives, what is in it counts.

    Args:
        source: Folder or Archive.
        kind: One of `KINDS`: 'folders' if each folder is a class, 'json' to read `dataset.json`, 'auto' to do that if
            there is one, or 'none'.
        recursive: Whether sub-folders are searched for images.

    Raises:
        UserError: If `dataset.json` is not as it should be.
    """
    if kind == 'none':
        return None
    if kind == 'folders':
        image_names = _ImageNames(source)
        root = image_names.find_root(image_names.names)
        return Labels(kind, {}, root=root, notes=image_names.describe_classes(root))
    is_deep = recursive or kind == 'json'
    names = source.list_files(is_deep).names
    list_name = _find_list(source, names)
    if list_name is None and kind == 'json':
        raise util.UserFileNotFoundError(f'{source.locate(FILE_NAME)} not found; --labels=none does without labels')
    if list_name is None:
        return None
    path = source.locate(list_name)
    try:
        content = source.read(list_name)
    except READ_ERRORS as error:
        raise util.UserError(f'{path} cannot be read ({error}); {_REMEDY}') from error
    listed = parse_json(content, path)
    if not listed and kind == 'json':
        raise util.UserError(f'{path} lists no labels; --labels=none does without labels')
    if not listed:
        return None
    names = names if is_deep else source.list_files(recursive=True).names
    return _match([name for name in names if name != list_name], list_name, listed, path)


def _normalize(name):
    """Return a file name in the form in which names are compared: file systems differ in how they write umlauts."""
    return unicodedata.normalize('NFC', posixpath.normpath(name.replace('\\', '/')))


# ----------------------------------------------------------------------------
# Folders as classes.


class _ImageNames:
    """Tells in which folders of a source there are images, by names that are sorted and normalized."""

    def __init__(self, source):
        self._source = source
        self._originals = {_normalize(name): name for name in source.list_files(recursive=True).names}
        self.names = sorted(self._originals)

    def are_among(self, names):
        return any(image_files.is_image(self._source, self._originals[name]) for name in names)

    def find_root(self, names, root=''):
        """Return the folder that folders of images lie in: a folder, or the only one in it that has any, and so on.

        Args:
            names: Names of the files in the folder.
            root: Name of the folder, with `/` at its end, or nothing for the top.
        """
        while True:
            files = _split(names, root)
            if self.are_among(files.pop('', [])):
                return root
            folders = (folder for folder, names in files.items() if len(files) == 1 or self.are_among(names))
            folders = list(itertools.islice(folders, 2))
            inner = f'{root}{folders[0]}/' if len(folders) == 1 else None
            if inner is None or not self.are_among(name for name in files[folders[0]] if '/' in name[len(inner) :]):
                return root  # There are several, or there is one.
            root, names = inner, files[folders[0]]

    def describe_classes(self, root):
        """Return sentences about the folders in a folder, which are the classes."""
        notes = [f'classes are the folders in {root}'] if root else []
        files = _split(self.names, root)
        files.pop('', None)
        nested = [self._describe_nesting(names, f'{root}{folder}/') for folder, names in files.items()]
        nested = list(filter(None, nested))
        more = f' (and so it is in {len(nested) - 1} more)' if len(nested) > 1 else ''
        return notes + [note + more for note in nested[:1]]

    def _describe_nesting(self, names, folder):
        """Return a sentence about a folder that holds nothing but several folders of images, or None."""
        inner = self.find_root(names, folder)
        files = _split(names, inner)
        if self.are_among(files.pop('', [])):
            return None
        count = sum(map(self.are_among, files.values()))
        return f'{inner} holds {count} folders of pictures, which count as one class' if count > 1 else None


def _split(names, root):
    """Return lists of the files in a folder, by the folder in it that they lie in, or nothing."""
    files = collections.defaultdict(list)
    for name in names:
        if name.startswith(root):
            folder, slash, _ = name[len(root) :].partition('/')
            files[folder if slash else ''].append(name)
    return files


# ----------------------------------------------------------------------------
# The list.


def _find_list(source, names):
    """Return the name of the list of labels: that at the top, or the only one below; None if there is none."""
    names = [name for name in names if posixpath.basename(name).lower() == FILE_NAME]
    at_top = [name for name in names if '/' not in name]
    names = at_top or names
    if len(names) > 1:
        raise util.UserError(
            f'{source.path} has several lists of labels: {", ".join(sorted(names)[:5])}; keep one of them, name the '
            'folder of one, or do without labels with --labels=none'
        )
    return names[0] if names else None


def _match(names, list_name, listed, path):
    """Return Labels by names as in the source, of labels by names as in a list.

    Names are relative to the folder of the list. If none is that of a file there, then all of them may have folders in
    front that the files lack, or the other way round.
    """
    root = ''.join(_normalize(list_name).rpartition('/')[:2])
    notes = [f'labels are those of {list_name}'] if root else []
    files = set(map(_normalize, names))
    found = {root + name: label for name, label in listed.items()}
    if not files or not files.isdisjoint(found):
        return Labels('json', found, list_name, root, notes)
    for prefix in _list_common_folders(listed):
        found = {root + name[len(prefix) :]: label for name, label in listed.items()}
        if not files.isdisjoint(found):
            notes.append(f'names in {list_name} begin with {prefix}, those of the pictures do not; taken for the same')
            return Labels('json', found, list_name, root, notes)
    for prefix in _list_common_folders(files):
        found = {prefix + name: label for name, label in listed.items()}
        if not files.isdisjoint(found):
            notes.append(f'the pictures are in {prefix}, names in {list_name} are without it; taken for the same')
            return Labels('json', found, list_name, root, notes)
    example = min(files, key=lambda name: (name.count('/'), name))
    raise util.UserError(
        f'{path} has labels for none of the pictures: it names {sorted(listed)[0]}, but there is {example}; {_REMEDY}'
    )


def _list_common_folders(names):
    """Return the folders, each with `/` at its end, that all names begin with, the shortest first."""
    parts = [name.split('/')[:-1] for name in names]
    common = []
    for level in zip(*parts):
        if len(set(level)) > 1:
            break
        common.append(level[0])
    return ['/'.join(common[: index + 1]) + '/' for index in range(len(common))]


def parse_json(content, path):
    """Return the labels of a `dataset.json`, a dict name -> label; all labels are of the same kind.

    Args:
        content: Content of the file: `{"labels": [[name, label], ...]}`, where labels are classes (integers or texts)
            or lists of numbers; or null in place of the list if there are none.
        path: What to call it in an error message.

    Raises:
        UserError: If it holds something else.
    """
    pairs = _find_pairs(_load_json(content, path), path)
    labels = {}
    kinds = {}
    for index, pair in enumerate(pairs, 1):
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str) or not pair[0]:
            raise util.UserError(
                f'{path}: entry {index} of "labels" is {_shorten_json(pair)}; expected [file name, class or vector]; '
                f'{_REMEDY}'
            )
        name, label = _normalize(pair[0]), pair[1]
        if name in labels:
            raise util.UserError(f'{path} has several labels for {name}; remove all but one')
        labels[name] = label
        kinds.setdefault(_describe_kind(label, f'{path}: label of {name}'), name)
    if len(kinds) > 1:
        described = ' but '.join(f'{name} has {kind}' for kind, name in sorted(kinds.items())[:2])
        raise util.UserError(f'{path} mixes kinds of labels: {described}; use one kind for all')
    return labels


def _load_json(content, path):
    """Return the document of a JSON file in UTF-8, UTF-16 or UTF-32."""
    if not content.strip(b'\0 \t\r\n'):
        raise util.UserError(f'{path} is empty; expected {_EXPECTED}; {_REMEDY}')
    try:
        text = content.decode(json.detect_encoding(content))
    except UnicodeDecodeError as error:
        line = content.count(b'\n', 0, error.start) + 1
        raise util.UserError(f'{path} is no JSON: line {line}: {error}; save it in UTF-8') from error
    try:
        return json.loads(text, object_pairs_hook=_make_dict)
    except json.JSONDecodeError as error:
        before, after = text[: error.pos].rstrip()[-1:], text[error.pos : error.pos + 1]
        hint = ' (a comma too many before it?)' if before == ',' and after in list(']}') else ''
        reason = f'line {error.lineno}: {error.msg} at column {error.colno}{hint}'
        raise util.UserError(f'{path} is no JSON: {reason}; {_REMEDY}') from error
    except (ValueError, RecursionError) as error:
        raise util.UserError(f'{path} is no list of labels: {error}; expected {_EXPECTED}; {_REMEDY}') from error


def _make_dict(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise ValueError(f'it has {_shorten_json(collections.Counter(keys).most_common(1)[0][0])} twice')
    return dict(pairs)


def _find_pairs(document, path):
    """Return the list of labels in a JSON document; null stands for an empty one."""
    if not isinstance(document, dict):
        problem = f'it is {_shorten_json(document)}'
    elif 'labels' not in document:
        problem = f'it has no "labels", but {_shorten_json(document)}'
    elif not isinstance(document['labels'], (list, type(None))):
        problem = f'its "labels" are {_shorten_json(document["labels"])}'
    else:
        return document['labels'] or []
    raise util.UserError(f'{path} is no list of labels: {problem}; expected {_EXPECTED}; {_REMEDY}')


def _shorten_json(value):
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + '...'


def _describe_kind(label, name):
    """Return in words what kind a label is; raise UserError if it is none."""
    if isinstance(label, str):
        return 'a class name'
    if isinstance(label, list) and label and all(_is_number(value) for value in label):
        return f'a vector of {len(label)}'
    if isinstance(label, int) and not isinstance(label, bool) and 0 <= label < MAX_CLASSES:
        return 'a class number'
    raise util.UserError(
        f'{name} is {_shorten_json(label)}; expected a class (0 to {MAX_CLASSES - 1}, or a text) or a list of numbers'
    )


def _is_number(value):
    """Tell whether a value is a number that float32 can hold."""
    limit = float(np.finfo(np.float32).max)
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -limit <= value <= limit


# ----------------------------------------------------------------------------
# Labels of the images in use.


def make_arrays(labels, names):
    """Return the labels of images as an array, and the names of the classes.

    Args:
        labels: Labels; all of the images must have one.
        names: Names of the images.

    Returns:
        Tuple of an array, float32 [num_images, label_size], one-hot for classes, and a list of names, or None if the
        classes have no names.
    """
    found = [labels.find_label(name) for name in names]
    known = list(labels.all_labels.values()) or found
    if isinstance(found[0], list):
        return np.array(found, np.float32), None
    class_names = sort_classes(known) if isinstance(found[0], str) else None
    indices = {name: index for index, name in enumerate(class_names)} if class_names else range(max(known) + 1)
    array = np.zeros([len(found), len(indices)], np.float32)
    array[np.arange(len(found)), [indices[label] for label in found]] = 1
    return array, class_names


def sort_classes(names):
    """Return names of classes without repetitions in the order of their indices: numbers by value, others as texts."""
    are_numbers = all(name.isdecimal() for name in names)
    return sorted(set(names), key=(lambda name: (int(name), name)) if are_numbers else None)


def describe_classes(labels, names):
    """Return index, name and number of images of the first classes as one text, or None if labels are no classes.

    Args:
        labels: Labels.
        names: Names of the images, all of which have one.
    """
    found = [labels.find_label(name) for name in names]
    if not found or isinstance(found[0], list):
        return None
    counts = collections.Counter(found)
    known = list(labels.all_labels.values()) or list(counts)
    classes = sort_classes(known) if isinstance(known[0], str) else range(max(known) + 1)
    parts = [f'{index} = {name}' if isinstance(name, str) else f'{index}' for index, name in enumerate(classes)]
    parts = [f'{part} ({counts[name]})' for part, name in zip(parts, classes)]
    return util.abridge(parts, 20)


def list_doubts(labels, names):
    """Return sentences about labels of images that are good in themselves, but hardly what was meant.

    Args:
        labels: Labels.
        names: Names of the images, all of which have one.
    """
    found = [labels.find_label(name) for name in names]
    if not found:
        return []
    if isinstance(found[0], list):
        return ['all pictures have the same label'] if all(label == found[0] for label in found) else []
    used = set(found)
    known = set(labels.all_labels.values()) or used
    notes = [f'all pictures are of one class, {found[0]}'] if len(used) == 1 else []
    classes = sort_classes(known) if isinstance(found[0], str) else range(max(known) + 1)
    empty = [str(name) for name in classes if name not in used]
    if empty:
        hint = '; classes are counted from 0' if empty == ['0'] else ''
        noun = 'class' if len(empty) == 1 else 'classes'
        verb = 'has' if len(empty) == 1 else 'have'
        notes.append(f'{noun} {util.abridge(empty)} {verb} no pictures{hint}')
    return notes


def list_unused(labels, names):
    """Return the names that labels are listed for, but that are none of those of the images."""
    return sorted(set(labels.all_labels).difference(map(_normalize, names)))
