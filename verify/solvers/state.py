"""What a solver knows of one task after some steps, in the solver's coordinates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class State:
    """The mean over the heads, but for `heads` itself.

    heads           (H, k, d) tuned on all samples
    differences     (rows, k, d) of the replicas from them, or None
    certificates    (n,)
    gradient_bound  the largest ‖∇ℓ_i(w_s)‖ so far
    """

    step: int
    heads: Floats
    differences: Floats | None
    certificates: Floats
    gradient_bound: float
