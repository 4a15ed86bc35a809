"""The three figures of a long run show what their table says, whatever is missing from it."""

import math

import numpy as np
import pandas as pd
import pytest
from invented_long_run import LOOKS, invent
from warned import warned

from figures import direction_rate, instability_in_log_time, when_useful
from figures.build import save
from figures.latex import tabular
from figures.log_time import LARGEST

FIGURES = (direction_rate, instability_in_log_time, when_useful)
by_name = pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.__name__.split(".")[-1])


def without(points: pd.DataFrame, *names: str) -> pd.DataFrame:
    return points[~points["name"].isin(names)]


TABLES = {
    "full": lambda: invent(9, 2),
    "no degenerate task": lambda: invent(5, 0),
    "only degenerate tasks": lambda: invent(0, 2),
    "single": lambda: invent(1, 0),
    "nothing": lambda: invent(0, 0),
    "no gd-residual, no limit": lambda: without(
        invent(5, 1), "gd-residual", "maximum-margin limit", "svm-leave-one-out"
    ),
    "no direction.mean": lambda: invent(5, 1).query("quantity == 'margin-direction'"),
    "lost": lambda: invent(3, 1).assign(value=lambda p: p["value"].where(p["task"] != "0001-long")),
}


@by_name
@pytest.mark.parametrize("kind", TABLES)
def test_draws_without_a_crash_or_a_warning(figure, kind, tmp_path, recwarn):
    points = TABLES[kind]()
    told, table = figure.caption(points), tabular(figure.table(points), kind)
    save(tmp_path / "figure", points, draw=figure.draw, table=table, caption=told)
    assert "nan" not in told
    assert ("1 task left out: not followed to the end." in told) == (kind == "lost")
    assert not warned(recwarn)


@pytest.mark.thorough
@by_name
def test_the_same_table_gives_the_same_bytes(figure, tmp_path):
    points = invent(6, 2)
    written = [
        save(tmp_path / name, points.copy(), draw=figure.draw, table="", caption="")[1].read_bytes()
        for name in ("once", "again")
    ]
    assert written[0] == written[1]


def value(points: pd.DataFrame, quantity: str, name: str, kind: str = "typical") -> pd.DataFrame:
    """Looks by tasks."""
    here = (points["quantity"] == quantity) & (points["name"] == name) & (points["kind"] == kind)
    return points[here].pivot(index="log_steps", columns="task", values="value")


def lines(axes) -> list[np.ndarray]:
    return [np.asarray(line.get_ydata(), np.float64) for line in axes.get_lines()]


def shown(wanted, axes) -> bool:
    return any(len(line) == len(wanted) and np.allclose(line, wanted, rtol=1e-12) for line in lines(axes))


def test_direction_rate_draws_every_task_times_ln_t_and_level_tasks_level():
    points = invent(9, 2)
    left, right = direction_rate.draw(points).axes
    for kind in ("typical", "degenerate"):
        scaled = value(points, "margin-direction", "measured", kind).mul(LOOKS, axis=0)
        for _, task in scaled.items():
            assert shown(task, left)
            assert shown(task / task.iloc[-1], right)
        assert shown(scaled.median(axis=1), left)
    assert shown(np.log(LOOKS) / np.log(1000), right)
    row = direction_rate.table(points).set_index("tasks")
    assert row.loc["typical", "ln t = 1000"] == pytest.approx(row.loc["typical", "ln t = 288.9"], rel=0.02)
    assert row.loc["degenerate", "ln t = 1000"] > 1.15 * row.loc["degenerate", "ln t = 288.9"]


def test_without_degenerate_tasks_their_shape_is_not_drawn():
    figure = direction_rate.draw(invent(4, 0))
    assert len(figure.axes[1].get_lines()) == 4 + 1
    assert "ln ln t," not in direction_rate.caption(invent(4, 0))


def test_medians_are_over_the_same_tasks_and_stop_at_the_largest_value():
    points = invent(9, 2)
    for axes, quantity in zip(instability_in_log_time.draw(points).axes, LARGEST, strict=True):
        named = {line.get_label(): line.get_ydata() for line in axes.get_lines()}
        assert np.allclose(named["measured"], value(points, quantity, "measured").median(axis=1))
        band = axes.collections[0].get_paths()[0].vertices[:, 1]
        quartiles = value(points, quantity, "measured").quantile([0.25, 0.75], axis=1)
        assert {band.min(), band.max()} == {quartiles.min().min(), quartiles.max().max()}
        others = value(points, quantity, "measured").columns
        for name in set(points.loc[points["quantity"] == quantity, "name"]) - {"measured"}:
            wanted = (
                value(points, quantity, name).reindex(columns=others).fillna(math.inf).clip(upper=LARGEST[quantity])
            )
            assert np.allclose(named[name], wanted.median(axis=1)), name
    assert "gd-residual to 7" in instability_in_log_time.caption(points)


def test_a_bound_on_few_tasks_is_not_drawn_below_what_it_bounds():
    points = invent(9, 0)
    smallest = value(points, "margin-direction", "measured").iloc[-1].nsmallest(5).index
    gone = (points["name"] == "gd-residual") & ~points["task"].isin(smallest)
    row = instability_in_log_time.table(points[~gone]).set_index(["quantity", "series"]).loc["margin-direction"]
    assert row.loc["gd-residual", "applies to"] < 5
    assert row.loc["gd-residual", "ln t = 1000"] >= row.loc["measured", "ln t = 1000"]


def dots(axes, row: int) -> np.ndarray:
    """x of the dots within a row."""
    offsets = np.concatenate([np.asarray(c.get_offsets()) for c in axes.collections])
    return np.sort(offsets[np.abs(offsets[:, 1] - row) < 0.5, 0])


def test_a_dot_a_task_stands_at_the_first_look_below_the_largest_value():
    points = invent(12, 2)
    axes = when_useful.draw(points).axes[0]
    places = dict(zip((text.get_text() for text in axes.get_yticklabels()), axes.get_yticks(), strict=True))
    for quantity, names in when_useful.BOUNDS.items():
        for name in names:
            frame = value(points, quantity, name)
            first = [min(LOOKS[frame[task] < LARGEST[quantity]], default=math.inf) for task in frame]
            x = dots(axes, places[name])
            assert len(x) == frame.shape[1]
            assert np.sum(x > LOOKS[-1] * 1.1) == np.isinf(first).sum()
            assert np.sum(x < LOOKS[0] / 1.1) == np.sum(np.array(first) == LOOKS[0])
            assert when_useful.half(when_useful.useful(points, quantity, name)["first"]) in first


def test_half_of_the_tasks_never_and_again():
    assert when_useful.half(pd.Series([5.0, math.inf, 7.0, math.inf])) == 7
    assert when_useful.half(pd.Series([5.0, math.inf, math.inf])) == math.inf
    assert math.isnan(when_useful.half(pd.Series([], dtype=np.float64)))
    points = invent(10, 0)
    late = (points["name"] == "one-run") & (points["log_steps"] > 500)
    rows = when_useful.table(points.assign(value=points["value"].mask(late, 2.0))).set_index("bound")
    assert rows.loc["one-run", "lost again"] == rows.loc["one-run", "tasks"] == 10
    assert rows.loc["margin-certificate", "lost again"] == 0
