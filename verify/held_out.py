"""Flips on held-out data: a fifth is set aside, the head is tuned on the rest, and its predictions there are watched."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from synth.seeds import stream
from synth.task import Task
from verify import flips, measure
from verify.certified import why_no_certificate
from verify.evidence import halfway
from verify.replica_fit import ReplicaFit
from verify.rerun import Fits, Runs, rerun
from verify.solvers.price import solver_of
from verify.solvers.threads import one_thread
from verify.solvers.tune import Job
from verify.tuning import BadTuning, HeadTuning

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHARE, LEAST = 5, 10  # one in five, of ten samples or more


@dataclass(frozen=True, eq=False, kw_only=True)
class HeldOut:
    """What became of p held-out predictions when any one of m training samples was missing.

    training, points  the tasks of m and of p samples; `indices` (p,) where the points stood
    fit               on `training`, with its replicas where they were retrained
    accuracy          the share of points that the head classifies rightly
    most_moved        (p,) the least ‖w − w^{∖i}‖ that could change the prediction (proof in verify/flips.py)
    may_flip          (p,) how many missing samples could change it for all that one run certifies; None: no certificate
    flips             (p,) how many did, all replicas retrained; None where only one run was made, or a replica is lost
    reasons           why `may_flip` or `flips` is None
    """

    training: Task
    points: Task
    indices: Ints
    fit: ReplicaFit
    accuracy: float
    most_moved: Floats
    may_flip: Ints | None
    flips: Ints | None
    reasons: dict[str, str]

    @property
    def pairs(self) -> dict[str, float | None]:
        """The share of (prediction, missing sample) pairs that flip: certified (at most), and measured."""
        m = self.training.samples
        return {k: None if each is None else float(each.mean()) / m for k, each in self._counts.items()}

    @property
    def predictions(self) -> dict[str, float | None]:
        """The share of predictions that flip for at least one missing sample: certified (at most), and measured."""
        return {k: None if each is None else float((each > 0).mean()) for k, each in self._counts.items()}

    @property
    def _counts(self) -> dict[str, Ints | None]:
        return {"certified": self.may_flip, "measured": self.flips}


@dataclass(frozen=True, eq=False, kw_only=True)
class HeldOutPlan:
    """The split, what to run for it, and how to read the fits."""

    training: Task
    points: Task
    indices: Ints
    runs: Runs
    read: Callable[[Fits], HeldOut]


def held_out(task: Task, tuning: HeadTuning, *, seed: int = 0, exact: bool = True) -> HeldOut | str:
    """Flips of held-out predictions, or one line that says why there are none to be had.

    exact  retrain the head without each training sample; else what one run certifies, alone
    seed   of the split, and of the head's start
    """
    plan = plan_held_out(task, tuning, seed=seed, exact=exact)
    return plan if isinstance(plan, str) else plan.read(rerun([plan.runs])[0])


def plan_held_out(task: Task, tuning: HeadTuning, *, seed: int, exact: bool) -> HeldOutPlan | str:
    """The same before anything is run."""
    chosen = split(task, seed)
    if isinstance(chosen, str):
        return chosen
    training, points = part(task, np.setdiff1d(np.arange(task.samples), chosen)), part(task, chosen)
    jobs = (Job(task=training, tuning=tuning, seed=seed, snapshots=halfway(tuning.steps)),)
    runs = Runs(retrained=jobs) if exact else Runs(once=jobs)
    try:
        solver_of(training, tuning, replicas=exact)
    except BadTuning as error:
        return f"the tuning does not fit the rest: {error}"
    read = partial(_read, training, points, chosen, tuning)
    return HeldOutPlan(training=training, points=points, indices=chosen, runs=runs, read=read)


def split(task: Task, seed: int) -> Ints | str:
    """The indices of a fifth of the samples, ascending, of each class its share; or why it cannot be had.

    The samples stand by class, in random order within, and every fifth is taken: each class gives its fifth to within
    one sample. A class of one sample keeps it.
    """
    n = task.samples
    if n < LEAST:
        return f"a fifth of {n} samples is too few to hold out; {LEAST} or more are needed"
    rng = stream(seed, "held-out")
    counts = dict(zip(*np.unique(task.labels, return_counts=True), strict=True))
    shuffled = rng.permutation(n)
    by_class = shuffled[np.argsort(task.labels[shuffled], kind="stable")]
    several = by_class[[counts[label] > 1 for label in task.labels[by_class]]]
    chosen = np.sort(several[int(rng.integers(SHARE)) :: SHARE])
    return (
        chosen if len(chosen) > 1 else f"nearly every class has a single sample, which cannot be held out; {n} samples"
    )


def part(task: Task, indices: Ints) -> Task:
    """Some samples of a task, with all of its classes."""
    return Task(task.features[indices], task.labels[indices], name=task.name, class_count=task.classes)


def _read(training: Task, points: Task, indices: Ints, tuning: HeadTuning, fits: Fits) -> HeldOut:
    retrained, once = fits
    (fit,) = retrained or once
    last, reasons = fit.last, {}
    with one_thread(), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        most = flips.most_moved(training, last, points.features)
        counts, found = None, None
        if reason := why_no_certificate(fit, tuning):
            reasons["certified"] = reason
        else:
            radii = np.sort(last.certificates * (1 + 1e-9))
            counts = len(radii) - np.searchsorted(radii, most, side="left")
        if not retrained:
            reasons["measured"] = "only one run was made; with --exact every replica is retrained"
        elif fit.failed:
            reasons["measured"] = "a replica diverged or left the floats"
        else:
            found = flips.flipped(last, points.features).sum(axis=0)
        return HeldOut(training=training, points=points, indices=indices, fit=fit,
                       accuracy=measure.accuracy(last.weights, points), most_moved=most, may_flip=counts, flips=found,
                       reasons=reasons)  # fmt: skip
