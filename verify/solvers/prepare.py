"""One job made ready to run beside others: the span of its features, its step, its starts, its order of samples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.seeds import stream
from synth.task import Task
from theory.bound import power
from verify.smoothness import smoothness, step_size
from verify.solvers.blas import Room
from verify.tuning import BadTuning, HeadTuning

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Job:
    """One task under one tuning; `seed` feeds the starts and the order of the samples.

    start  (k, d) the first head, where it is neither zero nor drawn: a pre-trained one
    """

    task: Task
    tuning: HeadTuning
    seed: int = 0
    snapshots: tuple[int, ...] = ()
    start: Floats | None = None


@dataclass(frozen=True, eq=False)
class Prepared:
    """A job in coordinates of the span of its features (an isometry; d ≤ n afterwards)."""

    job: Job
    features: Floats  # by rows, aligned
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
    def loss(self) -> str:
        """The loss by name; the logistic loss of three and more classes is the softmax loss."""
        return "softmax" if self.job.task.classes > 2 else self.job.tuning.loss

    @property
    def shape(self) -> tuple[object, ...]:
        """What tasks must share to run side by side."""
        t = self.job.tuning
        kind = (self.loss, t.dtype, t.order, t.batch_size)
        return (*self.features.shape, *self.starts.shape[:2], kind)

    def original(self, weights: Floats, steps: int, outside: Floats) -> Floats:
        """Weights (…, d) in the coordinates of the features; what the start had outside their span only shrinks."""
        if self.basis is None:
            return weights
        return weights @ self.basis.T + power(1 - self.eta * self.job.tuning.l2, steps) * outside


def snapshot_steps(job: Job) -> tuple[int, ...]:
    """The steps at which to look, ascending, the last one always among them."""
    last = job.tuning.steps
    return tuple(sorted({s for s in job.snapshots if s < last} | {last}))


def prepare(job: Job) -> Prepared:
    """Everything that does not depend on what runs beside it. Raises BadTuning where the tuning does not fit the task."""
    task, tuning = job.task, job.tuning
    k = 1 if task.classes == 2 else task.classes
    tuning.facts(task.classes)
    features = Room().copy(task.signed if k == 1 else task.features)
    n, d = features.shape
    starts, order = starts_of(job), order_of(job)
    basis, outside = None, np.zeros_like(starts)
    beta = smoothness(task, tuning)
    eta = step_size(beta, tuning)
    if d > n:
        basis, lower = np.linalg.qr(features.T)
        features = Room().copy(lower.T)
        inside = starts @ basis
        outside = starts - inside @ basis.T
        starts = inside
    return Prepared(job, features, basis, starts, outside, beta, eta, order)


def starts_of(job: Job) -> Floats:
    """(H, k, d) the first heads."""
    task, tuning = job.task, job.tuning
    shape = (tuning.heads, 1 if task.classes == 2 else task.classes, task.dimension)
    if job.start is not None:
        if job.start.shape != shape[1:] or tuning.init_scale:
            raise BadTuning(
                f"start: must be {shape[1:]}, with init_scale 0; got {job.start.shape}, {tuning.init_scale}"
            )
        return job.start[None].copy()
    if not tuning.init_scale:
        return np.zeros(shape)
    return tuning.init_scale * stream(job.seed, "start").standard_normal(shape)


def order_of(job: Job) -> NDArray[np.int64] | None:
    """(steps, b) the samples of each minibatch; None for the full batch."""
    if job.tuning.order == "full-batch":
        return None
    return minibatches(job.task.samples, job.tuning.steps, job.tuning.batch_size, job.seed)


def minibatches(n: int, steps: int, size: int, seed: int) -> NDArray[np.int64]:
    """(steps, size) sample indices: one permutation of the n samples after another, cut into batches."""
    rng = stream(seed, "order")
    epochs = -(-steps * size // n)
    return np.concatenate([rng.permutation(n) for _ in range(max(1, epochs))])[: steps * size].reshape(steps, size)
