"""Older ways to steady fine-tuning, to compare with: stay near the start, mix the start in, noise, frozen layers.

Plain l2 (the optimizer's weight_decay), more steps and smaller ones need no part of their own.
"""

from collections.abc import Callable
from typing import cast

from torch import Generator, Tensor, nn
from torch.nn.utils import parametrize

from verify.solvers.strategies.door import BadStrategy, share, size
from verify.solvers.strategies.draws import normal, uniform
from verify.solvers.strategies.formulas import distance_penalty, mixed_out


def l2_to_start(model: nn.Module, strength: float) -> Callable[[], Tensor]:
    """L2-SP: the penalty λ/2 ‖θ − θ_0‖² (), to be added to the loss, with the model's trainable parameters now as θ_0.

    Call it for the pre-trained encoder, without a head that starts at random, when it is on its device.
    Source: Li, Grandvalet & Davoine 2018 (arXiv:1802.01483).
    """
    strength = size("strength", strength)
    parameters = [p for p in model.parameters() if p.requires_grad]
    if not parameters:
        raise BadStrategy("model: no parameter requires a gradient, so none can leave its start")
    starts = [p.detach().clone() for p in parameters]
    return lambda: strength * distance_penalty(parameters, starts, leading=0)


class Mixout(nn.Module):
    """In training each entry of a parameter is with probability `rate` its start, corrected to be right in the mean."""

    start: Tensor

    def __init__(self, start: Tensor, rate: float, generator: Generator | None) -> None:
        super().__init__()
        self.rate, self.generator = share("rate", rate), generator
        self.register_buffer("start", start.detach().clone())

    def forward(self, weight: Tensor) -> Tensor:
        """The mixed parameter in training, the parameter itself in evaluation."""
        if not self.training:
            return weight
        return mixed_out(weight, self.start, uniform(weight, self.generator) < self.rate, self.rate)


def mixout(model: nn.Module, rate: float, *, generator: Generator | None = None) -> None:
    """Mixes the weights of every linear layer of `model`, in place, with what they are now.

    A mask is drawn whenever a layer runs. The parameters stay the same objects, so an optimizer keeps them.
    Source: Lee, Cho & Kang 2020 (arXiv:1909.11299), who draw one number for each input of a layer in place of each entry.
    """
    layers = _linear(model)
    if not layers:
        raise BadStrategy("model: it has no linear layer to mix")
    for name, layer in layers.items():
        kinds = _parametrised_by(layer)
        if kinds == ["Mixout"]:
            raise BadStrategy(f"model: the weight of layer {name!r} is mixed already; call without_mixout first")
        if kinds or not isinstance(layer.weight, nn.Parameter):
            by = ", ".join(kinds) or "a hook"
            raise BadStrategy(f"model: the weight of layer {name!r} must be a plain parameter; it is made by {by}")
    for layer in layers.values():
        parametrize.register_parametrization(layer, "weight", Mixout(layer.weight, rate, generator))


def without_mixout(model: nn.Module) -> None:
    """Takes `mixout` off again, in place: plain layers with the weights as trained; layers without it stay as they are.

    Raises BadStrategy, and takes nothing off, where a weight is parametrised by more than mixout.
    """
    mixed = {name: layer for name, layer in _linear(model).items() if "Mixout" in _parametrised_by(layer)}
    for name, layer in mixed.items():
        if len(kinds := _parametrised_by(layer)) > 1:
            by = ", ".join(kinds)
            raise BadStrategy(
                f"model: the weight of layer {name!r} must be parametrised by Mixout alone; it is by {by}"
            )
    for layer in mixed.values():
        cast(nn.ModuleDict, layer.parametrizations)["weight"].eval()  # so that what is left is not a mixture
        parametrize.remove_parametrizations(layer, "weight")


def _linear(model: nn.Module) -> dict[str, nn.Linear]:
    """By name."""
    return {name: layer for name, layer in model.named_modules() if isinstance(layer, nn.Linear)}


def _parametrised_by(layer: nn.Linear) -> list[str]:
    """The kinds of what makes its weight, nothing for a plain parameter."""
    if not parametrize.is_parametrized(layer, "weight"):
        return []
    return [type(each).__name__ for each in cast(nn.ModuleDict, layer.parametrizations)["weight"].children()]


def noisy(inputs: Tensor, sigma: float, generator: Generator | None = None) -> Tensor:
    """The inputs (any shape, floats) plus Gaussian noise of deviation `sigma`; of a text these are its embeddings."""
    return inputs + size("sigma", sigma) * normal(inputs, generator)


def freeze(model: nn.Module, *layers: str) -> None:
    """The parameters of these submodules, by name as in `named_modules`, are no longer trained."""
    known = dict(model.named_modules())
    for name in layers:
        if name not in known:
            raise BadStrategy(f"layers: {name} is no submodule of the model; its named_modules() lists them")
    for name in layers:
        known[name].requires_grad_(False)
