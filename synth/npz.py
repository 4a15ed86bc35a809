"""A task in a file: `features` and `labels` of an .npz archive, without pickles."""

import os
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from synth.task import BadTask, Task, from_arrays

KEYS = ("features", "labels")


def load_npz(path: str | Path) -> Task:
    """The task in the user's archive: `features` (n, d) real, `labels` (n,) integers of two or more classes.

    Every failure is a BadTask of one line; nothing is ever unpickled.
    """
    return load_named(path)[0]


def load_named(path: str | Path) -> tuple[Task, tuple[str, ...]]:
    """The same, and what its K classes are called in the file, in the order of the task's labels: of two the second is +1."""
    path = Path(path)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # numpy's remarks on old headers
        features, labels = _read(path)
        try:
            task = from_arrays(features, labels, name=path.stem)
        except BadTask as error:
            raise BadTask(f"{path}: {error}") from error
    values = np.unique(labels)
    return task, tuple(map(str, values.astype(np.int64) if values.dtype.kind == "f" else values))


def save_npz(task: Task, path: str | Path, **more: Any) -> None:
    """Writes features and labels, and whatever else by name, all or nothing: to a file beside it, then renamed.

    Raises BadTask, with one line, where the file cannot be written.
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            np.savez(file, features=task.features, labels=task.labels, **more)
        beside.replace(path)
    except OSError as error:
        raise BadTask(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # where nothing could be written, nothing is there to remove
            beside.unlink(missing_ok=True)


def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    if not path.exists():
        raise BadTask(f"{path}: no such file; give an .npz file with {' and '.join(KEYS)}")
    if not path.is_file():
        raise BadTask(f"{path}: not a file; give an .npz file with {' and '.join(KEYS)}")
    _see_that_it_is_no_text(path)
    try:
        archive = np.load(path, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise BadTask(f"{path}: a single array; give an .npz file with {' and '.join(KEYS)}")
        with archive:
            if missing := [key for key in KEYS if key not in archive]:
                held = ", ".join(archive.files) or "nothing"
                raise BadTask(f"{path}: `{missing[0]}` is missing; it holds {held}")
            features, labels = (np.asarray(archive[key]) for key in KEYS)
    except BadTask:
        raise
    except Exception as error:  # bytes of unknown origin: zip, zlib, numpy and the system each raise their own kinds
        raise BadTask(f"{path}: {_reason(error)}") from error
    return features, labels


def _see_that_it_is_no_text(path: Path) -> None:
    if path.suffix.lower() in (".csv", ".tsv", ".jsonl"):
        raise BadTask(f"{path}: is a {path.suffix.lower()}, not an .npz; for sentences: --text {path}")


def _reason(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "may not be read; give read permission"
    message = " ".join(str(error).split()) or type(error).__name__
    if "Object arrays" in message:
        return "holds Python objects; features and labels must be arrays of numbers"
    return f"not a readable .npz archive, save it with numpy.savez: {message}"
