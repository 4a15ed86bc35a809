import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.claims.invented import CLAIMS, rows
from theory.interval import Interval
from verify.claims.claim import Claim, about, falls, rises
from verify.claims.effects import COLUMNS, effects_of
from verify.claims.judging import (
    DEPENDS,
    NO_EFFECT,
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    Effects,
    Finding,
    found,
    judge,
    verdict_of,
)
from verify.claims.power import power_of
from verify.statistics import level_of

FALLS, VALUE = CLAIMS
FLOOR = Claim(id="floor", text="", experiment="", measure="size", effect="slope", null=-0.5, expects=about(0.0, 0.1))
RISES = Claim(id="rises", text="", experiment="", measure="size", effect="slope", expects=rises(0.5))


@pytest.mark.parametrize(
    "claim, low, high, verdict",
    [
        (FALLS, -0.6, -0.3, SUPPORTED),
        (FALLS, 0.3, 0.6, REFUTED),
        (FALLS, -0.3, 0.1, NO_EFFECT),  # 0 and not the predicted size
        (FALLS, -0.6, 0.1, DEPENDS),  # both
        (FALLS, -0.1, -0.01, DEPENDS),  # an effect, perhaps too small to count
        (FALLS, 0.003, 0.03, NO_EFFECT),  # the wrong sign, perhaps too small to count
        (FALLS, -0.015, -0.001, NO_EFFECT),  # there, and too small to matter
        (RISES, 0.3, 0.6, SUPPORTED),
        (RISES, -0.6, -0.3, REFUTED),
        (VALUE, -1.2, -0.8, SUPPORTED),
        (VALUE, -0.6, -0.2, REFUTED),  # the right sign, and not the value
        (VALUE, -0.8, -0.6, DEPENDS),
        (VALUE, -0.5, 0.5, NO_EFFECT),
        (VALUE, -0.8, 0.1, NO_EFFECT),
        (FLOOR, -0.05, 0.05, SUPPORTED),
        (FLOOR, -0.6, -0.4, REFUTED),  # the rival claim
        (FLOOR, 0.2, 0.3, REFUTED),
        (FALLS, -np.inf, np.inf, DEPENDS),
    ],
)
def test_a_verdict_is_where_the_interval_lies(claim: Claim, low: float, high: float, verdict: str) -> None:
    assert verdict_of(claim, Interval(value=(low + high) / 2, low=low, high=high)) == verdict


def frame(values: list[tuple[str, str, bool, float]]) -> pd.DataFrame:
    return pd.DataFrame(values, columns=["task", "regime", "sham", "effect"])


def noisy(mean: float, regime: str = "", *, sham: bool = False, count: int = 50, seed: int = 0) -> list:
    draws = np.random.default_rng(seed).normal(mean, 0.1, count)
    return [(f"{regime}-{k}", regime, sham, float(v)) for k, v in enumerate(draws)]


def test_regimes_that_disagree_are_named_and_not_averaged() -> None:
    finding = judge(FALLS, frame([*noisy(-1, "a"), *noisy(0.5, "b", seed=1)]), claims=10)
    assert finding.verdict == DEPENDS
    assert "a: supported (−0.987 [" in finding.regime and "b: refuted (0.496 [" in finding.regime
    unlike = [
        *noisy(-0.03, "a", count=200),
        *noisy(-0.018, "b", count=8),
    ]  # one is significant, one is not: no difference
    pooled = judge(FALLS, frame(unlike), claims=1)
    assert len({own for _, own in pooled.regimes.values()}) == 2 and not pooled.regime.startswith("a:")
    agreeing = judge(FALLS, frame([*noisy(-1, "a"), *noisy(-0.5, "b", seed=1)]), claims=10)
    assert (agreeing.verdict, agreeing.regime) == (SUPPORTED, "all: a, b")


def test_a_control_with_an_effect_spoils_the_claim_and_one_without_does_not() -> None:
    spoiled = judge(FALLS, frame([*noisy(-1), *noisy(-0.2, sham=True, seed=1)]), claims=10)
    assert spoiled.verdict == DEPENDS and spoiled.regime.startswith("the control shows an effect: −0.2")
    assert not spoiled.control_holds
    kept = judge(FALLS, frame([*noisy(-1), *noisy(0, sham=True, seed=1)]), claims=10)
    assert kept.verdict == SUPPORTED and kept.control_holds


def test_what_could_not_be_measured_is_counted() -> None:
    finding = judge(FALLS, frame([*noisy(-1), ("x", "", False, np.nan), ("y", "", False, np.nan)]), claims=10)
    assert (len(finding.effects.true), finding.effects.lost) == (50, 2)
    nothing = judge(FALLS, frame([("x", "", False, np.nan)]), claims=10)
    assert (len(nothing.effects.true), nothing.effects.lost, nothing.verdict) == (0, 1, DEPENDS)


def test_a_task_that_lacks_one_of_its_regimes_is_lost_whole() -> None:
    values = [(f"{k}", name, False, -1.0 if name == "a" else 1.0) for k in range(40) for name in "ab"]
    holes = [row if k % 4 != 1 else (*row[:3], np.nan) for k, row in enumerate(values)]
    finding = judge(FALLS, frame(holes), claims=10)
    assert (len(finding.effects.true), finding.effects.lost) == (20, 20) and finding.effect.value == pytest.approx(0)


def test_a_control_that_could_not_see_the_effect_says_so() -> None:
    blunt = judge(FALLS, frame([*noisy(-1), *[(f"{k}", "", True, 3.0 * (-1) ** k) for k in range(20)]]), claims=10)
    sharp = judge(FALLS, frame([*noisy(-1), *noisy(0, sham=True)]), claims=10)
    assert blunt.control_holds and not blunt.control_sees and sharp.control_sees


def test_an_interval_at_the_edge_says_so() -> None:
    edge = judge(VALUE, frame(noisy(-0.7)), claims=10)
    assert (edge.verdict, edge.regime) == (DEPENDS, UNDECIDED)


def test_regimes_chosen_by_the_design_are_no_noise() -> None:
    """Two regimes far apart: the mean is known as well as within them, and a draw of ten tasks finds the same."""
    values = frame([*noisy(-2, "a"), *noisy(-0.5, "b", seed=1)])
    finding = judge(FALLS, values, claims=10)
    assert finding.verdict == SUPPORTED and finding.effect.high - finding.effect.low < 0.1
    assert power_of(finding).detected > 0.99
    blind = judge(FALLS, values.assign(regime=""), claims=10)  # the twin: the same numbers, as if chance had mixed them
    assert blind.effect.high - blind.effect.low > 0.3


def test_more_claims_make_wider_intervals() -> None:
    few, many = (judge(FALLS, frame(noisy(-1)), claims=count).effect for count in (1, 100))
    assert many.low < few.low < few.high < many.high


@given(st.floats(-3, 3), st.floats(0.1, 10))
def test_a_planted_effect_moves_every_task_by_its_size(size: float, scale: float) -> None:
    table = pd.DataFrame(rows(range(4), 0), columns=list(COLUMNS))
    true = ~table["sham"]
    planted = table.assign(value=scale * table["value"] * np.where(true, table["level"] ** size, 1.0))
    before, after = (effects_of(VALUE, own) for own in (table, planted))
    moved = (after["effect"] - before["effect"]).to_numpy()
    assert np.allclose(moved, np.where(before["sham"], 0.0, size), atol=1e-12)


def test_a_ratio_is_paired_by_task_and_regime() -> None:
    claim = Claim(id="r", text="", experiment="", measure="size", effect="ratio", arm="new", expects=falls(-0.1))
    table = pd.DataFrame(
        [("t", "a", "new", 1.0, False, "size", 1, 2.0), ("t", "a", "plain", 1.0, False, "size", 1, 8.0),
         ("t", "a", "plain again", 1.0, False, "size", 1, 4.0), ("t", "a", "other", 1.0, False, "size", 1, 9.0),
         ("u", "b", "new", 1.0, False, "size", 1, 0.0), ("u", "b", "plain", 1.0, False, "size", 1, 1.0)],
        columns=list(COLUMNS),
    )  # fmt: skip
    found = effects_of(claim, table).set_index(["task", "sham"])["effect"]
    assert found["t", False] == pytest.approx(-np.log(4)) and found["t", True] == pytest.approx(-np.log(2))
    assert np.isnan(found["u", False]) and ("u", True) not in found.index


def planted(size: float, sham: float = 0.01) -> Finding:
    """200 tasks with a noise of 1 and a mean of exactly 0, judged at level 1e-3 for an effect of this size."""
    draws = np.random.default_rng(3).normal(0.0, 1.0, 200)
    draws = (draws - draws.mean()) / draws.std(ddof=1)
    claim = Claim(id="p", text="", experiment="", measure="", effect="slope", expects=falls(size))
    rows = [
        (str(k), "", control, v * (sham if control else 1)) for control in (False, True) for k, v in enumerate(draws)
    ]
    return judge(claim, frame(rows), claims=50)


def test_power_is_that_of_the_t_test() -> None:
    # 400 simulations: a share of 0.9 is known to ±0.05 but for one time in a thousand
    strong = power_of(planted(-0.36))
    assert 0.85 <= strong.detected <= 0.99  # (0.34·√200 − 3.34) = 1.47 deviations: 0.93
    assert strong.false_alarm <= 0.01
    weak = power_of(planted(-0.1))
    assert weak.detected < 0.1  # the twin: an effect that so few tasks cannot show


def test_power_knows_of_the_regimes() -> None:
    """An effect planted in two regimes, one noisy: the word `depends` would be wrong, and is rare."""
    rows = [
        *noisy(0, "a", count=80),
        *[(f"b{k}", "b", False, v) for k, (*_, v) in enumerate(noisy(0, count=80, seed=1))],
    ]
    sham = [(task, regime, True, v + 0.01) for task, regime, _, v in rows]  # its mean is chance, and taken off
    calm = power_of(judge(FALLS, frame([*rows, *sham]), claims=50))
    assert calm.detected > 0.95 and calm.false_alarm <= 0.05


def alarms(level: float) -> int:
    """In how many of 40 ledgers of 25 empty claims on 60 tasks any is judged to be one thing or the other."""
    alarmed = 0
    for ledger in range(40):
        drawn = np.random.default_rng(ledger).standard_t(5, (25, 60, 1))
        every = (Effects(regimes=("",), true=own, strata=np.zeros(60, np.int64), sham=own[:0], lost=0) for own in drawn)
        alarmed += any(found(FALLS, own, level).verdict in (SUPPORTED, REFUTED) for own in every)
    return alarmed


def test_many_empty_claims_raise_few_alarms() -> None:
    """Each ledger at 5 %: more than 8 of 40 with an alarm has probability below 1e-3."""
    assert alarms(level_of(25)) <= 8


def test_the_same_count_without_correction_raises_many() -> None:
    """The twin: judged as if each were alone, most ledgers of 25 have an alarm (72 % expected)."""
    assert alarms(level_of(1)) > 8
