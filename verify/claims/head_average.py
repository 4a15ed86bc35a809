"""MHLoss on heads: the mean of H heads forgets its starts like 1/√H, and is no nearer to the maximum margin for it.

On frozen features the heads of one loss do not know of each other, so H heads are H runs.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from synth.generate import generate
from synth.seeds import stream
from verify.claims.design import spec_of
from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.heads import common_step, deviation
from verify.margins import margins_of
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning

HEADS = (1, 2, 4, 8, 16)
SEEDS = 12  # means of H heads, independent of each other and of those of every other H
SPREAD = 3.0  # σ of the starts, over the radius: large enough that the start shows in the direction


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """`seed`: the deviation of the direction over starts; `margin-direction`: its mean distance to u_S."""
    for index in indices:
        spec = spec_of("heads", index)
        task = generate(spec, seed)
        scale = SPREAD / (task.radius * np.sqrt(task.dimension))
        tuning = HeadTuning(steps=300, init_scale=scale, step_size=common_step(task))
        u = margins_of(task, left_out=False).direction
        for sham in (False, True):
            for k, heads in enumerate(HEADS):
                count = 1 if sham else heads
                first = int(stream(seed, "claims-heads", index, int(sham), k).integers(1 << 40))
                jobs = [Job(task=task, tuning=tuning, seed=first + r) for r in range(count * SEEDS)]
                runs = np.stack([fit.last.weights.ravel() for fit in tune(jobs, replicas=False, threads=1)])
                means = runs.reshape(SEEDS, count, -1).mean(axis=1)
                means /= np.linalg.norm(means, axis=1, keepdims=True)
                cell = Cell(spec.name, "", f"H = {heads}", heads, sham)
                yield Row(*cell, "seed", SEEDS, deviation(means))
                yield Row(*cell, "margin-direction", SEEDS, float(np.linalg.norm(means - u, axis=1).mean()))


EXPERIMENT = Experiment(
    id="heads", about="the mean of H = 1 … 16 heads from independent starts", tasks=300, quick=20, block=10,
    measure=measure,
)  # fmt: skip
