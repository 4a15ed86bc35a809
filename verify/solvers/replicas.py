"""From jobs to fits: tasks of one shape side by side, in chunks that stay in the cache, and back.

A chunk holds whole tasks, and each task's numbers depend on that task alone, so the fits do not depend on the chunks. A
task too large for a chunk is cut into blocks of replicas, by a rule of its own shape, and the blocks run on all cores.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import joblib
import numpy as np
import torch
from numpy.typing import NDArray

from verify.replica_fit import ReplicaFit, Snapshot, Status
from verify.solvers.descent import Batch, Descent
from verify.solvers.device import resolved
from verify.solvers.losses import loss_named
from verify.solvers.prepare import Job, Prepared, prepare, snapshot_steps
from verify.solvers.threads import one_thread

__all__ = ["Job", "tune"]

Floats = NDArray[np.float64]

# differences of outputs held at once: 1 MB in float64 stays in the cache of one core; a GPU wants them all
CHUNK_ELEMENTS = {"cpu": 1 << 17, "cuda": 1 << 28}
# a task with more of them is cut into blocks; part of what its bits are, unlike the size of a chunk
BLOCK_ELEMENTS = {"cpu": 1 << 16, "cuda": 1 << 28}


def tune(jobs: Sequence[Job], *, replicas: bool = True, chunk_elements: int | None = None) -> list[ReplicaFit]:
    """One fit a job, in the order of the jobs.

    replicas        all leave-one-out replicas, or the run on all samples and its certificates alone
    chunk_elements  how many numbers the largest array of a chunk may hold; at least one task runs at a time

    A run that diverges or leaves the floats is a status, not an exception. Raises BadTuning where a tuning does not fit
    its task, or asks for a GPU that is not there.
    """
    names = {resolved(job.tuning.device) for job in jobs} or {"cpu"}
    if len(names) > 1:
        raise ValueError(f"jobs of one call run on one device; got {', '.join(sorted(names))}")
    device = torch.device(names.pop())
    limit = CHUNK_ELEMENTS[device.type] if chunk_elements is None else chunk_elements
    fits: dict[int, ReplicaFit] = {}
    with one_thread(), torch.no_grad():
        groups: dict[tuple[object, ...], list[tuple[int, Prepared]]] = defaultdict(list)
        for index, job in enumerate(jobs):
            prepared = prepare(job)
            groups[prepared.shape].append((index, prepared))
        for group in groups.values():
            group.sort(key=lambda member: member[1].job.tuning.steps)  # tasks that end together stay together
            one = group[0][1]
            n, d = one.features.shape
            blocks = _blocks(one, device) if replicas else [range(0)]
            # without replicas a step reads the features once and little else: more tasks make it worth its calls
            size = max(1, limit // (one.outputs * n * max(n, d)) if replicas else 8 * limit // (n * d))
            for chunk in _chunks(group, size if len(blocks) == 1 else 1):
                runs = _run_blocks([p for _, p in chunk], blocks, device)
                for (index, _), fit in zip(chunk, runs, strict=True):
                    fits[index] = fit
    return [fits[index] for index in range(len(jobs))]


def _blocks(prepared: Prepared, device: torch.device) -> list[range]:
    """The replicas of one task in even blocks that fit a chunk: the same blocks wherever and beside whatever it runs."""
    n = len(prepared.features)
    count = -(-prepared.outputs * n * n // BLOCK_ELEMENTS[device.type])
    rows = -(-n // count)
    rows += -rows % 8 if count > 1 else 0
    return [range(first, min(first + rows, n)) for first in range(0, n, rows)]


def _chunks(group: list[tuple[int, Prepared]], size: int) -> Iterator[list[tuple[int, Prepared]]]:
    for first in range(0, len(group), size):
        yield group[first : first + size]


def _run_blocks(prepared: list[Prepared], blocks: list[range], device: torch.device) -> list[ReplicaFit]:
    """A chunk of whole tasks, or one task in blocks, side by side on threads (torch lets go of the interpreter)."""
    if len(blocks) == 1:
        return _run(prepared, blocks[0], device)

    def on_thread(rows: range) -> ReplicaFit:
        with torch.no_grad():
            return _run(prepared, rows, device)[0]

    with ThreadPoolExecutor(joblib.cpu_count(), initializer=torch.set_num_threads, initargs=(1,)) as pool:
        return [_joined(list(pool.map(on_thread, blocks)))]


def _joined(parts: list[ReplicaFit]) -> ReplicaFit:
    """One fit from those of its blocks: the run on all samples is in each."""
    snapshots = []
    for same_step in zip(*(part.snapshots for part in parts), strict=True):
        differences = np.concatenate([s.differences for s in same_step if s.differences is not None])
        snapshots.append(replace(same_step[0], differences=differences))
    status = tuple(s for part in parts for s in part.status[:-1]) + parts[0].status[-1:]
    return replace(parts[0], snapshots=tuple(snapshots), status=status)


def _run(prepared: list[Prepared], rows: range, device: torch.device) -> list[ReplicaFit]:
    """Tasks of one shape from the first step to each one's last, with the replicas `rows` of every task."""
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
    descent = Descent(batch, loss, rows=rows, dtype=getattr(torch, first.tuning.dtype))
    running = list(range(len(prepared)))  # position in the descent → position in `prepared`
    snapshots: list[list[Snapshot]] = [[] for _ in prepared]
    fits: dict[int, ReplicaFit] = {}
    for step in sorted({s for job in jobs for s in snapshot_steps(job)}):
        descent.run(step - descent.steps_done)
        for t, position in enumerate(running):
            if step in snapshot_steps(jobs[position]):
                snapshots[position].append(_snapshot(descent, t, prepared[position]))
            if step == jobs[position].tuning.steps:
                fits[position] = _fit(descent, t, prepared[position], snapshots[position])
        unfinished = [t for t, position in enumerate(running) if position not in fits]
        if len(unfinished) < len(running):
            running = [running[t] for t in unfinished]
            descent.keep(torch.tensor(unfinished, dtype=torch.int64, device=device))
    return [fits[position] for position in range(len(prepared))]


def _padded_orders(prepared: list[Prepared]) -> NDArray[np.int64]:
    """(T, most steps, b): what lies beyond a task's own last step is never read."""
    orders = [p.order for p in prepared if p.order is not None]
    longest = max(len(order) for order in orders)
    return np.stack([np.pad(order, ((0, longest - len(order)), (0, 0))) for order in orders])


def _fit(descent: Descent, t: int, p: Prepared, snapshots: list[Snapshot]) -> ReplicaFit:
    heads = _numpy(descent.weights[t]).reshape(*p.starts.shape)
    return ReplicaFit(
        snapshots=tuple(snapshots),
        status=_status(p, snapshots[-1], descent),
        start=p.original(p.starts.mean(axis=0), 0, p.outside.mean(axis=0)),
        heads=p.original(heads, descent.steps_done, p.outside),
        step_size=p.eta,
        smoothness=p.smoothness,
        gradient_bound=float(descent.gradient_bound[t]),
    )


def _snapshot(descent: Descent, t: int, p: Prepared) -> Snapshot:
    steps, differences = descent.steps_done, None
    if descent.differences is not None:
        heads, k, _ = descent.shape
        by_head = descent.differences[t].to(torch.float64).view(heads, len(descent.rows), k, -1)
        differences = p.original(_numpy(by_head.mean(dim=0)), steps, np.zeros(()))
    weights = _numpy(descent.weights[t].view(*p.starts.shape).mean(dim=0))
    return Snapshot(
        step=steps,
        weights=p.original(weights, steps, p.outside.mean(axis=0)),
        differences=differences,
        certificates=_numpy(descent.certificates[t].mean(dim=0)),
        push=p.eta * float(descent.gradient_bound[t]) / (p.job.task.samples - 1)
        if bool(descent.reweighted[t])
        else 0.0,
    )


def _status(p: Prepared, last: Snapshot, descent: Descent) -> tuple[Status, ...]:
    """One a replica and one for the run on all samples, from the mean head's objective on the samples it was tuned on."""
    task, tuning = p.job.task, p.job.tuning
    runs = last.weights[None]
    if last.differences is not None:
        runs = np.concatenate([runs + last.differences, runs])
    kept = np.ones((len(runs), task.samples), bool)
    kept[np.arange(len(descent.rows)), list(descent.rows)] = False
    source = task.signed if task.classes == 2 else task.features

    def objective(heads: Floats) -> Floats:
        outputs = torch.from_numpy(heads @ source.T)[:, None]
        losses = descent.loss.value(outputs, torch.tensor(task.labels).expand(len(heads), -1))[:, 0].numpy()
        risk = np.where(kept, losses, 0.0).sum(axis=1) / kept.sum(axis=1)
        return risk + tuning.l2 / 2 * np.square(heads).sum(axis=(1, 2))

    with np.errstate(over="ignore", invalid="ignore"):
        start = objective(p.original(p.starts.mean(axis=0), 0, p.outside.mean(axis=0))[None])
        ended = objective(runs)
    finite = np.isfinite(runs).all(axis=(1, 2)) & np.isfinite(ended)
    ruled = bool(np.isfinite(p.smoothness))
    above = ruled and p.eta > 2 / max(p.smoothness + 2 * tuning.l2, np.finfo(float).tiny)
    # under the rule no run diverges, though a minibatch may leave it a little above its start
    diverged = (ended > start * (1 + 1e-9)) & (above or not ruled)
    return tuple(
        Status.NON_FINITE if not finite[r]
        else Status.DIVERGED if diverged[r]
        else Status.ABOVE_RULE if above
        else Status.OK
        for r in range(len(runs))
    )  # fmt: skip


def _numpy(tensor: torch.Tensor) -> Floats:
    return np.asarray(tensor.detach().cpu().numpy().copy(), np.float64)
