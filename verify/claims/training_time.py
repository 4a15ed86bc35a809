"""More steps: does the direction settle, and how fast does the head itself move apart?"""

from collections.abc import Iterator, Sequence

from synth.generate import generate
from synth.spec import TaskSpec
from verify.claims.design import MIXED, REGIMES, drawn_again, spec_of
from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.heads import leave_one_out
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning

STEPS = (100, 1000, 10_000)
TUNING = HeadTuning(steps=STEPS[-1])


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """One run a task, looked at three times; the control looks at other draws, each after the same number of steps."""
    looks = [look for index in indices for look in _looks(index)]
    jobs = [Job(task=generate(spec, seed), tuning=TUNING, snapshots=STEPS[:-1]) for _, spec in looks]
    for (cells, _), job, fit in zip(looks, jobs, tune(jobs, threads=1), strict=True):
        for cell, step in cells:
            snapshot = next(s for s in fit.snapshots if s.step == step)
            yield from leave_one_out(cell, job, fit, snapshot)


def _looks(index: int) -> Iterator[tuple[list[tuple[Cell, int]], TaskSpec]]:
    spec = spec_of("steps", index, MIXED, separation=1.0)
    arms = [(Cell(spec.name, REGIMES[spec.family], f"t = {step:,}", step), step) for step in STEPS]
    yield arms, spec
    for k, (cell, _) in enumerate(arms):
        yield [(cell._replace(sham=True), STEPS[1])], drawn_again(spec, k)


EXPERIMENT = Experiment(
    id="steps", about="leave-one-out instability of a head after 100, 1,000 and 10,000 steps", tasks=300, quick=30,
    block=10, measure=measure,
)  # fmt: skip
