"""A claim about a slope: how the measure of each task follows the factor that was varied."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator
from numpy.typing import NDArray

from figures import style
from figures.claims import looks, panel
from figures.claims.ledger import Claim, Ledger
from figures.words import count
from theory.interval import Interval

Floats = NDArray[np.float64]

KEYS = ["task", "regime", "sham"]
WIDE = 36  # letters of a label that leave no room for a second column
INSIDE = 0.01  # so much of the values may lie above the axes, and as much below


def points(ledger: Ledger, claim: Claim) -> pd.DataFrame:
    """Columns task, regime, sham, arm, level, value, and `relative`: the value over the task's geometric mean.

    NaN where one value of the task is not positive and finite.
    """
    rows = ledger.measurements
    own = rows[(rows["experiment"] == claim.experiment) & (rows["measure"] == claim.measure)]
    own = own[[*KEYS, "arm", "level", "value"]].sort_values([*KEYS, "level"], kind="stable", ignore_index=True)
    log = np.log(own["value"].where((own["value"] > 0) & np.isfinite(own["value"])))
    groups = log.groupby([own[key] for key in KEYS])
    whole = groups.transform("count") == groups.transform("size")
    return own.assign(relative=np.exp(log - groups.transform("mean")).where(whole))


def draw(points: pd.DataFrame, claim: Claim) -> Figure:
    """A thin line a task, the geometric mean of each regime, the control in grey, and the predicted slope dashed."""
    figure = panel.canvas(claim, 3.5 + 0.15 * points["regime"].nunique())
    axes = figure.subplots()
    shown = points[points["relative"].notna()]
    if not len(shown):
        style.say(axes, "no task was measured")
        return figure
    shown = _placed(shown)
    true, sham = shown[~shown["sham"]], shown[shown["sham"]]
    axes.set(xscale="log", yscale="log")
    handles = [panel.verdict_handle(claim)]
    _lines(axes, sham, style.LIGHT, max(0.15, min(0.5, 40 / max(1, sham["task"].nunique()))), zorder=1)
    for name, (colour, marker) in looks.regimes(true["regime"]).items():
        own = true[true["regime"] == name]
        _lines(axes, own, colour, max(0.1, min(0.35, 12 / own["task"].nunique())), zorder=2)
        middle = _middle(own)
        axes.plot(middle["x"], middle["relative"], color="white", linewidth=4, zorder=4)
        axes.plot(middle["x"], middle["relative"], color=colour, marker=marker, markersize=5, linewidth=2, zorder=5)
        handles.append(Line2D([], [], color=colour, marker=marker, linewidth=2, label=_named(name, claim)))
    if len(sham):
        middle = _middle(sham)
        axes.plot(middle["x"], middle["relative"], color=looks.CONTROL, linewidth=1.6, zorder=3)
        control = claim.control or Interval(value=np.nan, low=-np.inf, high=np.inf)
        handles.append(Line2D([], [], color=looks.CONTROL, linewidth=1.6, label=f"control: {looks.slope(control)}"))
    _guide(axes, shown, claim.predicted)
    handles.append(Line2D([], [], color=style.BLACK, linestyle=(0, (4, 2)), linewidth=1, label=_predicted(claim)))
    axes.set_ylim(*_range(shown))
    _ticks(axes, shown)
    axes.set_ylabel(f"{claim.measure}, over the task’s mean")
    longest = max(len(str(handle.get_label())) for handle in handles)
    figure.legend(handles=handles, loc="outside lower left", ncols=1 if len(handles) < 4 or longest > WIDE else 2,
                  columnspacing=1.0, fontsize=7)  # fmt: skip
    return figure


def _placed(shown: pd.DataFrame) -> pd.DataFrame:
    """Adds x: the level, or, where every task has its own, the level over the task's geometric mean."""
    if shown.groupby("arm")["level"].nunique().max() == 1:
        return shown.assign(x=shown["level"])
    log = np.log(shown["level"])
    return shown.assign(x=np.exp(log - log.groupby([shown[key] for key in KEYS]).transform("mean")))


def _middle(own: pd.DataFrame) -> pd.DataFrame:
    """The geometric means over tasks, an arm a row."""
    logs = own.assign(x=np.log(own["x"]), relative=np.log(own["relative"]))
    return logs.groupby("arm")[["x", "relative"]].mean().apply(np.exp).sort_values("x")


def _lines(axes: Axes, own: pd.DataFrame, colour: str, alpha: float, zorder: int) -> None:
    first = np.flatnonzero(np.diff(own.groupby(KEYS, sort=False).ngroup().to_numpy())) + 1
    segments = np.split(own[["x", "relative"]].to_numpy(), first)
    axes.add_collection(LineCollection(segments, colors=colour, alpha=alpha, linewidths=0.5, zorder=zorder))


def _guide(axes: Axes, shown: pd.DataFrame, slope: float) -> None:
    """Through 1 in the middle of the levels."""
    ends = np.array([shown["x"].min(), shown["x"].max()])
    middle = np.exp(np.log(shown.groupby("arm")["x"].median()).mean())
    axes.plot(ends, (ends / middle) ** slope, color=style.BLACK, linestyle=(0, (4, 2)), linewidth=1, zorder=6)


def _predicted(claim: Claim) -> str:
    """The prediction, and the slope of the guide where that is not all of it."""
    text = f"predicted: {claim.prediction.removeprefix('slope ').replace('-', '−')}"
    return text if np.isfinite(claim.low + claim.high) else f"{text} (line: {looks.signed(claim.predicted)})"


def _named(regime: str, claim: Claim) -> str:
    """The regime with its slope; a claim without regimes has its slope in the verdict."""
    if regime not in claim.regimes:
        return regime or "mean over tasks"
    return f"{regime}: {looks.slope(claim.regimes[regime][0])}"


def _range(shown: pd.DataFrame) -> tuple[float, float]:
    """Nearly all values, and every mean."""
    means = pd.concat([_middle(own)["relative"] for _, own in shown.groupby(["regime", "sham"])])
    return style.limits(shown["relative"].quantile([INSIDE, 1 - INSIDE]), means, decades=20)


def outside(points: pd.DataFrame) -> int:
    """How many tasks leave the axes."""
    shown = points[points["relative"].notna()]
    if not len(shown):
        return 0
    low, high = _range(_placed(shown))
    return int(shown.loc[~shown["relative"].between(low, high), "task"].nunique())


def _ticks(axes: Axes, shown: pd.DataFrame) -> None:
    """At the levels, named as the arms are."""
    looks.ticks(axes.xaxis, *axes.get_xlim())
    looks.ticks(axes.yaxis, *axes.get_ylim())
    levels = np.sort(shown["x"].unique())
    if len(levels) > shown["arm"].nunique():
        axes.set_xlabel("level, over the task’s mean")
        return
    axes.xaxis.set_major_locator(FixedLocator(list(levels[:: -(-len(levels) // 8)])))
    axes.set_xlabel(level_name(set(shown["arm"])))


def level_name(arms: Iterable[str]) -> str:
    """What the numbers in the names of the arms stand for: `n` of `n = 16, n = 32`, `λ (B²)` of `λ = 0.1 B²`."""
    found = {re.sub(r"[\d.,]+", "\n", arm, count=1) for arm in arms}
    if len(found) > 1 or "\n" not in (text := found.pop()):
        return "level"
    before, _, after = (part.strip(" =·×") for part in text.partition("\n"))
    return f"{before} ({after})" if before and after else before or after or "level"


def caption(ledger: Ledger, claim: Claim, points: pd.DataFrame) -> str:
    """What lines there are, and how many leave the picture."""
    left = outside(points)
    leaving = f" The lines of {count(left, 'task')} leave the frame." if left else ""
    size = "the predicted one" if np.isfinite(claim.low + claim.high) else "the size that power is computed for"
    picture = (
        "Thin lines: tasks, each value over the task’s geometric mean over the levels; thick: geometric means over the tasks. "
        f"Dashed: slope {looks.signed(claim.predicted)}, {size}; its height is arbitrary.{leaving}"
    )
    return panel.caption(claim, ledger.effects, picture)
