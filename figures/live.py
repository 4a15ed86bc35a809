"""The live figure of the report: any claim, one dot a task, and the data that the page's script draws it from."""

import math
from collections.abc import Iterable
from html import escape
from typing import Any

import pandas as pd

from figures.outcomes import COMPARED, DECIDED, OUTCOMES, claims, compared, name, outcome
from figures.page_tables import lacking
from figures.run import Run
from theory.catalogue import BUILT_IN

HEADLINE = ("efron-stein", "resample-variance")  # bound versus variance
DIGITS = 6
TITLES = {(bound.id, bound.quantity): bound.title for bound in BUILT_IN}


def data(run: Run) -> dict[str, Any]:
    """What the script needs to know: every task once, and of every claim one row a task, by column.

    The rows of a claim stand in the order of their ratios, the largest first; the first `compared` of them have one.
    `interval` holds, by row, [low, high] where they differ from the measurement. Numbers have six digits.
    """
    facts = pd.concat([run.tasks, run.records])[["task", "family", "n", "d"]].drop_duplicates("task")
    families, reasons = sorted(facts["family"].unique()), _Numbered()
    place = {task: k for k, task in enumerate(facts["task"])}
    tuning = dict(zip(run.records["task"], run.records["tuning"], strict=True))
    rows = run.records.assign(outcome=outcome(run.records), task=run.records["task"].map(place))
    groups = dict(iter(rows.groupby(["bound", "quantity"])))
    return {
        "outcomes": OUTCOMES,
        "decided": DECIDED,
        "families": families,
        "tasks": {
            "name": facts["task"].tolist(),
            "family": facts["family"].map(families.index).tolist(),
            "n": facts["n"].tolist(),
            "d": facts["d"].tolist(),
            "tuning": [tuning.get(task, "") for task in facts["task"]],
        },
        "claims": [_claim(claim, groups.get(claim, rows.iloc[:0]), reasons) for claim in claims(run.records)],
        "reasons": list(reasons),
    }


def form(run: Run) -> str:
    """The figure, empty, and what chooses what it shows; hidden until the script fills it."""
    every, first = claims(run.records), _first(run)
    bounds = "".join(_option(bound, bound) for bound in dict.fromkeys(bound for bound, _ in every))
    shown = "".join(_option(k, name(claim), chosen=claim == first) for k, claim in enumerate(every))
    families = run.tasks["family"].value_counts().sort_index()
    sized = (
        (str(family), f'<span class="soft">{tasks}</span>')
        for family, tasks in zip(families.index, families, strict=True)
    )
    marked = ((name, '<svg class="key" aria-hidden="true"></svg>') for name in OUTCOMES)
    return f"""<p id="still" class="soft">The figure with one dot a task, sorting and filters need JavaScript.
Everything else on this page does not.</p>
<form id="live" hidden autocomplete="off">
<div class="filters">
<div class="choices">
<label>Bounds <select name="bound"><option value="">all</option>{bounds}</select></label>
<label>In the figure <select name="claim">{shown}</select></label>
</div>
<fieldset><legend>Families <span class="soft">(none chosen: all)</span></legend>
{_chips("family", sized)}</fieldset>
<p class="status"><strong class="shown" role="status"></strong> <button type="reset">Reset</button></p>
</div>
<div class="plot"><figure>
<p class="title" id="claim"></p>
<svg role="img" aria-labelledby="claim plotted"></svg>
<fieldset><legend>Outcomes <span class="soft">(none chosen: all)</span></legend>
{_chips("outcome", marked)}</fieldset>
<figcaption id="plotted"></figcaption>
</figure>
<div class="task">
<label>Dot by dot, from the largest ratio <input type="range" name="dot" min="0" value="0"></label>
<h3></h3><dl></dl>
<p class="soft">Take this task out of the run, to open it in <code>tightrope probe</code>:</p>
<p><code class="command"></code></p>
</div></div>
</form>"""


def _first(run: Run) -> tuple[str, str]:
    """The claim to begin with: one that is violated, a theorem before a conjecture, or else the headline, if it has dots."""
    rows = compared(run.records)
    loud = rows[rows["outcome"] == "violated"].sort_values(["proven", "ratio"], ascending=False, kind="stable")
    told = loud if len(loud) else rows
    found = list(zip(told["bound"], told["quantity"], strict=True))
    return found[0] if found and (len(loud) or HEADLINE not in found) else HEADLINE


class _Numbered(dict[str, int]):
    """Gives each text a number, in the order they come."""

    def __missing__(self, text: str) -> int:
        self[text] = len(self)
        return self[text]


def _claim(claim: tuple[str, str], rows: pd.DataFrame, reasons: _Numbered) -> dict[str, Any]:
    with_ratio = rows["outcome"].isin(COMPARED) & rows["ratio"].notna()
    first = rows[with_ratio].sort_values("ratio", ascending=False, kind="stable")
    rows = pd.concat([first, rows[~with_ratio]]).reset_index(drop=True)
    low, measured, high = (_numbers(rows[side]) for side in ("low", "measured", "high"))
    content = {
        "bound": claim[0],
        "quantity": claim[1],
        "title": TITLES.get(claim, ""),
        "compared": len(first),
        "task": rows["task"].tolist(),
        "outcome": rows["outcome"].map(OUTCOMES.index).tolist(),
        "value": _numbers(rows["value"]),
        "measured": measured,
        "interval": {k: [low[k], high[k]] for k in range(len(rows)) if not low[k] == measured[k] == high[k]},
        "reason": [reasons[", ".join(names)] for names in lacking(rows["reasons"])],
    }
    return content | ({"sample": rows["sample"].tolist()} if (rows["sample"] >= 0).any() else {})


def _numbers(values: Iterable[float]) -> list[float | str | None]:
    """Six digits are enough for a dot and a line of text; JSON has neither NaN nor ∞."""
    return [
        None if math.isnan(v) else f"{'-' * (v < 0)}Infinity" if math.isinf(v) else float(f"{v:.{DIGITS}g}")
        for v in values
    ]


def _option(value: object, text: str, *, chosen: bool = False) -> str:
    return f'<option value="{escape(str(value))}"{" selected" if chosen else ""}>{escape(text)}</option>'


def _chips(field: str, values: Iterable[tuple[str, str]]) -> str:
    return "\n".join(
        f'<label class="chip"><input type="checkbox" name="{field}" value="{escape(value)}">{escape(value)} {beside}</label>'
        for value, beside in values
    )
