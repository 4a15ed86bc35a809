"""How much of a bound is real: the bound, its exact worst case, the worst task found and the mean over tasks, by steps."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from figures import style
from figures.words import count, number

# column → its name, and how it is drawn; the bound comes first, so that a tight worst case lies on it
SERIES = {
    "analytic": ("bound", {"color": style.BLACK, "linewidth": 1.2}),
    "exact": (
        "exact worst case",
        {"color": style.ORANGE, "linestyle": "", "marker": "o", "markersize": 7, "markerfacecolor": "none"},
    ),
    "worst": ("worst task found", {"color": style.BLUE, "marker": "X", "markersize": 5.5}),
    "mean": ("suite mean", {"color": style.SKY, "marker": "s", "markersize": 4, "linestyle": "--"}),
}


def draw(points: pd.DataFrame) -> Figure:
    """Left the distances, right the same as a share of the bound.

    points  one row a t: bound, deletion, samples, step_size (ηβ), l2 (λ/β), steps (t), distances in units of L/β in the
            columns `analytic`, `exact`, `worst` and `mean`, ratio (exact/analytic), tight, and how many tasks
    """
    figure = style.canvas(7.2, 3.3)
    left, right = figure.subplots(1, 2)
    for column, (label, look) in SERIES.items():
        left.plot(points["steps"], points[column], label=label, **look)
        right.plot(points["steps"], points[column] / points["analytic"], **look)
    left.set(yscale="log", ylim=style.limits(points[list(SERIES)]))
    left.set_title(r"largest $\|w_t - w_t^{\setminus i}\|$ over $i$, in units of $L/\beta$")
    style.plain_ticks(left)
    right.set(ylim=(-0.03, 1.08))
    right.set_title("the same, as a share of the bound")
    right.yaxis.set_major_formatter(PercentFormatter(xmax=1))
    for axes in (left, right):
        axes.set_xlabel("steps $t$")
        axes.set_xlim(0.6, points["steps"].max() + 0.4)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=len(SERIES))
    return figure


def table(points: pd.DataFrame) -> pd.DataFrame:
    """One row a t: the bound, and the other three as shares of it."""
    shares = {SERIES[name][0]: points[name] / points["analytic"] for name in ("exact", "worst", "mean")}
    tight = points["tight"].map({True: "yes", False: "no"})
    return pd.DataFrame({"steps": points["steps"], "bound": points["analytic"], **shares, "tight": tight})


def caption(points: pd.DataFrame) -> str:
    """Which bound, at what constants, tight for which t, and what the tasks are."""
    first = points.iloc[0]
    tight = ", ".join(str(t) for t in points["steps"][points["tight"]]) or "none shown"
    gap = f"tight at t = {tight}, and at most {number(1 / points['ratio'].min())} times the exact worst case"
    convex = " The tasks' losses are convex: most of their gap is the price of not asking for that."
    return (
        f"{first['bound']}: the largest distance over i of the head after t steps from the one without sample i, for "
        f"n = {first['samples']}, ηβ = {number(first['step_size'])}, λ/β = {number(first['l2'])}, {first['deletion']}. Exact "
        "worst case: over every loss that the theorem speaks of, by semidefinite programming. The bound is "
        f"{'tight at every t shown' if points['tight'].all() else gap}. Mean: over {count(int(first['tasks']), 'task')} of the "
        "suite paper, each drawn anew with n samples; the worst task is one of them or one sample against all others. L is "
        f"the largest gradient that each task met up to t.{convex if first['bound'] == 'nonconvex-gd' else ''}"
    )
