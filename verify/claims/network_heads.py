"""MHLoss on networks: heads on features that they all train."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.networks import GD, drawn, members_of, outcomes, pretrained
from verify.networks import job_of

HEADS = (1, 2, 4, 8, 16)


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """Every H from the same encoder; the control is H = 1 from other seeds each time."""
    tasks = [drawn(index, seed) for index in indices]
    arms = []
    for index, task, before in zip(indices, tasks, pretrained(tasks, seed), strict=True):
        members = members_of(index, seed, left_out=0)
        for k, heads in enumerate(HEADS):
            cell = Cell(task.name, "", f"H = {heads}", heads)
            own = job_of(task, encoder=before.encoder, tuning=replace(GD, heads=heads), members=members)
            others = members_of(index, seed, left_out=0, again=k + 1)
            sham = job_of(task, encoder=before.encoder, tuning=GD, members=others)
            arms += [(cell, task, own), (cell._replace(sham=True), task, sham)]
    yield from outcomes(arms)


EXPERIMENT = Experiment(
    id="network-heads", about="networks with H = 1 … 16 heads on shared features", tasks=100, quick=12, block=6,
    measure=measure,
)  # fmt: skip
