"""What is checked before anything runs, each with one line that names the argument, the value and what would be right."""

import math
from numbers import Integral, Real

from torch import Tensor


class BadStrategy(ValueError):
    """An argument that makes no sense; the message names it, its value and what would be right."""


def whole(name: str, value: object, least: int) -> int:
    """A whole number, `least` or more, as Python's own, whatever kind was given; so it is below."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise BadStrategy(f"{name}: {value!r} must be a whole number, {least} or more")
    return int(value)


def size(name: str, value: object) -> float:
    """A finite number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, Real) or value < 0 or not value < math.inf:
        raise BadStrategy(f"{name}: {value!r} must be a finite number, 0 or more")
    return int(value) if isinstance(value, Integral) else float(value)


def share(name: str, value: object, *, positive: bool = False) -> float:
    """A number from 0 to 1, without 1, and without 0 where it must be positive."""
    right = "more than 0" if positive else "0 or more"
    if isinstance(value, bool) or not isinstance(value, Real) or value < 0 or not value < 1 or (positive and not value):
        raise BadStrategy(f"{name}: {value!r} must be {right}, and less than 1")
    return float(value)


def labelled(features: Tensor, labels: Tensor) -> None:
    """Features (…, d) with one whole number for each (…)."""
    for name, of in (("features", features), ("labels", labels)):
        if not isinstance(of, Tensor):
            raise BadStrategy(f"{name}: {type(of).__name__} must be a tensor")
    if features.ndim < 2 or labels.shape != features.shape[:-1]:
        raise BadStrategy(
            f"labels: shape {tuple(labels.shape)} must be that of the features {tuple(features.shape)} without the last axis"
        )
    if labels.is_floating_point() or labels.is_complex():
        raise BadStrategy(f"labels: {labels.dtype} must be whole numbers")
