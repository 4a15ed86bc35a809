"""A claim about a ratio: one arm over another, task by task."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from figures import style
from figures.claims import looks, panel
from figures.claims.ledger import Claim, Ledger
from theory.interval import Interval

Floats = NDArray[np.float64]

CONTROL = "control"
ROW = 0.62  # inches a row
BINS = 60


def points(ledger: Ledger, claim: Claim) -> pd.DataFrame:
    """Columns task, regime, sham, effect, and `ratio`, its exponential."""
    own = ledger.effects[ledger.effects["claim"] == claim.id]
    own = own[["task", "regime", "sham", "effect"]].reset_index(drop=True)
    with np.errstate(over="ignore"):
        return own.assign(ratio=np.exp(own["effect"]))


def draw(points: pd.DataFrame, claim: Claim) -> Figure:
    """A dot a task in a row a regime, the mean with its interval above them; the control below, in grey."""
    shown = points[np.isfinite(points["effect"]) & (points["ratio"] > 0)]
    rows = _rows(shown, claim)
    figure = panel.canvas(claim, 1.75 + ROW * max(len(rows), 1))
    axes = figure.subplots()
    if not rows:
        style.say(axes, "no task was measured")
        return figure
    bounds = style.limits(shown["ratio"], np.exp(claim.predicted), 1.0, decades=20)
    axes.set(xscale="log", xlim=bounds, ylim=(len(rows) - 0.45, -0.6))
    looks.ticks(axes.xaxis, *bounds)
    ends = np.exp(np.clip([claim.low, claim.high], *np.log(bounds)))
    axes.axvspan(*ends, color=style.SKY, alpha=0.18, linewidth=0, zorder=0)
    axes.axvline(1, color=style.BLACK, linewidth=0.8, zorder=1)
    axes.axvline(np.exp(claim.predicted), color=style.BLACK, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
    for place, (own, found, colour, marker) in enumerate(rows.values()):
        _strip(axes, own, place, colour, bounds)
        _mean(axes, found, place, style.GREY if colour == looks.CONTROL else style.BLACK, marker)
    axes.set_yticks(range(len(rows)), [f"{name}\n{looks.factor(found)}" for name, (_, found, _, _) in rows.items()])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"{claim.measure}, ratio")
    handles = [
        panel.verdict_handle(claim),
        Line2D([], [], color=style.BLACK, linestyle=(0, (4, 2)), linewidth=1, label=f"×{np.exp(claim.predicted):.3g}"),
        Patch(color=style.SKY, alpha=0.18, linewidth=0, label="predicted"),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=3, columnspacing=1.0, fontsize=7)
    return figure


def _rows(shown: pd.DataFrame, claim: Claim) -> dict[str, tuple[Floats, Interval, str, str]]:
    """The effects of each row, the interval of their mean, and its look."""
    true, sham = shown[~shown["sham"]], shown[shown["sham"]]
    rows = {}
    for name, (colour, marker) in looks.regimes(true["regime"]).items():
        found = claim.regimes[name][0] if name in claim.regimes else claim.found
        rows[name or "tasks"] = (true.loc[true["regime"] == name, "effect"].to_numpy(), found, colour, marker)
    if len(sham) and claim.control is not None:
        rows[CONTROL] = (sham["effect"].to_numpy(), claim.control, looks.CONTROL, "o")
    return rows


def _strip(axes: Axes, effects: Floats, place: int, colour: str, bounds: tuple[float, float]) -> None:
    aside = swarm(effects, (float(np.log(bounds[0])), float(np.log(bounds[1]))))
    axes.scatter(np.exp(effects), place + 0.1 + aside, s=7, color=colour, alpha=0.55, linewidths=0, zorder=2)


def swarm(values: Floats, bounds: tuple[float, float]) -> Floats:
    """How far aside each dot stands, at most 0.3, so that few cover each other: those of one bin in a column."""
    bins = np.clip(((values - bounds[0]) / (bounds[1] - bounds[0]) * BINS).astype(int), 0, BINS - 1)
    rank = np.empty(len(values))
    counts = np.bincount(bins, minlength=BINS)
    for bin_ in np.flatnonzero(counts):
        rank[bins == bin_] = np.arange(counts[bin_]) - (counts[bin_] - 1) / 2
    return rank * min(0.09, 0.6 / max(counts.max() - 1, 1))


def _mean(axes: Axes, found: Interval, place: int, colour: str, marker: str) -> None:
    value, low, high = np.exp(np.clip(looks.ends(found), -700, 700))
    above = place - 0.37
    axes.plot([low, high], [above, above], color=colour, linewidth=2, solid_capstyle="butt", zorder=4)
    axes.scatter([value], [above], s=26, marker=marker, color=colour, edgecolors="white", linewidths=0.6, zorder=5)


def caption(ledger: Ledger, claim: Claim, points: pd.DataFrame) -> str:
    """What dots and lines there are."""
    picture = (
        "Dots: tasks; above them the mean of the log ratios with its interval, as a ratio. Black line: ratio 1; dashed: "
        f"×{np.exp(claim.predicted):.3g}, the size that power is computed for; shaded: the predicted range."
    )
    return panel.caption(claim, ledger.effects, picture)
