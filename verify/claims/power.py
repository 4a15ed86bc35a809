"""Would the experiment have seen it? Effects of a known size planted in simulated measurements, and verdicts on them.

A planted effect multiplies each measurement by (level)^size, or the treated arm by e^size; its logarithm, and so the effect
of each task, moves by just that size. Whole tasks, with all their regimes, are drawn again with replacement (bootstrap), each
from its own stratum and after the means were taken off: what is left is the noise that the experiment had. So is the
control. Each simulated experiment is judged by the rules of the real one.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synth.seeds import stream
from verify.claims.judging import REFUTED, SUPPORTED, Finding, found

Floats = NDArray[np.float64]

SIMULATIONS = 400


@dataclass(frozen=True, kw_only=True)
class Power:
    """Shares of the simulated experiments.

    detected     said `supported` of an effect of the predicted size
    false_alarm  said `supported`, or `refuted`, where the effect was the null; a null that is not 0 is an effect itself, and
                 to refute the claim there is right
    """

    detected: float
    false_alarm: float


def power_of(finding: Finding, seed: int = 0, simulations: int = SIMULATIONS) -> Power:
    """From the effects of the tasks and the level that the claim was judged at."""
    claim, effects = finding.claim, finding.effects
    rng = stream(seed, "claims", claim.id, "power")
    strata = [np.flatnonzero(effects.strata == k) for k in np.unique(effects.strata)]
    if not strata or min(len(own) for own in strata) < 2:
        return Power(detected=0.0, false_alarm=0.0)
    true, sham = _centred(effects.true), _centred(effects.sham)

    def verdicts(size: float) -> list[str]:
        told = []
        for _ in range(simulations):
            rows = np.concatenate([rng.choice(own, len(own)) for own in strata])
            others = rng.permutation(len(sham)) if len(sham) < 2 else rng.integers(len(sham), size=len(sham))
            drawn = replace(effects, true=true[rows] + size, strata=effects.strata[rows], sham=sham[others])
            told.append(found(claim, drawn, finding.level).verdict)
        return told

    detected, alarms = verdicts(claim.expects.size), verdicts(claim.null)
    false = alarms.count(SUPPORTED) + (alarms.count(REFUTED) if claim.null == 0 else 0)
    return Power(detected=detected.count(SUPPORTED) / simulations, false_alarm=false / simulations)


def _centred(values: Floats) -> Floats:
    """Without the mean of each regime; NaN where a task is not in it."""
    return values - np.nansum(values, axis=0) / np.maximum(np.isfinite(values).sum(axis=0), 1)
