# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of signals that ask a run to stop."""

import contextlib
import os
import pty
import signal
import subprocess
import sys
import threading
import time

import pytest

import dnnlib
from dnnlib.submission import stop_signals

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(dnnlib.__file__)))
START = """
import hashlib, os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # A shell or nohup may have let it be ignored.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
import dnnlib
from dnnlib import cmdline
context = dnnlib.RunContext.get()

def call_c(sec=0.8):  # It holds no lock of Python's and returns only when it is done, as session.run.
    begin = time.monotonic()
    hashlib.pbkdf2_hmac('sha256', b'word', b'salt', 100000)
    rounds = int(100000 * sec / (time.monotonic() - begin))
    print('in C', flush=True)
    hashlib.pbkdf2_hmac('sha256', b'word', b'salt', rounds)
    print('back from C', flush=True)
"""
FIRST_INT = 'SIGINT: finishing this minibatch and saving; press Ctrl-C again to stop at once'


class Child:
    """A process that runs code and can be sent signals."""

    def __init__(self, code, **kwargs):
        kwargs = dict({'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE}, **kwargs)
        self.process = subprocess.Popen([sys.executable, '-c', START + code], cwd=ROOT, **kwargs)

    def wait_for(self, line):
        """Read lines until there is one like this."""
        for other in iter(self.process.stdout.readline, b''):
            if other.decode().strip() == line:
                return
        raise AssertionError(self.process.stderr.read().decode())

    def send(self, *names):
        """Send signals."""
        for name in names:
            self.process.send_signal(getattr(signal, name))

    def finish(self):
        """Return exit status, lines of stdout and lines of stderr."""
        outputs = self.process.communicate(timeout=30)
        return (self.process.returncode, *[output.decode().splitlines() for output in outputs])


@pytest.fixture
def start():
    """Return the class of processes, which are killed in the end."""
    children = []

    def start_child(code, **kwargs):
        children.append(Child(code, **kwargs))
        return children[-1]

    yield start_child
    for child in children:
        child.process.kill()
        child.process.wait()
        for stream in (child.process.stdout, child.process.stderr):
            if stream is not None:
                stream.close()


STOP_AFTER_C = """
with context.stopping_gracefully():
    call_c()
    print(context.should_stop(), context.stop_reason)
"""


@pytest.mark.parametrize('name', ['SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGHUP'])
def test_a_signal_is_told_at_once_and_ends_nothing(start, name):
    child = start(STOP_AFTER_C)
    child.wait_for('in C')
    child.send(name)
    line = FIRST_INT if name == 'SIGINT' else f'{name}: finishing this minibatch and saving'
    after = [] if name == 'SIGHUP' else ['back from C', f'True {name}']  # After a SIGHUP nobody listens.
    assert child.finish() == (0, [line, *after], [])


def test_a_second_ctrl_c_ends_the_process_at_once(start):
    child = start(STOP_AFTER_C.replace('call_c()', 'call_c(20)'))
    child.wait_for('in C')
    child.send('SIGINT')
    child.wait_for(FIRST_INT)
    time.sleep(0.3)
    begin = time.monotonic()
    child.send('SIGINT')
    assert child.finish() == (130, [], ['Interrupted.'])
    assert time.monotonic() - begin < 1


def test_the_echo_of_a_ctrl_c_by_a_launcher_is_no_second_one(start):
    child = start(STOP_AFTER_C)
    child.wait_for('in C')
    child.send('SIGINT')
    time.sleep(0.02)
    child.send('SIGINT')
    assert child.finish() == (0, [FIRST_INT, 'back from C', 'True SIGINT'], [])


def test_further_signals_of_other_kinds_do_nothing_more(start):
    child = start(STOP_AFTER_C)
    child.wait_for('in C')
    child.send('SIGUSR1')
    child.wait_for('SIGUSR1: finishing this minibatch and saving')
    child.send('SIGTERM', 'SIGUSR1', 'SIGINT')  # The first Ctrl-C is not the second.
    assert child.finish() == (0, [FIRST_INT, 'back from C', 'True SIGUSR1'], [])


def test_what_can_be_done_again_later_is_ended_by_a_signal(start):
    child = start("""
with context.stopping_gracefully():
    for kind in ('first', 'second'):
        try:
            with context.interruptible():
                print(kind, flush=True)
                try:
                    time.sleep(30)
                except Exception:
                    print('swallowed')
        except dnnlib.StopRequested:
            print(f'stopped {kind} {context.stop_reason}\\n', end='')  # In one piece, as another thread prints.
""")
    child.wait_for('first')
    child.send('SIGTERM')
    status, lines, errors = child.finish()
    assert (status, errors) == (0, [])
    assert sorted(lines) == sorted(
        ['SIGTERM: finishing this minibatch and saving', 'stopped first SIGTERM', 'stopped second SIGTERM']
    )


def test_signals_do_after_an_error_what_they_did_before(start):
    child = start("""
def main():
    try:
        with context.stopping_gracefully():
            raise ArithmeticError
    except ArithmeticError:
        pass
    assert signal.set_wakeup_fd(-1) == -1
    print('ready', flush=True)
    time.sleep(30)

cmdline.run(main)
""")
    child.wait_for('ready')
    child.send('SIGTERM')
    assert child.finish() == (143, [], ['Interrupted by SIGTERM.'])


@pytest.mark.parametrize('is_asked', [True, False])
@pytest.mark.parametrize('name', ['SIGTERM', 'SIGUSR1', 'SIGHUP'])
def test_once_a_script_has_stopped_or_is_done_further_signals_change_nothing(start, name, is_asked):
    child = start(
        f'is_asked = {is_asked}'
        + """
def main():
    with context.stopping_gracefully():
        print('ready', flush=True)
        while is_asked and not context.should_stop():
            time.sleep(0.01)
    print('stopped', flush=True)
    time.sleep(0.5)

cmdline.run(main)
print('over', flush=True)
time.sleep(0.5)
"""
    )
    child.wait_for('ready')
    if is_asked:
        child.send('SIGUSR1')
    child.wait_for('stopped')
    child.send(name)
    child.wait_for('over')
    child.send(name)
    assert child.finish() == (0, [], [])


def test_a_request_that_leaks_out_ends_a_script_as_ctrl_c_does(start):
    child = start("""
def main():
    with context.stopping_gracefully(), context.interruptible():
        print('ready', flush=True)
        time.sleep(30)

cmdline.run(main)
""")
    child.wait_for('ready')
    child.send('SIGUSR1')
    status, _, errors = child.finish()
    assert (status, errors) == (130, ['Interrupted.'])


def test_ignored_signals_stay_ignored(start):
    code = STOP_AFTER_C.replace('with', 'signal.signal(signal.SIGHUP, signal.SIG_IGN)\nwith', 1)
    child = start(code.replace('call_c()', 'call_c(0.3)'))
    child.wait_for('in C')
    child.send('SIGHUP')
    assert child.finish() == (0, ['back from C', 'False None'], [])


@pytest.mark.parametrize('is_told, lines', [(True, ['SIGHUP: finishing this minibatch and saving']), (False, [])])
def test_a_terminal_that_was_closed_disturbs_nothing(start, tmp_path, is_told, lines):
    master, slave = pty.openpty()
    code = """
with dnnlib.util.Logger(os.environ['LOG']), context.stopping_gracefully():
    print('ready')
    time.sleep(0.5)
    print('saved')
"""
    log = tmp_path / 'log.txt'
    child = start(code, stdin=slave, stdout=slave, stderr=slave, env=dict(os.environ, LOG=str(log)))
    os.close(slave)
    text = b''
    while b'ready\r\n' not in text:
        text += os.read(master, 1000)
    os.close(master)
    if is_told:
        child.send('SIGHUP')
    assert child.process.wait() == 0
    assert log.read_text().splitlines() == ['ready', *lines, 'saved']


def test_ending_a_forked_process_does_not_stop_its_parent(start):
    child = start("""
import multiprocessing

with context.stopping_gracefully():
    forked = multiprocessing.get_context('fork').Process(target=time.sleep, args=(60,))
    forked.start()
    started = subprocess.Popen(['sleep', '60'])
    time.sleep(0.3)
    forked.terminate()
    started.terminate()
    forked.join()
    started.wait()
    time.sleep(0.1)
    print(forked.exitcode, started.returncode, context.should_stop())
""")
    assert child.finish() == (0, ['-15 -15 False'], [])


def test_other_threads_than_the_main_one_catch_nothing():
    handlers, before = [], signal.getsignal(signal.SIGTERM)

    def work():
        with dnnlib.RunContext().stopping_gracefully():
            handlers.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [before]


def test_platforms_that_lack_a_signal_skip_it(monkeypatch):
    monkeypatch.setattr(stop_signals, '_NAMES', ('SIGTERM', 'SIGNONE'))
    context = dnnlib.RunContext()
    with context.stopping_gracefully():
        os.kill(os.getpid(), signal.SIGTERM)
        assert context.should_stop() and context.stop_reason == 'SIGTERM'


def test_a_run_that_ended_before_it_was_told_to_stop_is_finished():
    context = dnnlib.RunContext()
    with context.stopping_gracefully():
        os.kill(os.getpid(), signal.SIGTERM)
        assert context.stop_reason == 'SIGTERM' and not context.is_stopping
        assert context.should_stop() and context.is_stopping


def test_a_run_whose_interruptible_work_ended_early_was_stopped():
    context = dnnlib.RunContext()
    with context.stopping_gracefully(), contextlib.suppress(dnnlib.StopRequested), context.interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)
    assert context.is_stopping


def test_without_signals_interruptible_work_is_just_done():
    context, done = dnnlib.RunContext(), []
    with context.interruptible():
        done.append('outside')
    with context.stopping_gracefully(), context.interruptible():
        done.append('inside')
    assert done == ['outside', 'inside'] and not context.should_stop()


def test_signal_just_before_the_body_ends_it_too(start):
    child = start("""
from dnnlib.submission import stop_signals
original = stop_signals.StopSignals.interruptible

def begin_late(self):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.3)
    return original(self)

stop_signals.StopSignals.interruptible = begin_late
with context.stopping_gracefully():
    try:
        with context.interruptible():
            print('body')
    except dnnlib.StopRequested:
        time.sleep(0.1)
        print('stopped')
""")
    assert child.finish() == (0, ['SIGTERM: finishing this minibatch and saving', 'stopped'], [])
