"""The largest measured/bound found for every claim, with the task that attains it, as `verify.worst_hunt` wrote it down."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from synth.spec import TaskSpec
from theory.catalogue import BUILT_IN

FILE = Path(__file__).with_name("worst_cases.json")
Key = tuple[str, str]
Found = dict[str, Any]


@cache
def worst_cases() -> Mapping[Key, Found]:
    """(id, quantity) → what the last hunt found: ratio, value, measured, task (a name), spec and seed."""
    if not FILE.exists():
        return {}
    return {(found["bound"], found["quantity"]): found for found in json.loads(FILE.read_text())}


def tightest() -> dict[Key, float]:
    """(id, quantity) → the largest ratio known."""
    return {key: found["ratio"] for key, found in worst_cases().items()}


def recomputed(found: Found) -> float:
    """The ratio of a found case, from its spec and seed alone."""
    from verify.work import work_on  # noqa: PLC0415  torch takes seconds

    (bound,) = [b for b in BUILT_IN if (b.id, b.quantity) == (found["bound"], found["quantity"])]
    (row,) = work_on([TaskSpec.from_dict(found["spec"])], found["seed"], "cpu", "float64", [bound])["records"]
    return float(row["ratio"])
