"""Separable tasks followed to t = e^1000: how far the head is from its limit and from its replicas, and what bounds say.

At each of LOG_STEPS every bound is judged as if the run had ended there; those that look at the run before its end see it
half way in ln t.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from synth.families import family
from synth.generate import generate
from synth.spec import TaskSpec
from synth.task import Task
from theory.catalogue import catalogue
from verify.constants import constants_of
from verify.evidence import Evidence, twin_job
from verify.margins import Margins, margins_of
from verify.replica_fit import ReplicaFit, Snapshot
from verify.solvers.tune import Job, tune
from verify.trial import trial
from verify.tuning import HeadTuning, steps_at
from verify.verdict import Comparison, Measurement

LOG_STEPS = tuple(float(s) for s in np.geomspace(np.log(100), 1000, 41))
FAMILIES = ("planted-sphere", "planted-gaussian", "cap")
SAMPLES, DIMENSIONS = (16, 24, 32, 48, 64), (4, 8, 16, 32)
MARGINS = (0.02, 0.4)  # γ/B, least and largest
# data with a sample on the margin that the maximum-margin head does not need; the last column is copied or not
DEGENERATE = (((1.0, 0.0), (1.0, 1.0)), ((1.0, 0.0), (1.0, 3.0)), ((1.0, 0.0), (1.0, 0.4), (1.0, 0.4)))
MEASURED, LIMIT = "measured", "maximum-margin limit"
QUANTITIES = ("margin-direction", "direction.mean")
# a bound on each sample's quantity bounds their mean; what the maximum-margin machines do is the limit of the heads
DRAWN_AS = {"direction.each": "direction.mean", "svm-direction.mean": "direction.mean"}
BOUNDS = ("gd-residual", "gd-margin-rate", "gd-margin-observed", "margin-certificate", "one-run", "two-runs",
          "separable-direction", "separable-zero-start", "separable-mean", "svm-leave-one-out")  # fmt: skip


def long_run(tasks: int = 40, seed: int = 0) -> tuple[pd.DataFrame, int]:
    """One row a (task, time, name), and how many verdicts were VIOLATED.

    Columns: task, kind (typical or degenerate), n, d, margin (γ/B), log_steps (ln t), quantity, name (`measured`, the
    limit, or a bound's id), value. A bound that does not apply has no row.
    """
    bounds = [b for b in catalogue() if b.id in BOUNDS and b.quantity in (*QUANTITIES, *DRAWN_AS)]
    drawn = [*_typical(tasks, seed), *_degenerate()]
    rows: list[dict[str, object]] = []
    violated = 0
    for kind, margins, looks in _followed(drawn):
        for log_steps, evidence in zip(LOG_STEPS, looks, strict=True):
            comparisons, measurement = trial(evidence, bounds if kind == "typical" else [])
            violated += sum(c.verdict.name == "VIOLATED" for c in comparisons)
            about = {
                "task": evidence.task.name,
                "kind": kind,
                "n": evidence.task.samples,
                "d": evidence.task.dimension,
                "margin": margins.whole.low / evidence.task.radius,
                "log_steps": log_steps,
            }
            rows += [about | told for told in _told(evidence, comparisons, measurement)]
    return pd.DataFrame(rows), violated


def _typical(tasks: int, seed: int) -> Iterator[tuple[str, Task]]:
    """Margins from the least to the largest, sizes and families in turn."""
    for index, ratio in enumerate(np.geomspace(*MARGINS, tasks)):
        name, n, d = FAMILIES[index % 3], SAMPLES[index % 5], DIMENSIONS[index % 4]
        spec = TaskSpec(name=f"{index:04d}-{name}-n{n}-d{d}", suite="long-run", index=index, family=name, n=n, d=d,
                        params={"margin_ratio": float(ratio)})  # fmt: skip
        yield "typical", generate(family(name).complete(spec), seed)


def _degenerate() -> Iterator[tuple[str, Task]]:
    for index, rows in enumerate(DEGENERATE):
        features = np.array(rows)
        task = Task(features, np.ones(len(features), np.int64), name=f"degenerate-{index}")
        yield "degenerate", task


def _followed(drawn: list[tuple[str, Task]]) -> Iterator[tuple[str, Margins, list[Evidence]]]:
    """Every task with the evidence at each look, all runs side by side."""
    looks = {s: (steps_at(s / 2), steps_at(s)) for s in LOG_STEPS}
    tuning = HeadTuning(steps=looks[LOG_STEPS[-1]][1], solver="log-time")
    snapshots = tuple(step for pair in looks.values() for step in pair)
    jobs = [Job(task=task, tuning=tuning, snapshots=snapshots) for _, task in drawn]
    fits = tune(jobs)
    twins = [twin_job(job, fit.step_size) for job, fit in zip(jobs, fits, strict=True)]
    found = iter(tune([replace(twin, snapshots=snapshots) for twin in twins if twin is not None], replicas=False))
    for (kind, task), fit, twin_of in zip(drawn, fits, twins, strict=True):
        twin = None if twin_of is None else next(found)
        margins = margins_of(task, left_out=True)
        yield kind, margins, [
            Evidence(task=task, tuning=replace(tuning, steps=end), fit=_until(fit, early, end),
                     twin=None if twin is None else _until(twin, end), margins=margins)
            for early, end in looks.values()
        ]  # fmt: skip


def _until(fit: ReplicaFit, *steps: int) -> ReplicaFit:
    """As if the run had ended at the last of these steps and been looked at at the others."""
    found: dict[int, Snapshot] = {snapshot.step: snapshot for snapshot in fit.snapshots}
    return replace(fit, snapshots=tuple(found[step] for step in steps))


def _told(evidence: Evidence, comparisons: list[Comparison], measurement: Measurement) -> Iterator[dict[str, object]]:
    """What was measured, and what each bound that applies says; nothing but the direction of a degenerate task."""
    quantities, constants = measurement.quantities, constants_of(evidence)
    for quantity in QUANTITIES if comparisons else QUANTITIES[:1]:
        if quantity in quantities:
            yield {"quantity": quantity, "name": MEASURED, "value": float(quantities[quantity].value)}
    if comparisons and "svm-direction.mean" in quantities:
        limit = float(quantities["svm-direction.mean"].value)
        yield {"quantity": "direction.mean", "name": LIMIT, "value": limit}
    for c in comparisons:
        if c.value is not None:
            value = np.asarray(c.bound.value(constants))
            quantity = DRAWN_AS.get(c.bound.quantity, c.bound.quantity)
            yield {"quantity": quantity, "name": c.bound.id, "value": float(np.minimum(value, 2.0).mean())}
