"""False variants of every bound: the controls that a trial must refute, or else it would refute nothing.

Each mutant is a slip that people make: a factor lost, n for n², a root forgotten, the wrong convention, an assumption
left out. A variant that is never below its bound, or that is provably true all the same, is no control; it is marked
with the reason and not counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np

from theory.bound import Bound, Constants, Deletion, Floats
from theory.example import inside
from theory.interval import Interval

Value = float | Floats | Interval
Change = Callable[[Constants], Constants]

LEFT_OUT = ("step rule", "full batch", "zero start")  # the others have no task outside, or no formula there
CUT = 0.9  # of the tightest ratio seen: below it, so that a task of that kind refutes the cut bound


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """`false` is `bound` with the slip called `name`.

    harmless  why it is true all the same, else empty
    open      whether it only leaves an assumption out: that makes it unproved, and nobody knows if it is false
    """

    bound: Bound
    name: str
    about: str
    false: Bound
    harmless: str = ""
    open: bool = False


def mutants_of(bounds: Sequence[Bound], tightest: Mapping[tuple[str, str], float]) -> list[Mutant]:
    """Every slip on every bound. `tightest` holds the largest measured/bound seen, by (id, quantity)."""
    return [mutant for bound in bounds for mutant in _mutants(bound, tightest.get((bound.id, bound.quantity), 0.0))]


def _mutants(bound: Bound, tightest: float) -> list[Mutant]:
    slips = [
        (name, about, _of_constants(bound, change)) for name, about, change in _CONSTANTS if _matters(bound, change)
    ]
    slips += [(name, about, _of_value(bound, change)) for name, about, change in _VALUES]
    if tightest > 0:
        cut = CUT * tightest if bound.kind == "sure" else 0.5 * tightest
        slips.append(("cut", f"the constant cut to {cut:.3g} of itself", _of_value(bound, lambda v: cut * v)))
    for left_out in (a for a in bound.assumptions if a.name in LEFT_OUT):
        rest = tuple(a for a in bound.assumptions if a is not left_out)
        slips.append((f"without {left_out.name}", "the assumption left out", replace(bound, assumptions=rest)))
    return [
        Mutant(
            bound=bound,
            name=name,
            about=about,
            false=replace(false, id=f"{bound.id}~{name}"),
            open=len(false.assumptions) < len(bound.assumptions),
            harmless=_HARMLESS.get((bound.id, bound.quantity, name), ""),
        )
        for name, about, false in slips
    ]


def _matters(bound: Bound, change: Change) -> bool:
    """Whether what the slip changes is in the formula at all, under either convention, for two classes or three."""
    settings = [
        replace(example, deletion=deletion, classes=classes, slope=slope, heads=3, l2=l2)
        for example in inside(bound)
        for deletion in get_args(Deletion)
        for classes, slope in ((2, 1.0), (3, float(np.sqrt(2))))
        for l2 in {example.l2, 0.1}
    ]
    own, slipped = (_of_constants(bound, c).formula for c in (lambda c: c, change))
    try:
        return any(not np.array_equal(_numbers(own(c)), _numbers(slipped(c))) for c in settings)
    except Exception:  # a formula may be anybody's code: where it cannot be evaluated here, it is tried on tasks
        return True


def _numbers(value: Value) -> Floats:
    return np.asarray([value.low, value.high] if isinstance(value, Interval) else value, np.float64)


def _of_constants(bound: Bound, change: Change) -> Bound:
    def formula(c: Constants) -> Value:
        value = bound.formula(change(c))
        # a formula may make its array from n itself
        return value[: c.samples] if isinstance(value, np.ndarray) and np.ndim(value) else value

    return replace(bound, formula=formula)


def _of_value(bound: Bound, change: Callable[[float | Floats], float | Floats]) -> Bound:
    def formula(c: Constants) -> Value:
        value = bound.formula(c)
        if isinstance(value, Interval):
            return Interval(value=change(value.value), low=change(value.low), high=change(value.high))
        return change(value)

    return replace(bound, formula=formula)


def _squared(interval: Interval | None) -> Interval | None:
    if interval is None:
        return None
    return Interval(value=interval.value**2, low=interval.low**2, high=interval.high**2)


def _swapped(c: Constants) -> Constants:
    return replace(c, deletion="dropped" if c.deletion == "reweighted" else "reweighted")


def _from_zero(c: Constants) -> Constants:
    return replace(c, distance=c.weight_norm, travel=c.weight_norm, twin_travel=c.twin_norm)


def _no_turn(c: Constants) -> Constants:
    return replace(c, twin_distance=0.0, twin_turn=0.0, twin_loss_changes=np.zeros_like(c.sample_norms))


_CONSTANTS: tuple[tuple[str, str, Change], ...] = (
    ("n²", "n² where n stands", lambda c: replace(c, samples=c.samples**2)),
    ("γ²", "γ² where γ stands", lambda c: replace(c, margin=_squared(c.margin), angular_margin=_squared(c.angular_margin))),
    ("no B", "the norms of the samples forgotten", lambda c: replace(c, sample_norms=np.ones_like(c.sample_norms))),
    ("other convention", "reweighted for dropped and the other way round", _swapped),
    ("no κ", "the √2 of the softmax loss forgotten", lambda c: replace(c, classes=2, slope=1.0)),
    ("t − 1", "one step too few", lambda c: replace(c, steps=max(c.steps - 1, 0))),
    ("2λ", "λ‖w‖² taken for λ‖w‖²/2", lambda c: replace(c, l2=2 * c.l2)),
    ("H²", "H² where H stands", lambda c: replace(c, heads=c.heads**2)),
    ("d = 1", "the dimension forgotten", lambda c: replace(c, dimension=1)),
    ("from 0", "‖w_t‖ for ‖w_t − w_0‖", _from_zero),
    ("no turn", "what all replicas share forgotten", _no_turn),
)  # fmt: skip

_VALUES: tuple[tuple[str, str, Callable[[float | Floats], float | Floats]], ...] = (
    ("half", "a factor 2 lost", lambda v: 0.5 * v),
    ("root", "a root too many", np.sqrt),
    ("square", "a root forgotten", np.square),
)

_HARMLESS: Mapping[tuple[str, str, str], str] = {
    ("efron-stein", "resample-variance", "root"): "true: a direction's variance is at most 1, and √v ≥ min(v, 1)",
}
