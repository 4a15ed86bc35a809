"""What each strategy does to each measure, against plain fine-tuning of the same networks on the same tasks."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from figures import style
from figures.claims import looks
from figures.claims.ledger import Ledger
from figures.words import count, number
from theory.interval import Interval
from verify.statistics import stratified_interval

TITLE = "Strategies by measures"
EXPERIMENT = "strategies"
PLAIN, AGAIN = "plain", "plain again"
ALL = "all tasks"
MEASURES = {
    "loo": "leave-one-out\ninstability",
    "seed": "seed\ninstability",
    "distance": "distance\nfrom the start",
    "gap": "gap between\nclass means",
    "margin": "margin of\nthe features",
    "accuracy": "test\naccuracy",
}
NAMES = {
    "longer": "longer training", "smaller-step": "smaller step", "l2": "L2", "l2-sp": "L2-SP", "noise": "input noise",
    "freeze": "freezing", "mhloss": "MHLoss", "mmr": "MMR", "surt": "SURT", AGAIN: "plain again\n(control)",
}  # fmt: skip
COLOURS = LinearSegmentedColormap.from_list("smaller-larger", [style.BLUE, "#FFFFFF", style.ORANGE])
SPAN = np.log(4)  # colours are full at a quarter and at fourfold


def points(ledger: Ledger) -> pd.DataFrame:
    """One row a (strategy, measure, regime): the mean over tasks of the log ratio to plain, and its interval.

    Regimes of a task are averaged first. `lost` counts tasks whose ratio is not positive and finite.
    """
    rows = ledger.measurements[ledger.measurements["experiment"] == EXPERIMENT]
    keys = ["task", "regime", "measure"]
    log = np.log(rows["value"].where((rows["value"] > 0) & np.isfinite(rows["value"])))
    wide = rows.assign(log=log).pivot_table(index=keys, columns="arm", values="log", dropna=False, sort=False)
    wide = wide.reindex(rows.set_index(keys).index.unique())  # what is NaN throughout is counted, not dropped
    arms = [arm for arm in dict.fromkeys(rows["arm"]) if arm not in (PLAIN, AGAIN)]
    arms += [AGAIN] if AGAIN in set(rows["arm"]) else []
    plain = wide[PLAIN] if PLAIN in wide else pd.Series(np.nan, index=wide.index)
    measures = sorted(set(rows["measure"]), key=[*MEASURES, *sorted(set(rows["measure"]) - set(MEASURES))].index)
    found = []
    for arm in arms:
        own = wide[arm] if arm in wide else plain * np.nan
        ratio = (own - plain).rename("ratio").reset_index()
        for measure in measures:
            here = ratio[ratio["measure"] == measure]
            regimes = sorted(set(here["regime"]))
            found.append(_cell(arm, measure, ALL, here, ledger.level))
            if len(regimes) > 1:
                found += [
                    _cell(arm, measure, r, here[here["regime"] == r], ledger.level / len(regimes)) for r in regimes
                ]
    return pd.DataFrame(found, columns=["strategy", "measure", "regime", "tasks", "lost", "measured", "low", "high"])


def _cell(arm: str, measure: str, regime: str, ratio: pd.DataFrame, level: float) -> dict[str, object]:
    tasks = ratio.groupby("task", sort=False)
    by_task = tasks["ratio"].mean().to_numpy()
    strata = pd.factorize(tasks["regime"].agg(lambda own: ", ".join(sorted(own))))[0]  # as in the ledger
    known = np.isfinite(by_task)
    finite = by_task[known]
    unknown = Interval(value=np.nan, low=-np.inf, high=np.inf)
    value, low, high = looks.ends(stratified_interval(finite, strata[known], level) if len(finite) else unknown)
    return {
        "strategy": arm, "measure": measure, "regime": regime, "tasks": len(finite), "lost": len(by_task) - len(finite),
        "measured": value, "low": low, "high": high,
    }  # fmt: skip


def draw(points: pd.DataFrame) -> Figure:
    """A row a strategy, a column a measure; the control is the last row."""
    whole = points[points["regime"] == ALL]
    strategies, measures = list(dict.fromkeys(whole["strategy"])), list(dict.fromkeys(whole["measure"]))
    figure = style.canvas(1.7 + 1.05 * max(len(measures), 3), 1.3 + 0.42 * max(len(strategies), 2))
    axes = figure.subplots()
    if not len(whole):
        style.say(axes, "no strategy was measured")
        return figure
    grid = whole.pivot(index="strategy", columns="measure", values="measured").loc[strategies, measures]
    norm = Normalize(-SPAN, SPAN)
    axes.set_facecolor("#F2F2F2")
    image = axes.pcolormesh(
        np.ma.masked_invalid(grid.to_numpy()), cmap=COLOURS, norm=norm, edgecolors="white", linewidth=1.5
    )
    axes.set(ylim=(len(strategies), 0))
    for _, cell in whole.iterrows():
        _text(axes, cell, measures.index(cell["measure"]) + 0.5, strategies.index(cell["strategy"]) + 0.5)
    if AGAIN in strategies:
        axes.axhline(strategies.index(AGAIN), color=style.BLACK, linewidth=0.8)
    axes.set_xticks(np.arange(len(measures)) + 0.5, [MEASURES.get(name, name) for name in measures])
    axes.set_yticks(np.arange(len(strategies)) + 0.5, [NAMES.get(name, name) for name in strategies])
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    bar = figure.colorbar(image, ax=axes, shrink=0.6, aspect=22, extend="both", label="ratio to plain")
    bar.outline.set_visible(False)
    ratios = [1 / 4, 1 / 2, 1, 2, 4]
    bar.set_ticks([float(np.log(r)) for r in ratios], labels=[f"{r:g}" for r in ratios])
    return figure


def _text(axes: Axes, cell: pd.Series, x: float, y: float) -> None:
    """The ratio over its interval; bold and with a dot where the interval excludes 1; the tasks where some were lost."""
    if np.isnan(cell["measured"]):
        axes.text(x, y, f"none of {cell['lost']}", ha="center", va="center", color=style.GREY, fontsize=7)
        return
    sure = apart(cell["low"], cell["high"])
    ink = "white" if cell["measured"] < -0.75 * SPAN else style.BLACK
    few = cell["lost"] > 0
    axes.text(x, y - (0.24 if few else 0.17), f"{np.exp(cell['measured']):.2f}{' ●' if sure else ''}", ha="center",
              va="center", color=ink, fontsize=8, weight="bold" if sure else "normal")  # fmt: skip
    low, high = np.exp(np.clip([cell["low"], cell["high"]], -700, 700))
    interval = f"[{number(low)}, {number(high)}]" if max(low, high) >= 100 else f"[{low:.2f}, {high:.2f}]"
    axes.text(x, y + (0.05 if few else 0.2), interval, ha="center", va="center", color=ink, fontsize=6.5)
    if few:
        told = f"{cell['tasks']} of {cell['tasks'] + cell['lost']} tasks"
        axes.text(x, y + 0.32, told, ha="center", va="center", color=ink, fontsize=5.5)


def apart(low: float, high: float) -> bool:
    """Whether an interval of log ratios excludes 0."""
    return low > 0 or high < 0


def table(points: pd.DataFrame) -> pd.DataFrame:
    """Ratios, with those of each regime."""
    return points.assign(**{name: np.exp(points[name].clip(-700, 700)) for name in ("measured", "low", "high")})


def caption(ledger: Ledger, points: pd.DataFrame) -> str:
    """What a cell is, how many tasks are behind it, and whether the control is silent."""
    rows = ledger.measurements[ledger.measurements["experiment"] == EXPERIMENT]
    whole = points[points["regime"] == ALL]
    again = whole[whole["strategy"] == AGAIN]
    alarms = int((again["low"].gt(0) | again["high"].lt(0)).sum())
    lost = whole[whole["lost"] > 0]
    told = "; ".join(f"{c['lost']} of {c['strategy']} · {c['measure']}" for _, c in lost.iterrows())
    kinds = ", ".join(sorted({str(name) for name in rows["regime"] if name}))
    control = f"The control repeats plain fine-tuning with other draws: {alarms} of {len(again)} intervals exclude 1. "
    return (
        "Each strategy against plain fine-tuning of the same networks on the same tasks. A cell: the geometric mean over "
        f"tasks of the ratio of the measure to that of plain, and its interval (Student’s t at level {number(ledger.level)}, "
        "the level of a claim of this ledger; not corrected for the number of cells); a dot and bold type where it excludes "
        f"1. Blue: smaller than plain; orange: larger; full colour at a quarter and at fourfold. "
        f"{count(rows['task'].nunique(), 'task')}{f' ({kinds})' if kinds else ''}. "
        f"{control if len(again) else ''}Tasks lost, for want of a positive finite ratio: {told or 'none'}."
    )
