"""Intervals over independent draws, each at a stated level.

A run has one budget: the chance that any of its true statistical claims is called violated is at most BUDGET, divided
evenly over the claims that it judges (union bound), as far as Student's t describes means of 32 draws.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from theory.interval import Interval

Floats = NDArray[np.float64]

BUDGET = 0.05
LEVEL = 1e-4  # of one claim, where nobody counts them


def level_of(claims: int) -> float:
    """The level of each of so many claims, all within BUDGET."""
    return BUDGET / max(claims, 1)


def mean_interval(values: Floats, level: float = LEVEL) -> Interval:
    """The mean of independent draws ± Student's t: each end fails with probability level/2."""
    m = len(values)
    mean = float(np.mean(values))
    if m < 2:
        return Interval(value=mean, low=-np.inf, high=np.inf)
    half = float(student(level, m) * np.std(values, ddof=1) / np.sqrt(m))
    return Interval(value=mean, low=mean - half, high=mean + half)


def stratified_interval(values: Floats, strata: NDArray[np.int64], level: float = LEVEL) -> Interval:
    """The mean of draws (m,) from populations that the design chose, so many from each: the spread between them is no noise.

    strata  (m,) the population of each draw. The variance of the mean is Σ m_k s_k²/m²; the degrees of freedom are those of
    the smallest stratum (no fewer are right). A stratum of one draw has no spread, and then none is told apart.
    """
    sizes = np.bincount(strata)
    sizes = sizes[sizes > 0]
    if len(sizes) < 2 or sizes.min() < 2:
        return mean_interval(values, level)
    mean, half = (
        float(np.mean(values)),
        student(level, int(sizes.min())) * float(standard_error(values[None], strata)[0]),
    )
    return Interval(value=mean, low=mean - half, high=mean + half)


def difference_interval(first: Floats, second: Floats, level: float = LEVEL) -> Interval:
    """The mean of `first` less that of `second`, both (m,) with NaN where a task has none: paired where a task has both.

    Else Welch's, with the degrees of freedom of the smaller sample, which are no more than are right.
    """
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() > 1:
        return mean_interval((first - second)[both], level)
    a, b = first[np.isfinite(first)], second[np.isfinite(second)]
    if min(len(a), len(b)) < 2:
        return Interval(value=np.nan, low=-np.inf, high=np.inf)
    half = student(level, min(len(a), len(b))) * float(np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))
    mean = float(a.mean() - b.mean())
    return Interval(value=mean, low=mean - half, high=mean + half)


def standard_error(values: Floats, strata: NDArray[np.int64]) -> Floats:
    """Of the stratified mean of each row of values (…, m)."""
    m = values.shape[-1]
    parts = [values[..., strata == k] for k in np.unique(strata)]
    return np.sqrt(sum(part.shape[-1] * part.var(axis=-1, ddof=1) for part in parts)) / m


@cache
def student(level: float, m: int) -> float:
    """How many standard errors the mean of m draws lies off with probability `level`, both sides together: Student's t, m − 1."""
    return float(stats.t.isf(level / 2, m - 1))


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


def median_interval(values: Floats, level: float = LEVEL) -> Interval:
    """The median of a continuous distribution from independent draws, by order statistics: exact at any sample size.

    The k-th smallest lies above the median with probability P(Bin(m, ½) < k); k is the largest that keeps level/2, and
    where there is none the ends are 0 (of a quantity ≥ 0) and ∞.
    """
    m, ordered = len(values), np.sort(values)
    k = int(stats.binom.ppf(level / 2, m, 0.5))  # the smallest count whose probability up to it reaches level/2
    if stats.binom.cdf(k, m, 0.5) > level / 2:
        k -= 1
    middle = float(np.median(values))
    if k < 0:
        return Interval(value=middle, low=0.0, high=np.inf)
    return Interval(value=middle, low=float(ordered[k]), high=float(ordered[m - 1 - k]))
