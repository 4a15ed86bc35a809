"""How an instability grows: the difference that the missing sample injects at each step, and what the map makes of it."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import style
from figures.claims import looks
from figures.claims.ledger import Ledger
from figures.words import count, number

TITLE = "Injected difference and expansion along training"
EXPERIMENT = "decomposition"
PANELS = {
    "injected": "injected at step $s$",
    "expansion": "expansion by step $s$",
    "instability": r"instability $\|\Delta_s\|$",
}
QUARTILES = (0.25, 0.5, 0.75)


def points(ledger: Ledger) -> pd.DataFrame:
    """Columns task, regime, step, measure, value."""
    rows = ledger.measurements[ledger.measurements["experiment"] == EXPERIMENT]
    rows = rows[~rows["sham"] & rows["measure"].isin(PANELS)]
    own = rows.rename(columns={"level": "step"})[["task", "regime", "step", "measure", "value"]]
    return own.sort_values(["regime", "measure", "task", "step"], kind="stable", ignore_index=True)


def draw(points: pd.DataFrame) -> Figure:
    """Medians over tasks with their quartiles, along the steps."""
    figure = style.canvas(7.2, 2.9)
    faces = looks.regimes(points["regime"])
    panels = figure.subplots(1, 3)
    for axes, (measure, title) in zip(panels, PANELS.items(), strict=True):
        axes.set_title(title)
        own = drawn(points[points["measure"] == measure])
        if not len(own):
            style.say(axes, "no task was measured")
            continue
        _panel(axes, own, measure, faces)
    if len(faces) > 1 and panels[0].lines:
        handles = [line for line in panels[0].lines if not str(line.get_label()).startswith("_")]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def _panel(axes: Axes, own: pd.DataFrame, measure: str, faces: dict[str, tuple[str, str]]) -> None:
    if own["step"].min() > 0 and own["step"].max() > 10 * own["step"].min():
        axes.set_xscale("log")
    if measure == "expansion":
        axes.axhline(1, color=style.BLACK, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
    spans = []
    for regime, (colour, _) in faces.items():
        here = own[own["regime"] == regime]
        if not len(here):
            continue
        lower, median, upper = quartiles(here).T.to_numpy()
        steps = np.sort(here["step"].unique())
        axes.fill_between(steps, lower, upper, color=colour, alpha=0.18, linewidth=0, zorder=2)
        axes.plot(steps, median, color=colour, marker="o", markersize=2.5, zorder=3, label=regime or "_all")
        spans += [lower, upper]
    if measure != "expansion":
        axes.set(yscale="log", ylim=style.limits(*spans, decades=6))
    axes.set_xlabel("step $s$")


def drawn(points: pd.DataFrame) -> pd.DataFrame:
    """What has a place on logarithmic axes."""
    return points[np.isfinite(points["value"]) & (points["value"] > 0)]


def quartiles(own: pd.DataFrame) -> pd.DataFrame:
    """A row a step, columns QUARTILES."""
    return own.groupby("step")["value"].quantile(QUARTILES).unstack()  # type: ignore[arg-type]


def table(points: pd.DataFrame) -> pd.DataFrame:
    """The medians at a few steps, a row a regime and measure."""
    rows = []
    steps = np.sort(points["step"].unique())
    few = steps[np.unique(np.linspace(0, len(steps) - 1, 5).astype(int))] if len(steps) else steps
    for (regime, measure), own in points.groupby(["regime", "measure"]):
        finite = drawn(own)
        medians = finite.groupby("step")["value"].median().reindex(few)
        rows.append({
            "regime": regime or "all", "measure": measure, "tasks": finite["task"].nunique(),
            **{f"s = {step:g}": value for step, value in medians.items()},
        })  # fmt: skip
    return pd.DataFrame(rows)


def caption(ledger: Ledger, points: pd.DataFrame) -> str:
    """Over how many tasks, how much the map expands, and what is not drawn."""
    finite = drawn(points)
    expansion = finite.loc[finite["measure"] == "expansion", "value"]
    above = 100 * float((expansion > 1).mean()) if len(expansion) else np.nan
    return (
        "What the instability of a network is made of. With one sample missing, the difference Δ of two runs obeys "
        "Δ_{s+1} = [G(θ_s + Δ_s) − G(θ_s)] + what the missing sample injects, G the map of one step without it. Left: the size "
        "of what is injected; middle: by what factor the bracket is longer than Δ_s; right: the size of Δ_s; each the mean over "
        "the samples left out. Lines: medians over tasks; bands: quartiles. "
        f"{count(points['task'].nunique(), 'task')}, {count(points['step'].nunique(), 'step')} looked at; the factor is above 1 "
        f"in {number(above)} % of the looks. {count(len(points) - len(finite), 'value')} not positive and finite, and not drawn."
    )
