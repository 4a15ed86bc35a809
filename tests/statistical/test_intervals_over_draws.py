"""Do the intervals over draws fail as rarely as they say? Each test has a twin, a wrong interval, that must fail it."""

import numpy as np
import pytest
from scipy.stats import binom

from theory.interval import Interval
from verify.statistics import BUDGET, LEVEL, level_of, mean_interval, median_interval, variance_interval

REPEATS, DRAWS, STATED = 1500, 32, 0.05
FALSE_ALARM = 1e-6


def misses(interval, truth, draw, seed=0):
    """How often (below, above) the interval lies beside the truth."""
    rng = np.random.default_rng(seed)
    found = [interval(draw(rng)) for _ in range(REPEATS)]
    return sum(i.high < truth for i in found), sum(i.low > truth for i in found)


def too_many(count, level):
    """Whether so many misses refute a miss rate of `level`, with a false alarm in FALSE_ALARM of all cases."""
    return binom.sf(count - 1, REPEATS, level) < FALSE_ALARM


def normal(rng):
    return 3 + 2 * rng.standard_normal(DRAWS)


def test_the_mean_is_covered_as_stated():
    """False alarm: 1e-6 for either end; Student's t is exact here."""
    below, above = misses(lambda v: mean_interval(v, STATED), 3.0, normal)
    assert not too_many(below, STATED / 2)
    assert not too_many(above, STATED / 2)
    assert binom.cdf(below + above, REPEATS, STATED) > FALSE_ALARM  # nor is it wider than it says


def test_a_mean_interval_at_another_level_is_found_out():
    """The twin: level 50 %, stated as 5 %. It escapes with a probability far below 1e-6."""
    below, above = misses(lambda v: mean_interval(v, 0.5), 3.0, normal)
    assert too_many(below, STATED / 2)
    assert too_many(above, STATED / 2)


def directions(rng):
    """Unit vectors around an axis: what the resample variance is taken of."""
    vectors = np.array([3.0, 0, 0, 0, 0]) + rng.standard_normal((DRAWS, 5))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def gaussians(rng):
    return np.sqrt(0.1) * rng.standard_normal((DRAWS, 10))


def _true_variance(draw):
    rng = np.random.default_rng(99)
    sample = np.concatenate([draw(rng) for _ in range(4000)])
    return float(np.square(sample - sample.mean(axis=0)).sum(axis=1).mean())


@pytest.mark.parametrize(("draw", "truth"), [(gaussians, 1.0), (directions, None)])
def test_a_variance_is_covered_on_the_side_that_accuses(draw, truth):
    """A bound is called violated by the lower end, so that end must keep its level. False alarm: 1e-6.

    The upper end of a skewed estimate is less exact: at most twice its level.
    """
    truth = truth or _true_variance(draw)
    below, above = misses(lambda v: variance_interval(v, level=STATED), truth, draw)
    assert not too_many(above, STATED / 2)
    assert not too_many(below, STATED)


@pytest.mark.parametrize(("draw", "truth"), [(gaussians, 1.0), (directions, None)])
def test_a_variance_interval_at_another_level_is_found_out(draw, truth):
    """The twin: level 50 %, stated as 5 %. It escapes with a probability far below 1e-6."""
    below, above = misses(lambda v: variance_interval(v, level=0.5), truth or _true_variance(draw), draw)
    assert too_many(above, STATED / 2)
    assert too_many(below, STATED)


def _standard_errors_off(estimates, truth):
    return abs(np.mean(estimates) - truth) / (np.std(estimates, ddof=1) / np.sqrt(len(estimates)))


def test_the_variance_estimate_is_unbiased():
    """False alarm: 1e-6, the mean of 4000 estimates lying 4.9 standard errors off. Its twin divides by m."""
    rng = np.random.default_rng(1)
    draws = [rng.standard_normal((3, 2)) for _ in range(4000)]
    assert _standard_errors_off([variance_interval(v).value for v in draws], 2.0) < 4.9
    assert _standard_errors_off([v.var(axis=0).sum() for v in draws], 2.0) > 4.9


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (mean_interval(np.array([2.0])), (2.0, -np.inf, np.inf)),
        (mean_interval(np.full(5, 2.0)), (2.0, 2.0, 2.0)),
        (variance_interval(np.array([[0.0], [2.0]]), most=5.0), (2.0, 0.0, 5.0)),
        (variance_interval(np.zeros((4, 3))), (0.0, 0.0, 0.0)),
        (variance_interval(np.array([[0.0]] * 31 + [[10.0]]), most=4.0), (3.125, 0.0, 4.0)),
    ],
)
def test_corners_by_table(found, wanted):
    assert (found.value, found.low, found.high) == pytest.approx(wanted)


def skewed(rng):
    return rng.exponential(size=DRAWS)


def test_the_median_is_covered_as_stated():
    """False alarm: 1e-6 for either end; order statistics are exact for every continuous distribution."""
    below, above = misses(lambda v: median_interval(v, STATED), np.log(2), skewed)
    assert not too_many(below, STATED / 2)
    assert not too_many(above, STATED / 2)
    assert below + above > 0  # nor is it the whole line


def test_a_median_interval_at_another_level_is_found_out():
    """The twin: level 50 %, stated as 5 %. It escapes with a probability far below 1e-6."""
    below, above = misses(lambda v: median_interval(v, 0.5), np.log(2), skewed)
    assert too_many(below, STATED / 2)
    assert too_many(above, STATED / 2)


@pytest.mark.parametrize(
    ("draws", "level", "rank"), [(16, 1e-4, 0), (16, 3.1e-5, 0), (16, 3e-5, None), (5, 0.07, 0), (5, 0.05, None)]
)
def test_the_ranks_of_a_median_interval(draws, level, rank):
    """P(all 16 on one side of the median) = 1.5e-5, and of 5, 0.03."""
    found = median_interval(np.arange(1.0, draws + 1), level)
    wanted = (0.0, np.inf) if rank is None else (1.0 + rank, draws - rank)
    assert (found.low, found.high) == wanted


@pytest.mark.parametrize("claims", [0, 1, 3, 500])
def test_a_run_keeps_its_budget(claims):
    assert level_of(claims) * max(claims, 1) == pytest.approx(BUDGET)


def test_the_default_level():
    assert 500 * LEVEL <= BUDGET
    values = normal(np.random.default_rng(0))
    assert mean_interval(values) == mean_interval(values, LEVEL)
    wide, narrow = mean_interval(values), mean_interval(values, STATED)
    assert isinstance(wide, Interval)
    assert wide.low < narrow.low < narrow.high < wide.high
