"""The way to the maximum margin: 1/ln t or ln ln t/ln t, and how long a start is remembered."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import NamedTuple

import numpy as np

from synth.designs import LogGrid
from synth.generate import generate
from synth.seeds import stream
from synth.task import Task, from_arrays
from verify.claims.design import SHAM, spec_of
from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.heads import Floats, deviation
from verify.margins import margins_of
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning, steps_at

LOG_STEPS = (200.0, 450.0, 1000.0)  # ln t
LOOKS = tuple(steps_at(s) for s in LOG_STEPS)
TUNING = HeadTuning(steps=LOOKS[-1], solver="log-time")
DEGENERATE = 5  # one task in so many has a sample on the margin that no machine needs
SEEDS, SPREAD = 10, 3.0
SPANS, FREE = "support spans", "support does not span"


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """`margin-direction` from a zero start, and `seed`, its deviation over random starts, at three times.

    Where the support vectors span the features nothing of a start is left at the first look but rounding, and none is told.
    """
    arms, jobs = [], []
    for index in indices:
        itself = _drawn(index, seed, 0)
        for arm in range(-1, len(LOG_STEPS)):  # the task itself, then one drawn anew for every look of the control
            drawn = itself if arm < 0 else _like(itself, index, seed, arm)
            task = drawn.task
            tuning = replace(TUNING, init_scale=SPREAD / (task.radius * np.sqrt(task.dimension)))
            arms.append((arm, drawn))
            jobs.append(Job(task=task, tuning=TUNING, snapshots=LOOKS[:-1]))
            first = int(stream(seed, "claims-rate", index, "starts", arm + 1).integers(1 << 40))
            jobs += [Job(task=task, tuning=tuning, seed=first + r, snapshots=LOOKS[:-1]) for r in range(SEEDS)]
    fits = iter(tune(jobs, replicas=False, threads=1))
    for arm, drawn in arms:
        zero, starts = next(fits), [next(fits) for _ in range(SEEDS)]
        lost = zero.failed or any(fit.failed for fit in starts)
        for k, log_steps in enumerate(LOG_STEPS):
            if arm not in (-1, k):
                continue
            look = 0 if arm >= 0 else k
            heads = np.stack([fit.snapshots[look].weights.ravel() for fit in (zero, *starts)])
            heads /= np.linalg.norm(heads, axis=1, keepdims=True)
            cell = Cell(drawn.name, drawn.regime, f"ln t = {log_steps:g}", log_steps, arm >= 0)
            yield Row(*cell, "margin-direction", 1, np.nan if lost else float(np.linalg.norm(heads[0] - drawn.machine)))
            if drawn.regime != SPANS:
                yield Row(*cell, "seed", SEEDS, np.nan if lost else deviation(heads[1:]))


class _Drawn(NamedTuple):
    """A task, named by its number, with the direction of its machine."""

    name: str
    regime: str
    task: Task
    machine: Floats


def _like(itself: _Drawn, index: int, seed: int, arm: int) -> _Drawn:
    """The first further draw of a task, of those that belong to one arm of the control, that is of its regime."""
    others = (_drawn(index, seed, draw) for draw in count(arm + 1, len(LOG_STEPS)))
    return next(other for other in others if other.regime == itself.regime)


def _drawn(index: int, seed: int, draw: int) -> _Drawn:
    """Draw 0 is the task itself, others are for the control. Its support vectors may leave a head room to remember its start."""
    number, odd = index + SHAM * draw, index % DEGENERATE == 0
    spec = spec_of("rate", index, samples=LogGrid((8, 12, 16, 24)), dimensions=LogGrid((4, 8)))
    task = _degenerate(number, seed) if odd else generate(replace(spec, index=number), seed)
    margins = margins_of(task, left_out=False)
    if odd:
        return _Drawn(f"{index:04d}-degenerate", "degenerate", task, margins.direction)
    spans = np.linalg.matrix_rank(task.signed[list(margins.whole.support)]) == task.dimension
    return _Drawn(spec.name, SPANS if spans else FREE, task, margins.direction)


def _degenerate(number: int, seed: int) -> Task:
    """z_1 = e_1 alone is the machine; z_2 lies on its margin too, with no dual weight; four more lie beyond."""
    rng = stream(seed, "claims-rate", number, "degenerate")
    z = rng.standard_normal((6, 3))
    z[:, 0] = (1, 1, *rng.uniform(1.5, 3, 4))
    z[0, 1:] = 0
    z[1, 1:] = (rng.uniform(0.4, 3), 0)
    labels = np.array([1, -1, 1, -1, 1, -1])
    return from_arrays(labels[:, None] * z, labels)


EXPERIMENT = Experiment(
    id="rate", about="distance to the maximum-margin direction at t = e^200, e^450, e^1000", tasks=300, quick=10,
    block=10, measure=measure,
)  # fmt: skip
