# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Files of networks: how they are written and read, what is checked, and which families of networks there are.

What a file holds of a network is in `network_state`, and `pickling` reads and writes it. `bundle` makes the source text
that goes with it, `families` knows which function builds it, and `building` does that.
"""
