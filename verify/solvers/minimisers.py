"""The minimisers of R + λ‖w‖²/2 on S and on every S∖i, by Newton's method on all replicas at once.

Each comes with ‖∇F‖/λ: F is λ-strongly convex, so that is an upper end of its distance to the true minimiser.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from synth.task import Task
from verify.solvers.threads import one_thread
from verify.tuning import HeadTuning

Floats = NDArray[np.float64]
Direction = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]

EPS = float(np.finfo(np.float64).eps)
ITERATIONS = 60
CHUNK_ELEMENTS = 1 << 24


@dataclass(frozen=True, eq=False, kw_only=True)
class Minimisers:
    """weights (n + 1, k, d), the last on all samples; errors (n + 1,) upper ends of the distance to the truth."""

    weights: Floats
    errors: Floats


def minimise(task: Task, tuning: HeadTuning) -> Minimisers:
    """All n + 1 minimisers. Raises ValueError unless λ > 0."""
    if tuning.l2 <= 0:
        raise ValueError(f"minimisers need l2 > 0; got {tuning.l2}")
    k = 1 if task.classes == 2 else task.classes
    features = task.signed if k == 1 else task.features
    n, d = features.shape
    basis = None
    if d > n:
        basis, lower = np.linalg.qr(features.T)
        features = np.ascontiguousarray(lower.T)
    with one_thread(), torch.no_grad():
        problem = _Problem(features, task.labels, tuning, k)
        weights, errors = problem.solve()
    return Minimisers(weights=weights if basis is None else weights @ basis.T, errors=errors)


class _Problem:
    """Masks over one shared feature matrix, as in the descent."""

    def __init__(self, features: Floats, labels: NDArray[np.int64], tuning: HeadTuning, k: int) -> None:
        n = len(features)
        self.z, self.k, self.l2, self.loss = torch.tensor(features), k, tuning.l2, tuning.loss
        self.labels = torch.tensor(labels)
        self.masks = torch.full((n + 1, n), 1 / n, dtype=torch.float64)
        left_out = torch.arange(n)
        if tuning.deletion == "reweighted":
            self.masks[:-1] = 1 / (n - 1)
        self.masks[left_out, left_out] = 0.0

    def solve(self) -> tuple[Floats, Floats]:
        """The minimiser on S by Newton; the replicas from it by the Hessian there less the left-out term, and by
        Newton, in chunks that bound the memory, for those that this did not bring to rounding."""
        n, d = self.z.shape
        full = self._descend(torch.zeros(1, self.k, d, dtype=torch.float64), self.masks[-1:], self._newton)
        weights = full.expand(n, -1, -1).clone()
        weights = self._descend(weights, self.masks[:-1], self._downdated(full))
        late = torch.nonzero(self._sizes(weights, self.masks[:-1]) > self._floor())[:, 0]
        for rows in torch.split(late, max(1, CHUNK_ELEMENTS // (self.k * d) ** 2)) if len(late) else ():
            weights[rows] = self._descend(weights[rows], self.masks[rows], self._newton)
        weights = torch.cat([weights, full])
        # the gradient itself is known to rounding only
        rounding = 4 * EPS * self.l2 * torch.linalg.vector_norm(weights, dim=(1, 2)) + self._floor()
        return weights.numpy(), ((self._sizes(weights, self.masks) + rounding) / self.l2).numpy()

    def _descend(self, weights: torch.Tensor, masks: torch.Tensor, direction: Direction) -> torch.Tensor:
        """Steps along `direction`, each halved until the gradient shrinks, until no row's does."""
        for _ in range(ITERATIONS):
            gradient = self._gradient(weights, masks)
            size = torch.linalg.vector_norm(gradient, dim=(1, 2))
            waiting = size > self._floor()
            step = direction(weights, masks, gradient)
            for halving in range(8):
                if not waiting.any():
                    break
                trial = weights - 0.5**halving * step
                better = waiting & (self._sizes(trial, masks) < size)
                weights = torch.where(better[:, None, None], trial, weights)
                waiting = waiting & ~better
            if (waiting | (size <= self._floor())).all():
                break
        return weights

    def _newton(self, weights: torch.Tensor, masks: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
        hessian = self._hessian(weights, masks)
        return torch.linalg.solve(hessian, gradient.reshape(len(weights), -1)).view(weights.shape)

    def _downdated(self, full: torch.Tensor) -> Direction:
        """Solves with the Hessian of S at its minimiser less the term of the left-out sample, by Woodbury's identity."""
        (n, d), k = self.z.shape, self.k
        scale = float(self.masks[0].max() * n)
        curvature = self._curvature(self._pull(full))[0].permute(2, 0, 1) / n  # (n, k, k)
        values, vectors = torch.linalg.eigh(curvature)
        roots = vectors * values.clamp_min(0).sqrt()[:, None]
        terms = (roots.mT[..., None] * self.z[:, None, None]).reshape(n, k, k * d)
        shift = self.l2 * (1 / scale - 1) * torch.eye(k * d, dtype=torch.float64)
        inverse = torch.linalg.inv(self._hessian(full, self.masks[-1:])[0] + shift)
        solved = terms @ inverse
        small = torch.eye(k, dtype=torch.float64) - solved @ terms.mT

        def direction(weights: torch.Tensor, masks: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
            flat = gradient.reshape(n, k * d)
            seen = torch.linalg.solve(small, (solved @ flat[..., None]))
            return ((flat @ inverse + (solved.mT @ seen)[..., 0]) / scale).view(weights.shape)

        return direction

    def _floor(self) -> float:
        """What rounding leaves of a gradient."""
        return 8 * EPS * self._scale()

    def _sizes(self, weights: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        return torch.linalg.vector_norm(self._gradient(weights, masks), dim=(1, 2))

    def _scale(self) -> float:
        return float(torch.linalg.vector_norm(self.z, dim=1).max())

    def _pull(self, weights: torch.Tensor) -> torch.Tensor:
        outputs = weights @ self.z.T
        if self.loss == "squared":
            return 1 - outputs
        if self.loss == "exponential":
            return torch.exp(-outputs)
        if self.k == 1:
            return torch.sigmoid(-outputs)
        return torch.nn.functional.one_hot(self.labels, self.k).T - torch.softmax(outputs, dim=1)

    def _gradient(self, weights: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        return self.l2 * weights - (self._pull(weights) * masks[:, None]) @ self.z

    def _hessian(self, weights: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """(R, k·d, k·d): Σ_j mask_j (diag(p) − ppᵀ)_j ⊗ z_j z_jᵀ + λI."""
        r, k, d = weights.shape
        weighted = self._curvature(self._pull(weights)) * masks[:, None, None]
        blocks = (weighted[..., None] * self.z).mT @ self.z  # (R, k, k, d, d)
        return blocks.permute(0, 1, 3, 2, 4).reshape(r, k * d, k * d) + self.l2 * torch.eye(k * d, dtype=torch.float64)

    def _curvature(self, pull: torch.Tensor) -> torch.Tensor:
        """(R, k, k, n): the Hessian of each term in its outputs."""
        if self.loss == "squared":
            return torch.ones_like(pull)[:, None]
        if self.loss == "exponential":
            return pull[:, None]
        if self.k == 1:
            return (pull * (1 - pull))[:, None]
        p = torch.nn.functional.one_hot(self.labels, self.k).T - pull
        return torch.diag_embed(p.mT).permute(0, 2, 3, 1) - p[:, :, None] * p[:, None]
