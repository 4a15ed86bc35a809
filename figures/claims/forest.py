"""Every claim in one line: what was predicted, what was measured, and the verdict."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from figures import style
from figures.claims import looks
from figures.claims.ledger import Ledger
from figures.words import count, number
from theory.interval import Interval

TITLE = "Every claim"
EXPERIMENT = ""  # of none in particular

# inches
WIDTH, ROW = 8.2, 0.185
LEFT, MIDDLE = 2.5, 2.6  # names, axes; the rest is for numbers
TOP, BETWEEN, BOTTOM = 0.3, 0.75, 0.95
# from the left end of the axes, and which side of the text stands there
COLUMNS = {
    "experiment": (0.1 - LEFT, "left"), "claim": (-0.1, "right"), "measured": (MIDDLE + 0.14, "left"),
    "verdict": (MIDDLE + 1.69, "left"), "tasks": (MIDDLE + 2.68, "right"), "seeds": (MIDDLE + 3.02, "right"),
}  # fmt: skip
PANELS = {"slope": "slope", "ratio": "ratio to the baseline"}
FARTHEST = {"slope": 2.5, "ratio": np.log(4)}  # what is farther has an arrow at the edge


def points(ledger: Ledger) -> pd.DataFrame:
    """One row a claim, one a regime, one a control; effects of ratios are logarithms."""
    rows = []
    for claim in ledger.claims:
        common = {
            "claim": claim.id, "experiment": claim.experiment, "text": claim.text, "effect": claim.effect,
            "predicted": claim.predicted, "predicted_low": claim.low, "predicted_high": claim.high, "level": claim.level,
            "tasks": claim.tasks, "lost": claim.lost, "seeds": claim.seeds,
        }  # fmt: skip
        rows.append(common | {"what": "claim", "regime": "", **_ends(claim.found), "verdict": claim.verdict})
        for name, (found, verdict) in claim.regimes.items():
            rows.append(common | {"what": "regime", "regime": name, **_ends(found), "verdict": verdict})
        if claim.control is not None:
            rows.append(common | {"what": "control", "regime": "", **_ends(claim.control),
                         "verdict": "holds" if claim.control_holds else "fails"})  # fmt: skip
    return pd.DataFrame(rows)


def _ends(found: Interval) -> dict[str, float]:
    return dict(zip(("measured", "low", "high"), looks.ends(found), strict=True))


def draw(points: pd.DataFrame) -> Figure:
    """A panel of slopes over a panel of ratios, a line a claim, grouped by experiment."""
    present = [kind for kind in PANELS if (points["effect"] == kind).any()]
    lines = {kind: points[(points["effect"] == kind) & (points["what"] == "claim")] for kind in present}
    heights = {kind: ROW * len(own) for kind, own in lines.items()}
    height = TOP + sum(heights.values()) + BETWEEN * (len(present) - 1) + BOTTOM
    figure = style.canvas(WIDTH, height, layout=None)
    above = height - TOP
    for kind in present:
        below = above - heights[kind]
        axes = figure.add_axes((LEFT / WIDTH, below / height, MIDDLE / WIDTH, heights[kind] / height))
        _panel(axes, points[points["effect"] == kind], kind)
        above = below - BETWEEN
    figure.legend(handles=_handles(points), loc="lower center", ncols=4, columnspacing=1.4, bbox_to_anchor=(0.5, 0.0))
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, kind: str) -> None:
    claims = rows[rows["what"] == "claim"].reset_index(drop=True)
    low, high = _range(rows, kind)
    axes.set(xlim=(low, high), ylim=(len(claims) - 0.5, -0.5), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color=style.BLACK, linewidth=0.8, zorder=2)
    new = claims["experiment"] != claims["experiment"].shift()
    for place in range(len(claims)):
        claim = claims.iloc[place]
        _line(axes, rows[rows["claim"] == claim["claim"]], place, (low, high))
        _names(axes, claim, place, new=bool(new.iloc[place]))
    for heading in COLUMNS:
        _text(axes, heading, heading, -0.85, color=style.GREY)
    axes.set_xlabel(PANELS[kind])
    if kind == "ratio":
        _ratio_ticks(axes)


def _range(rows: pd.DataFrame, kind: str) -> tuple[float, float]:
    """Around what was measured and predicted, as far as FARTHEST."""
    core = rows[["measured", "predicted", "predicted_low", "predicted_high"]].to_numpy(np.float64).ravel()
    core = np.clip(core[np.isfinite(core)], -FARTHEST[kind], FARTHEST[kind])
    low, high = min(core.min(initial=0.0), -0.1), max(core.max(initial=0.0), 0.1)
    return low - 0.08 * (high - low), high + 0.08 * (high - low)


def _line(axes: Axes, own: pd.DataFrame, place: int, bounds: tuple[float, float]) -> None:
    claim = own[own["what"] == "claim"].iloc[0]
    low, high = np.clip([claim["predicted_low"], claim["predicted_high"]], *bounds)
    axes.add_patch(Rectangle((low, place - 0.4), high - low, 0.8, color=style.SKY, alpha=0.22, linewidth=0, zorder=0))
    axes.plot([claim["predicted"]] * 2, [place - 0.4, place + 0.4], color=style.SKY, linewidth=1.2, zorder=1)
    for _, control in own[own["what"] == "control"].iterrows():
        _interval(axes, control, place + 0.27, looks.CONTROL, 1.0, bounds)
    colour, marker = looks.VERDICTS.get(claim["verdict"], (style.BLACK, "o"))
    if np.isnan(claim["measured"]):
        return
    _interval(axes, claim, place - 0.08, colour, 1.8, bounds)
    for _, regime in own[own["what"] == "regime"].iterrows():
        if bounds[0] < regime["measured"] < bounds[1]:
            axes.plot(regime["measured"], place - 0.08, marker="|", color=style.BLACK, markersize=5.5, markeredgewidth=0.8,
                      zorder=4)  # fmt: skip
    if bounds[0] < claim["measured"] < bounds[1]:
        axes.scatter(claim["measured"], place - 0.08, s=24, marker=marker, color=colour, edgecolors="white", linewidths=0.5,
                     zorder=5)  # fmt: skip


def _interval(
    axes: Axes,
    row: pd.Series,
    y: float,
    colour: str,
    width: float,
    bounds: tuple[float, float],
) -> None:
    """A line, with an arrow head where it goes on."""
    low, high = np.clip([row["low"], row["high"]], *bounds)
    axes.plot([low, high], [y, y], color=colour, linewidth=width, solid_capstyle="butt", zorder=3)
    if width < 1.5 and bounds[0] < row["measured"] < bounds[1]:
        axes.plot(row["measured"], y, marker="o", color=colour, markersize=2.2, zorder=3)
    for end, edge, marker in ((row["low"], bounds[0], "<"), (row["high"], bounds[1], ">")):
        if (end - edge) * (1 if marker == ">" else -1) > 0:
            axes.plot(edge, y, marker=marker, color=colour, markersize=3.5, clip_on=False, zorder=4)


def _names(axes: Axes, claim: pd.Series, place: int, *, new: bool) -> None:
    if new:
        _text(axes, "experiment", claim["experiment"], place, color=style.GREY)
        if place:
            ends = [(0.1 - LEFT) / MIDDLE, (WIDTH - LEFT - 0.1) / MIDDLE]
            axes.plot(ends, [place - 0.5] * 2, color=style.LIGHT, linewidth=0.5, clip_on=False,
                      transform=axes.get_yaxis_transform())  # fmt: skip
    found = Interval(value=claim["measured"], low=claim["low"], high=claim["high"])
    _text(axes, "claim", claim["claim"], place)
    _text(axes, "measured", looks.effect(claim["effect"], found), place)
    _text(axes, "verdict", claim["verdict"], place, weight="bold")
    _text(axes, "tasks", f"{claim['tasks']}{'*' if claim['lost'] else ''}", place)
    _text(axes, "seeds", str(claim["seeds"]), place)
    colour, marker = looks.VERDICTS.get(claim["verdict"], (style.BLACK, "o"))
    axes.plot((COLUMNS["verdict"][0] - 0.09) / MIDDLE, place, marker=marker, color=colour, markersize=4.5,
              markeredgewidth=0, clip_on=False, transform=axes.get_yaxis_transform())  # fmt: skip


def _text(axes: Axes, column: str, text: str, y: float, **look: Any) -> None:
    x, side = COLUMNS[column]
    axes.annotate(text, (x / MIDDLE, y), xycoords=("axes fraction", "data"), ha=side, va="center", annotation_clip=False,
                  **{"fontsize": 7, "color": style.BLACK, **look})  # fmt: skip


def _ratio_ticks(axes: Axes) -> None:
    """Logarithms named by what they are of."""
    low, high = axes.get_xlim()
    names = {k: f"1/{2**-k}" if k < 0 else f"{2**k}" for k in range(-4, 5) if low <= k * np.log(2) <= high}
    axes.set_xticks([k * np.log(2) for k in names], list(names.values()))


def _handles(points: pd.DataFrame) -> list[Line2D | Patch]:
    present = set(points.loc[points["what"] == "claim", "verdict"])
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=colour, marker=marker, markersize=5, linewidth=1.8, label=verdict)
        for verdict, (colour, marker) in looks.VERDICTS.items()
        if verdict in present
    ]
    handles.append(Patch(color=style.SKY, alpha=0.22, linewidth=0, label="predicted"))
    if (points["what"] == "regime").any():
        handles.append(Line2D([], [], color=style.BLACK, marker="|", markersize=5.5, linestyle="", label="a regime"))
    if (points["what"] == "control").any():
        handles.append(Line2D([], [], color=looks.CONTROL, marker="o", markersize=2.2, linewidth=1, label="control"))
    return handles


def table(points: pd.DataFrame) -> pd.DataFrame:
    """One row a claim, its text first."""
    own = points[points["what"] == "claim"]
    return own[["text", "predicted", "measured", "low", "high", "tasks", "lost", "seeds", "verdict"]]


def caption(ledger: Ledger, points: pd.DataFrame) -> str:
    """How many claims met which verdict, what the intervals are, and how many tasks are not behind them."""
    verdicts = points.loc[points["what"] == "claim", "verdict"].value_counts()
    told = ", ".join(f"{number} {verdict}" for verdict, number in verdicts.items())
    controls = points[points["what"] == "control"]
    failed = controls.loc[controls["verdict"] == "fails", "claim"]
    names = ", ".join(failed)
    lost = {claim.id: claim.lost for claim in ledger.claims if claim.lost}
    missing = ", ".join(f"{number} in {claim}" for claim, number in lost.items())
    return (
        f"{count(len(ledger.claims), 'claim')}: {told}. Dot and line: the mean over tasks of the effect, and its interval "
        f"(Student’s t at level {number(ledger.level)}, so that all claims together fail with at most "
        f"{number(100 * ledger.level * len(ledger.claims))} %); black strokes: the means of regimes; shaded: the effects that "
        "bear the claim out, its edge or stroke the predicted one; grey: the control, in which nothing was varied. An arrow: "
        "the interval goes on. Slopes are of ln measure against ln level, ratios geometric means over tasks. "
        f"{count(len(controls), 'control')}, {len(failed)} with an effect{f' ({names})' if names else ''}. "
        f"Tasks lost, marked *: {missing or 'none'}."
    )
