"""From when on a bound says anything at all: the first ln t at which it is below the largest value of its quantity."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import style
from figures.log_time import LARGEST, LIMIT, MEASURED, OF_LIMIT, SERIES, axis, curves, left_out, lost, span
from figures.words import count, number

BOUNDS = {q: [name for name in names if name not in (MEASURED, LIMIT, OF_LIMIT)] for q, names in SERIES.items()}
HEADINGS = {
    "margin-direction": r"$\|\hat w_t-u_S\|$, the bound is below $\sqrt{2}$",
    "direction.mean": r"mean over $i$ of $\|\hat w_t-\hat w_t^{{\setminus}i}\|$, the bound is below 2",
}
ASIDE = 1.5  # so far outside the looks stand the tasks about which a bound says something at once, or never
COLUMN, ABOVE, BESIDE = 9, 0.1, 1.07  # dots of one look: so many above each other, in rows; the others beside them


def draw(points: pd.DataFrame) -> Figure:
    """A row a bound: a dot a typical task, a ring where half of them are reached, at the edges those reached at once or never.

    points  one row a (task, time, name): task, kind, log_steps (ln t), quantity, name, value; only typical tasks are used
    """
    figure = style.canvas(7.2, 4.6)
    axes = figure.subplots()
    low, high = span(points)
    axis(axes, low, high)
    axes.set_xlim(low / ASIDE**2, high * ASIDE**2)
    left, right = (low / ASIDE, (low / ASIDE**2, low / 1.1)), (high * ASIDE, (high * 1.1, high * ASIDE**2))
    for (place, zone), told in ((left, "at once"), (right, "never")):
        axes.axvspan(*zone, color=style.LIGHT, alpha=0.4, linewidth=0, zorder=0)
        axes.annotate(told, (place, 0.0), ha="center", va="center", color=style.GREY, fontsize=7.5)
    beside: dict[int, tuple[str, str]] = {}
    top = 0
    for quantity, names in BOUNDS.items():
        axes.annotate(HEADINGS[quantity], (low, top), va="center", color=style.GREY)
        for row, name in enumerate(names, top + 1):
            found = useful(points, quantity, name)
            _dots(axes, row, found.replace({"first": {low: low / ASIDE, math.inf: high * ASIDE}}))
            beside[row] = name, _told(found, low)
        top += len(names) + 1
    axes.set_ylim(top - 0.4, -0.6)
    other = axes.secondary_yaxis("right")
    for side, texts in zip((axes, other), zip(*beside.values(), strict=True), strict=True):
        side.set_yticks(list(beside), texts)
        side.tick_params(axis="y", length=0)
    other.spines["right"].set_visible(False)
    return figure


def useful(points: pd.DataFrame, quantity: str, name: str) -> pd.DataFrame:
    """By task: `first`, the first ln t at which the bound says something (∞: none), and whether it is `lost` again."""
    frame = curves(points, quantity, name)
    says = frame.lt(LARGEST[quantity])
    first = {task: float(min(frame.index[says[task]], default=math.inf)) for task in frame}
    return pd.DataFrame({"first": pd.Series(first, dtype=np.float64), "lost": (says.cummax() & ~says).any()})


def half(first: pd.Series) -> float:
    """The first look by which the bound says something about at least half of the tasks; ∞ for none, NaN without a task."""
    return float(np.sort(first)[(len(first) - 1) // 2]) if len(first) else math.nan


def _dots(axes: Axes, row: int, found: pd.DataFrame) -> None:
    """Tasks of the same look stand together; hollow are those about which the bound later says nothing again."""
    for first in np.unique(found["first"]):
        group = found[found["first"] == first]
        column, place = np.divmod(np.arange(len(group)), COLUMN)
        sizes = np.bincount(column)
        x = first * BESIDE ** (column - (len(sizes) - 1) / 2)
        y = row + ABOVE * (place - (sizes[column] - 1) / 2)
        faces = np.where(group["lost"].sort_values(), "white", style.BLUE)
        axes.scatter(x, y, s=6.5, c=faces, edgecolors=style.BLUE, linewidths=0.5, zorder=3)
    if len(found):
        axes.plot(
            half(found["first"]), row, marker="o", markersize=7, markerfacecolor="none", markeredgewidth=1.6,
            color=style.ORANGE, zorder=4,
        )  # fmt: skip


def _told(found: pd.DataFrame, low: float) -> str:
    first = found["first"]
    if not len(first):
        return "no task"
    return f"{(first == low).sum()} at once, {np.isinf(first).sum()} never, of {len(first)}"


def table(points: pd.DataFrame) -> pd.DataFrame:
    """One row a bound: its tasks, for how many it says something at once and for how many never, and half of them by when."""
    low, _ = span(points)
    rows = []
    for quantity, names in BOUNDS.items():
        for name in names:
            found = useful(points, quantity, name)
            first = found["first"]
            rows.append(
                {
                    "quantity": quantity,
                    "bound": name,
                    "tasks": len(found),
                    "at once": int((first == low).sum()),
                    "never": int(np.isinf(first).sum()),
                    "lost again": int(found["lost"].sum()),
                    "half of them by ln t": half(first),
                }
            )
    return pd.DataFrame(rows)


def caption(points: pd.DataFrame) -> str:
    """What counts as saying something, how many tasks there are, and how many bounds are lost again."""
    low, high = span(points)
    told = table(points)
    tasks = len(set(points.loc[points["kind"] == "typical", "task"]) - lost(points))
    again = int(told["lost again"].sum())
    hollow = f" Hollow: {count(again, 'dot')} where a later look is at or above it again." if again else ""
    return (
        "From when on each bound says anything: the first look at which it is below the largest value that its quantity can "
        "have, which is √2 for the distance from the maximum-margin direction, as ⟨w_t, u_S⟩ ≥ 0 from the start w_0 = 0, and 2 "
        f"for a mean of chords. One dot a task, of {count(tasks, 'typical task')}, those of one look side by side. Ring: by "
        "then at least half of the tasks to which the bound applies. At once: at the first look, ln t = "
        f"{number(low)}. Never: at no look up to t = e^{high:.4g}.{hollow} svm-leave-one-out bounds the limit and not the head "
        f"at a finite t, and is not shown.{left_out(points)}"
    )
