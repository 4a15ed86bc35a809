"""Smaller features under a fixed step: the Lipschitz constant shrinks with the radius, and does the instability?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from synth.generate import generate
from synth.task import Task
from verify.claims.design import drawn_again, spec_of
from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.heads import common_step, instabilities
from verify.solvers.tune import Job
from verify.tuning import HeadTuning

SCALES = (0.25, 0.5, 1.0)  # of all features; the step is the automatic one at scale 1
REGIMES = {"10 steps": 10, "3,000 steps": 3000}


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """Every scale after few steps, while margins are small, and after many."""
    yield from instabilities(arm for index in indices for arm in _arms(index, seed))


def _arms(index: int, seed: int) -> Iterator[tuple[Cell, Job]]:
    spec = spec_of("scale", index)
    whole = generate(spec, seed)
    again = [generate(drawn_again(spec, k), seed) for k in range(len(SCALES))]
    eta = common_step(whole)
    for regime, steps in REGIMES.items():
        tuning = HeadTuning(steps=steps, step_size=eta)
        for k, scale in enumerate(SCALES):
            cell = Cell(spec.name, regime, f"radius {scale}", scale)
            yield cell, Job(task=_scaled(whole, scale), tuning=tuning)
            yield cell._replace(sham=True), Job(task=_scaled(again[k], SCALES[1]), tuning=tuning)


def _scaled(task: Task, scale: float) -> Task:
    return replace(task, features=scale * task.features, planted={})


EXPERIMENT = Experiment(
    id="scale", about="leave-one-out instability of a head, all features times ¼, ½, 1", tasks=300, quick=20, block=10,
    measure=measure,
)  # fmt: skip
