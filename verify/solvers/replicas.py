"""From jobs to fits: on the cores of a CPU one task a thread, on a GPU tasks of one shape side by side.

Each task's numbers depend on that task alone, so the fits depend neither on threads and chunks nor on order and company.
"""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace

import joblib
import numpy as np
import torch
from numpy.typing import NDArray

from verify.replica_fit import ReplicaFit, Snapshot, Status
from verify.solvers import compiled_descent
from verify.solvers.descent import Batch, Descent
from verify.solvers.device import resolved
from verify.solvers.losses import loss_named
from verify.solvers.prepare import Job, Prepared, prepare, snapshot_steps
from verify.solvers.state import State
from verify.solvers.threads import one_thread

__all__ = ["Job", "tune"]

Floats = NDArray[np.float64]

CHUNK_ELEMENTS = 1 << 28  # differences of outputs held at once by a GPU


def tune(
    jobs: Sequence[Job], *, replicas: bool = True, chunk_elements: int | None = None, threads: int | None = None
) -> list[ReplicaFit]:
    """One fit a job, in the order of the jobs.

    replicas        all leave-one-out replicas, or the run on all samples and its certificates alone
    chunk_elements  how many numbers the largest array on a GPU may hold; at least one task runs at a time
    threads         how many cores of a CPU to use; None for all of them

    A run that diverges or leaves the floats is a status, not an exception. Raises BadTuning where a tuning does not fit
    its task, or asks for a GPU that is not there.
    """
    names = {resolved(job.tuning.device) for job in jobs} or {"cpu"}
    if len(names) > 1:
        raise ValueError(f"jobs of one call run on one device; got {', '.join(sorted(names))}")
    for job in jobs:
        job.tuning.facts(job.task.classes)  # what does not fit is said before anything runs
    with one_thread(), torch.no_grad():
        if names == {"cpu"}:
            return _on_cores(jobs, replicas, threads or joblib.cpu_count())
        return _on_gpu(jobs, replicas, chunk_elements or CHUNK_ELEMENTS)


def _on_cores(jobs: Sequence[Job], replicas: bool, threads: int) -> list[ReplicaFit]:
    """The costliest first; a job that alone would keep the other cores waiting is cut into rows of replicas."""
    costs = [_cost(job) for job in jobs]
    parts: dict[int, tuple[Prepared, list[Future[list[State]]]]] = {}
    whole: dict[int, Future[ReplicaFit]] = {}
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for index in sorted(range(len(jobs)), key=lambda i: -costs[i]):
            job, count = jobs[index], -(-threads * costs[index] // sum(costs))
            if count > 1 and replicas:
                p = prepare(job)
                ranges = compiled_descent.parts(p, count)
                parts[index] = p, [pool.submit(copy_context().run, _states, p, rows) for rows in ranges]
            else:
                whole[index] = pool.submit(copy_context().run, _alone, job, replicas)  # with the caller's np.errstate
        cut = {index: _fit(p, _joined([part.result() for part in own])) for index, (p, own) in parts.items()}
        return [cut[index] if index in cut else whole[index].result() for index in range(len(jobs))]


def _cost(job: Job) -> int:
    n, d = job.task.features.shape
    outputs = job.tuning.heads * (1 if job.task.classes == 2 else job.task.classes)
    return (1 + job.tuning.steps) * outputs * n * n * (1 + min(n, d))


def _alone(job: Job, replicas: bool) -> ReplicaFit:
    p = prepare(job)
    return _fit(p, _states(p, range(len(p.features) if replicas else 0)))


def _states(p: Prepared, rows: range) -> list[State]:
    return list(compiled_descent.descend(p, rows, snapshot_steps(p.job)))


def _joined(parts: list[list[State]]) -> list[State]:
    """The states of one task from those of its parts, each of which has the run on all samples."""
    if len(parts) == 1:
        return parts[0]
    return [
        replace(same[0], differences=np.concatenate([s.differences for s in same if s.differences is not None]))
        for same in zip(*parts, strict=True)
    ]


def _on_gpu(jobs: Sequence[Job], replicas: bool, limit: int, device: str = "cuda") -> list[ReplicaFit]:
    prepared = [prepare(job) for job in jobs]
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for index, p in enumerate(prepared):
        groups[p.shape].append(index)
    states: list[list[State]] = [[] for _ in prepared]
    for group in groups.values():
        one = prepared[group[0]]
        n, d = one.features.shape
        size = max(1, limit // (one.outputs * n * max(n if replicas else 1, d)))
        count = -(-one.outputs * n * n // limit) if replicas else 1
        group.sort(key=lambda index: prepared[index].job.tuning.steps)  # tasks that end together stay together
        for first in range(0, len(group), size):
            chunk = group[first : first + size]
            parts = [_run([prepared[i] for i in chunk], rows, device) for rows in _even(n if replicas else 0, count)]
            for index, *own in zip(chunk, *parts, strict=True):
                states[index] = _joined(own)
    return [_fit(p, own) for p, own in zip(prepared, states, strict=True)]


def _even(n: int, count: int) -> list[range]:
    """So many ranges that make up range(n)."""
    rows = -(-n // count)
    return [range(first, min(first + rows, n)) for first in range(0, n, rows)] if n else [range(0)]


def _run(prepared: list[Prepared], rows: range, device: str) -> list[list[State]]:
    """Tasks of one shape from the first step to each one's last, with the replicas `rows` of every task."""
    jobs = [p.job for p in prepared]

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
    descent = Descent(batch, loss_named(prepared[0].loss), rows=rows, dtype=getattr(torch, jobs[0].tuning.dtype))
    running = list(range(len(prepared)))  # position in the descent → position in `prepared`
    states: list[list[State]] = [[] for _ in prepared]
    for step in sorted({s for job in jobs for s in snapshot_steps(job)}):
        descent.run(step - descent.steps_done)
        for t, position in enumerate(running):
            if step in snapshot_steps(jobs[position]):
                states[position].append(descent.state(t))
        unfinished = [t for t, position in enumerate(running) if step < jobs[position].tuning.steps]
        if len(unfinished) < len(running):
            running = [running[t] for t in unfinished]
            descent.keep(torch.tensor(unfinished, dtype=torch.int64, device=device))
    return states


def _padded_orders(prepared: list[Prepared]) -> NDArray[np.int64]:
    """(T, most steps, b): what lies beyond a task's own last step is never read."""
    orders = [p.order for p in prepared if p.order is not None]
    longest = max(len(order) for order in orders)
    return np.stack([np.pad(order, ((0, longest - len(order)), (0, 0))) for order in orders])


def _fit(p: Prepared, states: list[State]) -> ReplicaFit:
    snapshots, last = tuple(_snapshot(p, state) for state in states), states[-1]
    return ReplicaFit(
        snapshots=snapshots,
        status=_status(p, snapshots[-1]),
        start=p.original(p.starts.mean(axis=0), 0, p.outside.mean(axis=0)),
        heads=p.original(last.heads, last.step, p.outside),
        step_size=p.eta,
        smoothness=p.smoothness,
        gradient_bound=last.gradient_bound,
    )


def _snapshot(p: Prepared, state: State) -> Snapshot:
    reweighted = p.job.tuning.deletion == "reweighted"
    return Snapshot(
        step=state.step,
        weights=p.original(state.heads.mean(axis=0), state.step, p.outside.mean(axis=0)),
        differences=None if state.differences is None else p.original(state.differences, state.step, np.zeros(())),
        certificates=state.certificates,
        push=p.eta * state.gradient_bound / (p.job.task.samples - 1) if reweighted else 0.0,
    )


def _status(p: Prepared, last: Snapshot) -> tuple[Status, ...]:
    """One a replica and one for the run on all samples."""
    runs = last.weights[None]
    if last.differences is not None:
        runs = np.concatenate([runs + last.differences, runs])
    ruled, l2 = bool(np.isfinite(p.smoothness)), p.job.tuning.l2
    above = ruled and p.eta > 2 / max(p.smoothness + 2 * l2, np.finfo(float).tiny)
    finite = np.asarray(np.isfinite(runs).all(axis=(1, 2)))
    diverged = np.zeros(len(runs), bool)
    if above or not ruled:  # under the rule no run diverges, though a minibatch may leave it a little above its start
        start, ended = _objectives(p, runs)
        finite &= np.isfinite(ended)
        diverged = ended > start * (1 + 1e-9)
    return tuple(
        Status.NON_FINITE if not finite[r]
        else Status.DIVERGED if diverged[r]
        else Status.ABOVE_RULE if above
        else Status.OK
        for r in range(len(runs))
    )  # fmt: skip


def _objectives(p: Prepared, runs: Floats) -> tuple[Floats, Floats]:
    """The mean head's objective on the samples each run was tuned on, at the start and in the end."""
    task, loss = p.job.task, loss_named(p.loss)
    kept = np.ones((len(runs), task.samples), bool)
    np.fill_diagonal(kept[:-1], False)
    source = task.signed if task.classes == 2 else task.features

    def objective(heads: Floats) -> Floats:
        outputs = torch.from_numpy(heads @ source.T)[:, None]
        losses = loss.value(outputs, torch.tensor(task.labels).expand(len(heads), -1))[:, 0].numpy()
        risk = np.where(kept, losses, 0.0).sum(axis=1) / kept.sum(axis=1)
        return risk + p.job.tuning.l2 / 2 * np.square(heads).sum(axis=(1, 2))

    with np.errstate(over="ignore", invalid="ignore"):
        return objective(p.original(p.starts.mean(axis=0), 0, p.outside.mean(axis=0))[None]), objective(runs)
