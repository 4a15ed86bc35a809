"""A start farther from what fits the samples: does the instability grow with the distance?

Squared loss on more features than samples: w_* interpolates them, and the start is w_* plus the distance times one direction
of their span. Every residual is proportional to the distance, so the predicted slope of 1 is exact. With the logistic loss
w_* is the head after many steps, and nothing is exact.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from synth.designs import LogGrid
from synth.generate import generate
from synth.seeds import stream
from synth.task import Task
from verify.claims.design import drawn_again, spec_of
from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.heads import instabilities
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning

DISTANCES = (0.25, 0.5, 1.0, 2.0, 4.0)  # in units of ‖w_*‖
FAMILIES = ("planted-gaussian", "mixture")
SQUARED = HeadTuning(loss="squared", steps=300)
LOGISTIC = HeadTuning(steps=300)
LONG = HeadTuning(steps=3000)


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """Both losses from the same relative distances."""
    arms: list[tuple[Cell, Job]] = []
    for index in indices:
        spec = spec_of("distance", index, FAMILIES, samples=LogGrid((12, 16, 24)), dimensions=LogGrid((32, 48)))
        task = generate(spec, seed)
        for regime, tuning in (("squared loss", SQUARED), ("logistic loss", LOGISTIC)):
            for k, distance in enumerate(DISTANCES):
                cell = Cell(spec.name, regime, f"distance {distance:g}", distance)
                arms.append((cell, _from(task, tuning, distance, seed)))
                again = generate(drawn_again(spec, k), seed)
                arms.append((cell._replace(sham=True), _from(again, tuning, 1.0, seed)))
    yield from instabilities(arms)


def _from(task: Task, tuning: HeadTuning, distance: float, seed: int) -> Job:
    """Tuned from so far away, in the same direction for every distance."""
    if tuning.loss == "squared":
        fitted = np.linalg.lstsq(task.signed, np.ones(task.samples))[0][None]
    else:
        fitted = tune([Job(task=task, tuning=LONG)], replicas=False, threads=1)[0].last.weights
    way = stream(seed, *task.seed_path, "way").standard_normal(task.samples) @ task.features
    start = fitted + distance * np.linalg.norm(fitted) * way / np.linalg.norm(way)
    return Job(task=task, tuning=tuning, start=start)


EXPERIMENT = Experiment(
    id="distance", about="leave-one-out instability of a head tuned from ¼ to 4 ‖w_*‖ away", tasks=300, quick=30,
    block=10, measure=measure,
)  # fmt: skip
