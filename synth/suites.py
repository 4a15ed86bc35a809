"""Suites by name, or from a TOML file."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from synth.designs import paper, smoke
from synth.families import family
from synth.spec import TUNING, BadSuite, Setting, Suite, TaskSpec
from synth.stress import stress

__all__ = ["SUITES", "BadSuite", "Setting", "Suite", "TaskSpec", "suite"]

SUITES: Mapping[str, tuple[int, Callable[[int], TaskSpec]]] = {
    "smoke": (12, smoke),
    "paper": (500, paper),
    "stress": (100, stress),
}
_OPTIONAL: Mapping[str, Setting] = {"batch_size": 1, "step_size": 1.0}
_KEYS: Mapping[str, type] = {
    "name": str,
    "family": str,
    "n": int,
    "d": int,
    "classes": int,
    "params": dict,
    "tuning": dict,
    "draws": int,
}


def suite(name: str, tasks: int | None = None) -> Suite:
    """The suite called `name`, or the one in the TOML file at that path.

    tasks  how many specs; none depends on it. A built-in suite has any number, a file what it holds.

    A file holds tables [[task]] with family, n, d and, if wanted, name, classes, draws, and tables params and
    tuning. Raises BadSuite, with one line, for anything else.
    """
    if tasks is not None and tasks < 1:
        raise BadSuite(f"tasks must be at least 1; got {tasks}")
    if name in SUITES:
        size, spec = SUITES[name]
        return Suite(name, tuple(spec(k) for k in range(size if tasks is None else tasks)))
    if not name.endswith(".toml"):
        raise BadSuite(f"unknown suite {name!r}; known are {', '.join(SUITES)}, or a path that ends in .toml")
    specs = _read(Path(name))
    if tasks is not None and tasks > len(specs):
        raise BadSuite(f"tasks must be at most {len(specs)}, what {name} holds; got {tasks}")
    return Suite(Path(name).stem, specs[:tasks])


def _read(path: Path) -> tuple[TaskSpec, ...]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSuite(f"{path}: not a readable TOML file: {' '.join(str(error).split())}") from error
    rows = content.pop("task", None)
    if content or not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise BadSuite(f"{path}: must hold tables [[task]] and nothing else")
    specs = tuple(_spec(path, index, row) for index, row in enumerate(rows))
    names = [spec.name for spec in specs]
    if twice := {name for name in names if names.count(name) > 1}:
        raise BadSuite(f"{path}: names must differ; {min(twice)!r} stands more than once")
    return specs


def _spec(path: Path, index: int, row: Mapping[str, Any]) -> TaskSpec:
    where = f"{path}: task {index}"
    if missing := {"family", "n", "d"} - row.keys():
        raise BadSuite(f"{where}: {min(missing)} is missing")
    for key, value in row.items():
        if key not in _KEYS:
            raise BadSuite(f"{where}: unknown key {key!r}; known are {', '.join(_KEYS)}")
        if type(value) is not _KEYS[key]:
            raise BadSuite(f"{where}: {key} must be of type {_KEYS[key].__name__}; got {value!r}")
    name = f"{index:04d}-{row['family']}-n{row['n']}-d{row['d']}"
    for key, value in row.get("params", {}).items():
        if type(value) not in (int, float):
            raise BadSuite(f"{where}: {key} must be a number; got {value!r}")
    tuning = {**TUNING, **_tuning(where, row.get("tuning", {}))}
    spec = TaskSpec(**{"name": name, "suite": path.stem, "index": index, **row, "tuning": tuning})
    try:
        return family(spec.family).complete(spec)
    except BadSuite as error:
        raise BadSuite(f"{path}: {error}") from error


def _tuning(where: str, row: Mapping[str, Any]) -> dict[str, Setting]:
    """The settings as read, of the right types; whether they go together, the head's tuning decides."""
    known = {**TUNING, **_OPTIONAL}
    for key, value in row.items():
        if key not in known:
            raise BadSuite(f"{where}: unknown tuning {key!r}; known are {', '.join(known)}")
        kinds = (int, float) if isinstance(known[key], float) else (type(known[key]),)
        if type(value) not in kinds:
            raise BadSuite(f"{where}: {key} must be of type {kinds[-1].__name__}; got {value!r}")
    return dict(row)
