"""An interval: a value between two ends, one number or one a sample."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Interval:
    """`low ≤ truth ≤ high`, with `value` the best estimate; three floats, or three arrays of one shape.

    For a computed number the ends carry the rounding and solver error; for an estimate over draws also the
    statistical error, at the level that its maker states.
    """

    value: float | Floats
    low: float | Floats
    high: float | Floats


def around(value: float | Floats, error: float | Floats) -> Interval:
    """value ± error."""
    return Interval(value=value, low=value - error, high=value + error)
