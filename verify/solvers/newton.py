"""Newton's method for the stages of strides, in the eigenbasis of each run's curvature halfway.

There D₊W = F(W) decouples into one S × S system an eigenvalue, all with the same left-hand side but for the eigenvalue,
and so solved in the eigenbasis of D₊. The curvature changes along a stride, so convergence is linear, and mostly fast.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from verify.solvers.motion import Instants, Motion
from verify.solvers.strides import COLLOCATION, Strides

CORRECTED = 1e-12  # what may be left to correct in the end, relative to the weights
STALLED = 1e-10  # a correction below it that no longer shrinks is rounding: the defect will tell what it cost
LOST = 1e3  # a correction, relative to the weights, after which there is no way back
CORRECTIONS = 25


@dataclass(frozen=True, eq=False)
class Halfway:
    """Where strides are guessed to be halfway: weights (T, M, P), and the curvature there by eigenvalue and -vector."""

    weights: Tensor
    rates: Tensor
    basis: Tensor

    def of(self, tasks: Tensor) -> "Halfway":
        """Those of these tasks alone, by index."""
        return Halfway(self.weights[tasks], self.rates[tasks], self.basis[tasks])


def halfway(motion: Motion, strides: Strides, ahead: Tensor) -> Halfway:
    """By the Taylor coefficients `ahead` (T, Q, M, P) of the weights at the start."""
    middle = strides.onward(np.array([0.5]), ahead)[:, 0]
    curvature = motion.at(strides.middle).curvature(middle[:, None])
    # a stride so long that its middle is out of the floats will fail, and is tried again at half its length
    finite = torch.isfinite(curvature.diagonal(dim1=-2, dim2=-1).sum(dim=-1))
    curvature[~finite] = 0.0
    return Halfway(middle, *torch.linalg.eigh(curvature))


def stages(motion: Motion, strides: Strides, ahead: Tensor, middle: Halfway) -> tuple[Tensor, NDArray[np.bool_]]:
    """The stages (T, S, M, P) of strides, first guessed by their Taylor coefficients `ahead` (T, Q, M, P), and who converged."""
    iteration = _Iteration.begun(motion, strides, ahead, middle)
    found, solved = iteration.now.clone(), np.zeros(len(ahead), bool)
    place = torch.arange(len(ahead), device=ahead.device)
    going, last = torch.ones_like(place, dtype=torch.bool), torch.full_like(ahead[:, 0, 0, 0], torch.nan)
    for _ in range(CORRECTIONS):
        ratio = iteration.correct(going)
        shrinks = ratio / last
        done = (ratio <= CORRECTED) | (ratio * shrinks <= CORRECTED * (1 - shrinks))
        done |= (ratio <= STALLED) & (shrinks > 0.25)
        lost, last = ~(ratio <= LOST), ratio
        ended = going & (done | lost)
        if not ended.any():
            continue
        found[place[ended]] = iteration.now[ended]
        solved[place[ended & ~lost].cpu().numpy()] = True
        going = going & ~ended
        left = torch.nonzero(going).flatten()
        if not len(left):
            break
        if 2 * len(left) <= len(going):
            iteration, place, last, going = iteration.of(left), place[left], last[left], going[left]
    return found, solved


@dataclass(eq=False)
class _Iteration:
    """What a correction reads, by task.

    now (T, S, M, P) the stages at `instants`;  inner (T, S, S) and fixed (T, S, M·P): D₊W = inner·W + fixed
    backward, forward   (T, S, S) to coordinates in which `inner` is diagonal, real parts before imaginary, and back
    turn (T, M, P, P);  real, imaginary (T, S/2, M, P) of 1/(eigenvalue of `inner` + that of the curvature)
    sizes (T, M) of the weights;  heed (T, 1, M, P) of an eigenvector
    """

    instants: Instants
    now: Tensor
    inner: Tensor
    fixed: Tensor
    backward: Tensor
    forward: Tensor
    real: Tensor
    imaginary: Tensor
    turn: Tensor
    sizes: Tensor
    heed: Tensor

    @classmethod
    def begun(cls, motion: Motion, strides: Strides, ahead: Tensor, middle: Halfway) -> "_Iteration":
        guess, inner = strides.onward(COLLOCATION.nodes, ahead), strides.steps[:, :, 1:].contiguous()
        modes, backward, forward = _modes(inner)
        inverse = torch.reciprocal(modes[:, :, None, None] + middle.rates[:, None])
        return cls(
            instants=motion.at(strides.nodes),
            now=guess,
            inner=inner,
            fixed=(strides.steps[:, :, :1, None] * ahead[:, :1]).flatten(2),
            backward=backward,
            forward=forward,
            real=inverse.real.contiguous(),
            imaginary=inverse.imag.contiguous(),
            turn=middle.basis,
            sizes=torch.linalg.vector_norm(guess, dim=-1).amax(dim=1),
            # an error along an eigenvector is a defect λ times as large, of which √(hλ) is left in the end
            heed=(1 + strides.h[:, None, None] * middle.rates.clamp(min=0)).sqrt()[:, None],
        )

    def of(self, tasks: Tensor) -> "_Iteration":
        return _Iteration(
            **{name: value.of(tasks) if name == "instants" else value[tasks] for name, value in vars(self).items()}
        )

    def correct(self, going: Tensor) -> Tensor:
        """One correction of the tasks that are going; its size (T,) relative to the weights, largest over the runs."""
        moved = self.instants.movement(self.now).flatten(2)
        residual = torch.baddbmm(moved, self.inner, self.now.flatten(2), alpha=-1, out=moved).sub_(self.fixed)
        turned = in_basis(residual.view_as(self.now), self.turn).flatten(2)
        solved = self._solved(torch.bmm(self.backward, turned).view_as(self.now))
        along = torch.bmm(self.forward, solved.flatten(2)).view_as(self.now)
        corrected = self.now + in_basis(along, self.turn.mT)
        self.now = corrected if going.all() else torch.where(going[:, None, None, None], corrected, self.now)
        change = torch.linalg.vector_norm(along * self.heed, dim=-1).amax(dim=1)
        return torch.where(change > 0, change / self.sizes, change).amax(dim=1)

    def _solved(self, right: Tensor) -> Tensor:
        """The product of complex numbers, `right` by their inverse."""
        (x, y), solved = right.chunk(2, dim=1), torch.empty_like(right)
        u, v = solved.chunk(2, dim=1)
        torch.mul(x, self.real, out=u).addcmul_(y, self.imaginary, value=-1)
        torch.mul(x, self.imaginary, out=v).addcmul_(y, self.real)
        return solved


def in_basis(stages: Tensor, basis: Tensor) -> Tensor:
    """Each run's weights at every stage, (T, S, M, P), in its own basis (T, M, P, P)."""
    return torch.matmul(stages.transpose(1, 2), basis).transpose(1, 2)


def _modes(inner: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Eigenvalues of (T, S, S), the map to their coordinates and the one back, as real numbers.

    They come in conjugate pairs, of which one is kept, and doubled on the way back.
    """
    half = COLLOCATION.degree // 2
    modes, vectors = torch.linalg.eig(inner)
    upper = modes.imag.argsort(dim=1, descending=True)[:, :half]
    backward = torch.linalg.inv(vectors).gather(1, upper[:, :, None].expand(-1, -1, 2 * half))
    forward = 2 * vectors.gather(2, upper[:, None].expand(-1, 2 * half, -1))
    return (
        modes.gather(1, upper),
        torch.cat([backward.real, backward.imag], dim=1),
        torch.cat([forward.real, -forward.imag], dim=2),
    )
