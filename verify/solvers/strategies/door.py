"""What is checked before anything runs, each with one line that names the argument, the value and what would be right."""

import math

from torch import Tensor


class BadStrategy(ValueError):
    """An argument that makes no sense; the message names it, its value and what would be right."""


def whole(name: str, value: object, least: int) -> None:
    """A whole number, `least` or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise BadStrategy(f"{name}: {value} must be a whole number, {least} or more")


def size(name: str, value: object) -> None:
    """A finite number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise BadStrategy(f"{name}: {value} must be a finite number, 0 or more")


def share(name: str, value: object, *, positive: bool = False) -> None:
    """A number from 0 to 1, without 1, and without 0 where it must be positive."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1 or (positive and not value):
        raise BadStrategy(f"{name}: {value} must be {'more than 0' if positive else '0 or more'}, and less than 1")


def labelled(features: Tensor, labels: Tensor) -> None:
    """Features (…, d) with one whole number for each (…)."""
    if features.ndim < 2 or labels.shape != features.shape[:-1]:
        raise BadStrategy(
            f"labels: shape {tuple(labels.shape)} must be that of the features {tuple(features.shape)} without the last axis"
        )
    if labels.is_floating_point() or labels.is_complex():
        raise BadStrategy(f"labels: {labels.dtype} must be whole numbers")
