"""From effects to a verdict: an interval for the mean over tasks, and where it lies."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from theory.interval import Interval
from verify.claims.claim import Claim
from verify.statistics import level_of, mean_interval, stratified_interval

Floats = NDArray[np.float64]

SUPPORTED, REFUTED, NO_EFFECT, DEPENDS = "supported", "refuted", "no effect", "depends"
UNDECIDED = "undecided: the interval reaches out of the predicted range"


@dataclass(frozen=True, eq=False, kw_only=True)
class Finding:
    """What became of a claim.

    tasks, lost  how many tasks had the effect measured, and how many could not be
    seeds        draws or starts behind each measurement
    level        the interval's ends fail with at most this probability, all claims of a ledger with at most 5 %
    effect       mean over tasks; each task's is the mean over its regimes. Tasks of different regimes are strata of the design
    regimes      the same for each regime, where there are several, with a verdict each
    control      the same where the factor was not varied: the interval must hold 0
    """

    claim: Claim
    tasks: int
    lost: int
    seeds: int
    level: float
    effect: Interval
    verdict: str
    regime: str
    regimes: Mapping[str, tuple[Interval, str]]
    control: Interval | None
    values: Floats
    strata: NDArray[np.int64]

    @property
    def control_holds(self) -> bool:
        """Whether nothing was found where there is nothing."""
        return self.control is None or empty(self.claim, self.control)


def judge(claim: Claim, effects: pd.DataFrame, *, claims: int, seeds: int = 1) -> Finding:
    """The finding on one of so many claims, from its effects (columns task, regime, sham, effect)."""
    level = level_of(claims)
    true, sham = effects[~effects["sham"]], effects[effects["sham"]]
    by_task = _by_task(true)
    known = by_task[np.isfinite(by_task["effect"])]
    values, strata = known["effect"].to_numpy(), known["stratum"].to_numpy()
    names = list(dict.fromkeys(true["regime"]))
    regimes = {}
    if len(names) > 1:
        for name in names:
            own = _interval(true.loc[true["regime"] == name, "effect"].to_numpy(), level / len(names))
            regimes[name] = (own, verdict_of(claim, own))
    control = None
    if len(sham):
        control = _interval(_by_task(sham)["effect"].to_numpy(), level)
    effect = stratified_interval(values, strata, level) if len(values) else _interval(values, level)
    verdict, regime = _summary(claim, verdict_of(claim, effect), regimes, control)
    return Finding(
        claim=claim,
        tasks=len(values),
        lost=len(by_task) - len(values),
        seeds=seeds,
        level=level,
        effect=effect,
        verdict=verdict,
        regime=regime,
        regimes=regimes,
        control=control,
        values=values,
        strata=strata,
    )


def _by_task(effects: pd.DataFrame) -> pd.DataFrame:
    """One row a task: its mean effect (NaN if all of its regimes are), and the number of the set of regimes it is in."""
    tasks = effects.groupby("task", sort=False)
    names = tasks["regime"].agg(lambda own: ", ".join(sorted(own)))
    return pd.DataFrame({"effect": tasks["effect"].mean(), "stratum": pd.factorize(names)[0].astype(np.int64)})


def empty(claim: Claim, control: Interval) -> bool:
    """Whether an interval holds 0, or all of it counts as 0."""
    low, high = float(control.low), float(control.high)
    return low <= 0 <= high or (-claim.smallest <= low and high <= claim.smallest)


def verdict_of(claim: Claim, effect: Interval) -> str:
    """Where an interval lies: within what bears the claim out, apart from it, or on the null."""
    low, high = float(effect.low), float(effect.high)
    if claim.null - claim.smallest <= low and high <= claim.null + claim.smallest:
        return NO_EFFECT
    if claim.expects.low <= low and high <= claim.expects.high:
        return SUPPORTED
    if low <= claim.null <= high:
        return NO_EFFECT
    return REFUTED if high < claim.expects.low or low > claim.expects.high else DEPENDS


def _interval(values: Floats, level: float) -> Interval:
    finite = values[np.isfinite(values)]
    return mean_interval(finite, level) if len(finite) else Interval(value=np.nan, low=-np.inf, high=np.inf)


def _summary(
    claim: Claim, verdict: str, regimes: Mapping[str, tuple[Interval, str]], control: Interval | None
) -> tuple[str, str]:
    """One verdict, and what it depends on: regimes that disagree are not averaged away."""
    if control is not None and not empty(claim, control):
        return DEPENDS, f"the control shows an effect: {in_words(control)}"
    if len({own for _, own in regimes.values()}) > 1:
        return DEPENDS, "; ".join(f"{name}: {own} ({in_words(i)})" for name, (i, own) in regimes.items())
    if verdict == DEPENDS:
        return DEPENDS, UNDECIDED
    return verdict, "all: " + ", ".join(regimes) if regimes else "all tasks"


def in_words(interval: Interval) -> str:
    """`−0.98 [−1.04, −0.92]`."""
    text = f"{float(interval.value):.3g} [{float(interval.low):.3g}, {float(interval.high):.3g}]"
    return text.replace("-", "−")
