# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Names of options of other programs, as the scripts translate them."""

import pytest

import dataset_tool
import run_generator
import run_projector
import run_training


@pytest.mark.parametrize(
    'script, words, hint',
    [
        (run_training, ['--dataset=a', '--batch=2'], '; --batch is called --minibatch-size here'),
        (run_training, ['--data-path=a'], '; --data-path is called --dataset here'),
        (run_training, ['--dataset=a', '--epochs=5'], '; the length of a training is --total-kimg, in thousands of'),
        (run_training, ['--dataset=a', '--resolution=64'], '; --resolution is called --res here'),
        (run_training, ['--dataset=a', '--workers=3'], '; --workers is unknown'),
        (
            run_generator,
            ['generate-images', '--network=x', '--seeds=1', '--trunc=1'],
            'called --truncation-psi here',
        ),
        (run_generator, ['generate-images', '--network=x', '--seed=1'], 'is called --seeds here'),
        (run_generator, ['style-mixing-example', '--network=x', '--rows=1'], 'is called --row-seeds here'),
        (run_projector, ['project-real-images', '--network=x', '--target=a.png'], '; --target is called --images here'),
        (dataset_tool, ['create_from_images', 'a', 'b', '--size=64'], '; --size is called --resize here'),
        (dataset_tool, ['create_lsun', 'a', 'b', '--size=64'], '; --size is called --resolution here'),
        (dataset_tool, ['create_from_images', 'a', 'b', '--subset=3'], '; --subset is called --max_images here'),
    ],
)
def test_somebody_who_comes_from_another_program_is_told_the_name_here(script, words, hint, capsys):
    with pytest.raises(SystemExit) as caught:
        script.parse_args(words)
    assert caught.value.code == 2
    assert hint in capsys.readouterr().err.splitlines()[-1]
