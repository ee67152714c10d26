# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Copies its input to its output without the log lines of TensorFlow's C++ code that are below a level.

`startup.py` runs it as a process of its own, not as a thread: so what is left is printed also if TensorFlow aborts, for
example on a CPU without AVX. It starts without site-packages.
"""

import re
import signal
import sys

SEVERITIES = b'IWEF'  # Notices, warnings, errors, and what ends the process.
# As TensorFlow 1.15 writes them, and as Abseil does.
PATTERN = re.compile(rb'(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: ([IWEF]) |([IWEF])\d{4} \d\d:\d\d:\d)')
HEADINGS = b'WARNING: All log messages before absl::InitializeLog()', b'To enable the following instructions:'


def is_noise(line, level):
    """Tell whether a line, bytes, is of a severity below a level of 0 to 3, or belongs to such a line."""
    match = PATTERN.match(line)
    if match is None:
        return level > 0 and line.startswith(HEADINGS)
    return SEVERITIES.index(match.group(1) or match.group(2)) < level


def main():
    """Copy what is no noise, line by line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that is listened to.
    for line in sys.stdin.buffer:
        if not is_noise(line, int(sys.argv[1])):
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()


if __name__ == '__main__':
    main()
