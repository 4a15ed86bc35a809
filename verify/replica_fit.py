"""What a solver gives back: the run on all samples, and every leave-one-out replica as its difference from it."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from synth.task import Task

Floats = NDArray[np.float64]


class Status(Enum):
    """How a replica's run ended; the text is the advice."""

    OK = "ran to the last step"
    ABOVE_RULE = "the step is above 2/(β+2λ): it ran, but theorems that need the rule say nothing"
    DIVERGED = "the risk ended above where it began: make the step smaller"
    UNRESOLVED = "rounding hides where the run goes in log time: take fewer steps, or the direct solver"
    NON_FINITE = "the weights left the floating-point range: make the step smaller or scale the features"


LOST = (Status.UNRESOLVED, Status.NON_FINITE, Status.DIVERGED)  # no measurement can be made from such a run


def rounding(task: Task, steps: int, eps: float = float(np.finfo(np.float64).eps)) -> float:
    """The relative error of what so many steps have made."""
    return 4 * eps * (steps + 1) * (task.samples + task.dimension + 8)


@dataclass(frozen=True, eq=False, kw_only=True)
class Snapshot:
    """The mean head after `step` steps; k = 1 for two classes, else K.

    weights       (k, d) tuned on all samples
    differences   (n, k, d) replica i minus `weights`, exact to its own last digits; None in a one-run fit
    certificates  (n,) c_i(step)
    push          ηL/(n−1) where replicas are reweighted, else 0: what one step cancels, and so the size it rounds at
    errors        (n + 1,) how far the log-time solver may be off: each replica, then `weights`; None after direct steps,
                  whose rounding `measure` models
    """

    step: int
    weights: Floats
    differences: Floats | None
    certificates: Floats
    push: float = 0.0
    errors: Floats | None = None

    @property
    def weight_norm(self) -> float:
        """‖w_t‖."""
        return float(np.linalg.norm(self.weights))


@dataclass(frozen=True, eq=False, kw_only=True)
class ReplicaFit:
    """All runs of one task.

    snapshots       by step, the last one after the last step
    status          n + 1 of them: replica i without sample i, the last on all samples; in a one-run fit only that
    start           (k, d) mean of the first heads
    heads           (H, k, d) the heads tuned on all samples, before their mean
    step_size       η as a number
    smoothness      β that the step rule asks for, without l2
    gradient_bound  the largest ‖∇ℓ_i(w_s)‖ over samples, heads and steps s < t of the run on all samples
    solver          direct or log-time
    """

    snapshots: tuple[Snapshot, ...]
    status: tuple[Status, ...]
    start: Floats
    heads: Floats
    step_size: float
    smoothness: float
    gradient_bound: float
    solver: str = "direct"

    @property
    def last(self) -> Snapshot:
        """After the last step."""
        return self.snapshots[-1]

    @property
    def weights(self) -> Floats:
        """(n + 1, k, d): replica i without sample i, the last on all samples."""
        full = self.last.weights[None]
        return full if self.last.differences is None else np.concatenate([full + self.last.differences, full])

    @property
    def failed(self) -> bool:
        """Whether any run left the floats or diverged."""
        return any(s in LOST for s in self.status)
