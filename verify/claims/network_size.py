"""More samples for a network: does the instability fall?"""

from collections.abc import Iterator, Sequence

from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.networks import GD, drawn, measured, members_of, pretrained
from verify.networks import job_of
from verify.solvers.network_tuning import tune_networks

SAMPLES = (16, 32, 64)


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """The samples of a smaller n are among those of a larger one; the control draws n = 32 anew."""
    whole = [drawn(index, seed, n=SAMPLES[-1]) for index in indices]
    arms = []
    for index, before in zip(indices, pretrained(whole, seed), strict=True):
        for k, n in enumerate(SAMPLES):
            for sham in (False, True):
                task = drawn(index, seed, n=SAMPLES[1], draw=k + 1) if sham else drawn(index, seed, n=n)
                members = members_of(index, seed, starts=1, left_out=SAMPLES[0] - 1, again=0)
                job = job_of(task, encoder=before.encoder, tuning=GD, members=members)
                arms.append((Cell(whole[indices.index(index)].name, "", f"n = {n}", n, sham), task, job))
    for (cell, task, _), fit in zip(arms, tune_networks([job for *_, job in arms], threads=1), strict=True):
        yield from measured(cell, task, fit)


EXPERIMENT = Experiment(
    id="network-size", about="instability of fine-tuned networks at n = 16, 32, 64", tasks=100, quick=12, block=6,
    measure=measure,
)  # fmt: skip
