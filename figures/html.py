"""The little HTML a report page needs: everything escaped, everything within the file, nothing fetched.

A page is whole without a script. One may be added; the policy in the page's head names it and the style by their hashes,
and forbids all else: no other script, no form that is sent, no request to anywhere.
"""

import base64
import json
import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from importlib import resources

from figures.words import number


@dataclass(frozen=True)
class Cell:
    """A table cell with a class of its own (`loud`, `soft`, `long`) or a second line."""

    value: object
    kind: str = ""
    below: str = ""


def asset(name: str) -> str:
    """A text file that lies beside this one: report.css, report.js."""
    return (resources.files("figures") / name).read_text(encoding="utf-8")


def page(title: str, body: Iterable[str], *, script: str = "", data: object = None) -> str:
    """A whole document around pieces that are HTML already.

    script  JavaScript, put into the head; it waits for the document itself
    data    what the script reads from the element #data, as JSON
    """
    style = asset("report.css")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n"
        + (f"<script>{script}</script>\n" if script else "")
        + "</head>\n<body>\n"
        + "\n".join(body)
        + ("" if data is None else f'\n<script type="application/json" id="data">{_json(data)}</script>')
        + "\n</body>\n</html>\n"
    )


def section(name: str, title: str, *pieces: str) -> str:
    """A heading that can be linked to, and what stands below it."""
    return "\n".join([f'<section id="{escape(name)}">', f"<h2>{escape(title)}</h2>", *pieces, "</section>"])


def paragraph(text: str) -> str:
    """Plain text."""
    return f"<p>{escape(text)}</p>"


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, label: str = "", sort: bool = False) -> str:
    """Plain values as a table: the first column heads its row, numbers stand to the right.

    label  names the box that the table scrolls in
    sort   the page's script may sort it; numbers keep all their digits for that
    """
    body = [list(row) for row in rows]
    numeric = [bool(body) and all(isinstance(_plain(row[k]), int | float) for row in body) for k in range(len(head))]
    top = "".join(
        f'<th scope="col"{_class("n" if n else "")}>{escape(h)}</th>' for h, n in zip(head, numeric, strict=True)
    )
    lines = [
        "<tr>" + "".join(_cell(value, k, numeric[k], sort) for k, value in enumerate(row)) + "</tr>" for row in body
    ]
    return (
        f"{_scroll(label)}<table{' data-sortable' if sort else ''}>\n<thead><tr>{top}</tr></thead>\n<tbody>\n"
        + "\n".join(lines)
        + "\n</tbody></table></div>"
    )


def picture(name: str, title: str, png: bytes, caption: str) -> str:
    """A figure within the page itself."""
    data = base64.b64encode(png).decode()
    return (
        f'<figure id="figure-{escape(name)}">{_scroll(title)}<img alt="{escape(title)}"{_size(png)} '
        f'src="data:image/png;base64,{data}"></div>\n'
        f"<figcaption><strong>{escape(title)}.</strong> {escape(caption)}</figcaption></figure>"
    )


def _policy(style: str, script: str) -> str:
    own = [f"{kind}-src '{_hash(text)}'" for kind, text in (("style", style), ("script", script)) if text]
    return "; ".join(["default-src 'none'", "img-src data:", *own, "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"


def _json(data: object) -> str:
    """JSON in ASCII, in which no text can end the element it stands in."""
    return json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _scroll(label: str) -> str:
    named = f' role="group" aria-label="{escape(label)}"' if label else ""
    return f'<div class="scroll" tabindex="0"{named}>'


def _size(png: bytes) -> str:
    """Width and height, so that the page does not jump when the picture is decoded."""
    if len(png) < 24:
        return ""
    width, height = struct.unpack(">II", png[16:24])
    return f' width="{width}" height="{height}"'


def _plain(value: object) -> object:
    return value.value if isinstance(value, Cell) else value


def _class(*names: str) -> str:
    text = " ".join(name for name in names if name)
    return f' class="{text}"' if text else ""


def _cell(value: object, column: int, numeric: bool, sort: bool) -> str:
    plain = _plain(value)
    text = number(plain) if isinstance(plain, float) else str(plain)
    cell = value if isinstance(value, Cell) else Cell(value, "soft" if numeric and plain == 0 else "")
    kind, below = cell.kind, f'<br><span class="soft">{escape(cell.below)}</span>' if cell.below else ""
    key = f' data-key="{_key(plain)}"' if sort and isinstance(plain, float) else ""
    if column == 0:
        return f'<th scope="row"{_class(kind)}{key}>{escape(text)}{below}</th>'
    return f"<td{_class('n' if numeric else '', kind)}{key}>{escape(text)}{below}</td>"


def _key(value: float) -> str:
    """The number as JavaScript reads it; nothing where there is none."""
    return "" if math.isnan(value) else repr(float(value)).replace("inf", "Infinity")
