"""The answer of a probe as one self-contained page: sentences on top, tables, three figures."""

import os
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from figures import files, html, probe_pictures
from tightrope import __version__, probe_rows
from tightrope.probe_rows import Rows
from tightrope.probe_words import summary
from verify.answer import Answer
from verify.directory import BadRun

LOUD = ("VIOLATED", "makes it worse", "flips")
LONG = ("text", "conclusion", "value of", "reason")


def see_that_it_can_be_written(path: Path) -> None:
    """Refuse a page that could not be written, before any work is done. Raises BadRun."""
    if path.suffix.lower() != ".html":
        raise BadRun(f"--html: {path} must end in .html")
    try:
        there = next(p for p in path.absolute().parents if p.exists())
        fine = there.is_dir() and os.access(there, os.W_OK | os.X_OK) and not path.is_dir()
    except OSError:
        fine = False
    if not fine:
        raise BadRun(f"--html: cannot write to {path}; name a file in a directory that can be written")


def write(answer: Answer, path: Path) -> Path:
    """The page at `path`, whole or not at all. Raises BadRun where it cannot be written."""
    try:
        return files.write(path, render(answer).encode())
    except OSError as error:
        raise BadRun(f"--html: cannot write to {path}: {error.strerror or error}") from error


def render(answer: Answer) -> str:
    """The page as text; the same bytes for the same answer."""
    title = f"Tightrope probe: {answer.probe.task.name}"
    return html.page(title, _body(answer), script=html.asset("report.js"))


def _body(answer: Answer) -> Iterator[str]:
    sections = {
        "The head without a sample": _figure_of_movement(answer) + _table(probe_rows.movements(answer)),
        "The samples that matter": _ranking(answer) + _figure_of_margins(answer),
        "Held-out predictions": _held_out(answer),
        "What would help": _levers(answer),
        "Bounds": _bounds(answer),
        "Data and head": _table(probe_rows.data(answer)) + _reasons(answer),
    }
    sections = {text: piece for text, piece in sections.items() if piece}
    names = {text: text.lower().replace(" ", "-") for text in sections}
    first, *others = summary(answer)
    loud = " loud" if any(c.verdict.name == "VIOLATED" and c.bound.proven for c in answer.probe.comparisons) else ""
    yield f'<header><p class="eyebrow">Tightrope · probe</p><h1>{escape(answer.probe.task.name)}</h1>'
    yield f'<div class="answer{loud}">{html.paragraph(first)}{"".join(map(html.paragraph, others))}</div>'
    links = (f'<a href="#{name}">{escape(text)}</a>' for text, name in names.items())
    yield f'<nav aria-label="sections">{"".join(links)}</nav></header>\n<main>'
    for text, piece in sections.items():
        yield html.section(names[text], text, piece)
    yield f'</main>\n<footer class="soft">{html.paragraph(f"tightrope {__version__}")}</footer>'


def _table(rows: Rows | None) -> str:
    if rows is None:
        return ""
    body = [[_cell(value, name) for name, value in zip(rows.head, row, strict=True)] for row in rows.rows]
    return html.table(rows.head, body, label=rows.title, sort=True)


def _cell(value: Any, column: str) -> object:
    plain = (
        float("nan")
        if value is None and column not in ("certified by", "predicted", "found", "and also", "how")
        else value
    )
    plain = "–" if plain is None else plain
    kind = "loud" if plain in LOUD else "long" if column in LONG else ""
    return html.Cell(plain, kind) if kind else plain


def _figure_of_movement(answer: Answer) -> str:
    sides = answer.degrees
    figure = probe_pictures.png(probe_pictures.movement, sides["measured"], sides["certified"])
    dots = "" if sides["measured"] is None else " Dots: all heads retrained; no dot can lie above its own mark."
    caption = (
        "By how many degrees the head turns when one sample is missing, every sample in turn. "
        f"Orange: what the bounds certify from runs on all samples alone.{dots}"
    )
    return html.picture("movement", "The turn of the head without each sample", figure, caption)


def _ranking(answer: Answer) -> str:
    rows = probe_rows.ranking(answer)
    if rows is None:
        return html.paragraph("Nothing moves, or nothing is known: no sample stands out.")
    note = (
        "Moves, turns: what happens to the head without this sample, measured; ≤: what is certified. Margin: how clearly the "
        "head on all samples decides for its class. Prediction: whether the head that never saw it would classify it differently."
    )
    return _table(rows) + html.paragraph(note)


def _figure_of_margins(answer: Answer) -> str:
    probe = answer.probe
    whole = probe.margins.whole
    support = np.zeros(probe.task.samples, bool)
    if whole.separable:
        support[whole.support] = True
    margins = probe_rows.own_margins(answer)
    figure = probe_pictures.png(probe_pictures.margins, margins, whole.low, support, answer.own_flips)
    caption = (
        "How far each sample lies from the boundary of the head, in the units of the features (of more than two classes: the gap "
        "between the outputs of its class and the next, of a head of norm 1); below 0 it is on the wrong side."
    )
    return html.picture("margins", "The margins of the samples", figure, caption)


def _held_out(answer: Answer) -> str:
    held = answer.held_out
    if isinstance(held, str):
        return html.paragraph(f"Nothing was held out: {held}.")
    certain = held.may_flip is not None
    reach = float(held.fit.last.certificates.max()) if certain else float("nan")
    flips = None if held.flips is None else held.flips > 0
    figure = probe_pictures.png(probe_pictures.held_out, held.most_moved, reach, flips)
    caption = (
        "For every held-out prediction the least movement of the head that could change it. Above the line it cannot change, "
        "whichever training sample is missing: that is proven, and needs one run. Below it may, and need not."
    )
    said = "".join(html.paragraph(f"{name}: {reason}.") for name, reason in held.reasons.items())
    picture = html.picture("held-out", "Which predictions are safe", figure, caption)
    rows = probe_rows.held_out(answer)
    return (html.paragraph(f"{rows.title[0].upper()}{rows.title[1:]}.") if rows else "") + _table(rows) + said + picture


def _levers(answer: Answer) -> str:
    rows = probe_rows.levers(answer)
    if rows is None:
        return ""
    pieces = [html.paragraph(f"{rows.title[0].upper()}{rows.title[1:]}."), _table(rows)]
    said = [(lever.name, lever.tried, html.Cell(lever.conclusion, "long")) for lever in answer.levers]
    pieces.append(
        html.table(("lever", "what was tried", "conclusion"), [(a, html.Cell(b, "long"), c) for a, b, c in said])
    )
    details = [(lever.name, *change) for lever in answer.levers for change in probe_rows.changes(lever)]
    if details:
        pieces.append(html.paragraph("Every number behind it, before and after:"))
        pieces.append(html.table(("lever", "what", "from", "before", "after", "factor"), details))
    return "\n".join(pieces)


def _bounds(answer: Answer) -> str:
    why = [
        (html.Cell(", ".join(ids), "long"), html.Cell(reason, "long")) for reason, ids in probe_rows.why(answer).items()
    ]
    return _table(probe_rows.bounds(answer)) + (html.table(("bounds", "why they do not decide"), why) if why else "")


def _reasons(answer: Answer) -> str:
    rows = [(path, html.Cell(reason, "long")) for path, reason in answer.probe.reasons.items()]
    return html.table(("what is missing", "why"), rows) if rows else ""
