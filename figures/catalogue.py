"""Every figure: the literal list."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from figures import (
    along_training,
    bound_vs_measured,
    bound_vs_variance,
    instability_vs_margin,
    instability_vs_n,
    tightness_ladder,
    verdicts,
)
from figures.run import Run


@dataclass(frozen=True, kw_only=True)
class Plot:
    """One figure.

    points   what is plotted, out of a run
    draw     the figure from its points alone
    table    the same in the few rows that a paper prints
    caption  generated: what is averaged over what, how many tasks, how many left out
    """

    id: str
    title: str
    points: Callable[[Run], pd.DataFrame]
    draw: Callable[[pd.DataFrame], Figure]
    table: Callable[[pd.DataFrame], pd.DataFrame]
    caption: Callable[[Run, pd.DataFrame], str]


PLOTS: tuple[Plot, ...] = (
    Plot(
        id="bound_vs_variance",
        title="Bound versus empirical variance",
        points=bound_vs_variance.points,
        draw=bound_vs_variance.draw,
        table=bound_vs_variance.table,
        caption=bound_vs_variance.caption,
    ),
    Plot(
        id="verdicts",
        title="Verdicts",
        points=verdicts.points,
        draw=verdicts.draw,
        table=verdicts.table,
        caption=verdicts.caption,
    ),
    Plot(
        id="tightness_ladder",
        title="How tight each bound is",
        points=tightness_ladder.points,
        draw=tightness_ladder.draw,
        table=tightness_ladder.table,
        caption=tightness_ladder.caption,
    ),
    Plot(
        id="bound_vs_measured",
        title="Every bound against its measurement",
        points=bound_vs_measured.points,
        draw=bound_vs_measured.draw,
        table=bound_vs_measured.table,
        caption=bound_vs_measured.caption,
    ),
    Plot(
        id="instability_vs_n",
        title="More samples, more stability",
        points=instability_vs_n.points,
        draw=instability_vs_n.draw,
        table=instability_vs_n.table,
        caption=instability_vs_n.caption,
    ),
    Plot(
        id="instability_vs_margin",
        title="Instability against the margin",
        points=instability_vs_margin.points,
        draw=instability_vs_margin.draw,
        table=instability_vs_margin.table,
        caption=instability_vs_margin.caption,
    ),
    Plot(
        id="along_training",
        title="Instability along training",
        points=along_training.points,
        draw=along_training.draw,
        table=along_training.table,
        caption=along_training.caption,
    ),
)
