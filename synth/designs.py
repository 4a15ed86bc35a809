"""The designed suites. Spec k is a function of k: any prefix is balanced, and none depends on its length.

Every choice has an axis of its own. Task number j of family f = 1, 2, … stands at u = frac(j√p + f∛p) on the
axis of the prime p: an additive recurrence that fills [0, 1) evenly within each family and over all.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from synth.families import BUILT_IN
from synth.spec import TUNING, Setting, TaskSpec

SAMPLES = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
DIMENSIONS = (2, 4, 8, 16, 32, 64, 128, 256)
DESIGNED = {name: kind for name, kind in BUILT_IN.items() if kind.designed}
BINARY = tuple(name for name, kind in DESIGNED.items() if not kind.multiclass)
MULTICLASS = tuple(name for name, kind in DESIGNED.items() if kind.multiclass)
DRAWS = 32
DRAWN_SIZE = 4096  # n·d up to which large samples are drawn again
REGIMES = {  # where on its axis each ends
    "shuffled": 0.055,
    "squared": 0.1,
    "exponential": 0.145,
    "random start": 0.23,
    "above the rule": 0.262,
    "plain": 1.0,
}

AXES = {
    "n": 2,
    "d": 3,
    "margin_ratio": 5,
    "radius": 7,
    "regime": 11,
    "l2": 13,
    "l2_size": 19,
    "deletion": 23,
    "steps": 29,
    "step_factor": 31,
    "init_scale": 41,
    "separation": 43,
    "decay": 47,
    "flip": 53,
    "positive": 59,
    "spread": 61,
    "distinct": 67,
    "leverage": 71,
    "outliers": 73,
    "noise": 79,
    "relu": 83,
    "inputs": 89,
    "classes": 97,
}


@dataclass(frozen=True)
class Place:
    """Where task number `round` of family number `slot` stands."""

    slot: int
    round: int

    def on(self, axis: str) -> float:
        """Its coordinate on the axis, in [0, 1)."""
        prime = AXES[axis]
        return float((self.round * prime**0.5 + self.slot * prime ** (1 / 3)) % 1.0)


class Linear(NamedTuple):
    """Uniform between the ends."""

    low: float
    high: float

    def at(self, u: float) -> float:
        """The value at u in [0, 1)."""
        return self.low + (self.high - self.low) * u


class Log(NamedTuple):
    """Log-uniform between the ends."""

    low: float
    high: float

    def at(self, u: float) -> float:
        """The value at u in [0, 1)."""
        return float(self.low * (self.high / self.low) ** u)


class Grid(NamedTuple):
    """Each of the values equally often."""

    values: tuple[int, ...]

    def at(self, u: float) -> int:
        """The value at u in [0, 1)."""
        return self.values[int(u * len(self.values))]


class LogGrid(NamedTuple):
    """Log-uniform from the first to a little beyond the last of the values, then the nearest of them.

    The ends stand for about half a step, so that the dearest tasks are no more than their share.
    """

    values: tuple[int, ...]

    def at(self, u: float) -> int:
        """The value at u in [0, 1)."""
        drawn = Log(self.values[0], 1.02 * self.values[-1]).at(u)
        return min(self.values, key=lambda value: abs(math.log(value / drawn)))


Range = Linear | Log | Grid
RANGES: dict[str, Range] = {
    "margin_ratio": Log(0.003, 0.3),
    "radius": Log(0.3, 30.0),
    "spread": Linear(0.1, 1.0),
    "separation": Log(0.5, 5.0),
    "decay": Linear(0.0, 2.0),
    "distinct": Linear(0.1, 0.5),
    "outliers": Grid((1, 2, 3)),
    "leverage": Log(10.0, 30.0),
    "noise": Linear(0.3, 0.95),
    "relu": Grid((0, 1)),
    "inputs": Grid((4, 16, 64)),
}
OF_FAMILY: dict[str, dict[str, Range]] = {
    "imbalanced": {"positive": Linear(0.1, 0.2)},
    "label-noise": {"flip": Linear(0.1, 0.3)},
}


def paper(k: int) -> TaskSpec:
    """The main suite: nine two-class families and, in every tenth slot, the two of many classes in turn."""
    place = Place(slot=k % 10 + 1, round=k // 10)
    names = (*BINARY, MULTICLASS[place.round % 2])
    family = names[k % 10]
    samples = SAMPLES if family in BINARY else SAMPLES[:7]  # K outputs cost K times as much
    return _designed("paper", k, place, family, (LogGrid(samples), LogGrid(DIMENSIONS)))


def smoke(k: int) -> TaskSpec:
    """Every family once in eleven tasks, all small and short."""
    names = tuple(DESIGNED)
    place = Place(slot=k % len(names) + 1, round=k // len(names))
    spec = _designed("smoke", k, place, names[k % len(names)], (LogGrid(SAMPLES[:5]), LogGrid(DIMENSIONS[:4])))
    return replace(spec, tuning={**spec.tuning, "steps": 1000})


def _designed(suite: str, k: int, place: Place, family: str, sizes: tuple[LogGrid, LogGrid]) -> TaskSpec:
    """One task with one tuning, both read off its place."""
    n, d = sizes[0].at(place.on("n")), sizes[1].at(place.on("d"))
    classes = 2 if family in BINARY else Grid((3, 4, 5)).at(place.on("classes"))
    ranges = {name: RANGES[name] for name in BUILT_IN[family].parameters if name in RANGES}
    ranges |= OF_FAMILY.get(family, {})
    params = {name: float(values.at(place.on(name))) for name, values in ranges.items()}
    regime = next(name for name, end in REGIMES.items() if place.on("regime") < end)
    if classes > 2 and regime in ("shuffled", "squared", "exponential"):
        regime = "plain"
    tuning, draws = _tuning(place, n, d, params["radius"], regime), 0
    if BUILT_IN[family].iid and (n <= 64 or n * d <= DRAWN_SIZE) and regime == "plain":
        draws = DRAWS  # the resample variance needs a step fixed before S is drawn
        tuning |= {"step_factor": 0.7, "step_from": "pilot", "steps": 1000}
        if place.on("l2") < 0.7:  # most of them regularised enough for a variance bound below 1
            tuning["l2"] = Log(5e-3, 1.0).at(place.on("l2_size")) * params["radius"] ** 2
    return TaskSpec(f"{k:04d}-{family}-n{n}-d{d}", suite, k, family, n, d, classes, params, tuning, draws)


def _tuning(place: Place, n: int, d: int, radius: float, regime: str) -> dict[str, Setting]:
    """Full-batch logistic descent from zero, with or without l2, but for what the regime changes."""
    l2 = Log(1e-4, 1e-1).at(place.on("l2_size")) * radius**2 if place.on("l2") < 0.33 else 0.0
    tuning = {
        **TUNING,
        "steps": _steps(place.on("steps"), n, d),
        "l2": l2,
        "deletion": "reweighted" if place.on("deletion") < 0.5 else "dropped",
        "step_factor": 1.0 if l2 else _step_factor(place.on("step_factor")),
    }
    if regime == "shuffled":
        tuning |= {"order": regime, "batch_size": max(1, n // 4), "deletion": "dropped", "step_factor": 1.0}
    elif regime == "squared":
        tuning["loss"] = regime
    elif regime == "exponential":  # not smooth, so no automatic step; from zero this one descends
        tuning |= {"loss": regime, "step_size": 0.1 / radius**2, "step_factor": 1.0}
    elif regime == "random start":
        tuning["init_scale"] = Log(0.01, 1.0).at(place.on("init_scale")) / radius
    elif regime == "above the rule":
        tuning |= {"step_factor": 2.5, "l2": 0.0}  # times 1/β, where the rule is 2/β
    return tuning


def _steps(u: float, n: int, d: int) -> int:
    """Mostly 1000; longer runs for smaller tasks only."""
    return 2000 if u < 0.25 and n <= 64 and n * n * d <= 2**18 else 1000


def _step_factor(u: float) -> float:
    """Times 1/β: mostly 1, now and then small or close to the rule of 2."""
    return 0.25 if u < 0.2 else 1.9 if u > 0.8 else 1.0
