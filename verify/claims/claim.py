"""What a claim is: an effect that theory predicts, and the range of effects that would bear it out."""

import math
from dataclasses import dataclass
from typing import Literal

Effect = Literal["slope", "ratio"]
SMALLEST = 0.02  # of a slope, or of a log ratio: two parts in a hundred


class BadClaim(ValueError):
    """A claim or an experiment that cannot be judged; one line for the person who wrote it."""


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What theory, or the paper, says of an effect.

    size       the predicted effect or, where only a sign is predicted, one that would matter in practice: it is what power is
               computed for
    low, high  the effects that bear the claim out; where a sign is predicted, all of that sign that count as an effect
    """

    size: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One prediction about the mean over tasks of one effect.

    id          name in the ledger
    text        what is claimed, a sentence
    experiment  whose measurements it is judged on
    measure     which of them
    effect      slope: of ln(measure) against ln(level), task by task; ratio: ln(measure of `arm` / measure of `baseline`)
    expects     the prediction
    null        the effect if the claim were empty; 0 is no effect, another value is that of a rival claim
    smallest    effects up to this size count as none
    why         where the prediction comes from
    """

    id: str
    text: str
    experiment: str
    measure: str
    effect: Effect
    expects: Prediction
    null: float = 0.0
    smallest: float = SMALLEST
    arm: str = ""
    baseline: str = "plain"
    why: str = ""

    @property
    def prediction(self) -> str:
        """The range in words: `slope in [−1.2, −0.8]`, `log ratio below 0`."""
        what = "slope" if self.effect == "slope" else "log ratio"
        if math.isinf(self.expects.low):
            return f"{what} below {self.expects.high:g}"
        if math.isinf(self.expects.high):
            return f"{what} above {self.expects.low:g}"
        return f"{what} in [{self.expects.low:g}, {self.expects.high:g}]"


def about(value: float, tolerance: float) -> Prediction:
    """A value, and what counts as it."""
    return Prediction(size=value, low=value - tolerance, high=value + tolerance)


def falls(size: float, smallest: float = SMALLEST) -> Prediction:
    """A sign: the effect is negative, and not too small to count; power is for the size < 0."""
    return Prediction(size=size, low=-math.inf, high=-smallest)


def rises(size: float, smallest: float = SMALLEST) -> Prediction:
    """The other sign, size > 0."""
    return Prediction(size=size, low=smallest, high=math.inf)
