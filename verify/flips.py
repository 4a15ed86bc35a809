r"""Which predictions can change when one sample is missing: certified from one run, or seen by retraining.

Claim        With κ = 1 for two classes and √2 for more, the prediction at x is the same without sample i wherever
             gap(x) > κ c_i ‖Px‖: gap the output's size |⟨w,x⟩|, or the largest output less the second; P the projection
             onto the span of the training features; c_i ≥ ‖w − w^{∖i}‖, of `one-run` or any other.
Proof        Both runs start from one w_0 and take steps within the span, and what w_0 has outside it shrinks alike in both:
             D = w^{∖i} − w has its rows in the span, so that Dx = DPx. Two classes: |⟨D,x⟩| ≤ c_i‖Px‖ cannot bring ⟨w,x⟩
             to 0. More: the output a of the prediction and any other b come nearer by at most |⟨D_a − D_b, Px⟩|, and
             ‖D_a − D_b‖² ≤ 2(‖D_a‖² + ‖D_b‖²) ≤ 2‖D‖_F² ≤ 2c_i².
Tight        D_a = −D_b along Px and no other rows: κ cannot be smaller.
Rounding     of w and of the inner products is taken off the gap.
"""

import numpy as np
from numpy.typing import NDArray

from synth.task import Task
from verify import measure
from verify.replica_fit import Snapshot

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BLOCK = 1 << 22  # numbers held at once


def kappa(outputs: int) -> float:
    """κ of a head with so many outputs."""
    return 1.0 if outputs == 1 else float(np.sqrt(2))


def gaps(outputs: Floats) -> Floats:
    """(p,) how far the outputs (p, k) are from another prediction."""
    if outputs.shape[1] == 1:
        return np.abs(outputs[:, 0])
    first, second = np.sort(outputs, axis=1)[:, :-3:-1].T
    return first - second


def reach(training: Task, features: Floats) -> Floats:
    """(p,) upper ends of ‖Px‖: ‖x‖ itself unless the training features leave room for less."""
    norms = np.linalg.norm(features, axis=1)
    if training.dimension <= training.samples:
        return norms
    basis, _ = np.linalg.qr(training.features.T)
    inside = np.linalg.norm(features @ basis, axis=1)
    return np.minimum(norms, inside + 8 * np.finfo(float).eps * training.dimension * norms)


def most_moved(training: Task, snapshot: Snapshot, features: Floats) -> Floats:
    """(p,) the least ‖w − w^{∖i}‖ that could change the prediction; 0 where rounding alone could."""
    norms = np.linalg.norm(features, axis=1)
    eps, size = np.finfo(float).eps, snapshot.weight_norm
    off = measure.error_of(training, snapshot, size) + 4 * eps * (training.dimension + 2) * size
    k = len(snapshot.weights)
    room = np.maximum(gaps(features @ snapshot.weights.T) - 2 * kappa(k) * off * norms, 0)
    far = kappa(k) * reach(training, features)
    return np.divide(room, far, out=np.full(len(room), np.inf), where=far > 0)


def may_flip(training: Task, snapshot: Snapshot, radii: Floats, features: Floats) -> Bools:
    """(n, p) whether the claim leaves room for a flip of prediction p without sample i; `radii` (n,) the c_i."""
    return radii[:, None] * (1 + 1e-9) >= most_moved(training, snapshot, features)[None]


def flipped(snapshot: Snapshot, features: Floats) -> Bools:
    """(n, p) whether the retrained replica without sample i predicts another class at point p."""
    if snapshot.differences is None:
        raise ValueError("a one-run fit has no replicas to measure")
    outputs = features @ snapshot.weights.T
    own, n = measure.predicted(outputs), len(snapshot.differences)
    size = max(1, BLOCK // max(1, outputs.size))
    blocks = [
        measure.predicted(
            outputs + np.einsum("ikd,pd->ipk", snapshot.differences[i : i + size], features, optimize=True)
        )
        for i in range(0, n, size)
    ]
    return np.concatenate(blocks) != own


def own_flips(task: Task, snapshot: Snapshot) -> Bools:
    """(n,) whether the prediction at sample i changes when sample i itself is missing, by retraining."""
    if snapshot.differences is None:
        raise ValueError("a one-run fit has no replicas to measure")
    outputs = task.features @ snapshot.weights.T
    moved = np.einsum("ikd,id->ik", snapshot.differences, task.features)
    return measure.predicted(outputs + moved) != measure.predicted(outputs)


def own_may_flip(task: Task, snapshot: Snapshot, radii: Floats) -> Bools:
    """(n,) whether the claim leaves room for that."""
    return radii * (1 + 1e-9) >= most_moved(task, snapshot, task.features)
