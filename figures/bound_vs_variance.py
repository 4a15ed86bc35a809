"""The headline: the bound against the empirical variance of the tuned direction over independent draws of S.

Left, the bound of one run a draw (certificates); right, the same sum over measured leave-one-out replicas,
which is tighter and costs n runs a draw. One dot a task distribution.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import style
from figures.outcomes import outcome
from figures.run import Run, last
from figures.words import count, number, source

CLAIM = ("efron-stein", "resample-variance")
OUTSIDE = ("inapplicable", "not judged")
SERIES = {
    "variance": "resample-variance",
    "certified": "efron-stein-certified",
    "measured": "efron-stein-measured",
}
PANELS = {
    "certified": ("one run a draw", r"bound  $\mathrm{E}\,\Sigma_i\,\mathrm{chord}(c_i/\|w_t\|)^2$"),
    "measured": ("all leave-one-out runs", r"$\mathrm{E}\,\Sigma_i\,\|\hat w_S-\hat w_{S{\setminus}i}\|^2$"),
}


def points(run: Run) -> pd.DataFrame:
    """One row a task distribution: the variance and both sums, with their intervals."""
    wide = {name: last(run, quantity) for name, quantity in SERIES.items()}
    frame = wide["variance"][["family", "n", "d", "draws"]].copy()
    for name, rows in wide.items():
        values = rows[["value", "low", "high"]].reindex(frame.index)
        frame[[name, f"{name}_low", f"{name}_high"]] = values.to_numpy(np.float64)
    frame["measured_draws"] = wide["measured"]["draws"].reindex(frame.index).fillna(0).astype(int)
    judged = run.records[(run.records["bound"] == CLAIM[0]) & (run.records["quantity"] == CLAIM[1])]
    frame["outcome"] = outcome(judged).set_axis(judged["task"]).reindex(frame.index).fillna("not judged")
    return frame.reset_index()


def draw(points: pd.DataFrame) -> Figure:
    """Two panels with one vertical axis: variance against bound, log-log, with the identity."""
    figure = style.canvas(7.2, 4.3)
    panels = np.atleast_1d(figure.subplots(1, 2, sharey=True))
    drawn = {name: points[points[name].notna() & points["variance"].notna()] for name in PANELS}
    if not any(map(len, drawn.values())):
        for axes in panels:
            style.say(axes, "no task with independent draws")
        return figure
    looks = style.families(points["family"])
    both = style.limits(*(points[name] for name in SERIES), decades=8)
    for axes, (name, (title, label)) in zip(panels, PANELS.items(), strict=True):
        style.identity(axes, both)
        axes.axvline(1.0, color=style.GREY, linewidth=0.7, linestyle=":", zorder=1)
        _dots(axes, drawn[name], name, looks)
        ratios = drawn[name]["variance"] / drawn[name][name]
        told = f"median {number(float(ratios.median()))}, largest {number(float(ratios.max()))}"
        axes.set_title(f"{title}\nvariance / sum: {told}")
        axes.set_xlabel(label)
        # the identity runs through both ranges, each axis shows its own
        axes.set_xlim(style.limits(points["certified"], points["measured"], decades=8))
        axes.set_ylim(style.limits(points["variance"], decades=8))
        if name == "certified":  # no verdict rests on the few retrained draws
            axes.annotate("would be violated", (0.04, 0.95), xycoords="axes fraction", color=style.LOUD, va="top")
    panels[0].set_ylabel(r"resample variance  $\mathrm{E}\,\|\hat w_S-\mathrm{E}\,\hat w_S\|^2$")
    style.family_legend(figure, looks)
    return figure


def _dots(axes: Axes, rows: pd.DataFrame, name: str, looks: dict[str, tuple[str, str]]) -> None:
    x, y = rows[name].to_numpy(), rows["variance"].to_numpy()
    thin: dict[str, Any] = {"color": style.LIGHT, "linewidth": 0.7, "zorder": 2}
    if name == "certified":  # the measured sum is over so few draws that its bars would cover the panel
        axes.hlines(y, rows["certified_low"].clip(1e-12), rows["certified_high"], **thin)
    axes.vlines(x, rows["variance_low"].clip(1e-12), rows["variance_high"], **thin)
    for family, (colour, marker) in looks.items():
        for outside in (False, True):  # hollow outside the assumptions
            here = (rows["family"] == family) & (rows["outcome"].isin(OUTSIDE) == outside)
            face, edge = ("none", colour) if outside else (colour, "white")
            dots: dict[str, Any] = {"marker": marker, "facecolors": face, "edgecolors": edge}
            axes.scatter(x[here], y[here], s=22, linewidths=0.8 if outside else 0.3, zorder=3, **dots)
    if name == "certified":
        here = rows["outcome"] == "violated"
        ring: dict[str, Any] = {"facecolors": "none", "edgecolors": style.LOUD, "linewidths": 1.8}
        axes.scatter(x[here], y[here], s=90, zorder=4, **ring)


def table(points: pd.DataFrame) -> pd.DataFrame:
    """One row a family: how many distributions, and how tight both sums are."""
    rows = [
        {
            "family": family,
            "tasks": len(group),
            "variance, median": float(group["variance"].median()),
            "variance / one-run sum, median": float((group["variance"] / group["certified"]).median()),
            "largest": float((group["variance"] / group["certified"]).max()),
            "variance / replica sum, median": float((group["variance"] / group["measured"]).median()),
            "violated": int((group["outcome"] == "violated").sum()),
        }
        for family, group in points.groupby("family")
    ]
    columns = ["family", "tasks", "variance, median", "variance / one-run sum, median", "largest"]
    return pd.DataFrame(rows, columns=[*columns, "variance / replica sum, median", "violated"])


def caption(run: Run, points: pd.DataFrame) -> str:
    """What is averaged over what, and how many tasks are left out."""
    if not len(points):
        return f"{source(run)} None has a variance over independent draws."
    outcomes = points["outcome"].value_counts()
    draws, replicas = sorted(set(points["draws"])), sorted(set(points["measured_draws"]) - {0})
    lost = int((run.tasks["draws"] > 0).sum()) - len(points)
    above = int((points["variance"] > points["measured"]).sum())
    return (
        f"Variance of the tuned direction over {_of(draws)} independent draws of S, against the Efron–Stein "
        f"sum of the dropped leave-one-out replicas. {source(run)} "
        f"{count(len(points), 'task distribution')} with independent draws, "
        f"{points['outcome'].isin(OUTSIDE).sum()} of them outside the assumptions (hollow); "
        f"{outcomes.get('violated', 0)} violated, {outcomes.get('inconclusive', 0)} inconclusive; "
        f"not drawn for want of a measured variance: {lost}. Left: the sum that one run a draw "
        "certifies, a mean over the same draws. Right: the sum over measured replicas, a mean over "
        f"{_of(replicas) or 'no'} draws only, on which no verdict rests; {above} above the line there. "
        "Bars: the intervals over draws by which the verdicts are reached; those of the measured sum are "
        "in the csv. Dotted: the trivial maximum 1 of the variance, right of which a bound is vacuous."
    )


def _of(numbers: list[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}" if numbers else ""
