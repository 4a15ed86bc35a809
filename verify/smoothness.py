"""The largest smoothness over the full and all leave-one-out risks, computed exactly.

The Hessian of R is ⪯ curvature·Σ x xᵀ/n, attained for two classes at w = 0 (softmax: ½ bounds it). Leaving a sample out
takes one xxᵀ away, and the new largest eigenvalue is the root of the secular equation
1 = Σ_j v_j²/(λ_j − μ), v = Qᵀx, in [λ_2, λ_1] (Golub, SIAM Review 1973): one eigendecomposition serves all samples.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from synth.task import Task
from verify.tuning import HeadTuning

Floats = NDArray[np.float64]


def smoothness(task: Task, tuning: HeadTuning) -> float:
    """β without l2, over the full and all leave-one-out risks; of one sample's loss for minibatches."""
    curvature = tuning.facts(task.classes).curvature
    if np.isinf(curvature):
        return np.inf
    norms = np.square(task.features).sum(axis=1)
    if tuning.order == "shuffled":
        return float(curvature * norms.max())
    top, without = _largest_eigenvalues(task.features)
    # each leave-one-out risk as its own mean, under either convention: a dropped term only lowers it
    return curvature * max(top / task.samples, without / (task.samples - 1))


def step_size(smoothness: float, tuning: HeadTuning) -> float:
    """η: the tuning's number, or 1/(β+λ); 0 where β+λ = 0, since then no step moves anything."""
    if tuning.step_size != "auto":
        return float(tuning.step_size)
    total = smoothness + tuning.l2
    return 1 / total if total > 0 else 0.0


def _largest_eigenvalues(features: Floats) -> tuple[float, float]:
    """λ_max of XᵀX, and the largest λ_max of XᵀX − x_i x_iᵀ over i."""
    left, singular, _ = np.linalg.svd(features, full_matrices=False)
    values = singular**2
    projections = np.square(left * singular)  # ⟨q_j, x_i⟩², (n, min(n, d))
    low, high = float(values[1]) if len(values) > 1 else 0.0, float(values[0])

    tiny = np.finfo(float).tiny ** 0.5

    def secular(mu: float) -> float:
        # > 0 below the largest of the roots; the two factors take the poles away
        gaps = np.where(mu == values, tiny, mu - values)
        return float((1 + projections @ (1 / gaps)).max() * (mu - low) * (high - mu))

    left_end, right_end = np.nextafter(low, high), np.nextafter(high, low)
    if left_end >= right_end or secular(left_end) <= 0:
        return high, low
    if secular(right_end) >= 0:
        return high, high
    return high, float(brentq(secular, left_end, right_end, xtol=1e-300, rtol=4 * np.finfo(float).eps))
