"""A cloud of tasks, the power law fitted through it, and the slope that theory predicts."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from figures import style
from figures.power_law import PowerLaw, power_law


def cloud(points: pd.DataFrame, x: str, y: str, empty: str) -> tuple[Figure, PowerLaw | None]:
    """Log-log axes with a dot a task by family, the fitted line and its 95 % band; the caller adds the guide and labels."""
    figure = style.canvas(5.4, 4.2)
    axes = figure.subplots()
    if not len(points):
        style.say(axes, empty)
        return figure, None
    looks = style.families(points["family"])
    bounds = {name: style.limits(points[name], decades=6) for name in (x, y)}
    axes.set(xscale="log", yscale="log", xlim=bounds[x], ylim=bounds[y])
    for family, (colour, marker) in looks.items():
        here = points[points["family"] == family]
        at = [style.onto(here[name], bounds[name]) for name in (x, y)]
        axes.scatter(*at, s=17, marker=marker, color=colour, alpha=0.75, linewidths=0, zorder=2)
    law = power_law(points[y], points[x])
    handles = style.family_handles(looks)
    if law is not None:
        grid = np.geomspace(points[x].min(), points[x].max(), 64)
        centre, low, high = law.band(grid)
        axes.fill_between(grid, low, high, color=style.BLACK, alpha=0.15, linewidth=0, zorder=3)
        axes.plot(grid, centre, color=style.BLACK, zorder=4, label=f"fit, slope {law.text()}")
    figure.legend(handles=handles, loc="outside lower center", ncols=4, columnspacing=1.2)
    return figure, law
