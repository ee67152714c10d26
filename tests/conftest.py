# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Fixtures that the tests share."""

import os
import signal

import numpy as np
import pytest

from dnnlib import util

# Tests, and the programs that they start, use caches of their own; what is compiled for one serves all.
os.environ.setdefault('DNNLIB_OPS_DIR', util.make_cache_dir_path('ops'))


_SIGNALS = [getattr(signal, name) for name in ('SIGTERM', 'SIGHUP', 'SIGUSR1') if hasattr(signal, name)]
_HANDLERS = {number: signal.getsignal(number) for number in _SIGNALS}


def pytest_make_parametrize_id(config, val, argname):
    """Name tests with binary parameters by the argument: archives hold the time of day, and names have to be constant.

    Otherwise the processes that share the work would not collect the same tests.
    """
    del config
    return argname if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def no_memory_error_of_numpy_is_left():
    """Fail where one was left: Python 3.6 makes the next MemoryError of it, and crashes at some later one."""
    yield
    if type(MemoryError()) is not MemoryError:
        pytest.fail('this test, or one before it, made a sub-class of MemoryError; let another process do that')


@pytest.fixture(autouse=True)
def signals_do_what_they_did():
    """Give signals their handlers back: a script that has done its work ignores them, as its process is to end."""
    yield
    for number, handler in _HANDLERS.items():
        if handler is not None and signal.getsignal(number) is not handler:
            signal.signal(number, handler)


@pytest.fixture
def session():
    """A fresh graph and session with fixed seeds, so that no test sees another's variables."""
    import tensorflow.compat.v1 as tf

    from dnnlib import tflib  # Turns graph mode on.

    config = tf.ConfigProto()  # Optimizing a graph takes longer than running it once.
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = -1
    with tf.Graph().as_default(), tf.Session(config=config) as session:
        tflib.init_tf()
        tf.set_random_seed(1234)
        yield session


# ----------------------------------------------------------------------------
# For metrics: a data set, and a generator in the place of a snapshot.


@pytest.fixture
def toy_images():
    """40 random pictures of 8 x 8 pixels, uint8 [NCHW]."""
    return np.random.RandomState(5).randint(256, size=[40, 3, 8, 8]).astype(np.uint8)


@pytest.fixture
def write_dataset():
    """A function that writes pictures, and labels if there are any, into the directory of a data set."""
    from image_data import records

    def write(path, images, labels=None):
        path.mkdir(parents=True, exist_ok=True)
        resolution_log2 = int(np.log2(images.shape[2]))
        (path / f'{path.name}-r{resolution_log2:02d}.tfrecords').write_bytes(records.encode_images(images))
        if labels is not None:
            with open(str(path / f'{path.name}-rxx.labels'), 'wb') as file:
                np.save(file, labels)

    return write


@pytest.fixture
def toy_data_dir(tmp_path, toy_images, write_dataset, monkeypatch):
    """The directory of a data set `toys` of these pictures, and an empty cache."""
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path / 'cache'))
    write_dataset(tmp_path / 'data' / 'toys', toy_images)
    return tmp_path / 'data'


@pytest.fixture
def run_metric(tmp_path, toy_data_dir, monkeypatch):
    """A function that runs a metric on a generator and the data set `toys`, and returns its numbers by name."""
    from reference import tiny_features

    snapshot = tmp_path / 'network-snapshot-000012.pkl'
    snapshot.write_bytes(b'in place of a network')

    def run(metric, network, **kwargs):
        tiny_features.replace_networks(monkeypatch, network)
        metric.run(str(snapshot), data_dir=str(toy_data_dir), dataset_args={'tfrecord_dir': 'toys'}, **kwargs)
        return metric.get_results()['results']

    return run


@pytest.fixture
def tool(tmp_path, monkeypatch, capsys):
    """A function that runs dataset_tool in a temporary folder and returns exit status, stdout and stderr."""
    import dataset_tool
    from dnnlib import cmdline

    monkeypatch.chdir(str(tmp_path))

    def run(*args):
        try:
            cmdline.run(lambda: dataset_tool.main(list(args)))
            status = 0
        except SystemExit as error:
            status = error.code or 0
        captured = capsys.readouterr()
        return status, captured.out, captured.err.replace('\r', '\n')

    return run
