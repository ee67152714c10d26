# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What counts of the metrics of a run: their best and newest numbers."""

import math


def is_higher_better(name):
    """Tell of the name of a number of a metric whether more of it is better: Inception score, precision and recall."""
    return name.startswith(('is', 'pr'))


def list_scores(metrics):
    """Return what counts of metrics: triples of a name and the pairs (kimg, value) of the best and of the newest."""
    scores = []
    for metric in metrics:
        for name, curve in metric.curves.items():
            pairs = list(zip(curve.kimg.tolist(), curve.values.tolist()))
            finite = [pair for pair in pairs if math.isfinite(pair[1])]
            if finite and not name.endswith(('_floor', '_std')):
                choose = max if is_higher_better(name) else min
                scores.append((name, choose(finite, key=lambda pair: pair[1]), pairs[-1]))
    return scores


def format_value(value):
    """Return a number as text, in about four digits."""
    return f'{value:,.0f}' if 1e4 <= abs(value) < 1e7 else f'{value:.4g}'
