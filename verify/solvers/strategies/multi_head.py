"""MHLoss: many linear heads on shared features, trained by the mean of their losses; their mean is the prediction.

The heads are linear, so their mean is one linear layer again: `collapse` gives it, and nothing of the many is left behind.
Source: Fu, So & Collier 2023 (arXiv:2301.09820), multi-head loss.
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from verify.solvers.strategies.door import BadStrategy, labelled, size, whole

LossOfLogits = Callable[[Tensor, Tensor], Tensor]


class MultiHeadLoss(nn.Module):
    """H heads of K logits on d features, each with a bias.

    features, classes, heads   d, K and H, 1 or more; two classes may be K = 2 with the loss given
    loss        of logits (N, K) and labels (N,), a mean over the samples; cross-entropy unless another is given, with its
                labels 0 … K − 1, and −100 for a sample that does not count
    init_scale  σ of Gaussian weights, with biases 0; None starts each head as nn.Linear does, uniform in ±1/√d.
                The heads are independent draws; with σ = 0 all stay the same head
    generator   of the start; torch's global one without

    weight (H, K, d) and bias (H, K) are its parameters. A head's gradient is 1/H of what it alone would have: under plain
    SGD the mean head goes H times slower than a single head, unless the heads' step is made H times larger. Adam does not care.
    """

    def __init__(
        self,
        features: int,
        classes: int,
        heads: int,
        *,
        loss: LossOfLogits = nn.functional.cross_entropy,
        init_scale: float | None = None,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        features, classes, heads = (
            whole("features", features, 1),
            whole("classes", classes, 1),
            whole("heads", heads, 1),
        )
        self.loss = loss
        self.weight = nn.Parameter(torch.empty(heads, classes, features))
        self.bias = nn.Parameter(torch.zeros(heads, classes))
        if init_scale is None:
            for parameter in (self.weight, self.bias):
                nn.init.uniform_(parameter, -(features**-0.5), features**-0.5, generator=generator)
        else:
            nn.init.normal_(self.weight, std=size("init_scale", init_scale), generator=generator)

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """The mean over the heads of their mean losses, (), of features (…, d) and labels (…)."""
        labelled(features, labels)
        heads = len(self.weight)
        every = nn.functional.linear(features, self.weight.flatten(0, 1), self.bias.flatten())
        # as many labels for each head, so that the mean over all is the mean over heads of the means over samples
        classes = self.weight.shape[1]
        try:
            return self.loss(every.reshape(-1, classes), labels.long().reshape(-1).repeat_interleave(heads))
        except IndexError as error:  # cross-entropy's own; to look at labels beforehand would keep a GPU waiting
            if self.loss is not nn.functional.cross_entropy:
                raise
            raise BadStrategy(f"labels: must be whole numbers from 0 to {classes - 1}, or -100; {error}") from None

    def logits(self, features: Tensor) -> Tensor:
        """Those of the mean head, (…, K)."""
        return nn.functional.linear(features, self.weight.mean(dim=0), self.bias.mean(dim=0))

    @torch.no_grad()
    def collapse(self) -> nn.Linear:
        """The mean head as a layer of its own, with the same logits bit for bit."""
        _, classes, features = self.weight.shape
        head = nn.Linear(features, classes, device=self.weight.device, dtype=self.weight.dtype)
        head.weight.copy_(self.weight.mean(dim=0))
        head.bias.copy_(self.bias.mean(dim=0))
        return head
