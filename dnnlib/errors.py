# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Errors that tell users what is wrong with their input."""


class UserError(ValueError):
    """A wrong input whose message suffices to correct it; scripts print it as one line without a traceback."""


class UserFileNotFoundError(UserError, FileNotFoundError):
    """A file or directory named by the user does not exist."""
