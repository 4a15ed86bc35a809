"""What figures of claims share: a colour and a marker for each verdict and each regime, and intervals in words."""

import math
from collections.abc import Iterable

from matplotlib.axis import Axis
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

from figures import style
from figures.words import number
from theory.interval import Interval

# marker and colour: neither alone
VERDICTS: dict[str, tuple[str, str]] = {
    "supported": (style.BLUE, "o"),
    "no effect": (style.GREY, "s"),
    "refuted": (style.LOUD, "X"),
    "depends": (style.ORANGE, "D"),
}
CONTROL = style.GREY
_REGIMES = ((style.BLUE, "o"), (style.GREEN, "^"), (style.PURPLE, "s"), (style.BLACK, "v"), (style.SKY, "D"))


def regimes(present: Iterable[str]) -> dict[str, tuple[str, str]]:
    """(colour, marker) of every regime, by name."""
    names = sorted(set(present))
    return {name: _REGIMES[k % len(_REGIMES)] for k, name in enumerate(names)}


def ticks(axis: Axis, low: float, high: float) -> None:
    """Ticks that are written out, on a logarithmic axis: even in number where it spans little, at 1, 2, 5 where it spans much."""
    few = MaxNLocator(5, steps=[1, 2, 5, 10]) if high < 4 * low else LogLocator(subs=(1.0, 2.0, 5.0))
    axis.set_minor_locator(NullLocator())
    axis.set_major_locator(few if high < 300 * low else LogLocator(numticks=7))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))


def signed(value: float, decimals: int | None = None) -> str:
    """Three digits, or so many decimals, with a minus that is one."""
    if decimals is None or not math.isfinite(value):
        return number(value).replace("-", "−")
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")  # + 0.0: no −0.00


def slope(interval: Interval) -> str:
    """`−0.98 [−1.04, −0.92]`."""
    value, low, high = ends(interval)
    decimals = _decimals(high - low)
    return f"{signed(value, decimals)} [{signed(low, decimals)}, {signed(high, decimals)}]"


def factor(interval: Interval) -> str:
    """A log ratio as a ratio: `×0.38 [0.35, 0.40]`."""
    value, low, high = (math.exp(min(end, 700)) if end < math.inf else math.inf for end in ends(interval))
    form = f".{_decimals(high - low)}f" if 0.1 <= value < 10 else ".2g"
    return f"×{value:{form}} [{low:{form}}, {high:{form}}]".replace("inf", "∞")


def _decimals(width: float) -> int:
    """Two, or as many as show how wide the interval is, at most three, or four where all of it is tiny."""
    return min(max(2, math.ceil(-math.log10(width)) + 1), 3 if width > 2e-3 else 4) if 1e-9 < width < math.inf else 2


def effect(kind: str, interval: Interval) -> str:
    """A slope as it is, a log ratio as a ratio; a dash where nothing was measured."""
    if math.isnan(ends(interval)[0]):
        return "–"
    return slope(interval) if kind == "slope" else factor(interval)


def ends(interval: Interval) -> tuple[float, float, float]:
    """Value, low, high."""
    return float(interval.value), float(interval.low), float(interval.high)
