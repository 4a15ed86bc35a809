"""From effects to a verdict: an interval for the mean over tasks, and where it lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from theory.interval import Interval
from verify.claims.claim import Claim
from verify.statistics import difference_interval, level_of, mean_interval, stratified_interval

Floats = NDArray[np.float64]
Judged = tuple[Interval, str]

SUPPORTED, REFUTED, NO_EFFECT, DEPENDS = "supported", "refuted", "no effect", "depends"
UNDECIDED = "undecided: the interval holds effects that bear the claim out, and others"


@dataclass(frozen=True, eq=False, kw_only=True)
class Effects:
    """The effects of one claim as arrays.

    regimes       names of the R columns
    true          (m, R) one row a task, NaN where it is not in the regime or could not be measured
    strata        (m,) the number of the set of regimes that a task is in: the design chose it, not chance
    sham          (k, R) the same of the control
    lost          how many tasks lack an effect that they should have; they have no row
    """

    regimes: tuple[str, ...]
    true: Floats
    strata: NDArray[np.int64]
    sham: Floats
    lost: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Finding:
    """What became of a claim.

    seeds        draws or starts behind each measurement
    level        each interval's ends fail with at most this probability: those of the effects of all claims of a ledger
                 with at most 5 % together; the regimes of a claim share the level among themselves
    effect       mean over tasks; each task's is the mean over its regimes
    regimes      the same for each regime, where there are several, with a verdict each
    control      the same where the factor was not varied; None where no task of it could be measured
    """

    claim: Claim
    effects: Effects
    seeds: int
    level: float
    effect: Interval
    verdict: str
    regime: str
    regimes: Mapping[str, Judged]
    control: Interval | None

    @property
    def control_holds(self) -> bool:
        """Whether nothing was found where there is nothing."""
        return self.control is None or empty(self.claim, self.control)

    @property
    def control_sees(self) -> bool:
        """Whether the control is sharp enough to show an effect of the predicted size."""
        if self.control is None:
            return False
        half = (float(self.control.high) - float(self.control.low)) / 2
        return half < abs(self.claim.expects.size - self.claim.null)


def judge(claim: Claim, effects: pd.DataFrame, *, claims: int, seeds: int = 1) -> Finding:
    """The finding on one of so many claims, from its effects (columns task, regime, sham, effect)."""
    return found(claim, arrays(effects), level_of(claims), seeds)


def arrays(effects: pd.DataFrame) -> Effects:
    """The table as arrays; a task that lacks the effect of one of its regimes is lost as a whole."""
    names = tuple(dict.fromkeys(effects.loc[~effects["sham"], "regime"]))
    whole = effects.groupby(["sham", "task"], sort=False)["effect"].transform(lambda own: np.isfinite(own).all())
    kept = effects[whole]

    def wide(sham: bool) -> Floats:
        own = kept[kept["sham"] == sham].pivot(index="task", columns="regime", values="effect")
        return own.reindex(columns=list(names)).to_numpy(np.float64)

    true = wide(False)
    _, strata = np.unique(np.isfinite(true), axis=0, return_inverse=True)
    lost = effects.loc[~effects["sham"], "task"].nunique() - len(true)
    return Effects(regimes=names, true=true, strata=strata.reshape(-1), sham=wide(True), lost=lost)


def found(claim: Claim, effects: Effects, level: float, seeds: int = 1) -> Finding:
    """The finding on the effects at hand."""
    effect = Interval(value=np.nan, low=-np.inf, high=np.inf)
    if len(effects.true):
        effect = stratified_interval(np.nanmean(effects.true, axis=1), effects.strata, level)
    columns = {name: effects.true[np.isfinite(effects.true[:, k]), k] for k, name in enumerate(effects.regimes)}
    regimes: dict[str, Judged] = {}
    if len(columns) > 1:
        for name, own in columns.items():
            interval = mean_interval(own, level / len(columns)) if len(own) else effect
            regimes[name] = interval, verdict_of(claim, interval)
    control = mean_interval(np.nanmean(effects.sham, axis=1), level) if len(effects.sham) else None
    verdict, regime = verdict_of(claim, effect), "all: " + ", ".join(regimes) if regimes else "all tasks"
    if control is not None and not empty(claim, control):
        verdict, regime = DEPENDS, f"the control shows an effect: {in_words(control)}"
    elif _apart(effects, regimes, level):
        verdict, regime = DEPENDS, "; ".join(f"{name}: {own} ({in_words(i)})" for name, (i, own) in regimes.items())
    elif verdict == DEPENDS:
        regime = UNDECIDED
    return Finding(claim=claim, effects=effects, seeds=seeds, level=level, effect=effect, verdict=verdict, regime=regime,
                   regimes=regimes, control=control)  # fmt: skip


def _apart(effects: Effects, regimes: Mapping[str, Judged], level: float) -> bool:
    """Whether two regimes have different verdicts and are shown to differ: significant here and not there is no difference."""
    pairs = list(combinations(range(len(regimes)), 2))
    for a, b in pairs:
        if regimes[effects.regimes[a]][1] != regimes[effects.regimes[b]][1]:
            apart = difference_interval(effects.true[:, a], effects.true[:, b], level / len(pairs))
            if not apart.low <= 0 <= apart.high:
                return True
    return False


def empty(claim: Claim, control: Interval) -> bool:
    """Whether an interval holds 0, or all of it counts as 0."""
    low, high = float(control.low), float(control.high)
    return low <= 0 <= high or (-claim.smallest <= low and high <= claim.smallest)


def verdict_of(claim: Claim, effect: Interval) -> str:
    """Where an interval lies.

    supported  all of it bears the claim out
    refuted    none of it does
    no effect  none of it does, or it holds the null and not the predicted size; and it comes as near to a null of 0 as counts
               as none
    depends    otherwise: more tasks would decide
    """
    low, high, expects = float(effect.low), float(effect.high), claim.expects
    if expects.low <= low and high <= expects.high:
        return SUPPORTED
    apart = high < expects.low or low > expects.high
    if not apart and (low <= expects.size <= high or not low <= claim.null <= high):
        return DEPENDS
    near = low <= claim.null + claim.smallest and claim.null - claim.smallest <= high
    return NO_EFFECT if near and claim.null == 0 else REFUTED


def in_words(interval: Interval) -> str:
    """`−0.98 [−1.04, −0.92]`."""
    text = f"{float(interval.value):.3g} [{float(interval.low):.3g}, {float(interval.high):.3g}]"
    return text.replace("-", "−")
