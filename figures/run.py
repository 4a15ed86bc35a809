"""A run as the figures see it: its three tables and its manifest, read once and checked at the door."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from verify.tables import MEASUREMENTS, RECORDS, TASKS

REMEDY = "the tables are those of verify/tables.py"


class BadFigure(ValueError):
    """A figure that does not exist, or a run directory it cannot be drawn from; the message is one line."""


@dataclass(frozen=True, eq=False)
class Run:
    """What a run directory holds; the columns of the tables are those of `verify.tables`."""

    records: pd.DataFrame
    measurements: pd.DataFrame
    tasks: pd.DataFrame
    manifest: Mapping[str, Any]


def read(run_dir: Path) -> Run:
    """The run in `run_dir`. Raises BadFigure for a directory that is missing or incomplete."""
    if not run_dir.is_dir():
        raise BadFigure(f"{run_dir}: no such run directory")
    records = table(run_dir / "records.parquet", RECORDS, of="run", remedy=REMEDY)
    return Run(
        records=records.assign(verdict=records["verdict"].astype(str).str.upper()),
        measurements=table(run_dir / "measurements.parquet", MEASUREMENTS, of="run", remedy=REMEDY),
        tasks=table(run_dir / "tasks.parquet", TASKS, of="run", remedy=REMEDY),
        manifest=_manifest(run_dir / "manifest.json"),
    )


def last(run: Run, quantity: str) -> pd.DataFrame:
    """The rows of `quantity` at the last step of each task, indexed by task."""
    rows = run.measurements[run.measurements["quantity"] == quantity]
    return rows.sort_values("step", kind="stable").drop_duplicates("task", keep="last").set_index("task")


def with_replicas(tasks: pd.DataFrame) -> pd.DataFrame:
    """The tasks whose runs all ended well under a step rule: a smooth loss, none above the rule or out of the floats."""
    return tasks[(tasks["ok"] == tasks["n"] + 1) & np.isfinite(tasks["smoothness"])]


def table(path: Path, columns: Iterable[str], *, of: str, remedy: str) -> pd.DataFrame:
    """A parquet file with these columns among its own. Raises BadFigure, with one line."""
    _there(path, of)
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise BadFigure(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    if missing := [name for name in columns if name not in frame]:
        raise BadFigure(f"{path}: column {missing[0]} is missing; {remedy}")
    return frame


def json_file(path: Path, *, of: str) -> Any:
    """What a JSON file holds. Raises BadFigure, with one line."""
    _there(path, of)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadFigure(f"{path}: cannot be read: {' '.join(str(error).split())}") from error


def _there(path: Path, of: str) -> None:
    if not path.is_file():
        raise BadFigure(f"{path} is missing; is the {of} finished?")


def _manifest(path: Path) -> Mapping[str, Any]:
    content = json_file(path, of="run")
    if not isinstance(content, dict):
        raise BadFigure(f"{path}: must be a JSON object; got {type(content).__name__}")
    return content
