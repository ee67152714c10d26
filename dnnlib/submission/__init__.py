# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Runs: a numbered directory for each, with a log, the options that led to it and a way to stop it."""

from dnnlib.submission import run_context, submit

__all__ = ['run_context', 'submit']
