r"""A larger margin, as features that separate the classes better would have: every sample is moved along u_S.

Two classes    z_i + γu, u the maximum-margin direction: min_i⟨u, z_i + γu⟩ = 2γ, and any other unit v reaches at most
               min_i⟨v, z_i⟩ + γ⟨v,u⟩ ≤ 2γ. The margin doubles exactly.
K classes      a sample of class y moves by the least δ_y with ⟨U_y − U_k, δ_y⟩ = γ for every other k, U the rows of u: the
               margin is 2γ at least, and is solved anew. There is no such δ_y where the U_y − U_k are linearly dependent.
"""

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from synth.task import Task
from theory.bound import Constants
from theory.interval import Interval
from verify import measure
from verify.advice.lever import (
    NOT_RUN,
    NOTHING,
    OF_THE_HEAD,
    Change,
    Lever,
    Plan,
    accuracy_told,
    cannot,
    changes,
    judged,
    movement,
    told,
)
from verify.certified import mean
from verify.held_out import HeldOut
from verify.margins import Margins, margins_of
from verify.probe import Probe
from verify.rerun import Fits, Runs
from verify.solvers.threads import one_thread
from verify.solvers.tune import Job

Floats = NDArray[np.float64]

NAME, TRIED = (
    "larger margin",
    "every class moved along the maximum-margin direction: margin 2γ (of three classes and more: at least)",
)
A_PRIORI = ("separable-zero-start", "separable-mean")  # those whose only fact of the data is the margin


def plan(probe: Probe, training: Task | None = None, seconds: float = np.inf) -> Plan | Lever:
    """The moved samples, with their certified margins, if `seconds` pay for these."""
    whole = probe.margins.whole
    if not whole.separable:
        reason = "no direction separates the samples" if whole.separable is False else "rounding hides if they separate"
        return cannot(NAME, TRIED, f"no margin to enlarge: {reason}")
    if (price := 2 * machine_seconds(probe.task)) > seconds:
        return Lever(name=NAME, tried=TRIED, verdict="not run", conclusion=NOT_RUN.format(price), seconds=price)
    with one_thread():
        moved = wider(probe.task, probe.margins)
        if moved is None:
            return cannot(
                NAME, TRIED, "the rows of the maximum-margin direction are dependent: no shift serves all classes"
            )
        margins = margins_of(moved, left_out=False)
    jobs = (Job(task=moved, tuning=probe.tuning, seed=probe.seed),)
    runs = Runs(retrained=jobs, beside=price) if probe.exact else Runs(once=jobs, beside=price)
    theory = predictions(probe.constants, margins)
    read = partial(_read, probe, jobs[0], margins, theory, runs.seconds)
    return Plan(name=NAME, tried=TRIED, theory=theory, runs=runs, read=read)


def machine_seconds(task: Task) -> float:
    """A rough price of one maximum-margin machine: as many passes over its rows as it may have support vectors."""
    k = task.classes - 1
    rows, size = task.samples * k, min(task.dimension, task.samples) * (1 if k == 1 else task.classes)
    return 6e-10 * rows * size * min(rows, size)


def wider(task: Task, margins: Margins) -> Task | None:
    """The task with its margin doubled (K classes: at least); None where no shift of whole classes does it."""
    gamma, u = margins.whole.low, margins.direction
    if task.classes == 2:
        return replace(task, features=task.features + gamma * task.labels[:, None] * u, name="moved", planted={})
    rows = u.reshape(task.classes, -1)
    shifts = np.zeros_like(rows)
    for y in range(task.classes):
        apart = np.delete(rows[y] - rows, y, axis=0)
        shifts[y] = np.linalg.lstsq(apart, np.full(len(apart), gamma))[0]
        if not np.allclose(apart @ shifts[y], gamma, rtol=1e-6, atol=0):
            return None
    return replace(task, features=task.features + shifts[task.labels], name="moved", planted={})


def predictions(c: Constants, margins: Margins) -> tuple[Change, ...]:
    """The tightest a-priori bound on the mean turn, at the margins as they are and as they become."""
    now = mean(c, "direction", A_PRIORI)
    if now is None:
        return ()
    whole, angular = (
        Interval(value=(m.low + m.high) / 2, low=m.low, high=m.high) for m in (margins.whole, margins.angular)
    )
    then = mean(replace(c, margin=whole, angular_margin=angular), "direction", {now.bound})
    if then is None:
        return ()
    before, after = float(now.value), float(then.value)
    return (Change(what=OF_THE_HEAD["direction"], kind="theory", before=before, after=after, by=now.bound),)


def _read(
    probe: Probe,
    job: Job,
    margins: Margins,
    theory: tuple[Change, ...],
    seconds: float,
    fits: Fits,
    held: HeldOut | None,
) -> Lever:
    retrained, once = fits
    (fit,) = retrained or once
    found = changes(movement(probe.job, probe.fit), movement(job, fit))
    if not found:
        return cannot(NAME, TRIED, NOTHING)
    before, after = (measure.accuracy(f.last.weights, j.task) for f, j in ((probe.fit, probe.job), (fit, job)))
    prices = (
        Change(what="margin γ", kind="price", before=probe.margins.whole.low, after=margins.whole.low),
        Change(what="training accuracy", kind="price", before=before, after=after),
    )
    verdict = judged(found[0])
    conclusion = f"{told(found[0], verdict)}; {accuracy_told(before, after, 'training')}. It takes features that separate better."
    return Lever(name=NAME, tried=TRIED, theory=theory, found=found, prices=prices, verdict=verdict,
                 conclusion=conclusion, seconds=seconds)  # fmt: skip
