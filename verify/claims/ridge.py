"""L2 on a head: does a stronger penalty stabilise it?"""

from collections.abc import Iterator, Sequence

from synth.generate import generate
from verify.claims.design import MIXED, REGIMES, drawn_again, spec_of
from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.heads import instabilities
from verify.solvers.tune import Job
from verify.tuning import HeadTuning

STRENGTHS = (1e-3, 1e-2, 1e-1)  # λ in units of the squared radius


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """Every strength on the same draws."""
    yield from instabilities(arm for index in indices for arm in _arms(index, seed))


def _arms(index: int, seed: int) -> Iterator[tuple[Cell, Job]]:
    spec = spec_of("l2", index, MIXED, separation=1.0)
    task = generate(spec, seed)
    for k, strength in enumerate(STRENGTHS):
        cell = Cell(spec.name, REGIMES[spec.family], f"λ = {strength:g} B²", strength)
        yield cell, Job(task=task, tuning=HeadTuning(steps=2000, l2=strength * task.radius**2))
        again = generate(drawn_again(spec, k), seed)
        tuning = HeadTuning(steps=2000, l2=STRENGTHS[1] * again.radius**2)
        yield cell._replace(sham=True), Job(task=again, tuning=tuning)


EXPERIMENT = Experiment(
    id="l2", about="leave-one-out instability of a head with λ = 0.001 … 0.1 B²", tasks=300, quick=30, block=10,
    measure=measure,
)  # fmt: skip
