"""What a run leaves on disk: shards while it runs, three parquet tables and a manifest when it is done.

Every file appears whole or not at all: it is written beside its place and renamed into it.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from verify.tables import MEASUREMENTS, RECORDS, TASKS

SCHEMAS: dict[str, dict[str, str]] = {"records": RECORDS, "measurements": MEASUREMENTS, "tasks": TASKS}


class BadRun(ValueError):
    """A directory that cannot be written, or holds no finished run; one line for the person who named it."""


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a file beside `path`, then rename it into place."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def open_directory(path: Path) -> None:
    """Make the directory and see that files can be written there. Raises BadRun."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".writable.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadRun(f"--out: cannot write to {path}: {error.strerror}; name a directory that can be written") from error


def digest(data: object) -> str:
    """SHA-256 of plain data, by its canonical JSON."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def write_shard(path: Path, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    """The rows of one unit of work; Python's JSON keeps every bit of a float, NaN and ∞ included."""
    write_atomically(path, lambda temporary: _write_text(temporary, json.dumps(rows)))


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


def write_manifest(out: Path, manifest: Mapping[str, Any]) -> None:
    """manifest.json, whose presence says that the tables are complete."""
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    write_atomically(out / "manifest.json", lambda path: _write_text(path, text))


def read_manifest(out: Path) -> dict[str, Any] | None:
    """The manifest, or None where there is none that can be read."""
    try:
        manifest = json.loads((out / "manifest.json").read_text())
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) else None


def _write_text(path: Path, text: str) -> None:
    path.write_text(text)
