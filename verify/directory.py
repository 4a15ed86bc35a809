"""The directory of a run: that it can be written, that files appear whole or not at all, and that a run is finished."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


class BadRun(ValueError):
    """A directory that cannot be written, or holds no finished run; one line for the person who named it."""


def open_directory(path: Path) -> None:
    """Make the directory and see that files can be written there. Raises BadRun."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".writable.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadRun(
            f"--out: cannot write to {path}: {error.strerror}; name a directory that can be written"
        ) from error


def see_that_it_can_be_made(place: Path) -> None:
    """Refuse a directory that nobody could make or write to; nothing is made. Raises BadRun."""
    try:
        there = next(path for path in (place.absolute(), *place.absolute().parents) if path.exists())
        fine = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    except OSError:
        fine = False
    if not fine:
        raise BadRun(f"--out: cannot write to {place}; name a directory that can be written")


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, then rename it into place."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_manifest(out: Path, manifest: Mapping[str, Any]) -> None:
    """manifest.json, whose presence says that the tables are complete."""
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    write_atomically(out / "manifest.json", lambda path: path.write_text(text))


def read_manifest(out: Path) -> dict[str, Any] | None:
    """The manifest, or None where there is none that can be read."""
    try:
        manifest = json.loads((out / "manifest.json").read_text())
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) else None


def finished(out: Path) -> dict[str, Any]:
    """The manifest of the finished run in a directory. Raises BadRun where there is none."""
    manifest = read_manifest(out)
    if manifest is None or not (out / "records.parquet").is_file():
        raise BadRun(f"{out} holds no finished run; make one with: tightrope run paper --out {out}")
    return manifest
