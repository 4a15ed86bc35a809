"""How runs of gradient descent move in logarithmic time: ηk times the pulls, their curvature, and what replicas inject.

T tasks, M runs each, P = k·d weights a run, k = 1 for two classes; times s = ln k, (T, S) for S points each. ηk is only
ever met as ln(ηk), the clock, in the exponents of `clocked`.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

from verify.solvers.clocked import Clock, Clocked

NUMBERS = 1 << 22  # held at once while curvatures are summed up
Tasks = TypeVar("Tasks", "Motion", "Instants")


@dataclass(frozen=True, eq=False, kw_only=True)
class Motion:
    """The tasks and their runs.

    features    (T, n, d), times the label ±1 for two classes;  labels (T, n)
    omega       (T, M, n) weight of each sample in each run
    step_sizes, l2       (T,)
    reweighted  (T,) bool
    short       (T,) bool: whether η ≤ 1/(β+λ)
    resting     (T, M) bool: runs whose clock stands still
    late        whether ηk is to be met as a logarithm alone, for all tasks
    """

    loss: Clocked
    features: Tensor
    labels: Tensor
    omega: Tensor
    step_sizes: Tensor
    l2: Tensor
    reweighted: Tensor
    short: Tensor
    resting: Tensor
    late: bool = False

    def of(self, tasks: Tensor) -> "Motion":
        """These tasks alone, by index."""
        return _only(self, tasks)

    def at(self, times: Tensor) -> "Instants":
        """The tasks at times (T, S)."""
        clock = (self.step_sizes.log()[:, None] + times)[:, :, None].expand(-1, -1, self.resting.shape[1])
        clock = clock.masked_fill(self.resting[:, None], -torch.inf)
        shrink = torch.exp(clock + self.l2.log()[:, None, None]) if self.l2.any() else None
        return Instants(
            loss=self.loss,
            features=self.features,
            labels=self.labels,
            clock=Clock(clock[..., None, None], self.omega[:, None, :, None], self.late),
            shrink=shrink,
        )

    def steepest(self, hull: Tensor) -> Tensor:
        """(T,) an upper end of ‖∇ℓ_i‖ over the samples and the convex hull of weights (T, S, H, P)."""
        slopes = self.loss.steepest(_outputs(hull, self.features), self.labels)
        return (slopes * torch.linalg.vector_norm(self.features, dim=-1)[:, None]).amax(dim=(1, 2))

    def term_sizes(self, count: int) -> Tensor:
        """(T, count) the largest eigenvalue of each term of the curvature, in the order of `Instants.terms`, for weight 1."""
        n = self.features.shape[1]
        pairs = count // n
        sizes = torch.linalg.vector_norm(self.features, dim=-1).square() * (2 if pairs > 1 else 1)
        shrink = torch.ones_like(sizes[:, :1])[:, : count - pairs * n]
        return torch.cat([sizes.repeat(1, pairs), shrink], dim=1)

    def injected(self, weights: Tensor, times: Tensor) -> Tensor:
        """ηk‖∇R_{S∖i} − ∇R_S‖ along runs on all samples (T, S, H, P): (T, S, H, n)."""
        n = self.features.shape[1]
        outputs, labels = _outputs(weights, self.features), self.labels
        time = (self.step_sizes.log()[:, None] + times)[:, :, None, None, None]
        clock = Clock(time, torch.ones_like(time), self.late)
        pulls = self.loss.pull(outputs, labels, clock)
        norms = torch.linalg.vector_norm(self.features, dim=-1)[:, None, None]
        own = torch.linalg.vector_norm(pulls, dim=-2) * norms
        sizes = own / n
        for task in torch.nonzero(self.reweighted).flatten().tolist():
            z = self.features[task]
            at_once = max(1, NUMBERS // (pulls[task, 0].numel() * z.shape[1]))
            for some in torch.split(torch.arange(weights.shape[1]), at_once):
                pull = pulls[task, some]  # (·, H, k, n)
                mean = pull @ z / n
                apart = torch.addcmul(mean.unsqueeze(-2), pull.unsqueeze(-1), z, value=-1)
                sizes[task, some] = torch.linalg.vector_norm(apart, dim=(2, 4)) / (n - 1)
        return sizes


@dataclass(frozen=True, eq=False, kw_only=True)
class Instants:
    """The runs of T tasks at S times each.

    clock   (T, S, M, 1, n) ln(ωηk), −∞ for a sample that the run does not have and for a run at rest
    shrink  (T, S, M) ηkλ, or None where no task has l2
    """

    loss: Clocked
    features: Tensor
    labels: Tensor
    clock: Clock
    shrink: Tensor | None

    def of(self, tasks: Tensor) -> "Instants":
        """These tasks alone, by index."""
        return _only(self, tasks)

    def movement(self, weights: Tensor) -> Tensor:
        """F = −ηk(∇R + λw) at weights (T, S, M, P)."""
        return self._moved(weights, self._pulls(weights))

    def movement_and_rounding(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        """F, and the size that it rounds at, (T, S, M)."""
        pulls = self._pulls(weights)
        moved = self._moved(weights, pulls)
        norms = torch.linalg.vector_norm(self.features, dim=-1, keepdim=True)
        sizes = torch.bmm(pulls.abs_().flatten(1, 3), norms).view(*weights.shape[:3], -1).sum(dim=-1)
        return moved, torch.finfo(weights.dtype).eps * sizes

    def curvature(self, weights: Tensor) -> Tensor:
        """−∂F/∂w at weights (T, 1, M, P), one time a task: (T, M, P, P), symmetric and positive semidefinite."""
        tasks, _, runs, size = weights.shape
        outputs = _outputs(weights, self.features)
        pairs = self.loss.curvature(outputs, self.labels, self.clock)[:, 0]
        k, n, d = pairs.shape[-2], *self.features.shape[1:]
        found = weights.new_empty(tasks, runs, k, d, k, d)
        at_once = max(1, NUMBERS // (n * d))
        for task in range(tasks):
            z = self.features[task]
            for first in range(0, runs, at_once):
                some = slice(first, first + at_once)
                for a in range(k):
                    for b in range(a, k):
                        block = torch.matmul(z.T * pairs[task, some, a, b, None], z)
                        found[task, some, a, :, b] = block
                        found[task, some, b, :, a] = block
        found = found.view(tasks, runs, size, size)
        if self.shrink is not None:
            found.diagonal(dim1=-2, dim2=-1).add_(self.shrink[:, 0, :, None])
        return found

    def terms(self, weights: Tensor) -> Tensor:
        """What the curvature at weights (T, S, M, P) weighs with, (T, S, M, ·): see `Clocked.terms`; shrink included."""
        sizes = self.loss.terms(_outputs(weights, self.features), self.labels, self.clock).flatten(3)
        return sizes if self.shrink is None else torch.cat([sizes, self.shrink[..., None]], dim=-1)

    def _pulls(self, weights: Tensor) -> Tensor:
        return self.loss.pull(_outputs(weights, self.features), self.labels, self.clock)

    def _moved(self, weights: Tensor, pulls: Tensor) -> Tensor:
        moved = torch.bmm(pulls.flatten(1, 3), self.features).view(weights.shape)
        return moved if self.shrink is None else moved.addcmul_(self.shrink[..., None], weights, value=-1)


def _outputs(weights: Tensor, features: Tensor) -> Tensor:
    """(T, S, M, k, n) of weights (T, S, M, k·d)."""
    tasks, points, runs, size = weights.shape
    d = features.shape[-1]
    flat = torch.bmm(weights.reshape(tasks, -1, d), features.mT)
    return flat.view(tasks, points, runs, size // d, -1)


def _only(of: Tasks, tasks: Tensor) -> Tasks:
    chosen = {f.name: getattr(of, f.name) for f in fields(of)}
    tensors: dict[str, Any] = {name: value[tasks] for name, value in chosen.items() if isinstance(value, Tensor)}
    if isinstance(of, Instants):
        tensors["clock"] = of.clock.of(tasks)
    return replace(of, **tensors)
