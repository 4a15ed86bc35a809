"""Intervals [s, s + h] of ln k, one a task, with what collocation on them needs, as tensors on one device."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from verify.solvers.collocation import Collocation
from verify.solvers.motion import Motion

Floats = NDArray[np.float64]

COLLOCATION = Collocation(10)


@dataclass(frozen=True, eq=False)
class Strides:
    """T strides from `start` over `length`, (T,) each, in s = ln k."""

    start: Floats
    length: Floats
    device: torch.device

    def of(self, tasks: NDArray[np.bool_]) -> "Strides":
        """Those of these tasks alone."""
        return Strides(self.start[tasks], self.length[tasks], self.device)

    @property
    def end(self) -> Floats:
        """(T,)."""
        return self.start + self.length

    @cached_property
    def h(self) -> Tensor:
        """(T,) the lengths."""
        return self._on(self.length)

    @cached_property
    def middle(self) -> Tensor:
        """(T, 1) times halfway."""
        return self._on((self.start + self.length / 2)[:, None])

    @cached_property
    def nodes(self) -> Tensor:
        """(T, S) times of the stages."""
        return self._on(self.start[:, None] + COLLOCATION.nodes * self.length[:, None])

    @cached_property
    def between(self) -> Tensor:
        """(T, S + 1) times between the stages."""
        return self._on(self.start[:, None] + COLLOCATION.between * self.length[:, None])

    @cached_property
    def steps(self) -> Tensor:
        """(T, S, S + 1) values to what one step adds, times k, at the stages."""
        return self._on(COLLOCATION.at_nodes(self.start, self.length))

    @cached_property
    def steps_between(self) -> Tensor:
        """(T, S + 1, S + 1) the same between the stages."""
        return self._on(COLLOCATION.at_between(self.start, self.length))

    def onward(self, ways: Floats, ahead: Tensor) -> Tensor:
        """(T, len ways, …) values at `ways` of the strides, by Taylor coefficients in s at their start, `ahead` (T, Q, …)."""
        powers = (self.length[:, None] * ways)[..., None] ** np.arange(ahead.shape[1])
        return torch.bmm(self._on(powers), ahead.flatten(2)).view(len(ahead), len(ways), *ahead.shape[2:])

    def ahead(self, task: int, values: Tensor) -> Tensor:
        """Of a task's values (S + 1, …) the first Taylor coefficients in s at the end, (Q, …)."""
        scale = self.length[task] ** -np.arange(float(len(COLLOCATION.at_end)))
        return torch.tensordot(self._on(scale[:, None] * COLLOCATION.at_end), values, 1)

    def inside(self, values: Tensor) -> Tensor:
        """Values (T, S + 1, …) to those between the stages, (T, S + 1, …)."""
        return (self._on(COLLOCATION.interpolation(COLLOCATION.between)) @ values.flatten(2)).view_as(values)

    def hull(self, values: Tensor) -> Tensor:
        """Values (T, S + 1, …) to Bernstein coefficients, whose convex hull the polynomials do not leave."""
        return (self._on(COLLOCATION.bernstein) @ values.flatten(2)).view_as(values)

    def at(self, task: int, s: float, values: Tensor) -> Tensor:
        """A task's values (S + 1, …) to the one at time s."""
        x = np.array([(s - self.start[task]) / self.length[task]])
        return torch.tensordot(self._on(COLLOCATION.interpolation(x)[0]), values, 1)

    def integral(self, sizes: Tensor) -> Tensor:
        """∫ ds of sizes (T, S + 1, …) between the stages."""
        total = torch.zeros_like(sizes[:, 0])
        for point, weight in enumerate(COLLOCATION.weights):  # a product would round by how many tasks there are
            total += sizes[:, point] * weight
        return total * _like(self.h, total)

    def left(self, sizes: Tensor, motion: Motion) -> Tensor:
        """What is left at the end of additions (T, S + 1, …): their integral, and what l2 lets them leave if that is less.

        ∫ (1−ηλ)^(k_end − k) ds ≤ 1/(ηλk_start) under the step rule. A defect is largest at the start of a stride, where it is
        not looked at: 3.85 times what it is at the points that are.
        """
        kept = torch.exp(-self._on(self.start)) / (motion.step_sizes * motion.l2)
        most = 4 * sizes.amax(dim=1)
        return torch.fmin(self.integral(sizes), most * _like(kept, most))  # not minimum: without l2 this may be 0·∞

    def _on(self, values: Floats) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)


def _like(tasks: Tensor, values: Tensor) -> Tensor:
    return tasks.view(-1, *[1] * (values.dim() - 1))
