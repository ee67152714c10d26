# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Loading a compiled library into TensorFlow, and telling in plain words why it does not load."""

import re

from dnnlib.tflib.custom_ops import building, host_compiler, library_cache


class LoadError(Exception):
    """A library cannot be loaded.

    Args:
        path: Path of the library.
        reason: What is wrong with it.
    """

    def __init__(self, path, reason):
        super().__init__(reason)
        self.path = path


def try_to_load(path):
    """Return the module of a library, or a LoadError."""
    try:
        return load(path)
    except LoadError as error:
        return error


def load(path):
    """Load a library into TensorFlow and return the module with its ops.

    Raises:
        LoadError: If the file is damaged, or was compiled for something else than what is running.
    """
    import tensorflow.compat.v1 as tf

    try:
        recipe = library_cache.read_recipe(path, check=True)
    except (library_cache.DamagedLibraryError, OSError) as error:
        raise LoadError(path, str(error)) from error
    try:
        module = tf.load_op_library(path)
    except (tf.errors.OpError, OSError, RuntimeError) as error:
        raise LoadError(path, explain_load_failure(path, recipe, str(error))) from error
    library_cache.mark_used(path)
    return module


def explain_load_failure(path, recipe, message):
    """Return why a library does not load, in one line: the missing symbol in words, and who was meant to have it."""
    symbol = re.search(r'undefined symbol: (\w+)', message)
    reason = ' '.join(message.split())
    if symbol:
        status, name = host_compiler.run_tool(['c++filt', symbol.group(1)])
        reason = f'undefined symbol {name.strip() if status == 0 else symbol.group(1)}'
    tensorflow = building.describe_tensorflow()
    return (
        f'{path} does not load: {reason} (compiled for TensorFlow {recipe["tensorflow"]}, ABI {recipe["abi"]}; '
        f'this is TensorFlow {tensorflow.version}, ABI {tensorflow.abi})'
    )
