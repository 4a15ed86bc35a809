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
    """λ_max of XᵀX, and the largest λ_max of XᵀX − x_i x_iᵀ over i.

    The second is at least (1 − 1/n) times the first, since that is the mean of vᵀ(XᵀX − x_i x_iᵀ)v, v the top eigenvector.
    """
    left, singular, _ = np.linalg.svd(features, full_matrices=False)
    high = float(singular[0] ** 2)
    if high == 0:
        return 0.0, 0.0
    values = (singular / singular[0]) ** 2  # 1 first: no scale of the features can underflow
    projections = values * np.square(left)  # ⟨q_j, x_i⟩²/λ_max, (n, min(n, d))
    second = float(values[1]) if len(values) > 1 else 0.0

    def secular(mu: float) -> float:
        # > 0 below the largest of the roots; the two factors take the poles away
        return float((1 + projections @ (1 / (mu - values))).max() * (mu - second) * (1 - mu))

    low = max((1 - 1 / len(features)) * (1 - 1e-12), float(np.nextafter(second, 1.0)))
    below = float(np.nextafter(1.0, 0.0))
    if low >= below or secular(below) >= 0:
        return high, high
    if secular(low) <= 0:
        return high, high * low
    return high, high * float(brentq(secular, low, below, xtol=1e-300, rtol=4 * np.finfo(float).eps))
