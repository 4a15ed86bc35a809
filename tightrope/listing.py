"""The catalogue as rows: every bound with its statement, assumptions, reference, and the tightness seen in a run."""

from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from theory.bound import Bound
from theory.catalogue import catalogue
from theory.quantities import QUANTITIES
from verify.directory import BadRun


class BadBound(ValueError):
    """No such bound; the message lists the known ones."""


def listing(bound: str | None, run_dir: Path) -> list[dict[str, Any]]:
    """One row per (id, quantity), all of them or those of one id. Raises BadBound."""
    chosen = [b for b in catalogue() if bound is None or b.id == bound]
    if not chosen:
        known = ", ".join(dict.fromkeys(b.id for b in catalogue()))
        raise BadBound(f"bound {bound}: none of {known}")
    worst = _worst_ratios(run_dir)
    return [_row(b, worst.get((b.id, b.quantity))) for b in chosen]


def show(rows: list[dict[str, Any]], *, in_full: bool) -> None:
    """A table of all, or each in full."""
    console = Console()
    if in_full:
        for row in rows:
            console.print(f"{row['id']} · {row['title']}", style="bold", markup=False, highlight=False)
            for key in ("quantity", "over", "kind", "statement", "reference"):
                text = _kind(row) if key == "kind" else row[key]
                console.print(f"  {key}: ", text, sep="", markup=False, highlight=False, soft_wrap=True)
            for assumption in row["assumptions"]:
                console.print(f"  assumes: {assumption['name']} ({assumption['message']})", markup=False, highlight=False,
                              soft_wrap=True)  # fmt: skip
            console.print(f"  largest ratio seen: {_seen(row)}", markup=False, highlight=False)
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for name in ("id", "quantity", "kind", "largest ratio seen"):
        table.add_column(name, no_wrap=True)
    for row in rows:
        ratio = "–" if row["worst_ratio"] is None else f"{row['worst_ratio']:.4f}"
        table.add_row(row["id"], row["quantity"], _kind(row), ratio)
    console.print(table)


def _row(bound: Bound, worst: tuple[float, str] | None) -> dict[str, Any]:
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
    }


def _kind(row: dict[str, Any]) -> str:
    return row["kind"] if row["proven"] else f"{row['kind']}, conjecture"


def _seen(row: dict[str, Any]) -> str:
    return "– (no run yet)" if row["worst_ratio"] is None else f"{row['worst_ratio']:.4f} on {row['worst_task']}"


def _worst_ratios(run_dir: Path) -> dict[tuple[str, str], tuple[float, str]]:
    """(id, quantity) → the largest ratio of a judged task, and that task; nothing where there is no run."""
    path = run_dir / "records.parquet"
    if not path.is_file():
        return {}
    from pyarrow import parquet  # slow; the catalogue answers without it when there is no run

    worst: dict[tuple[str, str], tuple[float, str]] = {}
    columns = ["bound", "quantity", "ratio", "task", "verdict"]
    try:
        table = parquet.read_table(path, columns=columns).to_pydict()
    except (OSError, ValueError) as error:  # Arrow's own errors are of these kinds
        raise BadRun(f"--run-dir: {path} cannot be read; make it again with tightrope run") from error
    for bound, quantity, ratio, task, verdict in zip(*(table[name] for name in columns), strict=True):
        if verdict in ("HOLDS", "VIOLATED") and ratio > worst.get((bound, quantity), (-1.0, ""))[0]:
            worst[bound, quantity] = (ratio, task)
    return worst
