"""Every figure draws on every kind of run, and shows what its points say."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from warned import warned

from figures import bound_vs_measured, bound_vs_variance, outcomes, style
from figures.build import BadFigure, build
from figures.catalogue import PLOTS
from figures.run import read

SUFFIXES = ("pdf", "png", "csv", "tex", "txt")
BY_ID = {plot.id: plot for plot in PLOTS}


@pytest.fixture(scope="module")
def built(runs: dict[str, Path]) -> dict[str, list[Path]]:
    return {name: build(path) for name, path in runs.items() if name in ("tiny", "empty")}


@pytest.mark.parametrize("name", ["tiny", "empty"])
def test_every_file_is_there(built: dict[str, list[Path]], runs: dict[str, Path], name: str) -> None:
    wanted = [runs[name] / "plots" / f"{plot.id}.{suffix}" for plot in PLOTS for suffix in SUFFIXES]
    assert built[name] == wanted
    assert all(path.stat().st_size > 0 for path in wanted)
    assert {path.name for path in (runs[name] / "plots").iterdir()} == {path.name for path in wanted}


@pytest.mark.parametrize("kind", ["big", "single", "outside"])
@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.id)
def test_draws_without_a_crash_or_a_warning(plot, kind: str, runs: dict[str, Path], recwarn) -> None:
    run = read(runs[kind])
    points = plot.points(run)
    figure = plot.draw(points)
    figure.draw_without_rendering()
    assert all(axes.get_xlabel() or axes.texts or axes.get_title() or not axes.axison for axes in figure.axes)
    assert isinstance(plot.table(points), pd.DataFrame)
    told = plot.caption(run, points)
    assert str(len(run.tasks)) in told
    assert "nan" not in told
    assert not warned(recwarn)


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.id)
def test_the_csv_holds_the_points(plot, built: dict[str, list[Path]], runs: dict[str, Path]) -> None:
    points = plot.points(read(runs["tiny"]))
    stored = pd.read_csv(runs["tiny"] / "plots" / f"{plot.id}.csv")
    pd.testing.assert_frame_equal(stored, points, check_dtype=False, rtol=1e-15)


def test_the_headline_says_what_the_measurements_say(runs: dict[str, Path]) -> None:
    run = read(runs["big"])
    points = bound_vs_variance.points(run)
    rows = run.measurements[run.measurements["quantity"] == "resample-variance"]
    assert len(points) == len(rows) > 100
    assert np.array_equal(np.sort(points["variance"]), np.sort(rows["value"]))
    assert (points["variance"] <= points["certified"]).all()


def test_dots_lie_on_the_side_their_verdict_says(runs: dict[str, Path]) -> None:
    points = bound_vs_variance.points(read(runs["big"]))
    axes = bound_vs_variance.draw(points).axes[0]
    drawn = np.concatenate([np.asarray(c.get_offsets()) for c in axes.collections if len(c.get_offsets()) > 1])
    assert len(drawn) == len(points)
    assert (drawn[:, 1] <= drawn[:, 0]).all()
    low, high = axes.get_xlim()
    assert np.all((drawn[:, 0] > low) & (drawn[:, 0] < high))


def test_a_violation_is_drawn_above_the_line_and_loud(runs: dict[str, Path]) -> None:
    points = bound_vs_measured.points(read(runs["big"]))
    axes = next(a for a in bound_vs_measured.draw(points).axes if a.get_title().startswith("my<bound>"))
    violated = points[(points["bound"] == "my<bound>") & (points["outcome"] == "violated")]
    loud = [c for c in axes.collections if c.get_zorder() == 3 and len(c.get_offsets()) == len(violated)]
    offsets = np.asarray(loud[-1].get_offsets())
    assert (offsets[:, 1] > offsets[:, 0]).all()
    assert any(f"{len(violated)} violated" in text.get_text() for text in axes.texts)


def test_no_comparison_vanishes(runs: dict[str, Path]) -> None:
    run = read(runs["big"])
    assert len(BY_ID["bound_vs_measured"].points(run)) == len(run.records)
    counted = BY_ID["verdicts"].points(run)
    assert counted[list(outcomes.OUTCOMES)].to_numpy().sum() == counted["tasks"].sum() == len(run.records)


def test_summary_takes_the_worst_ratio_of_the_applicable(runs: dict[str, Path]) -> None:
    records = read(runs["big"]).records
    row = outcomes.summary(records).set_index(["bound", "quantity"]).loc[("one-run", "direction.each")]
    mine = records[(records["bound"] == "one-run") & (records["quantity"] == "direction.each")]
    assert row["worst_ratio"] == mine["ratio"].max()
    assert row["worst_task"] == mine.loc[mine["ratio"].idxmax(), "task"]
    assert row["applicable"] == (mine["verdict"] != "INAPPLICABLE").sum()


def test_same_run_same_bytes(built: dict[str, list[Path]], runs: dict[str, Path], tmp_path: Path) -> None:
    again = shutil.copytree(runs["tiny"], tmp_path / "again", ignore=shutil.ignore_patterns("plots"))
    redrawn = build(again, ["along_training", "instability_vs_n"])
    assert len(redrawn) == 2 * len(SUFFIXES)
    for path in redrawn:
        assert path.read_bytes() == (runs["tiny"] / "plots" / path.name).read_bytes(), path.name


def test_an_unknown_figure_is_one_line_that_lists_the_known(runs: dict[str, Path]) -> None:
    with pytest.raises(BadFigure) as caught:
        build(runs["tiny"], ["verdicts", "no-such"])
    assert "no-such" in str(caught.value)
    assert all(plot.id in str(caught.value) for plot in PLOTS)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("broken", ["records.parquet", "measurements.parquet", "tasks.parquet", "manifest.json"])
@pytest.mark.parametrize("how", ["missing", "garbage"])
def test_an_incomplete_run_is_one_line(runs: dict[str, Path], tmp_path: Path, broken: str, how: str) -> None:
    run_dir = shutil.copytree(runs["single"], tmp_path / "run", ignore=shutil.ignore_patterns("plots"))
    (run_dir / broken).unlink() if how == "missing" else (run_dir / broken).write_bytes(b"\xff garbage")
    with pytest.raises(BadFigure, match=broken) as caught:
        build(run_dir)
    assert "\n" not in str(caught.value)
    assert not (run_dir / "plots").exists()


def test_a_missing_run_and_a_missing_column_are_one_line(runs: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(BadFigure, match="no such run directory"):
        build(tmp_path / "nowhere")
    run_dir = shutil.copytree(runs["single"], tmp_path / "run")
    tasks = run_dir / "tasks.parquet"
    pd.read_parquet(tasks).drop(columns="angular_low").to_parquet(tasks)
    with pytest.raises(BadFigure, match="angular_low"):
        build(run_dir)


def test_every_family_has_a_look_of_its_own() -> None:
    assert len(set(style.FAMILIES.values())) == len({m for _, m in style.FAMILIES.values()}) == len(style.FAMILIES)
    assert style.LOUD not in {colour for colour, _ in style.FAMILIES.values()}
    looks = style.families(["cap", "zebra", "mixture"])
    assert list(looks) == ["cap", "mixture", "zebra"]
    assert looks["zebra"] not in style.FAMILIES.values()
