"""What is said to stabilise fine-tuning, each against plain fine-tuning of the same networks on the same tasks."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synth.pretraining import TransferTask
from theory.margin import max_margin
from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.networks import REGIMES, drawn, measured, members_of, pretrained
from verify.networks import Member, NetworkFit, NetworkJob, NetworkTuning, job_of
from verify.solvers.network_tuning import tune_networks
from verify.solvers.pretraining import retrain

Floats = NDArray[np.float64]

ARMS = ("plain", "longer", "smaller-step", "l2", "l2-sp", "mixout", "noise", "freeze", "mhloss", "mmr")
SHRINKS = 0.01  # what L2 takes of the weights a step, whichever the optimiser
RETRAINING = 400  # steps of SURT
MARGIN_SEEDS = 3  # the machine of the features is solved for so many seeds


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """Every arm from the same encoder, seeds and samples left out; the control is the plain arm from other seeds."""
    tasks = [drawn(index, seed) for index in indices]
    encoders = pretrained(tasks, seed)
    arms: list[tuple[Cell, TransferTask, NetworkJob]] = []
    for index, task, before in zip(indices, tasks, encoders, strict=True):
        regime, plain = list(REGIMES.items())[index % len(REGIMES)]
        own, other = members_of(index, seed), members_of(index, seed, again=1)
        masked_alike = [
            Member(member.left_out, own[0].seed) for member in own
        ]  # so that starts differ in the head alone
        (again,) = retrain([before], [task], members=masked_alike, steps=RETRAINING, threads=1)
        for arm in ARMS:
            tuning = arm_of(arm, plain)
            arms.append(
                (
                    Cell(task.name, regime, arm, 1.0),
                    task,
                    job_of(task, encoder=before.encoder, tuning=tuning, members=own),
                )
            )
        surt = job_of(task, encoder=again, tuning=plain, members=own)
        sham = job_of(task, encoder=before.encoder, tuning=plain, members=other)
        arms += [
            (Cell(task.name, regime, "surt", 1.0), task, surt),
            (Cell(task.name, regime, "plain again", 1.0), task, sham),
        ]
    for (cell, task, _), fit in zip(arms, tune_networks([job for *_, job in arms], threads=1), strict=True):
        yield from measured(cell, task, fit)
        yield Row(*cell, "margin", MARGIN_SEEDS, feature_margin(task, fit) if fit.ok.all() else np.nan)


def arm_of(arm: str, plain: NetworkTuning) -> NetworkTuning:
    """The plain tuning with one thing changed."""
    changes: dict[str, dict[str, float]] = {
        "plain": {},
        "longer": {"steps": 4 * plain.steps},
        "smaller-step": {"step_size": plain.step_size / 4},
        "l2": {"l2": SHRINKS / plain.step_size},
        "l2-sp": {"l2_to_start": 0.1},
        "mixout": {"mixout": 0.5},
        "noise": {"input_noise": 0.3},
        "freeze": {"frozen": 1},
        "mhloss": {"heads": 8},
        "mmr": {"margin_strength": 1.0},
    }
    return replace(plain, **changes[arm])  # type: ignore[arg-type]


def feature_margin(task: TransferTask, fit: NetworkFit) -> float:
    """γ of the features that the head sees, a constant feature among them: mean over seeds; NaN where one is not separable."""
    found = []
    for features in fit.encoders.features(task.inputs)[:MARGIN_SEEDS]:
        signed: Floats = task.labels[:, None] * np.column_stack([features, np.ones(task.samples)])
        machine = max_margin(signed, np.arange(task.samples))
        found.append((machine.low + machine.high) / 2 if machine.separable else np.nan)
    return float(np.mean(found))


EXPERIMENT = Experiment(
    id="strategies", about="nine stabilisers and SURT on small pre-trained networks", tasks=160, quick=16, block=8,
    measure=measure,
)  # fmt: skip
