"""One bound against one measurement: the verdict, with its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from theory.bound import Assumption, Bound, Constants, Unknown
from theory.interval import Interval
from theory.quantities import QUANTITIES

Floats = NDArray[np.float64]

# equality satisfies "≤": two computations of an attained bound differ in their last digits
RESOLUTION = 1e-9
UNDERFLOW = 1e-150  # what is smaller has no square


class Verdict(Enum):
    """What the trial found; the text says what it means."""

    HOLDS = "the measurement lies below the bound"
    VIOLATED = "the lower end of the measurement lies above the bound"
    INAPPLICABLE = "an assumption of the theorem fails"
    INCONCLUSIVE = "the measurement or the bound is missing, or their intervals overlap"
    SOLVER_FAILED = "a replica diverged or left the floats"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """All that was measured on one task: intervals by quantity, and why the others are absent.

    failed  quantities lost to a failed replica, with its status
    """

    quantities: Mapping[str, Interval]
    missing: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One bound judged on one task.

    value     the bound; of a quantity `….each` the one of `sample`, the sample with the largest ratio
    measured  interval of the measurement, of that sample
    ratio     measured/value; 0/0 is 0
    vacuous   the bound is at or above the trivial maximum of its quantity, for every sample
    """

    bound: Bound
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    value: float | None = None
    measured: Interval | None = None
    ratio: float | None = None
    vacuous: bool = False
    sample: int | None = None


def judge(bound: Bound, constants: Constants, measurement: Measurement) -> Comparison:
    """The five verdicts, in this order: outside the domain, a failed solver, something missing, then the comparison.

    HOLDS     the upper end of the measurement is at or below the lower end of the bound, to RESOLUTION of it
    VIOLATED  the lower end of the measurement is above the upper end of the bound, beyond RESOLUTION of it

    A formula that raises, or has the wrong shape, is INCONCLUSIVE with that reason; nothing is raised.
    """
    try:
        slacks = {a: a.slack(constants) for a in bound.assumptions if not a.holds(constants)}
        lost = measurement.failed.get(bound.quantity)
        # a slack that is not a number comes from a head that is none: that is the solver's failure, not the theorem's
        if slacks and (lost is None or not np.isnan(list(slacks.values())).all()):
            return _inapplicable(bound, slacks, measurement)
        if lost is not None:
            return Comparison(bound=bound, verdict=Verdict.SOLVER_FAILED, reasons=(lost,))
        value = _checked(bound, bound.value(constants), constants.samples)
    except Unknown as unknown:
        name = str(unknown.args[0])
        return _inconclusive(bound, f"{name}: {measurement.unknown.get(name, 'not at hand')}")
    except Exception as error:  # a formula may be anybody's code, and one that fails must not end a run
        return _inconclusive(bound, f"its formula raises {type(error).__name__}: {error}")
    measured = measurement.quantities.get(bound.quantity)
    if measured is None:
        return _unmeasured(bound, value, measurement.missing.get(bound.quantity, "not measured"))
    return _compare(bound, value, measured)


def _checked(bound: Bound, value: float | Floats | Interval, samples: int) -> float | Floats | Interval:
    """The value, if it is one number, or one a sample of a quantity `….each`."""
    number = np.asarray(value.value if isinstance(value, Interval) else value, np.float64)
    wanted = (samples,) if bound.quantity.endswith(".each") else ()
    if number.shape != wanted:
        raise ValueError(f"its value has shape {number.shape}, not {wanted}")
    return value


def _inapplicable(bound: Bound, slacks: Mapping[Assumption, float], measurement: Measurement) -> Comparison:
    reasons = tuple(f"{a.name}: slack {slack:.3g}; {a.message}" for a, slack in slacks.items())
    measured = measurement.quantities.get(bound.quantity)
    if measured is None or np.ndim(measured.value) == 0:
        return Comparison(bound=bound, verdict=Verdict.INAPPLICABLE, reasons=reasons, measured=measured)
    largest = int(np.argmax(measured.value))  # of one value a sample the largest is shown
    ends = (float(np.asarray(end)[largest]) for end in (measured.value, measured.low, measured.high))
    shown = Interval(**dict(zip(("value", "low", "high"), ends, strict=True)))
    return Comparison(bound=bound, verdict=Verdict.INAPPLICABLE, reasons=reasons, measured=shown, sample=largest)


def _inconclusive(bound: Bound, reason: str) -> Comparison:
    return Comparison(bound=bound, verdict=Verdict.INCONCLUSIVE, reasons=(reason,))


def _unmeasured(bound: Bound, value: float | Floats | Interval, reason: str) -> Comparison:
    """A bound without a measurement: its value (the largest of the samples) is still worth showing."""
    number = value.value if isinstance(value, Interval) else value
    return Comparison(bound=bound, verdict=Verdict.INCONCLUSIVE, reasons=(reason,), value=float(np.max(number)))


def _compare(bound: Bound, value: float | Floats | Interval, measured: Interval) -> Comparison:
    claim = value if isinstance(value, Interval) else Interval(value=value, low=value, high=value)
    # at least 1-d, so that one number is one sample
    v, v_low, v_high = (np.atleast_1d(np.asarray(x, np.float64)) for x in (claim.value, claim.low, claim.high))
    m, low, high = (np.atleast_1d(np.asarray(x, np.float64)) for x in (measured.value, measured.low, measured.high))
    v, v_low, v_high, m, low, high = np.broadcast_arrays(v, v_low, v_high, m, low, high)
    if np.isnan(v).any():
        return Comparison(bound=bound, verdict=Verdict.INCONCLUSIVE, reasons=("the bound is not a number here",))
    ratios = np.divide(m, v, out=np.where(m > 0, np.inf, 0.0), where=v > 0)
    violated = low > v_high + RESOLUTION * np.abs(v_high) + UNDERFLOW
    holds = high <= v_low + RESOLUTION * np.abs(v_low)
    if violated.any():
        verdict, worst = Verdict.VIOLATED, int(np.argmax(np.where(violated, ratios, -np.inf)))
        reasons: tuple[str, ...] = ("the lower end of the measurement lies above the bound",)
    elif holds.all():
        verdict, worst, reasons = Verdict.HOLDS, int(np.argmax(ratios)), ()
    else:
        verdict, worst = Verdict.INCONCLUSIVE, int(np.argmax(np.where(holds, -np.inf, ratios)))
        reasons = ("the intervals overlap: " + _remedy(bound),)
    largest = QUANTITIES[bound.quantity].largest
    each = np.ndim(measured.value) > 0
    return Comparison(
        bound=bound,
        verdict=verdict,
        reasons=reasons,
        value=float(v[worst]),
        measured=Interval(value=float(m[worst]), low=float(low[worst]), high=float(high[worst])),
        ratio=float(ratios[worst]),
        vacuous=bool((v >= largest).all()),
        sample=worst if each else None,
    )


def _remedy(bound: Bound) -> str:
    return "more digits would decide it" if bound.kind == "sure" else "more draws would decide it"
