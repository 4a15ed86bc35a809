"""All that is computed for one task before anything is judged."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synth.task import Task
from theory.interval import Interval
from verify.margins import Margins, margins_of
from verify.replica_fit import ReplicaFit
from verify.smoothness import smoothness, step_size
from verify.solvers.minimisers import Minimisers, minimise
from verify.solvers.price import solver_of, why_not_log_time
from verify.solvers.tune import Job, tune
from verify.tuning import MOST_STEPS, HeadTuning

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Draws:
    """What independent draws of S gave: intervals over draws, all with the tuning fixed before S was drawn.

    failed             how many draws have no head, or None; missing: how many have a head without a direction
    largest_smoothness of any draw: the theorem is applied to each of them
    """

    count: int
    variance: Interval
    accuracy_variance: Interval
    certified: Interval
    measured: Interval
    measured_count: int
    largest_smoothness: float
    failed: str | None
    missing: str | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Starts:
    """What independent starts (or orders of the samples) gave, S fixed; None where no interval can be had.

    direction  E‖ŵ − E ŵ‖²;  parameter  E‖w − E w‖²;  distance  median of ‖w − w'‖ over disjoint pairs
    failed     how many starts have no head, or None
    """

    count: int
    direction: Interval | None
    parameter: Interval | None
    distance: Interval | None
    failed: str | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Evidence:
    """Everything about one task; None for what was not asked for.

    twin  the run on all samples with the weights that they have in a replica; None where samples are dropped
    """

    task: Task
    tuning: HeadTuning
    fit: ReplicaFit
    margins: Margins
    twin: ReplicaFit | None = None
    minimisers: Minimisers | None = None
    draws: Draws | None = None
    starts: Starts | None = None
    test_points: Task | None = None
    why_no_replicas: str = "only one run was asked for"


def twin_job(job: Job, step_size: float) -> Job | None:
    """The twin run of `two-runs`: every sample weighs 1/(n−1), so η grows by n/(n−1), and λ shrinks by it to stay itself.

    None where samples are dropped, or where the solver cannot take such steps.
    """
    n, tuning = job.task.samples, job.tuning
    if tuning.deletion == "dropped":
        return None
    faster = replace(tuning, deletion="dropped", step_size=step_size * n / (n - 1), l2=tuning.l2 * (n - 1) / n)
    if solver_of(job.task, tuning) == "log-time" and why_not_log_time(job.task, faster) is not None:
        return None  # of two samples its step is twice that of the rule
    return replace(job, tuning=faster, snapshots=())


def halfway(steps: int) -> tuple[int, ...]:
    """Where the run is looked at before its end: the largest power of two up to half of the steps, or half way in ln t."""
    if steps >= MOST_STEPS:
        return (math.isqrt(steps),)
    return (1 << (steps // 2).bit_length() - 1,) if steps > 1 else ()


def examine(task: Task, tuning: HeadTuning, *, seed: int = 0, exact: bool = True) -> Evidence:
    """One task tuned and its machines solved; `exact` retrains every replica and solves every machine without one sample."""
    job = Job(task=task, tuning=tuning, seed=seed, snapshots=halfway(tuning.steps))
    other = twin_job(job, step_size(smoothness(task, tuning), tuning))
    twins = [] if other is None else [other]
    if exact:
        (fit,), twin = tune([job]), tune(twins, replicas=False)
    else:  # one run keeps one core busy: the two go side by side
        fit, *twin = tune([job, *twins], replicas=False)
    return Evidence(
        task=task,
        tuning=tuning,
        fit=fit,
        twin=twin[0] if twin else None,
        margins=margins_of(task, left_out=exact),
        minimisers=minimise(task, tuning) if exact and tuning.l2 > 0 else None,
    )
