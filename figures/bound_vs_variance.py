"""The headline: the bound against the empirical variance of the tuned direction over independent draws of S.

Left, the bound of one run a draw (certificates); right, the same sum over measured leave-one-out replicas, which is
tighter and costs n runs a draw. One dot a task distribution.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import style
from figures.outcomes import outcome
from figures.run import Run, last
from figures.words import count, number, source

CLAIM = ("efron-stein", "resample-variance")
SERIES = {"variance": "resample-variance", "certified": "efron-stein-certified", "measured": "efron-stein-measured"}
PANELS = {
    "certified": ("one run a draw", r"bound  $\mathbb{E}\,\Sigma_i\,\mathrm{chord}(c_i/\|w_t\|)^2$"),
    "measured": ("all leave-one-out runs", r"$\mathbb{E}\,\Sigma_i\,\|\hat w_S-\hat w_{S\setminus i}\|^2$"),
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
    if not any(len(rows) for rows in drawn.values()):
        for axes in panels:
            style.say(axes, "no task with independent draws")
        return figure
    bounds = style.limits(*(points[name] for name in SERIES), decades=8)
    looks = style.families(points["family"])
    for axes, (name, (title, label)) in zip(panels, PANELS.items(), strict=True):
        _panel(axes, drawn[name], name, bounds, looks)
        axes.set_title(title)
        axes.set_xlabel(label)
    panels[0].set_ylabel(r"resample variance  $\mathbb{E}\,\|\hat w_S-\mathbb{E}\,\hat w_S\|^2$")
    handles = style.family_handles(looks)
    figure.legend(handles=handles, loc="outside lower center", ncols=min(4, len(handles)))
    return figure


def _panel(
    axes: Axes, rows: pd.DataFrame, name: str, bounds: tuple[float, float], looks: dict[str, tuple[str, str]]
) -> None:
    style.identity(axes, bounds)
    axes.axvline(1.0, color=style.GREY, linewidth=0.7, linestyle=":", zorder=1)
    axes.annotate("would be violated", (0.04, 0.95), xycoords="axes fraction", color=style.LOUD, va="top")
    if not len(rows):
        axes.annotate("not measured", (0.5, 0.5), xycoords="axes fraction", ha="center", color=style.GREY)
        return
    x, y = style.onto(rows[name], bounds), style.onto(rows["variance"], bounds)
    ends = {
        key: style.onto(rows[key], bounds) for key in (f"{name}_low", f"{name}_high", "variance_low", "variance_high")
    }
    axes.hlines(y, ends[f"{name}_low"], ends[f"{name}_high"], color=style.LIGHT, linewidth=0.7, zorder=2)
    axes.vlines(x, ends["variance_low"], ends["variance_high"], color=style.LIGHT, linewidth=0.7, zorder=2)
    for family, (colour, marker) in looks.items():
        here = (rows["family"] == family).to_numpy()
        faces = np.where(rows["outcome"][here] == "inapplicable", "none", colour)
        axes.scatter(x[here], y[here], s=20, marker=marker, facecolors=list(faces), edgecolors=colour, linewidths=0.6, zorder=3)
    violated = (rows["outcome"] == "violated").to_numpy() & (name == "certified")
    axes.scatter(x[violated], y[violated], s=90, marker="o", facecolors="none", edgecolors=style.LOUD, linewidths=1.8, zorder=4)
    ratios = rows["variance"] / rows[name]
    text = f"variance / sum\nmedian {number(float(ratios.median()))}, largest {number(float(ratios.max()))}"
    axes.annotate(text, (0.97, 0.04), xycoords="axes fraction", ha="right", va="bottom")


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
    outside = int(outcomes.get("inapplicable", 0)) + int(outcomes.get("not judged", 0))
    return (
        f"Variance of the tuned direction over {_of(draws)} independent draws of S, against the Efron–Stein sum of the "
        f"dropped leave-one-out replicas. {source(run)} {count(len(points), 'task distribution')} with independent draws; "
        f"{outside} of them outside the assumptions (hollow); {int(outcomes.get('violated', 0))} violated, "
        f"{int(outcomes.get('inconclusive', 0))} inconclusive. Left: the sum that one run a draw certifies, a mean over "
        f"the same draws. Right: the sum of measured replicas, a mean over {_of(replicas) or 'no'} draws. Bars: the "
        "intervals over draws by which the verdicts are reached. Dotted: a variance of 1 is the trivial maximum, a bound "
        "to the right of it is vacuous."
    )


def _of(numbers: list[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}" if numbers else ""
