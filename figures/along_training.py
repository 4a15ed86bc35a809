"""How instability grows along training, with the certificate of the one run beside it."""

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import style
from figures.run import Run, with_replicas
from figures.words import count, source

SERIES: dict[str, tuple[str, str, Literal["-", "--"]]] = {
    "direction.mean": ("measured, all replicas", style.BLUE, "-"),
    "certificate-direction.mean": ("certified, one run", style.ORANGE, "--"),
}
GROUPS = ("separable, no l2", "not separable, no l2", "with l2")
QUARTILES = {"lower": 0.25, "median": 0.5, "upper": 0.75}


def points(run: Run) -> pd.DataFrame:
    """Median and quartiles over tasks: one row a (group, quantity, step)."""
    tasks = with_replicas(run.tasks).set_index("task")
    separable = np.where(tasks["separable"] == "yes", GROUPS[0], GROUPS[1])
    group = pd.Series(np.where(tasks["l2"] > 0, GROUPS[2], separable), index=tasks.index)
    rows = run.measurements.assign(group=run.measurements["task"].map(group))
    frames = [_quartiles(rows, g, quantity) for g in GROUPS for quantity in SERIES]
    return pd.concat(frames, ignore_index=True)


def _quartiles(rows: pd.DataFrame, group: str, quantity: str) -> pd.DataFrame:
    here = rows[(rows["group"] == group) & (rows["quantity"] == quantity) & (rows["step"] > 0)]
    wide = here.pivot_table(index="step", columns="task", values="value", aggfunc="last")
    # runs end at different steps: between two of its snapshots a task is read off a line in log step
    between = wide.set_axis(np.log(wide.index.to_numpy(np.float64))).interpolate("index", limit_area="inside")
    tasks = wide.shape[1]
    # where few runs still go on, the median would be over other tasks than before
    kept = between.notna().sum(axis=1).to_numpy() >= max(1, 0.8 * tasks)
    values = between.to_numpy(np.float64)[kept]
    columns = {
        "group": group,
        "quantity": quantity,
        "tasks": tasks,
        "step": wide.index.to_numpy(np.int64)[kept],
    }
    quartiles = np.nanquantile(values, list(QUARTILES.values()), axis=1) if tasks else np.zeros((3, 0))
    return pd.DataFrame(columns | dict(zip(QUARTILES, quartiles, strict=True)))


def draw(points: pd.DataFrame) -> Figure:
    """A panel a group with common axes: median line and quartile band, measured and certified."""
    figure = style.canvas(7.6, 3.3)
    panels = np.atleast_1d(figure.subplots(1, len(GROUPS), sharex=True, sharey=True))
    low, high = style.limits(points[list(QUARTILES)], decades=6)
    for axes, group in zip(panels, GROUPS, strict=True):
        rows = points[points["group"] == group]
        axes.set_title(f"{group}\n{count(int(rows['tasks'].max()) if len(rows) else 0, 'task')}")
        if len(rows):
            axes.set(xscale="log", yscale="log", ylim=(low, min(high, 3.0)))
            _panel(axes, rows)
        else:
            axes.annotate("no task", (0.5, 0.5), xycoords="axes fraction", ha="center", color=style.GREY)
    panels[0].set_ylabel(r"mean over $i$ of $\|\hat w_S-\hat w_{S{\setminus}i}\|$")
    panels[1].set_xlabel("gradient step t")
    handles = [Line2D([], [], color=colour, linestyle=line, label=label) for label, colour, line in SERIES.values()]
    if len(points):
        figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _panel(axes: Axes, rows: pd.DataFrame) -> None:
    for quantity, (label, colour, line) in SERIES.items():
        here = rows[rows["quantity"] == quantity]
        floor = axes.get_ylim()[0]
        axes.fill_between(
            here["step"],
            here["lower"].clip(floor),
            here["upper"].clip(floor),
            color=colour,
            alpha=0.18,
            linewidth=0,
        )
        axes.plot(here["step"], here["median"].clip(floor), color=colour, linestyle=line, label=label)


def table(points: pd.DataFrame) -> pd.DataFrame:
    """The medians at the first and the last step of every group."""
    ends = points.groupby(["group", "quantity"], sort=False)["step"].agg(["min", "max"]).reset_index()
    rows = []
    for group, quantity, first, final in ends.itertuples(index=False):
        here = points[(points["group"] == group) & (points["quantity"] == quantity)].set_index("step")
        rows.append(
            (
                group,
                quantity,
                int(here["tasks"].max()),
                int(final),
                here["median"][first],
                here["median"][final],
            )
        )
    return pd.DataFrame(
        rows,
        columns=["tasks with", "quantity", "tasks", "last step", "median at step 1", "median at the last"],
    )


def caption(run: Run, points: pd.DataFrame) -> str:
    """Over what the medians are, and which tasks are left out."""
    inside = len(with_replicas(run.tasks))
    return (
        "Direction instability along training, mean over the samples left out: line, median over tasks; "
        f"band, quartiles. Dashed: what one run certifies, mean over the samples. {source(run)} "
        f"{count(inside, 'task')} whose replicas all ended well and within the step rule; "
        f"{len(run.tasks) - inside} left out. A step is drawn where at least 80 % of a panel's tasks "
        "still train; between two snapshots a task is interpolated."
    )
