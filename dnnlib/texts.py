# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Durations, sizes and lists in words."""


def format_time(seconds):
    """Return a duration as text, e.g. `42s`, `10m 07s`, `3h 05m 09s` or `2d 03h 12m`."""
    total = int(round(seconds))
    minutes, sec = divmod(total, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f'{days}d {hour:02}h {minute:02}m'
    if hours:
        return f'{hours}h {minute:02}m {sec:02}s'
    if minutes:
        return f'{minutes}m {sec:02}s'
    return f'{sec}s'


def format_size(num_bytes):
    """Return a number of bytes as text, e.g. `66.9 MB`."""
    power = min(len(str(num_bytes)) - 1, 14) // 3
    return f'{num_bytes / 1000**power:.1f} {"kMGT"[power - 1]}B' if power else f'{num_bytes} bytes'


def abridge(texts, limit=10):
    """Join the first ones of a list of texts and count the others."""
    rest = len(texts) - limit
    return ', '.join(texts[:limit]) + (f' and {rest} more' if rest > 0 else '')
