"""How fast gradient descent reaches the maximum-margin direction: ln t times the error levels off, so the rate is 1/ln t."""

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from figures import style
from figures.log_time import MEASURED, axis, curves, left_out, looks_named, near, span
from figures.words import count, number

KINDS = {"typical": style.BLUE, "degenerate": style.ORANGE}
SHAPE: dict[str, Any] = {"color": style.BLACK, "linestyle": (0, (4, 2)), "linewidth": 1.2}
TIMES = (10.0, 30.0, 100.0, 300.0, 1000.0)
QUARTILES = (0.25, 0.5, 0.75)


def draw(points: pd.DataFrame) -> Figure:
    """Left ln t times the error, right the same over its own last value; thin lines are tasks.

    points  one row a (task, time, name): task, kind (typical or degenerate), log_steps (ln t), quantity, name, value;
            other columns are not used
    """
    figure = style.canvas(7.2, 3.5)
    left, right = figure.subplots(1, 2)
    scaled = {kind: frame for kind in KINDS if len(frame := _scaled(points, kind))}
    left.set(yscale="log", ylim=style.limits(*scaled.values(), decades=3))
    for kind, frame in scaled.items():
        _lines(left, frame, KINDS[kind])
        _lines(right, frame.div(frame.iloc[-1], axis=1), KINDS[kind], band=kind == "typical")
    if "degenerate" in scaled:
        s = scaled["degenerate"].index.to_numpy(np.float64)
        right.plot(s, np.log(s) / np.log(s[-1]), zorder=5, **SHAPE)
    style.plain_ticks(left)
    left.set_title(r"$\ln t\cdot\|\hat w_t-u_S\|$")
    right.set_title("the same, over its value at the last look")
    right.set_ylim(0, min(right.get_ylim()[1], 3.0))
    for axes in (left, right):
        axis(axes, *span(points))
        if not scaled:
            axes.annotate("no task", (0.5, 0.5), xycoords="axes fraction", ha="center", color=style.GREY)
    if scaled:
        figure.legend(handles=_handles(scaled), loc="outside lower center", ncols=4, columnspacing=1.4)
    return figure


def _scaled(points: pd.DataFrame, kind: str) -> pd.DataFrame:
    """ln t times the direction error: one row a look, one column a task."""
    error = curves(points, "margin-direction", MEASURED, kind)
    return error.mul(error.index.to_series(), axis=0)


def _lines(axes: Axes, frame: pd.DataFrame, colour: str, *, band: bool = False) -> None:
    """A thin line a task, the median, and perhaps the quartiles as a band."""
    s, (lower, median, upper) = frame.index, np.quantile(frame, QUARTILES, axis=1)
    axes.plot(s, frame, color=colour, linewidth=0.6, alpha=0.4 if frame.shape[1] > 8 else 0.8, zorder=2)
    if band:
        axes.fill_between(s, lower, upper, color=colour, alpha=0.18, linewidth=0, zorder=1)
    axes.plot(s, median, color=colour, linewidth=2.2, zorder=4)


def _handles(scaled: Collection[str]) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=KINDS[kind], linewidth=2.2, label=f"{kind} tasks, median") for kind in scaled
    ]
    if "typical" in scaled:
        handles.append(Patch(color=KINDS["typical"], alpha=0.18, linewidth=0, label="quartiles"))
    if "degenerate" in scaled:
        handles.append(Line2D([], [], label=r"shape of $\ln\ln t$", **SHAPE))
    return handles


def table(points: pd.DataFrame) -> pd.DataFrame:
    """One row a kind: how many tasks, and the median of ln t times the error at a few times."""
    rows = []
    for kind in KINDS:
        frame = _scaled(points, kind)
        looks = near(frame.index, *TIMES)
        medians = dict(zip(looks_named(looks), frame.loc[looks].median(axis=1), strict=True))
        rows.append({"tasks": kind, "number": frame.shape[1], **medians})
    return pd.DataFrame(rows)


def caption(points: pd.DataFrame) -> str:
    """What is scaled by what, over how many tasks, and by how much the products still grow at the end."""
    tasks = {kind: _scaled(points, kind).shape[1] for kind in KINDS}
    shape = (
        " Dashed: the shape of ln ln t, drawn through the common last point and not fitted; degenerate tasks, with a sample "
        "on the margin that has no dual weight, follow it instead."
    )
    return (
        "The rate of gradient descent on separable data. Left: ln t times the distance of the normalised head from the "
        "maximum-margin direction; a level line is the rate 1/ln t, and its height is the constant. Right: the same, each "
        "task over its own value at the last look, so that only the shape is left. Thin lines are tasks, thick ones "
        f"medians over tasks, the band quartiles over the typical ones. {count(tasks['typical'], 'typical task')}, "
        f"{tasks['degenerate']} degenerate.{shape if tasks['degenerate'] else ''}{_growth(points)}{left_out(points)}"
    )


def _growth(points: pd.DataFrame) -> str:
    """By what factor the products change while ln t grows tenfold."""
    told = []
    for kind in KINDS:
        frame = _scaled(points, kind)
        if not frame.shape[1]:
            continue
        first, last = near(frame.index, frame.index[-1] / 10, frame.index[-1])
        low, median, high = (number(x) for x in np.quantile(frame.loc[last] / frame.loc[first], QUARTILES))
        told.append(f"{median} over the {kind} tasks (median; quartiles {low} and {high})")
    if not told:
        return ""
    return (
        f" From t = e^{first:.3g} to e^{last:.4g} the product changes by a factor of {', '.join(told)}; ln ln t would make it "
        f"{number(float(np.log(last) / np.log(first)))}."
    )
