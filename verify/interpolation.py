"""Can the squared loss be zero on every sample, how far away is the nearest head that does it, and how steep is the way?"""

from typing import NamedTuple

import numpy as np

from synth.task import Task
from theory.bound import Floats

EPS = float(np.finfo(np.float64).eps)


class Interpolation(NamedTuple):
    """condition > 0: some w has ⟨w, z_i⟩ = 1 for every i; distance ‖w_0 − w_*‖ and PL constant with the safe ends."""

    condition: float
    distance: float | None = None
    pl: float | None = None


def interpolation(task: Task, start: Floats) -> Interpolation:
    """Of the squared loss, two classes; `start` (1, d). Independent distinct rows are enough, and are what is certified."""
    rows = np.unique(task.signed, axis=0)
    left, singular, _ = np.linalg.svd(rows, full_matrices=False)
    if len(rows) > task.dimension or singular[0] == 0:
        return Interpolation(condition=float(min(task.dimension - len(rows), -1)))
    rounding = 8 * EPS * (len(rows) + task.dimension)
    condition = float(singular[-1] / singular[0]) - rounding
    if condition <= 0:
        return Interpolation(condition=condition)
    relative = rounding / condition  # of the smallest singular value, and of what is divided by it
    distance = float(np.linalg.norm((left.T @ (1 - rows @ start[0])) / singular)) * (1 + relative)
    distance += relative * float(np.linalg.norm(start))
    return Interpolation(condition, distance, float(singular[-1] ** 2) / task.samples * max(0.0, 1 - 2 * relative))
