"""A smaller step, as many of them: is the head more stable, or only less trained?"""

from collections.abc import Callable, Iterator, Sequence

from synth.generate import generate
from verify.claims.design import drawn_again, spec_of
from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.heads import common_step, instabilities
from verify.solvers.tune import Job
from verify.tuning import HeadTuning

FACTORS = (0.125, 0.25, 0.5, 1.0)  # of the automatic step
STEPS = 500
# as many steps, or as many as cover the same distance ηt
REGIMES: dict[str, Callable[[float], int]] = {
    "equal steps": lambda factor: STEPS,
    "equal ηt": lambda factor: round(STEPS / factor),
}


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """Every step with as many steps, and with as much time ηt."""
    yield from instabilities(arm for index in indices for arm in _arms(index, seed))


def _arms(index: int, seed: int) -> Iterator[tuple[Cell, Job]]:
    spec = spec_of("step-size", index)
    task = generate(spec, seed)
    eta = common_step(task)
    for k, factor in enumerate(FACTORS):
        again = generate(drawn_again(spec, k), seed)
        for regime, steps_of in REGIMES.items():
            cell = Cell(spec.name, regime, f"η·{factor:g}", factor)
            yield cell, Job(task=task, tuning=HeadTuning(steps=steps_of(factor), step_size=factor * eta))
            yield cell._replace(sham=True), Job(task=again, tuning=HeadTuning(steps=STEPS))


EXPERIMENT = Experiment(
    id="step-size", about="leave-one-out instability of a head at ⅛ to 1 of the automatic step", tasks=300, quick=30,
    block=10, measure=measure,
)  # fmt: skip
