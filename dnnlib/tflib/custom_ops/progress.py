# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The line on the console that tells what is being compiled."""

from dnnlib.progress import Stage


class Progress(Stage):
    """Tells on stderr what is being compiled.

    Args:
        names: Names of the sources.
        verbose: Whether to tell anything.
    """

    def __init__(self, names, verbose):
        super().__init__('Setting up TensorFlow plugin {}: '.format(', '.join(f'"{name}"' for name in names)), verbose)

    def report_waiting(self, holder):
        """Show that another process compiles, which this one waits for."""
        self.enter_stage(f'Waiting for {holder}, which compiles...')
