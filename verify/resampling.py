"""Independent draws of a task's sample, and independent starts: the variances, and the two Efron–Stein sums.

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
from verify.evidence import Draws, Starts
from verify.replica_fit import ReplicaFit, rounding
from verify.solvers.replicas import Job
from verify.statistics import mean_interval, median_interval, variance_interval
from verify.trial import efron_stein_sum
from verify.tuning import HeadTuning

MEASURED_DRAWS = 4  # draws whose replicas are all retrained: a glimpse, not a test
STARTS = 32
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


def resampled(jobs: DrawJobs, fits: list[ReplicaFit], retrained: list[ReplicaFit], level: float) -> Draws:
    """The variances and the sums, each judged at `level`, from the fits of `every` and of `few`."""
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
        variance=_widened(variance_interval(directions, most=1.0, level=level), _rounding(jobs.every), 2),
        accuracy_variance=variance_interval(accuracies, most=0.25, level=level),
        certified=mean_interval(np.array([efron_stein_sum(fit) for fit in fits]), level),
        measured=mean_interval(np.array(sums), level) if sums else _NOTHING,
        measured_count=len(sums),
        largest_smoothness=largest,
        failed=None,
    )


def _measured_sum(job: Job, fit: ReplicaFit) -> float:
    each = measure.direction(job.task, job.tuning, fit.last)
    return np.nan if each is None or fit.failed else float(np.square(each.value).sum())


def start_jobs(job: Job) -> list[Job]:
    """The same task and tuning from STARTS independent starts, or in as many orders of the samples."""
    return [Job(task=job.task, tuning=job.tuning, seed=job.seed + start) for start in range(STARTS)]


def restarted(jobs: list[Job], fits: list[ReplicaFit], level: float) -> Starts:
    """The variances over starts and the median distance of two, each judged at `level`; nothing where a head failed.

    What rounding has left of a start that is long forgotten is no variance: it widens the intervals.
    """
    if lost := sum(fit.failed for fit in fits):
        failed = f"{lost} of {len(fits)} starts diverged or left the floats"
        return Starts(count=len(fits), direction=None, parameter=None, distance=None, failed=failed)
    heads = np.stack([fit.last.weights for fit in fits])
    norms = np.linalg.norm(heads, axis=(1, 2), keepdims=True)
    pairs = np.linalg.norm(heads[0::2] - heads[1::2], axis=(1, 2))
    relative = _rounding(jobs)
    error = relative * float(norms.max())
    unit = variance_interval(heads / norms, most=1.0, level=level) if norms.all() else None
    return Starts(
        count=len(fits),
        direction=None if unit is None else _widened(unit, relative, 2),
        parameter=_widened(variance_interval(heads, level=level), error, 2),
        distance=_widened(median_interval(pairs, level), 2 * error, 1),
    )


def _rounding(jobs: list[Job]) -> float:
    """The relative error of the heads."""
    return max(rounding(job.task, job.tuning.steps) for job in jobs)


def _widened(interval: Interval, error: float, power: int) -> Interval:
    """The interval of a power of something that is known to ± error."""
    low = max(0.0, float(interval.low) ** (1 / power) - error) ** power
    return Interval(value=interval.value, low=low, high=(float(interval.high) ** (1 / power) + error) ** power)
