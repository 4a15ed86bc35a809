"""Strategies that are to stabilise fine-tuning, as parts that fit in anyone's training loop."""

from verify.solvers.strategies.baselines import Mixout, freeze, l2_to_start, mixout, noisy, without_mixout
from verify.solvers.strategies.door import BadStrategy
from verify.solvers.strategies.formulas import (
    class_mean_penalty,
    distance_penalty,
    masked_reconstruction_loss,
    mixed_out,
)
from verify.solvers.strategies.masking import MaskedFeatures, MaskedTokens
from verify.solvers.strategies.max_margin import MaxMarginRegularizer
from verify.solvers.strategies.multi_head import MultiHeadLoss
from verify.solvers.strategies.retraining import RetrainingDiverged, self_unsupervised_retraining

__all__ = [
    "BadStrategy",
    "MaskedFeatures",
    "MaskedTokens",
    "MaxMarginRegularizer",
    "Mixout",
    "MultiHeadLoss",
    "RetrainingDiverged",
    "class_mean_penalty",
    "distance_penalty",
    "freeze",
    "l2_to_start",
    "masked_reconstruction_loss",
    "mixed_out",
    "mixout",
    "noisy",
    "self_unsupervised_retraining",
    "without_mixout",
]
