"""The arithmetic of the strategies, for one model and for a stack of models alike.

(*S,) are leading axes, none for one model; every function gives one number for each of their indices. Of the arguments
only what differs between the models needs them: the rest broadcasts. Half precision is summed in float32: a whole class, a
whole batch or all of a model would overflow, or round away what is to be seen. The result is float32 then.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def class_mean_penalty(features: Tensor, labels: Tensor, weights: Tensor | None, classes: int) -> Tensor:
    """The mean of 1/(1 + ‖μ_a − μ_b‖) over the pairs of classes that are present, 0 where there is no pair.

    features  (*S, n, h)
    labels    (n,) or (*S, n), whole numbers 0 … classes − 1
    weights   (n,) or (*S, n), ≥ 0: μ are weighted means, and weight 0 leaves a sample out; None weighs all alike

    Gradients are finite everywhere; where two means coincide the one of their distance is taken as 0, of its subgradients.
    Source: Fu, So & Collier 2023, maximal margin regulariser (two classes); the mean over pairs is this project's.
    """
    features = _summable(features)
    member = torch.nn.functional.one_hot(labels, classes).to(features.dtype)
    if weights is not None:
        member = member * _summable(weights)[..., None]
    total = member.sum(dim=-2)
    present = total > 0
    with torch.autocast(features.device.type, enabled=False):  # which would sum in half precision again
        means = member.mT @ features / torch.where(present, total, 1.0)[..., None]
    a, b = torch.triu_indices(classes, classes, offset=1, device=features.device)
    closeness = 1 / (1 + torch.linalg.vector_norm(means[..., a, :] - means[..., b, :], dim=-1))
    pairs = present[..., a] & present[..., b]
    return torch.where(pairs, closeness, 0.0).sum(dim=-1) / pairs.sum(dim=-1).clamp(min=1)


def mixed_out(weight: Tensor, start: Tensor, mask: Tensor, rate: float) -> Tensor:
    """The start where the mask is, elsewhere the weight moved on so that the mean over masks is the weight.

    w' = (m w_0 + (1 − m) w − p w_0)/(1 − p), elementwise, for a mask m drawn with probability p = `rate`, 0 ≤ p < 1; in a
    form that is exactly w_0 under the mask, and exactly w without one at p = 0.
    Source: Lee, Cho & Kang 2020 (arXiv:1909.11299).
    """
    return torch.where(mask, start, weight + (weight - start) * (rate / (1 - rate)))


def masked_reconstruction_loss(outputs: Tensor, inputs: Tensor, mask: Tensor) -> Tensor:
    """The mean of (output − input)² over the masked entries of the last two axes, 0 where nothing is masked.

    outputs, inputs (*S, n, d);  mask (*S, n, d) bool;  result (*S,)
    """
    squares = torch.where(mask, _summable(outputs) - _summable(inputs), 0.0).square()
    return squares.sum(dim=(-2, -1)) / mask.sum(dim=(-2, -1)).clamp(min=1)


def distance_penalty(parameters: Sequence[Tensor], starts: Sequence[Tensor], *, leading: int = 1) -> Tensor:
    """½ Σ ‖θ − θ_0‖² over all tensors of a model.

    parameters, starts  pairwise of one shape, the first `leading` axes of which count the models: 0 for one model
    Source: Li, Grandvalet & Davoine 2018 (arXiv:1802.01483), L2-SP.
    """
    squares = [(_summable(now) - _summable(start)).square() for now, start in zip(parameters, starts, strict=True)]
    return 0.5 * torch.stack([s.reshape(*s.shape[:leading], -1).sum(dim=-1) for s in squares]).sum(dim=0)


def _summable(tensor: Tensor) -> Tensor:
    """In float32 at least."""
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor
