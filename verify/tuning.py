"""How a head is tuned: one frozen configuration, checked at the door."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, localcontext
from functools import partial
from numbers import Integral, Real
from typing import Any, Literal, get_args

LossName = Literal["logistic", "exponential", "squared"]
Deletion = Literal["reweighted", "dropped"]
Order = Literal["full-batch", "shuffled"]
Solver = Literal["auto", "direct", "log-time"]


class BadTuning(ValueError):
    """A configuration that makes no sense; the message names the argument, the value and what would be right."""


@dataclass(frozen=True, kw_only=True)
class LossFacts:
    """What theory may ask of a loss ℓ(outputs): sup of its slope and of its curvature, ∞ where there is none."""

    slope: float
    curvature: float
    nonincreasing: bool


MOST_L2 = 1e150  # as large as features may be; 1/λ² is still a float
MOST_LOG_STEPS = 9000.0  # of a number of steps that Python prints
MOST_STEPS = 1 << 53  # that floats and tables count exactly; a direct run of more has no end

_BINARY = {
    "logistic": LossFacts(slope=1.0, curvature=0.25, nonincreasing=True),
    "exponential": LossFacts(slope=math.inf, curvature=math.inf, nonincreasing=True),
    "squared": LossFacts(slope=math.inf, curvature=1.0, nonincreasing=False),
}
# softmax: ‖p − e_y‖ ≤ √2, and the Hessian diag(p) − pp^T is ⪯ ½I
_SOFTMAX = LossFacts(slope=math.sqrt(2), curvature=0.5, nonincreasing=True)


@dataclass(frozen=True, kw_only=True)
class HeadTuning:
    """Gradient descent on a linear head.

    loss        logistic log(1+e^−m) (softmax for three and more classes), exponential e^−m, squared (1−m)²/2
    steps       t ≥ 0, of any size: e^1000 is a whole number too
    step_size   η ≥ 0, or "auto" = 1/(β+λ), β the largest smoothness over the full and all leave-one-out risks
    l2          λ ≥ 0 in λ‖w‖²/2
    deletion    reweighted (mean over n−1) or dropped (weights stay 1/n)
    order       full-batch, or shuffled minibatches of `batch_size`, the same in every replica (dropped only)
    init_scale  σ of the Gaussian start, 0 for the zero start
    heads       H heads from independent starts, their mean is the head
    dtype       float64, or float32 for the replicas' differences
    device      auto, cpu or cuda
    solver      direct takes every step; log-time takes strides in ln t; auto whichever is cheaper
    """

    loss: LossName = "logistic"
    steps: int = 1000
    step_size: float | Literal["auto"] = "auto"
    l2: float = 0.0
    deletion: Deletion = "reweighted"
    order: Order = "full-batch"
    batch_size: int = 0
    init_scale: float = 0.0
    heads: int = 1
    dtype: Literal["float64", "float32"] = "float64"
    device: str = "auto"
    solver: Solver = "auto"

    def __post_init__(self) -> None:
        _one_of("loss", self.loss, get_args(LossName))
        _one_of("deletion", self.deletion, get_args(Deletion))
        _one_of("order", self.order, get_args(Order))
        _one_of("dtype", self.dtype, ("float64", "float32"))
        _one_of("device", self.device, ("auto", "cpu", "cuda"))
        _one_of("solver", self.solver, get_args(Solver))
        put = partial(object.__setattr__, self)  # Python's own numbers, whatever kind was given
        put("steps", whole_number("steps", self.steps, 0))
        if self.steps.bit_length() > MOST_LOG_STEPS / math.log(2) + 1:
            raise BadTuning(f"steps: more than e^{MOST_LOG_STEPS:.0f}")
        put("heads", whole_number("heads", self.heads, 1))
        put("batch_size", whole_number("batch_size", self.batch_size, 1 if self.order == "shuffled" else 0))
        put("l2", number_below("l2", self.l2, MOST_L2))
        put("init_scale", number_below("init_scale", self.init_scale))
        if isinstance(self.step_size, str) and self.step_size == "auto":
            if self.loss == "exponential":
                raise BadTuning(
                    "step_size: the exponential loss has no global smoothness; give a number instead of auto"
                )
        else:
            put("step_size", number_below("step_size", self.step_size))
        if self.order == "shuffled" and self.deletion != "dropped":
            raise BadTuning(
                f"deletion: shuffled minibatches skip the sample's term, so it must be dropped; got {self.deletion}"
            )
        if self.heads > 1 and self.init_scale == 0:
            raise BadTuning(f"init_scale: {self.heads} heads from the zero start are one head; give a number above 0")

    def facts(self, classes: int) -> LossFacts:
        """The loss's facts for so many classes. Raises BadTuning for three and more with a loss that has only two."""
        if classes == 2:
            return _BINARY[self.loss]
        if self.loss != "logistic":
            raise BadTuning(f"loss: {self.loss} is for two classes; {classes} classes need logistic (softmax)")
        return _SOFTMAX

    def label(self) -> str:
        """A short text that differs for different tunings: the fields that are not at their default."""
        shown = (f for f in fields(self) if f.name != "device" and getattr(self, f.name) != f.default)
        return " ".join(f"{f.name}={_short(getattr(self, f.name))}" for f in shown) or "default"


def steps_at(log_steps: float) -> int:
    """e^log_steps to the nearest whole number. Raises BadTuning outside [0, MOST_LOG_STEPS]."""
    if isinstance(log_steps, bool) or not isinstance(log_steps, Real) or not 0 <= log_steps <= MOST_LOG_STEPS:
        raise BadTuning(f"log_steps: {log_steps!r} must be a number from 0 to {MOST_LOG_STEPS:.0f}")
    with localcontext(prec=int(log_steps / math.log(10)) + 30):
        return int(Decimal(float(log_steps)).exp().to_integral_value())


def in_short(steps: int) -> str:
    """A number of steps for people: e^1000 has 435 digits."""
    return str(steps) if steps < MOST_STEPS else f"e^{math.log(steps):.10g}"


def tuning_from(data: Mapping[str, Any]) -> HeadTuning:
    """A HeadTuning from plain data. Raises BadTuning for an unknown field."""
    names = [f.name for f in fields(HeadTuning)]
    for name in data:
        if name not in names:
            raise BadTuning(f"tuning: {name} is none of {', '.join(names)}")
    return HeadTuning(**data)


def whole_number(name: str, value: object, least: int) -> int:
    """As an int. Raises BadTuning unless it is a whole number, `least` or more; NumPy's are numbers too."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise BadTuning(f"{name}: {value!r} must be a whole number, {least} or more")
    return int(value)


def number_below(name: str, value: object, end: float = math.inf) -> float:
    """As an int or a float. Raises BadTuning unless it is a number from 0 to less than `end`."""
    number = int(value) if isinstance(value, Integral) else float(value) if isinstance(value, Real) else math.nan
    if isinstance(value, bool) or not 0 <= number < end:
        right = "a finite number, 0 or more" if end == math.inf else f"a number from 0 to less than {end:g}"
        raise BadTuning(f"{name}: {value!r} must be {right}")
    return number


def _short(value: object) -> str:
    return in_short(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in allowed:
        raise BadTuning(f"{name}: {value} is none of {', '.join(allowed)}")
