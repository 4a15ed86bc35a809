"""Would the experiment have seen it? Effects of a known size planted in simulated measurements, and verdicts on them.

A planted effect multiplies each measurement by (level)^size, or the treated arm by e^size; its logarithm, and so the effect
of each task, moves by just that size. Tasks are drawn again, with replacement, from those that were measured (bootstrap),
each from its own stratum and after the mean of that was taken off: what is left is the noise that the experiment had.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.seeds import stream
from theory.interval import Interval
from verify.claims.claim import Claim
from verify.claims.judging import REFUTED, SUPPORTED, verdict_of
from verify.statistics import standard_error, student

Floats = NDArray[np.float64]

SIMULATIONS = 1000


@dataclass(frozen=True, kw_only=True)
class Power:
    """Shares of the simulated experiments.

    detected     said `supported` of an effect of the predicted size
    false_alarm  said `supported` or `refuted` where the effect was the null
    """

    detected: float
    false_alarm: float


def power_of(claim: Claim, values: Floats, strata: NDArray[np.int64], level: float, seed: int = 0) -> Power:
    """From the measured effects of the tasks (m,), their strata (m,) and the level that the claim is judged at."""
    sizes = [int((strata == k).sum()) for k in np.unique(strata)]
    if len(values) < 3 or min(sizes) < 2:
        return Power(detected=0.0, false_alarm=0.0)
    rng, noise = stream(seed, "claims", claim.id, "power"), np.empty((SIMULATIONS, len(values)))
    for k, size in zip(np.unique(strata), sizes, strict=True):
        own = values[strata == k]
        noise[:, strata == k] = (own - own.mean())[rng.integers(size, size=(SIMULATIONS, size))]
    half = student(level, min(sizes)) * standard_error(noise, strata)
    means = noise.mean(axis=1)

    def verdicts(size: float) -> list[str]:
        return [
            verdict_of(claim, Interval(value=m, low=m - h, high=m + h)) for m, h in zip(means + size, half, strict=True)
        ]

    detected = verdicts(claim.expects.size)
    alarms = verdicts(claim.null)
    return Power(
        detected=detected.count(SUPPORTED) / SIMULATIONS,
        false_alarm=(alarms.count(SUPPORTED) + alarms.count(REFUTED)) / SIMULATIONS,
    )
