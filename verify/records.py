"""What a run leaves on disk: shards while it runs, three parquet tables when it is done."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from verify.directory import BadRun, write_atomically
from verify.tables import MEASUREMENTS, RECORDS, TASKS

SCHEMAS: dict[str, dict[str, str]] = {"records": RECORDS, "measurements": MEASUREMENTS, "tasks": TASKS}


def digest(data: object) -> str:
    """SHA-256 of plain data, by its canonical JSON."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def write_shard(path: Path, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    """The rows of one unit of work; Python's JSON keeps every bit of a float, NaN and ∞ included."""
    write_atomically(path, lambda temporary: temporary.write_text(json.dumps(rows)))


def read_shard(path: Path) -> dict[str, list[dict[str, Any]]] | None:
    """The rows of a shard, or None where it is absent or unreadable: then the unit is done again."""
    try:
        rows = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return rows if isinstance(rows, dict) and rows.keys() == SCHEMAS.keys() else None


def write_tables(out: Path, shards: Iterable[Mapping[str, list[dict[str, Any]]]], order: Mapping[str, int]) -> None:
    """All shards as three parquet files, rows in the order of the tasks, whatever order the shards come in."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
    for shard in shards:
        for name in SCHEMAS:
            rows[name] += shard[name]
    for name, schema in SCHEMAS.items():
        sorted_rows = sorted(rows[name], key=lambda row: order[row["task"]])  # stable within a task
        table = pd.DataFrame(sorted_rows, columns=list(schema)).astype(schema)
        write_atomically(out / f"{name}.parquet", lambda path, t=table: t.to_parquet(path, index=False))  # type: ignore[misc]


def read_table(out: Path, name: str) -> pd.DataFrame:
    """One of records, measurements, tasks. Raises BadRun where it is absent."""
    path = out / f"{name}.parquet"
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise BadRun(f"{out} holds no finished run: {path.name} cannot be read; make one with tightrope run") from error
