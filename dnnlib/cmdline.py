# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""What all command lines share: the parser, the types of option values, and the way errors reach the user."""

import argparse
import contextlib
import functools
import math
import os
import re
import signal
import sys
import threading
import warnings

from dnnlib import environment, util
from dnnlib.option_hints import describe_split_list, describe_unknown_option, did_you_mean, find_spelling

environment.check()  # Before a script imports what may be missing.

# ----------------------------------------------------------------------------
# Option values. Each function serves as `type=` of an argparse option.


def parse_bool(text):
    """Return True for yes, true, t, y or 1 and False for no, false, f, n or 0, in either case."""
    word = text.strip().lower()
    if word in ('yes', 'true', 't', 'y', '1'):
        return True
    if word in ('no', 'false', 'f', 'n', '0'):
        return False
    raise argparse.ArgumentTypeError(f'Boolean value expected (yes or no), got {text!r}')


def parse_int_list(text):
    """Return the integers of a list such as `1,2,5-8`; both ends of a range belong to it."""
    values = []
    for item in text.split(','):
        match = re.match(r'\s*(\d+)\s*(?:-\s*(\d+)\s*)?$', item)
        if match is None:
            raise argparse.ArgumentTypeError(f'numbers or ranges such as 1,2,5-8 expected, got {text!r}')
        first = int(match.group(1))
        last = int(match.group(2) or first)
        if last < first:
            raise argparse.ArgumentTypeError(f'ranges must go upwards, got {item.strip()!r} in {text!r}')
        if last - first >= 10**7:
            raise argparse.ArgumentTypeError(f'ranges of at most 10,000,000 numbers expected, got {item.strip()!r}')
        values.extend(range(first, last + 1))
    return values


def parse_name_list(text):
    """Return the names of a list such as `a,b`; the word `none` and an empty text yield no names."""
    if text.strip().lower() == 'none':
        return []
    return [name.strip() for name in text.split(',') if name.strip()]


def parse_archs(text):
    """Return the compute capabilities of a list such as `70,8.6` as integers; `none` yields none."""
    names = parse_name_list(text)
    if not all(re.match(r'(sm_)?\d{1,2}\.?\d$', name) for name in names):
        raise argparse.ArgumentTypeError(f'compute capabilities such as 70,86 or none expected, got {text!r}')
    return sorted({int(re.sub(r'\D', '', name)) for name in names})


def parse_path(text):
    """Return a path as `dnnlib.util.expand_path` does; refuse an empty one."""
    if not text.strip():
        raise argparse.ArgumentTypeError('path expected, got an empty text')
    return util.expand_path(text)


def parse_float(text):
    """Return a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f'number expected, got {text!r}')
    return value


def parse_float_list(text):
    """Return the numbers of a list such as `0,0.5,1`."""
    return [parse_float(item) for item in text.split(',')]


def parse_not_negative(text):
    """Return a finite number of at least 0."""
    value = parse_float(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f'number of at least 0 expected, got {text!r}')
    return value


def parse_seed(text):
    """Return a seed of NumPy's generator, 0 to 2**32 - 1."""
    if not text.isdecimal() or int(text) >= 1 << 32:
        raise argparse.ArgumentTypeError(f'integer from 0 to 4294967295 expected, got {text!r}')
    return int(text)


def parse_seeds(text):
    """Return the seeds of a list such as `1,2,5-8`."""
    return [parse_seed(str(seed)) for seed in parse_int_list(text)]


def parse_positive_float(text):
    """Return a finite number above 0."""
    value = parse_float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f'number above 0 expected, got {text!r}')
    return value


def parse_not_negative_int(text):
    """Return an integer of at least 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f'integer of at least 0 expected, got {text!r}')
    return int(text)


def parse_positive_int(text):
    """Return an integer of at least 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f'integer of at least 1 expected, got {text!r}')
    return value


def up_to(limit, parse=parse_positive_int):
    """Return a type of option value like another one, that refuses what is above a limit."""

    def parse_up_to(text):
        value = parse(text)
        if value > limit:
            raise argparse.ArgumentTypeError(f'at most {limit} expected, got {text!r}')
        return value

    return parse_up_to


def parse_factors_of(names):
    """Return a type of option value: a list such as `a:0.1,b:2` of some names with factors of at least 0, as a dict."""

    def parse_factors(text):
        factors = {}
        for item in text.split(','):
            name, colon, number = item.partition(':')
            if name not in names or not colon:
                raise argparse.ArgumentTypeError(
                    f'list such as {next(iter(names))}:0.1 with names of {", ".join(names)} expected, got {text!r}'
                )
            factors[name] = parse_not_negative(number)
        return factors

    return parse_factors


def or_word(parse, *words):
    """Return a type of option value like another one, that also takes some words, which stay as they are."""

    def parse_or_word(text):
        if text in words:
            return text
        try:
            return parse(text)
        except argparse.ArgumentTypeError as error:
            raise argparse.ArgumentTypeError(f'{" or ".join(words)}, or {error}') from None

    return parse_or_word


# ----------------------------------------------------------------------------
# Parser.


class Parser(argparse.ArgumentParser):
    """An argument parser that takes no abbreviations and ends its errors with what was probably meant.

    In names of options and sub-commands, hyphens and underscores are the same.
    """

    def __init__(self, other_names=None, **kwargs):
        kwargs.setdefault('formatter_class', argparse.RawDescriptionHelpFormatter)
        kwargs.setdefault('allow_abbrev', False)
        super().__init__(**kwargs)
        self._args = []
        self._other_names = other_names or {}

    def add_subparsers(self, **kwargs):
        """Add sub-parsers as argparse does; they know the same other names."""
        kwargs.setdefault('parser_class', functools.partial(type(self), other_names=self._other_names))
        return super().add_subparsers(**kwargs)

    def parse_known_args(self, args=None, namespace=None):
        """Parse as argparse does, keeping the words for the sake of error messages."""
        words = list(sys.argv[1:] if args is None else args)
        end = words.index('--') if '--' in words else len(words)
        self._args = self._find_spellings(words[:end])
        self._check_order()
        return super().parse_known_args(self._args + words[end:], namespace)

    def error(self, message):
        """Print usage and message, followed by hints to what was meant; exit with status 2."""
        message = re.sub('(--[a-z-]+)(/-[a-z-]+)+', r'\1', message)  # Names in other programs do not matter.
        super().error(message + ''.join(self._list_hints()))

    def _check_value(self, action, value):
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            error.message += did_you_mean(value, action.choices)
            raise

    def _find_spellings(self, words):
        """Return words with options, and the first word that is none as sub-command, spelled as they are known."""
        first = next((index for index, word in enumerate(words) if not word.startswith('-')), None)
        commands = self._get_commands()
        return [
            find_spelling(word, commands) if index == first else self._find_option(word)
            for index, word in enumerate(words)
        ]

    def _find_option(self, word):
        name, equals_sign, value = word.partition('=')
        return find_spelling(name, self._option_string_actions) + equals_sign + value if name[:2] == '--' else word

    def _get_commands(self):
        """Return name -> parser of the sub-commands."""
        actions = [action for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        return actions[0].choices if actions else {}

    def _check_order(self):
        """Refuse options in front of the sub-command that they belong to."""
        commands = self._get_commands()
        command = next((word for word in self._args if word in commands), None)
        before = self._args[: self._args.index(command)] if command else []
        if any(option not in self._option_string_actions for option in _list_options(before)):
            super().error(f'the sub-command comes before its options: {command} {" ".join(before)} ...')

    def _list_hints(self):
        commands = self._get_commands()
        in_use = [commands[word] for word in self._args if word in commands]
        known = dict(self._option_string_actions)
        for command in in_use:
            known.update(command._option_string_actions)
        unknown = [option for option in _list_options(self._args) if option not in known]
        if commands and not in_use:
            fitting = [name for name, parser in commands.items() if parser._has_options(unknown)] or list(commands)
            is_missing = unknown and self._args[0].startswith('-')
            return [f'; which sub-command: {", ".join(fitting)}? It comes before its options'] if is_missing else []
        lists = [option for option, action in known.items() if action.nargs is None and action.type in _LIST_TYPES]
        hints = [describe_unknown_option(option, known, self._other_names) for option in unknown]
        return hints + [describe_split_list(self._args, lists)]

    def _has_options(self, options):
        return all(self._find_option(option) in self._option_string_actions for option in options)


_LIST_TYPES = (parse_int_list, parse_seeds, parse_float_list)


def _list_options(words):
    return [word.split('=')[0] for word in words if word.startswith('--')]


def make_parser(description, epilog=None, other_names=None):
    """Return a parser in the manner of all our scripts.

    Args:
        description: Text above the options; line breaks are kept. Usually the docstring of the script.
        epilog: Text below the options: two or three whole command lines.
        other_names: Names that options have in other programs, see `option_hints.describe_unknown_option`.
    """
    return Parser(description=description, epilog=epilog, other_names=other_names)


def add_option(parser, name, meaning, values=None, **kwargs):
    """Add an option to a parser, or to a group of one, as one row.

    Args:
        parser: The parser, or the group.
        name: Name, and after a blank what stands for the value in the help text: `--gamma FLOAT`. Further names that it
            has in other programs come in between: `--config --cfg CONFIG`.
        meaning: Help text; a default value that is among the keywords follows it unless the text tells one itself.
        values: Function that reads a value; None is for texts and for options without a value.
        **kwargs: Further keywords of argparse's `add_argument`.
    """
    *names, last = name.split(' ')
    if names and not last.startswith('-'):
        kwargs['metavar'] = last
    else:
        names.append(last)
    if values:
        kwargs['type'] = values
    if kwargs.get('default', argparse.SUPPRESS) is not argparse.SUPPRESS and '(default' not in meaning:
        meaning += ' (default: %(default)s)'
    parser.add_argument(*names, help=meaning, **kwargs)


class _AllowPickledCode(argparse.Action):
    """Sets the environment variable that `dnnlib.tflib.snapshots.pickled_code` looks at."""

    def __call__(self, parser, namespace, values, option_string=None):
        os.environ['DNNLIB_ALLOW_PICKLE_CODE'] = '1'


def add_allow_pickled_code(parser):
    """Add `--allow-pickled-code` to the parser of a script, or of a sub-command, that reads snapshots.

    Given, it lets the code inside a snapshot run where no network of this project fits. It leaves nothing in the
    namespace; it sets the environment variable DNNLIB_ALLOW_PICKLE_CODE for this process and those that it starts.
    """
    parser.add_argument(
        '--allow-pickled-code',
        action=_AllowPickledCode,
        nargs=0,
        dest=argparse.SUPPRESS,
        default=argparse.SUPPRESS,
        help='let the code in a snapshot run if its networks are unknown here; only for files of people you trust',
    )


# ----------------------------------------------------------------------------
# Entry point.


@contextlib.contextmanager
def naming_options(**options):
    """Put options in the place of arguments that the library names in backquotes in a UserError; also a decorator.

    Args:
        **options: Name of an argument -> its option, for instance `class_index='--class'`.
    """
    try:
        yield
    except util.UserError as error:
        text = re.sub(r'`(\w+)`', lambda match: options.get(match.group(1), match.group()), str(error))
        error.args = (text,)
        raise


class Terminated(KeyboardInterrupt):
    """A signal other than Ctrl-C's asks the program to end.

    Args:
        number: Number of the signal.
    """

    def __init__(self, number):
        super().__init__()
        self.number = number


def run(main):
    """Call the main function of a script and turn expected errors, and warnings, into one line each on stderr.

    Wrong input and errors of the file system end with status 1, Ctrl-C with 130, SIGTERM with 143 and SIGHUP with 129;
    other exceptions keep their traceback.

    Args:
        main: Function without required arguments.

    Returns:
        What `main` returns.
    """
    try:
        _replace_closed_streams()
        with _short_warnings(), _escaping_stdout(), _stop_on_signals():
            return main()
    except KeyboardInterrupt as interrupt:
        number = getattr(interrupt, 'number', signal.SIGINT)
        reason = '' if number == signal.SIGINT else f' by {signal.Signals(number).name}'
        with contextlib.suppress(OSError):  # After SIGHUP there is nobody to tell.
            print(f'Interrupted{reason}.', file=sys.stderr)
        sys.exit(128 + number)
    except BrokenPipeError:  # Whoever read the output, such as `head`, has enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except ModuleNotFoundError as error:
        if error.name != 'tensorflow':
            raise
        sys.exit('Error: ' + environment.describe_missing(['tensorflow']))
    except (util.UserError, OSError) as error:
        print('Error: ' + _make_one_line(error), file=sys.stderr)
        sys.exit(1)


@contextlib.contextmanager
def _stop_on_signals():
    """Let SIGTERM, the signal of `docker stop`, SIGHUP, the end of a remote login, and SIGUSR1 do what Ctrl-C does.

    By default they would leave half-written files behind, and the first process of a container would not even end.
    """
    process_id = os.getpid()

    def stop(number, _):
        if os.getpid() != process_id:
            os._exit(128 + number)  # A forked worker goes without a word: to tell and to tidy up is for its parent.
        for other in originals:  # What tidies up is left in peace; `timeout` signals both the process and its group.
            signal.signal(other, signal.SIG_IGN)
        raise Terminated(number)

    originals = {}
    if threading.current_thread() is threading.main_thread():  # No other may set handlers.
        for name in ('SIGTERM', 'SIGHUP', 'SIGUSR1'):
            number = getattr(signal, name, None)  # Not every system has all.
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # Not so under nohup.
                originals[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in originals.items():
            if signal.getsignal(number) is stop:  # Else what is to come is ignored, as a run has stopped.
                signal.signal(number, handler)


@contextlib.contextmanager
def _short_warnings():
    """Let warnings to the user be printed without the place in the code; those to programmers keep it."""
    original = warnings.formatwarning

    def format_warning(message, category, *args, **kwargs):
        if category is not UserWarning:
            return original(message, category, *args, **kwargs)
        return f'Warning: {_make_one_line(message)}\n'

    warnings.formatwarning = format_warning
    try:
        yield
    finally:
        warnings.formatwarning = original


def _replace_closed_streams():
    """Let what is printed go nowhere where a stream was closed by the shell, as `>&-` does."""
    for name in ('stdout', 'stderr'):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, 'w'))


class _EscapingStream:
    """A text stream that writes what its encoding lacks with escapes, as stderr does; all else is that of the stream.

    Names of files can hold bytes that are no text, and stdout may know ASCII only.
    """

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        try:
            return self._stream.write(text)
        except UnicodeEncodeError:
            encoding = self._stream.encoding
            return self._stream.write(util.escape_name(text).encode(encoding, 'backslashreplace').decode(encoding))


@contextlib.contextmanager
def _escaping_stdout():
    original, stream = sys.stdout, _EscapingStream(sys.stdout)
    sys.stdout = stream
    try:
        yield
    finally:
        if sys.stdout is stream:
            sys.stdout = original


def _make_one_line(error):
    text = str(error)
    if isinstance(error, OSError) and error.errno and error.strerror:
        names = [str(name) for name in (error.filename, error.filename2) if name is not None]
        text = ': '.join([error.strerror] + names)
    return util.escape_name(' '.join(text.splitlines()))
