"""What the figures of a long run share: an axis of ln t, how each bound looks, and curves of looks by tasks."""

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from figures import style
from figures.words import count

MEASURED, LIMIT, OF_LIMIT = "measured", "maximum-margin limit", "svm-leave-one-out"

# beyond it a bound says nothing: from w_0 = 0 the head is never more than a right angle away from u_S
LARGEST = {"margin-direction": math.sqrt(2), "direction.mean": 2.0}

# quantity → name → how it is drawn; what is measured comes first
SERIES: dict[str, dict[str, dict[str, Any]]] = {
    "margin-direction": {
        MEASURED: {"color": style.BLUE, "linewidth": 2.2},
        "gd-residual": {"color": style.ORANGE, "linestyle": (0, (4, 1.5))},
        "margin-certificate": {"color": style.GREEN},
        "gd-margin-observed": {"color": style.PURPLE, "linestyle": (0, (6, 1.5, 1, 1.5))},
        "gd-margin-rate": {"color": style.BLACK, "linestyle": (0, (1, 1.2))},
    },
    "direction.mean": {
        MEASURED: {"color": style.BLUE, "linewidth": 2.2},
        LIMIT: {"color": style.BLUE, "linewidth": 1.0, "linestyle": (0, (1, 2.2))},
        "two-runs": {"color": style.ORANGE, "linestyle": (0, (4, 1.5))},
        "one-run": {"color": style.GREEN},
        "separable-direction": {"color": style.PURPLE, "linestyle": (0, (6, 1.5, 1, 1.5))},
        "separable-zero-start": {"color": style.SKY},
        "separable-mean": {"color": style.BLACK, "linestyle": (0, (1, 1.2))},
        OF_LIMIT: {"color": style.GREY, "linewidth": 1.0, "linestyle": (0, (8, 2))},
    },
}


def lost(points: pd.DataFrame) -> set[str]:
    """Tasks of which a measured number is missing: their runs could not be followed to the end."""
    gone = points["name"].isin((MEASURED, LIMIT)) & points["value"].isna()
    return set(points.loc[gone, "task"])


def curves(points: pd.DataFrame, quantity: str, name: str, kind: str = "typical") -> pd.DataFrame:
    """One row a look, by ln t, and one column a task, of those followed to the end; all tasks have the same looks.

    A bound that is missing at a look, or beyond the largest value of its quantity, has that value: it says nothing.
    """
    here = (points["quantity"] == quantity) & (points["name"] == name) & (points["kind"] == kind)
    wide = points[here & ~points["task"].isin(lost(points))].pivot(index="log_steps", columns="task", values="value")
    return wide.astype(np.float64).fillna(math.inf).clip(upper=LARGEST[quantity]).sort_index()


def near(looks: pd.Index, *wanted: float) -> list[float]:
    """The looks nearest to the wanted times, each once, ascending."""
    at = looks.to_numpy(np.float64)
    return sorted({float(at[np.abs(np.log(at / s)).argmin()]) for s in wanted}) if len(at) else []


def span(points: pd.DataFrame) -> tuple[float, float]:
    """The first and the last ln t."""
    return (points["log_steps"].min(), points["log_steps"].max()) if len(points) else (math.log(100), 1000.0)


def left_out(points: pd.DataFrame) -> str:
    """A sentence on the tasks that no curve shows, if there are any."""
    gone = len(lost(points))
    return f" {count(gone, 'task')} left out: not followed to the end." if gone else ""


def looks_named(looks: list[float]) -> list[str]:
    """Headings of a table's columns."""
    return [f"ln t = {s:.4g}" for s in looks]


def axis(axes: Axes, low: float, high: float, label: str = r"$\ln t$  ($t$ gradient steps)") -> None:
    """Horizontal axis ln t, logarithmic, and t itself above it."""
    axes.set(xscale="log", xlim=(low / 1.04, high * 1.04), xlabel=label)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(FixedLocator([s for s in (5, 10, 20, 50, 100, 200, 500, 1000) if low <= s <= high]))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    above = axes.secondary_xaxis("top")
    powers = [p for p in (2, 4, 10, 30, 100, 400) if low / 1.04 <= p * math.log(10) <= high]
    names = [f"$t=10^{{{p}}}$" if p == powers[0] else f"$10^{{{p}}}$" for p in powers]
    above.set_xticks([p * math.log(10) for p in powers], names)
    above.xaxis.set_minor_locator(NullLocator())
    above.tick_params(length=2, labelsize=7, colors=style.GREY)
    above.spines["top"].set_visible(False)
