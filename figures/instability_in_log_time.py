"""What is measured and what the bounds allow, over the logarithm of time: direction error and leave-one-out instability."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import style
from figures.log_time import LARGEST, MEASURED, SERIES, axis, curves, left_out, looks_named, near, span
from figures.words import count

TITLES = {
    "margin-direction": r"$\|\hat w_t-u_S\|$, from the maximum margin",
    "direction.mean": r"mean over $i$ of $\|\hat w_t-\hat w_t^{{\setminus}i}\|$",
}
BEYOND = {"margin-direction": r"beyond $\sqrt{2}$", "direction.mean": "beyond 2"}
TOP = 2.9  # room above the largest chord, 2
TIMES = (10.0, 100.0, 1000.0)


def draw(points: pd.DataFrame) -> Figure:
    """A panel a quantity: medians over the typical tasks, and the quartiles of what is measured as a band.

    points  one row a (task, time, name): task, kind, log_steps (ln t), quantity, name, value; only typical tasks are used
    """
    figure = style.canvas(7.2, 4.5)
    for axes, quantity in zip(figure.subplots(1, 2), SERIES, strict=True):
        frames = _curves(points, quantity)
        medians = {name: frame.median(axis=1) for name, frame in frames.items()}
        band = frames[MEASURED].quantile([0.25, 0.75], axis=1).T if MEASURED in frames else pd.DataFrame()
        low, _ = style.limits(0.2, *medians.values(), band)
        axes.set(yscale="log", ylim=(low, TOP))
        style.plain_ticks(axes)
        axis(axes, *span(points))
        axes.set_title(TITLES[quantity])
        _nothing(axes, quantity)
        if not frames:
            axes.annotate("no task", (0.5, 0.5), xycoords="axes fraction", ha="center", color=style.GREY)
            continue
        for name, median in medians.items():
            axes.plot(median.index, median, label=name, zorder=3, **SERIES[quantity][name])
        if len(band):
            axes.fill_between(band.index, band[0.25], band[0.75], color=style.BLUE, alpha=0.18, linewidth=0, zorder=1)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2, columnspacing=1.2, handlelength=2.6)
    return figure


def _nothing(axes: Axes, quantity: str) -> None:
    """The grey above the largest value of a quantity."""
    largest = LARGEST[quantity]
    axes.axhspan(largest, TOP, color=style.LIGHT, alpha=0.5, linewidth=0, zorder=0)
    axes.axhline(largest, color=style.GREY, linewidth=0.8, zorder=1)
    axes.annotate(
        f"{BEYOND[quantity]}: says nothing", (0.985, (largest * TOP) ** 0.5), xycoords=("axes fraction", "data"),
        ha="right", va="center_baseline", color=style.GREY, fontsize=7,
    )  # fmt: skip


def _curves(points: pd.DataFrame, quantity: str) -> dict[str, pd.DataFrame]:
    """The looks by tasks of every series that has a task, all over the same tasks.

    About a task to which it does not apply a bound says nothing: so its median is nowhere below that of what it bounds.
    """
    tasks = curves(points, quantity, MEASURED).columns
    found = {name: curves(points, quantity, name).reindex(columns=tasks) for name in SERIES[quantity]}
    return {name: frame.fillna(LARGEST[quantity]) for name, frame in found.items() if frame.notna().any(axis=None)}


def _applies(points: pd.DataFrame, quantity: str) -> dict[str, int]:
    """To how many tasks each series applies."""
    return {name: curves(points, quantity, name).shape[1] for name in SERIES[quantity]}


def table(points: pd.DataFrame) -> pd.DataFrame:
    """One row a series: to how many tasks it applies, and the medians over all tasks at a few times."""
    rows = []
    for quantity in SERIES:
        applies = _applies(points, quantity)
        for name, frame in _curves(points, quantity).items():
            looks = near(frame.index, *TIMES)
            medians = dict(zip(looks_named(looks), frame.loc[looks].median(axis=1), strict=True))
            rows.append({"quantity": quantity, "series": name, "applies to": applies[name], **medians})
    return pd.DataFrame(rows, columns=None if rows else ["quantity", "series", "applies to"])


def caption(points: pd.DataFrame) -> str:
    """Over what the medians are, which bounds apply to fewer tasks, and where a bound says nothing."""
    told = []
    for quantity in SERIES:
        applies = _applies(points, quantity)
        tasks = applies.pop(MEASURED)
        fewer = ", ".join(f"{name} to {number}" for name, number in applies.items() if number < tasks)
        told.append(f"{count(tasks, 'typical task')} in the panel of {quantity}{f' ({fewer})' if fewer else ''}")
    return (
        "Left (margin-direction): distance of the normalised head from the maximum-margin direction. Right (direction.mean): "
        "leave-one-out instability of the direction, for each task the mean over its samples i. Lines: medians over tasks; "
        f"band: quartiles of what is measured. {'; '.join(told)}; a bound that does not apply to a task says nothing about it. "
        "That is, it counts as being on the grey line, as does every larger bound: no chord exceeds 2, and the distance on the "
        "left never √2, as ⟨w_t, u_S⟩ ≥ 0 from the start w_0 = 0. Maximum-margin limit: the mean for the maximum-margin "
        "machines instead of the heads; svm-leave-one-out bounds it, and not the head at a finite t; neither depends on t."
        f"{left_out(points)}"
    )
