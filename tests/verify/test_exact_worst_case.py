"""Exact worst cases: where the formulas are attained, where they are not, and that no run goes beyond them."""

import math
import sys
from dataclasses import replace

import numpy as np
import pytest

from tests.tolerances import tolerance
from theory.bound import Constants
from verify import exact_worst_case as module
from verify.exact_worst_case import BadWorstCase, MissingExtra, exact_worst_case

EXACT = tolerance("semidefinite")
RULE = 2.0  # ηβ at the step rule


def worst(bound="convex-gd", *, samples=8, steps=3, step_size=1.0, **more):
    return exact_worst_case(bound, samples=samples, steps=steps, step_size=step_size, **more)


@pytest.mark.parametrize("deletion", ["reweighted", "dropped"])
@pytest.mark.parametrize(("steps", "step_size"), [(1, 1.0), (2, 1.9), (4, 0.01)])
def test_convex_gd_is_tight(steps, step_size, deletion):
    case = worst(steps=steps, step_size=step_size, deletion=deletion)
    assert case.tight
    assert case.value == pytest.approx((2 if deletion == "reweighted" else 1) * step_size * steps / 8, rel=EXACT)
    assert case.ratio == pytest.approx(1, rel=EXACT)


def test_convex_gd_is_tight_after_eight_steps_close_to_the_rule():
    assert worst(steps=8, step_size=1.9).ratio == pytest.approx(1, rel=EXACT)


@pytest.mark.parametrize(("l2", "step_size", "steps"), [(0.1, 1.9 / 1.2, 3), (1.0, 0.5, 8), (50.0, 1 / 51, 4)])
def test_strongly_convex_gd_is_tight(l2, step_size, steps):
    case = worst("strongly-convex-gd", l2=l2, step_size=step_size, steps=steps)
    assert case.tight
    assert case.value == pytest.approx(2 / (8 * l2) * (1 - (1 - step_size * l2) ** steps), rel=EXACT)


def test_scales():
    """β and L are units: η ↦ η/β, λ ↦ βλ, distances ↦ L/β."""
    plain = worst("strongly-convex-gd", l2=0.2, step_size=0.7)
    scaled = worst("strongly-convex-gd", l2=2.0, step_size=0.07, smoothness=10.0, gradient_bound=30.0)
    assert scaled.value == pytest.approx(3 * plain.value, rel=EXACT)
    assert scaled.analytic == pytest.approx(3 * plain.analytic)


def smallest_tight_n(steps, step_size):
    """Beyond two samples and two steps nonconvex-gd is tight from this n on (docs/worst-case.md); η in units of 1/β."""
    return 2 + 4 * ((1 + step_size) ** (steps - 2) - 1) / step_size


@pytest.mark.parametrize(
    ("samples", "steps", "step_size"),
    [(2, 5, 1.0), (3, 2, 1.9), (6, 3, 1.0), (14, 4, 1.0), (35, 6, 0.5), (1000, 4, 0.05)],
)
def test_nonconvex_gd_is_tight_for_two_samples_and_for_many(samples, steps, step_size):
    assert samples == 2 or samples >= smallest_tight_n(steps, step_size)
    assert worst("nonconvex-gd", samples=samples, steps=steps, step_size=step_size).ratio == pytest.approx(1, rel=EXACT)


@pytest.mark.parametrize(
    ("samples", "steps", "step_size", "ratio"),
    [(5, 3, 1.0, 0.98617), (13, 4, 1.0, 0.99634), (4, 3, 1.0, 0.97530), (8, 8, 1.0, 0.90047)],
)
def test_nonconvex_gd_is_loose_in_between(samples, steps, step_size, ratio):
    assert 2 < samples < smallest_tight_n(steps, step_size)
    case = worst("nonconvex-gd", samples=samples, steps=steps, step_size=step_size)
    assert not case.tight
    assert case.ratio == pytest.approx(ratio, abs=1e-4)


def test_nonconvex_gd_is_tight_where_samples_are_dropped():
    for samples, steps in ((2, 3), (8, 5)):
        assert worst("nonconvex-gd", samples=samples, steps=steps, deletion="dropped").ratio == pytest.approx(
            1, rel=EXACT
        )


@pytest.mark.parametrize("samples", [2, 14, 20])
def test_runs_that_attain_nonconvex_gd(samples):
    """On the line: ℓ_i = −Lw, and the others' gradient is L, with a cone of slope β that peaks where the replica goes."""
    n, steps, eta = samples, 4, 1.0
    reach = [2 / n * ((1 + eta) ** s - 1) for s in range(steps + 1)]  # δ_s, with L = β = 1
    w = [-eta * (n - 2) / n * s for s in range(steps + 1)]

    def gradient(x):
        return max([1.0, *(1 + d - abs(x - (a - d)) for a, d in zip(w, reach, strict=True))])

    full = replica = 0.0
    for _ in range(steps):
        assert gradient(full) == pytest.approx(1)
        full, replica = full - eta * (-1 + (n - 1) * gradient(full)) / n, replica - eta * gradient(replica)
    assert full - replica == pytest.approx(worst("nonconvex-gd", samples=n, steps=steps).value, rel=EXACT)


@pytest.mark.parametrize("bound", ["convex-gd", "nonconvex-gd"])
def test_no_run_goes_beyond(bound):
    """Random quadratics of curvature at most 1 in four dimensions, L as met along the run."""
    n, steps, rng = 5, 4, np.random.default_rng(0)
    limit = worst(bound, samples=n, steps=steps).value
    seen = 0.0
    for _ in range(300):
        q, _ = np.linalg.qr(rng.standard_normal((4, 4)))
        curved = (q * rng.uniform(0 if bound == "convex-gd" else -1, 1, 4)) @ q.T
        slope = rng.standard_normal(4)
        own = -slope + 0.3 * rng.standard_normal(4)
        w, v, largest = np.zeros(4), np.zeros(4), 0.0
        for _ in range(steps):
            rest = curved @ w + slope
            largest = max(largest, np.linalg.norm(rest), np.linalg.norm(own))
            w, v = w - (own + (n - 1) * rest) / n, v - (curved @ v + slope)
        seen = max(seen, np.linalg.norm(w - v) / largest)
    assert 0.3 * limit < seen <= limit * (1 + EXACT)


def test_a_formula_cut_by_one_per_cent_is_refuted(monkeypatch):
    assert not worst().refuted
    cut = tuple(replace(b, formula=lambda c, b=b: 0.99 * b.formula(c)) for b in module.BUILT_IN)
    monkeypatch.setattr(module, "BUILT_IN", cut)
    for bound, more in (("convex-gd", {}), ("strongly-convex-gd", {"l2": 0.1, "step_size": 0.9}), ("nonconvex-gd", {})):
        case = worst(bound, **more)
        assert case.refuted
        assert case.ratio == pytest.approx(1 / 0.99, rel=EXACT)


def test_above_the_step_rule_the_formula_would_be_refuted():
    """The programme itself can find more than 2Lηt/n: the assumption is needed."""
    constants = Constants(
        samples=1000, dimension=1, sample_norms=np.ones(1), steps=4, step_size=1.1 * RULE, smoothness=1.0
    )
    distance, _ = module._distance(constants)
    assert distance > 1.3 * 2 * constants.steps
    at_the_rule, _ = module._distance(replace(constants, step_size=RULE))
    assert at_the_rule == pytest.approx(2 * constants.steps, rel=EXACT)


BAD = {
    "bound one-run: no worst case is computed for it, only for convex-gd, strongly-convex-gd, nonconvex-gd": {
        "bound": "one-run"
    },
    "steps: 9 must be a whole number from 1 to 8": {"steps": 9},
    "steps: 0 must be": {"steps": 0},
    "steps: 2.0 must be": {"steps": 2.0},
    "samples: 1 must be a whole number from 2 to 1000": {"samples": 1},
    "samples: 1001 must be": {"samples": 1001},
    "step_size: 0.0 must be a finite number, above 0": {"step_size": 0.0},
    "step_size: nan must be": {"step_size": math.nan},
    "l2: -1.0 must be a finite number, 0 or more": {"l2": -1.0},
    "smoothness: inf must be": {"smoothness": math.inf},
    "deletion: forgotten is none of reweighted, dropped": {"deletion": "forgotten"},
    "convex-gd says nothing at step_size 2.01, smoothness 1, l2 0: the step must satisfy": {"step_size": 2.01},
    "strongly-convex-gd says nothing at step_size 1, smoothness 1, l2 0: there must be an l2 term": {
        "bound": "strongly-convex-gd"
    },
    "steps: 8 are too many for the solver here": {"bound": "nonconvex-gd", "steps": 8, "step_size": 100.0},
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input(message):
    with pytest.raises(BadWorstCase) as error:
        worst(**BAD[message])
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("library", ["PEPit", "cvxpy", "clarabel"])
def test_the_extra_is_missing(monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setitem(sys.modules, f"{library}.error", None)
    with pytest.raises(MissingExtra, match=r"^worst-case needs the extra: pip install 'tightrope\[worst-case\]'$"):
        worst()
