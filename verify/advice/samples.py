"""More samples: the bounds at 2n, and the step from n/2 to n, since no more data can be drawn."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from synth.seeds import stream
from synth.task import Task
from theory.bound import Constants
from verify.advice.lever import (
    NOTHING,
    NOTICEABLE,
    OF_THE_HEAD,
    Change,
    Kind,
    Lever,
    Plan,
    cannot,
    changes,
    judged,
    movement,
    told,
)
from verify.certified import mean
from verify.held_out import HeldOut, part
from verify.probe import Probe
from verify.rerun import Fits, Runs
from verify.solvers.tune import Job

NAME, TRIED = "more samples", "twice as many samples, as seen from random halves: n/2 → n"
VACUOUS = 2.0  # the largest turn that there is
SPLITS = 2  # each of two halves; one where a run is all there is


def plan(probe: Probe, training: Task | None = None, seconds: float = np.inf) -> Plan | Lever:
    """Random splits into halves, each tuned as the whole is."""
    task = probe.task
    if np.unique(task.labels, return_counts=True)[1].min() < 2 or task.samples < 4:
        return cannot(
            NAME, TRIED, f"no halves: each needs a sample of every class, and two at least; n = {task.samples}"
        )
    jobs = tuple(
        Job(task=half, tuning=probe.tuning, seed=probe.seed)
        for half in halves(task, probe.seed, SPLITS if probe.exact else 1)
    )
    runs = Runs(retrained=jobs) if probe.exact else Runs(once=jobs)
    theory = predictions(probe.constants)
    return Plan(
        name=NAME, tried=TRIED, theory=theory, runs=runs, read=partial(_read, probe, jobs, theory, runs.seconds)
    )


def halves(task: Task, seed: int, splits: int) -> list[Task]:
    """Random halves, two by two, each with its half of every class to within one sample."""
    found = []
    for k in range(splits):
        shuffled = stream(seed, "halves", k).permutation(task.samples)
        by_class = shuffled[np.argsort(task.labels[shuffled], kind="stable")]
        found += [part(task, np.sort(by_class[first::2])) for first in (0, 1)]
    return found


def predictions(c: Constants) -> tuple[Change, ...]:
    """The tightest bound on the mean turn at n and at 2n: as if every sample came twice.

    Then risk, run, gradients and margins are what they are, and only what a sample weighs becomes less.
    """
    now = mean(alone(c), "direction")
    then = None if now is None or now.value >= VACUOUS else mean(doubled(c), "direction", {now.bound})
    if now is None or then is None:
        return ()
    return (
        Change(what=OF_THE_HEAD["direction"], kind="theory", before=float(now.value), after=float(then.value), by=now.bound),
    )  # fmt: skip


def alone(c: Constants) -> Constants:
    """The constants of one run: without its twin, the machines without one sample, and the minimisers."""
    lost: dict[str, Any] = dict.fromkeys(
        ("twin_distance", "twin_turn", "twin_norm", "twin_travel", "twin_certificates", "twin_losses", "twin_loss_changes",
         "machine_sines", "left_out_margins", "rows", "row_sample", "dual", "minimiser_pulls")
    )  # fmt: skip
    return replace(c, **lost)


def doubled(c: Constants) -> Constants:
    """The constants of the same run on every sample twice."""
    more = replace(alone(c), samples=2 * c.samples, sample_norms=np.tile(c.sample_norms, 2))
    lighter = None if c.certificates is None else np.tile(c.certificates, 2) * c.replica_weight / more.replica_weight
    return replace(more, certificates=lighter, losses=None if c.losses is None else np.tile(c.losses, 2))


def _read(
    probe: Probe, jobs: tuple[Job, ...], theory: tuple[Change, ...], seconds: float, fits: Fits, held: HeldOut | None
) -> Lever:
    retrained, once = fits
    small = [movement(job, fit) for job, fit in zip(jobs, retrained or once, strict=True)]
    common = [key for key in small[0] if all(key in other for other in small)]
    means: dict[tuple[str, Kind], float] = {key: float(np.mean([s[key] for s in small])) for key in common}
    found = changes(means, movement(probe.job, probe.fit))
    if not found:
        return cannot(NAME, TRIED, NOTHING)
    kinds = {title: what for what, title in OF_THE_HEAD.items()}
    found = tuple(
        replace(c, spread=(min(s[kinds[c.what], c.kind] for s in small), max(s[kinds[c.what], c.kind] for s in small)))
        for c in found
    )
    verdict = judged(found[0])
    more = ""
    if theory and theory[0].factor <= 1 - NOTICEABLE:
        more = f"; at 2n the bound {theory[0].by} would be ×{theory[0].factor:.3g}, if every sample came twice"
    return Lever(name=NAME, tried=TRIED, theory=theory, found=found, verdict=verdict, seconds=seconds,
                 conclusion=f"{told(found[0], verdict)}, from n/2 to n{more if verdict == 'helps' else ''}.")  # fmt: skip
