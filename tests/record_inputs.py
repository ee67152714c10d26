# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""What the tests of data sets share: a record by hand, made-up images, the checksum the slow way."""

import numpy as np

from image_data import exporter

GOLDEN_RECORD = bytes.fromhex(
    '3200000000000000241956ec'
    '0a300a1c0a046461746112140a120a10000102030405060708090a0b0c0d0e0f'
    '0a100a0573686170651207' + '1a050a03010404' + '23a3e6ba'
)


def make_images(num_images=3, channels=3, size=4, seed=0):
    return np.random.RandomState(seed).randint(0, 256, [num_images, channels, size, size]).astype(np.uint8)


def compute_crc_bit_by_bit(message):
    crc = 0xFFFFFFFF
    for byte in message:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def write(path, content):
    path.write_bytes(content)
    return str(path)


def export(path, images, labels=None, **kwargs):
    with exporter.TFRecordExporter(str(path), len(images), print_progress=False, **kwargs) as tfr:
        for image in images:
            tfr.add_image(image)
        if labels is not None:
            tfr.add_labels(labels)
    return str(path)
