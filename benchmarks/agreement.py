"""No peer is timed before its answer is ours."""

import numpy as np

from benchmarks.peers import TOLERANCES, WrongAnswer
from benchmarks.problem import Array, Problem


def apart(found: Array, wanted: Array) -> float:
    """The largest ‖w − wanted‖/‖wanted‖ over all replicas."""
    return float((np.linalg.norm(found - wanted, axis=-1) / np.linalg.norm(wanted, axis=-1)).max())


def check(name: str, found: Array, problem: Problem) -> float:
    """How far a peer's replicas are from ours. Raises WrongAnswer above the tolerance of the dtype."""
    wanted = problem.solve()
    if found.shape != wanted.shape:
        raise WrongAnswer(f"{name}: {found.shape} instead of {wanted.shape}")
    error, allowed = apart(found, wanted), TOLERANCES[problem.dtype]
    if not error <= allowed:
        raise WrongAnswer(f"{name}: {problem.size} {problem.dtype}: off by {error:.2g}, allowed {allowed:.0e}")
    return error
