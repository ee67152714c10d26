# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tiny files in the true formats of published data sets, and what a data set in a directory holds."""

import gzip
import io
import os
import pickle
import struct

import numpy as np
from PIL import Image

from image_data import inspection, label_files

SHUFFLED_10 = [4, 0, 7, 5, 8, 3, 1, 6, 9, 2]
"""The order in which the importers write 10 images."""


def make_pixels(shape, seed=0):
    return np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8)


def read_back(tfrecord_dir):
    """Return the images, uint8 [NCHW], and labels, float32 [N, label_size], of a data set."""
    images, labels = zip(*inspection.read_dataset(tfrecord_dir))
    return np.stack(images), np.stack(labels)


def has_labels(tfrecord_dir):
    return label_files.find_label_file(tfrecord_dir) is not None


def save_bytes(path, content):
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    with open(path, 'wb') as file:
        file.write(content)


# ----------------------------------------------------------------------------
# MNIST.


def make_idx(array):
    """Return the content of a file in IDX format: two zeros, type 8, number of dimensions, sizes, data."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f'>{array.ndim}I', *array.shape) + array.tobytes()


def save_mnist(folder, pixels, labels):
    save_bytes(os.path.join(folder, 'train-images-idx3-ubyte.gz'), gzip.compress(make_idx(pixels)))
    save_bytes(os.path.join(folder, 'train-labels-idx1-ubyte.gz'), gzip.compress(make_idx(labels)))


# ----------------------------------------------------------------------------
# CIFAR and SVHN.


def make_python2_pickle(pixels, labels, label_key):
    """Return a file of CIFAR byte by byte as Python 2 wrote it: texts and data of arrays are of its type `str`."""

    def short(text):
        return b'U' + bytes([len(text)]) + text.encode()

    labels = b''.join(b'K' + bytes([label]) for label in labels)
    array = (
        b'cnumpy.core.multiarray\n_reconstruct\nq\x05(cnumpy\nndarray\nq\x06K\x00\x85'
        + short('b')
        + b'tRq\x07(K\x01'
        + b'J'
        + struct.pack('<i', pixels.shape[0])
        + b'J'
        + struct.pack('<i', pixels.shape[1])
        + b'\x86'
        + b'cnumpy\ndtype\nq\x08('
        + short('u1')
        + b'K\x00K\x01tRq\x09(K\x03'
        + short('|')
        + b'NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89'
        + b'T'
        + struct.pack('<i', pixels.nbytes)
        + pixels.tobytes()
        + b'tb'
    )
    items = short('batch_label') + short('training batch 1 of 5')
    items += short(label_key) + b']q\x04(' + labels + b'e' + short('data') + array
    return b'\x80\x02}q\x01(' + items + b'u.'


def save_cifar10(folder, images_per_batch=2):
    """Save five batches; return all pixels, [N, 3, 32, 32], and classes."""
    pixels = make_pixels([5 * images_per_batch, 3072])
    labels = [(7 * index) % 10 for index in range(len(pixels))]
    for batch in range(5):
        part = slice(batch * images_per_batch, (batch + 1) * images_per_batch)
        content = make_python2_pickle(pixels[part], labels[part], 'labels')
        save_bytes(os.path.join(folder, f'data_batch_{batch + 1}'), content)
    return pixels.reshape(-1, 3, 32, 32), labels


def save_svhn(folder, counts=(4, 3, 3)):
    """Save three pairs; return all pixels, [N, 3, 32, 32], and digits."""
    pixels = make_pixels([sum(counts), 3, 32, 32])
    labels = (np.arange(sum(counts)) % 10).astype(np.uint8)
    ends = np.cumsum(counts)
    for index, (start, end) in enumerate(zip(ends - counts, ends), 1):
        pair = (pixels[start:end], labels[start:end])
        save_bytes(os.path.join(folder, f'train_{index}.pkl'), pickle.dumps(pair, protocol=index))
    return pixels, labels


# ----------------------------------------------------------------------------
# LSUN and CelebA.


def make_picture(height, width, seed=0, file_format='PNG'):
    """Return pixels, uint8 [HWC], and the content of a file of them; JPEG returns what is decoded from it."""
    pixels = make_pixels([height, width, 3], seed)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, file_format)
    if file_format == 'JPEG':
        pixels = np.asarray(Image.open(io.BytesIO(stream.getvalue())))
    return pixels, stream.getvalue()


def save_lmdb(folder, values):
    """Save values in an LMDB under ascending keys, as LSUN does under 40 hexadecimal digits."""
    import lmdb

    with lmdb.open(folder, map_size=1 << 24) as database, database.begin(write=True) as transaction:
        for index, value in enumerate(values):
            transaction.put(f'{index:040x}'.encode(), value)


def save_celeba(folder, count=10):
    """Save pictures with the official names; return their pixels, uint8 [N, 218, 178, 3]."""
    pixels = make_pixels([count, 218, 178, 3])
    os.makedirs(os.path.join(folder, 'img_align_celeba_png'))
    for index, image in enumerate(pixels, 1):
        Image.fromarray(image).save(os.path.join(folder, 'img_align_celeba_png', f'{index:06d}.png'))
    return pixels
