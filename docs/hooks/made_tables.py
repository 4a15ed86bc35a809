"""Tables that are read off the code while the site is built: a mark in a page names the table that takes its place."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from synth.families import BUILT_IN as FAMILIES
from synth.real import NAMES
from theory.catalogue import BUILT_IN
from theory.quantities import QUANTITIES


def quantities() -> Iterable[str]:
    """What is measured or bounded."""
    yield "| quantity | what it is | formula | over | most it can be |\n|---|---|---|---|---|"
    for q in QUANTITIES.values():
        largest = "–" if np.isinf(q.largest) else f"{q.largest:g}"
        formula = q.formula.replace(r"\|", r"\Vert ").replace("|", r"\vert ")  # a bare | would end the cell
        yield f"| `{q.id}` | {q.title} | ${formula.strip()}$ | {q.over} | {largest} |"


def assumptions() -> Iterable[str]:
    """The conditions of all bounds, and how many claims stand on each."""
    yield "| assumption | what it asks for | claims |\n|---|---|---|"
    every = [a for bound in BUILT_IN for a in bound.assumptions]
    for a in dict.fromkeys((a.name, a.message) for a in every):
        yield f"| *{a[0]}* | {a[1].replace('|', '&#124;')} | {sum((b.name, b.message) == a for b in every)} |"


def families() -> Iterable[str]:
    """The task families of a suite."""
    yield "| family | what it is | separable |\n|---|---|---|"
    for family in FAMILIES.values():
        yield f"| `{family.name}` | {family.about} | {'always' if family.separable else 'some draws'} |"


def data() -> Iterable[str]:
    """The bundled data sets."""
    yield "| name | data |\n|---|---|"
    yield from (f"| `{name}` | {about} |" for name, about in NAMES.items())


TABLES = {f"<!-- {table.__name__} -->": table for table in (quantities, assumptions, families, data)}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Each mark by its table."""
    for mark, table in TABLES.items():
        if mark in markdown:
            markdown = markdown.replace(mark, "\n".join(table()))
    return markdown
