# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The script convert.py and the conversion as a whole: every format, and everything that can go wrong on the way."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
import source_tree
from reference import random_networks

import convert
from conversion import converter, frozen_graph, reading
from dnnlib import torch_file
from dnnlib.util import UserError

SNAPSHOT = random_networks.SNAPSHOT


def run_script(*args):
    """Run the script; return exit status and output."""
    command = [sys.executable, os.path.join(source_tree.ROOT_DIR, 'convert.py')] + list(args)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    output = process.communicate()[0]
    return process.returncode, output


@pytest.mark.parametrize('name, target', [('pkl', 'out.pkl'), ('frozen-graph', 'out.pb')])  # Others: see their files.
def test_network_is_converted_and_draws_the_same(name, target, tmp_path, capsys):
    convert.main(['to-' + name, SNAPSHOT, str(tmp_path / target), '--networks=Gs'])
    output = capsys.readouterr().out
    (difference,) = re.findall('Largest difference between the pictures of Gs before and after: (.*)', output)
    assert float(difference) < 1e-5
    assert os.listdir(str(tmp_path)) == [target]


def test_snapshot_of_a_lone_generator_gets_the_other_networks(tmp_path, capsys):
    source, target = str(tmp_path / 'Gs.pt'), str(tmp_path / 'network.pkl')
    convert.main(['to-rosinality', SNAPSHOT, source, '--networks=Gs'])
    content = torch_file.read_torch_object(source)
    assert set(content) == {'g_ema', 'latent_avg'}
    convert.main(['to-pkl', source, target])
    output = capsys.readouterr().out
    assert 'Note: the source holds no G, so G is a copy of Gs' in output and 'D is a new one' in output
    assert list(reading.read_networks(target).networks) == ['G', 'D', 'Gs']


def test_script_tells_what_it_read_and_wrote(tmp_path):
    target = str(tmp_path / 'network.npz')
    status, output = run_script('to-npz', SNAPSHOT, target, '--networks=D,Gs')
    assert status == 0, output
    assert f'Read G, D, Gs from {SNAPSHOT}: TensorFlow snapshot' in output
    assert f'Wrote D, Gs to {target}' in output and output.count('before and after: 0') == 2


def test_description_is_printed(capsys):
    convert.main(['info', SNAPSHOT])
    assert 'kind:          TensorFlow snapshot, version 4' in capsys.readouterr().out


def test_errors_are_one_line_with_status_1(tmp_path):
    path = tmp_path / 'network.pkl'
    path.write_text('<!DOCTYPE html><html><title>Sign in</title></html>')
    status, output = run_script('to-npz', str(path), str(tmp_path / 'out.npz'))
    error = output.strip().splitlines()[-1]
    assert status == 1 and error.startswith(f'Error: {path} holds no networks; it is a web page')
    assert 'Traceback' not in output


@pytest.mark.parametrize(
    'arguments', [['to-onnx', 'a', 'b'], ['to-npz', 'a'], ['info'], ['to-npz', 'a', 'b', '--over']]
)
def test_wrong_command_line_ends_with_status_2(arguments):
    with pytest.raises(SystemExit) as caught:
        convert.main(arguments)
    assert caught.value.code == 2


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['to-npz', 'none.pkl', 'out.npz'], 'file not found: none.pkl'),
        (['to-npz', SNAPSHOT, 'out.pkl'], 'to-npz writes .npz, got out.pkl; for .pkl there is to-pkl'),
        (['to-pkl', SNAPSHOT, 'out.pt'], 'for .pt there is to-rosinality and to-ada-pytorch'),
        (['to-frozen-graph', SNAPSHOT, 'out'], 'to-frozen-graph writes .pb, got out$'),
        (['to-npz', SNAPSHOT, 'no/such/out.npz'], 'folder not found: .*no/such'),
        (['to-npz', SNAPSHOT, 'old.npz'], 'old.npz exists; give another name, or --overwrite'),
        (['to-pkl', 'old.pkl', 'old.pkl', '--overwrite'], 'source and target are the same file'),
        (['to-npz', SNAPSHOT, 'folder.npz', '--overwrite'], 'expected the name of a file to write, got the directory'),
        (['to-saved-model', SNAPSHOT, 'folder.npz', '--overwrite'], 'is no SavedModel, so it is not replaced'),
        (['to-npz', SNAPSHOT, 'out.npz', '--networks=G_ema'], 'holds G, D, Gs, but no G_ema'),
        (['to-frozen-graph', SNAPSHOT, 'out.pb', '--networks=D'], 'a graph is made of one generator'),
        (['to-frozen-graph', SNAPSHOT, 'out.pb', '--networks=G,Gs'], 'a graph is made of one generator'),
        (['to-npz', 'folder.npz', 'out.npz'], 'the folder folder.npz holds no network-final.pkl'),
        (['to-npz', 'old.pkl', 'out.npz'], 'old.pkl is not a network snapshot, or is damaged'),
        (['to-npz', 'empty.pkl', 'out.npz'], 'empty.pkl holds no networks; it is an empty file'),
        (['info', 'none.pkl'], 'file not found'),
        ([], 'missing subcommand'),
    ],
)
def test_wrong_input_is_refused_before_anything_is_written(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(str(tmp_path))
    (tmp_path / 'old.npz').write_bytes(b'old')
    (tmp_path / 'old.pkl').write_bytes(b'old')
    (tmp_path / 'empty.pkl').write_bytes(b'')
    (tmp_path / 'folder.npz').mkdir()
    before = sorted(os.listdir('.'))
    with pytest.raises(UserError, match=message):
        convert.main(arguments)
    assert sorted(os.listdir('.')) == before and (tmp_path / 'old.npz').read_bytes() == b'old'


def test_older_saved_model_is_replaced_on_request(tmp_path):
    target = str(tmp_path / 'model')
    convert.main(['to-saved-model', SNAPSHOT, target])
    with pytest.raises(UserError, match='exists'):
        convert.main(['to-saved-model', SNAPSHOT, target])
    convert.main(['to-saved-model', SNAPSHOT, target, '--overwrite', '--truncation-psi=0.25', '--networks=G'])
    (psi,) = [node for node in frozen_graph.read_graph(target).node if node.name == 'truncation_psi/input']
    assert psi.attr['value'].tensor.float_val[0] == 0.25


def test_conversion_that_changes_what_is_drawn_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(converter, '_draw_file', lambda target: {'Gs': np.zeros([1, 3, 8, 8])})
    lines = []
    with pytest.raises(UserError, match='gives other results than the source; do not use this file'):
        converter.convert(SNAPSHOT, str(tmp_path / 'a.npz'), 'npz', names=['Gs'], report=lines.append)
    assert lines[-1].startswith('Largest difference between the pictures of Gs')
