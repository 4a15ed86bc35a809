"""Pre-training on data less and less like the task's: does the encoder travel farther, and is the network less stable?"""

from collections.abc import Iterator, Sequence

from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.networks import GD, SHIFT, drawn, members_of, outcomes, pretrained
from verify.networks import job_of

SHIFTS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of a right angle between the factors of the source and of the task


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """The task stays, its source turns away; the level is 2^shift. The control is one encoder, and the task drawn again."""
    for index in indices:
        tasks = [drawn(index, seed, shift=shift) for shift in SHIFTS]
        again = [drawn(index, seed, shift=SHIFT, draw=k + 1) for k in range(len(SHIFTS))]
        encoders = pretrained(tasks, seed)
        usual = encoders[SHIFTS.index(SHIFT)]
        members = members_of(index, seed, starts=4, left_out=14)
        arms = []
        for sham, own, before in ((False, tasks, encoders), (True, again, [usual] * len(SHIFTS))):
            for shift, task, one in zip(SHIFTS, own, before, strict=True):
                cell = Cell(tasks[0].name, "", f"2^{shift:g}", 2.0**shift, sham)
                arms.append((cell, task, job_of(task, encoder=one.encoder, tuning=GD, members=members)))
        yield from outcomes(arms)


EXPERIMENT = Experiment(
    id="network-distance", about="instability of networks pre-trained on a source that turns away from the task",
    tasks=100, quick=12, block=4, measure=measure,
)  # fmt: skip
