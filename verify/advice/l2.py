"""An l2 term, its λ chosen from the bound: where the bound on the mean movement is half of what is certified now."""

from dataclasses import replace
from functools import partial

import numpy as np
from scipy.optimize import brentq

from synth.task import Task
from theory.bound import Constants
from theory.catalogue import BUILT_IN
from verify import measure
from verify.advice.lever import (
    NOTHING,
    OF_THE_HEAD,
    Change,
    Lever,
    Plan,
    accuracy_told,
    besides,
    cannot,
    changes,
    judged,
    movement,
    told,
)
from verify.certified import why_no_certificate
from verify.held_out import HeldOut
from verify.probe import Probe
from verify.rerun import Fits, Runs
from verify.solvers.tune import Job
from verify.tuning import HeadTuning

NAME, TRIED = "l2", "an l2 term whose bound is half of what is certified now"
MOST, LEAST = 1e9, 1e-12  # of λ, in units of the smoothness
BOUND = next(b for b in BUILT_IN if (b.id, b.quantity) == ("strongly-convex-gd", "parameter.mean"))


def plan(probe: Probe, training: Task | None = None, seconds: float = np.inf) -> Plan | Lever:
    """The task with that λ, and so the samples that are not held out."""
    if reason := why_no_certificate(probe.fit, probe.tuning):
        return cannot(NAME, TRIED, f"no bound to choose λ from: {reason}")
    now = float(probe.fit.last.certificates.mean())
    l2 = chosen(probe.constants, probe.tuning, now / 2) if now > 0 else None
    if l2 is None:
        return cannot(NAME, TRIED, "nothing moves" if now == 0 else "no λ brings the bound so far down")
    tuning = replace(probe.tuning, l2=l2)
    if tuning.step_size != "auto" and float(tuning.step_size) * (probe.fit.smoothness + 2 * l2) > 2:
        return cannot(
            NAME, TRIED, f"at λ = {l2:.3g} the step {tuning.step_size} is above 2/(β+2λ); auto keeps below it"
        )
    tried = f"λ = {l2:.3g}, at which the bound on the mean movement is half of what is certified now"
    jobs = (Job(task=probe.task, tuning=tuning, seed=probe.seed),)
    others = () if training is None else (Job(task=training, tuning=tuning, seed=probe.seed),)
    runs = Runs(retrained=jobs, once=others) if probe.exact else Runs(once=jobs + others)
    theory = (
        Change(what=OF_THE_HEAD["parameter"], kind="theory", before=now, after=now / 2, by=f"one-run, then {BOUND.id}"),
    )
    read = partial(_read, probe, jobs[0], tried, theory, runs.seconds)
    return Plan(name=NAME, tried=tried, theory=theory, runs=runs, read=read)


def chosen(c: Constants, tuning: HeadTuning, target: float) -> float | None:
    """The λ at which the bound L(1 − (1−ηλ)ᵗ)/(λ(n−1)) is `target`, L as in the run; None where none is."""

    def excess(l2: float) -> float:
        step = c.step_size if tuning.step_size != "auto" else 1 / (c.smoothness + l2)
        return float(BOUND.value(replace(c, l2=l2, step_size=step))) / target - 1  # type: ignore[arg-type]

    low, high = max(c.l2, LEAST * c.smoothness), MOST * c.smoothness
    if not excess(low) > 0 > excess(high):
        return None
    share = brentq(lambda share: excess(low * (high / low) ** share), 0, 1, xtol=1e-12)
    return float(low * (high / low) ** share)


def _read(
    probe: Probe, job: Job, tried: str, theory: tuple[Change, ...], seconds: float, fits: Fits, held: HeldOut | None
) -> Lever:
    retrained, once = fits
    fit, *other = [*retrained, *once]
    found = changes(movement(probe.job, probe.fit), movement(job, fit))
    if not found:
        return cannot(NAME, tried, NOTHING)
    prices = [
        Change(what="training accuracy", kind="price",
               before=measure.accuracy(probe.fit.last.weights, probe.task), after=measure.accuracy(fit.last.weights, probe.task)),
        Change(what="norm of the head", kind="price", before=probe.fit.last.weight_norm, after=fit.last.weight_norm),
    ]  # fmt: skip
    where = "training"
    if held is not None and other:
        where, after = "held-out", measure.accuracy(other[0].last.weights, held.points)
        prices.insert(0, Change(what="held-out accuracy", kind="price", before=held.accuracy, after=after))
    verdict = judged(found[0])
    accuracy = accuracy_told(prices[0].before, prices[0].after, where)
    conclusion = f"{told(found[0], verdict)}; {accuracy}.{besides(found, prices[-1])}"
    return Lever(name=NAME, tried=tried, theory=theory, found=found, prices=tuple(prices), verdict=verdict,
                 conclusion=conclusion, seconds=seconds)  # fmt: skip
