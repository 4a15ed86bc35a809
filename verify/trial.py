"""One task on trial: fit, margins and minimisers become measurements and constants, and every bound is judged."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from theory.bound import Bound, Constants
from theory.directions import chord
from theory.interval import Interval
from theory.quantities import QUANTITIES
from verify import measure
from verify.constants import constants_of, why_unknown
from verify.evidence import Evidence
from verify.replica_fit import LOST, ReplicaFit
from verify.verdict import Comparison, Measurement, judge

REPLICAS = ("parameter", "direction", "pointwise")


def trial(evidence: Evidence, bounds: Sequence[Bound]) -> tuple[list[Comparison], Measurement]:
    """Every bound judged, and the measurements at the last step."""
    measurement, constants = measured(evidence), constants_of(evidence)
    return [judge(bound, facts_for(bound, evidence, constants), measurement) for bound in bounds], measurement


def facts_for(bound: Bound, evidence: Evidence, constants: Constants) -> Constants:
    """The constants as this bound is to see them."""
    if QUANTITIES[bound.quantity].random == "draws" and evidence.draws is not None:
        # the theorem is applied to each draw, so the rule must hold on the worst of them
        return replace(constants, smoothness=evidence.draws.largest_smoothness, deletion="dropped")
    return constants


def measured(evidence: Evidence) -> Measurement:
    """Every quantity that can be had on this task, and why the others cannot."""
    task, tuning, last = evidence.task, evidence.tuning, evidence.fit.last
    found: dict[str, Interval] = {}
    missing: dict[str, str] = {}
    failed: dict[str, str] = {}
    names = [f"{what}.{over}" for what in REPLICAS for over in ("each", "mean", "max")]
    if evidence.fit.failed:
        worst = next(s for s in evidence.fit.status if s in LOST)
        count = sum(s in LOST for s in evidence.fit.status)
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
    found |= _of_the_starts(evidence)
    if not evidence.margins.whole.separable:
        missing |= dict.fromkeys(
            ["svm-direction.each", "svm-direction.mean", "margin-direction", "margin"], "not separable"
        )
    for source, which in ((evidence.draws, "draws"), (evidence.starts, "starts")):
        if source is not None and source.failed:
            failed |= dict.fromkeys([q for q, kind in QUANTITIES.items() if kind.random == which], source.failed)
    if evidence.draws is not None and evidence.draws.missing:
        missing["resample-variance"] = evidence.draws.missing
    return Measurement(quantities=found, missing=missing, failed=failed, unknown=why_unknown(evidence))


def _of_the_machine(evidence: Evidence) -> dict[str, Interval]:
    whole, found = evidence.margins.whole, {}
    instability = evidence.margins.direction_instability
    if instability is not None:
        found = measure.over_samples("svm-direction", instability)
    weights = evidence.fit.last.weights
    norm = evidence.fit.last.weight_norm
    if whole.separable:
        found["margin"] = Interval(value=(whole.low + whole.high) / 2, low=whole.low, high=whole.high)
    if whole.separable and norm > 0 and np.isfinite(norm) and not evidence.fit.failed:
        apart = float(np.linalg.norm(weights.ravel() / norm - evidence.margins.direction))
        error = whole.error + 1e-15 * np.sqrt(weights.size)
        if evidence.fit.last.errors is not None:
            error += evidence.fit.last.errors[-1] / norm
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


def _of_the_starts(evidence: Evidence) -> dict[str, Interval]:
    starts = evidence.starts
    if starts is None:
        return {}
    names = {"seed-variance": starts.direction, "seed-parameter-variance": starts.parameter}
    names["seed-distance.median"] = starts.distance
    return {name: interval for name, interval in names.items() if interval is not None}


def efron_stein_sum(fit: ReplicaFit) -> float:
    """Σ_i chord(c_i/‖w_t‖)² of one draw; 4n where the head is zero."""
    norm = fit.last.weight_norm
    return float(np.square(chord(fit.last.certificates / norm)).sum()) if norm > 0 else 4.0 * len(fit.last.certificates)
