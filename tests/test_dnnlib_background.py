# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Work in threads: order of results, limits, and where errors come out."""

import threading
import time

import pytest

from dnnlib import background


def fail_at_two(item):
    if item == 2:
        raise ValueError('two')
    return item


@pytest.mark.parametrize('num_threads', [1, 2, 5])
def test_results_come_in_the_order_of_the_items(num_threads):
    def slow_if_even(item):
        time.sleep(0.002 * (1 - item % 2))
        return -item

    assert list(background.map_ahead(slow_if_even, range(10), num_threads)) == [-item for item in range(10)]


def test_the_next_item_is_computed_while_the_caller_has_one():
    is_second_done = threading.Event()
    results = background.map_ahead(lambda item: item == 1 and is_second_done.set(), range(3))
    next(results)
    assert is_second_done.wait(timeout=10)
    results.close()


def test_no_more_items_are_taken_than_there_are_threads_besides_the_current_one():
    taken = []
    results = background.map_ahead(str, (taken.append(item) or item for item in range(100)), num_threads=2)
    assert next(results) == '0'
    assert taken == [0, 1, 2]
    results.close()


def test_error_is_raised_after_the_results_before_it():
    results = background.map_ahead(fail_at_two, range(5), num_threads=3)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match='two'):
        next(results)


def test_block_ends_when_all_calls_are_done():
    done = []
    with background.BackgroundCalls(num_threads=3) as calls:
        for item in range(20):
            calls.submit(lambda item=item: time.sleep(0.001) or done.append(item))
    assert sorted(done) == list(range(20))


def test_one_thread_keeps_the_order_of_calls():
    done = []
    with background.BackgroundCalls(num_threads=1) as calls:
        for item in range(20):
            calls.submit(done.append, item)
    assert done == list(range(20))


def test_error_surfaces_at_the_end_of_the_block_and_drops_what_has_not_begun():
    done = []
    may_fail = threading.Event()

    def fail():
        may_fail.wait(10)
        raise OSError('full')

    with pytest.raises(OSError, match='full'):
        with background.BackgroundCalls(num_threads=1) as calls:
            calls.submit(fail)
            for item in range(5):
                calls.submit(lambda item=item: time.sleep(0.2) or done.append(item))
            may_fail.set()
    assert len(done) <= 1


def test_error_surfaces_in_a_later_call_long_before_the_end():
    last = 0
    with pytest.raises(ValueError, match='two'):
        with background.BackgroundCalls(num_threads=2, max_waiting=3) as calls:
            for item in range(2, 1000):
                calls.submit(fail_at_two, item)
                last = item
    assert last < 20


def test_submit_waits_while_too_many_calls_do():
    may_go_on = threading.Event()
    submitted = []

    def submit_all():
        with background.BackgroundCalls(num_threads=1, max_waiting=3) as calls:
            for item in range(10):
                calls.submit(may_go_on.wait)
                submitted.append(item)

    thread = threading.Thread(target=submit_all)
    thread.start()
    time.sleep(0.1)
    assert len(submitted) == 3
    may_go_on.set()
    thread.join(timeout=10)
    assert len(submitted) == 10


def test_failure_of_the_block_itself_drops_calls_and_comes_through():
    done = []
    with pytest.raises(KeyboardInterrupt):
        with background.BackgroundCalls(num_threads=1) as calls:
            for item in range(5):
                calls.submit(lambda item=item: time.sleep(0.1) or done.append(item))
            raise KeyboardInterrupt
    assert len(done) <= 1
