"""Fewer steps: the certificates of λ = 0 only grow with t, and an earlier look of the same run is there already."""

from dataclasses import replace
from functools import partial

import numpy as np

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
from verify.held_out import HeldOut
from verify.probe import Probe
from verify.rerun import Fits, Runs
from verify.tuning import in_short

NAME = "fewer steps"


def plan(probe: Probe, training: Task | None = None, seconds: float = np.inf) -> Plan | Lever:
    """Nothing to run: the snapshot half way."""
    if len(probe.fit.snapshots) < 2:
        return cannot(NAME, "stopping earlier", f"{in_short(probe.tuning.steps)} steps have no half")
    early = probe.fit.snapshots[0].step
    tried = f"{in_short(early)} steps in place of {in_short(probe.tuning.steps)}"
    theory = predictions(probe.constants, early)
    return Plan(name=NAME, tried=tried, theory=theory, runs=Runs(), read=partial(_read, probe, tried, theory))


def predictions(c: Constants, early: int) -> tuple[Change, ...]:
    """The mean bound of gradient descent at both times, the largest gradient L as in the whole run."""
    wanted = "convex-gd" if c.l2 == 0 else "strongly-convex-gd"
    bound = next(b for b in BUILT_IN if (b.id, b.quantity) == (wanted, "parameter.mean"))
    if c.gradient_bound is None or not all(a.holds(c) for a in bound.assumptions):
        return ()
    before, after = (float(bound.value(replace(c, steps=t))) for t in (c.steps, early))  # type: ignore[arg-type]
    if not np.isfinite(before):
        return ()
    return (Change(what=OF_THE_HEAD["parameter"], kind="theory", before=before, after=after, by=bound.id),)


def _read(probe: Probe, tried: str, theory: tuple[Change, ...], fits: Fits, held: HeldOut | None) -> Lever:
    first, last = probe.fit.snapshots[0], probe.fit.last
    found = changes(movement(probe.job, probe.fit), movement(probe.job, probe.fit, 0))
    if not found:
        return cannot(NAME, tried, NOTHING)
    accuracies = [measure.accuracy(s.weights, probe.task) for s in (last, first)]
    prices = [Change(what="training accuracy", kind="price", before=accuracies[0], after=accuracies[1])]
    if held is not None and len(held.fit.snapshots) > 1:
        after = measure.accuracy(held.fit.snapshots[0].weights, held.points)
        prices.insert(0, Change(what="held-out accuracy", kind="price", before=held.accuracy, after=after))
    prices.append(Change(what="norm of the head", kind="price", before=last.weight_norm, after=first.weight_norm))
    verdict, where = judged(found[0]), prices[0].what.removesuffix(" accuracy")
    accuracy = accuracy_told(prices[0].before, prices[0].after, where)
    conclusion = f"{told(found[0], verdict)}; {accuracy}.{besides(found, prices[-1])}"
    return Lever(name=NAME, tried=tried, theory=theory, found=found, prices=tuple(prices), verdict=verdict,
                 conclusion=conclusion)  # fmt: skip
