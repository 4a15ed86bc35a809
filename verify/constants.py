"""From evidence to the constants that bounds may ask for, each with the end that makes a bound larger."""

from dataclasses import fields
from typing import Any

import numpy as np

from synth.task import Task
from theory.bound import Constants, power
from theory.interval import Interval
from verify import measure
from verify.evidence import Evidence
from verify.interpolation import interpolation
from verify.margins import rows_of, signed_margin
from verify.replica_fit import Snapshot
from verify.solvers.reference import gradients


def constants_of(evidence: Evidence) -> Constants:
    """Everything that is known about one task."""
    task, tuning, fit, margins = evidence.task, evidence.tuning, evidence.fit, evidence.margins
    facts, last, whole = tuning.facts(task.classes), fit.last, margins.whole
    draws, starts = evidence.draws, evidence.starts
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
        logistic=tuning.loss == "logistic",
        slope=facts.slope,
        smoothness=fit.smoothness,
        sample_smoothness=facts.curvature * task.radius**2,
        weight_norm=last.weight_norm,
        distance=float(np.linalg.norm(last.weights - fit.start)),
        travel=_travel(evidence, last),
        gradient_bound=fit.gradient_bound,
        certificates=last.certificates,
        losses=measure.losses(task, tuning, last.weights),
        margin=_interval(whole.low, whole.high),
        angular_margin=_interval(margins.angular.low, margins.angular.high),
        **_class_means(task),
        signed_margin=max(whole.reached, reached),
        undecided=whole.separable is None,
        reached_margin=reached,
        machine_sines=whole.sines if whole.separable else None,
        left_out_margins=margins.left_out_margins,
        draws=0 if draws is None else draws.count,
        independent=True,  # the draws share no sample with what their tuning was fixed on
        efron_stein=None if draws is None else draws.certified,
        heads=tuning.heads,
        init_scale=float(tuning.init_scale),
        seeds=0 if starts is None else starts.count,
        **_machine_facts(evidence),
        **_twin_facts(evidence),
        **_minimiser_facts(evidence),
        **_interpolation_facts(evidence),
    )


def why_unknown(evidence: Evidence) -> dict[str, str]:
    """Why a constant is not at hand."""
    separable = evidence.margins.whole.separable
    twin = "the twin run is for reweighted replicas, and for a step that the solver can take"
    minimisers = "the minimisers were not computed"
    return {
        "separable": "the margin's interval holds 0, and rounding hides which side",
        "left_out_margins": "the machines without one sample were not solved" if separable else "not separable",
        "machine_sines": "not separable",
        "rows": "not separable, or not needed: the rows are for one logistic head without l2",
        "row_sample": "not separable",
        "dual": "not separable",
        "minimiser_pulls": minimisers,
        "minimiser_gradient": minimisers,
        "efron_stein": "no independent draws",
        "early_weights": "the run was not looked at before its end",
    } | dict.fromkeys([f.name for f in fields(Constants) if f.name.startswith("twin_")], twin)


def _interval(low: float, high: float) -> Interval:
    return Interval(value=(low + high) / 2, low=low, high=high)


def _machine_facts(evidence: Evidence) -> dict[str, Any]:
    """The rows in the coordinates of the features, with their dual weights; K classes make them K times as long."""
    whole = evidence.margins.whole
    tuning, task = evidence.tuning, evidence.task
    if (
        not whole.separable
        or tuning.loss != "logistic"
        or tuning.l2 > 0
        or tuning.order != "full-batch"
        or tuning.heads > 1
    ):
        return {}
    early = max((s for s in evidence.fit.snapshots if 2 * s.step <= tuning.steps), key=lambda s: s.step, default=None)
    features, weights = task.features, None if early is None else early.weights
    if task.dimension > task.samples:  # an isometry to their span, and one coordinate for what lies outside
        basis, lower = np.linalg.qr(features.T)
        features = np.pad(lower.T, ((0, 0), (0, 1)))
        if weights is not None:
            inside = weights @ basis
            outside = np.linalg.norm(weights - inside @ basis.T, axis=1, keepdims=True)
            weights = np.concatenate([inside, outside], axis=1)
    rows, sample = rows_of(task, features)
    facts: dict[str, Any] = {"rows": rows, "row_sample": sample, "dual": whole.dual}
    if early is not None and weights is not None:
        facts |= {"early_step": early.step, "early_weights": weights.ravel()}
    return facts


def _class_means(task: Task) -> dict[str, Any]:
    means = np.stack([task.features[task.labels == label].mean(axis=0) for label in np.unique(task.labels)])
    if len(means) < 2:
        return {}
    first, second = np.triu_indices(len(means), 1)
    gap = float(np.linalg.norm(means[first] - means[second], axis=1).min())
    whole = len(means) == task.classes
    return {"class_gap": gap, "class_spread": float(np.linalg.norm(means - means.mean(axis=0))) if whole else None}


def _travel(evidence: Evidence, last: Snapshot) -> float:
    """‖w − (1−ηλ)ᵗw_0‖, and what the solver may have taken from it: where the start is large, or strides were taken."""
    fit = evidence.fit
    kept = power(1 - fit.step_size * evidence.tuning.l2, last.step) * fit.start
    error = measure.error_of(evidence.task, last, last.weight_norm + float(np.linalg.norm(kept)))
    return float(np.linalg.norm(last.weights - kept)) + (error if fit.start.any() or last.errors is not None else 0.0)


def _twin_facts(evidence: Evidence) -> dict[str, Any]:
    if evidence.twin is None:
        return {}
    w, v = evidence.fit.last, evidence.twin.last
    sizes = w.weight_norm, v.weight_norm
    # two runs of their own: what rounding may have done to each is added to how far they are apart
    error = measure.error_of(evidence.task, w, sizes[0]) + measure.error_of(evidence.task, v, sizes[1])
    if not np.isfinite(sizes).all():  # the twin has a rule of its own, and left the floats above it
        return {"twin_distance": np.inf, "twin_turn": 2.0, "twin_norm": np.inf, "twin_travel": np.inf,
                "twin_certificates": np.full(evidence.task.samples, np.inf), "twin_losses": np.zeros(evidence.task.samples),
                "twin_loss_changes": np.full(evidence.task.samples, np.inf)}  # fmt: skip
    apart = np.linalg.norm(w.weights / sizes[0] - v.weights / sizes[1]) + error / min(sizes) if all(sizes) else 2.0
    changes = measure.loss_changes(evidence.task, evidence.tuning, w.weights, v.weights)
    steepest = measure.steepest(evidence.task, evidence.tuning, w.weights, v.weights)
    return {
        "twin_distance": float(np.linalg.norm(v.weights - w.weights)) + error,
        "twin_turn": float(min(apart, 2.0)),
        "twin_norm": v.weight_norm,
        "twin_travel": _travel(evidence, v),
        "twin_certificates": v.certificates,
        "twin_losses": measure.losses(evidence.task, evidence.tuning, v.weights),
        "twin_loss_changes": changes + steepest * np.linalg.norm(evidence.task.features, axis=1) * error,
    }


def _minimiser_facts(evidence: Evidence) -> dict[str, Any]:
    """‖∇F_{S∖i}(w)‖/λ + the error of w, and the largest ‖∇ℓ_i(w)‖, at the computed minimiser w on S."""
    if evidence.minimisers is None:
        return {}
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
    # without a curvature, e^−m grows by at most e^(B·error) on the way
    grown = largest * np.exp(task.radius * error) if np.isinf(curvature) else largest + curvature * error
    return {"minimiser_pulls": pulls, "minimiser_gradient": float(grown)}


def _interpolation_facts(evidence: Evidence) -> dict[str, Any]:
    if evidence.tuning.loss != "squared":
        return {}
    found = interpolation(evidence.task, evidence.fit.start)
    return {"interpolation": found.condition, "interpolant_distance": found.distance, "pl": found.pl}
