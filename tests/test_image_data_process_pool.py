# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the worker processes."""

import operator
import os
import signal

import pytest

from dnnlib import util
from image_data import process_pool


def kill_yourself(item):
    if item == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def refuse_two(item):
    if item == 2:
        raise util.UserError('two is too many')
    return item


@pytest.mark.parametrize('num_workers', [1, 2, 3, 20])
def test_results_come_in_the_order_of_the_items(num_workers):
    assert list(process_pool.map_in_order(operator.neg, list(range(10)), num_workers)) == [-item for item in range(10)]


def test_no_items_yield_no_results():
    assert list(process_pool.map_in_order(operator.neg, [], 2)) == []


@pytest.mark.parametrize('num_workers', [1, 2])
def test_error_of_a_worker_is_raised_after_the_results_before_it(num_workers):
    results = process_pool.map_in_order(refuse_two, [0, 1, 2, 3], num_workers)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(util.UserError, match='two is too many'):
        next(results)


def test_killed_worker_is_noticed():
    with pytest.raises(util.UserError, match='a worker process was killed.*--workers=1'):
        list(process_pool.map_in_order(kill_yourself, [0, 1, 2, 3], 2))


def test_list_is_split_into_parts():
    assert process_pool.split([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]
    assert process_pool.split([], 2) == []
