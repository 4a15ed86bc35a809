"""One job made ready to run beside others: the span of its features, its step, its starts, its order of samples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.seeds import stream
from synth.task import Task
from verify.smoothness import smoothness, step_size
from verify.tuning import HeadTuning

Floats = NDArray[np.float64]

# up to this many samples a step costs its calls more than its arithmetic, and zero columns pay
PADDED_UP_TO = 64
PADDED_DIMENSIONS = (8, 32)


@dataclass(frozen=True, eq=False, kw_only=True)
class Job:
    """One task under one tuning; `seed` feeds the starts and the order of the samples."""

    task: Task
    tuning: HeadTuning
    seed: int = 0
    snapshots: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Prepared:
    """A job in coordinates of the span of its features (an isometry; d ≤ n afterwards)."""

    job: Job
    features: Floats
    basis: Floats | None
    starts: Floats
    outside: Floats
    smoothness: float
    eta: float
    order: NDArray[np.int64] | None

    @property
    def outputs(self) -> int:
        """Outputs a sample: heads times classes, or heads alone for two classes."""
        return self.starts.shape[0] * self.starts.shape[1]

    @property
    def shape(self) -> tuple[object, ...]:
        """What tasks must share to run side by side."""
        t = self.job.tuning
        kind = (t.loss, self.job.task.classes > 2, t.dtype, t.order, t.batch_size)
        return (*self.features.shape, *self.starts.shape[:2], kind)

    def original(self, weights: Floats, steps: int, outside: Floats) -> Floats:
        """Weights (…, d) in the coordinates of the features; what the start had outside their span only shrinks."""
        if self.basis is None:
            return weights[..., : self.job.task.dimension]
        inside = weights[..., : self.basis.shape[1]] @ self.basis.T
        return inside + (1 - self.eta * self.job.tuning.l2) ** steps * outside


def snapshot_steps(job: Job) -> tuple[int, ...]:
    """The steps at which to look, ascending, the last one always among them."""
    last = job.tuning.steps
    return tuple(sorted({s for s in job.snapshots if s < last} | {last}))


def prepare(job: Job) -> Prepared:
    """Everything that does not depend on what runs beside it. Raises BadTuning where the tuning does not fit the task."""
    task, tuning = job.task, job.tuning
    k = 1 if task.classes == 2 else task.classes
    tuning.facts(task.classes)
    features = task.signed if k == 1 else task.features
    n, d = features.shape
    starts, order = starts_of(job), order_of(job)
    basis, outside = None, np.zeros_like(starts)
    beta = smoothness(task, tuning)
    eta = step_size(beta, tuning)
    if d > n:
        basis, lower = np.linalg.qr(features.T)
        features = np.ascontiguousarray(lower.T)
        inside = starts @ basis
        outside = starts - inside @ basis.T
        starts = inside
    padding = padded_dimension(*features.shape) - features.shape[1]
    if padding:
        features = np.pad(features, ((0, 0), (0, padding)))
        starts = np.pad(starts, ((0, 0), (0, 0), (0, padding)))
    return Prepared(job, features, basis, starts, outside, beta, eta, order)


def starts_of(job: Job) -> Floats:
    """(H, k, d) the first heads."""
    task, tuning = job.task, job.tuning
    shape = (tuning.heads, 1 if task.classes == 2 else task.classes, task.dimension)
    if not tuning.init_scale:
        return np.zeros(shape)
    return tuning.init_scale * stream(job.seed, "start").standard_normal(shape)


def order_of(job: Job) -> NDArray[np.int64] | None:
    """(steps, b) the samples of each minibatch; None for the full batch."""
    if job.tuning.order == "full-batch":
        return None
    return minibatches(job.task.samples, job.tuning.steps, job.tuning.batch_size, job.seed)


def padded_dimension(n: int, d: int) -> int:
    """d made up with zero columns, so that more tasks share a shape: a rule of the task's own shape alone."""
    return min((rung for rung in PADDED_DIMENSIONS if rung >= d), default=d) if d < n <= PADDED_UP_TO else d


def minibatches(n: int, steps: int, size: int, seed: int) -> NDArray[np.int64]:
    """(steps, size) sample indices: one permutation of the n samples after another, cut into batches."""
    rng = stream(seed, "order")
    epochs = -(-steps * size // n)
    return np.concatenate([rng.permutation(n) for _ in range(max(1, epochs))])[: steps * size].reshape(steps, size)
