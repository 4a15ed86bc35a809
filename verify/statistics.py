"""Intervals over independent draws, each at a stated level.

A run judges one expectation claim a task; at LEVEL = 1e-4 for each claim the chance that any of 500 true ones is called
violated is at most 5 % (union bound), as far as Student's t describes means of 32 draws.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from theory.interval import Interval

Floats = NDArray[np.float64]

LEVEL = 1e-4


def mean_interval(values: Floats, level: float = LEVEL) -> Interval:
    """The mean of independent draws ± Student's t: each end fails with probability level/2."""
    m = len(values)
    mean = float(np.mean(values))
    if m < 2:
        return Interval(value=mean, low=-np.inf, high=np.inf)
    half = float(stats.t.isf(level / 2, m - 1) * np.std(values, ddof=1) / np.sqrt(m))
    return Interval(value=mean, low=mean - half, high=mean + half)


def variance_interval(vectors: Floats, most: float = np.inf, level: float = LEVEL) -> Interval:
    """E‖g − E g‖², at most `most`, from independent draws (m, …): the unbiased estimate, with the jackknife's standard error.

    Leaving draw k out changes the estimate in proportion to ‖g_k − ḡ‖²; these pseudo-values are averaged with
    Student's t (Efron & Stein 1981, section 2, on the jackknife of a variance).
    """
    m = len(vectors)
    flat = vectors.reshape(m, -1)
    squares = np.square(flat - flat.mean(axis=0)).sum(axis=1)
    estimate = float(squares.sum() / (m - 1))
    if m < 3:
        return Interval(value=estimate, low=0.0, high=most)
    without = (squares.sum() - squares * m / (m - 1)) / (m - 2)
    pseudo = m * estimate - (m - 1) * without
    interval = mean_interval(pseudo, level)
    return Interval(value=estimate, low=max(0.0, float(interval.low)), high=min(most, float(interval.high)))
