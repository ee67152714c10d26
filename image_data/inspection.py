# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Looks into data sets: a summary, a comparison, images in files, on a contact sheet or in a window."""

import contextlib
import itertools
import os

import numpy as np
from PIL import Image

from dnnlib import files, image_files, util
from image_data import dataset_files, exporter, label_files, record_files
from image_data.labels import FILE_NAME


def read_dataset(tfrecord_dir):
    """Yield each image at full size, uint8 [CHW], with its label, float32 [label_size] (size 0 without labels)."""
    images = record_files.read_images(dataset_files.find_main_file(tfrecord_dir).path)
    label_file = label_files.find_label_file(tfrecord_dir)
    if label_file is None:
        return ((image, np.zeros([0], np.float32)) for image in images)
    return zip(images, label_files.read_labels(label_file))


def count_images(tfrecord_dir, validation=False):
    """Return the number of images of a data set, or of its validation set."""
    files = dataset_files.find_files(tfrecord_dir, validation)
    return files[0].num_images if files else 0


def summarize(tfrecord_dir):
    """Return what there is to know about a data set as a list of (name, text)."""
    main = dataset_files.find_main_file(tfrecord_dir)
    channels, height, width = main.shape
    sizes = [os.path.getsize(file) for file in exporter.find_dataset_files(tfrecord_dir)]
    return [
        ('name', os.path.basename(os.path.abspath(tfrecord_dir))),
        ('total size', util.format_size(sum(sizes))),
        ('largest file', util.format_size(max(sizes))),
        ('files', str(len(sizes))),
        ('encoding', main.encoding),
        ('width', str(width)),
        ('height', str(height)),
        ('channels', str(channels)),
        ('image dtype', 'uint8'),
        ('images', str(main.num_images)),
        ('validation', str(count_images(tfrecord_dir, validation=True))),
    ] + _summarize_labels(tfrecord_dir)


def _summarize_labels(tfrecord_dir):
    try:
        label_file = label_files.find_label_file(tfrecord_dir)
        labels = np.zeros([0, 0], np.float32) if label_file is None else label_files.read_labels(label_file)
        names = label_files.read_class_names(tfrecord_dir)
    except util.UserError as error:
        return [('labels', f'cannot be used: {error}')]
    norms = np.linalg.norm(labels.astype(np.float64), axis=1)
    summary = [
        ('label size', str(labels.shape[1])),
        ('label dtype', str(labels.dtype)),
        ('label range', f'{labels.min():g} to {labels.max():g}' if labels.size else 'none'),
        ('mean label norm', f'{norms.mean():g}' if labels.size else 'none'),
    ]
    if labels.size and names is not None and len(names) == labels.shape[1]:
        counts = np.rint(labels.sum(axis=0, dtype=np.float64)).astype(np.int64)
        summary += [(f'class {index}', f'{name} ({counts[index]})') for index, name in enumerate(names)]
    if label_file is None and _has_list(tfrecord_dir):
        summary.append(('note', f'{FILE_NAME} beside records is not read; make the data set from the pictures with it'))
    return summary


def _has_list(tfrecord_dir):
    return os.path.isfile(os.path.join(tfrecord_dir, FILE_NAME))


def list_record_files(tfrecord_dir):
    """Return the paths of all `.tfrecords` files of a directory, those of a validation set included."""
    return [path for path in exporter.find_dataset_files(tfrecord_dir) if path.endswith('.tfrecords')]


def find_problems(tfrecord_dir, progress=None):
    """Look at every record of every file of a data set, and at its labels.

    Args:
        tfrecord_dir: The data set.
        progress: Function that is called with the number of records just read and of all, or None.

    Returns:
        Tuple of the number of records and a list of sentences, each about one problem.
    """
    paths = list_record_files(tfrecord_dir)
    total = sum(map(_estimate_records, paths))
    counts, problems = {}, []
    for path in paths:
        count, found = record_files.find_bad_records(path, progress and (lambda num_done: progress(num_done, total)))
        counts[path] = count
        problems += found
    for validation in (False, True):
        problems += _compare_counts(tfrecord_dir, counts, validation)
    return sum(counts.values()), problems or _compare_files(tfrecord_dir)


def _estimate_records(path):
    try:
        return record_files.count_records(path)
    except util.UserError:
        return 0


def _compare_files(tfrecord_dir):
    """Return a sentence about files, good in themselves, that do not fit together, as a list."""
    problems = []
    with _collecting(problems):
        dataset_files.choose_levels(tfrecord_dir)
        dataset_files.find_files(tfrecord_dir, validation=True)
        names, label_file = label_files.read_class_names(tfrecord_dir), label_files.find_label_file(tfrecord_dir)
        label_size = label_files.read_labels(label_file).shape[1] if label_file else 0
        if names and len(names) != label_size:
            problems.append(f'{tfrecord_dir} has names of {len(names)} classes, but labels of size {label_size}')
    return problems


def _compare_counts(tfrecord_dir, counts, validation):
    """Return sentences about files whose numbers of images or labels do not agree."""
    counts = {
        path: count
        for path, count in counts.items()
        if os.path.basename(path).startswith(dataset_files.VALIDATION_PREFIX) == validation
    }
    problems = []
    if not counts:
        return problems
    with _collecting(problems):
        dataset_files.check_counts(tfrecord_dir, counts)
    with _collecting(problems):
        label_file = label_files.find_label_file(tfrecord_dir, validation)
        if label_file is not None:
            label_files.read_labels(label_file, max(counts.values()))
    return problems


@contextlib.contextmanager
def _collecting(problems):
    """Append the text of a UserError to a list."""
    try:
        yield
    except util.UserError as error:
        problems.append(str(error))


def compare(tfrecord_dir_a, tfrecord_dir_b, ignore_labels=False, report=print, progress=None):
    """Compare the images, and the labels, of two data sets one by one.

    Args:
        tfrecord_dir_a: One data set.
        tfrecord_dir_b: The other one.
        ignore_labels: Compare images alone.
        report: Function that is called with each line of the result.
        progress: Function that is called with the number of images just done and of all, or None.

    Returns:
        True if they are equal.
    """
    datasets = [read_dataset(tfrecord_dir) for tfrecord_dir in (tfrecord_dir_a, tfrecord_dir_b)]
    counts = [count_images(tfrecord_dir) for tfrecord_dir in (tfrecord_dir_a, tfrecord_dir_b)]
    identical_images = identical_labels = 0
    for index, ((image_a, label_a), (image_b, label_b)) in enumerate(zip(*datasets)):
        if np.array_equal(image_a, image_b):
            identical_images += 1
        else:
            report(f'Image {index} is different')
        if np.array_equal(label_a, label_b):
            identical_labels += 1
        elif not ignore_labels:
            report(f'Label {index} is different')
        if progress:
            progress(1, min(counts))

    if counts[0] != counts[1]:
        report(f'Datasets contain different number of images: {counts[0]} and {counts[1]}')
    report(f'Identical images: {identical_images} / {max(counts)}')
    if not ignore_labels:
        report(f'Identical labels: {identical_labels} / {max(counts)}')
    return max(counts) == identical_images and (ignore_labels or max(counts) == identical_labels)


def extract(tfrecord_dir, output_dir, progress=None):
    """Save each image of a data set as `img<8 digits>.png`.

    Args:
        tfrecord_dir: The data set.
        output_dir: Folder to make, see `files.make_folder`.
        progress: Function that is called with the number of images just done and of all, or None.

    Returns:
        Number of images.

    Raises:
        UserError: If a record is damaged, or the folder is in use.
    """
    file = dataset_files.find_main_file(tfrecord_dir)
    with files.make_folder(output_dir) as folder:
        for index, image in enumerate(record_files.read_images(file.path)):
            image_files.save_image(_to_pil_image(image), os.path.join(folder, f'img{index:08d}.png'))
            if progress:
                progress(1, file.num_images)
    return file.num_images


def save_contact_sheet(tfrecord_dir, path, num_columns=8, num_rows=8, max_size=128):
    """Save the first images of a data set, side by side on one PNG.

    Args:
        tfrecord_dir: The data set.
        path: File to write.
        num_columns: Images in a row.
        num_rows: Rows.
        max_size: Images with a longer side are shrunk to it.

    Returns:
        Number of images on the sheet.
    """
    images = [image for image, _ in itertools.islice(read_dataset(tfrecord_dir), num_columns * num_rows)]
    height, width = images[0].shape[1:]
    factor = min(max_size / max(height, width), 1)
    height, width = max(round(height * factor), 1), max(round(width * factor), 1)
    columns = min(num_columns, len(images))
    sheet = Image.new(image_files.MODES[len(images[0])], (columns * width, -(-len(images) // columns) * height))
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        thumbnail = _to_pil_image(image).resize((width, height), Image.BOX)
        sheet.paste(thumbnail, (column * width, row * height))
    with util.atomic_write(path) as file:
        sheet.save(file, 'PNG')
    return len(images)


def _to_pil_image(image):
    """Return an image, uint8 [CHW], for Pillow."""
    return image_files.to_pil_image(image.transpose(1, 2, 0))


def show(tfrecord_dir, report=print):
    """Show a data set in a window: SPACE or ENTER for the next image, ESC to quit.

    Args:
        tfrecord_dir: The data set.
        report: Function that is called with a line about each image.

    Raises:
        ImportError: If Python has no tkinter.
        tkinter.TclError: If there is no screen.
    """
    import tkinter  # An optional part of Python.

    from PIL import ImageTk

    items = enumerate(read_dataset(tfrecord_dir))
    errors = []
    root = tkinter.Tk()
    root.title('dataset_tool')
    view = tkinter.Label(root)
    view.pack()

    def stop(_event=None):
        root.destroy()

    def fail(_type, error, _traceback):
        errors.append(error)
        root.destroy()

    def show_next(_event=None):
        index, (image, label) = next(items, (None, (None, None)))
        if index is None:
            root.destroy()
            return
        report(f'idx = {index}, label = {label.tolist()}')
        zoom = max(256 // image.shape[-1], 1)
        size = [side * zoom for side in image.shape[:0:-1]]
        view.photo = ImageTk.PhotoImage(_to_pil_image(image).resize(size, Image.NEAREST))
        view.configure(image=view.photo)

    for key, action in [('<space>', show_next), ('<Return>', show_next), ('<Escape>', stop)]:
        root.bind(key, action)
    root.report_callback_exception = fail
    root.after_idle(show_next)
    root.mainloop()
    if errors:
        raise errors[0]
