"""What every panel of one claim shares: its title, its table, and what its caption says of numbers."""

import math
import textwrap

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import style
from figures.claims import looks
from figures.claims.ledger import Claim
from figures.words import count, number
from theory.interval import Interval

WIDTH, LINE = 4.4, 62  # inches, characters


def canvas(claim: Claim, height: float) -> Figure:
    """An empty figure under the text of the claim."""
    figure = style.canvas(WIDTH, height)
    lines = math.ceil(len(claim.text) / LINE)
    text = textwrap.fill(claim.text, LINE if lines == 1 else len(claim.text) // lines + 8)  # of about one length
    figure.suptitle(text, x=0.02, ha="left", fontsize=9)
    return figure


def verdict_handle(claim: Claim) -> Line2D:
    """The verdict, for a legend."""
    colour, marker = looks.VERDICTS.get(claim.verdict, (style.BLACK, "o"))
    label = f"{claim.verdict}: {looks.effect(claim.effect, claim.found)}"
    return Line2D([], [], color=colour, marker=marker, linestyle="", markersize=6, label=label)


def lost(claim: Claim, effects: pd.DataFrame) -> dict[str, int]:
    """How many tasks of each regime have no effect; the control counts as one more regime."""
    own = effects[(effects["claim"] == claim.id) & effects["effect"].isna()]
    names = own["regime"].where(~own["sham"], "the control")
    return {str(name) or "all": int(number) for name, number in names.value_counts().sort_index().items()}


def table(claim: Claim, effects: pd.DataFrame) -> pd.DataFrame:
    """One row for all tasks, one a regime, one for the control."""
    own = effects[effects["claim"] == claim.id]
    true = own[~own["sham"]]
    rows = [_row("all tasks", true, claim.found, claim.verdict)]
    rows += [_row(name, true[true["regime"] == name], *found) for name, found in claim.regimes.items()]
    if claim.control is not None:
        rows.append(_row("control", own[own["sham"]], claim.control, "holds" if claim.control_holds else "fails"))
    return pd.DataFrame(rows)


def _row(name: str, effects: pd.DataFrame, found: Interval, verdict: str) -> dict[str, object]:
    finite = effects[effects["effect"].notna()]
    value, low, high = looks.ends(found)
    return {
        "tasks of": name,
        "tasks": finite["task"].nunique(),
        "lost": effects["task"].nunique() - finite["task"].nunique(),
        "measured": value,
        "low": low,
        "high": high,
        "verdict": verdict,
    }


def caption(claim: Claim, effects: pd.DataFrame, picture: str) -> str:
    """The claim, its prediction, what was found, then what the picture shows, then what it does not."""
    kind = "slope of ln" if claim.effect == "slope" else "ratio of"
    regimes = "; ".join(
        f"{name} {looks.effect(claim.effect, found)}, {verdict}" for name, (found, verdict) in claim.regimes.items()
    )
    return (
        f"{claim.text} Predicted: {claim.prediction.replace('-', '−')}{f' ({claim.why})' if claim.why else ''}. Measured: "
        f"{kind} {claim.measure} {looks.effect(claim.effect, claim.found)}, the mean over {count(claim.tasks, 'task')}, "
        f"{count(claim.seeds, 'seed')} each: {claim.verdict}.{f' By regime: {regimes}.' if regimes else ''} {picture}"
        f"{_control(claim)} Intervals: Student’s t at level {number(claim.level)}, a regime’s at that over the number of "
        f"regimes.{_lost(claim, effects)}"
    )


def _control(claim: Claim) -> str:
    if claim.control is None:
        return ""
    said = "no effect, as there should be none" if claim.control_holds else "an effect where there should be none"
    return (
        f" Grey: the control, in which the factor was not varied: {looks.effect(claim.effect, claim.control)}, {said}."
    )


def _lost(claim: Claim, effects: pd.DataFrame) -> str:
    """Every task is drawn or counted."""
    left_out = lost(claim, effects)
    if not left_out and not claim.lost:
        return " No task was lost."
    told = ", ".join(f"{number} of {name}" for name, number in left_out.items())
    return (
        f" Not drawn, for want of a positive finite value: {told or 0}; {count(claim.lost, 'task')} lost to the claim "
        "altogether."
    )
