"""Larger margin, more stability: n times the mean direction instability against the angular margin."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from figures import style
from figures.power_law import power_law
from figures.rate import cloud
from figures.run import Run
from figures.separable_heads import WHICH, separable_heads
from figures.words import count, number, source


def points(run: Run) -> pd.DataFrame:
    """One row a task; `scaled` is n times the instability."""
    frame = separable_heads(run)
    return frame.assign(scaled=frame["n"] * frame["instability"])


def draw(points: pd.DataFrame) -> Figure:
    """The tasks, the fitted slope, and the bounds 4/γ̂ (reweighted) and 2/γ̂ (dropped)."""
    figure, _ = cloud(points, "margin", "scaled", "no separable head without l2")
    axes = figure.axes[0]
    if not len(points):
        return figure
    ends = np.array([points["margin"].min(), points["margin"].max()])
    for factor, line, which in ((4, "--", "reweighted"), (2, ":", "dropped")):
        axes.plot(
            ends,
            factor / ends,
            color=style.LOUD,
            linestyle=line,
            zorder=4,
            label=rf"bound ${factor}/\hat\gamma$, {which}",
        )
    low, high = axes.get_ylim()
    axes.set_ylim(low, max(high, 6 / ends[0]))
    axes.set_xlabel(r"angular margin $\hat\gamma$")
    axes.set_ylabel(r"$n$ × mean over $i$ of $\|\hat w_S-\hat w_{S{\setminus}i}\|$")
    axes.legend(loc="upper right")
    return figure


def table(points: pd.DataFrame) -> pd.DataFrame:
    """The slope over all tasks, by deletion convention and by family."""
    groups = {
        "all": points,
        **{str(name): rows for name, rows in points.groupby("deletion")},
        **{str(name): rows for name, rows in points.groupby("family")},
    }
    rows = []
    for name, of_group in groups.items():
        law = power_law(of_group["scaled"], of_group["margin"])
        ends = (law.slope, law.low, law.high) if law else (np.nan,) * 3
        rows.append((name, len(of_group), *ends))
    return pd.DataFrame(rows, columns=["tasks with", "tasks", "slope", "low, 95 %", "high, 95 %"])


def caption(run: Run, points: pd.DataFrame) -> str:
    """The slope with its interval, and how far below the bound the largest task lies."""
    law = power_law(points["scaled"], points["margin"])
    slope = f"Slope {law.text()}" if law else "Too few tasks for a slope"
    factor = points["deletion"].map({"reweighted": 4.0, "dropped": 2.0}).astype(float)
    ratios = points["scaled"] * points["margin"] / factor
    largest = number(float(ratios.max())) if len(points) else "–"
    return (
        "Direction instability at the last step, mean over the samples left out, times n, against the "
        f"angular margin. {source(run)} {count(len(points), 'task')}: {WHICH}. {slope} (ordinary least "
        "squares on logarithms, 95 % t-interval; the bound falls with slope −1). Band: 95 % confidence "
        f"band of the line. Lines: the bound from the zero start. Largest measured / line: {largest}."
    )
