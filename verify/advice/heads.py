"""More heads: their mean forgets its start like 1/√H. That is about starts; for a missing sample it does nothing."""

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from synth.task import Task
from theory.bound import power
from verify.advice.lever import Change, Lever, Plan, cannot, judged, told
from verify.held_out import HeldOut
from verify.probe import Probe
from verify.rerun import Fits, Runs
from verify.solvers.tune import Job
from verify.statistics import variance_interval

NAME, TIMES, GROUPS = "heads", 5, 8  # five times as many heads, eight times over
WHAT = "spread of the head over starts"


def plan(probe: Probe, training: Task | None = None, seconds: float = np.inf) -> Plan | Lever:
    """One run of 8·5H heads from independent starts: their means in groups of H and of 5H."""
    h, tuning = probe.tuning.heads, probe.tuning
    tried = f"{TIMES * h} heads in place of {h}, from independent starts"
    if tuning.init_scale == 0:
        return cannot(
            NAME, tried, "every head starts from zero, so that all would be one head: nothing to average over"
        )
    if probe.fit.solver == "log-time":
        return cannot(NAME, tried, "the log-time solver tunes one head")
    jobs = (Job(task=probe.task, tuning=replace(tuning, heads=GROUPS * TIMES * h), seed=probe.seed),)
    runs = Runs(once=jobs)
    eta, total = probe.fit.step_size, probe.fit.smoothness + 2 * tuning.l2
    theory: tuple[Change, ...] = ()
    if tuning.loss != "exponential" and eta * total <= 2:
        before = (
            power(abs(1 - eta * tuning.l2), tuning.steps) * tuning.init_scale * np.sqrt(probe.constants.parameters / h)
        )
        theory = (Change(what=WHAT, kind="theory", before=before, after=before / np.sqrt(TIMES), by="multi-head"),)
    return Plan(
        name=NAME, tried=tried, theory=theory, runs=runs, read=partial(_read, probe, tried, theory, runs.seconds)
    )


def deviation(heads: NDArray[np.float64], together: int) -> float:
    """√(E‖w̄ − E w̄‖²) of the means of so many heads, from heads (m, k, d) of independent starts."""
    means = heads.reshape(-1, together, *heads.shape[1:]).mean(axis=1)
    return float(np.sqrt(variance_interval(means).value))


def _read(
    probe: Probe, tried: str, theory: tuple[Change, ...], seconds: float, fits: Fits, held: HeldOut | None
) -> Lever:
    (fit,) = fits[1]
    if fit.failed:
        return cannot(NAME, tried, "a head diverged or left the floats")
    h = probe.tuning.heads
    found = (Change(what=WHAT, kind="measured", before=deviation(fit.heads, h), after=deviation(fit.heads, TIMES * h)),)
    verdict = judged(found[0])
    conclusion = f"{told(found[0], verdict)}. It averages over starts, and does nothing for a missing sample."
    return Lever(name=NAME, tried=tried, theory=theory, found=found, verdict=verdict, conclusion=conclusion,
                 seconds=seconds)  # fmt: skip
