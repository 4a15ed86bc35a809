"""What became of every claim: how many tasks it holds on, says nothing about, or fails."""

import pandas as pd
from matplotlib.figure import Figure

from figures import style
from figures.outcomes import OUTCOMES, name, summary
from figures.run import Run
from figures.words import count, source


def points(run: Run) -> pd.DataFrame:
    """One row a claim: the number of tasks of each outcome."""
    return summary(run.records)[["bound", "quantity", "tasks", *OUTCOMES]]


def draw(points: pd.DataFrame) -> Figure:
    """A bar a claim, as long as it has tasks; a violation, however rare, is written out beside it."""
    figure = style.canvas(7.2, 1.2 + 0.3 * len(points))
    axes = figure.subplots()
    most = int(points["tasks"].max())
    if not most:
        style.say(axes, "no task was compared with any bound")
        return figure
    left = pd.Series(0, index=points.index)
    for outcome in OUTCOMES:
        width = points[outcome]
        colour = style.OUTCOME_COLOURS[outcome]
        axes.barh(
            points.index,
            width,
            left=left,
            height=0.72,
            color=colour,
            label=outcome,
            edgecolor="white",
            linewidth=0.4,
        )
        ink = style.BLACK if outcome in ("inapplicable", "vacuous", "inconclusive") else "white"
        for row in points.index[width > 0.045 * most]:
            axes.text(
                left[row] + width[row] / 2,
                row,
                str(width[row]),
                ha="center",
                va="center",
                color=ink,
                fontsize=7,
            )
        left = left + width
    for row in points.index[points["violated"] > 0]:
        text = f" {points['violated'][row]} violated"
        axes.text(left[row], row, text, va="center", color=style.LOUD, weight="bold", fontsize=8)
    axes.set_yticks(points.index, [name(claim) for claim in zip(points["bound"], points["quantity"], strict=True)])
    axes.set(ylim=(len(points) - 0.4, -0.6), xlim=(0, most * (1.16 if points["violated"].any() else 1.0)))
    axes.set_xlabel("tasks")
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside lower center", ncols=len(OUTCOMES), handlelength=1, columnspacing=1.2)
    return figure


def table(points: pd.DataFrame) -> pd.DataFrame:
    """The counts themselves."""
    return points


def caption(run: Run, points: pd.DataFrame) -> str:
    """How many comparisons, and what the outcomes mean."""
    total, violated = int(points["tasks"].sum()), int(points["violated"].sum())
    return (
        f"Tasks by outcome for every claim. {source(run)} {count(total, 'comparison')}, {violated} "
        "violated. Vacuous: holds, but the bound is at or above the largest value its quantity can have. "
        "Inapplicable: an assumption fails. Inconclusive: a side is missing, or the intervals overlap. "
        "Failed: a replica diverged or left the floats."
    )
