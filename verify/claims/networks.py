"""The networks behind the claims: pre-trained encoders, fine-tuned from many seeds and without some samples."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from synth.pretraining import TransferTask, transfer_task
from synth.seeds import stream
from verify.claims.experiment import Cell, Row
from verify.networks import Member, NetworkFit, NetworkJob, NetworkTuning, crossed
from verify.solvers.network_tuning import tune_networks
from verify.solvers.pretraining import Pretrained, pretrain

Floats = NDArray[np.float64]

INPUTS, WIDTHS = 16, (32, 16)
SAMPLES = 24
STARTS, LEFT_OUT = 10, 6  # starts of the head; samples left out, each with the first of the starts
SHIFT = 0.25  # of the source from the target, of a right angle

GD = NetworkTuning(steps=200, step_size=0.2)
ADAMW = NetworkTuning(steps=200, step_size=0.005, optimiser="adamw", batch_size=8)
REGIMES = {"gradient descent": GD, "AdamW, minibatches": ADAMW}


def seeds_of(index: int, seed: int, count: int, again: int = 0) -> range:
    """Seeds of the members of one task. No two tasks share one: what all have in common would be no noise to an interval."""
    first = int(stream(seed, "claims-networks", index, "members", again).integers(1 << 40))
    return range(first, first + count)


def members_of(
    index: int, seed: int, *, starts: int = STARTS, left_out: int = LEFT_OUT, again: int = 0
) -> tuple[Member, ...]:
    """So many starts with all samples, then the first of them without each of so many samples.

    again  above 0: other starts
    """
    seeds = seeds_of(index, seed, starts, again)
    return crossed([None], seeds) + crossed(range(left_out), seeds[:1])


def drawn(index: int, seed: int, *, n: int = SAMPLES, shift: float = SHIFT, draw: int = 0) -> TransferTask:
    """Task number `index`; margins and noise spread over the tasks."""
    noise, margin = 0.1 + 0.6 * (index * 2**0.5 % 1), 0.5 * (index * 3**0.5 % 1)
    return transfer_task(
        n=n, inputs=INPUTS, factors=4, shift=shift, margin=margin, noise=noise, seed=seed, index=index, draw=draw
    )


def pretrained(tasks: Sequence[TransferTask], seed: int) -> list[Pretrained]:
    """One encoder a task, trained on its source alone."""
    return pretrain(tasks, widths=WIDTHS, steps=500, seed=seed, threads=1)


def outcomes(arms: Sequence[tuple[Cell, TransferTask, NetworkJob]]) -> Iterator[Row]:
    """What is measured of each arm, all arms tuned side by side."""
    for (cell, task, _), fit in zip(arms, tune_networks([job for *_, job in arms], threads=1), strict=True):
        yield from measured(cell, task, fit)


def measured(cell: Cell, task: TransferTask, fit: NetworkFit) -> Iterator[Row]:
    """What is read off the members of `members_of` after the last step; NaN where a run that it needs was lost.

    loo       rms over test points and samples left out of the change of the outputs, over the rms of the outputs
    seed      rms deviation over starts of the outputs, each over its rms
    gap       ‖μ_+ − μ_−‖ of the features, mean over starts
    distance  ‖θ_t − θ_0‖ of the encoder, mean over starts
    accuracy  on the test points, mean over starts
    """
    outputs, lost = fit.test_outputs[-1], not fit.ok.all()
    starts = sum(member.left_out is None for member in fit.members)
    encoder = sum(int(np.prod(shape)) for shape in fit.shapes[:-2])  # the heads come last
    size = np.sqrt(np.square(outputs).mean(axis=1, keepdims=True))
    whole, unit = outputs[:starts], (outputs / size)[:starts]
    travelled = np.linalg.norm((fit.parameters[-1] - fit.start)[:starts, :encoder], axis=1)
    found = {
        "gap": (starts, fit.class_gaps[-1, :starts].mean()),
        "distance": (starts, travelled.mean()),
        "accuracy": (starts, (np.sign(whole) == task.test_labels).mean()),
    }
    if len(outputs) > starts:
        found["loo"] = (1, np.sqrt(np.square(outputs[starts:] - outputs[0]).mean()) / size[0, 0])
    if starts > 1:
        found["seed"] = (starts, np.sqrt(np.square(unit - unit.mean(axis=0)).mean(axis=1).sum() / (starts - 1)))
    for name, (seeds, value) in found.items():
        yield Row(*cell, name, seeds, np.nan if lost else float(value))
