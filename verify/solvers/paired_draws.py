"""What members of one seed draw alike at each step: their minibatch, the noise on their inputs, the mask of mixout.

A seed's stream is that of its purpose and nothing else, so it depends neither on what is left out nor on the company.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from synth.seeds import stream
from verify.networks import NetworkJob
from verify.solvers.prepare import minibatches

BLOCK = 32  # steps that are drawn at once


@dataclass(frozen=True)
class Draw:
    """One step's.

    counts  (T, R, n): how often a sample counts, n/b times its place in the minibatch; None for the full batch
    noise   (T, R, p, n) on the inputs, or None
    masks   for each trained layer of the encoder (T, R, o, i) bool, true where the start takes the weight's place, or None
    """

    counts: Tensor | None
    noise: Tensor | None
    masks: list[Tensor] | None


class PairedDraws:
    """The draws of jobs of one shape and tuning, step by step from the first.

    trained  (o, i) of each trained layer of the encoder
    """

    def __init__(self, jobs: Sequence[NetworkJob], trained: Sequence[tuple[int, int]], device: str) -> None:
        tuning, (n, p) = jobs[0].tuning, jobs[0].inputs.shape
        seeds = sorted({member.seed for job in jobs for member in job.members})
        place = {seed: position for position, seed in enumerate(seeds)}
        self._of = torch.tensor([[place[member.seed] for member in job.members] for job in jobs], device=device)
        self._tuning, self._samples, self._inputs, self._trained, self._device = tuning, n, p, tuple(trained), device
        self._noise = [stream(seed, "noise") for seed in seeds] if tuning.input_noise else []
        self._masks = [stream(seed, "mixout") for seed in seeds] if tuning.mixout and trained else []
        self._orders: list[np.ndarray] = []
        if tuning.batch_size:
            self._orders = [minibatches(n, tuning.steps, tuning.batch_size, seed) for seed in seeds]
        self._block: tuple[Tensor | None, Tensor | None, Tensor | None] = (None, None, None)

    def at(self, step: int) -> Draw:
        """The draw of a step; steps are asked for in order, each once."""
        if step % BLOCK == 0:
            self._block = self._counts(step), self._normals(), self._uniforms()
        counts, noise, masks = (None if of is None else of[:, step % BLOCK][self._of] for of in self._block)
        return Draw(counts, noise, None if masks is None else self._by_layer(masks))

    def _counts(self, step: int) -> Tensor | None:
        """(seeds, BLOCK, n)."""
        if not self._orders:
            return None
        block = np.stack([order[step : step + BLOCK] for order in self._orders])
        counts = np.zeros((*block.shape[:2], self._samples))
        seed, row = np.ogrid[: block.shape[0], : block.shape[1]]
        np.add.at(counts, (seed[..., None], row[..., None], block), self._samples / block.shape[2])
        return self._tensor(counts)

    def _normals(self) -> Tensor | None:
        """(seeds, BLOCK, p, n), already σ times the noise."""
        if not self._noise:
            return None
        drawn = np.stack([rng.standard_normal((BLOCK, self._samples, self._inputs)) for rng in self._noise])
        return self._tensor(self._tuning.input_noise * drawn).mT.contiguous()

    def _uniforms(self) -> Tensor | None:
        """(seeds, BLOCK, weights of all layers) bool."""
        if not self._masks:
            return None
        weights = sum(o * i for o, i in self._trained)
        drawn = np.stack([rng.random((BLOCK, weights)) for rng in self._masks])
        return torch.as_tensor(drawn < self._tuning.mixout, device=self._device)

    def _by_layer(self, masks: Tensor) -> list[Tensor]:
        pieces = torch.split(masks, [o * i for o, i in self._trained], dim=-1)
        return [piece.view(*piece.shape[:-1], *shape) for piece, shape in zip(pieces, self._trained, strict=True)]

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.as_tensor(values, dtype=getattr(torch, self._tuning.dtype), device=self._device)
