"""From jobs to fits in logarithmic time: the first steps taken one by one, the rest in strides, and back.

A chunk holds whole tasks, each on strides of its own, so the fits do not depend on the chunks. A task too large for a
chunk is cut into blocks of replicas, by a rule of its own shape; each block has the run on all samples beside it.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from verify.replica_fit import ReplicaFit, Snapshot, Status, rounding
from verify.solvers.clocked import clocked
from verify.solvers.device import resolved
from verify.solvers.log_time import LogTime, Look
from verify.solvers.motion import Motion
from verify.solvers.prepare import Job, Prepared, prepare, snapshot_steps
from verify.solvers.price import first_steps
from verify.solvers.replicas import tune
from verify.solvers.strides import COLLOCATION

Floats = NDArray[np.float64]

CHUNK_ELEMENTS = 1 << 18  # outputs of all runs at all stages, held at once


def long_runs(jobs: Sequence[Job], *, replicas: bool, threads: int) -> list[ReplicaFit]:
    """One fit a job, in the order of the jobs, all on one device."""
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        ready = list(pool.map(prepare, jobs))
        starts = list(pool.map(lambda job: min(job.tuning.steps, first_steps(job.task, job.tuning)), jobs))
        fits = tune([_shortened(p, k) for p, k in zip(ready, starts, strict=True)], replicas=replicas, threads=threads)
        groups: dict[tuple[object, ...], list[_Begun]] = defaultdict(list)
        for index, (prepared, fit, k) in enumerate(zip(ready, fits, starts, strict=True)):
            if prepared.job.tuning.steps > k and not fit.failed:
                kind = (prepared.shape, k, resolved(prepared.job.tuning.device))
                groups[kind].append(_Begun(index, prepared, fit, k))
        pieces = [(chunk, rows) for group in groups.values() for chunk, rows in _cut(group, replicas, threads)]
        parts: dict[int, list[ReplicaFit]] = defaultdict(list)
        for (chunk, _), found in zip(pieces, pool.map(lambda piece: _strides(*piece), pieces), strict=True):
            for one, fit in zip(chunk, found, strict=True):
                parts[one.index].append(fit)
    for index, own in parts.items():
        fits[index] = _joined(own)
    return [replace(fit, solver="log-time") for fit in fits]


@dataclass(frozen=True, eq=False)
class _Begun:
    """A job after its first `steps` steps, and where it stands among the jobs."""

    index: int
    prepared: Prepared
    fit: ReplicaFit
    steps: int

    @property
    def looks(self) -> tuple[int, ...]:
        """The steps at which to look that are still to come."""
        return tuple(step for step in snapshot_steps(self.prepared.job) if step > self.steps)

    def inside(self, weights: Floats) -> Floats:
        """Weights (…, k, d) in the coordinates in which the job runs."""
        return weights if self.prepared.basis is None else weights @ self.prepared.basis


def _shortened(p: Prepared, steps: int) -> Job:
    return replace(p.job, tuning=replace(p.job.tuning, steps=steps, solver="direct", step_size=p.eta))


def _cut(group: list[_Begun], replicas: bool, threads: int) -> Iterator[tuple[list[_Begun], range]]:
    """Chunks of whole tasks of one shape; or blocks of the replicas of one, by its shape alone, since it is part of the bits."""
    n, outputs = len(group[0].prepared.features), group[0].prepared.outputs
    each = COLLOCATION.degree * outputs * n
    rows = n if replicas else 0
    if each * rows > 2 * CHUNK_ELEMENTS:
        at_once = max(8, CHUNK_ELEMENTS // each)
        for one in group:
            yield from (([one], range(first, min(first + at_once, n))) for first in range(0, n, at_once))
        return
    count = -(-len(group) // max(1, CHUNK_ELEMENTS // (each * (1 + rows))))
    count = min(count + -count % threads, len(group))  # as many for each thread
    for index in range(count):
        yield group[len(group) * index // count : len(group) * (index + 1) // count], range(rows)


@torch.no_grad()
def _strides(chunk: list[_Begun], rows: range) -> list[ReplicaFit]:
    """Tasks of one shape from their first steps to the end, each with its replicas `rows` and the run on all samples."""
    prepared = [one.prepared for one in chunk]
    first = prepared[0].job
    device = torch.device(resolved(first.tuning.device))

    def tensor(values: object) -> torch.Tensor:
        return torch.as_tensor(np.asarray(values), device=device)

    motion = Motion(
        loss=clocked(first.tuning.loss, first.task.classes),
        features=tensor([p.features for p in prepared]),
        labels=tensor([p.job.task.labels for p in prepared]),
        omega=tensor([_sample_weights(p, rows) for p in prepared]),
        step_sizes=tensor([p.eta for p in prepared]),
        l2=tensor([float(p.job.tuning.l2) for p in prepared]),
        reweighted=tensor([p.job.tuning.deletion == "reweighted" for p in prepared]),
        short=tensor([p.eta * (p.smoothness + p.job.tuning.l2) <= 1 + 1e-9 for p in prepared]),
        resting=torch.zeros(len(chunk), 1 + len(rows), dtype=torch.bool, device=device),
    )
    begun = tensor([one.inside(_runs(one.fit.last, rows)) for one in chunk])
    solver = LogTime(
        motion,
        begun.flatten(2),
        tensor([one.fit.last.certificates[None] for one in chunk]),
        tensor([one.fit.gradient_bound for one in chunk]),
        full=[0],
        steps=chunk[0].steps,
        errors=tensor([rounding(one.prepared.job.task, one.steps) for one in chunk])[:, None]
        * torch.linalg.vector_norm(begun.flatten(2), dim=-1),
        looks=[[math.log(step) for step in one.looks] for one in chunk],
    )
    return [_fit(one, looks, rows) for one, looks in zip(chunk, solver.solve(), strict=True)]


def _sample_weights(p: Prepared, rows: range) -> Floats:
    """(1 + rows, n): the run on all samples, then the replicas."""
    n = len(p.features)
    kept = np.full((1 + len(rows), n), 1 / n)
    kept[1:] = 1 / (n - 1 if p.job.tuning.deletion == "reweighted" else n)
    kept[1 + np.arange(len(rows)), list(rows)] = 0
    return kept


def _runs(last: Snapshot, rows: range) -> Floats:
    """(1 + rows, k, d): the run on all samples, then the replicas."""
    if last.differences is None:
        return last.weights[None]
    return np.concatenate([last.weights[None], last.weights + last.differences[rows.start : rows.stop]])


def _fit(one: _Begun, looks: list[Look], rows: range) -> ReplicaFit:
    asked = set(snapshot_steps(one.prepared.job))
    before = [
        s if len(rows) in (0, len(s.certificates)) else _some(s, rows) for s in one.fit.snapshots if s.step in asked
    ]
    after = [_snapshot(one, step, look) for step, look in zip(one.looks, looks, strict=True)]
    sizes = torch.linalg.vector_norm(looks[-1].weights, dim=-1).cpu().numpy()
    begun = [one.fit.status[i] for i in rows] + [one.fit.status[-1]]
    lost = np.roll(np.isnan(sizes), -1)
    return replace(
        one.fit,
        snapshots=(*before, *after),
        status=tuple(Status.UNRESOLVED if gone else status for gone, status in zip(lost, begun, strict=True)),
        heads=after[-1].weights[None],
        gradient_bound=looks[-1].largest,
    )


def _some(snapshot: Snapshot, rows: range) -> Snapshot:
    differences = None if snapshot.differences is None else snapshot.differences[rows.start : rows.stop]
    return replace(snapshot, differences=differences)


def _snapshot(one: _Begun, step: int, look: Look) -> Snapshot:
    p = one.prepared
    runs = look.weights.view(len(look.weights), p.starts.shape[1], -1).cpu().numpy()
    errors = look.errors.cpu().numpy()
    none = np.zeros(())
    return Snapshot(
        step=step,
        weights=p.original(runs[0], step, p.outside[0]),
        differences=p.original(runs[1:] - runs[0], step, none) if len(runs) > 1 else None,
        certificates=look.certificates[0].cpu().numpy(),
        errors=np.append(errors[1:], errors[0]),
    )


def _joined(parts: list[ReplicaFit]) -> ReplicaFit:
    """One fit from those of its blocks: the run on all samples is in each, and the first one's is kept."""
    if len(parts) == 1:
        return parts[0]
    snapshots = []
    for same in zip(*(part.snapshots for part in parts), strict=True):
        errors = [s.errors[:-1] for s in same if s.errors is not None]
        # the worst of them: differences are from the full run of their own block
        ends = [s.errors[-1] for s in same if s.errors is not None]
        snapshots.append(
            replace(
                same[0],
                differences=np.concatenate([s.differences for s in same if s.differences is not None]),
                errors=np.append(np.concatenate(errors), max(ends)) if ends else None,
            )
        )
    status = tuple(s for part in parts for s in part.status[:-1]) + parts[0].status[-1:]
    return replace(parts[0], snapshots=tuple(snapshots), status=status)
