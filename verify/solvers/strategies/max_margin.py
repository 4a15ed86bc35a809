"""MMR: a penalty that pushes the class means of the features apart.

Source: Fu, So & Collier 2023 (arXiv:2301.09820), maximal margin regulariser.
"""

import torch
from torch import Tensor, nn

from verify.solvers.strategies.door import labelled, size
from verify.solvers.strategies.formulas import class_mean_penalty

IGNORED = -100  # the label of a sample that does not count, as in torch's cross-entropy


class MaxMarginRegularizer(nn.Module):
    """strength/(1 + ‖μ_+ − μ_−‖), to be added to the loss of a batch; for more classes the mean over the pairs present.

    A batch of one class, or of none, has no pair: the penalty is 0, and its gradient too. 0 ≤ penalty ≤ strength.
    """

    def __init__(self, strength: float = 1.0) -> None:
        super().__init__()
        self.strength = size("strength", strength)

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """The penalty (), of features (…, h) and labels (…): any whole numbers, −100 for a sample that does not count."""
        labelled(features, labels)
        counts = labels != IGNORED
        classes, members = torch.unique(labels[counts], return_inverse=True)  # in a batch there are few, whatever K is
        return self.strength * class_mean_penalty(features[counts], members, None, max(1, len(classes)))
