"""More samples of one population: does the instability fall like 1/n?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from synth.designs import LogGrid
from synth.generate import generate
from verify.claims.design import MIXED, REGIMES, drawn_again, spec_of
from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.heads import common_step, instabilities
from verify.solvers.tune import Job
from verify.tuning import HeadTuning

SAMPLES = (16, 32, 64, 128)
STEPS = 1000


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """The same population and the same step at every n."""
    yield from instabilities(arm for index in indices for arm in _arms(index, seed))


def _arms(index: int, seed: int) -> Iterator[tuple[Cell, Job]]:
    spec = spec_of("sample-size", index, MIXED, dimensions=LogGrid((2, 4, 8, 16)), separation=1.0)
    regime = REGIMES[spec.family]
    true = [generate(replace(spec, n=n), seed) for n in SAMPLES]
    sham = [generate(replace(drawn_again(spec, k), n=SAMPLES[1]), seed) for k in range(len(SAMPLES))]
    for control, tasks in ((False, true), (True, sham)):
        tuning = HeadTuning(steps=STEPS, step_size=common_step(*tasks))
        for n, task in zip(SAMPLES, tasks, strict=True):
            yield Cell(spec.name, regime, f"n = {n}", n, control), Job(task=task, tuning=tuning)


EXPERIMENT = Experiment(
    id="sample-size", about="leave-one-out instability of a head at n = 16 … 128", tasks=300, quick=20, block=15,
    measure=measure,
)  # fmt: skip
