"""A finished ledger as the figures see it: its claims and its two tables, read once and checked at the door."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from figures.run import BadFigure, json_file, table
from theory.interval import Interval

MEASUREMENTS = ("experiment", "task", "regime", "arm", "level", "sham", "measure", "seeds", "value")
REMEDY = "make the ledger again with: tightrope claims"
EFFECTS = ("claim", "task", "regime", "sham", "effect")


@dataclass(frozen=True, eq=False, kw_only=True)
class Claim:
    """One object of ledger.json; `low` and `high` are the ends of the predicted range."""

    id: str
    text: str
    experiment: str
    measure: str
    effect: str
    why: str
    predicted: float
    prediction: str
    low: float
    high: float
    found: Interval
    level: float
    tasks: int
    lost: int
    seeds: int
    verdict: str
    regimes: Mapping[str, tuple[Interval, str]]
    control: Interval | None
    control_holds: bool


@dataclass(frozen=True, eq=False)
class Ledger:
    """What the directory of a ledger holds."""

    claims: list[Claim]
    measurements: pd.DataFrame
    effects: pd.DataFrame

    @property
    def level(self) -> float:
        """The level of every interval."""
        return self.claims[0].level


def read(out: Path) -> Ledger:
    """The ledger in `out`. Raises BadFigure, with one line, where it is missing or incomplete."""
    if not out.is_dir():
        raise BadFigure(f"{out}: no such directory")
    return Ledger(
        claims=_claims(out / "ledger.json"),
        measurements=table(out / "measurements.parquet", MEASUREMENTS, of="ledger", remedy=REMEDY),
        effects=table(out / "effects.parquet", EFFECTS, of="ledger", remedy=REMEDY),
    )


def _claims(path: Path) -> list[Claim]:
    rows = json_file(path, of="ledger")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise BadFigure(f"{path}: must be a list of claims, at least one")
    try:
        return [_claim(row) for row in rows]
    except KeyError as error:
        raise BadFigure(f"{path}: a claim has no {error.args[0]!r}; was it written by another version?") from error
    except (TypeError, ValueError) as error:
        raise BadFigure(f"{path}: {error}") from error


def _claim(row: Mapping[str, Any]) -> Claim:
    low, high = row["predicted_range"]
    return Claim(
        id=row["id"],
        text=row["claim"],
        experiment=row["experiment"],
        measure=row["measure"],
        effect=row["effect"],
        why=row["why"],
        predicted=float(row["predicted"]),
        prediction=row["prediction"],
        low=-math.inf if low is None else float(low),
        high=math.inf if high is None else float(high),
        found=_interval(row),
        level=float(row["level"]),
        tasks=int(row["tasks"]),
        lost=int(row["lost"]),
        seeds=int(row["seeds"]),
        verdict=row["verdict"],
        regimes={own["name"]: (_interval(own), own["verdict"]) for own in row["regimes"]},
        control=None if row["control"] is None else _interval(row["control"]),
        control_holds=row["control"] is None or bool(row["control"]["holds"]),
    )


def _interval(ends: Mapping[str, Any]) -> Interval:
    """What is not finite is None in the file."""
    value, low, high = (ends[name] for name in ("measured", "low", "high"))
    return Interval(
        value=math.nan if value is None else float(value),
        low=-math.inf if low is None else float(low),
        high=math.inf if high is None else float(high),
    )
