# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The command lines that users of the official code know, as they are used to type them.

Small networks lie in the place of the published ones, small pictures in that of the data sets, and metrics look at a
few pictures with made-up weights; all the rest is as it is.
"""

import glob
import importlib
import os
import shlex

import numpy as np
import PIL.Image
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import cmdline, tflib
from metrics.metric_defaults import metric_defaults
from training import misc

SIZE = 32  # Pixels; large enough for VGG.
SMALL = {'resolution': SIZE, 'fmap_base': 64, 'fmap_max': 8}
SMALL_G = dict(SMALL, latent_size=8, dlatent_size=8, mapping_fmaps=8)
FEW_STEPS = (
    '--num-gpus=1 --total-kimg=0.01 --fmap-base=64 --latent-size=8 --minibatch-size=4 --grid-size=2x2 --metrics=none'
)


@pytest.fixture(scope='module')
def home(tmp_path_factory):
    """A home directory with pictures, a data set made of them, and networks by the names of the published ones."""
    home = tmp_path_factory.mktemp('home')
    for folder in ('networks', 'my-custom-images', 'datasets'):
        (home / folder).mkdir()
    rnd = np.random.RandomState(0)
    for index in range(5):
        pixels = rnd.randint(256, size=[SIZE, SIZE, 3]).astype(np.uint8)
        PIL.Image.fromarray(pixels).save(str(home / 'my-custom-images' / f'{index}.png'))
    with tf.Graph().as_default(), tflib.create_session() as session, session.as_default():
        G = tflib.Network('G', 'training.networks_stylegan2.G_main', **SMALL_G)
        D = tflib.Network('D', 'training.networks_stylegan2.D_stylegan2', mbstd_group_size=4, **SMALL)
        for name in ('stylegan2-ffhq-config-f', 'stylegan2-car-config-f'):
            misc.save_pkl((G, D, G.clone('Gs')), str(home / 'networks' / (name + '.pkl')))
    return home


@pytest.fixture
def call(home, monkeypatch, capsys):
    """A function that runs a command line as if typed in the home directory, and returns what it printed."""
    for name in ('HOME', 'DNNLIB_CACHE_DIR', 'DNNLIB_NETWORK_DIR'):
        path = {'HOME': home, 'DNNLIB_CACHE_DIR': home / 'cache', 'DNNLIB_NETWORK_DIR': home / 'networks'}[name]
        monkeypatch.setenv(name, str(path))
    monkeypatch.setenv('DNNLIB_OFFLINE', '1')
    for name in ('DNNLIB_INCEPTION', 'DNNLIB_VGG16', 'DNNLIB_LPIPS'):
        monkeypatch.setenv(name, 'random')
    monkeypatch.chdir(str(home))

    def call(line):
        _, script, *argv = shlex.split(line)
        with tf.Graph().as_default(), tflib.create_session() as session, session.as_default():
            cmdline.run(lambda: importlib.import_module(script[: -len('.py')]).main(argv))
        return capsys.readouterr().out

    return call


@pytest.fixture
def dataset(call, home):
    """The data sets of the command lines."""
    for name in ('my-custom-dataset', 'ffhq', 'car'):
        if not (home / 'datasets' / name).exists():
            call(f'python dataset_tool.py create_from_images ~/datasets/{name} ~/my-custom-images')
            os.rename(os.path.expanduser(f'~/datasets/{name}'), str(home / 'datasets' / name))


def list_results(pattern):
    """Return the names of the files in the newest run directory of a kind."""
    return sorted(os.listdir(sorted(glob.glob(os.path.join('results', pattern)))[-1]))


@pytest.mark.parametrize(
    'options, seeds',
    [
        (
            '--network=gdrive:networks/stylegan2-ffhq-config-f.pkl --seeds=6600-6602 --truncation-psi=0.5',
            range(6600, 6603),
        ),
        (
            '--network=gdrive:networks/stylegan2-ffhq-config-f.pkl --seeds=66,230,389 --truncation-psi=1.0',
            [66, 230, 389],
        ),
        ('--network=gdrive:networks/stylegan2-car-config-f.pkl --seeds=6000-6001 --truncation-psi=0.5', [6000, 6001]),
    ],
)
def test_generate_images(call, options, seeds):
    call(f'python run_generator.py generate-images {options}')
    names = [name for name in list_results('*-generate-images') if name.startswith('seed')]
    assert names == sorted(f'seed{seed:04d}.png' for seed in seeds)


def test_style_mixing_example(call):
    call(
        'python run_generator.py style-mixing-example --network=gdrive:networks/stylegan2-ffhq-config-f.pkl '
        '--row-seeds=85,100 --col-seeds=55,821,1789 --truncation-psi=1.0'
    )
    with PIL.Image.open(glob.glob('results/*-style-mixing-example/grid.png')[0]) as grid:
        assert grid.size == (4 * SIZE, 3 * SIZE)


def test_project_generated_images(call):
    call(
        'python run_projector.py project-generated-images --network=gdrive:networks/stylegan2-car-config-f.pkl '
        '--seeds=0,1 --num-snapshots=2 --steps=4'
    )
    names = list_results('*-project-generated-images')
    for seed in (0, 1):
        assert {f'seed{seed:04d}-target.png', f'seed{seed:04d}-step0002.png', f'seed{seed:04d}-step0004.png'} < set(
            names
        )


def test_project_real_images(call, dataset):
    call(
        'python run_projector.py project-real-images --network=gdrive:networks/stylegan2-car-config-f.pkl '
        '--dataset=car --data-dir=~/datasets --num-images=2 --num-snapshots=1 --steps=3'
    )
    names = list_results('*-project-real-images')
    assert {'image0000-target.png', 'image0000-step0003.png', 'image0001-step0003.png'} < set(names)


def test_create_from_images_and_extract(call, dataset, home):
    call('python dataset_tool.py extract ~/datasets/my-custom-dataset ~/extracted')
    extracted = [str(home / 'extracted' / f'img{index:08d}.png') for index in range(5)]
    shuffled = np.arange(5)
    np.random.RandomState(123).shuffle(shuffled)
    for path, index in zip(extracted, shuffled):
        with PIL.Image.open(path) as image, PIL.Image.open(str(home / 'my-custom-images' / f'{index}.png')) as original:
            assert np.array_equal(np.asarray(image), np.asarray(original))


@pytest.mark.parametrize(
    'line, config',
    [
        ('--num-gpus=8 --data-dir=~/datasets --config=config-f --dataset=ffhq --mirror-augment=true', {'gamma': 10}),
        ('--num-gpus=8 --data-dir=~/datasets --config=config-f --dataset=car --total-kimg=57000', {'gamma': 10}),
        ('--num-gpus=8 --data-dir=~/datasets --config=config-e --dataset=car --total-kimg 57000', {'gamma': 100}),
        ('--num-gpus=8 --data-dir=~/datasets --config=config-f --dataset=car --gamma=50', {'gamma': 50}),
    ],
)
def test_run_training_on_eight_gpus_is_understood(call, dataset, line, config):
    printed = call(f'python run_training.py {line} --dry-run')
    assert f'"gamma": {float(config["gamma"])}' in printed
    assert '"num_gpus": 8' in printed


def test_run_training(call, dataset):
    call(
        'python run_training.py --num-gpus=8 --data-dir=~/datasets --config=config-f --dataset=ffhq '
        f'--mirror-augment=true {FEW_STEPS}'
    )
    names = list_results('*-stylegan2-ffhq-1gpu-config-f')
    wanted = {'log.txt', 'submit_config.pkl', 'submit_config.txt', 'run.txt', '_finished.txt', 'reals.png'}
    assert wanted | {'fakes_init.png', 'fakes000000.png', 'network-snapshot-000000.pkl', 'network-final.pkl'} <= set(
        names
    )


@pytest.mark.filterwarnings('ignore:fid50k.*too few')
def test_run_metrics(call, dataset, monkeypatch):
    for name, key in (('fid50k', 'num_images'), ('ppl_wend', 'num_samples')):
        monkeypatch.setitem(metric_defaults[name], key, 8)
    printed = call(
        'python run_metrics.py --data-dir=~/datasets --network=gdrive:networks/stylegan2-ffhq-config-f.pkl '
        '--metrics=fid50k,ppl_wend --dataset=ffhq --mirror-augment=true'
    )
    lines = [line for line in printed.splitlines() if line.startswith('stylegan2-ffhq-config-f') and ' time ' in line]
    assert [line.split()[-2].split('-')[0].split('[')[0] for line in lines] == ['fid50k', 'ppl_wend']
