"""What the commands print for people: where to, how tables look, and the verdict table of a run."""

from typing import TYPE_CHECKING

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from figures.outcomes import OUTCOMES, outcome

if TYPE_CHECKING:
    from verify.runner import Run


class _Stream(Console):
    def on_broken_pipe(self) -> None:
        """Whoever read has read enough: not an error of ours, for which rich would exit with 1."""
        raise BrokenPipeError


STDERR = _Stream(stderr=True)
STDOUT = _Stream()
if not STDOUT.is_terminal:
    STDOUT.width = 120  # a log has no width of its own

TEXT = ("bound", "quantity")
SHORT = {
    "inconclusive": "open",
    "inapplicable": "n/a",
    "vacuous": "vac.",
    "violated": "viol.",
}  # heads of narrow columns
WIDE = 100  # columns, from which on bound and quantity stand side by side


def show_run(run: "Run") -> None:
    """One row a claim, one column an outcome, then where everything lies."""
    records = run.records.assign(outcome=outcome(run.records))
    title = f"{len(run.tasks)} tasks of suite {run.manifest['suite']}, seed {run.manifest['seed']}"
    wide = STDOUT.width >= WIDE
    heads = ("bound", "quantity") if wide else ("bound",)
    table = new_table(title, *heads, *(SHORT.get(name, name) for name in OUTCOMES), "ratio")
    for (bound, quantity), rows in records.groupby(["bound", "quantity"], sort=False):
        counts = rows["outcome"].value_counts()
        worst = rows.loc[rows["verdict"].isin(["HOLDS", "VIOLATED"]), "ratio"].max()
        cells = [str(counts.get(name, 0) or "·") for name in OUTCOMES]
        names = (str(bound), str(quantity)) if wide else (f"{bound}\n  {quantity}",)
        table.add_row(*names, *cells, "–" if np.isnan(worst) else f"{worst:.3f}")
    STDOUT.print(table)
    told = ", ".join(f"{short} {name}" for name, short in SHORT.items())
    STDOUT.print(f"tasks by outcome ({told}); ratio: the largest measured/bound of those decided", soft_wrap=True)
    failed = int((run.tasks["diverged"] + run.tasks["non_finite"]).sum())
    if failed:
        STDOUT.print(f"{failed} replicas diverged or left the floats; their tasks are counted, not dropped")
    verdict = "a proven bound was VIOLATED" if run.violated else "no proven bound was violated"
    took = f"tuned and judged in {run.manifest['seconds']} s" if run.fresh else "finished before, nothing recomputed"
    STDOUT.print(f"{verdict} ({took}); see {run.out / 'report.html'}", soft_wrap=True)


def new_table(title: str, *columns: str) -> Table:
    """Narrow enough for 80 columns: names are never cut, headers are folded."""
    table = Table(title=f"\n{title}", title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False,
                  collapse_padding=True)  # fmt: skip
    for name in columns:
        text = name in TEXT
        table.add_column(name, justify="left" if text else "right", no_wrap=text, overflow="fold")
    return table
