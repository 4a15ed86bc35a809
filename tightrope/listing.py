"""The catalogue as rows: every bound with its statement, assumptions, reference, and the tightness seen in a run."""

import statistics
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from theory.bound import Bound
from theory.catalogue import catalogue
from theory.quantities import QUANTITIES
from verify.directory import BadRun
from verify.worst_cases import worst_cases


class BadBound(ValueError):
    """No such bound; the message lists the known ones."""


def listing(bound: str | None, run_dir: Path) -> list[dict[str, Any]]:
    """One row per (id, quantity), all of them or those of one id. Raises BadBound."""
    claims = chosen(bound)
    found, run = worst_cases(), _ratios(run_dir)
    return [_row(b, found.get((b.id, b.quantity)), run.get((b.id, b.quantity))) for b in claims]


def chosen(bound: str | None) -> list[Bound]:
    """The claims of one id, or all. Raises BadBound."""
    found = [b for b in catalogue() if bound is None or b.id == bound]
    if not found:
        known = ", ".join(dict.fromkeys(b.id for b in catalogue()))
        raise BadBound(f"bound {bound}: none of {known}")
    return found


def show(rows: list[dict[str, Any]], run_dir: Path, *, in_full: bool) -> None:
    """A table of all, or each in full."""
    console = Console()
    if not console.is_terminal:
        console.width = 120  # a log has no width of its own
    if in_full:
        for row in rows:
            console.print(f"{row['id']} · {row['title']}", style="bold", markup=False, highlight=False)
            for key in ("quantity", "over", "kind", "statement", "reference"):
                text = _kind(row) if key == "kind" else row[key]
                console.print(f"  {key}: ", text, sep="", markup=False, highlight=False, soft_wrap=True)
            for assumption in row["assumptions"]:
                console.print(f"  assumes: {assumption['name']} ({assumption['message']})", markup=False, highlight=False,
                              soft_wrap=True)  # fmt: skip
            console.print(
                f"  largest measured/bound found: {_seen(row)}", markup=False, highlight=False, soft_wrap=True
            )
            console.print(f"  in {run_dir}: {_in_run(row)}", markup=False, highlight=False, soft_wrap=True)
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for name in ("id", "quantity", "kind", "largest ratio", "median in run"):
        table.add_column(name, no_wrap=True)
    for row in rows:
        numbers = ("–" if ratio is None else f"{ratio:.4f}" for ratio in (row["worst_ratio"], row["median_ratio"]))
        table.add_row(row["id"], row["quantity"], _kind(row), *numbers)
    console.print(table)


def _row(bound: Bound, found: Mapping[str, Any] | None, run: list[tuple[float, str]] | None) -> dict[str, Any]:
    seen = [(float(found["ratio"]), str(found["task"]))] if found else []
    worst = max([*seen, *(run or [])], default=None)
    return {
        "id": bound.id,
        "title": bound.title,
        "quantity": bound.quantity,
        "over": QUANTITIES[bound.quantity].over,
        "kind": bound.kind,
        "proven": bound.proven,
        "reference": bound.reference,
        "assumptions": [{"name": a.name, "message": a.message} for a in bound.assumptions],
        "statement": bound.statement,
        "worst_ratio": None if worst is None else worst[0],
        "worst_task": None if worst is None else worst[1],
        "median_ratio": statistics.median(ratio for ratio, _ in run) if run else None,
        "judged": len(run or []),
    }


def _kind(row: dict[str, Any]) -> str:
    return row["kind"] if row["proven"] else f"{row['kind']}, conjecture"


def _seen(row: dict[str, Any]) -> str:
    return "–" if row["worst_ratio"] is None else f"{row['worst_ratio']:.4f} on {row['worst_task']}"


def _in_run(row: dict[str, Any]) -> str:
    if row["median_ratio"] is None:
        return "not judged there; tightrope run paper does it"
    return f"median {row['median_ratio']:.4f} over the {row['judged']} tasks that it was judged on"


def _ratios(run_dir: Path) -> dict[tuple[str, str], list[tuple[float, str]]]:
    """(id, quantity) → ratio and name of every judged task; nothing where there is no run."""
    path = run_dir / "records.parquet"
    if not path.is_file():
        return {}
    from pyarrow import parquet  # slow; the catalogue answers without it when there is no run

    ratios: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
    columns = ["bound", "quantity", "ratio", "task", "verdict"]
    try:
        table = parquet.ParquetFile(path).read(columns=columns).to_pydict()  # read_table would import pandas
    except (OSError, ValueError) as error:  # Arrow's own errors are of these kinds
        raise BadRun(f"--run-dir: {path} cannot be read; make it again with tightrope run") from error
    for bound, quantity, ratio, task, verdict in zip(*(table[name] for name in columns), strict=True):
        if verdict in ("HOLDS", "VIOLATED"):
            ratios[bound, quantity].append((ratio, task))
    return ratios
