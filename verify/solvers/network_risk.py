"""What a stack of networks descends on: the risk of each member, its penalties, and the gradient of both."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from verify.networks import NetworkJob
from verify.solvers.losses import loss_named
from verify.solvers.network import Parts, affine, encoded, gradient_of, parts, pull_back, pulled_below
from verify.solvers.paired_draws import Draw
from verify.solvers.strategies import class_mean_penalty, distance_penalty, mixed_out

WHOLE = Draw(None, None, None)


class NetworkRisk:
    """Jobs of one shape and tuning, stacked: T jobs of R members each.

    start    what is trained, where it starts: layers of the encoder above the frozen ones, then the heads
    weights  (T, R, n) what a sample counts
    """

    def __init__(self, jobs: Sequence[NetworkJob], heads: np.ndarray, device: str) -> None:
        """heads (T, R, H, h): their weights at the start."""
        tuning = jobs[0].tuning
        self.tuning, self.device, self.dtype = tuning, device, getattr(torch, tuning.dtype)
        self.loss = loss_named(tuning.loss)
        self.inputs = self.tensor([job.inputs.T for job in jobs])[:, None]
        self.labels = self.tensor([job.labels for job in jobs])[:, None, None]
        self.weights = self.tensor([job.sample_weights for job in jobs])
        members = heads.shape[1]
        layers = [self._layer(jobs, level) for level in range(len(jobs[0].encoder.widths))]
        self.frozen = layers[: tuning.frozen]
        trained = [
            tensor.expand(-1, members, *tensor.shape[2:]) for layer in layers[tuning.frozen :] for tensor in layer
        ]
        weight = self.tensor(heads)
        self.start = parts([*trained, weight, weight.new_zeros(weight.shape[:-1])])
        self.encoder_size = sum(tensor.numel() for tensor in trained)

    def tensor(self, values: object) -> Tensor:
        """In the precision and on the device of the stack."""
        return torch.as_tensor(np.asarray(values), dtype=self.dtype, device=self.device)

    def below(self, inputs: Tensor) -> Tensor:
        """What enters the first trained layer, of inputs (T, 1 or R, p, n)."""
        members = inputs.shape[1]
        for weight, bias in self.frozen:
            rows = max(members, weight.shape[1])
            weights, biases = (t.expand(-1, rows, *t.shape[2:]) if members > 1 else t for t in (weight, bias))
            inputs = affine(weights, biases, inputs).tanh_()
            members = rows
        return inputs

    def gradient(self, at: Parts, into: Parts, draw: Draw = WHOLE) -> None:
        """Each member's own gradient of its penalised risk, as this step's draw sees it; l2 with AdamW is left to AdamW."""
        tuning = self.tuning
        weights = self.weights if draw.counts is None else self.weights * draw.counts
        inputs = self._seen if draw.noise is None else self.below(self.inputs + draw.noise)
        layers = self._mixed(at, draw.masks)
        levels = encoded(layers, at.biases[:-1], inputs)
        outputs = affine(at.weights[-1], at.biases[-1], levels[-1])
        pull = self.loss.pull(outputs.mul_(self.labels), self._classes).mul_(-self.labels * weights[:, :, None])
        gradient_of(into.weights[-1], into.biases[-1], pull, levels[-1])
        if layers:
            down = pulled_below(at.weights[-1], pull)
            down = down / tuning.heads if tuning.heads > 1 else down
            if tuning.margin_strength:
                down += self._margin_pull(levels[-1], weights)
            pull_back(layers, levels, down, into)
        if draw.masks is not None:
            for weight, mask in zip(into.weights, draw.masks, strict=False):
                weight.mul_(mask.logical_not()).mul_(1 / (1 - tuning.mixout))
        if tuning.l2 and tuning.optimiser != "adamw":
            into.whole.add_(at.whole, alpha=tuning.l2)
        if tuning.l2_to_start:
            own = slice(self.encoder_size)
            into.whole[own].add_(at.whole[own] - self.start.whole[own], alpha=tuning.l2_to_start)

    def value(self, at: Parts) -> Tensor:
        """(T, R): the penalised risk on all that a member sees, the mean over its heads, without mixout and noise."""
        tuning = self.tuning
        features = encoded(at.weights[:-1], at.biases[:-1], self._seen)[-1]
        outputs = affine(at.weights[-1], at.biases[-1], features)
        losses = torch.where(self.weights > 0, self._losses(outputs), 0.0)  # ∞ times 0 is no number
        value = (losses * self.weights).sum(dim=-1)
        if tuning.margin_strength and at.weights[:-1]:
            value = value + tuning.margin_strength * self._penalty(features.mT, self.weights)
        if tuning.l2 and tuning.optimiser != "adamw":
            own = (*at.weights, *at.biases)
            value = value + tuning.l2 * distance_penalty(own, [torch.zeros_like(t) for t in own], leading=2)
        if tuning.l2_to_start and at.weights[:-1]:
            own, first = ((*of.weights[:-1], *of.biases[:-1]) for of in (at, self.start))
            value = value + tuning.l2_to_start * distance_penalty(own, first, leading=2)
        return value

    def _losses(self, outputs: Tensor) -> Tensor:
        """(T, R, n): the mean over the heads."""
        margins = (outputs * self.labels)[..., None, :]  # a head has one output for two classes
        return self.loss.value(margins, self._classes).mean(dim=2)

    @cached_property
    def _seen(self) -> Tensor:
        return self.below(self.inputs)

    @cached_property
    def _classes(self) -> Tensor:
        """(T, 1, n) in {0, 1}."""
        return (self.labels[:, 0] > 0).long()

    def _mixed(self, at: Parts, masks: list[Tensor] | None) -> Sequence[Tensor]:
        if masks is None:
            return at.weights[:-1]
        rate = self.tuning.mixout
        return [mixed_out(*of, rate) for of in zip(at.weights[:-1], self.start.weights[:-1], masks, strict=True)]

    def _margin_pull(self, features: Tensor, weights: Tensor) -> Tensor:
        """The gradient of MMR by the features, (T, R, h, n)."""
        with torch.enable_grad():
            leaf = features.detach().requires_grad_()
            penalty = self.tuning.margin_strength * self._penalty(leaf.mT, weights).sum()
            return torch.autograd.grad(penalty, leaf)[0]

    def _penalty(self, features: Tensor, weights: Tensor) -> Tensor:
        return class_mean_penalty(features, self._classes, weights, 2)

    def _layer(self, jobs: Sequence[NetworkJob], level: int) -> tuple[Tensor, Tensor]:
        """Weights (T, 1 or R, o, i) and biases (T, 1 or R, o) of one layer of the encoders."""
        alone = jobs[0].encoder.members is None
        both = (self.tensor([getattr(job.encoder, name)[level] for job in jobs]) for name in ("weights", "biases"))
        weight, bias = (of[:, None] if alone else of for of in both)
        return weight, bias
