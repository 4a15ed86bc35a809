"""One task on trial: fit, margins and minimisers become measurements and constants, and every bound is judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synth.task import Task
from theory.bound import Bound, Constants
from theory.directions import chord
from theory.interval import Interval
from verify import measure
from verify.margins import Margins, signed_margin
from verify.replica_fit import ReplicaFit, Status
from verify.solvers.minimisers import Minimisers
from verify.solvers.reference import gradients
from verify.tuning import HeadTuning
from verify.verdict import Comparison, Measurement, judge

Floats = NDArray[np.float64]

REPLICAS = ("parameter", "direction", "pointwise")


@dataclass(frozen=True, eq=False, kw_only=True)
class Draws:
    """What independent draws of S gave: intervals over draws, all with the tuning fixed before S was drawn.

    failed             how many draws have no head, or None; missing: how many have a head without a direction
    largest_smoothness of any draw: the theorem is applied to each of them
    """

    count: int
    variance: Interval
    accuracy_variance: Interval
    certified: Interval
    measured: Interval
    measured_count: int
    largest_smoothness: float
    failed: str | None
    missing: str | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Evidence:
    """All that was computed for one task; None for what was not asked for."""

    task: Task
    tuning: HeadTuning
    fit: ReplicaFit
    margins: Margins
    minimisers: Minimisers | None = None
    draws: Draws | None = None
    test_points: Task | None = None
    why_no_replicas: str = "only one run was asked for"


def trial(evidence: Evidence, bounds: Sequence[Bound]) -> tuple[list[Comparison], Measurement]:
    """Every bound judged, and the measurements at the last step."""
    measurement = measured(evidence)
    constants = constants_of(evidence)
    comparisons = []
    for bound in bounds:
        facts = constants
        if bound.kind == "expectation" and evidence.draws is not None:
            # the theorem is applied to each draw, so the rule must hold on the worst of them
            facts = replace(constants, smoothness=evidence.draws.largest_smoothness, deletion="dropped")
        comparisons.append(judge(bound, facts, measurement))
    return comparisons, measurement


def measured(evidence: Evidence) -> Measurement:
    """Every quantity that can be had on this task, and why the others cannot."""
    task, tuning, last = evidence.task, evidence.tuning, evidence.fit.last
    found: dict[str, Interval] = {}
    missing: dict[str, str] = {}
    failed: dict[str, str] = {}
    names = [f"{what}.{over}" for what in REPLICAS for over in ("each", "mean", "max")]
    if evidence.fit.failed:
        worst = next(s for s in evidence.fit.status if s in (Status.NON_FINITE, Status.DIVERGED))
        count = sum(s in (Status.NON_FINITE, Status.DIVERGED) for s in evidence.fit.status)
        text = f"{count} of {len(evidence.fit.status)} runs: {worst.value}"
        failed = dict.fromkeys([*names, "flips.mean", "margin-direction"], text)
    elif last.differences is None:
        missing = dict.fromkeys([*names, "flips.mean"], evidence.why_no_replicas)
    else:
        for name, each in (
            ("parameter", measure.parameter(task, tuning, last)),
            ("direction", measure.direction(task, tuning, last)),
            ("pointwise", measure.pointwise(task, tuning, last)),
        ):
            if each is None:
                missing |= dict.fromkeys([f"{name}.{over}" for over in ("each", "mean", "max")], "a head is zero")
            else:
                found |= measure.over_samples(name, each)
        if evidence.test_points is not None:
            share = measure.flips(last, evidence.test_points)
            found["flips.mean"] = Interval(value=share, low=share, high=share)
    found |= _of_the_machine(evidence) | _of_the_minimisers(evidence) | _of_the_draws(evidence)
    if not evidence.margins.whole.separable:
        missing |= dict.fromkeys(["svm-direction.each", "svm-direction.mean", "margin-direction"], "not separable")
    if evidence.draws is not None and evidence.draws.failed:
        failed["resample-variance"] = evidence.draws.failed
    if evidence.draws is not None and evidence.draws.missing:
        missing["resample-variance"] = evidence.draws.missing
    return Measurement(quantities=found, missing=missing, failed=failed, unknown=_unknown(evidence))


def _of_the_machine(evidence: Evidence) -> dict[str, Interval]:
    whole, found = evidence.margins.whole, {}
    instability = evidence.margins.direction_instability
    if instability is not None:
        found = measure.over_samples("svm-direction", instability)
    weights = evidence.fit.last.weights
    norm = evidence.fit.last.weight_norm
    if whole.separable and norm > 0 and np.isfinite(norm) and not evidence.fit.failed:
        apart = float(np.linalg.norm(weights.ravel() / norm - evidence.margins.direction))
        error = whole.error + 1e-15 * np.sqrt(weights.size)
        found["margin-direction"] = Interval(value=apart, low=max(0.0, apart - error), high=apart + error)
    return found


def _of_the_minimisers(evidence: Evidence) -> dict[str, Interval]:
    if evidence.minimisers is None:
        return {}
    weights, errors = evidence.minimisers.weights, evidence.minimisers.errors
    apart = np.linalg.norm(weights[:-1] - weights[-1], axis=(1, 2))
    error = errors[:-1] + errors[-1]
    return measure.over_samples(
        "minimiser", Interval(value=apart, low=np.maximum(apart - error, 0), high=apart + error)
    )


def _of_the_draws(evidence: Evidence) -> dict[str, Interval]:
    draws = evidence.draws
    if draws is None or draws.failed or draws.missing:
        return {}
    return {"resample-variance": draws.variance, "accuracy-variance": draws.accuracy_variance}


def constants_of(evidence: Evidence) -> Constants:
    """The constants that bounds may ask for, each with the end that makes a bound larger."""
    task, tuning, fit, margins = evidence.task, evidence.tuning, evidence.fit, evidence.margins
    facts, last = tuning.facts(task.classes), fit.last
    pulls, gradient = _minimiser_facts(evidence)
    draws = evidence.draws
    reached = signed_margin(task, last.weights)
    return Constants(
        samples=task.samples,
        dimension=task.dimension,
        classes=task.classes,
        sample_norms=np.linalg.norm(task.features, axis=1),
        steps=last.step,
        step_size=fit.step_size,
        l2=float(tuning.l2),
        deletion=tuning.deletion,
        full_batch=tuning.order == "full-batch",
        zero_start=not fit.start.any(),
        convex=True,
        nonincreasing=facts.nonincreasing,
        slope=facts.slope,
        smoothness=fit.smoothness,
        weight_norm=last.weight_norm,
        distance=float(np.linalg.norm(last.weights - fit.start)),
        gradient_bound=fit.gradient_bound,
        certificates=last.certificates,
        margin=_interval(margins.whole.low, margins.whole.high),
        angular_margin=_interval(margins.angular.low, margins.angular.high),
        signed_margin=max(margins.whole.reached, reached),
        undecided=margins.whole.separable is None,
        reached_margin=reached,
        machine_sines=margins.whole.sines if margins.whole.separable else None,
        left_out_margins=margins.left_out_margins,
        minimiser_pulls=pulls,
        minimiser_gradient=gradient,
        draws=0 if draws is None else draws.count,
        independent=True,  # the draws share no sample with what their tuning was fixed on
        efron_stein=None if draws is None else draws.certified,
    )


def efron_stein_sum(fit: ReplicaFit) -> float:
    """Σ_i chord(c_i/‖w_t‖)² of one draw; 4n where the head is zero."""
    norm = fit.last.weight_norm
    return float(np.square(chord(fit.last.certificates / norm)).sum()) if norm > 0 else 4.0 * len(fit.last.certificates)


def _interval(low: float, high: float) -> Interval:
    return Interval(value=(low + high) / 2, low=low, high=high)


def _minimiser_facts(evidence: Evidence) -> tuple[Floats | None, float | None]:
    """‖∇F_{S∖i}(w)‖/λ + the error of w, and the largest ‖∇ℓ_i(w)‖, at the computed minimiser w on S."""
    if evidence.minimisers is None:
        return None, None
    task, tuning = evidence.task, evidence.tuning
    w, error = evidence.minimisers.weights[-1], float(evidence.minimisers.errors[-1])
    each = gradients(task, tuning, w)
    n = task.samples
    total = each.sum(axis=0)
    rest = (total - each) / (n - 1 if tuning.deletion == "reweighted" else n) + tuning.l2 * w
    # w is off by `error`, which enters the distance once and, through the curvature, the gradient
    pulls = np.linalg.norm(rest, axis=(1, 2)) / tuning.l2 + error
    largest = float(np.linalg.norm(each, axis=(1, 2)).max())
    curvature = tuning.facts(task.classes).curvature * task.radius**2
    if np.isinf(curvature):  # e^−m grows by at most e^(B·error) on the way
        return pulls, largest * float(np.exp(task.radius * error))
    return pulls, largest + curvature * error


def _unknown(evidence: Evidence) -> dict[str, str]:
    """Why a constant is not at hand."""
    left_out = (
        "the machines without one sample were not solved" if evidence.margins.whole.separable else "not separable"
    )
    return {
        "separable": "the margin's interval holds 0, and rounding hides which side",
        "left_out_margins": left_out,
        "machine_sines": "not separable",
        "minimiser_pulls": "the minimisers were not computed",
        "minimiser_gradient": "the minimisers were not computed",
        "efron_stein": "no independent draws",
    }
