# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""When a training writes what, and what it does when there is no room."""

import errno

import pytest

from dnnlib.util import EasyDict, UserError
from training import saving
from training.saving import Saver


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self):
        """Tell the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(saving.time, 'monotonic', clock)
    return clock


def make_saver(save_images=None, has_state=True, tick=0, nimg=1000, snapshot_nimg=-1, **intervals):
    """Return a saver and its position."""
    defaults = {'image_snapshot_ticks': 2, 'network_snapshot_ticks': 3, 'snapshot_kimg': None, 'state_minutes': 10}
    position = EasyDict(counter=5, tick=tick, cur_nimg=nimg, snapshot_nimg=snapshot_nimg)
    saver = Saver(lambda: {}, save_images, None, {}, EasyDict(defaults, **intervals), position, has_state)
    position.counter += 1
    return saver, position


def list_due(saver, is_tick=True, is_last=False, is_done=True):
    due = saver.list_due(is_tick, is_last, is_done)
    return ' '.join(name for name in ('state', 'images', 'networks') if due[name])


@pytest.mark.parametrize('tick, due', [(-1, 'state images networks'), (0, ''), (1, 'images'), (2, 'state networks')])
def test_snapshots_are_due_every_some_ticks_and_a_state_before_that_of_the_networks(clock, tick, due):
    assert list_due(make_saver(tick=tick)[0]) == due


@pytest.mark.parametrize(
    'nimg, snapshot_nimg, due', [(1999, 1000, ''), (2000, 1999, 'state images networks'), (2048, 2000, '')]
)
def test_snapshots_are_due_at_multiples_of_kimg_whatever_the_ticks(clock, nimg, snapshot_nimg, due):
    saver, _ = make_saver(nimg=nimg, snapshot_nimg=snapshot_nimg, snapshot_kimg=1)
    assert saver.is_kimg_due() == bool(due)
    assert list_due(saver) == due
    assert list_due(saver, is_tick=False) == ''


def test_state_is_due_after_its_minutes_also_within_a_round(clock):
    saver, position = make_saver()
    clock.now = 599
    assert list_due(saver, is_tick=False) == ''
    clock.now = 600
    assert list_due(saver, is_tick=False) == 'state'
    position.counter -= 1
    assert list_due(saver, is_tick=False) == ''  # Nothing has changed since.


@pytest.mark.parametrize('is_done, due', [(False, 'state'), (True, 'state images networks')])
def test_stop_replaces_no_snapshot_of_the_same_thousand_images_but_the_end_does(
    clock, tmp_path, monkeypatch, is_done, due
):
    monkeypatch.setattr(saving.dnnlib, 'make_run_dir_path', lambda name: str(tmp_path / name))
    saver, _ = make_saver(nimg=1600)
    assert list_due(saver, is_last=True, is_done=is_done) == 'state images networks'
    (tmp_path / 'network-snapshot-000001.pkl').write_text('')
    assert list_due(saver, is_last=True, is_done=is_done) == due


def test_first_tick_writes_a_state_even_without_snapshots(clock):
    saver, _ = make_saver(has_state=False, image_snapshot_ticks=None, network_snapshot_ticks=None)
    assert list_due(saver, is_tick=False) == ''
    assert list_due(saver) == 'state'


def test_end_writes_all_that_is_wanted_at_all(clock):
    assert list_due(make_saver()[0], is_last=True) == 'state images networks'
    assert list_due(make_saver(network_snapshot_ticks=None)[0], is_last=True) == 'state images'


def test_what_found_no_room_is_told_and_tried_again_at_the_next_tick(clock, capsys):
    errors = [OSError(errno.ENOSPC, '9 MB are needed, 3 MB are free', 'fakes000001.png'), None]

    def save_images(suffix, minibatch_size):
        error = errors.pop(0)
        if error:
            raise error

    saver, _ = make_saver(save_images)
    saver.save_images(4)
    assert capsys.readouterr().out == (
        'Warning: fakes000001.png: 9 MB are needed, 3 MB are free; the training goes on and tries again at the next '
        'tick\n'
    )
    assert list_due(saver, is_tick=False) == '' and list_due(saver) == 'images'
    with pytest.raises(UserError, match='^the images of the end could not be written: fakes000001.png: 9 MB are'):
        saver.check_complete()
    saver.save_images(4)
    saver.check_complete()
    assert list_due(saver) == ''


def test_other_errors_end_the_training(clock):
    def save_images(suffix, minibatch_size):
        raise PermissionError(errno.EACCES, 'Permission denied', 'fakes000001.png')

    with pytest.raises(PermissionError):
        make_saver(save_images)[0].save_images(4)


def test_state_without_room_waits_for_the_next_tick_however_late_it_is(clock, monkeypatch, capsys):
    def save_state(*args):
        raise OSError(errno.ENOSPC, '9 MB are needed, 3 MB are free', 'training-state.npz')

    monkeypatch.setattr(saving.training_state, 'save_state', save_state)
    monkeypatch.setattr(saving.dnnlib, 'make_run_dir_path', lambda *names: '/'.join(names))
    saver, _ = make_saver(network_snapshot_ticks=None, image_snapshot_ticks=None)
    clock.now = 6000
    assert list_due(saver, is_tick=False) == 'state'
    saver.save_state()
    assert list_due(saver, is_tick=False) == '' and list_due(saver) == 'state'


def test_best_networks_without_room_are_copied_later_and_until_then_nothing_is_removed(clock, tmp_path, monkeypatch):
    for kimg in (1, 2):
        (tmp_path / f'network-snapshot-00000{kimg}.pkl').write_text(str(kimg))
    first, second = [str(tmp_path / f'network-snapshot-00000{kimg}.pkl') for kimg in (1, 2)]
    saver, _ = make_saver()
    monkeypatch.setattr(saving.keeping.disk_space.shutil, 'disk_usage', lambda path: EasyDict(free=0))
    saver.save_best_networks(first)
    saver.remove_superfluous(second, 'best')
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        'network-snapshot-000001.pkl',
        'network-snapshot-000002.pkl',
    ]
    monkeypatch.undo()
    saver.remove_superfluous(second, 'best')
    assert (tmp_path / 'network-best.pkl').read_text() == '1'
    assert sorted(path.name for path in tmp_path.iterdir()) == ['network-best.pkl', 'network-snapshot-000002.pkl']
    saver.check_complete()


def test_without_network_snapshots_no_kimg_is_due():
    saver, _ = make_saver(nimg=5000, snapshot_kimg=1, network_snapshot_ticks=None)
    assert not saver.is_kimg_due()
