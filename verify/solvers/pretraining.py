"""Encoders trained without labels: on the source of a pair before tuning, on the target's own inputs again (SURT).

Entries of the inputs are masked, and a linear decoder is to say what they were.
Source: Fu, So & Collier 2023 (arXiv:2301.09820), self-unsupervised re-training.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from synth.pretraining import TransferTask
from synth.seeds import stream
from verify.encoder import Encoder, drawn_encoder
from verify.networks import Member, check_members
from verify.solvers.reconstruction import Batch, Pretrained, reconstructed
from verify.solvers.stacks import in_stacks
from verify.tuning import BadTuning, number_below, whole_number

__all__ = ["Pretrained", "pretrain", "retrain"]


def pretrain(
    tasks: Sequence[TransferTask],
    *,
    widths: tuple[int, ...] = (32,),
    steps: int = 1000,
    mask_rate: float = 0.25,
    step_size: float = 3e-3,
    batch_size: int = 128,
    seed: int = 0,
    threads: int | None = None,
    device: str = "cpu",
) -> list[Pretrained]:
    """One encoder a task, trained by Adam on its source, from minibatches drawn with replacement.

    mask_rate  probability that an entry is masked: set to 0, and asked for
    seed       with the task's seed_path it decides on the start, the minibatches and the masks; so every draw of a target
               has the same encoder, and pairs that differ by their shift begin alike

    Raises BadTuning for rates and sizes that make no sense. A run that leaves the floats is seen in its losses.
    """
    _check(steps, mask_rate, step_size)
    whole_number("batch_size", batch_size, 1)
    whole_number("seed", seed, 0)
    if not isinstance(widths, tuple | list) or not widths:
        raise BadTuning(f"widths: {widths!r} must name one layer or more, such as (32,)")
    for width in widths:
        whole_number("widths", width, 1)
    for task in tasks:
        if not len(task.source):
            raise BadTuning(f"tasks: the source of {task.name} has no sample")

    def first(task: TransferTask) -> Pretrained:
        path, p = ("pretraining", *task.seed_path), task.dimension
        encoder = drawn_encoder(inputs=p, widths=widths, seed=seed, path=path)
        return Pretrained(encoder, (np.zeros((p, widths[-1])), np.zeros(p)), np.zeros(0))

    def trained(stack: Sequence[TransferTask]) -> list[Pretrained]:
        draws = [(task.source, stream(seed, "pretraining", *task.seed_path, "draws")) for task in stack]

        def batches() -> Iterator[Batch]:
            while True:
                inputs = np.stack([x[rng.integers(len(x), size=batch_size)] for x, rng in draws])[:, None]
                mask = np.stack([rng.random((1, batch_size, x.shape[1])) < mask_rate for x, rng in draws])
                yield inputs, mask

        firsts = [first(task) for task in stack]
        return [
            one.member(0)
            for one in reconstructed(firsts, 1, batches(), steps=steps, step_size=step_size, device=device)
        ]

    return in_stacks(
        tasks,
        trained,
        shape=lambda task: task.dimension,
        features=lambda _: batch_size * sum(widths),
        device=lambda _: device,
        threads=threads,
    )


def retrain(
    pretrained: Sequence[Pretrained],
    tasks: Sequence[TransferTask],
    *,
    members: Sequence[Member],
    steps: int = 200,
    mask_rate: float = 0.25,
    step_size: float = 3e-3,
    threads: int | None = None,
    device: str = "cpu",
) -> list[Encoder]:
    """SURT: one encoder a member (R, …) for each task, trained on by Adam on all inputs of the target that the member sees.

    The masks are those of the member's seed, whatever is left out, so leave-one-out pairs differ by the sample alone.
    The result is the encoder of a NetworkJob with the same members. Raises BadTuning for rates and sizes that make no sense.
    """
    _check(steps, mask_rate, step_size)
    if len(pretrained) != len(tasks):
        raise BadTuning(f"pretrained: must be one for each of {len(tasks)} tasks; got {len(pretrained)}")
    for task in tasks:
        check_members(members, task.samples)
    seeds = sorted({member.seed for member in members})
    place = [seeds.index(member.seed) for member in members]

    def trained(stack: Sequence[tuple[Pretrained, TransferTask]]) -> list[Encoder]:
        inputs = np.stack([task.inputs for _, task in stack])[:, None]
        seen = np.ones((len(members), inputs.shape[2], 1), dtype=bool)
        for row, member in enumerate(members):
            if member.left_out is not None:
                seen[row, member.left_out] = False
        draws = [stream(one, "retraining") for one in seeds]

        def batches() -> Iterator[Batch]:
            while True:
                masks = np.stack([rng.random(inputs.shape[2:]) < mask_rate for rng in draws])
                yield inputs, np.stack([masks[place] & seen] * len(stack))

        firsts = [before for before, _ in stack]
        found = reconstructed(firsts, len(members), batches(), steps=steps, step_size=step_size, device=device)
        return [one.encoder for one in found]

    return in_stacks(
        list(zip(pretrained, tasks, strict=True)),
        trained,
        shape=lambda pair: (pair[1].inputs.shape, pair[0].encoder.widths),
        features=lambda pair: len(members) * pair[1].samples * sum(pair[0].encoder.widths),
        device=lambda _: device,
        threads=threads,
    )


def _check(steps: int, mask_rate: float, step_size: float) -> None:
    whole_number("steps", steps, 0)
    if not number_below("mask_rate", mask_rate, 1.0):
        raise BadTuning(f"mask_rate: {mask_rate!r} must be more than 0 and less than 1")
    number_below("step_size", step_size)
