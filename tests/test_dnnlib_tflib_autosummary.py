# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Averages for TensorBoard."""

import glob
import os

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.tflib import autosummary, compat


@pytest.fixture
def report(session, tmp_path):
    """A function that writes a report and returns its means by name."""
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        yield lambda step=None: autosummary.save_summaries(writer, step)


def read_events(directory):
    """Return the values of all event files as (step, tag, value)."""
    (path,) = glob.glob(os.path.join(str(directory), 'events.*'))
    return [
        (event.step, v.tag, v.simple_value) for event in tf.train.summary_iterator(path) for v in event.summary.value
    ]


def test_values_are_averaged_once_and_then_forgotten(session, report):
    value = tf.placeholder(tf.float32, [])
    update = autosummary.autosummary('Loss/a', value)
    tflib.autosummary.finalize_autosummaries()
    for number in (1, 2, 6):
        assert session.run(update, {value: number}) == number
    assert report() == {'Loss/a': 3}
    assert report() == {}
    session.run(update, {value: 5})
    assert report() == {'Loss/a': 5}


def test_every_element_counts(session, report):
    update = autosummary.autosummary('a', tf.constant([[1, 2], [3, 10]]))
    autosummary.finalize_autosummaries()
    session.run(update)
    assert report() == {'a': 4}


def test_numbers_and_arrays_count_at_once(report):
    for value in (1, np.float32(2), [6, 7], np.array([[4.0]])):
        assert autosummary.autosummary('now', value) is value
    assert report() == {'now': 4}
    assert autosummary.autosummary('now', 9.0, passthru='other') == 'other'
    assert report() == {'now': 9}


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_dropped_with_their_call(session, report, bad):
    value = tf.placeholder(tf.float32, [2])
    update = autosummary.autosummary('a', value)
    autosummary.finalize_autosummaries()
    for pair in ([1, 3], [100, bad], [bad, bad], [5, 7]):
        session.run(update, {value: pair})
    assert report() == {'a': 4}


def test_several_places_may_use_one_name(session, report):
    updates = [autosummary.autosummary('a', tf.constant(float(number))) for number in (1, 2, 6)]
    autosummary.autosummary('a', 7)
    autosummary.finalize_autosummaries()
    session.run(updates)
    assert report() == {'a': 4}
    session.run(updates[1:])
    assert report() == {'a': 4}


def test_passthru_triggers_the_update_in_place_of_the_value(session, report):
    result = autosummary.autosummary('a', tf.constant(3.0), passthru=tf.constant('through'))
    autosummary.finalize_autosummaries()
    assert session.run(result) == b'through'
    assert report() == {'a': 3}


def test_values_whose_condition_is_false_do_not_count(session, report):
    value, wanted = tf.placeholder(tf.float32, []), tf.placeholder(tf.bool, [])
    update = autosummary.autosummary('a', value, condition=wanted)
    autosummary.finalize_autosummaries()
    for number, flag in [(1, True), (50, False), (3, True)]:
        assert session.run(update, {value: number, wanted: flag}) == number
    assert report() == {'a': 2}


def test_values_inside_conditionals_count_only_when_evaluated(session, report):
    wanted = tf.placeholder(tf.bool, [])
    result = tf.cond(wanted, lambda: autosummary.autosummary('a', tf.constant(2.0)), lambda: tf.constant(0.0))
    autosummary.finalize_autosummaries()
    assert session.run(result, {wanted: False}) == 0
    assert report() == {}
    assert session.run(result, {wanted: True}) == 2
    assert report() == {'a': 2}


def test_names_are_fixed_by_the_first_report(session, report):
    autosummary.autosummary('known', 1)
    report()
    autosummary.autosummary('known', 2)
    for value in (1, tf.constant(1)):
        with pytest.raises(RuntimeError, match="autosummary 'new' comes after finalize_autosummaries"):
            autosummary.autosummary('new', value)
    assert report() == {'known': 2}


def test_reports_do_not_change_the_graph(session, report):
    update = autosummary.autosummary('a', tf.constant(1.0))
    autosummary.autosummary('b', 2)
    autosummary.finalize_autosummaries()
    session.graph.finalize()
    for _ in range(3):
        session.run(update)
        autosummary.autosummary('b', 4)
        report()


def test_graphs_have_reports_of_their_own(report):
    autosummary.autosummary('a', 1)
    with tf.Graph().as_default(), tf.Session().as_default():
        autosummary.autosummary('a', 100)
    assert report() == {'a': 1}


def test_event_files_hold_tag_mean_and_step(session, tmp_path):
    tf.constant(0, name='Loss/a')  # An op of that name must not change the tag.
    autosummary.autosummary('Loss/a', [1, 3])
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        autosummary.save_summaries(writer, 5000)
        autosummary.autosummary('Loss/a', 7)
        autosummary.save_summaries(writer, 6000)
    assert read_events(tmp_path) == [(5000, 'Loss/a', 2), (6000, 'Loss/a', 7)]


def test_reports_without_any_name_are_empty(report):
    assert report() == {}


def test_custom_scalars_add_a_margin_of_one_standard_deviation(report, monkeypatch):
    monkeypatch.setattr(autosummary, 'enable_custom_scalars', True)
    autosummary.autosummary('Loss/a', [1, 5])
    margins = {'xCustomScalars/Loss/a/margin_lo': 1, 'xCustomScalars/Loss/a/margin_hi': 5}
    assert report() == dict(margins, **{'Loss/a': 3})


def test_custom_scalars_work_without_tensorboard(session, tmp_path, monkeypatch):
    monkeypatch.setattr(autosummary, 'enable_custom_scalars', True)
    monkeypatch.setattr(compat, 'custom_scalar_plugin', lambda: None)
    autosummary.autosummary('a', 1)
    assert autosummary.finalize_autosummaries() is None
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        autosummary.save_summaries(writer)
    assert len(read_events(tmp_path)) == 3


def test_custom_scalars_write_their_layout_once_where_tensorboard_is_installed(session, tmp_path, monkeypatch):
    pytest.importorskip('tensorboard')
    monkeypatch.setattr(autosummary, 'enable_custom_scalars', True)
    autosummary.autosummary('Loss/a', 1)
    autosummary.autosummary('Loss/b', 1)
    assert autosummary.finalize_autosummaries() is not None
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        for step in (1, 2):
            autosummary.save_summaries(writer, step)
    tags = [tag for _, tag, _ in read_events(tmp_path)]
    assert tags.count('custom_scalars__config__') == 1 and tags.count('Loss/b') == 2
    layout_pb2, _ = compat.custom_scalar_plugin()
    (path,) = glob.glob(os.path.join(str(tmp_path), 'events.*'))
    (text,) = [
        value.tensor.string_val[0]
        for event in tf.train.summary_iterator(path)
        for value in event.summary.value
        if value.tag.startswith('custom')
    ]
    (category,) = layout_pb2.Layout.FromString(text).category
    assert category.title == 'Loss' and [chart.title for chart in category.chart] == ['Loss/a', 'Loss/b']
