"""Why a network moves apart: the gradient that the missing sample injects, and what the map then does to the difference."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.networks import GD, LEFT_OUT, WIDTHS, drawn, pretrained, seeds_of
from verify.networks import NetworkTuning, crossed, job_of
from verify.solvers.network_expansion import Expansion, expand

Floats = NDArray[np.float64]

LOOKS = (1, 2, 3, 5, 8, 13, 20, 32, 50, 80, 126, 199)  # steps s


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """Means over the samples left out at each look, and `growth`: the factor of the map a step, geometric mean over all steps.

    It is measured of the network, of its head on the frozen encoder and, as the control, of that head from another start.
    """
    tasks = [drawn(index, seed) for index in indices]
    for index, task, before in zip(indices, tasks, pretrained(tasks, seed), strict=True):

        def of(tuning: NetworkTuning, again: int) -> Expansion:
            members = crossed(range(LEFT_OUT), seeds_of(index, seed, 1, again))  # noqa: B023
            return expand(job_of(task, encoder=before.encoder, tuning=tuning, members=members))  # noqa: B023

        found = of(GD, 0)
        for s in LOOKS:
            cell = Cell(task.name, "", "network", float(s))
            for name, values in (
                ("instability", found.distances),
                ("injected", found.injected),
                ("expansion", found.expansion),
            ):
                yield Row(*cell, name, 1, float(values[s].mean()))
        cell = Cell(task.name, "", "network", 1.0)
        head = replace(GD, frozen=len(WIDTHS))
        for arm, expansion in (("network", found), ("head", of(head, 0)), ("head again", of(head, 1))):
            yield Row(*cell._replace(arm=arm), "growth", 1, _growth(expansion.expansion))


def _growth(expansion: Floats) -> float:
    """e to the mean of the logarithms, over steps where there was a difference to expand."""
    return float(np.exp(np.nanmean(np.log(expansion[1:]))))


EXPERIMENT = Experiment(
    id="decomposition", about="what a missing sample injects into a network, and how far the map expands it", tasks=100,
    quick=12, block=6, measure=measure,
)  # fmt: skip
