"""The certified maximal margin: an interval that holds γ, from a primal and from a dual point.

γ = max_{‖u‖=1} min_j ⟨u, φ_j⟩ over the rows φ_j. Any u gives γ ≥ min_j ⟨u, φ_j⟩/‖u‖; any convex weights a give
γ ≤ ‖Σ a_j φ_j‖, since the smallest of the ⟨u, φ_j⟩ is below their average. For two classes φ_i = y_i x_i; for K
classes sample i has the K−1 rows (e_y − e_k) ⊗ x_i, k ≠ y, and ‖U‖_F = 1.

w* = u/γ is the hard-margin support vector machine: min ‖w‖²/2 subject to ⟨w, φ_j⟩ ≥ 1, w* = Σ α_j φ_j.
DAQP's dual active-set method solves it; nothing it returns is trusted before the interval is computed.
"""

from dataclasses import dataclass
from functools import cached_property

import daqp
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.optimize import nnls

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EPS = float(np.finfo(np.float64).eps)
LONG_EPS = float(np.finfo(np.longdouble).eps)
NEWTON = 40  # steps; on data that something separates, where there is no minimiser, they would never end


@dataclass(frozen=True, eq=False, kw_only=True)
class MaxMargin:
    """γ of `rows`, and what proves it.

    rows       (m, D) the constraint vectors; `sample` (m,) the sample that each belongs to
    low, high  ends of the interval that holds γ; low = 0 when no separating direction was found
    separable  True, False (0 is certified to lie in the hull of the rows), or None: cannot be told in float64
    direction  (D,) unit vector that reaches `low`; zero where nothing separates
    reached    min_j ⟨direction or best try, φ_j⟩, negative when a row is on the wrong side
    dual       (m,) α ≥ 0, zero off the support
    error      upper end of ‖direction − u_S‖
    """

    rows: Floats
    sample: Ints
    low: float
    high: float
    separable: bool | None
    direction: Floats
    reached: float
    dual: Floats
    error: float

    @cached_property
    def support(self) -> Ints:
        """(s,) the samples with a positive dual weight, ascending: the only ones whose removal moves the direction."""
        return np.unique(self.sample[self.dual > 0])

    @cached_property
    def sines(self) -> Floats:
        """(n,) upper ends of the sine of the angle between u_S and u_{S∖i}; γα_i‖φ_i‖ in exact arithmetic.

        With D(α) = Σα − ‖v‖²/2, v = Σ α_j φ_j, α ≥ 0 any dual point, and sample i's weights put to zero,
        1/γ²_{S∖i} ≥ 2D(α) − 2Σ_{j of i} α_j(1 − ⟨v,φ_j⟩) − ‖v_i‖², and cos ≥ γ_S/γ_{S∖i}: no exact dual optimum is needed.
        """
        n = int(self.sample.max()) + 1
        if not self.separable:
            return np.ones(n)
        v = self.dual @ self.rows
        twice_dual = 2 * self.dual.sum() - v @ v
        slack = np.bincount(self.sample, self.dual * np.maximum(0, 1 - self.rows @ v), n)
        sines = np.zeros(n)
        for i in self.support:
            own = self.sample == i
            part = self.dual[own] @ self.rows[own]
            cosine_squared = self.low**2 * (twice_dual - 2 * slack[i] - part @ part)
            sines[i] = np.sqrt(np.clip(1 - cosine_squared * (1 - 8 * EPS), 0, 1))
        return sines

    def without(self, i: int) -> "MaxMargin":
        """The maximal margin of the other samples; itself when sample i carries no dual weight."""
        if self.separable and i not in self.support:
            return self
        keep = self.sample != i
        return max_margin(self.rows[keep], self.sample[keep])


def max_margin(rows: Floats, sample: Ints | None = None) -> MaxMargin:
    """The certified margin of `rows` (m, D), m ≥ 1: an interval around γ = max_{‖u‖=1} min_j ⟨u, φ_j⟩, and what proves it.

    sample  (m,) the sample that each row belongs to (default: one each)
    """
    sample = np.arange(len(rows)) if sample is None else sample
    scale = float(np.linalg.norm(rows, axis=1).max(initial=0.0))
    if scale == 0 or not rows.any(axis=1).all():  # a row of zeros: 0 is in the hull itself
        zero = np.zeros(rows.shape[1])
        return MaxMargin(rows=rows, sample=sample, low=0.0, high=0.0, separable=False, direction=zero, reached=0.0,
                         dual=np.zeros(len(rows)), error=2.0)  # fmt: skip
    # exact copies are one constraint; as two they would look like a tie
    first = _distinct(rows)
    unit = rows[first] / scale
    weights = _support_vector_machine(unit)
    if weights is not None and (weights > 0).any():
        direction, alpha, error = _polish(unit, weights)
        spread = np.zeros(len(rows))
        spread[first] = alpha
        found = _certified(rows, sample, scale, direction, spread, error)
        if found is not None:
            return found
    return _by_nearest_point(rows, sample, scale)


def _certified(
    rows: Floats, sample: Ints, scale: float, direction: Floats, alpha: Floats, error: float
) -> MaxMargin | None:
    """The interval that a direction and dual weights (of rows/scale) prove; None unless its low end is above 0."""
    unit, rounding = rows / scale, 4 * EPS * (rows.shape[1] + 2)
    reached = float((unit @ direction).min())
    low, high = reached - rounding, float(np.linalg.norm(alpha @ unit) / alpha.sum()) + rounding
    if low <= 0:
        return None
    by_gap = float(np.sqrt(2 * max(0.0, 1 - low / high)))
    return MaxMargin(rows=rows, sample=sample, low=low * scale, high=max(high, low) * scale, separable=True,
                     direction=direction, reached=reached * scale, dual=alpha / scale**2,
                     error=min(by_gap, error))  # fmt: skip


def class_rows(features: Floats, labels: Ints, classes: int) -> tuple[Floats, Ints]:
    """The constraint rows (e_y − e_k) ⊗ x_i of K classes, shape (n(K−1), K·d), and the sample of each."""
    n, d = features.shape
    rows = np.zeros((n, classes, classes, d))
    i, k = np.nonzero(labels[:, None] != np.arange(classes))
    rows[i, k, labels[i]] = features[i]
    rows[i, k, k] = -features[i]
    return rows[i, k].reshape(len(i), classes * d), i


def _distinct(rows: Floats) -> Ints:
    """The first of each set of exact copies."""
    return np.array(list({row.tobytes(): i for i, row in reversed(list(enumerate(rows)))}.values()))[::-1]


def _support_vector_machine(unit: Floats) -> Floats | None:
    """Dual weights α of the hard-margin machine on rows of norm ≤ 1, or None where DAQP finds it infeasible."""
    m, d = unit.shape
    # more dimensions than rows: an isometry to the span of the rows keeps every inner product
    reduced = np.linalg.qr(unit.T)[1].T if d > m else unit
    k = reduced.shape[1]
    _, _, flag, info = daqp.solve(np.eye(k), np.zeros(k), np.ascontiguousarray(reduced), np.full(m, 1e30), np.ones(m),
                                  np.zeros(m, np.int32), primal_tol=1e-11, eps_prox=0.0)  # fmt: skip
    return np.maximum(0.0, -info["lam"]) if flag == 1 else None


def _polish(unit: Floats, weights: Floats) -> tuple[Floats, Floats, float]:
    """Direction, dual weights, and an upper end of the direction's error, from the support of `weights`.

    On the support the machine is the least-norm solution of Φ_A w = 1. When its dual weights are positive and
    every other row clears 1, that solution is the optimum itself, and the error is what rounding left of the
    equations, over the smallest singular value (at least 1/‖R⁻¹‖_F, Φ_Aᵀ = QR); otherwise the caller falls back on
    the duality gap, whose square root is a much larger error.
    """
    active = np.flatnonzero(weights > 0)
    q, r = np.linalg.qr(unit[active].T)
    pivots = np.abs(np.diag(r))
    if len(active) > unit.shape[1] or pivots.min() <= 1e-12 * pivots.max():
        w = weights @ unit
        return w / np.linalg.norm(w), weights, np.inf
    inverse = solve_triangular(r, np.eye(len(active)))
    alpha = inverse @ inverse.sum(axis=0)
    w = q @ inverse.sum(axis=0)
    w = w - q @ (inverse.T @ _residual(unit[active], w))  # one step of refinement
    norm, stretch = float(np.linalg.norm(w)), float(np.linalg.norm(inverse))
    rounding = 4 * LONG_EPS * (unit.shape[1] + 2) * norm
    error = float(np.linalg.norm(_residual(unit[active], w)) + len(active) ** 0.5 * rounding) * stretch
    inactive = np.delete(unit @ w, active)
    clear = 1 + error + 4 * EPS * (unit.shape[1] + 2) * norm
    condition = len(active) * EPS * (np.linalg.norm(r) * stretch) ** 2
    optimal = alpha.min() > condition * np.abs(alpha).max() and inactive.min(initial=np.inf) > clear
    dual = np.zeros(len(unit))
    dual[active] = np.maximum(alpha, 0)
    return w / norm, dual, 2 * error / norm + EPS if optimal else np.inf


def _residual(rows: Floats, w: Floats) -> Floats:
    """Φw − 1 in long double, where the machine has one: the residual is all rounding."""
    return np.asarray(rows.astype(np.longdouble) @ w.astype(np.longdouble) - 1, np.float64)


def _by_nearest_point(rows: Floats, sample: Ints, scale: float) -> MaxMargin:
    """The point of the hull nearest to 0, by non-negative least squares (Lawson & Hanson 1974, ch. 23).

    Where margins are so small that DAQP took them for none, its direction separates. Otherwise 0 may be in the hull for
    certain by these weights, which are few and may be tiny, or by those of a smooth loss, all of them positive.
    """
    unit = rows / scale
    weights, _ = nnls(np.vstack([unit.T, np.ones(len(unit))]), np.append(np.zeros(unit.shape[1]), 1.0))
    weights = np.where(weights > 1e-12 * weights.max(), weights, 0.0)
    weights = weights / weights.sum()
    point = weights @ unit
    length = float(np.linalg.norm(point))
    direction = point / length if length > 0 else point
    if length > 0:
        found = _certified(rows, sample, scale, direction, weights / length**2, np.inf)
        if found is not None:
            return found
    high = length + EPS * (rows.shape[1] + 2)
    certain = _hold_zero(rows, unit, weights) or _hold_zero(rows, unit, _soft_weights(unit))
    return MaxMargin(rows=rows, sample=sample, low=0.0, high=high * scale, separable=False if certain else None,
                     direction=np.zeros_like(direction), reached=min(0.0, float((unit @ direction).min())) * scale,
                     dual=np.zeros(len(rows)), error=2.0)  # fmt: skip


def _hold_zero(rows: Floats, unit: Floats, weights: Floats) -> bool:
    """Whether weights a (m,) prove that 0 is in the hull of the rows.

    They leave a residual r = Σ a_j φ_j of rounding size. It lies in the span of the active rows, so weights a' = a − δ with
    Σ a'_j φ_j = 0 exactly exist with ‖δ‖ ≤ ‖r‖/σ, σ their smallest singular value that is not 0; when that is below
    min a, a' > 0 and 0 is in the hull for certain. That no smaller singular value hides below rounding is known when as
    many are seen as the rows can have at all.
    """
    active = weights > 0
    residual = float(np.linalg.norm(weights @ unit)) + EPS * (max(active.sum(), rows.shape[1]) + 2)
    singular = np.linalg.svd(unit[active], compute_uv=False)
    rank = int((singular > 1e-10 * singular[0]).sum())
    return rank == _rank_limit(rows[active]) and residual / singular[rank - 1] < float(weights[active].min())


def _soft_weights(unit: Floats) -> Floats:
    """(m,) −ℓ'(⟨w,φ_j⟩) over their sum, at the minimiser w of Σ ℓ(⟨w,φ_j⟩), ℓ(s) = √(1+s²) − s, where there is one.

    There the gradient is 0, which is minus their sum of rows: a point of the hull with every weight positive. They fall only
    like 1/s², so that no row's weight is lost in rounding. Newton's method with halved steps; it proves nothing by itself.
    """
    w = np.zeros(unit.shape[1])
    weights, loss = _soft_hinge(unit @ w)
    for _ in range(NEWTON):
        curvature = (unit * (1 + np.square(unit @ w))[:, None] ** -1.5).T @ unit
        gradient, ridge = weights @ unit, EPS * np.trace(curvature)
        if ridge == 0 or np.linalg.norm(gradient) <= EPS * weights.sum():
            break
        step = np.linalg.solve(curvature + ridge * np.eye(len(w)), gradient)
        tries = (w + 2.0**-k * step for k in range(30))
        lower = next((v for v in tries if _soft_hinge(unit @ v)[1] < loss), None)
        if lower is None:
            break
        w = lower
        weights, loss = _soft_hinge(unit @ w)
    return weights / weights.sum()


def _soft_hinge(s: Floats) -> tuple[Floats, float]:
    """−ℓ'(s) = 1 − s/√(1+s²), and Σ ℓ(s), without cancellation: ℓ(s) = 1/(√(1+s²) + s)."""
    root = np.sqrt(1 + s * s)
    loss = np.where(s > 0, 1 / (root + np.abs(s)), root + np.abs(s))
    return loss / root, float(loss.sum())


def _rank_limit(rows: Floats) -> int:
    """No matrix has more rank than rows, or columns, that differ by more than a sign and are not zero."""

    def distinct(vectors: Floats) -> int:
        vectors = vectors[vectors.any(axis=1)]
        first = vectors[np.arange(len(vectors)), (vectors != 0).argmax(axis=1)]
        return len(np.unique(vectors * np.sign(first)[:, None], axis=0))

    return min(distinct(rows), distinct(rows.T))
