"""A larger margin with the same radius, sizes and draws: does the instability fall like 1/γ?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from synth.designs import LogGrid
from synth.generate import generate
from synth.spec import TaskSpec
from verify.claims.design import drawn_again, spec_of
from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.heads import leave_one_out
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning, steps_at

MARGINS = (0.03, 0.06, 0.12, 0.24)  # γ/B
SHORT = 1000
LONG = steps_at(100)
FAMILIES = ("planted-sphere", "planted-gaussian")


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """Each run is looked at after 1,000 steps and near its limit, after e^100; the control only after 1,000."""
    arms = [arm for index in indices for arm in _arms(index)]
    jobs = [Job(task=generate(spec, seed), tuning=HeadTuning(steps=SHORT if cell.sham else LONG), snapshots=(SHORT,))
            for cell, spec in arms]  # fmt: skip
    for (cell, _), job, fit in zip(arms, jobs, tune(jobs, threads=1), strict=True):
        for snapshot in fit.snapshots:
            regime = "t = 1,000" if snapshot.step == SHORT else "t = e^100"
            yield from leave_one_out(cell._replace(regime=regime), job, fit, snapshot)


def _arms(index: int) -> Iterator[tuple[Cell, TaskSpec]]:
    for k, ratio in enumerate(MARGINS):
        spec = spec_of("margin", index, FAMILIES, samples=LogGrid((12, 16, 24)), margin_ratio=ratio)
        yield Cell(spec.name, "", f"γ/B = {ratio}", ratio), spec
        middle = replace(spec, params={**spec.params, "margin_ratio": MARGINS[1]})
        yield Cell(spec.name, "", f"γ/B = {ratio}", ratio, sham=True), drawn_again(middle, k)


EXPERIMENT = Experiment(
    id="margin", about="leave-one-out instability of a head at γ/B = 0.03 … 0.24", tasks=300, quick=40, block=10,
    measure=measure,
)  # fmt: skip
