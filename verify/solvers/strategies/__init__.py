"""Strategies that are to stabilise fine-tuning, as parts that fit in anyone's training loop."""

from verify.solvers.strategies.formulas import (
    class_mean_penalty,
    distance_penalty,
    masked_reconstruction_loss,
    mixed_out,
)

__all__ = ["class_mean_penalty", "distance_penalty", "masked_reconstruction_loss", "mixed_out"]
