"""Stacks of encoders trained by masked reconstruction: entries of the inputs are masked, a linear decoder says what they were.

Source: masked reconstruction as in Devlin et al. 2019, on features, with the squared error.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim import Adam

from verify.encoder import Encoder
from verify.solvers.device import resolved
from verify.solvers.network import affine, encoded, gradient_of, parts, pull_back, pulled_below
from verify.solvers.strategies import masked_reconstruction_loss

Floats = NDArray[np.float64]
Batch = tuple[Floats, NDArray[np.bool_]]  # inputs (T, 1, n, p), mask (T, R, n, p)


class Pretrained(NamedTuple):
    """encoder; decoder, weights (*A, p, h) and biases (*A, p); losses (steps, *A), mean squared errors of masked entries."""

    encoder: Encoder
    decoder: tuple[Floats, Floats]
    losses: Floats

    def member(self, row: int) -> "Pretrained":
        """One of A = (R,), by itself."""
        weights, biases = (tuple(of[row] for of in kind) for kind in (self.encoder.weights, self.encoder.biases))
        return Pretrained(Encoder(weights, biases), (self.decoder[0][row], self.decoder[1][row]), self.losses[:, row])


@torch.no_grad()
def reconstructed(
    firsts: Sequence[Pretrained], members: int, batches: Iterator[Batch], *, steps: int, step_size: float, device: str
) -> list[Pretrained]:
    """From each first one, so many members of it, trained by Adam: A = (R,)."""
    place = resolved(device)

    def tensor(values: object) -> Tensor:
        return torch.as_tensor(np.asarray(values), device=place)

    layers = [
        [array for one in zip(first.encoder.weights, first.encoder.biases, strict=True) for array in one]
        + list(first.decoder)
        for first in firsts
    ]
    stacked = [tensor(same)[:, None] for same in zip(*layers, strict=True)]
    now = parts([of.expand(-1, members, *of.shape[2:]) for of in stacked])
    slope = now.copy()
    now.whole.grad = slope.whole
    optimizer = Adam([now.whole], lr=step_size, foreach=True)
    losses = []
    for _ in range(steps):
        inputs, mask = map(tensor, next(batches))
        levels = encoded(now.weights[:-1], now.biases[:-1], torch.where(mask, 0.0, inputs).mT)
        outputs = affine(now.weights[-1], now.biases[-1], levels[-1])
        with torch.enable_grad():
            leaf = outputs.requires_grad_()
            loss = masked_reconstruction_loss(leaf.mT, inputs, mask)
            pull = torch.autograd.grad(loss.sum(), leaf)[0]
        gradient_of(slope.weights[-1], slope.biases[-1], pull, levels[-1])
        pull_back(now.weights[:-1], levels, pulled_below(now.weights[-1], pull), slope)
        optimizer.step()
        losses.append(loss.detach())
    errors = torch.stack(losses).cpu().numpy() if losses else np.zeros((0, len(firsts), members))
    weights, biases = ([t.cpu().numpy() for t in kind] for kind in (now.weights, now.biases))
    return [
        Pretrained(
            Encoder(tuple(w[t] for w in weights[:-1]), tuple(b[t] for b in biases[:-1])),
            (weights[-1][t], biases[-1][t]),
            errors[:, t],
        )
        for t in range(len(firsts))
    ]
