"""Networks against the bound of their linearisation: to the linearised network it applies, to the network it does not."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import style
from figures.claims import looks
from figures.claims.ledger import Ledger
from figures.words import count, number

TITLE = "Bound versus instability of networks"
EXPERIMENT, MEASURE = "linearised", "parameter"
BOUND = "bound"  # an arm
SIDES = {"linearised": "The linearised network", "network": "The network itself"}  # arms too
APPLIES = "linearised"


def points(ledger: Ledger) -> pd.DataFrame:
    """One row a task and regime: the bound, and what was measured of both networks."""
    rows = ledger.measurements
    rows = rows[(rows["experiment"] == EXPERIMENT) & (rows["measure"] == MEASURE) & rows["arm"].isin([BOUND, *SIDES])]
    wide = rows.set_index(["task", "regime", "arm"])["value"].unstack()
    return wide.reindex(columns=[BOUND, *SIDES]).reset_index().rename_axis(columns=None)


def draw(points: pd.DataFrame) -> Figure:
    """A dot a task, the same range everywhere; above the line the bound is broken."""
    figure = style.canvas(7.2, 3.9)
    panels = figure.subplots(1, 2)
    bounds = style.limits(points[BOUND], *(points[name] for name in SIDES))
    faces = looks.regimes(points["regime"])
    for axes, (name, title) in zip(panels, SIDES.items(), strict=True):
        axes.set_title(title)
        both = drawn(points, name)
        if not len(both):
            style.say(axes, "no task was measured")
            continue
        _panel(axes, both, name, bounds, faces)
    panels[0].set_ylabel("measured instability (lower edge: 0)")
    if len(faces) > 1:
        handles = [
            Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=regime)
            for regime, (colour, marker) in faces.items()
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return figure


def _panel(
    axes: Axes, both: pd.DataFrame, name: str, bounds: tuple[float, float], faces: dict[str, tuple[str, str]]
) -> None:
    style.identity(axes, bounds)
    style.sparse_ticks(axes)
    for regime, (colour, marker) in faces.items():
        own = both[both["regime"] == regime]
        x, y = style.onto(own[BOUND], bounds), style.onto(own[name], bounds)
        axes.scatter(x, y, s=15, color=colour, marker=marker, alpha=0.65, linewidths=0, zorder=3, clip_on=False)
    above = int((both[name] > both[BOUND]).sum())
    axes.annotate(f"{above} of {len(both)} above", (0.04, 0.95), xycoords="axes fraction", va="top",
                  color=style.LOUD if above and name == APPLIES else style.GREY)  # fmt: skip
    axes.set_xlabel("bound of the linearised network (right edge: ∞)")


def drawn(points: pd.DataFrame, name: str) -> pd.DataFrame:
    """Where both the bound and the measurement are numbers; a bound may be infinite."""
    return points[points[BOUND].notna() & points[name].notna() & np.isfinite(points[name])]


def table(points: pd.DataFrame) -> pd.DataFrame:
    """One row a network: how often the bound is passed, and how much of it is used."""
    rows = []
    for name, title in SIDES.items():
        both = drawn(points, name)
        ratio = both[name] / both[BOUND]
        rows.append({
            "of": title, "tasks": both["task"].nunique(), "not drawn": len(points) - len(both),
            "above the bound": int((ratio > 1).sum()), "measured/bound, median": ratio.median(), "largest": ratio.max(),
        })  # fmt: skip
    return pd.DataFrame(rows)


def caption(ledger: Ledger, points: pd.DataFrame) -> str:
    """How many tasks there are, how many are not drawn, how tight the bound is, and how often the network passes it."""
    told = " ".join(
        f"{row['of']}: {count(row['tasks'], 'task')}, {row['above the bound']} above the bound, measured/bound in the median "
        f"{number(row['measured/bound, median'])}, at most {number(row['largest'])}, {row['not drawn']} not drawn for want of "
        "a number."
        for _, row in table(points).iterrows()
    )
    return (
        "Leave-one-out instability of the parameters against the bound fine-tuning-distance, one dot a task. The bound is that "
        "of the network linearised at its start, to which it applies (left); about the network itself (right) it says nothing, "
        f"and what is above the line refutes no theorem there. {told}"
    )
