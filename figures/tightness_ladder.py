"""How tight each bound is: the distribution of measured/bound over tasks, the tightest bound on top."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from figures import style
from figures.outcomes import DECIDED, compared, name, outcome
from figures.run import Run
from figures.words import count, number, source

FLOOR, FARTHEST = 1e-4, 1e3


def points(run: Run) -> pd.DataFrame:
    """One row a comparison with a ratio, the claims by falling median."""
    rows = compared(run.records)[["bound", "quantity", "task", "family", "n", "d", "ratio", "outcome"]]
    medians = rows.groupby(["bound", "quantity"])["ratio"].transform("median")
    rows = rows.assign(median=medians).sort_values(
        ["median", "bound", "quantity"], ascending=[False, True, True], kind="stable"
    )
    return rows.drop(columns="median").reset_index(drop=True)


def draw(points: pd.DataFrame) -> Figure:
    """A strip of dots a claim, with quartiles and median; beyond the line at 1 a bound is violated."""
    groups = list(points.groupby(["bound", "quantity"], sort=False))
    figure = style.canvas(7.2, 1.1 + 0.34 * max(len(groups), 3))
    axes = figure.subplots()
    if not groups:
        style.say(axes, "no bound applies to any task")
        return figure
    shift = np.random.default_rng(0)  # the jitter of the strips, the same in every drawing
    beside: list[str] = []
    decided = points.loc[points["outcome"].isin(DECIDED), "ratio"]
    right = max(2.5, 1.3 * float(decided[decided < FARTHEST].max()))
    for row, (_, group) in enumerate(groups):
        x = style.onto(group["ratio"], (FLOOR, right))
        y = row + shift.uniform(-0.28, 0.28, len(x))
        plain, vacuous, open_, violated = (
            (group["outcome"] == which).to_numpy() for which in ("holds", "vacuous", "inconclusive", "violated")
        )
        look: dict[str, Any] = {"s": 5, "alpha": 0.4} if len(x) > 60 else {"s": 14, "alpha": 0.7}
        axes.scatter(x[plain], y[plain], color=style.BLUE, linewidths=0, zorder=2, **look)
        axes.scatter(x[vacuous], y[vacuous], color=style.SKY, linewidths=0, zorder=2, **look)
        axes.scatter(x[open_], y[open_], color=style.ORANGE, marker="D", linewidths=0, zorder=2, **look)
        axes.scatter(
            x[violated],
            y[violated],
            s=26,
            marker="X",
            color=style.LOUD,
            edgecolors="white",
            linewidths=0.4,
            zorder=5,
        )
        low, middle, high = np.quantile(x, [0.25, 0.5, 0.75])
        axes.plot([low, high], [row, row], color=style.BLACK, linewidth=1.6, zorder=3)
        axes.plot(middle, row, marker="o", markersize=5.5, markerfacecolor="white", color=style.BLACK, zorder=4)
        beside.append(f"{count(len(x), 'task')}, {vacuous.mean():.0%} vacuous")
    other = axes.secondary_yaxis("right")
    other.set_yticks(range(len(groups)), beside)
    other.spines["right"].set_visible(False)
    for side in (axes, other):
        side.tick_params(axis="y", length=0)
    axes.set_yticks(range(len(groups)), [name((str(bound), str(quantity))) for (bound, quantity), _ in groups])
    axes.set(xscale="log", xlim=(FLOOR * 0.8, right), ylim=(len(groups) - 0.4, -0.6))
    axes.set_xlabel(f"measured / bound  (left edge: {FLOOR:g} or less)")
    axes.axvline(1, color=style.BLACK, linewidth=0.8)
    axes.axvspan(1, right, color=style.LOUD, alpha=0.08, linewidth=0)
    return figure


def table(points: pd.DataFrame) -> pd.DataFrame:
    """One row a claim: quartiles and largest ratio, and the share that is vacuous."""
    rows = []
    for (bound, quantity), group in points.groupby(["bound", "quantity"], sort=False):
        low, middle, high = group["ratio"].quantile([0.25, 0.5, 0.75])
        share = float((group["outcome"] == "vacuous").mean())
        rows.append((bound, quantity, len(group), low, middle, high, float(group["ratio"].max()), f"{share:.0%}"))
    columns = [
        "bound",
        "quantity",
        "tasks",
        "lower quartile",
        "median",
        "upper quartile",
        "largest",
        "vacuous",
    ]
    return pd.DataFrame(rows, columns=columns)


def caption(run: Run, points: pd.DataFrame) -> str:
    """What the ratio is over, and how many comparisons have none."""
    counts = outcome(run.records).value_counts()
    inapplicable, failed = int(counts.get("inapplicable", 0)), int(counts.get("failed", 0))
    decided = points.loc[points["outcome"].isin(DECIDED), "ratio"]
    missing = len(run.records) - len(points) - inapplicable - failed
    return (
        "Measured / bound for every claim, one dot a task, the tightest claim on top; ring: median, bar: "
        "quartiles. A ratio of 1 is an attained bound, beyond it the bound would be violated. "
        f"{source(run)} {count(len(points), 'comparison')} with a ratio; left out are "
        f"{count(inapplicable)} inapplicable, {count(failed)} with a failed solver and {count(missing)} "
        "where a side is missing. Light dots: the bound is vacuous there, at or above the largest value "
        "its quantity can have; diamonds are inconclusive. "
        f"Largest ratio of a decided comparison: {number(float(decided.max()) if len(decided) else np.nan)}."
    )
