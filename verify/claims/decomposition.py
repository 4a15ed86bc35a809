"""Why a network moves apart: the gradient that the missing sample injects, and what the map then does to the difference."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.networks import GD, LEFT_OUT, drawn, pretrained, seeds_of
from verify.networks import NetworkTuning, crossed, job_of
from verify.solvers.network_expansion import Expansion, expand

Floats = NDArray[np.float64]

LOOKS = (1, 2, 3, 5, 8, 13, 20, 32, 50, 80, 126, 199)  # steps s
STILL = 1e-9  # of the step: a map that hardly moves neither expands nor contracts


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """Means over the samples left out, at each look; `growth`, the factor of the map a step, geometric mean over all steps."""
    tasks = [drawn(index, seed) for index in indices]
    for index, task, before in zip(indices, tasks, pretrained(tasks, seed), strict=True):
        members = crossed(range(LEFT_OUT), seeds_of(index, seed, 1))

        def of(tuning: NetworkTuning) -> Expansion:
            return expand(job_of(task, encoder=before.encoder, tuning=tuning, members=members))  # noqa: B023

        found = of(GD)
        for s in LOOKS:
            cell = Cell(task.name, "", "network", float(s))
            for name, values in (
                ("instability", found.distances),
                ("injected", found.injected),
                ("expansion", found.expansion),
            ):
                yield Row(*cell, name, 1, float(values[s].mean()))
        cell = Cell(task.name, "", "network", 1.0)
        yield Row(*cell, "growth", 1, _growth(found.expansion))
        yield Row(*cell._replace(arm="non-expansive"), "growth", 1, 1.0)
        still = of(replace(GD, step_size=STILL * GD.step_size))
        yield Row(*cell._replace(arm="non-expansive again"), "growth", 1, _growth(still.expansion))


def _growth(expansion: Floats) -> float:
    """e to the mean of the logarithms, over steps where there was a difference to expand."""
    return float(np.exp(np.nanmean(np.log(expansion[1:]))))


EXPERIMENT = Experiment(
    id="decomposition", about="what a missing sample injects into a network, and how far the map expands it", tasks=100,
    quick=12, block=6, measure=measure,
)  # fmt: skip
