# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which snapshots of a run stay."""

import json

import pytest

from training import keeping


@pytest.fixture
def run_dir(tmp_path):
    """A run directory with four snapshots; their contents are their names."""
    for kimg in (0, 4, 8, 12):
        name = f'network-snapshot-{kimg:06d}.pkl'
        (tmp_path / name).write_text(name)
    (tmp_path / 'network-final.pkl').write_text('')
    (tmp_path / 'mine.pkl').write_text('')
    return tmp_path


def get_pkl(run_dir, kimg):
    return str(run_dir / f'network-snapshot-{kimg:06d}.pkl')


@pytest.mark.parametrize(
    'keep, kimg, left',
    [
        ('all', 12, [0, 4, 8, 12]),
        (1, 12, [12]),
        (3, 12, [4, 8, 12]),
        (9, 12, [0, 4, 8, 12]),
        ('best', 12, [12]),
        (2, 8, [4, 8, 12]),  # Later ones are of a run before, which will be written anew.
    ],
)
def test_only_older_numbered_snapshots_are_removed(run_dir, keep, kimg, left):
    keeping.remove_superfluous(get_pkl(run_dir, kimg), keep)
    names = {f'network-snapshot-{kimg:06d}.pkl' for kimg in left} | {'network-final.pkl', 'mine.pkl'}
    assert {path.name for path in run_dir.iterdir()} == names


def test_results_are_read_by_snapshot_the_last_line_counts_and_one_that_was_cut_off_does_not(tmp_path):
    lines = [{'network_sha256': name, 'results': {'fid': value}} for name, value in [('a', 3), ('b', 2), ('a', 1)]]
    text = ''.join(json.dumps(line) + '\n' for line in lines) + '{"network_sha256": "c", "res'
    (tmp_path / 'metric-fid.jsonl').write_text(text)
    assert keeping.read_results(str(tmp_path), 'fid') == {'a': {'fid': 1}, 'b': {'fid': 2}}
    assert keeping.read_results(str(tmp_path), 'is') == {}


@pytest.mark.parametrize(
    'value, others, higher_is_better, is_best',
    [
        (3.0, [], False, True),
        (3.0, [4.0, 3.5], False, True),
        (3.0, [2.0, 4.0], False, False),
        (3.0, [2.0], True, True),
        (3.0, [4.0], True, False),
        (None, [4.0], False, False),
        (3.0, [None], False, True),
        (None, [], False, True),  # Better than nothing.
    ],
)
def test_best_snapshot_is_known(value, others, higher_is_better, is_best):
    results = {str(index): {'fid': other, 'second': 0} for index, other in enumerate(others)}
    results['x'] = {'fid': value, 'second': 0}
    assert keeping.is_best('x', results, higher_is_better) == is_best


def test_best_snapshot_is_copied_beside_it(run_dir):
    keeping.copy_best(get_pkl(run_dir, 8))
    assert (run_dir / 'network-best.pkl').read_text() == 'network-snapshot-000008.pkl'


def test_results_are_read_in_spite_of_damaged_lines(run_dir):
    good = '{"network_sha256": "x", "results": {"fid": 3.0}}\n'
    (run_dir / 'metric-fid.jsonl').write_text(
        '{"network_sha256": "y", "resu' + good + good + '[1]\n{"results": 1}\n' + good[:9]
    )
    with pytest.warns(UserWarning, match='line 1 and 1 more cannot be read'):
        assert keeping.read_results(str(run_dir), 'fid') == {'x': {'fid': 3.0}}
