"""More samples for a network: does the instability fall?"""

from collections.abc import Iterator, Sequence

from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.networks import GD, drawn, members_of, outcomes, pretrained
from verify.networks import job_of

SAMPLES = (16, 32, 64)


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """The samples of a smaller n are among those of a larger one; the control draws n = 32 anew."""
    whole = [drawn(index, seed, n=SAMPLES[-1]) for index in indices]
    arms = []
    for index, largest, before in zip(indices, whole, pretrained(whole, seed), strict=True):
        members = members_of(index, seed, starts=1, left_out=SAMPLES[0] - 1)
        for k, n in enumerate(SAMPLES):
            for sham in (False, True):
                task = drawn(index, seed, n=SAMPLES[1], draw=k + 1) if sham else drawn(index, seed, n=n)
                job = job_of(task, encoder=before.encoder, tuning=GD, members=members)
                arms.append((Cell(largest.name, "", f"n = {n}", n, sham), task, job))
    yield from outcomes(arms)


EXPERIMENT = Experiment(
    id="network-size", about="instability of fine-tuned networks at n = 16, 32, 64", tasks=100, quick=12, block=6,
    measure=measure,
)  # fmt: skip
