"""Small tasks and tunings that several tests share."""

import numpy as np

from synth.task import Task
from verify.measure import parameter
from verify.replica_fit import ReplicaFit
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning


def gaussian(n: int, d: int, classes: int = 2, seed: int = 0, scale: float = 1.0) -> Task:
    """Normal features with labels drawn apart from them, every class present if n allows."""
    rng = np.random.default_rng([seed, n, d, classes])
    labels = rng.permutation(np.arange(n) % classes)
    return Task(scale * rng.standard_normal((n, d)), 2 * labels - 1 if classes == 2 else labels, class_count=classes)


def separated(n: int, d: int, seed: int = 0, gap: float = 0.3) -> Task:
    """Two classes that the first axis separates by at least `gap` on either side."""
    rng = np.random.default_rng([seed, n, d])
    labels = np.where(np.arange(n) % 2, 1, -1)
    features = rng.standard_normal((n, d))
    features[:, 0] = labels * (gap + np.abs(features[:, 0]))
    return Task(features, labels)


def fit_of(task: Task, tuning: HeadTuning, **options: object) -> ReplicaFit:
    """One task, one fit."""
    job = {key: options.pop(key) for key in ("seed", "snapshots") if key in options}
    return tune([Job(task=task, tuning=tuning, **job)], **options)[0]


def instabilities(task: Task, tuning: HeadTuning, fit: ReplicaFit) -> np.ndarray:
    """‖w_t − w_t^{∖i}‖ for every i."""
    return parameter(task, tuning, fit.last).value


def bits(fit: ReplicaFit) -> tuple[bytes | float, ...]:
    """All numbers of a fit, bit by bit."""
    arrays = [fit.start, fit.heads]
    for shot in fit.snapshots:
        arrays += [shot.weights, shot.certificates]
        arrays += [] if shot.differences is None else [shot.differences]
    return (*(a.tobytes() for a in arrays), fit.step_size, fit.smoothness, fit.gradient_bound)
