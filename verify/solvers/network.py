"""A stack of small networks: T tasks side by side, R members of each, on the samples of their task.

Parameters have leading axes (T, R), values in between are (T, R, features, samples). What the members of a task share has
1 in place of R, and is never copied: the weights of all its members are then the rows of one matrix in one product.

Gradients are by hand: the sum over members has each one's own gradient, and two products a layer give it in about half the
time that autograd takes on networks this small, and 0.4 of that of torch.func.vmap (`python -m benchmarks networks`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
    """The gradient of what lies below a layer, W^T pull; of a layer of one output it is an outer product."""
    return weight.mT * pull if weight.shape[2] == 1 else torch.matmul(weight.mT, pull)


def pull_back(layers: Sequence[Tensor], levels: Sequence[Tensor], pull: Tensor, into: "Parts") -> None:
    """The gradients of an encoder's layers into `into`, from that of the last features (T, R, h, n), which is overwritten.

    layers  the weights that `encoded` made the levels with
    """
    for level in reversed(range(len(layers))):
        above = levels[level + 1]
        torch.ops.aten.tanh_backward.grad_input(pull, above, grad_input=pull)  # pull·(1 − φ²)
        gradient_of(into.weights[level], into.biases[level], pull, levels[level])
        if level:
            pull = pulled_below(layers[level], pull)


@dataclass(frozen=True)
class Parts:
    """Tensors that lie one after the other in `whole` (a vector), so that one update moves all of them.

    weights, biases  of the layers, the heads' last
    """

    whole: Tensor
    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]

    def copy(self) -> "Parts":
        """The same numbers in a vector of their own."""
        return parts([tensor for layer in zip(self.weights, self.biases, strict=True) for tensor in layer])


def parts(tensors: Sequence[Tensor]) -> Parts:
    """Copies of W_1, b_1, W_2, b_2, … as parts of one vector."""
    whole = torch.cat([tensor.reshape(-1) for tensor in tensors])
    pieces = torch.split(whole, [tensor.numel() for tensor in tensors])
    views = [piece.view(tensor.shape) for piece, tensor in zip(pieces, tensors, strict=True)]
    return Parts(whole, tuple(views[::2]), tuple(views[1::2]))


def rows_of(layers: Parts) -> Tensor:
    """(T, R, P): each network as one row, layer by layer weights, then biases."""
    return torch.cat(
        [of.flatten(2) for layer in zip(layers.weights, layers.biases, strict=True) for of in layer], dim=-1
    )
