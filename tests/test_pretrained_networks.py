# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Names of published networks and how their files are found; nothing is downloaded."""

import hashlib
import os
import shutil
import subprocess
import sys

import numpy as np
import PIL.Image
import pytest
import source_tree

import pretrained_networks
from dnnlib import cmdline
from dnnlib.util import UserError
from training import misc, network_urls, snapshots

TINY_SNAPSHOT = os.path.join(os.path.dirname(__file__), 'data', 'tiny_snapshot.pkl')
FFHQ = 'gdrive:networks/stylegan2-ffhq-config-f.pkl'
FFHQ_URL = 'https://nvlabs-fi-cdn.nvidia.com/stylegan2/networks/stylegan2-ffhq-config-f.pkl'


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('DNNLIB_OFFLINE', '1')
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path / 'cache'))
    monkeypatch.delenv('DNNLIB_NETWORK_DIR', raising=False)


def test_the_36_official_names_lead_to_their_addresses():
    urls = pretrained_networks.gdrive_urls
    assert len(urls) == len(set(urls.values())) == 36
    assert urls[FFHQ] == FFHQ_URL
    table2 = 'table2/stylegan2-car-config-e-Gresnet-Dskip.pkl'
    assert urls['gdrive:networks/' + table2] == 'https://nvlabs-fi-cdn.nvidia.com/stylegan2/networks/' + table2
    for data, letters in [('car', 'abcdef'), ('ffhq', 'abcdef'), ('cat', 'af'), ('church', 'af'), ('horse', 'af')]:
        for letter in 'abcdef':
            alias = f'gdrive:networks/stylegan2-{data}-config-{letter}.pkl'
            assert (alias in urls) == (letter in letters)


@pytest.mark.parametrize('path', ['network.pkl', 'https://example.com/network.pkl', '~/network.pkl'])
def test_paths_and_addresses_stay_as_they_are(path):
    assert pretrained_networks.get_path_or_url(path) == path


def test_names_of_ada_for_resuming_are_known_unless_a_file_has_that_name(tmp_path):
    assert pretrained_networks.get_path_or_url('ffhq256').endswith('/ffhq-res256-mirror-paper256-noaug.pkl')
    assert len(pretrained_networks.resume_urls) == 5
    (tmp_path / 'ffhq256').write_bytes(b'')
    assert pretrained_networks.get_path_or_url('ffhq256') == 'ffhq256'


def test_unknown_name_is_answered_with_the_one_probably_meant():
    with pytest.raises(
        UserError, match=r'config-g\.pkl is no published network; did you mean gdrive:networks/stylegan2-'
    ):
        pretrained_networks.get_path_or_url('gdrive:networks/stylegan2-ffhq-config-g.pkl')


@pytest.mark.parametrize('func', [network_urls.fetch, misc.load_pkl, snapshots.open_snapshot])
def test_without_a_connection_the_message_tells_which_file_to_put_where(func):
    with pytest.raises(UserError) as caught:
        func(FFHQ)
    message = str(caught.value)
    assert f'cannot download {FFHQ_URL}: downloads are switched off' in message
    assert os.path.join('cache', 'downloads', hashlib.md5(FFHQ_URL.encode()).hexdigest()) in message
    assert 'put stylegan2-ffhq-config-f.pkl into a directory and set DNNLIB_NETWORK_DIR to it' in message


def test_a_copy_in_the_directory_of_networks_is_taken(monkeypatch, tmp_path):
    (tmp_path / 'networks').mkdir()
    path = str(tmp_path / 'networks' / 'stylegan2-ffhq-config-f.pkl')
    shutil.copy(TINY_SNAPSHOT, path)
    monkeypatch.setenv('DNNLIB_NETWORK_DIR', str(tmp_path / 'networks'))
    assert network_urls.fetch(FFHQ) == path
    assert snapshots.open_snapshot(FFHQ).describe().image_shape == [3, 16, 16]


@pytest.mark.parametrize('folder', ['cache/downloads', '.stylegan2-cache'])
def test_downloads_of_this_and_of_the_official_program_are_found(tmp_path, folder):
    name = hashlib.md5(FFHQ_URL.encode()).hexdigest() + '_stylegan2-ffhq-config-f.pkl'
    (tmp_path / folder).mkdir(parents=True)
    shutil.copy(TINY_SNAPSHOT, str(tmp_path / folder / name))
    with open(network_urls.fetch(FFHQ), 'rb') as file, open(TINY_SNAPSHOT, 'rb') as expected:
        assert file.read() == expected.read()


def test_networks_are_loaded_once_per_process(session, monkeypatch):
    monkeypatch.setattr(pretrained_networks, '_networks_cache', {})
    networks = pretrained_networks.load_networks(TINY_SNAPSHOT)
    assert [net.name for net in networks] == ['G', 'D', 'Gs']
    assert pretrained_networks.load_networks(TINY_SNAPSHOT) is networks


def test_the_script_lists_names_addresses_and_licence(capsys):
    pretrained_networks.main([])
    output = capsys.readouterr().out
    assert FFHQ in output and FFHQ_URL in output and 'lsundog256' in output
    assert 'cartoon64 ' in output
    assert 'non-commercial use only' in output


@pytest.mark.parametrize(
    'network, message',
    [
        ('gdrive:networks/stylegan2-ffqh-config-f.pkl', 'did you mean gdrive:networks/stylegan2-ffhq-config-f.pkl?'),
        ('gdrive:networks', 'is no published network'),
        (FFHQ, 'downloads are switched off'),
        ('https://localhost:1/network.pkl', 'downloads are switched off'),
    ],
)
def test_scripts_answer_wrong_names_in_one_line(capsys, network, message):
    import run_generator

    with pytest.raises(SystemExit) as caught:
        cmdline.run(lambda: run_generator.main(['generate-images', '--seeds=1', '--network=' + network]))
    error = capsys.readouterr().err
    assert caught.value.code == 1 and error.startswith('Error: ') and error.count('\n') == 1
    assert message in error


def test_reader_that_has_enough_ends_the_list_silently():
    script = os.path.join(source_tree.ROOT_DIR, 'pretrained_networks.py')
    command = f'"{sys.executable}" -u "{script}" | head -n 1'
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    assert done.stdout.startswith(b'cartoon64 ')
    assert done.stderr == b''


# ----------------------------------------------------------------------------
# Networks that come with this project.


def test_network_of_this_project_draws_faces_without_a_connection(tmp_path, monkeypatch):
    import run_generator

    monkeypatch.chdir(tmp_path)
    run_generator.main(['generate-images', '--network=cartoon64', '--seeds=1,2', '--truncation-psi=0.7'])
    paths = sorted(tmp_path.glob('results/*/seed*.png'))
    first, second = [np.asarray(PIL.Image.open(str(path)), np.float32) for path in paths]
    assert first.shape == (64, 64, 3)
    # Backgrounds are plain, the middle of a face is not, and no two faces are the same.
    for image in (first, second):
        assert image[:8, :8].std(axis=(0, 1)).max() < 12 < image[16:48, 16:48].std(axis=(0, 1)).min()
    assert np.abs(first - second).mean() > 5


def test_network_of_this_project_can_be_trained_on(session):
    opened = snapshots.open_snapshot('cartoon64')
    assert opened.names == ['G', 'D', 'Gs']
    assert os.path.getsize(opened.path) < 8e6
    assert np.asarray(dict(opened.networks['D'].state['variables'])['4x4/Conv/weight']).dtype == np.float16
    D = opened.build('D')
    assert D.get_var('4x4/Conv/weight').dtype == np.float32


def test_file_of_that_name_is_preferred(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert network_urls.is_alias('cartoon64')
    (tmp_path / 'cartoon64').write_text('')
    assert not network_urls.is_alias('cartoon64')


def test_weights_are_halved_for_shipping(session, tmp_path):
    import importlib.util

    path = os.path.join(source_tree.ROOT_DIR, 'tools', 'ship_network.py')
    spec = importlib.util.spec_from_file_location('ship_network', path)
    ship_network = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(ship_network)
    target = str(tmp_path / 'halved.pkl')
    ship_network.main([TINY_SNAPSHOT, target])
    for before, after in zip(*[snapshots.open_snapshot(name).networks.values() for name in (TINY_SNAPSHOT, target)]):
        old, new = [dict(net.state['variables']) for net in (before, after)]
        assert list(old) == list(new)
        for name in old:
            assert np.allclose(old[name], new[name], rtol=1e-3, atol=1e-7)
            assert np.ndim(new[name]) == 0 or new[name].dtype == np.float16
