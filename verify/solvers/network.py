"""A stack of small networks: T tasks side by side, R members of each, on the samples of their task.

Parameters have leading axes (T, R), values in between are (T, R, features, samples). What the members of a task share has
1 in place of R, and is never copied: the weights of all its members are then the rows of one matrix in one product.

Gradients are by hand: the sum over members has each one's own gradient, and two products a layer give it in about half the
time that autograd takes for networks as small as these (`docs/performance.md`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor


def affine(weight: Tensor, bias: Tensor, below: Tensor) -> Tensor:
    """W x + b, (T, R, o, n), for weight (T, R, o, i), bias (T, R, o), below (T, 1 or R, i, n)."""
    stack = below.shape[0] * below.shape[1]
    rows = weight.reshape(stack, -1, weight.shape[-1])
    above = torch.baddbmm(bias.reshape(stack, -1, 1), rows, below.reshape(stack, *below.shape[2:]))
    return above.view(*bias.shape, -1)


def encoded(weights: Sequence[Tensor], biases: Sequence[Tensor], inputs: Tensor) -> list[Tensor]:
    """The inputs and the features above each layer, the last ones last."""
    levels = [inputs]
    for weight, bias in zip(weights, biases, strict=True):
        levels.append(affine(weight, bias, levels[-1]).tanh_())
    return levels


def gradient_of(weight: Tensor, bias: Tensor, pull: Tensor, below: Tensor) -> None:
    """∂/∂W and ∂/∂b into weight and bias, from the gradient of the layer's values (T, R, o, n)."""
    stack = below.shape[0] * below.shape[1]
    rows = pull.reshape(stack, -1, pull.shape[-1])
    torch.bmm(rows, below.reshape(stack, *below.shape[2:]).mT, out=weight.view(stack, -1, weight.shape[-1]))
    torch.sum(pull, dim=-1, out=bias)


def pulled_below(weight: Tensor, pull: Tensor) -> Tensor:
    """The gradient of what lies below a layer, W^T pull."""
    return torch.matmul(weight.mT, pull)


def pulled_through(pull: Tensor, features: Tensor) -> Tensor:
    """The gradient before the tanh, in place: pull·(1 − φ²)."""
    return torch.ops.aten.tanh_backward.grad_input(pull, features, grad_input=pull)


@dataclass(frozen=True)
class Parts:
    """Tensors that lie one after the other in `whole` (a vector), so that one update moves all of them.

    weights, biases  of the layers, the heads' last
    """

    whole: Tensor
    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]


def parts(tensors: Sequence[Tensor]) -> Parts:
    """Copies of W_1, b_1, W_2, b_2, … as parts of one vector."""
    whole = torch.cat([tensor.reshape(-1) for tensor in tensors])
    return parted(whole, [tuple(tensor.shape) for tensor in tensors])


def parted(whole: Tensor, shapes: Sequence[tuple[int, ...]]) -> Parts:
    """Views of a vector, one after the other."""
    pieces = torch.split(whole, [prod(shape) for shape in shapes])
    views = [piece.view(shape) for piece, shape in zip(pieces, shapes, strict=True)]
    return Parts(whole, tuple(views[::2]), tuple(views[1::2]))
