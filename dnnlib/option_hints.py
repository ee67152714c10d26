# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""What a user probably meant with words of a command line that are not known."""

import difflib
import re


def did_you_mean(word, known_words):
    """Return `; did you mean X?` for the known word most like a wrong one, or an empty text if none is like it."""
    known = {str(name).lower(): str(name) for name in known_words}
    matches = difflib.get_close_matches(str(word).lower(), list(known), n=1)
    return f'; did you mean {known[matches[0]]}?' if matches else ''


def find_spelling(word, known_words):
    """Return a word as it is known here, where hyphens and underscores count as the same."""
    if word in known_words:
        return word
    same = [known for known in known_words if known.replace('_', '-') == word.replace('_', '-')]
    return same[0] if same else word


def describe_unknown_option(option, known_options, other_names):
    """Return a clause that says that an option is unknown, and which known one was probably meant.

    Args:
        option: Option as typed, such as '--trunc'.
        known_options: Options of the command, such as '--truncation-psi'.
        other_names: Dict from names in other programs, such as 'trunc', to those here, of which the first that the
            command has is told, or to a clause that explains why there is none.
    """
    names = other_names.get(option[2:].replace('_', '-'), ())
    if isinstance(names, str):
        return f'; {option} {names}'
    here = [find_spelling('--' + name, known_options) for name in names]
    here = [name for name in here if name in known_options]
    if here:
        return f'; {option} is called {here[0]} here'
    return f'; {option} is unknown{did_you_mean(option, known_options)}'


def describe_split_list(words, list_options):
    """Return a clause for a list that was typed with spaces, as `--seeds 1 2 3`, or an empty text.

    Args:
        words: Words of the command line.
        list_options: Options that take one list of numbers.
    """
    match = re.search(r'(?:^| )(--[\w-]+)[ =](\d[\d,-]*(?: \d[\d,-]*)+)(?: -|$)', ' '.join(words))
    if match is None or match.group(1) not in list_options:
        return ''
    return f'; lists are written with commas: {match.group(1)}={match.group(2).replace(" ", ",")}'
