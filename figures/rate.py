"""A cloud of tasks, the power law fitted through it, and the slope that theory predicts."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from figures import style
from figures.power_law import PowerLaw, power_law


def cloud(points: pd.DataFrame, x: str, y: str, empty: str) -> tuple[Figure, PowerLaw | None]:
    """A dot a task, the fitted line and its 95 % band, log-log; the caller adds guide and labels."""
    figure = style.canvas(7.2, 4.6)
    axes = figure.subplots()
    if not len(points):
        style.say(axes, empty)
        return figure, None
    looks = style.families(points["family"])
    bounds = {name: style.limits(points[name], decades=6) for name in (x, y)}
    axes.set(xscale="log", yscale="log", xlim=bounds[x], ylim=bounds[y])
    style.plain_ticks(axes)
    for family, (colour, marker) in looks.items():
        here = points[points["family"] == family]
        horizontal, vertical = (style.onto(here[name], bounds[name]) for name in (x, y))
        axes.scatter(horizontal, vertical, s=17, marker=marker, color=colour, alpha=0.75, linewidths=0, zorder=2)
    law = power_law(points[y], points[x])
    if law is not None:
        grid = np.geomspace(points[x].min(), points[x].max(), 64)
        centre, low, high = law.band(grid)
        axes.fill_between(grid, low, high, color=style.BLACK, alpha=0.15, linewidth=0, zorder=3)
        axes.plot(grid, centre, color=style.BLACK, zorder=4, label=f"fit, slope {law.text()}")
    style.family_legend(figure, looks)
    return figure, law
