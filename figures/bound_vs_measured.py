"""Every claim, one small panel each: the bound against what was measured, one dot a task."""

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import style
from figures.outcomes import OUTCOMES, Claim, claims, outcome
from figures.run import Run
from figures.words import count, number, source

COLUMNS = 4
BEYOND = 1e3
# hollow and faint where the bound says nothing, loud where it is broken
LOOKS: dict[str, dict[str, Any]] = {
    "inapplicable": {
        "s": 9,
        "marker": "o",
        "facecolors": "none",
        "edgecolors": style.LIGHT,
        "linewidths": 0.5,
    },
    "failed": {"s": 14, "marker": "x", "color": style.BLACK, "linewidths": 0.7},
    "vacuous": {"s": 9, "marker": "s", "facecolors": "none", "edgecolors": style.SKY, "linewidths": 0.7},
    "holds": {"s": 8, "marker": "o", "color": style.BLUE, "linewidths": 0, "alpha": 0.7},
    "inconclusive": {"s": 14, "marker": "D", "color": style.ORANGE, "linewidths": 0},
    "violated": {"s": 34, "marker": "X", "color": style.LOUD, "edgecolors": "white", "linewidths": 0.5},
}


def points(run: Run) -> pd.DataFrame:
    """One row a comparison; `value` is the bound, for `….each` that of the sample with the largest ratio."""
    columns = [
        "bound",
        "quantity",
        "task",
        "family",
        "n",
        "d",
        "value",
        "measured",
        "low",
        "high",
        "ratio",
        "sample",
    ]
    order = {claim: k for k, claim in enumerate(claims(run.records))}
    frame = run.records[columns].assign(outcome=outcome(run.records))
    rank = [order[claim] for claim in zip(frame["bound"], frame["quantity"], strict=True)]
    return frame.assign(rank=rank).sort_values("rank", kind="stable").drop(columns="rank").reset_index(drop=True)


def draw(points: pd.DataFrame) -> Figure:
    """Small multiples, each with its own range, the same on both of its axes."""
    shown = claims(points)
    rows = math.ceil((len(shown) + 1) / COLUMNS)  # one cell is left for the legend
    height = 0.6 + 2.15 * rows
    figure = style.canvas(8.4, height, layout=None)  # panels of one size need no solver, which takes seconds
    figure.subplots_adjust(0.085, 0.55 / height, 0.985, 1 - 0.42 / height, wspace=0.42, hspace=0.5)
    cells = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes, claim in zip(cells, shown, strict=False):
        _panel(axes, points[(points["bound"] == claim[0]) & (points["quantity"] == claim[1])], claim)
    for axes in cells[len(shown) :]:
        axes.set_axis_off()
    handles = [_handle(name) for name in OUTCOMES]
    cells[len(shown)].legend(handles=handles, loc="center left", title="outcome", alignment="left")
    figure.supxlabel("bound (right edge: none)", fontsize=9, y=0.08 / height)
    figure.supylabel("measured (lower edge: 0 or below the range)", fontsize=9, x=0.01)
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, claim: Claim) -> None:
    axes.set_title(f"{claim[0]}\n{claim[1]}", fontsize=8)
    rows = rows[rows["measured"].notna()]
    inside = rows[rows["value"].notna()]
    if not len(rows):
        style.say(axes, "no task measured")
        return
    own = inside if len(inside) else rows
    reach = own["value"].clip(upper=BEYOND * own["measured"].max())  # what is farther stands at the edge
    bounds = style.limits(reach, own["measured"], decades=6)
    style.identity(axes, bounds)
    style.sparse_ticks(axes)
    x, y = style.onto(rows["value"], bounds), style.onto(rows["measured"], bounds)
    for name, look in LOOKS.items():
        if not (here := (rows["outcome"] == name).to_numpy()).any():
            continue
        size = look["s"] * (1 if len(rows) > 60 else 1.8)
        axes.scatter(x[here], y[here], zorder=3, clip_on=False, **{**look, "s": size})
    counts = rows["outcome"].value_counts()
    if violated := int(counts.get("violated", 0)):
        axes.annotate(
            f"{violated} violated",
            (0.04, 0.94),
            xycoords="axes fraction",
            color=style.LOUD,
            va="top",
            weight="bold",
        )
    if not len(inside):
        axes.annotate("applies to no task", (0.5, 0.4), xycoords="axes fraction", ha="center", color=style.GREY)


def _handle(name: str) -> Line2D:
    look = LOOKS[name]
    hollow = look.get("facecolors") == "none"
    colour = str(look.get("edgecolors") if hollow else look["color"])
    return Line2D(
        [],
        [],
        linestyle="",
        marker=str(look["marker"]),
        color=colour,
        markerfacecolor="none" if hollow else colour,
        markersize=5,
        label=name,
    )


def table(points: pd.DataFrame) -> pd.DataFrame:
    """One row a claim: the range of the bound and of the measurements where both are there."""
    both = points[points["value"].notna() & points["measured"].notna()]
    rows = []
    for bound, quantity in claims(points):
        here = both[(both["bound"] == bound) & (both["quantity"] == quantity)]
        median = {name: float(here[name].median()) if len(here) else np.nan for name in ("value", "measured", "ratio")}
        rows.append(
            {
                "bound": bound,
                "quantity": quantity,
                "tasks": len(here),
                **{f"{k}, median": v for k, v in median.items()},
            }
        )
    return pd.DataFrame(rows)


def caption(run: Run, points: pd.DataFrame) -> str:
    """How many comparisons, of which outcome, and how many cannot be drawn."""
    counts = points["outcome"].value_counts()
    told = ", ".join(f"{count(int(counts.get(name, 0)))} {name}" for name in OUTCOMES)
    largest = points.loc[points["outcome"].isin(["holds", "vacuous", "violated"]), "ratio"].max()
    return (
        "Each claim (bound and quantity) against the measurement, one dot a task; below the line the "
        f"bound holds. {source(run)} {count(len(points), 'comparison')}: {told}; "
        f"{count(int(points['measured'].isna().sum()))} without a measured number are not drawn. "
        "Of a quantity "
        "“each” the sample with the largest ratio is drawn; “mean” and “max” are over the samples left "
        "out. Where the bound is inapplicable it has no value, and the measurement stands hollow at the "
        f"right edge. Largest measured/bound of those decided: {number(float(largest))}."
    )
