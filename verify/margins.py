"""The certified margins of a task: its own, the angular one, and those without one sample."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.task import Task
from theory.interval import Interval
from theory.margin import MaxMargin, class_rows, max_margin

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Margins:
    """γ with its machine, γ̂ of the normalised samples, and for every i the machine without sample i.

    direction  u_S as one vector in the coordinates of the features (K·d for K classes)
    left_out   None when not asked for, or when nothing separates S; may live in the span of the features
    """

    direction: Floats
    whole: MaxMargin
    angular: MaxMargin
    left_out: tuple[MaxMargin, ...] | None

    @property
    def direction_instability(self) -> Interval | None:
        """‖u_S − u_{S∖i}‖ for every i: three (n,), with the certified error of both directions."""
        if self.left_out is None:
            return None
        u = self.whole.direction
        value = np.array([np.linalg.norm(u - other.direction) for other in self.left_out])
        error = np.array([0.0 if o is self.whole else self.whole.error + o.error for o in self.left_out])
        return Interval(value=value, low=np.maximum(value - error, 0), high=value + error)

    @property
    def left_out_margins(self) -> Floats | None:
        """(n,) upper ends of γ_{S∖i}."""
        return None if self.left_out is None else np.array([other.high for other in self.left_out])


def margins_of(task: Task, *, left_out: bool) -> Margins:
    """Solve the machines of a task; without one sample only where that sample carries dual weight."""
    features, basis = task.features, None
    if task.dimension > task.samples:  # an isometry to their span: every margin and distance stays
        signed = task.signed if task.classes == 2 else task.features
        distinct, copy = np.unique(signed, axis=0, return_inverse=True)  # exact copies must stay exact
        basis, lower = np.linalg.qr(distinct.T)
        features = np.ascontiguousarray(lower.T)[copy]
        if task.classes == 2:
            features *= task.labels[:, None]
    whole = max_margin(*rows_of(task, features))
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    unit = np.divide(features, lengths, out=np.zeros_like(features), where=lengths > 0)
    angular = max_margin(*rows_of(task, unit))
    others = None
    if left_out and whole.separable:
        others = tuple(whole.without(i) for i in range(task.samples))
    direction = whole.direction
    if basis is not None:
        direction = (direction.reshape(-1, basis.shape[1]) @ basis.T).ravel()
    return Margins(direction=direction, whole=whole, angular=angular, left_out=others)


def signed_margin(task: Task, weights: Floats) -> float:
    """The lower end, rounding taken off, of the smallest ⟨ŵ, φ⟩ over the constraint rows; 0 for the zero head."""
    norm = float(np.linalg.norm(weights))
    if norm == 0:
        return 0.0
    if task.classes == 2:
        smallest = (task.signed @ weights[0]).min()
    else:
        outputs = task.features @ weights.T
        own = outputs[np.arange(task.samples), task.labels]
        outputs[np.arange(task.samples), task.labels] = -np.inf
        smallest = (own - outputs.max(axis=1)).min()
    return float(smallest / norm - 4 * np.finfo(float).eps * (task.dimension + 2) * task.radius)


def rows_of(task: Task, features: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The constraint rows of a task whose features stand in some coordinates, and the sample of each."""
    if task.classes == 2:
        return features * task.labels[:, None], np.arange(task.samples)
    return class_rows(features, task.labels, task.classes)
