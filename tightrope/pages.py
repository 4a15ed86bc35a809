"""One page a bound, and the guarantee table.

What the catalogue knows of a bound is written here, between two marks; the rest of its page is written by hand.
`python -m tightrope.pages` brings docs/bounds and docs/guarantees.md up to date. A bound without a page gets one, whose
proof is the docstring of the module of its formula. `--out DIR` does the same in DIR for the bounds of other packages.
"""

import argparse
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from theory.bound import Bound
from theory.catalogue import BUILT_IN, BadPlugin, catalogue
from theory.quantities import QUANTITIES
from verify.worst_cases import tightest

DOCS = Path(__file__).parents[1] / "docs"
START, END = "<!-- generated from the catalogue -->", "<!-- end -->"
ATTAINED = 0.999

# Markdown takes a backslash before punctuation, and an asterisk, for its own
_MARKDOWN = {r"\|": r"\Vert ", r"\{": r"\lbrace ", r"\}": r"\rbrace ", r"\,": r"\thinspace ", "*": r"\ast "}

Ratios = Mapping[tuple[str, str], float]

_HEADER = "| quantity | over | kind | convention | tight? |\n|---|---|---|---|---|"
_TABLE = """# Guarantees

Written by `python -m tightrope.pages` from the catalogue. A row is one claim: its quantity is at most the bound wherever all
assumptions hold. *sure*: on every sample; *expectation*: over independent draws; *probability*: 1 − δ. *Convention*: what
leaving a sample out means, *reweighted* (a mean over the other n − 1), *dropped* (weights stay 1/n) or both; – where
nothing is left out. *Tight?*: the largest ratio measured/bound on record, rounded down; *attained* from 0.999 on; ≈ where
the ratio is an estimate over draws.

| bound | quantity | kind | assumptions | convention | tight? |
|---|---|---|---|---|---|
"""

# what a new page says below its block: every page has these sections
SECTIONS = {
    "Setting and conventions": "The docstring below states the setting.",
    "Proof": "```text\n{proof}\n```",
    "Where it is tight": "Not written down yet; the table above has the largest ratio on record.",
    "Example": "```sh\ntightrope bounds {id}\n```",
}


def rendered(bounds: Iterable[Bound], docs: Path) -> dict[Path, str]:
    """What belongs into `docs`: the page of every id, kept but for its generated block, and the guarantee table."""
    ratios = tightest()
    claims: dict[str, list[Bound]] = {}
    for bound in bounds:
        claims.setdefault(bound.id, []).append(bound)
    pages = {docs / "bounds" / f"{name}.md": own for name, own in claims.items()}
    table = "".join(_row(bound, ratios) + "\n" for own in claims.values() for bound in own)
    return {**{path: _page(path, own, ratios) for path, own in pages.items()}, docs / "guarantees.md": _TABLE + table}


def tight(bound: Bound, ratios: Ratios) -> str:
    """Attained, or the largest ratio on record, rounded down; ≈ where both sides are estimates; – where there is none."""
    ratio = ratios.get((bound.id, bound.quantity))
    if ratio is None or bound.kind != "sure":
        return "–" if ratio is None else f"≈ {ratio:.2f}"
    return "attained" if ratio >= ATTAINED else f"{math.floor(1000 * ratio) / 1000:.3f}"


def convention(bound: Bound) -> str:
    """Which way of leaving a sample out the claim is about: an assumption of that name restricts it to one."""
    if r"\setminus" not in QUANTITIES[bound.quantity].formula:
        return "–"
    return next((a.name for a in bound.assumptions if a.name in ("reweighted", "dropped")), "both")


def _kind(bound: Bound) -> str:
    return f"{bound.kind}, {'proven' if bound.proven else 'conjecture'}"


def _page(path: Path, claims: Sequence[Bound], ratios: Ratios) -> str:
    block = _block(claims, ratios)
    if not path.is_file():
        proof = (sys.modules[claims[0].formula.__module__].__doc__ or "No proof is written down.").strip()
        sections = (f"\n## {title}\n\n{text}\n" for title, text in SECTIONS.items())
        return f"{block}\n{''.join(sections).format(proof=proof, id=claims[0].id)}"
    before, start, rest = path.read_text(encoding="utf-8").partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"{path}: the marks {START} and {END} are missing")
    return before + block + after


def _row(bound: Bound, ratios: Ratios) -> str:
    link, assumptions = f"[{bound.id}](bounds/{bound.id}.md)", ", ".join(a.name for a in bound.assumptions)
    return _cells(link, f"`{bound.quantity}`", _kind(bound), assumptions, convention(bound), tight(bound, ratios))


def _block(claims: Sequence[Bound], ratios: Ratios) -> str:
    lines = [START, f"# {claims[0].id}", "", _HEADER]
    for bound in claims:
        over = QUANTITIES[bound.quantity].over
        lines.append(_cells(f"`{bound.quantity}`", over, _kind(bound), convention(bound), tight(bound, ratios)))
    for bound in claims:
        lines += ["", f"**{bound.title}** (`{bound.quantity}`)", "", "$$", _latex(bound.statement), "$$"]
    lines += ["", "Assumptions:", ""]
    for name, message in {a.name: a.message for bound in claims for a in bound.assumptions}.items():
        those = [f"`{bound.quantity}`" for bound in claims if any(a.name == name for a in bound.assumptions)]
        only = "" if len(those) == len(claims) else f" (only {', '.join(those)})"
        lines.append(f"- *{name}*{only}: {message}")
    references = "; ".join(dict.fromkeys(bound.reference for bound in claims))
    return "\n".join([*lines, "", f"Reference: {references}.", END])


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _latex(statement: str) -> str:
    for mark, safe in _MARKDOWN.items():
        statement = statement.replace(mark, safe)
    return statement


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files that differ, and name them."""
    parser = argparse.ArgumentParser(prog="python -m tightrope.pages", description="One page a bound, and a table.")
    parser.add_argument("--out", type=Path, metavar="DIR", help="pages of the bounds of other packages, into DIR")
    docs: Path | None = parser.parse_args(arguments).out
    try:
        bounds = BUILT_IN if docs is None else tuple(bound for bound in catalogue() if bound not in BUILT_IN)
    except BadPlugin as error:
        parser.error(str(error))
    if not bounds:
        parser.error("--out: no other package adds a bound; install one with an entry point in tightrope.bounds")
    for path, text in rendered(bounds, docs or DOCS).items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(path)


if __name__ == "__main__":
    main()
