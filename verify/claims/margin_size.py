"""A larger margin with the same radius, sizes and draws: does the instability fall like 1/γ?"""

from collections.abc import Iterator, Sequence

from synth.designs import LogGrid
from synth.generate import generate
from verify.claims.design import drawn_again, spec_of
from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.heads import common_step, leave_one_out
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning, steps_at

MARGINS = (0.03, 0.06, 0.12, 0.24)  # γ/B
SHORT = 1000
LONG = steps_at(100)
FAMILIES = ("planted-sphere", "planted-gaussian")


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """Each run is looked at after 1,000 steps and near its limit, after e^100; the control only after 1,000."""
    arms = [arm for index in indices for arm in _arms(index, seed)]
    for (cell, job), fit in zip(arms, tune([job for _, job in arms], threads=1), strict=True):
        for snapshot in fit.snapshots:
            regime = "t = 1,000" if snapshot.step == SHORT else "t = e^100"
            yield from leave_one_out(cell._replace(regime=regime), job, fit, snapshot)


def _arms(index: int, seed: int) -> Iterator[tuple[Cell, Job]]:
    specs = [spec_of("margin", index, FAMILIES, samples=LogGrid((12, 16, 24)), margin_ratio=ratio) for ratio in MARGINS]
    middle = [drawn_again(specs[1], k) for k in range(len(MARGINS))]
    for sham, own in ((False, specs), (True, middle)):
        tasks = [generate(spec, seed) for spec in own]
        tuning = HeadTuning(steps=SHORT if sham else LONG, step_size=common_step(*tasks))
        for ratio, task in zip(MARGINS, tasks, strict=True):
            yield (
                Cell(specs[0].name, "", f"γ/B = {ratio}", ratio, sham),
                Job(task=task, tuning=tuning, snapshots=(SHORT,)),
            )


EXPERIMENT = Experiment(
    id="margin", about="leave-one-out instability of a head at γ/B = 0.03 … 0.24", tasks=300, quick=20, block=10,
    measure=measure,
)  # fmt: skip
