# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What a pickle could hold to do harm."""


class Call:
    """Unpickles to what a function returns, which is thereby executed; with a state, to that function changed."""

    def __init__(self, func, *args):
        self.call = func, args

    def __reduce__(self):
        return self.call
