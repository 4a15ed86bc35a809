"""From tasks and tunings to fits: prepare, put tasks of one shape side by side, run in chunks, unpack.

A chunk holds whole tasks, and each task's numbers depend on that task alone, so the fits do not depend on the chunks.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from synth.seeds import stream
from synth.task import Task
from verify.replica_fit import ReplicaFit, Snapshot, Status
from verify.smoothness import smoothness, step_size
from verify.solvers.descent import Batch, Descent
from verify.solvers.losses import Loss, loss_named
from verify.solvers.threads import one_thread
from verify.tuning import BadTuning, HeadTuning

Floats = NDArray[np.float64]

# differences of outputs held at once: 0.5 MB in float64 stay in the cache of one core; a GPU wants them all
CHUNK_ELEMENTS = {"cpu": 1 << 16, "cuda": 1 << 28}

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
class _Prepared:
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
    def shape(self) -> tuple[object, ...]:
        """What tasks must share to run side by side."""
        t = self.job.tuning
        kind = (t.loss, self.job.task.classes > 2, t.dtype, t.order, t.batch_size)
        return (*self.features.shape, *self.starts.shape[:2], kind)


def tune(jobs: Sequence[Job], *, replicas: bool = True, chunk_elements: int | None = None) -> list[ReplicaFit]:
    """One fit a job, in the order of the jobs.

    replicas        all leave-one-out replicas, or the run on all samples and its certificates alone
    chunk_elements  how many numbers the largest array of a chunk may hold; at least one task runs at a time

    A run that diverges or leaves the floats is a status, not an exception. Raises BadTuning where a tuning does not fit
    its task, or asks for a GPU that is not there.
    """
    device = device_named({job.tuning.device for job in jobs})
    limit = CHUNK_ELEMENTS[device.type] if chunk_elements is None else chunk_elements
    fits: dict[int, ReplicaFit] = {}
    with one_thread(), torch.no_grad():
        groups: dict[tuple[object, ...], list[tuple[int, _Prepared]]] = defaultdict(list)
        for index, job in enumerate(jobs):
            prepared = _prepare(job)
            groups[prepared.shape].append((index, prepared))
        for group in groups.values():
            group.sort(key=lambda member: member[1].job.tuning.steps)  # tasks that end together stay together
            n, d = group[0][1].features.shape
            heads, k = group[0][1].starts.shape[:2]
            # without replicas a step reads the features once and little else: more tasks make it worth its calls
            size = max(1, limit // (heads * k * n * max(n, d)) if replicas else 8 * limit // (n * d))
            for first in range(0, len(group), size):
                chunk = group[first : first + size]
                for (index, _), fit in zip(chunk, _run([p for _, p in chunk], replicas, device), strict=True):
                    fits[index] = fit
    return [fits[index] for index in range(len(jobs))]


def snapshot_steps(job: Job) -> tuple[int, ...]:
    """The steps at which to look, ascending, the last one always among them."""
    last = job.tuning.steps
    return tuple(sorted({s for s in job.snapshots if s < last} | {last}))


def device_named(names: set[str]) -> torch.device:
    """The device for all jobs of one call: auto is a GPU where there is one."""
    if len(names - {"auto"}) > 1:
        raise ValueError(f"jobs of one call run on one device; got {', '.join(sorted(names))}")
    name = next(iter(names - {"auto"}), "cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise BadTuning("device: cuda asked for, but torch sees no GPU; use cpu or auto")
    return torch.device(name)


def _prepare(job: Job) -> _Prepared:
    task, tuning = job.task, job.tuning
    k = 1 if task.classes == 2 else task.classes
    tuning.facts(task.classes)
    features = task.signed if k == 1 else task.features
    n, d = features.shape
    starts = np.zeros((tuning.heads, k, d))
    if tuning.init_scale:
        starts = tuning.init_scale * stream(job.seed, "start").standard_normal(starts.shape)
    basis, outside = None, np.zeros_like(starts)
    order = None
    if tuning.order == "shuffled":
        order = minibatches(n, tuning.steps, tuning.batch_size, job.seed)
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
        features, starts = (
            np.pad(features, ((0, 0), (0, padding))),
            np.pad(starts, ((0, 0), (0, 0), (0, padding))),
        )
    return _Prepared(job, features, basis, starts, outside, beta, eta, order)


def padded_dimension(n: int, d: int) -> int:
    """d made up with zero columns, so that more tasks share a shape: a rule of the task's own shape alone."""
    return min((rung for rung in PADDED_DIMENSIONS if rung >= d), default=d) if d < n <= PADDED_UP_TO else d


def minibatches(n: int, steps: int, size: int, seed: int) -> NDArray[np.int64]:
    """(steps, size) sample indices: one permutation of the n samples after another, cut into batches."""
    rng = stream(seed, "order")
    epochs = -(-steps * size // n)
    return np.concatenate([rng.permutation(n) for _ in range(max(1, epochs))])[: steps * size].reshape(steps, size)


def _run(prepared: list[_Prepared], replicas: bool, device: torch.device) -> list[ReplicaFit]:
    jobs = [p.job for p in prepared]
    first = jobs[0]

    def tensor(values: object) -> torch.Tensor:
        return torch.as_tensor(np.asarray(values), device=device)

    batch = Batch(
        features=tensor([p.features for p in prepared]),
        labels=tensor([job.task.labels for job in jobs]),
        starts=tensor([p.starts for p in prepared]),
        step_sizes=tensor([p.eta for p in prepared]),
        l2=tensor([float(job.tuning.l2) for job in jobs]),
        reweighted=tensor([job.tuning.deletion == "reweighted" for job in jobs]),
        orders=None if prepared[0].order is None else tensor(_padded_orders(prepared)),
    )
    loss = loss_named(first.tuning.loss, first.task.classes)
    descent = Descent(batch, loss, replicas=replicas, dtype=getattr(torch, first.tuning.dtype))
    start_outputs = descent.outputs.view(len(jobs), *descent.shape)
    start_risk = loss.value(start_outputs, batch.labels).mean(dim=(1, 2))
    running = list(range(len(prepared)))  # position in the descent → position in `prepared`
    snapshots: list[list[Snapshot]] = [[] for _ in prepared]
    fits: dict[int, ReplicaFit] = {}
    for step in sorted({s for job in jobs for s in snapshot_steps(job)}):
        descent.run(step - descent.steps_done)
        for t, position in enumerate(running):
            if step in snapshot_steps(jobs[position]):
                snapshots[position].append(_snapshot(descent, t, prepared[position]))
            if step == jobs[position].tuning.steps:
                fits[position] = _fit(descent, t, prepared[position], snapshots[position], float(start_risk[position]))
        unfinished = [t for t, position in enumerate(running) if position not in fits]
        if len(unfinished) < len(running):
            running = [running[t] for t in unfinished]
            descent.keep(torch.tensor(unfinished, dtype=torch.int64, device=device))
    return [fits[position] for position in range(len(prepared))]


def _padded_orders(prepared: list[_Prepared]) -> NDArray[np.int64]:
    """(T, most steps, b): what lies beyond a task's own last step is never read."""
    orders = [p.order for p in prepared if p.order is not None]
    longest = max(len(order) for order in orders)
    return np.stack([np.pad(order, ((0, longest - len(order)), (0, 0))) for order in orders])


def _fit(descent: Descent, t: int, p: _Prepared, snapshots: list[Snapshot], start_risk: float) -> ReplicaFit:
    heads = _numpy(descent.weights[t]).reshape(*p.starts.shape)
    return ReplicaFit(
        snapshots=tuple(snapshots),
        status=_status(p, snapshots[-1], start_risk, descent.loss),
        start=_original(p, p.starts.mean(axis=0), 0),
        heads=np.stack([_original(p, w, descent.steps_done, h) for h, w in enumerate(heads)]),
        step_size=p.eta,
        smoothness=p.smoothness,
        gradient_bound=float(descent.gradient_bound[t]),
    )


def _snapshot(descent: Descent, t: int, p: _Prepared) -> Snapshot:
    differences = None
    if descent.differences is not None:
        heads, k, n = descent.shape
        differences = _numpy(descent.differences[t].to(torch.float64).view(heads, n, k, -1).mean(dim=0))
        if p.basis is None:
            differences = differences[..., : p.job.task.dimension]
        else:
            differences = differences[..., : p.basis.shape[1]] @ p.basis.T
    return Snapshot(
        step=descent.steps_done,
        weights=_original(p, _numpy(descent.weights[t].view(*p.starts.shape).mean(dim=0)), descent.steps_done),
        differences=differences,
        certificates=_numpy(descent.certificates[t].mean(dim=0)),
    )


def _original(p: _Prepared, weights: Floats, steps: int, head: int | None = None) -> Floats:
    """(k, d) in the coordinates of the features; what the start had outside their span only shrinks."""
    if p.basis is None:
        return weights[..., : p.job.task.dimension]
    weights = weights[..., : p.basis.shape[1]]
    outside = p.outside.mean(axis=0) if head is None else p.outside[head]
    return weights @ p.basis.T + (1 - p.eta * p.job.tuning.l2) ** steps * outside


def _status(p: _Prepared, last: Snapshot, start_risk: float, loss: Loss) -> tuple[Status, ...]:
    """One a replica and one for the run on all samples, from the mean head's risk on the samples it was tuned on."""
    task, tuning = p.job.task, p.job.tuning
    runs = last.weights[None]
    if last.differences is not None:
        runs = np.concatenate([runs + last.differences, runs])
    above = p.eta * (p.smoothness + 2 * tuning.l2) > 2
    source = task.signed if task.classes == 2 else task.features
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = torch.from_numpy(runs @ source.T)[:, None]
    risk = loss.value(outputs, torch.tensor(task.labels).expand(len(runs), -1))[:, 0]
    kept = torch.ones_like(risk)
    if len(runs) > 1:
        kept[:-1].fill_diagonal_(0)
    ended = ((risk * kept).sum(dim=1) / kept.sum(dim=1)).numpy()
    finite = np.isfinite(runs).all(axis=(1, 2)) & np.isfinite(ended)
    # a replica's start is the mean over one sample less, at most n/(n−1) times the mean over all
    diverged = ended > start_risk * task.samples / (task.samples - 1) * (1 + 1e-9)
    return tuple(
        Status.NON_FINITE if not finite[r]
        else Status.DIVERGED if diverged[r]
        else Status.ABOVE_RULE if above
        else Status.OK
        for r in range(len(runs))
    )  # fmt: skip


def _numpy(tensor: torch.Tensor) -> Floats:
    return np.asarray(tensor.detach().cpu().numpy().copy(), np.float64)
