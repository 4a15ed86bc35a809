"""`tightrope bounds`: the catalogue as a table, one bound in full, either as JSON, or the hunt for false variants."""

import json
import math
import shutil
import sys
import textwrap
from pathlib import Path
from typing import Annotated, Any

import typer

PIPED = 120  # columns of a table in a log, which has no width of its own
KINDS = {
    "sure": "sure (holds every time)",
    "expectation": "expectation (holds on average)",
    "probability": "probability (holds as often as the statement says)",
}


def bounds(
    bound: Annotated[str | None, typer.Argument(metavar="ID", help="One bound, in full.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A list of objects on stdout.")] = False,
    run_dir: Annotated[Path, typer.Option(help="The run that tightness is read from.")] = Path("build/paper"),
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Hunt false variants of the bounds instead (minutes).")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the tasks that mutants are hunted on.")] = 0,
) -> None:
    """The catalogue: statement, assumptions, reference, and the tightness seen in a run.

    Example: tightrope bounds one-run
    """
    from tightrope.bound_rows import chosen, rows

    if mutants:
        claims = chosen(bound)  # what does not exist is refused before anything slow is imported

        from tightrope.mutants import show_mutants

        show_mutants(claims, seed, as_json=as_json)
    elif as_json:
        typer.echo(json.dumps(rows(bound, run_dir), indent=2, ensure_ascii=False, allow_nan=False))
    elif bound is None:
        typer.echo(_table(rows(bound, run_dir), run_dir))
    else:
        typer.echo("\n\n".join([*(_in_full(row, run_dir) for row in rows(bound, run_dir)), *_page(bound)]))


def _table(rows: list[dict[str, Any]], run_dir: Path) -> str:
    """A line a claim. Where the terminal is too narrow it breaks the lines; nothing is cut."""
    from rich import box
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table

    from tightrope.bound_rows import no_run

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for name in ("id", "quantity", "kind"):
        table.add_column(name, no_wrap=name != "kind")  # a kind may take two lines
    for name in ("worst\nratio", "median\nratio"):
        table.add_column(name, no_wrap=True, justify="right")
    for row in rows:
        kind = row["kind"] if row["proven"] else f"{row['kind']}, conjecture"
        table.add_row(row["id"], row["quantity"], kind, *(_short(row, key) for key in ("worst_ratio", "median_ratio")))
    console = Console()
    width = console.width if console.is_terminal else PIPED
    console.width = max(width, Measurement.get(console, console.options.update(width=1000), table).minimum)
    with console.capture() as drawn:
        console.print(table)
    older = "" if all(row["tasks"] for row in rows) else "that run is older than some claims"
    why = no_run(run_dir) or older
    legend = (
        "worst ratio: the largest measured/bound seen, rounded down; 1.000 is attained",
        f"median ratio: over the tasks judged in {run_dir}" + (f" ({why})" if why else ""),
        "one in full: tightrope bounds ID",
    )
    return drawn.get() + "\n" + "\n".join(map(_fitted, legend))


def _in_full(row: dict[str, Any], run_dir: Path) -> str:
    """A claim, a line a fact."""
    worst = f"{_long(row, 'worst_ratio')}, on {row['worst_task']} ({row['worst_from']})"
    median = f"{_long(row, 'median_ratio')}, over the {row['judged']} of {row['tasks']} tasks that it was judged on"
    facts = {
        "quantity": row["quantity"],
        "over": row["over"],
        "kind": f"{KINDS[row['kind']]}, {'proven' if row['proven'] else 'a conjecture'}",
        "statement": row["statement"],
        "reference": row["reference"],
        "assumptions": "" if row["assumptions"] else "none",
    }
    lines = [typer.style(_fitted(f"{row['id']} · {row['title']}"), bold=True)]
    lines += [_fitted(f"  {name}: {fact}".rstrip()) for name, fact in facts.items()]
    lines += [_fitted(f"    {a['name']}: {a['message']}") for a in row["assumptions"]]
    lines.append(_fitted(f"  largest measured/bound: {worst if row['worst_task'] else _long(row, 'worst_ratio')}"))
    lines.append(_fitted(f"  median in {run_dir}: {median if row['judged'] else _long(row, 'median_ratio')}"))
    return "\n".join(lines)


def _page(bound: str) -> list[str]:
    """The line that names the page of a bound of ours, in a checkout."""
    from theory.catalogue import BUILT_IN
    from tightrope.pages import DOCS

    page = DOCS / "bounds" / f"{bound}.md"
    ours = any(b.id == bound for b in BUILT_IN) and page.is_file()
    return [f"page: {page.relative_to(DOCS.parent)}"] if ours else []


def _short(row: dict[str, Any], key: str) -> str:
    """Three digits, rounded down: 1.000 only where the bound is attained, but for the last digits of a float."""
    if row[key] is None:
        return "∞" if row["reasons"][key].startswith("infinite") else "–"
    return f"{math.floor(1000 * row[key] + 1e-6) / 1000:.3f}"


def _long(row: dict[str, Any], key: str) -> str:
    return row["reasons"][key] if row[key] is None else f"{row[key]:.6f}"


def _fitted(line: str) -> str:
    """A line broken between words to fit a terminal, each part indented below its first; in a pipe it stays whole."""
    if not sys.stdout.isatty():
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    width = max(shutil.get_terminal_size().columns, 40)
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
