"""The pictures of a probe, from plain arrays: who moves the head, where the samples stand, which predictions are safe."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter
from numpy.typing import NDArray

from figures import style

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MANY = 400  # beyond, dots become small
SPREAD = 60  # beyond, the ranks are spread logarithmically: the ends are what matters


def png(draw: Callable[..., Figure], *arrays: Any) -> bytes:
    """One of the pictures below, drawn of its arrays: the same bytes for the same numbers."""
    buffer = io.BytesIO()
    with rc_context(style.RC):
        draw(*arrays).savefig(buffer, format="png", dpi=200, metadata={"Software": None})
    return buffer.getvalue()


def movement(measured: Floats | None, certified: Floats | None) -> Figure:
    """(n,) degrees by which the head turns without each sample, the largest first: dots under the certified line."""
    figure = style.canvas(7.2, 3.0)
    axes = figure.subplots()
    leading = measured if measured is not None else certified
    if leading is None or not np.isfinite(leading).all():
        style.say(axes, "neither measured nor certified")
        return figure
    order = np.argsort(-leading, kind="stable")
    rank = np.arange(1, len(order) + 1)
    shown = [each[order] for each in (measured, certified) if each is not None]
    bounds = style.limits(*shown, decades=6)
    if certified is not None:
        look = (
            {"linewidth": 1.2} if measured is None else {"linewidth": 0, "marker": "_", "markersize": _size(rank) + 2}
        )
        axes.plot(
            rank, style.onto(certified[order], bounds), color=style.ORANGE, label="certified without retraining", **look
        )
    if measured is not None:
        axes.plot(rank, style.onto(measured[order], bounds), color=style.BLUE, linestyle="", marker="o",
                  markersize=_size(rank), label="measured by retraining")  # fmt: skip
    axes.set(
        yscale="log", ylim=bounds, xlabel="samples, the one that matters most first", ylabel="the head turns by, °"
    )
    if len(rank) > SPREAD:
        axes.set_xscale("log")
    _ticks(axes)
    figure.legend(loc="outside upper left", ncols=2)
    return figure


def margins(margin: Floats, machine: float, support: Bools, flips: Bools | None) -> Figure:
    """(n,) how clearly the head decides for each sample's class, ascending; γ as a line, support vectors and flips marked.

    machine  γ, 0 where the samples are not separable
    """
    figure = style.canvas(7.2, 3.0)
    axes = figure.subplots()
    order = np.argsort(margin, kind="stable")
    rank, ascending = np.arange(1, len(order) + 1), margin[order]
    axes.axhline(0, color=style.BLACK, linewidth=0.8)
    axes.plot(rank, ascending, color=style.BLUE, linestyle="", marker="o", markersize=_size(rank), label="sample")
    for chosen, marker, colour, text in (
        (support, "s", style.ORANGE, "support vector of the maximum margin"),
        (flips, "X", style.LOUD, "classified differently without itself"),
    ):
        if chosen is not None and chosen.any():
            at = chosen[order]
            axes.plot(rank[at], ascending[at], color=colour, marker=marker, linestyle="", markersize=6.5,
                      markerfacecolor="none" if marker == "s" else colour, label=text)  # fmt: skip
    if machine > 0:
        axes.axhline(machine, color=style.GREY, linewidth=1.0, linestyle="--", label="the largest margin there is, γ")
    axes.set(xlabel="samples, ascending", ylabel="margin")
    if len(rank) > SPREAD:
        axes.set_xscale("log")
        _ticks(axes)
    axes.legend(loc="upper left")
    return figure


def held_out(room: Floats, reach: float, flips: Bools | None) -> Figure:
    """(p,) how far the head would have to move to flip each held-out prediction, against what is certified.

    reach  the largest certified movement, NaN where there is none; flips (p,) those that flipped
    """
    figure = style.canvas(7.2, 3.0)
    axes = figure.subplots()
    order = np.argsort(room, kind="stable")
    rank = np.arange(1, len(order) + 1)
    bounds = style.limits(room, np.array([reach]), decades=6)
    shown = style.onto(room[order], bounds)
    safe = room[order] > reach
    _dots(axes, rank[safe], shown[safe], style.BLUE, "o", "cannot flip, certified")
    _dots(axes, rank[~safe], shown[~safe], style.GREY, "v", "not certified")
    if flips is not None and flips.any():
        at = flips[order]
        axes.plot(
            rank[at], shown[at], color=style.LOUD, marker="X", linestyle="", markersize=7, label="flips for some sample"
        )
    if np.isfinite(reach):
        axes.axhline(reach, color=style.ORANGE, linewidth=1.2, label="the most that the head moves, certified")
    axes.set(yscale="log", ylim=bounds, xlabel="held-out predictions, the nearest to flip first",
             ylabel="movement that it takes to flip")  # fmt: skip
    _ticks(axes)
    figure.legend(loc="outside upper left", ncols=2)
    return figure


def _ticks(axes: Axes) -> None:
    """Numbers written out on whichever axis is logarithmic."""
    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        if axis.get_scale() == "log":
            axis.set_minor_locator(NullLocator())
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 300 * low else (1.0,)))
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))


def _dots(axes: Axes, x: NDArray[np.int64], y: Floats, colour: str, marker: str, label: str) -> None:
    if len(x):
        axes.plot(x, y, color=colour, linestyle="", marker=marker, markersize=_size(x), label=label)


def _size(points: Floats | NDArray[np.int64]) -> float:
    return 4.0 if len(points) <= MANY else 2.0
