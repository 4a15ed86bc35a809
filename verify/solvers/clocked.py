"""Losses against the clock: ηk times the pull and the curvature, as exponentials that do not overflow however large k is.

`clock` is ln(ηk). On separable data the margins grow like it, so that ηk·p(m) = e^(clock − softplus(m)) stays of order
one where ηk itself has left the floats. A sample's weight ω is met as ln ω, part of its clock: a sample that a replica
does not have may be as wrong as it likes, and e^−∞ is 0.

Shapes: outputs and pulls (T, S, M, k, n) for T tasks, S points in time and M runs, k = 1 for two classes; labels (T, n);
clock ln(ωηk) (T, S, M, 1, n), or what broadcasts to it, and its exponential as long as that is a float.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import one_hot

LARGEST = 650.0  # e^LARGEST is a float, with room for what multiplies it, and for margins that are larger


@dataclass(frozen=True, eq=False)
class Clock:
    """ωηk by `time` ln(ηk) and `weight` ω, which broadcast: as a logarithm, and as long as that is a float as itself."""

    time: Tensor
    weight: Tensor
    late: bool

    @cached_property
    def log(self) -> Tensor:
        """ln(ωηk)."""
        return self.time + self.weight.log()

    @cached_property
    def value(self) -> Tensor | None:
        """ωηk, or None where it leaves the floats."""
        return None if self.late else torch.exp(self.time) * self.weight

    def of(self, tasks: Tensor) -> "Clock":
        """That of these tasks alone, by index."""
        return Clock(self.time[tasks], self.weight[tasks], self.late)


class Clocked(Protocol):
    """A convex loss of the outputs, times ηk."""

    def pull(self, outputs: Tensor, labels: Tensor, clock: Clock) -> Tensor:
        """−ωηk ∂ℓ/∂outputs, in the shape of the outputs."""

    def steepest(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """(T, H, n) an upper end of ‖∂ℓ/∂outputs‖ over the convex hull of the outputs (T, S, H, k, n)."""

    def terms(self, outputs: Tensor, labels: Tensor, clock: Clock) -> Tensor:
        """What `curvature` weighs with, (T, S, M, ·, n): one curvature is ⪰ ϱ times another where these all are."""

    def curvature(self, outputs: Tensor, labels: Tensor, clock: Clock) -> Tensor:
        """ωηk ∂²ℓ/∂outputs², (T, S, M, k, k, n)."""


class Logistic:
    """log(1 + e^−m), pull ωηk/(1 + e^m)."""

    def pull(self, outputs: Tensor, labels: Tensor, clock: Clock) -> Tensor:
        if clock.value is not None:
            return torch.div(clock.value, torch.exp(outputs).add_(1))
        push = outputs.clamp(min=-40).neg_()  # below, the quotient is e^clock to the last digit
        return torch.add(push, clock.log).exp_().div_(push.exp_().add_(1))

    def steepest(self, outputs: Tensor, labels: Tensor) -> Tensor:
        return torch.sigmoid(-outputs.amin(dim=1).squeeze(-2))

    def terms(self, outputs: Tensor, labels: Tensor, clock: Clock) -> Tensor:
        size = outputs.abs().neg_()
        return torch.add(size, clock.log).exp_().div_(size.exp_().add_(1).square_())

    def curvature(self, outputs: Tensor, labels: Tensor, clock: Clock) -> Tensor:
        return self.terms(outputs, labels, clock).unsqueeze(-2)


class Softmax:
    """−log softmax_y. The pull on y is the sum of what the others are pushed: nothing cancels where p_y is near 1."""

    def pull(self, outputs: Tensor, labels: Tensor, clock: Clock) -> Tensor:
        own = _own(outputs, labels)
        pushes = self._log_pushes(outputs, own).add_(clock.log).exp_()
        return torch.where(own, pushes.sum(dim=-2, keepdim=True), -pushes)

    def steepest(self, outputs: Tensor, labels: Tensor) -> Tensor:
        # ‖p − e_y‖ ≤ √2(1 − p_y), which grows with every other output relative to y's
        own = _own(outputs, labels)
        ahead = outputs - outputs.masked_fill(~own, 0.0).sum(dim=-2, keepdim=True)
        most = ahead.masked_fill(own, -torch.inf).amax(dim=1)
        return 2**0.5 * torch.sigmoid(torch.logsumexp(most, dim=-2))

    def terms(self, outputs: Tensor, labels: Tensor, clock: Clock) -> Tensor:
        # diag(p) − ppᵀ weighs each pair of classes by p_a p_b
        logs = torch.log_softmax(outputs, dim=-2)
        pairs = torch.combinations(torch.arange(outputs.shape[-2], device=outputs.device))
        return (logs[..., pairs[:, 0], :] + logs[..., pairs[:, 1], :]).add_(clock.log).exp_()

    def curvature(self, outputs: Tensor, labels: Tensor, clock: Clock) -> Tensor:
        own = _own(outputs, labels)
        pushes = self._log_pushes(outputs, own).add_(clock.log).exp_()
        # p_a p_b of two different classes, one of which is not y and so has a push; the diagonal makes rows sum to zero
        across = pushes.unsqueeze(-2) * torch.softmax(outputs, dim=-2).unsqueeze(-3)
        across = torch.where(own.unsqueeze(-2), across.transpose(-3, -2), across)
        across.diagonal(dim1=-3, dim2=-2).zero_()
        across = across.neg_()
        across.diagonal(dim1=-3, dim2=-2).copy_(-across.sum(dim=-2).transpose(-2, -1))
        return across

    @staticmethod
    def _log_pushes(outputs: Tensor, own: Tensor) -> Tensor:
        return torch.log_softmax(outputs, dim=-2).masked_fill(own, -torch.inf)


class Squared:
    """(1 − m)²/2."""

    def pull(self, outputs: Tensor, labels: Tensor, clock: Clock) -> Tensor:
        return (1 - outputs) * torch.exp(clock.log)

    def steepest(self, outputs: Tensor, labels: Tensor) -> Tensor:
        return (1 - outputs).abs().amax(dim=1).squeeze(-2)

    def terms(self, outputs: Tensor, labels: Tensor, clock: Clock) -> Tensor:
        return torch.exp(clock.log).expand_as(outputs)

    def curvature(self, outputs: Tensor, labels: Tensor, clock: Clock) -> Tensor:
        return torch.exp(clock.log).unsqueeze(-2).expand_as(outputs.unsqueeze(-2))


def clocked(loss: str, classes: int) -> Clocked:
    """The loss of a tuning; the logistic loss of three and more classes is the softmax loss."""
    if loss == "squared":
        return Squared()
    return Logistic() if classes == 2 else Softmax()


def _own(outputs: Tensor, labels: Tensor) -> Tensor:
    """Which output is the sample's own class, (T, 1, 1, k, n)."""
    return one_hot(labels, outputs.shape[-2]).mT.bool()[:, None, None]
