"""Docstrings as Markdown: they are plain text, where a line `name  what it is` explains a name and an indented block is code."""

import re
from typing import Any

import griffe

NAMED = re.compile(r"(\S(?:.*?\S)??) {2,}(\S.*)")
SPECIAL = re.compile(r"[\\*_\[\]<>#$]")
CODE = re.compile(r"(`[^`]*`)")


class Docstrings(griffe.Extension):
    """Rewrites the docstring of every object that is documented."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """One object."""
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)


def markdown(docstring: str) -> str:
    """Paragraphs, definitions and code, each in the form that Markdown has for it."""
    return "\n\n".join(_block(block) for block in re.split(r"\n\s*\n", docstring.strip("\n")))


def _block(block: str) -> str:
    lines = block.split("\n")
    if all(line.startswith("    ") for line in lines):
        return "```python\n" + "\n".join(line[4:] for line in lines) + "\n```"
    if not NAMED.fullmatch(lines[0].strip()):
        return "\n".join(map(_plain, lines))
    entries: list[list[str]] = []
    for line in lines:
        found = NAMED.fullmatch(line)
        if found:
            entries.append([f"`{found[1]}`", _plain(found[2])])
        else:
            entries[-1][1] += " " + _plain(line.strip())
    return "\n\n".join(f"{name}\n:   {text}" for name, text in entries)


def _plain(line: str) -> str:
    """Text in which nothing but `code` is marked."""
    parts = CODE.split(line)
    return "".join(p if p.startswith("`") else SPECIAL.sub(lambda m: f"&#{ord(m[0])};", p) for p in parts)
