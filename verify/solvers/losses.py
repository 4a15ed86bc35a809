"""Losses as the solver needs them: the pull on each output, and how it changes when the outputs change.

A pull is −∂ℓ/∂output. Its change is computed from the difference of the outputs, never as a difference of pulls, so that
a replica which departs from the full run in the tenth digit is still known to twelve digits of its own.

Shapes: outputs and pulls (T, H, k, n), k = 1 for two classes; differences of outputs (T, H, replicas, k, n);
labels (T, n), read by softmax alone.
"""

from typing import Protocol

import torch
from torch import Tensor


class Loss(Protocol):
    """A convex loss of the outputs; `gain` scales the differences that `change` takes (a scale is free in a product)."""

    gain: float

    def value(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """ℓ, without the axis k."""

    def pull(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """−∂ℓ/∂outputs, in the shape of the outputs."""

    def change(self, scaled: Tensor, outputs: Tensor, pull: Tensor) -> Tensor:
        """pull(outputs + difference) − pull(outputs), from scaled = gain·difference, which it may overwrite."""


class Logistic:
    """log(1 + e^−m), pull p(m) = 1/(1 + e^m).

    With τ = tanh(Δ/2) and p' = p(m+Δ), the addition theorem of tanh gives p' − p = −τ(p + p'(1 − 2p)).
    """

    gain = 0.5

    def value(self, outputs: Tensor, labels: Tensor) -> Tensor:
        return torch.nn.functional.softplus(-outputs, threshold=40).squeeze(-2)

    def pull(self, outputs: Tensor, labels: Tensor) -> Tensor:
        # torch.sigmoid gives other bits at the end of an array than inside it; exp does not
        return torch.exp(outputs).add_(1).reciprocal_()

    def change(self, scaled: Tensor, outputs: Tensor, pull: Tensor) -> Tensor:
        outputs, pull = outputs.unsqueeze(2).to(scaled.dtype), pull.unsqueeze(2).to(scaled.dtype)
        moved = torch.add(outputs, scaled, alpha=2).exp_().add_(1).reciprocal_()
        return scaled.tanh_().mul_(torch.addcmul(-pull, moved, 2 * pull - 1))


class Softmax:
    """−log softmax_y, pull e_y − p.

    Softmax does not see a shift of the outputs, so Δ is taken relative to the likeliest class, where it becomes 0. With
    E = e^Δ − 1 and s = Σ p_j E_j, p_k(m+Δ) − p_k(m) = p_k(E_k − s)/(1 + s), and 1 + s ≥ 1/K.
    """

    gain = 1.0

    def value(self, outputs: Tensor, labels: Tensor) -> Tensor:
        chosen = labels[:, None, None, :].expand(*outputs.shape[:2], 1, -1)
        return -torch.log_softmax(outputs, dim=-2).gather(-2, chosen).squeeze(-2)

    def pull(self, outputs: Tensor, labels: Tensor) -> Tensor:
        at_label = torch.nn.functional.one_hot(labels, outputs.shape[-2]).mT[:, None]
        return torch.softmax(outputs, dim=-2).neg_().add_(at_label)  # in the layout of the outputs

    def change(self, scaled: Tensor, outputs: Tensor, pull: Tensor) -> Tensor:
        share = torch.softmax(outputs, dim=-2).unsqueeze(2).to(scaled.dtype)
        likeliest = share.argmax(dim=-2, keepdim=True).expand(*scaled.shape[:3], 1, -1)
        most = 700.0 if scaled.dtype == torch.float64 else 80.0  # e^most is still a float
        growth = (scaled - scaled.gather(-2, likeliest)).clamp_(max=most).expm1_()
        mean = (share * growth).sum(dim=-2, keepdim=True)
        return growth.sub_(mean).mul_(-share).div_(1 + mean)


class Exponential:
    """e^−m, which has no global smoothness."""

    gain = -1.0

    def value(self, outputs: Tensor, labels: Tensor) -> Tensor:
        return torch.exp(-outputs).squeeze(-2)

    def pull(self, outputs: Tensor, labels: Tensor) -> Tensor:
        return torch.exp(-outputs)

    def change(self, scaled: Tensor, outputs: Tensor, pull: Tensor) -> Tensor:
        return scaled.expm1_().mul_(pull.unsqueeze(2).to(scaled.dtype))


class Squared:
    """(1 − m)²/2, linear in its pull."""

    gain = -1.0

    def value(self, outputs: Tensor, labels: Tensor) -> Tensor:
        return (0.5 * (1 - outputs) ** 2).squeeze(-2)

    def pull(self, outputs: Tensor, labels: Tensor) -> Tensor:
        return 1 - outputs

    def change(self, scaled: Tensor, outputs: Tensor, pull: Tensor) -> Tensor:
        return scaled


def loss_named(name: str) -> Loss:
    """The loss of a prepared job."""
    losses: dict[str, Loss] = {
        "logistic": Logistic(), "softmax": Softmax(), "exponential": Exponential(), "squared": Squared()
    }  # fmt: skip
    return losses[name]
