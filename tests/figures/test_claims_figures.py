"""Every figure of a ledger draws on every kind of ledger, drops no task silently, and shows what the tables say."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from invented_claims import CLAIMS, LEVELS, MEASURES, STEPS, STRATEGIES, invent, save
from warned import warned

from figures.claims import (
    BadFigure,
    build,
    decomposition,
    figure_of,
    forest,
    linearised,
    looks,
    panel,
    ratio,
    slope,
    strategies,
)
from figures.claims.ledger import read
from figures.claims.write import PLOTS
from theory.interval import Interval

SUFFIXES = ("pdf", "png", "csv", "tex", "txt")


def _lost(measurements: pd.DataFrame, tasks: int) -> pd.DataFrame:
    """The first so many tasks have no value at one level, or in one arm."""
    first = sorted(set(measurements["task"]))[:tasks]
    gone = measurements["task"].isin(first) & measurements["arm"].isin(
        ["n = 32", "shift 32", "mmr", "network", "bound"]
    )
    return measurements.assign(value=measurements["value"].mask(gone, np.nan))


def _one_in_a_regime(measurements: pd.DataFrame) -> pd.DataFrame:
    """Every second task, and one more."""
    tasks = sorted(set(measurements["task"]))
    return measurements[measurements["task"].isin([*tasks[::2], tasks[1]])]


KINDS = {
    "full": lambda: invent(12),
    "one task": lambda: invent(1),
    "some lost": lambda: _lost(invent(8), 2),
    "all lost": lambda: invent(4).assign(value=0.0),
    "one task in a regime": lambda: _one_in_a_regime(invent(8)),
    "no control": lambda: invent(6).query("not sham and not arm.str.endswith('again')"),
}


@pytest.fixture(scope="module", params=KINDS)
def ledger(request, tmp_path_factory):
    return read(save(tmp_path_factory.mktemp("ledger"), KINDS[request.param]()))


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> Path:
    return save(tmp_path_factory.mktemp("full"), invent(12))


def panels(ledger):
    """(claim, its module, its points)."""
    for claim in ledger.claims:
        kind = slope if claim.effect == "slope" else ratio
        yield claim, kind, kind.points(ledger, claim)


def test_draws_without_a_crash_or_a_warning(ledger, recwarn):
    drawn = [(kind.points(ledger, claim), partial(kind.draw, claim=claim), kind.caption(ledger, claim, points),
              panel.table(claim, ledger.effects)) for claim, kind, points in panels(ledger)]  # fmt: skip
    for plot in PLOTS.values():
        points = plot.points(ledger)
        drawn.append((points, plot.draw, plot.caption(ledger, points), plot.table(points)))
    for points, draw, told, table in drawn:
        draw(points).draw_without_rendering()
        assert "nan" not in told
        assert "1 tasks" not in told
        assert any(letter.isdigit() for letter in told)
        assert len(table)
    assert not warned(recwarn)


@pytest.mark.thorough
def test_every_file_is_there_and_the_same_ledger_gives_the_same_bytes(tmp_path):
    written = build(save(tmp_path / "once", invent(6), CLAIMS[1::2]))
    names = [f"claims/{claim.id}" for claim in CLAIMS[1::2]] + list(PLOTS)
    assert written == sorted(tmp_path / "once" / "plots" / f"{name}.{suffix}" for name in names for suffix in SUFFIXES)
    assert all((tmp_path / "once" / figure_of(claim.id)) in written for claim in CLAIMS[1::2])
    again = build(save(tmp_path / "again", invent(6), CLAIMS[1::2]))
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in written]


def test_figures_of_networks_only_where_there_are_networks(tmp_path):
    heads = invent(3).query("experiment == 'sample-size'")
    written = build(save(tmp_path, heads, [claim for claim in CLAIMS if claim.experiment == "sample-size"]))
    assert {path.stem for path in written} == {"samples", "samples-rate", "ledger"}


def test_a_slope_is_drawn_as_it_was_judged(full):
    ledger = read(full)
    for claim, kind, points in panels(ledger):
        if kind is not slope or claim.experiment != "sample-size":
            continue
        assert len(points) == len(LEVELS) * 12 * 2
        for name, (found, _) in claim.regimes.items():
            own = points[(points["regime"] == name) & ~points["sham"]]
            middle = np.log(own["relative"]).groupby(own["level"]).mean()
            assert np.polyfit(np.log(middle.index), middle, 1)[0] == pytest.approx(found.value, rel=1e-9)
        axes = kind.draw(points, claim).axes[0]
        lines = sum(len(c.get_segments()) for c in axes.collections)
        assert lines == 12 * 2
        assert axes.get_xlabel() == "n"


def test_levels_of_its_own_are_drawn_over_the_mean_of_the_task(full):
    ledger = read(full)
    (found,) = [(claim, points) for claim, _, points in panels(ledger) if claim.id == "travel"]
    axes = slope.draw(found[1], found[0]).axes[0]
    for segment in (s for c in axes.collections for s in c.get_segments()):
        assert np.allclose(np.log(segment).mean(axis=0), 0, atol=1e-12)


def test_a_ratio_is_drawn_a_dot_a_task(full):
    ledger = read(full)
    for claim, kind, points in panels(ledger):
        if kind is not ratio:
            continue
        axes = kind.draw(points, claim).axes[0]
        dots = sum(len(c.get_offsets()) for c in axes.collections if len(c.get_offsets()) > 1)
        assert dots == len(points) == 24
        assert axes.get_yticklabels()[-1].get_text().startswith("control")


def test_no_task_is_dropped_silently(tmp_path):
    ledger = read(save(tmp_path, _lost(invent(8), 2)))
    for claim, kind, points in panels(ledger):
        told = kind.caption(ledger, claim, points)
        assert claim.tasks == 6
        assert claim.lost == 2
        assert "2 tasks lost to the claim altogether" in told or claim.id == "mmr-gap"
        assert "for want of a positive finite value" in told
        assert panel.table(claim, ledger.effects)["lost"].iloc[0] == 2
    points = strategies.points(ledger)
    mmr = points[(points["strategy"] == "mmr") & (points["regime"] == strategies.ALL)]
    assert (mmr["lost"] == 2).all()
    assert "2 of mmr · loo" in strategies.caption(ledger, points)
    told = linearised.caption(ledger, linearised.points(ledger))
    assert told.count("2 not drawn for want of a number") == 2
    told = decomposition.caption(ledger, decomposition.points(ledger))
    assert f"{2 * len(STEPS) * 3} values not positive and finite" in told
    assert "2 in samples" in forest.caption(ledger, forest.points(ledger))


def test_the_heat_map_agrees_with_the_ledger(full):
    ledger = read(full)
    points = strategies.points(ledger)
    assert len(points) == (len(STRATEGIES) + 1) * len(MEASURES) * 3
    cells = points.set_index(["strategy", "measure", "regime"])
    for claim in ledger.claims:
        if claim.experiment != "strategies":
            continue
        cell = cells.loc[("mmr", claim.measure, strategies.ALL)]
        assert tuple(cell[["measured", "low", "high"]]) == pytest.approx(looks.ends(claim.found), rel=1e-9)
        for name, (found, _) in claim.regimes.items():
            cell = cells.loc[("mmr", claim.measure, name)]
            assert tuple(cell[["measured", "low", "high"]]) == pytest.approx(looks.ends(found), rel=1e-9)
    texts = [text.get_text() for text in strategies.draw(points).axes[0].texts]
    whole = points[points["regime"] == strategies.ALL]
    sure = (whole["low"] > 0) | (whole["high"] < 0)
    assert sum("●" in text for text in texts) == sure.sum() > 10


def test_dots_above_the_line_are_counted(full):
    ledger = read(full)
    points = linearised.points(ledger)
    assert len(points) == 12
    for axes, name in zip(linearised.draw(points).axes, linearised.SIDES, strict=True):
        above = int((points[name] > points["bound"]).sum())
        assert f"{above} of 12 above" in [text.get_text() for text in axes.texts]


def test_the_decomposition_shows_medians(full):
    points = decomposition.points(read(full))
    for axes, measure in zip(decomposition.draw(points).axes, decomposition.PANELS, strict=True):
        own = points[points["measure"] == measure]
        medians = own.groupby("step")["value"].median()
        assert any(np.array_equal(line.get_ydata(), medians) for line in axes.lines)


def test_the_ledger_names_every_claim_with_its_verdict(full):
    ledger = read(full)
    figure = forest.draw(forest.points(ledger))
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    for claim in ledger.claims:
        assert claim.id in texts
        assert looks.effect(claim.effect, claim.found) in texts
    assert sum(text in looks.VERDICTS for text in texts) == len(ledger.claims)


def test_captions_state_the_numbers(full):
    ledger = read(full)
    for claim, kind, points in panels(ledger):
        told = kind.caption(ledger, claim, points)
        assert looks.effect(claim.effect, claim.found) in told
        assert claim.verdict in told
        assert "12 tasks" in told
        assert claim.control is None or looks.effect(claim.effect, claim.control) in told


def test_ranges_are_those_of_the_predictions(full):
    drawn = {claim.id: (claim.low, claim.high) for claim in read(full).claims}
    assert drawn == {claim.id: (claim.expects.low, claim.expects.high) for claim in CLAIMS if claim.id in drawn}


def test_names_of_levels():
    assert slope.level_name(["n = 16", "n = 32"]) == "n"
    assert slope.level_name(["λ = 0.001 B²", "λ = 0.1 B²"]) == "λ (B²)"
    assert slope.level_name(["t = 1,000", "t = 100"]) == "t"
    assert slope.level_name(["10 steps", "20 steps"]) == "steps"
    assert slope.level_name(["small", "large"]) == "level"


def test_intervals_in_words():
    assert looks.slope(Interval(value=-0.98, low=-1.04, high=-0.92)) == "−0.98 [−1.04, −0.92]"
    assert looks.slope(Interval(value=-0.0001, low=-0.004, high=0.02)) == "0.000 [−0.004, 0.020]"
    assert looks.factor(Interval(value=0.0, low=-np.inf, high=np.inf)) == "×1.00 [0.00, ∞]"
    assert looks.effect("slope", Interval(value=np.nan, low=-np.inf, high=np.inf)) == "–"


def test_swarms_stay_in_their_row():
    values = np.random.default_rng(0).normal(size=500)
    aside = ratio.swarm(values, (-3.0, 3.0))
    assert np.abs(aside).max() <= 0.3
    assert len(set(zip(np.round(values, 12), aside, strict=True))) == 500


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda out: (out / "ledger.json").unlink(), "ledger.json is missing"),
        (lambda out: (out / "ledger.json").write_text("{"), "cannot be read"),
        (lambda out: (out / "ledger.json").write_text("[]"), "must be a list of claims"),
        (lambda out: (out / "ledger.json").write_text(json.dumps([{"id": "x"}])), "has no 'predicted_range'"),
        (lambda out: (out / "effects.parquet").unlink(), "effects.parquet is missing"),
        (lambda out: (out / "measurements.parquet").write_bytes(b"PAR1"), "cannot be read"),
        (lambda out: pd.DataFrame({"a": [1]}).to_parquet(out / "effects.parquet"), "column claim is missing"),
    ],
)
def test_what_is_missing_is_said_in_one_line(spoil, said, tmp_path):
    out = save(tmp_path / "ledger", invent(2))
    spoil(out)
    with pytest.raises(BadFigure, match=said) as caught:
        build(out)
    assert "\n" not in str(caught.value)
    with pytest.raises(BadFigure, match="no such directory"):
        build(tmp_path / "nowhere")
