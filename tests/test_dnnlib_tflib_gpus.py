# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""What GPUs there are, and that a TensorFlow which is too old for one stops before it computes noise."""

import shutil
import subprocess

import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib, util
from dnnlib.tflib import compat, gpus, startup
from dnnlib.tflib.custom_ops import hardware

DRIVER = """
static const int capabilities[] = {86, 61, 86};
extern "C" int cuInit(unsigned) { return %STATUS%; }
extern "C" int cuDriverGetVersion(int* version) { *version = 12020; return 0; }
extern "C" int cuDeviceGetCount(int* count) { *count = 3; return 0; }
extern "C" int cuDeviceGet(int* device, int index) { *device = 100 + index; return 0; }
extern "C" int cuDeviceGetAttribute(int* value, int attribute, int device) {
    if (attribute != 75 && attribute != 76) return 1;
    const int capability = capabilities[device - 100];
    *value = attribute == 75 ? capability / 10 : capability % 10;
    return 0;
}
"""


@pytest.mark.skipif(shutil.which('g++') is None, reason='needs g++')
@pytest.mark.parametrize('status, capabilities, version', [(0, [61, 86], '12.2'), (100, [], None)])
def test_the_driver_tells_its_version_and_the_capabilities_of_all_gpus(tmp_path, status, capabilities, version):
    (tmp_path / 'driver.cc').write_text(DRIVER.replace('%STATUS%', str(status)))
    library = str(tmp_path / 'driver.so')
    subprocess.check_call(['g++', '-shared', '-fPIC', '-o', library, str(tmp_path / 'driver.cc')])
    assert hardware.read_capabilities(library) == capabilities
    assert hardware.read_driver_version(library) == version


def show_gpus(monkeypatch, details):
    """Let TensorFlow see GPUs, of which it tells these details, and the driver show an old one beside an RTX 30."""
    config = tf.config.experimental
    monkeypatch.setattr(config, 'list_physical_devices', lambda kind: list(range(len(details))))
    monkeypatch.setattr(config, 'get_device_details', lambda device: details[device], raising=False)
    monkeypatch.setattr(gpus, 'read_capabilities', lambda: [50, 86])


def test_a_gpu_that_tensorflow_ignores_does_not_count(monkeypatch):
    show_gpus(monkeypatch, [{'compute_capability': (8, 6)}, {'compute_capability': (8, 6)}])
    assert gpus.list_capabilities.__wrapped__() == [86]


@pytest.mark.parametrize('details, capabilities', [([{}], [50, 86]), ([], [])])
def test_the_driver_is_asked_where_tensorflow_has_gpus_but_does_not_tell_what_they_are(
    monkeypatch, details, capabilities
):
    show_gpus(monkeypatch, details)
    assert gpus.list_capabilities.__wrapped__() == capabilities


def test_without_driver_there_are_no_gpus():
    assert hardware.read_capabilities('libno-such-driver.so') == []
    assert hardware.read_driver_version('libno-such-driver.so') is None


def test_cuda_version_is_a_number_or_none():
    version = gpus.get_cuda_version()
    assert version is None or float('.'.join(version.split('.')[:2])) >= 10


@pytest.mark.parametrize('capabilities, cuda_version', [([70, 80], '10'), ([86], '10.0'), ([90], '10.1')])
def test_a_gpu_after_turing_stops_a_tensorflow_of_cuda_10_with_the_way_out(monkeypatch, capabilities, cuda_version):
    monkeypatch.setattr(gpus, 'list_capabilities', lambda: capabilities)
    monkeypatch.setattr(gpus, 'get_cuda_version', lambda: cuda_version)
    with pytest.raises(util.UserError) as caught:
        tflib.init_tf()
    text = str(caught.value)
    assert f'CUDA {cuda_version}, got {capabilities[-1] / 10:.1f}' in text
    assert 'docker/Dockerfile.tf2' in text and 'CUDA_VISIBLE_DEVICES' in text


@pytest.mark.parametrize('capabilities, cuda_version', [([], '10'), ([75], '10'), ([86], '11.1'), ([86], None)])
def test_every_other_pair_goes_on(monkeypatch, capabilities, cuda_version):
    monkeypatch.setattr(gpus, 'list_capabilities', lambda: capabilities)
    monkeypatch.setattr(gpus, 'get_cuda_version', lambda: cuda_version)
    gpus.check_generation()


@pytest.mark.parametrize(
    'has_traces, num_gpus, line',
    [
        (False, 1, 'No GPU: computing on the CPU'),
        (
            False,
            2,
            'No GPU: computing on the CPU. --num-gpus=2 divides each minibatch into 2 parts, '
            'which makes nothing faster',
        ),
        (
            True,
            1,
            'No GPU that TensorFlow can use: computing on the CPU, although this machine seems to have one; '
            '`python -m dnnlib.tflib.custom_ops doctor` looks for the reason',
        ),
    ],
)
def test_computing_without_a_gpu_is_said_in_a_line(monkeypatch, capsys, has_traces, num_gpus, line):
    monkeypatch.setattr(compat, 'list_gpus', lambda: [])
    monkeypatch.setattr(startup, 'may_have_gpu', lambda: has_traces)
    gpus.print_fallback(num_gpus)
    assert capsys.readouterr().out == line + '\n'


def test_nothing_is_said_where_there_is_a_gpu(monkeypatch, capsys):
    monkeypatch.setattr(compat, 'list_gpus', lambda: ['GPU:0'])
    gpus.print_fallback(1)
    assert capsys.readouterr().out == ''


def test_more_gpus_than_there_are_cannot_be_used(monkeypatch):
    monkeypatch.setattr(compat, 'list_gpus', lambda: ['GPU:0', 'GPU:1'])
    gpus.check_number(2)
    with pytest.raises(util.UserError, match='--num-gpus=3, but TensorFlow sees 2; lower it'):
        gpus.check_number(3)
    monkeypatch.setattr(compat, 'list_gpus', lambda: [])
    gpus.check_number(3)  # Parts of a CPU.


def test_replicas_get_gpus_or_else_virtual_cpus(monkeypatch):
    monkeypatch.setattr(compat, 'list_gpus', lambda: [])
    assert gpus.list_devices(2) == ['/cpu:0', '/cpu:1']
    monkeypatch.setattr(compat, 'list_gpus', lambda: ['GPU:0'])
    assert gpus.list_devices(1) == ['/gpu:0']
