# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of dnnlib.cmdline."""

import argparse
import errno
import io
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings

import pytest
import source_tree

from dnnlib import cmdline, option_hints, util

# ----------------------------------------------------------------------------
# Option values.


@pytest.mark.parametrize('text', ['Yes', 'true', 'T', 'y', '1', ' yes '])
def test_words_of_consent_are_true(text):
    assert cmdline.parse_bool(text) is True


@pytest.mark.parametrize('text', ['NO', 'false', 'f', 'N', '0'])
def test_words_of_refusal_are_false(text):
    assert cmdline.parse_bool(text) is False


@pytest.mark.parametrize(
    'text, expected',
    [('1,2,5-8', [1, 2, 5, 6, 7, 8]), ('0-6', [0, 1, 2, 3, 4, 5, 6]), ('7', [7]), ('3-3', [3]), ('5, 1', [5, 1])],
)
def test_int_lists_mix_numbers_and_inclusive_ranges(text, expected):
    assert cmdline.parse_int_list(text) == expected


@pytest.mark.parametrize(
    'text, expected', [('a,b', ['a', 'b']), ('fid50k, ', ['fid50k']), ('none', []), ('None', []), ('', [])]
)
def test_name_lists_may_be_empty_or_none(text, expected):
    assert cmdline.parse_name_list(text) == expected


def test_paths_are_expanded(monkeypatch):
    monkeypatch.setenv('HOME', '/home/user')
    assert cmdline.parse_path('~/datasets/') == '/home/user/datasets'


def test_numbers_are_read():
    assert cmdline.parse_float('-0.5') == -0.5
    assert cmdline.parse_float('1e-3') == 0.001
    assert cmdline.parse_positive_int('8') == 8


@pytest.mark.parametrize(
    'parse, text',
    [
        (cmdline.parse_bool, 'maybe'),
        (cmdline.parse_bool, ''),
        (cmdline.parse_int_list, ''),
        (cmdline.parse_int_list, '1,,2'),
        (cmdline.parse_int_list, '1-'),
        (cmdline.parse_int_list, '-3'),
        (cmdline.parse_int_list, '1.5'),
        (cmdline.parse_int_list, 'six'),
        (cmdline.parse_int_list, '8-5'),
        (cmdline.parse_path, ' '),
        (cmdline.parse_float, 'nan'),
        (cmdline.parse_float, 'inf'),
        (cmdline.parse_float, 'half'),
        (cmdline.parse_positive_int, '0'),
        (cmdline.parse_positive_int, '-2'),
        (cmdline.parse_positive_int, '1.5'),
        (cmdline.parse_positive_int, 'two'),
    ],
)
def test_bad_values_end_with_status_2_and_a_message_naming_option_and_value(parse, text, capsys):
    parser = cmdline.make_parser('Draw.')
    parser.add_argument('--value', type=parse)
    with pytest.raises(SystemExit) as caught:
        parser.parse_args(['--value=' + text])
    last_line = capsys.readouterr().err.splitlines()[-1]
    assert caught.value.code == 2
    assert 'argument --value: ' in last_line
    assert 'expected' in last_line or 'upwards' in last_line
    assert repr(text) in last_line or not text.strip()


def test_numbers_may_have_a_limit():
    assert cmdline.up_to(8)('8') == 8
    assert cmdline.up_to(1, cmdline.parse_positive_float)('0.5') == 0.5
    for parse, text in ((cmdline.up_to(8), '9'), (cmdline.up_to(8), '0'), (cmdline.up_to(8), 'x')):
        with pytest.raises(argparse.ArgumentTypeError, match=f"expected, got '{text}'"):
            parse(text)


# ----------------------------------------------------------------------------
# Parser.


def make_example_parser():
    examples = 'examples:\n\n  python train.py --data-dir=~/datasets'
    parser = cmdline.make_parser('Train.', examples, {'cfg': ('config',)})
    parser.add_argument('--data-dir', required=True)
    parser.add_argument('--config', choices=['config-e', 'config-f'], default='config-f')
    return parser


def make_example_parser_with_commands():
    parser = cmdline.make_parser('Draw.')
    commands = parser.add_subparsers(dest='command')
    generate = commands.add_parser('generate-images')
    generate.add_argument('--seeds', type=cmdline.parse_int_list)
    commands.add_parser('style-mixing-example').add_argument('--row-seeds')
    return parser


def test_good_command_lines_are_parsed():
    args = make_example_parser().parse_args(['--data-dir', 'a', '--config=config-e'])
    assert (args.data_dir, args.config) == ('a', 'config-e')
    args = make_example_parser_with_commands().parse_args(['generate-images', '--seeds=1-3'])
    assert (args.command, args.seeds) == ('generate-images', [1, 2, 3])


def test_help_keeps_the_lines_of_description_and_epilog():
    assert 'examples:\n\n  python train.py --data-dir=~/datasets\n' in make_example_parser().format_help()


@pytest.mark.parametrize(
    'option, kwargs, expected',
    [
        (['--gamma FLOAT', 'weight', cmdline.parse_float], {}, '--gamma FLOAT  weight'),
        (['--gamma FLOAT', 'weight', cmdline.parse_float], {'default': 10}, '--gamma FLOAT  weight (default: 10)'),
        (['--mirror BOOL', 'flip (default: no)'], {'default': False}, '--mirror BOOL  flip (default: no)'),
        (['--dry-run', 'only check'], {'action': 'store_true'}, '--dry-run   only check'),
        (['--list', 'list'], {'nargs': 0, 'default': argparse.SUPPRESS, 'action': argparse.Action}, '--list      list'),
    ],
)
def test_help_of_an_option_is_its_row(option, kwargs, expected):
    parser = cmdline.make_parser('Test.')
    cmdline.add_option(parser, *option, **kwargs)
    assert parser.format_help().splitlines()[-1].strip() == expected


def test_an_option_reads_its_values():
    parser = cmdline.make_parser('Test.')
    cmdline.add_option(parser, '--seeds LIST', 'seeds', cmdline.parse_int_list, dest='numbers')
    cmdline.add_option(parser, '--name NAME', 'a text')
    assert vars(parser.parse_args(['--seeds=1-3', '--name=7'])) == {'numbers': [1, 2, 3], 'name': '7'}


def test_the_command_line_of_the_process_is_the_default(monkeypatch):
    monkeypatch.setattr('sys.argv', ['train.py', '--data-dir=a'])
    assert make_example_parser().parse_args().data_dir == 'a'


@pytest.mark.parametrize(
    'make_parser, words, messages',
    [
        (make_example_parser, ['--data-dir=a', '--config=confg-f'], ["'confg-f'", '; did you mean config-f?']),
        (make_example_parser, ['--data-dir=a', '--config=CONFIG-E'], ['; did you mean config-e?']),
        (
            make_example_parser,
            ['--data_di=a'],
            ['required: --data-dir; --data_di is unknown; did you'],
        ),
        (make_example_parser, ['--data-dir=a', '--cfg=f'], ['; --cfg is called --config here']),
        (make_example_parser, ['--data-dir=a', '--confg', 'config-f'], ['--confg is unknown; did you mean --config?']),
        (make_example_parser, ['--data-dir=a', '--conf=config-f'], ['--conf is unknown; did you mean --config?']),
        (make_example_parser, ['--data-dir=a', '--xyzzy'], ['unrecognized arguments: --xyzzy']),
        (make_example_parser_with_commands, ['generate-image'], ['; did you mean generate-images?']),
        (
            make_example_parser_with_commands,
            ['generate-images', '--sed=1'],
            ['--sed is unknown; did you mean --seeds?'],
        ),
    ],
)
def test_misspelt_words_end_with_status_2_and_a_suggestion(make_parser, words, messages, capsys):
    with pytest.raises(SystemExit) as caught:
        make_parser().parse_args(words)
    last_line = capsys.readouterr().err.splitlines()[-1]
    assert caught.value.code == 2
    assert all(message in last_line for message in messages), last_line


@pytest.mark.parametrize(
    'words, last_line',
    [
        (['--seeds=1'], 'unrecognized arguments: --seeds=1; which sub-command: generate-images? It comes before its'),
        (['--row-seeds=1', '--x'], 'which sub-command: generate-images, style-mixing-example? It comes before its'),
        (['--seeds=1', 'generate-images'], 'comes before its options: generate-images --seeds=1 ...'),
        (['--seeds', '1', 'generate-images'], 'comes before its options: generate-images --seeds 1 ...'),
        (['generate-images', '--seeds', '1', '2', '3-4'], '; lists are written with commas: --seeds=1,2,3-4'),
        (['generate-images', '--seeds=1', '2', '--x'], '; lists are written with commas: --seeds=1,2'),
    ],
)
def test_misplaced_words_end_with_their_place(words, last_line, capsys):
    with pytest.raises(SystemExit) as caught:
        make_example_parser_with_commands().parse_args(words)
    assert caught.value.code == 2
    assert last_line in capsys.readouterr().err.splitlines()[-1]


def test_hyphens_and_underscores_are_the_same_in_names_but_not_in_values():
    assert make_example_parser().parse_args(['--data_dir=--config-x_y']).data_dir == '--config-x_y'
    args = make_example_parser_with_commands().parse_args(['style_mixing_example', '--row_seeds', 'generate_images'])
    assert (args.command, args.row_seeds) == ('style-mixing-example', 'generate_images')


@pytest.mark.parametrize(
    'option, hint',
    [
        ('--cfg', '; --cfg is called --config here'),
        ('--epochs', '; --epochs is measured otherwise'),
        ('--trunc', '; --trunc is unknown'),
    ],
)
def test_names_of_other_programs_are_translated_or_explained(option, hint):
    other_names = {'cfg': ('configuration', 'config'), 'epochs': 'is measured otherwise', 'trunc': ('truncation-psi',)}
    assert option_hints.describe_unknown_option(option, ['--config', '--data-dir'], other_names) == hint


def test_only_options_that_take_a_list_of_numbers_are_asked_for_commas(capsys):
    parser = make_example_parser_with_commands()
    with pytest.raises(SystemExit):
        parser.parse_args(['style-mixing-example', '--row-seeds', '32', '32'])  # A text.
    assert 'commas' not in capsys.readouterr().err


def test_a_closed_stdout_does_not_matter(monkeypatch):
    monkeypatch.setattr(sys, 'stdout', None)
    assert cmdline.run(lambda: print('x') or 7) == 7


@pytest.mark.parametrize('words', [['--data-dir=a', '--config=zzz'], ['--config=config-e'], ['--data-dir=a', 'extra']])
def test_nothing_is_suggested_where_nothing_is_like_it(words, capsys):
    with pytest.raises(SystemExit):
        make_example_parser().parse_args(words)
    assert 'did you mean' not in capsys.readouterr().err


def test_words_after_two_dashes_are_not_taken_for_options(capsys):
    with pytest.raises(SystemExit):
        make_example_parser().parse_args(['--data-dir=a', '--', '--confg'])
    assert 'unknown' not in capsys.readouterr().err


def test_suggestions_ignore_case_and_keep_the_known_spelling():
    assert option_hints.did_you_mean('FID50K', ['fid50k', 'kid50k']) == '; did you mean fid50k?'
    assert option_hints.did_you_mean('config', []) == ''


def test_parser_errors_are_argparse_errors():
    with pytest.raises(argparse.ArgumentTypeError, match='number expected'):
        cmdline.parse_float('half')


# ----------------------------------------------------------------------------
# Entry point.


def raise_error(error):
    raise error


@pytest.mark.parametrize(
    'error, line',
    [
        (util.UserError('resolution must be a power of two, got 300'), 'resolution must be a power of two, got 300'),
        (util.UserFileNotFoundError('file not found: a.pkl'), 'file not found: a.pkl'),
        (util.UserError('missing subcommand.  Re-run with --help for usage.'), 'missing subcommand.  Re-run with'),
        (util.UserError('first\nsecond'), 'first second'),
        (OSError(errno.ENOSPC, 'No space left on device', 'net.pkl'), 'No space left on device: net.pkl'),
        (OSError(errno.EXDEV, 'Invalid link', 'a', None, 'b'), 'Invalid link: a: b'),
        (OSError('odd'), 'odd'),
    ],
)
def test_expected_errors_become_one_line_and_status_1(error, line, capsys):
    with pytest.raises(SystemExit) as caught:
        cmdline.run(lambda: raise_error(error))
    captured = capsys.readouterr()
    assert caught.value.code == 1
    assert captured.out == '' and captured.err.startswith('Error: ' + line)
    assert captured.err.count('\n') == 1


def test_other_errors_keep_their_traceback():
    with pytest.raises(ZeroDivisionError):
        cmdline.run(lambda: 1 // 0)


def test_interruption_ends_with_status_130(capsys):
    with pytest.raises(SystemExit) as caught:
        cmdline.run(lambda: raise_error(KeyboardInterrupt()))
    assert caught.value.code == 130 and capsys.readouterr().err == 'Interrupted.\n'


WAIT = 'try:\n    print("ready", flush=True)\n    time.sleep(30)\nfinally:\n    print("tidied up")\n'
WAIT_WITH_WORKERS = """
from image_data import process_pool
def wait(item):
    print('a worker is ready', flush=True)
    time.sleep(30)
for _ in process_pool.map_in_order(wait, range(4), 2):
    pass
"""


def start(code, *launcher, **options):
    """Start a program whose main function is given as text; return once it has printed a line."""
    body = '\n'.join('    ' + line for line in code.strip().splitlines())
    program = f'import time\nfrom dnnlib import cmdline\ndef main():\n{body}\ncmdline.run(main)'
    process = subprocess.Popen(
        list(launcher) + [sys.executable, '-c', program],
        cwd=source_tree.ROOT_DIR,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        preexec_fn=set_usual_signals,
        **options,
    )
    process.stdout.readline()
    return process


def set_usual_signals():
    """Undo what a shell does to processes in the background, or nohup."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize(
    'name, status, sentence',
    [
        ('SIGINT', 130, 'Interrupted.\n'),
        ('SIGTERM', 143, 'Interrupted by SIGTERM.\n'),
        ('SIGHUP', 129, 'Interrupted by SIGHUP.\n'),
    ],
)
def test_a_signal_lets_the_program_tidy_up_and_ends_it_with_a_sentence_and_its_status(name, status, sentence):
    process = start(WAIT)
    process.send_signal(getattr(signal, name))
    assert process.communicate() == ('tidied up\n', sentence)
    assert process.returncode == status


def test_a_signal_that_comes_twice_at_once_does_not_disturb_the_tidying_up():
    process = start(WAIT.replace('print("tidied up")', 'time.sleep(0.2); print("tidied up")'))
    for _ in range(2):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
    assert process.communicate() == ('tidied up\n', 'Interrupted by SIGTERM.\n')


def test_a_signal_that_is_ignored_stays_so():
    process = start(WAIT.replace('30', '0.1'), 'nohup')
    process.send_signal(signal.SIGHUP)
    assert process.communicate()[0] == 'tidied up\n'
    assert process.returncode == 0


def test_sigterm_ends_the_first_process_of_a_container():
    launcher = ['unshare', '--pid', '--fork']
    if not shutil.which('unshare') or subprocess.call(launcher + ['true'], stderr=subprocess.DEVNULL) != 0:
        pytest.skip('process namespaces are not permitted here')
    process = start(WAIT, *launcher)
    with open(f'/proc/{process.pid}/task/{process.pid}/children') as file:
        os.kill(int(file.read()), signal.SIGTERM)
    assert process.communicate() == ('tidied up\n', 'Interrupted by SIGTERM.\n')
    assert process.returncode == 143


def test_a_signal_to_workers_as_well_leaves_one_sentence_and_no_process():
    process = start(WAIT_WITH_WORKERS, start_new_session=True)
    process.stdout.readline()  # The other worker.
    os.killpg(process.pid, signal.SIGTERM)
    assert process.communicate()[1] == 'Interrupted by SIGTERM.\n'
    assert process.returncode == 143
    end = time.monotonic() + 20
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < end:  # Until the last of them has been buried.
            os.killpg(process.pid, 0)
            time.sleep(0.05)


def test_a_forked_process_goes_without_a_word():
    code = """
import multiprocessing
context = multiprocessing.get_context('fork')
process = context.Process(target=time.sleep, args=(30,))
process.start()
print('ready', flush=True)
time.sleep(0.2)
process.terminate()
process.join()
print(process.exitcode)
"""
    assert start(code).communicate() == ('143\n', '')


def test_handlers_of_signals_are_restored():
    original = signal.getsignal(signal.SIGTERM)
    assert cmdline.run(lambda: signal.getsignal(signal.SIGTERM)) != original
    assert signal.getsignal(signal.SIGTERM) == original


def read_errors(code):
    """Run Python code; return what it printed on stderr."""
    command = [sys.executable, '-c', 'import warnings\nfrom dnnlib import cmdline\n' + code]
    process = subprocess.Popen(command, cwd=source_tree.ROOT_DIR, stderr=subprocess.PIPE, universal_newlines=True)
    return process.communicate()[1]


def test_a_warning_to_the_user_is_one_line_without_source_code():
    assert read_errors('cmdline.run(lambda: warnings.warn("first\\nsecond"))') == 'Warning: first second\n'


def test_warnings_to_programmers_keep_their_place_in_the_code():
    errors = read_errors('cmdline.run(lambda: warnings.warn("old", FutureWarning))')
    assert ':3: FutureWarning: old' in errors


def test_the_format_of_warnings_is_restored():
    original = warnings.formatwarning
    assert cmdline.run(lambda: warnings.formatwarning) is not original
    with pytest.raises(SystemExit):
        cmdline.run(lambda: raise_error(KeyboardInterrupt()))
    assert warnings.formatwarning is original


def test_a_good_end_passes_the_result_on():
    assert cmdline.run(lambda: 7) == 7


def test_huge_range_is_refused_instead_of_filling_the_memory():
    with pytest.raises(argparse.ArgumentTypeError, match="at most 10,000,000 numbers expected, got '0-99999999999'"):
        cmdline.parse_int_list('1,0-99999999999')


@pytest.mark.parametrize('text, value', [('0', 0), ('12', 12)])
def test_not_negative_int_is_read(text, value):
    assert cmdline.parse_not_negative_int(text) == value


@pytest.mark.parametrize('text', ['-1', '1.5', '', 'x'])
def test_other_text_is_no_not_negative_int(text):
    with pytest.raises(argparse.ArgumentTypeError, match='integer of at least 0 expected, got'):
        cmdline.parse_not_negative_int(text)


def test_allowing_pickled_code_sets_the_environment_variable_and_no_option(monkeypatch):
    monkeypatch.setenv('DNNLIB_ALLOW_PICKLE_CODE', '')  # Restored afterwards.
    parser = cmdline.make_parser('Do something.')
    cmdline.add_allow_pickled_code(parser)
    assert vars(parser.parse_args([])) == {} and os.environ['DNNLIB_ALLOW_PICKLE_CODE'] == ''
    assert vars(parser.parse_args(['--allow-pickled-code'])) == {} and os.environ['DNNLIB_ALLOW_PICKLE_CODE'] == '1'


@pytest.mark.parametrize('encoding, expected', [('ascii', b'\\xe9 \\xff\n'), ('utf-8', b'\xc3\xa9 \\xff\n')])
def test_everything_can_be_printed(monkeypatch, encoding, expected):
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, 'stdout', stream)
    cmdline.run(lambda: print('\u00e9 \udcff'))
    assert sys.stdout is stream
    stream.flush()
    assert stream.buffer.getvalue() == expected


def test_errors_name_files_that_are_no_text(capsys):
    def fail():
        raise util.UserError('\udce9lan is empty')

    with pytest.raises(SystemExit):
        cmdline.run(fail)
    assert capsys.readouterr().err == 'Error: \\xe9lan is empty\n'


def test_arguments_in_backquotes_get_the_names_of_options():
    @cmdline.naming_options(num_images='--num-images')
    def refuse(error):
        raise error('`num_images` must fit; try `num_images`=3, not `other`')

    for error in (util.UserError, util.UserFileNotFoundError):
        with pytest.raises(error) as caught:
            refuse(error)
        assert str(caught.value) == '--num-images must fit; try --num-images=3, not `other`'
