"""Every claim of the catalogue as a row of plain data: what it says, and how tight it was seen to be."""

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from theory.bound import Bound
from theory.catalogue import catalogue
from theory.quantities import QUANTITIES
from verify.directory import BadRun
from verify.worst_cases import FILE, worst_cases

RECORDS, ON_RECORD = "records.parquet", f"{FILE.parent.name}/{FILE.name}"

Judged = list[tuple[float, str] | None]  # ratio and name of every task of a run, None where there was no verdict


class BadBound(ValueError):
    """No such bound; the message lists the known ones."""


def chosen(bound: str | None) -> list[Bound]:
    """The claims of one id, or all. Raises BadBound."""
    found = [b for b in catalogue() if bound is None or b.id == bound]
    if not found:
        known = ", ".join(dict.fromkeys(b.id for b in catalogue()))
        raise BadBound(f"bound {bound}: no such bound; known are {known}")
    return found


def rows(bound: str | None, run_dir: Path) -> list[dict[str, Any]]:
    """One row per (id, quantity), all of them or those of one id. Raises BadBound."""
    claims = chosen(bound)
    run = _run(run_dir)
    return [_row(b, run_dir, None if run is None else run.get((b.id, b.quantity), [])) for b in claims]


def _row(bound: Bound, run_dir: Path, there: Judged | None) -> dict[str, Any]:
    """A number that cannot be had is None, with the reason under its key."""
    judged = [seen for seen in there or () if seen is not None]
    found = worst_cases().get((bound.id, bound.quantity))
    on_record = [(float(found["ratio"]), str(found["task"]), ON_RECORD)] if found else []
    worst = max([*on_record, *((*seen, str(run_dir)) for seen in judged)], default=None)
    ratios = {
        "worst_ratio": worst[0] if worst else None,
        "median_ratio": statistics.median(ratio for ratio, _ in judged) if judged else None,
    }
    reasons = {"worst_ratio": "none on record, nor in the run", "median_ratio": _why_no_median(run_dir, there)}
    reasons |= {key: "infinite: above a bound of 0" for key, ratio in ratios.items() if ratio == math.inf}
    finite = {key: None if ratio == math.inf else ratio for key, ratio in ratios.items()}
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
        **finite,
        "worst_task": worst[1] if worst else None,
        "worst_from": worst[2] if worst else None,
        "judged": len(judged),
        "tasks": len(there or ()),
        "reasons": {key: reasons[key] for key, ratio in finite.items() if ratio is None},
    }


def no_run(run_dir: Path) -> str:
    """What to say where a directory holds no run; empty where it does."""
    there = (run_dir / RECORDS).is_file()
    return "" if there else f"no run there; tightrope run paper --out {run_dir} makes one"


def _why_no_median(run_dir: Path, there: Sequence[object] | None) -> str:
    if there is None:
        return no_run(run_dir)
    if not there:
        return "that run was made without this claim; the same tightrope run again makes it anew"
    return f"judged on none of the {len(there)} tasks"


def _run(run_dir: Path) -> Mapping[tuple[str, str], Judged] | None:
    """(id, quantity) → what a run found; None where there is no run. Raises BadRun where it cannot be read."""
    path = run_dir / RECORDS
    if no_run(run_dir):
        return None
    from pyarrow import parquet  # slow; the catalogue answers without it when there is no run

    columns = ["bound", "quantity", "ratio", "task", "verdict"]
    found: dict[tuple[str, str], Judged] = defaultdict(list)
    try:
        table = parquet.ParquetFile(path).read(columns=columns).to_pydict()  # read_table would import pandas
        for bound, quantity, ratio, task, verdict in zip(*(table[name] for name in columns), strict=True):
            found[bound, quantity].append((ratio, task) if verdict in ("HOLDS", "VIOLATED") else None)
    except (OSError, ValueError, KeyError) as error:  # Arrow's own errors are of these kinds
        raise BadRun(f"--run-dir: {path} cannot be read; make it again with tightrope run") from error
    return found
