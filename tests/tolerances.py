"""Every tolerance of the tests: one table, by dtype and by purpose.

Relative to the size of what is compared, unless the name says otherwise. The float32 column is for the differences of
the replicas; the run on all samples, its certificates and its margins are float64 under either dtype.
"""

from typing import Literal

Dtype = Literal["float64", "float32"]

TOLERANCES: dict[str, dict[Dtype, float]] = {
    "weights": {"float64": 1e-12, "float32": 1e-12},  # the head, against either oracle
    "instability": {"float64": 1e-12, "float32": 2e-5},  # ‖Δ_i‖, each relative to itself
    "certificate": {"float64": 1e-12, "float32": 1e-12},  # c_i, each relative to itself
    "vectors": {"float64": 1e-9, "float32": 1e-4},  # the stored cases, thousands of steps
    "minimiser": {"float64": 1e-7, "float32": 1e-7},  # scikit-learn and scipy stop at their own gradient
    "symmetry": {"float64": 1e-9, "float32": 1e-4},  # scaled, permuted and rotated copies of one task
    "margin": {"float64": 1e-9, "float32": 1e-9},  # width and error, down to γ = B/1000
    "margin-loose": {"float64": 1e-4, "float32": 1e-4},  # against general-purpose optimisers
    "smoothness": {"float64": 1e-12, "float32": 1e-12},  # against eigenvalues of every risk
    "formula": {"float64": 1e-13, "float32": 1e-13},  # one expression against another
    "worst case": {"float64": 1e-6, "float32": 1e-6},  # a recorded ratio on another machine
    "attained": {"float64": 1e-9, "float32": 1e-9},  # a bound met with equality
    "embedding": {"float64": 1e-6, "float32": 1e-6},  # of unit length, computed in float32 in other batches
    "semidefinite": {"float64": 1e-5, "float32": 1e-5},  # an interior-point solver's digits
}


def tolerance(purpose: str, dtype: Dtype = "float64") -> float:
    """The tolerance for `purpose` in `dtype`."""
    return TOLERANCES[purpose][dtype]
