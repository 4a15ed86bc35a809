"""What is measured on one task: every quantity as an interval, from the differences of the replicas.

Numerical error: a step rounds at most in proportion to the inner products it takes, of length n + d, and under the step
rule no later step amplifies what is there. So the error of ‖Δ_i(t)‖ is put at 4ε(t+1)(n+d+8)·(max(‖Δ_i‖, c_i) + push),
push being the size of the two gradients whose difference drives a reweighted replica. It is a first-order model, held
against 50-digit arithmetic in the tests, not a proof. The log-time solver brings bounds of its own on its errors, which
stand in for the model: those of the two runs whose difference Δ_i is.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp

from synth.task import Task
from theory.interval import Interval, around
from verify.replica_fit import Snapshot, rounding
from verify.tuning import HeadTuning

Floats = NDArray[np.float64]


def over_samples(name: str, each: Interval) -> dict[str, Interval]:
    """`name.each`, and its mean and maximum over the samples."""
    low, high = np.maximum(each.low, 0.0), each.high
    return {
        f"{name}.each": Interval(value=each.value, low=low, high=high),
        f"{name}.mean": Interval(value=float(np.mean(each.value)), low=float(np.mean(low)), high=float(np.mean(high))),
        f"{name}.max": Interval(value=float(np.max(each.value)), low=float(np.max(low)), high=float(np.max(high))),
    }


def parameter(task: Task, tuning: HeadTuning, snapshot: Snapshot) -> Interval:
    """‖w_S − w_{S∖i}‖ for every i: an interval of three (n,), in the units of the weights."""
    size = np.linalg.norm(_differences(snapshot), axis=(1, 2))
    if snapshot.errors is not None:
        return around(size, snapshot.errors[:-1] + snapshot.errors[-1])
    return around(size, _rounding(task, tuning, snapshot) * (np.maximum(size, snapshot.certificates) + snapshot.push))


def direction(task: Task, tuning: HeadTuning, snapshot: Snapshot) -> Interval | None:
    """‖ŵ_S − ŵ_{S∖i}‖ ∈ [0, 2] for every i: three (n,); None where a head is zero and has no direction."""
    norm = snapshot.weight_norm
    if norm == 0:
        return None
    # in units of ‖w‖, whose square may be beyond the floats
    head, differences = snapshot.weights / norm, _differences(snapshot) / norm
    others = np.linalg.norm(head + differences, axis=(1, 2))
    if not others.all():
        return None
    # ŵ − ŵ_i = (w(‖w_i‖ − ‖w‖) − ‖w‖Δ_i)/(‖w‖‖w_i‖), and ‖w_i‖ − ‖w‖ without cancellation
    growth = (2 * np.tensordot(differences, head, 2) + np.square(differences).sum(axis=(1, 2))) / (others + 1)
    size = np.linalg.norm(head * growth[:, None, None] - differences, axis=(1, 2)) / others
    error = parameter(task, tuning, snapshot)
    slack = (error.high - error.value) / norm * (1 + 1 / others) + 4 * np.finfo(float).eps * size
    size, high = np.minimum(size, 2.0), np.minimum(size + slack, 2.0)  # no chord is longer
    return Interval(value=size, low=size - slack, high=high)


def pointwise(task: Task, tuning: HeadTuning, snapshot: Snapshot) -> Interval:
    """|ℓ(w_S; z_i) − ℓ(w_{S∖i}; z_i)| for every i: three (n,), from the difference of the outputs on sample i."""
    features = task.signed if task.classes == 2 else task.features
    outputs = features @ snapshot.weights.T
    moved = np.einsum("ikd,id->ik", _differences(snapshot), features)
    size = np.abs(_loss_change(task, tuning, outputs, moved))
    error = parameter(task, tuning, snapshot)
    slope = np.maximum(np.abs(_slopes(task, tuning, outputs)), np.abs(_slopes(task, tuning, outputs + moved)))
    norms = np.linalg.norm(task.features, axis=1)
    strides = 0.0 if snapshot.errors is None else float(snapshot.errors[-1])
    # the outputs are inner products: rounding moves a margin by `off`, and with it what ℓ changes
    off = norms * (4 * np.finfo(float).eps * (task.dimension + 2) * snapshot.weight_norm + strides)
    change = np.abs(moved).sum(axis=1) * off if tuning.loss == "squared" else size * np.expm1(np.minimum(off, 700.0))
    return around(size, slope * norms * (error.high - error.value) + 4 * np.finfo(float).eps * size + change)


def losses(task: Task, tuning: HeadTuning, weights: Floats) -> Floats:
    """(n,) ℓ(w; z_i), of a head (k, d): k = 1 for two classes, else K."""
    return _losses(task, tuning, (task.signed if task.classes == 2 else task.features) @ weights.T)


def loss_changes(task: Task, tuning: HeadTuning, weights: Floats, others: Floats) -> Floats:
    """(n,) |ℓ(w; z_i) − ℓ(v; z_i)|, of two heads (k, d)."""
    features = task.signed if task.classes == 2 else task.features
    return np.abs(_loss_change(task, tuning, features @ weights.T, features @ (others - weights).T))


def steepest(task: Task, tuning: HeadTuning, weights: Floats, others: Floats) -> Floats:
    """(n,) the largest ‖∂ℓ/∂outputs‖ of each sample between two heads (k, d)."""
    features = task.signed if task.classes == 2 else task.features
    return np.maximum(*(np.abs(_slopes(task, tuning, features @ w.T)) for w in (weights, others)))


def flips(snapshot: Snapshot, points: Task) -> float:
    """The share of test points whose predicted class changes, mean over i."""
    outputs = points.features @ snapshot.weights.T
    moved = np.einsum("ikd,pd->ipk", _differences(snapshot), points.features)
    return float((predicted(outputs) != predicted(outputs + moved)).mean())


def accuracy(weights: Floats, points: Task) -> float:
    """The share of test points that the head (k, d) classifies correctly; NaN for a head that is not finite."""
    if not np.isfinite(weights).all():
        return float("nan")
    classes = np.where(points.labels > 0, 1, 0) if points.classes == 2 else points.labels
    return float((predicted(points.features @ weights.T) == classes).mean())


def predicted(outputs: Floats) -> NDArray[np.int64]:
    """Class indices from outputs (…, k): the sign when k = 1, the largest otherwise."""
    return (outputs[..., 0] > 0).astype(np.int64) if outputs.shape[-1] == 1 else outputs.argmax(axis=-1)


def _differences(snapshot: Snapshot) -> Floats:
    if snapshot.differences is None:
        raise ValueError("a one-run fit has no replicas to measure")
    return snapshot.differences


def _rounding(task: Task, tuning: HeadTuning, snapshot: Snapshot) -> float:
    return rounding(task, snapshot.step, float(np.finfo(tuning.dtype).eps))


def error_of(task: Task, snapshot: Snapshot, size: float) -> float:
    """How far `snapshot.weights`, made of terms of such a size, may be from those that exact arithmetic would give."""
    return rounding(task, snapshot.step) * size if snapshot.errors is None else float(snapshot.errors[-1])


def _losses(task: Task, tuning: HeadTuning, outputs: Floats) -> Floats:
    if task.classes > 2:
        rest = outputs - outputs[np.arange(task.samples), task.labels][:, None]
        rest[np.arange(task.samples), task.labels] = -np.inf
        return np.logaddexp(0, logsumexp(rest, axis=1))
    m = outputs[:, 0]
    if tuning.loss == "squared":
        return np.square(1 - m) / 2
    return np.exp(-m) if tuning.loss == "exponential" else np.logaddexp(0, -m)


def _slopes(task: Task, tuning: HeadTuning, outputs: Floats) -> Floats:
    """Upper ends of ‖∂ℓ/∂outputs‖; along a line the largest is at an end, since 1 − p_y grows with a convex function."""
    if tuning.loss == "logistic":
        return tuning.facts(task.classes).slope * -np.expm1(-_losses(task, tuning, outputs))
    return np.exp(-outputs[:, 0]) if tuning.loss == "exponential" else outputs[:, 0] - 1


def _loss_change(task: Task, tuning: HeadTuning, outputs: Floats, moved: Floats) -> Floats:
    """ℓ(outputs + moved) − ℓ(outputs) for every sample, without cancellation where `moved` is small."""
    if task.classes > 2:
        own = np.arange(task.samples), task.labels
        shares = np.exp(outputs - logsumexp(outputs, axis=1, keepdims=True))
        shares[own] = 0  # ℓ = log(1 + Σ e^(o_k − o_y)) over the other classes: nothing cancels
        apart = moved - moved[own][:, None]
        near = np.log1p((shares * np.expm1(np.clip(apart, -1, 1))).sum(axis=1))
        far = _losses(task, tuning, outputs + moved) - _losses(task, tuning, outputs)
        return np.where(np.abs(apart).max(axis=1) < 1, near, far)
    m, change = outputs[:, 0], moved[:, 0]
    if tuning.loss == "squared":
        return change * (m - 1 + change / 2)
    if tuning.loss == "exponential":
        return np.exp(-m) * np.expm1(-change)
    near = np.log1p(expit(-m) * np.expm1(-np.clip(change, -1, 1)))
    return np.where(np.abs(change) < 1, near, np.logaddexp(0, -m - change) - np.logaddexp(0, -m))
