"""Formulas become MathML while the site is built, so that a page needs no script and fetches nothing.

Arithmatex leaves each formula as TeX in a tag of its class. A formula that cannot be turned into MathML whole is an error
which names the page: no TeX is ever shown as it stands.
"""

import re
from collections.abc import Iterable
from html import unescape
from typing import Any

from mathml import UnknownFormula, broken
from mkdocs.exceptions import PluginError

FOUND = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>([,.;:)!?-]*)', re.DOTALL)
VERBATIM = re.compile(r"<(pre|code|math|script)\b.*?</\1>", re.DOTALL)
APART = re.compile(r"\\qquad|(?<=,)\\quad")  # formulas that stand side by side
LEFT = re.compile(r"\$[^<\n]*|\\[A-Za-z]+")


def plain(title: str) -> str:
    """A heading where there is no place for a formula: the nav, the table of contents."""
    return re.sub(r"\\[()]|[${}]", "", title)


def _titles(items: Iterable[Any]) -> None:
    for item in items:
        item.title = plain(item.title)
        _titles(item.children)


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Every formula of a page; each may break before its relations."""

    def made(found: re.Match[str]) -> str:
        tex = unescape(found[2]).strip()
        try:
            if found[1] == "span":
                *first, last = broken(tex)
                last = f'<span class="formula">{last}{found[3]}</span>'  # its comma stays with it
                return "<wbr>".join([*first, last])
            parts = ["<wbr>".join(broken(part, large=True)) for part in APART.split(tex)]
            shown = " ".join(f"<span>{part}</span>" for part in parts)
            return f'<div class="formula" data-search-exclude>{shown}</div>{found[3]}'
        except UnknownFormula as error:
            raise PluginError(f"{page.file.src_uri}: no MathML for {error}") from error

    _titles(page.toc)
    html = FOUND.sub(made, html)
    if left := LEFT.search(VERBATIM.sub("", html)):
        raise PluginError(f"{page.file.src_uri}: no formula, and not in code: {left[0]}")
    return html
