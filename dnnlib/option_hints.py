# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""What a user probably meant with words of a command line that are not known."""

import difflib
import re

# Names of options in other programs for StyleGAN -> names here, of which the first that the command has is suggested.
OTHER_NAMES = {
    'aug': ('mirror-augment',),
    'batch': ('minibatch-size',),
    'batch-gpu': ('minibatch-gpu',),
    'batch-size': ('minibatch-size',),
    'cfg': ('config',),
    'checkpoint': ('network', 'resume-pkl'),
    'ckpt': ('network', 'resume-pkl'),
    'cols': ('col-seeds',),
    'data': ('dataset',),
    'data-path': ('dataset',),
    'dlatents-npz': ('dlatents',),
    'epochs': ('total-kimg',),
    'gpus': ('num-gpus',),
    'initial-learning-rate': ('lrate',),
    'kimg': ('total-kimg',),
    'learning-rate': ('lrate',),
    'lr': ('lrate',),
    'map-depth': ('mapping-layers',),
    'mirror': ('mirror-augment',),
    'model': ('network', 'resume-pkl'),
    'network-pkl': ('network', 'resume-pkl'),
    'num-steps': ('steps',),
    'out': ('result-dir',),
    'outdir': ('result-dir',),
    'output': ('result-dir',),
    'pkl': ('network', 'resume-pkl'),
    'projected-w': ('dlatents',),
    'res': ('resize',),
    'resolution': ('resize',),
    'resume': ('resume-pkl',),
    'rows': ('row-seeds',),
    'save-video': ('video',),
    'seed': ('seeds',),
    'size': ('resize',),
    'snap': ('snapshot-ticks',),
    'styles': ('col-styles',),
    'subset': ('max-images',),
    'target': ('images',),
    'transform': ('crop',),
    'trunc': ('truncation-psi',),
    'truncation': ('truncation-psi',),
}


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


def describe_unknown_option(option, known_options):
    """Return a clause that says that an option is unknown, and which known one was probably meant.

    Args:
        option: Option as typed, such as '--trunc'.
        known_options: Options of the command, such as '--truncation-psi'.
    """
    names = OTHER_NAMES.get(option[2:].replace('_', '-'), ())
    here = [find_spelling('--' + name, known_options) for name in names]
    here = [name for name in here if name in known_options]
    if here:
        return f'; {option} is called {here[0]} here'
    return f'; {option} is unknown{did_you_mean(option, known_options)}'


def describe_split_list(words):
    """Return a clause for a list of numbers that was typed with spaces, as `--seeds 1 2 3`, or an empty text."""
    match = re.search(r'(?:^| )(--[\w-]+)[ =](\d[\d,-]*(?: \d[\d,-]*)+)(?: -|$)', ' '.join(words))
    return f'; lists are written with commas: {match.group(1)}={match.group(2).replace(" ", ",")}' if match else ''
