"""The answer of a probe on the terminal: plain sentences, then tables; all of it reads without colour."""

import math
from typing import Any

from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tightrope import probe_rows
from tightrope.probe_rows import Rows
from tightrope.probe_words import summary
from tightrope.tables import STDERR, STDOUT
from verify.answer import Answer

MARKS = {
    "helps": "+",
    "makes it worse": "!",
    "does not help": "=",
    "cannot be told": "?",
    "cannot be tried": "·",
    "not run": "·",
}
TEXT = {"bound", "quantity", "certified by", "share of", "lever", "predicted", "found", "and also", "how", "verdict", "text",
        "prediction"}  # fmt: skip
ONE_LINE = {"text", "verdict", "prediction"}


def show(answer: Answer) -> None:
    """Sentences, data, movement, the samples that matter, held-out flips, what helps, bounds, reasons."""
    for sentence in summary(answer):
        STDOUT.print(Text(sentence))
    STDOUT.print(_plain(probe_rows.data(answer)))
    for rows in (probe_rows.movements(answer), probe_rows.ranking(answer), probe_rows.held_out(answer)):
        if rows is not None:
            STDOUT.print(_table(rows))
    _levers(answer)
    STDOUT.print(_bounds(probe_rows.bounds(answer)))
    for reasons, ids in probe_rows.why(answer).items():
        STDOUT.print(f"{', '.join(ids)}: {reasons}", highlight=False, markup=False, soft_wrap=True)
    for path, reason in answer.probe.reasons.items():
        STDERR.print(f"{path}: {reason}", highlight=False, markup=False, soft_wrap=True)


def _levers(answer: Answer) -> None:
    """The table, and below it one line a lever."""
    rows = probe_rows.levers(answer)
    if rows is None:
        return
    STDOUT.print(_table(rows))
    for lever in answer.levers:
        line = f"{MARKS[lever.verdict]} {lever.name} ({lever.tried}): {lever.conclusion}"
        STDOUT.print(Padding(Text(line), (0, 0, 0, 2)))


def _plain(rows: Rows) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0), title="")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.rows:
        table.add_row(name, Text(str(value)))
    return table


def _bounds(rows: Rows) -> Table:
    """One row a claim, below the quantity that it bounds: so they fit on 80 columns, whole names and all."""
    table = _empty(rows.title, ("bound", *rows.head[2:]))
    for quantity in dict.fromkeys(row[1] for row in rows.rows):
        table.add_row(Text(quantity, style="bold"))
        for row in rows.rows:
            if row[1] == quantity:
                table.add_row(*(Text(_cell(value)) for value in (f"  {row[0]}", *row[2:])))
    return table


def _table(rows: Rows) -> Table:
    table = _empty(rows.title, rows.head)
    for row in rows.rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    return table


def _empty(title: str, head: tuple[str, ...]) -> Table:
    """Names are never cut; a text takes what room is left, on one line."""
    table = Table(title=f"\n{title}", title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False,
                  collapse_padding=True)  # fmt: skip
    for k, name in enumerate(head):
        justify, overflow = "left" if name in TEXT else "right", "ellipsis" if name == "text" else "fold"
        table.add_column(name, justify=justify, no_wrap=k == 0 or name in ONE_LINE, overflow=overflow)  # type: ignore[arg-type]
    return table


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:.4g}" if math.isfinite(value) else "∞"
