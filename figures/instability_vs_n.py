"""More samples, more stability: mean direction instability against n, predicted to fall like 1/n."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from figures import style
from figures.power_law import power_law
from figures.rate import cloud
from figures.run import Run
from figures.separable_heads import WHICH, separable_heads
from figures.words import count, source


def points(run: Run) -> pd.DataFrame:
    """One row a task."""
    return separable_heads(run)


def draw(points: pd.DataFrame) -> Figure:
    """The tasks, the fitted slope, and a guide of slope −1."""
    figure, _ = cloud(points, "n", "instability", "no separable head without l2")
    axes = figure.axes[0]
    if not len(points):
        return figure
    ends = np.array([points["n"].min(), points["n"].max()], np.float64)
    middle = np.exp(np.log(points["instability"] * points["n"])[points["instability"] > 0].mean())
    axes.plot(ends, 3 * middle / ends, color=style.GREY, linestyle="--", zorder=4, label="predicted slope −1")
    axes.set_xlabel("samples n")
    axes.set_ylabel(r"mean over $i$ of $\|\hat w_S-\hat w_{S{\setminus}i}\|$")
    axes.xaxis.set_major_locator(FixedLocator([2.0**k for k in range(1, 12)]))
    axes.legend(loc="upper right")
    return figure


def table(points: pd.DataFrame) -> pd.DataFrame:
    """The slope over all tasks, at fixed margin, and family by family."""
    laws = {
        "all": (len(points), power_law(points["instability"], points["n"])),
        "all, at fixed angular margin": (
            len(points),
            power_law(points["instability"], points["n"], points["margin"]),
        ),
        **{
            str(family): (len(rows), power_law(rows["instability"], rows["n"]))
            for family, rows in points.groupby("family")
        },
    }
    rows = [
        (tasks, size, *((law.slope, law.low, law.high) if law else (np.nan,) * 3))
        for tasks, (size, law) in laws.items()
    ]
    return pd.DataFrame(rows, columns=["family", "tasks", "slope", "low, 95 %", "high, 95 %"])


def caption(run: Run, points: pd.DataFrame) -> str:
    """The slope with its interval, and what it is over."""
    law = power_law(points["instability"], points["n"])
    fixed = power_law(points["instability"], points["n"], points["margin"])
    slope = f"Slope {law.text()}" if law else "Too few tasks for a slope"
    at_fixed = f", at fixed angular margin {fixed.text()}" if fixed else ""
    return (
        "Direction instability at the last step, mean over the samples left out, against the number of "
        f"samples. {source(run)} {count(len(points), 'task')}: {WHICH}. {slope}{at_fixed} (ordinary least "
        "squares on logarithms, 95 % t-interval; predicted −1). Band: 95 % confidence band of the line. "
        "Dashed: a guide of slope −1, its height is arbitrary."
    )
