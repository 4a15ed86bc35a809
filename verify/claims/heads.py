"""Heads tuned for all arms of many tasks at once, and what is read off each fit."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from synth.task import Task
from verify import measure
from verify.claims.experiment import Cell, Row
from verify.replica_fit import ReplicaFit, Snapshot
from verify.smoothness import smoothness, step_size
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning

Floats = NDArray[np.float64]


def common_step(*tasks: Task) -> float:
    """The smallest of the automatic steps of some tasks, so that all can be tuned by one."""
    return min(step_size(smoothness(task, HeadTuning()), HeadTuning()) for task in tasks)


def deviation(heads: Floats) -> float:
    """√E‖h − E h‖² of independent heads (S, d), by the unbiased estimate of the square."""
    return float(np.sqrt(np.square(heads - heads.mean(axis=0)).sum() / (len(heads) - 1)))


def instabilities(arms: Iterable[tuple[Cell, Job]]) -> Iterator[Row]:
    """Mean leave-one-out instability, of the head and of its direction, at the end of each arm."""
    arms = list(arms)
    for (cell, job), fit in zip(arms, tune([job for _, job in arms], threads=1), strict=True):
        yield from leave_one_out(cell, job, fit, fit.last)


def leave_one_out(cell: Cell, job: Job, fit: ReplicaFit, snapshot: Snapshot) -> Iterator[Row]:
    """`parameter` and `direction` of one look; NaN where a run was lost or a head is zero."""
    found = {"parameter": measure.parameter(job.task, job.tuning, snapshot),
             "direction": measure.direction(job.task, job.tuning, snapshot)}  # fmt: skip
    for name, each in found.items():
        lost = each is None or fit.failed
        yield Row(*cell, name, 1, np.nan if lost or each is None else float(np.mean(each.value)))
