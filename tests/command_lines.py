# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Scripts that are run inside the process of the tests."""

import tensorflow.compat.v1 as tf

from dnnlib import cmdline, tflib


def run(main, argv, capsys):
    """Run the main function of a script; return exit status, output and the last line of errors."""
    status = 0
    try:
        with tf.Graph().as_default(), tflib.create_session() as session, session.as_default():
            cmdline.run(lambda: main(argv))
    except SystemExit as error:
        status = error.code
    captured = capsys.readouterr()
    errors = captured.err.strip().splitlines()
    return status, captured.out, errors[-1] if errors else ''
