# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""What all command lines share: the parser, the types of option values, and the way errors reach the user."""

import argparse
import contextlib
import difflib
import math
import os
import re
import sys
import warnings

from dnnlib import util

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


# ----------------------------------------------------------------------------
# Parser.


def did_you_mean(word, known_words):
    """Return `; did you mean X?` for the known word most like a wrong one, or an empty text if none is like it."""
    known = {str(name).lower(): str(name) for name in known_words}
    matches = difflib.get_close_matches(str(word).lower(), list(known), n=1)
    return f'; did you mean {known[matches[0]]}?' if matches else ''


class Parser(argparse.ArgumentParser):
    """An argument parser that takes no abbreviations and ends its errors with the option or choice probably meant."""

    def __init__(self, **kwargs):
        kwargs.setdefault('formatter_class', argparse.RawDescriptionHelpFormatter)
        kwargs.setdefault('allow_abbrev', False)
        super().__init__(**kwargs)
        self._args = []

    def parse_known_args(self, args=None, namespace=None):
        """Parse as argparse does, keeping the words for the sake of error messages."""
        self._args = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(args, namespace)

    def error(self, message):
        """Print usage and message, followed by a hint for each unknown option; exit with status 2."""
        super().error(message + ''.join(self._list_hints()))

    def _check_value(self, action, value):
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            error.message += did_you_mean(value, action.choices)
            raise

    def _list_hints(self):
        known = self._list_options()
        words = self._args[: self._args.index('--')] if '--' in self._args else self._args
        options = [word.split('=')[0] for word in words if word.startswith('--')]
        return [f'; {option} is unknown{did_you_mean(option, known)}' for option in options if option not in known]

    def _list_options(self):
        """Return the options of this parser and of the sub-command in use."""
        options = set(self._option_string_actions)
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                for command in set(self._args).intersection(action.choices):
                    options |= action.choices[command]._list_options()
        return options


def make_parser(description, epilog=None):
    """Return a parser in the manner of all our scripts.

    Args:
        description: Text above the options; line breaks are kept. Usually the docstring of the script.
        epilog: Text below the options: two or three whole command lines.
    """
    return Parser(description=description, epilog=epilog)


class _AllowPickledCode(argparse.Action):
    """Sets the environment variable that `dnnlib.tflib.pickled_code` looks at."""

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


def run(main):
    """Call the main function of a script and turn expected errors, and warnings, into one line each on stderr.

    Wrong input and errors of the file system end with status 1, Ctrl-C with 130; other exceptions keep their traceback.

    Args:
        main: Function without required arguments.

    Returns:
        What `main` returns.
    """
    try:
        with _short_warnings(), _escaping_stdout():
            return main()
    except KeyboardInterrupt:
        print('Interrupted.', file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # Whoever read the output, such as `head`, has enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (util.UserError, OSError) as error:
        print('Error: ' + _make_one_line(error), file=sys.stderr)
        sys.exit(1)


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
