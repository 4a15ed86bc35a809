"""How figures look: one palette that colour-blind readers can tell apart, one marker a family, no clutter.

Colours are those of Okabe & Ito (2008). Vermillion is kept for what must not be missed: a violated bound.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

BLUE, SKY, ORANGE, GREEN, PURPLE = "#0072B2", "#56B4E9", "#E69F00", "#009E73", "#CC79A7"
BLACK, GREY, LIGHT, LOUD = "#222222", "#777777", "#D0D0D0", "#D55E00"

OUTCOME_COLOURS = {
    "holds": BLUE,
    "vacuous": SKY,
    "inconclusive": ORANGE,
    "inapplicable": LIGHT,
    "failed": BLACK,
    "violated": LOUD,
}

# the marker names the family; the colours only help, and differ among families of independent samples
FAMILIES: dict[str, tuple[str, str]] = {
    "planted-sphere": (BLUE, "o"),
    "planted-gaussian": (ORANGE, "s"),
    "cap": (GREEN, "^"),
    "mixture": (BLUE, "D"),
    "imbalanced": (ORANGE, "v"),
    "duplicates": (PURPLE, "P"),
    "outliers": (SKY, "X"),
    "label-noise": (PURPLE, "<"),
    "network": (SKY, ">"),
    "multiclass": (BLACK, "p"),
    "multiclass-planted": (GREY, "h"),
}
_SPARE = [(colour, marker) for marker in "*d8H" for colour in (GREEN, BLACK, BLUE, PURPLE)]

RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.handletextpad": 0.4,
    "lines.linewidth": 1.4,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.bbox": None,
    "pdf.fonttype": 42,
    "svg.hashsalt": "tightrope",
}


def canvas(width: float, height: float, layout: Literal["constrained"] | None = "constrained") -> Figure:
    """An empty figure of so many inches, in the constrained layout unless there is to be none."""
    return Figure(figsize=(width, height), layout=layout)


def families(present: Iterable[str]) -> dict[str, tuple[str, str]]:
    """(colour, marker) of every family present: ours in a fixed order, then others by name."""
    there = set(present)
    ours = {name: look for name, look in FAMILIES.items() if name in there}
    others = sorted(there - FAMILIES.keys())
    return ours | {name: _SPARE[k % len(_SPARE)] for k, name in enumerate(others)}


def family_legend(figure: Figure, looks: Mapping[str, tuple[str, str]]) -> None:
    """The families below the figure, in rows of about one length."""
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=name)
        for name, (colour, marker) in looks.items()
    ]
    columns = math.ceil(len(handles) / math.ceil(len(handles) / 4))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, columnspacing=1.4)


def limits(*values: ArrayLike, decades: float = 12.0) -> tuple[float, float]:
    """Limits of a logarithmic axis around the positive finite values, at most so many decades wide."""
    flat = np.concatenate([np.ravel(np.asarray(v, np.float64)) for v in values]) if values else np.zeros(0)
    flat = flat[np.isfinite(flat) & (flat > 0)]
    if not len(flat):
        return 0.1, 10.0
    high = float(flat.max())
    low = max(float(flat.min()), high * 10.0**-decades)
    pad = max((high / low) ** 0.06, 1.3)
    return low / pad, high * pad


def onto(values: ArrayLike, bounds: tuple[float, float]) -> Floats:
    """The values where they can be drawn: 0 and what is below at the lower edge, ∞ and NaN at the upper."""
    return np.clip(np.nan_to_num(np.asarray(values, np.float64), nan=np.inf), *bounds)


def identity(axes: Axes, bounds: tuple[float, float]) -> None:
    """Log-log axes of one range, the line measured = bound, and a light shade on the forbidden side."""
    axes.set(xscale="log", yscale="log", xlim=bounds, ylim=bounds)
    axes.plot(bounds, bounds, color=BLACK, linewidth=0.8, zorder=1)
    axes.fill_between(bounds, bounds, bounds[1], color=LOUD, alpha=0.08, linewidth=0, zorder=0)


def sparse_ticks(axes: Axes, number: int = 4) -> None:
    """Few ticks, for small panels with logarithmic axes."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(numticks=number))
        axis.set_minor_locator(NullLocator())


def plain_ticks(axes: Axes) -> None:
    """Ticks at 1, 2, 5 times the powers of ten, written out, on logarithmic axes of few decades."""
    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        axis.set_minor_locator(NullLocator())
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 300 * low else (1.0,)))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))


def say(axes: Axes, text: str) -> None:
    """An axes with nothing to show says so."""
    axes.set(xticks=[], yticks=[])
    axes.minorticks_off()
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=GREY, wrap=True)
