"""Independent draws of a task's sample: the resample variance and the two Efron–Stein sums over it.

The tuning is fixed before any draw, on samples that are none of them: a pilot, or the task's own. Leave-one-out replicas are
of the dropped convention, which gives the smaller sum and is as good a function of S∖i as any.
"""

from dataclasses import dataclass, replace

import numpy as np

from synth.generate import generate
from synth.spec import TaskSpec
from synth.task import Task
from theory.interval import Interval
from verify import measure
from verify.replica_fit import ReplicaFit
from verify.solvers.replicas import Job, tune
from verify.statistics import mean_interval, variance_interval
from verify.trial import Draws, efron_stein_sum
from verify.tuning import HeadTuning

MEASURED_DRAWS = 4  # draws whose replicas are all retrained: a glimpse, not a test
MEASURED_UP_TO = 32  # samples, since retraining is what costs

_NOTHING = Interval(value=np.nan, low=np.nan, high=np.nan)


@dataclass(frozen=True, eq=False, kw_only=True)
class DrawJobs:
    """What to tune for one task: one run on every draw, and all replicas on the first few."""

    points: Task
    every: list[Job]
    few: list[Job]


def draw_jobs(spec: TaskSpec, tuning: HeadTuning, points: Task, seed: int) -> DrawJobs:
    """The jobs of `spec.draws` draws; `tuning` has its step as a number, `points` are for the variance of the accuracy."""
    dropped = replace(tuning, deletion="dropped")
    every = [Job(task=generate(spec, seed, "draw", draw), tuning=dropped) for draw in range(spec.draws)]
    return DrawJobs(points=points, every=every, few=every[: MEASURED_DRAWS if spec.n <= MEASURED_UP_TO else 0])


def resampled(jobs: DrawJobs, fits: list[ReplicaFit], retrained: list[ReplicaFit]) -> Draws:
    """The variances and the sums, each judged at LEVEL, from the fits of `every` and of `few`."""
    largest = max(fit.smoothness for fit in fits)
    zero = sum(fit.last.weight_norm == 0 for fit in fits)
    lost = sum(fit.failed for fit in fits)
    if lost or zero:
        return Draws(count=len(fits), variance=_NOTHING, accuracy_variance=_NOTHING, certified=_NOTHING,
                     measured=_NOTHING, measured_count=0, largest_smoothness=largest,
                     failed=f"{lost} of {len(fits)} draws diverged or left the floats" if lost else None,
                     missing=None if lost else f"{zero} of {len(fits)} heads are zero and have no direction")  # fmt: skip
    directions = np.stack([fit.last.weights / fit.last.weight_norm for fit in fits])
    accuracies = np.array([[measure.accuracy(fit.last.weights, jobs.points)] for fit in fits])
    sums = [_measured_sum(job, fit) for job, fit in zip(jobs.few, retrained, strict=True)]
    sums = [] if np.isnan(sums).any() else sums
    return Draws(
        count=len(fits),
        variance=variance_interval(directions, most=1.0),
        accuracy_variance=variance_interval(accuracies, most=0.25),
        certified=mean_interval(np.array([efron_stein_sum(fit) for fit in fits])),
        measured=mean_interval(np.array(sums)) if sums else _NOTHING,
        measured_count=len(sums),
        largest_smoothness=largest,
        failed=None,
    )


def _measured_sum(job: Job, fit: ReplicaFit) -> float:
    each = measure.direction(job.task, job.tuning, fit.last)
    return np.nan if each is None or fit.failed else float(np.square(each.value).sum())


def seed_variance(task: Task, tuning: HeadTuning, seed: int, seeds: int) -> Interval | None:
    """E‖ŵ − Eŵ‖² over initialisations, or orders, with S fixed; None where a head failed or is zero."""
    fits = tune([Job(task=task, tuning=tuning, seed=seed + s) for s in range(seeds)], replicas=False)
    if any(fit.failed or fit.last.weight_norm == 0 for fit in fits):
        return None
    return variance_interval(np.stack([fit.last.weights / fit.last.weight_norm for fit in fits]), most=1.0)
