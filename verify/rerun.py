"""Runs beside a probe: what is to be tuned, what it is estimated to take, and all of it side by side on every core."""

from collections.abc import Sequence
from dataclasses import dataclass

import joblib

from verify.replica_fit import ReplicaFit
from verify.solvers.price import direct_seconds, log_time_seconds, solver_of
from verify.solvers.tune import Job, tune


@dataclass(frozen=True, eq=False, kw_only=True)
class Runs:
    """`retrained` with all replicas, `once` for their certificates alone; `beside` seconds of one core for the rest."""

    retrained: tuple[Job, ...] = ()
    once: tuple[Job, ...] = ()
    beside: float = 0.0

    @property
    def seconds(self) -> float:
        """A rough price: all cores at work, as they are when several go side by side."""
        every = [*((job, True) for job in self.retrained), *((job, False) for job in self.once)]
        return self.beside + sum(_seconds(job, replicas=replicas) for job, replicas in every) / joblib.cpu_count()


Fits = tuple[list[ReplicaFit], list[ReplicaFit]]  # of `retrained`, of `once`


def rerun(many: Sequence[Runs]) -> list[Fits]:
    """The fits of each, in their order. They depend neither on the company nor on the number of cores."""
    retrained = [job for runs in many for job in runs.retrained]
    once = [job for runs in many for job in runs.once]
    with_replicas = iter(tune(retrained) if retrained else [])
    alone = iter(tune(once, replicas=False) if once else [])
    return [([next(with_replicas) for _ in runs.retrained], [next(alone) for _ in runs.once]) for runs in many]


def _seconds(job: Job, *, replicas: bool) -> float:
    """Of one core. A run alone is bound by how fast features are read, not by arithmetic."""
    (n, d), tuning = job.task.features.shape, job.tuning
    k = tuning.heads * (1 if job.task.classes == 2 else job.task.classes)
    if solver_of(job.task, tuning, replicas=replicas) == "log-time":
        return log_time_seconds(n, d, k, tuning.steps, n if replicas else 1)
    reading = min(tuning.steps, 10**18) * (2e-6 + n * k * (1e-8 + 5.5e-10 * min(n, d)))
    return reading + (direct_seconds(n, d, k, tuning.steps, n) if replicas else 0.0)
