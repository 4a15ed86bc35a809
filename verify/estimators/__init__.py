"""Heads for scikit-learn that know how far they would move without any one of their samples.

Torch and the compiled solver are imported by the first `fit`.
"""

from verify.estimators.max_margin import MaxMarginClassifier
from verify.estimators.stable_head import StableHeadClassifier

__all__ = ["MaxMarginClassifier", "StableHeadClassifier"]
