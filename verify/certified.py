"""What the bounds of the catalogue certify about one head: the tightest of all that apply."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory.bound import Bound, Constants, Unknown
from theory.catalogue import BUILT_IN
from theory.directions import chord
from theory.interval import Interval
from verify.replica_fit import ReplicaFit
from verify.tuning import HeadTuning

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Certified:
    """A certified value, one number or (n,), and the id of the bound that gave it (one a sample: that of the smallest mean)."""

    value: Floats
    bound: str


def why_no_certificate(fit: ReplicaFit, tuning: HeadTuning) -> str | None:
    """Why the theorem of `one-run` says nothing of this run; None where it applies."""
    if np.isinf(fit.smoothness):
        return f"the {tuning.loss} loss has no global smoothness"
    total = fit.smoothness + 2 * tuning.l2
    largest = 2 / total if total > 0 else np.inf
    if fit.step_size > largest:
        slack = 1 - fit.step_size / largest
        return f"the step {fit.step_size:.6g} is above 2/(β+2λ) = {largest:.6g}; slack {slack:.3g}"
    return None


def turns(fit: ReplicaFit, step: int = -1) -> Floats | None:
    """(n,) chord(c_i/‖w‖) of one run at a snapshot; None where the head is zero and has no direction."""
    snapshot = fit.snapshots[step]
    return chord(snapshot.certificates / snapshot.weight_norm) if snapshot.weight_norm > 0 else None


def each(constants: Constants, what: str) -> Certified | None:
    """For every sample the smallest of all sure bounds on `what`.each that apply; None where none does."""
    found = [(b.id, v) for b, v in _applicable(constants, f"{what}.each")]
    if not found:
        return None
    stacked = np.stack([v for _, v in found])
    return Certified(value=stacked.min(axis=0), bound=found[int(stacked.mean(axis=1).argmin())][0])


def mean(constants: Constants, what: str, ids: Collection[str] | None = None) -> Certified | None:
    """The smallest of the sure bounds on `what`.mean, and of the means of those on `what`.each; of `ids` alone if given."""
    found = [
        (b.id, np.asarray(v.mean())) for name in ("mean", "each") for b, v in _applicable(constants, f"{what}.{name}")
    ]
    found = [(name, v) for name, v in found if (ids is None or name in ids) and np.isfinite(v)]
    if not found:
        return None
    name, value = min(found, key=lambda pair: float(pair[1]))
    return Certified(value=value, bound=name)


def _applicable(constants: Constants, quantity: str) -> list[tuple[Bound, Floats]]:
    """The proven bounds of this project on a quantity, inside their domains, with their values."""
    found = []
    for bound in BUILT_IN:
        if bound.quantity == quantity and bound.kind == "sure" and bound.proven:
            value = _value(bound.value, constants) if _inside(bound, constants) else None
            if value is not None:
                found.append((bound, value))
    return found


def _inside(bound: Bound, constants: Constants) -> bool:
    try:
        return all(a.holds(constants) for a in bound.assumptions)
    except Unknown:
        return False


def _value(formula: Callable[[Constants], float | Floats | Interval], constants: Constants) -> Floats | None:
    try:
        value = formula(constants)
    except Unknown:
        return None
    number = np.asarray(value.high if isinstance(value, Interval) else value, np.float64)
    return None if np.isnan(number).any() else number
