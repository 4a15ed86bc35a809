"""Independent draws of a task's sample: the resample variance and the two Efron–Stein sums over it.

The tuning is fixed before any draw: the step comes from a pilot sample that is none of them. Leave-one-out replicas are
of the dropped convention, which gives the smaller sum and is as good a function of S∖i as any.
"""

from collections.abc import Sequence
from dataclasses import replace

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


def resample(specs: Sequence[TaskSpec], tunings: Sequence[HeadTuning], points: Sequence[Task], seed: int) -> list[Draws]:
    """For each spec the variance over its `draws`, judged at LEVEL; each tuning has its step as a number.

    points  test points of each task, for the variance of the accuracy
    """
    jobs = [
        [Job(task=generate(spec, seed, "draw", draw), tuning=replace(tuning, deletion="dropped")) for draw in range(spec.draws)]
        for spec, tuning in zip(specs, tunings, strict=True)
    ]
    some = [own[: MEASURED_DRAWS if spec.n <= MEASURED_UP_TO else 0] for spec, own in zip(specs, jobs, strict=True)]
    fits = iter(tune([job for own in jobs for job in own], replicas=False))
    retrained = iter(tune([job for own in some for job in own]))
    return [
        _draws(own_points, [next(fits) for _ in own], few, [next(retrained) for _ in few])
        for own, few, own_points in zip(jobs, some, points, strict=True)
    ]


def _draws(points: Task, fits: list[ReplicaFit], few: list[Job], retrained: list[ReplicaFit]) -> Draws:
    largest = max(fit.smoothness for fit in fits)
    lost = sum(fit.failed or fit.last.weight_norm == 0 for fit in fits)
    if lost:
        return Draws(count=len(fits), variance=_NOTHING, accuracy_variance=_NOTHING, certified=_NOTHING,
                     measured=_NOTHING, measured_count=0, largest_smoothness=largest,
                     failed=f"{lost} of {len(fits)} draws have no head with a direction")  # fmt: skip
    directions = np.stack([fit.last.weights / fit.last.weight_norm for fit in fits])
    accuracies = np.array([[measure.accuracy(fit.last.weights, points)] for fit in fits])
    sums = [_measured_sum(job, fit) for job, fit in zip(few, retrained, strict=True)]
    sums = [] if np.isnan(sums).any() else sums
    return Draws(
        count=len(fits),
        variance=variance_interval(directions),
        accuracy_variance=variance_interval(accuracies),
        certified=mean_interval(np.array([efron_stein_sum(fit) for fit in fits])),
        measured=mean_interval(np.array(sums)) if sums else _NOTHING,
        measured_count=len(sums),
        largest_smoothness=largest,
        failed=None,
    )


def _measured_sum(job: Job, fit: ReplicaFit) -> float:
    each = measure.direction(job.task, job.tuning, fit.last)
    return np.nan if each is None or fit.failed else float(np.square(each.value).sum())


def seed_variance(task: Task, tuning: HeadTuning, seed: int, seeds: int) -> Interval:
    """E‖ŵ − Eŵ‖² over initialisations, or orders, with S fixed."""
    fits = tune([Job(task=task, tuning=tuning, seed=seed + s) for s in range(seeds)], replicas=False)
    heads = np.stack([fit.last.weights for fit in fits])
    norms = np.linalg.norm(heads, axis=(1, 2), keepdims=True)
    return variance_interval(heads / np.where(norms > 0, norms, 1))
