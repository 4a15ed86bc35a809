"""The little HTML a report page needs: everything escaped, nothing fetched, no script."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from figures.words import number

STYLE = """
:root {
  color-scheme: light dark;
  --ink: #1d1d1f; --soft: #62666d; --line: #dcdfe4; --paper: #fff; --tint: #f5f6f8;
  --good: #0072b2; --loud: #b84a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8e8ea; --soft: #a0a5ad; --line: #3a3d43; --paper: #17181b; --tint: #202226;
    --good: #63b8ec; --loud: #ff9150;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 1.5rem 1rem 4rem; overflow-wrap: break-word;
  background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.7rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
p, figcaption { max-width: 46rem; }
a { color: var(--good); }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; font-size: .9rem; }
.answer { margin: 1rem 0; padding: .8rem 1rem; background: var(--tint); }
.answer { border-left: .35rem solid var(--good); }
.answer.loud { border-color: var(--loud); font-weight: 400; color: inherit; }
.answer p { margin: 0; max-width: none; }
.answer p:first-child { font-size: 1.25rem; font-weight: 600; }
.answer.loud p:first-child, .loud { color: var(--loud); font-weight: 700; }
.soft { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0 1rem; font-size: .84rem; }
td { font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .5rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { vertical-align: bottom; border-bottom: 2px solid var(--soft); }
tbody th { font-weight: 600; }
th.n, td.n { text-align: right; }
td, tbody th { white-space: nowrap; }
td.long { min-width: 16rem; white-space: normal; overflow-wrap: anywhere; }
tbody th span { font-weight: 400; }
figure { margin: 0 0 2.5rem; }
figure img {
  display: block; width: 60rem; max-width: 100%; height: auto; padding: .5rem;
  background: #fff; border: 1px solid var(--line);
}
figcaption { margin-top: .5rem; font-size: .88rem; color: var(--soft); }
@media (max-width: 45rem) {
  body { padding: 1rem .7rem 3rem; }
  figure img { width: 40rem; max-width: none; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  .scroll { overflow: visible; }
  table { font-size: 6.5pt; }
  th, td { padding: .15rem .25rem; }
  td, tbody th { white-space: normal; overflow-wrap: break-word; }
  td.long { min-width: 0; }
  figure, tr, .answer { break-inside: avoid; }
  h2 { break-after: avoid; }
  figure img { width: auto; max-width: 100%; max-height: 21cm; border: 0; }
}
"""


@dataclass(frozen=True)
class Cell:
    """A table cell with a class of its own (`loud`, `soft`, `long`) or a second line."""

    value: object
    kind: str = ""
    below: str = ""


def page(title: str, body: Iterable[str]) -> str:
    """A whole document around pieces that are HTML already."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def section(name: str, title: str, *pieces: str) -> str:
    """A heading that can be linked to, and what stands below it."""
    return "\n".join([f'<section id="{escape(name)}">', f"<h2>{escape(title)}</h2>", *pieces, "</section>"])


def paragraph(text: str) -> str:
    """Plain text."""
    return f"<p>{escape(text)}</p>"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Plain values as a table: the first column heads its row, numbers stand to the right."""
    body = [list(row) for row in rows]
    numeric = [bool(body) and all(isinstance(_plain(row[k]), int | float) for row in body) for k in range(len(head))]
    top = "".join(
        f'<th scope="col"{_class("n" if n else "")}>{escape(h)}</th>' for h, n in zip(head, numeric, strict=True)
    )
    lines = ["<tr>" + "".join(_cell(value, k, numeric[k]) for k, value in enumerate(row)) + "</tr>" for row in body]
    return (
        f'<div class="scroll" tabindex="0"><table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n'
        + "\n".join(lines)
        + "\n</tbody></table></div>"
    )


def picture(name: str, title: str, png: bytes, caption: str) -> str:
    """A figure within the page itself."""
    data = base64.b64encode(png).decode()
    return (
        f'<figure id="figure-{escape(name)}"><div class="scroll" tabindex="0"><img alt="{escape(title)}" '
        f'src="data:image/png;base64,{data}"></div>\n'
        f"<figcaption><strong>{escape(title)}.</strong> {escape(caption)}</figcaption></figure>"
    )


def _plain(value: object) -> object:
    return value.value if isinstance(value, Cell) else value


def _class(*names: str) -> str:
    text = " ".join(name for name in names if name)
    return f' class="{text}"' if text else ""


def _cell(value: object, column: int, numeric: bool) -> str:
    plain = _plain(value)
    text = number(plain) if isinstance(plain, float) else str(plain)
    cell = value if isinstance(value, Cell) else Cell(value, "soft" if numeric and plain == 0 else "")
    kind, below = cell.kind, f'<br><span class="soft">{escape(cell.below)}</span>' if cell.below else ""
    if column == 0:
        return f'<th scope="row"{_class(kind)}>{escape(text)}{below}</th>'
    return f"<td{_class('n' if numeric else '', kind)}>{escape(text)}{below}</td>"
