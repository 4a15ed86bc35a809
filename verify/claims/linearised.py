"""Fine-tuning as a linear model: does the bound by the distance hold on tangent features, and does the network follow them?"""

from collections.abc import Iterator, Sequence

import numpy as np

from theory.fine_tuning import BOUNDS
from verify import measure as measurement
from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.networks import drawn, seeds_of
from verify.constants import constants_of
from verify.evidence import Evidence
from verify.margins import margins_of
from verify.networks import NetworkTuning, crossed, job_of
from verify.solvers.linearised import linearise
from verify.solvers.network_tuning import tune_networks
from verify.solvers.pretraining import pretrain
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning

WIDTHS = (32,)  # more parameters than samples: some weights fit all of them
SAMPLES, STEPS = (12, 16, 24), 100
(DISTANCE,) = (bound for bound in BOUNDS if bound.id == "fine-tuning-distance")


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """`parameter`, the mean of ‖θ_t − θ_t^{∖i}‖: of the linearised network, of the network, and what the bound allows.

    Both descend on the squared loss with the same step, the automatic one of the tangent features. The control is another
    start of the head.
    """
    tasks = [drawn(index, seed, n=SAMPLES[index % len(SAMPLES)]) for index in indices]
    encoders = pretrain(tasks, widths=WIDTHS, steps=500, seed=seed, threads=1)
    for index, task, before in zip(indices, tasks, encoders, strict=True):
        for start, again in zip(seeds_of(index, seed, 2), ("", " again"), strict=True):
            everyone = crossed([*range(task.samples), None], [start])
            tuning = NetworkTuning(loss="squared", steps=STEPS, step_size=0.0)
            job = job_of(task, encoder=before.encoder, tuning=tuning, members=everyone)
            tangent = linearise(job, seed=start)
            head = HeadTuning(loss="squared", steps=STEPS)
            (fit,) = tune([Job(task=tangent.task, tuning=head, start=tangent.start)], threads=1)
            found = {"linearised": float(np.mean(measurement.parameter(tangent.task, head, fit.last).value))}
            facts = Evidence(task=tangent.task, tuning=head, fit=fit, margins=margins_of(tangent.task, left_out=False))
            constants = constants_of(facts)
            applies = all(a.slack(constants) >= 0 for a in DISTANCE.assumptions)
            found["bound"] = float(np.asarray(DISTANCE.value(constants))) if applies and not fit.failed else np.nan
            if not again:
                same = NetworkTuning(loss="squared", steps=STEPS, step_size=fit.step_size)
                (net,) = tune_networks([job_of(task, encoder=before.encoder, tuning=same, members=everyone)], threads=1)
                moved = np.linalg.norm(net.parameters[-1, :-1] - net.parameters[-1, -1], axis=1).mean()
                found["network"] = float(moved) if net.ok.all() else np.nan
            for arm, value in found.items():
                yield Row(*Cell(task.name, "", arm + again, 1.0), "parameter", 1, value)


EXPERIMENT = Experiment(
    id="linearised", about="a network, its linearisation, and the bound by the distance to what fits", tasks=100,
    quick=12, block=6, measure=measure,
)  # fmt: skip
