"""Specs for the hunt: small tasks and odd tunings, every choice left to whoever hunts.

One ground for all hunters: a random generator walks over it evenly, Hypothesis steers and shrinks. A choice that comes
first in its list is the simplest.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, TypeVar

import numpy as np

from synth.families import BUILT_IN
from synth.spec import TUNING, Setting, TaskSpec

T = TypeVar("T")
Chance = Literal["", "draws", "starts"]
DRAWS = 32

PARAMETERS: Mapping[str, tuple[float, ...]] = {
    "margin_ratio": (0.3, 1.0, 0.1, 0.03, 0.01),
    "spread": (0.0, 0.3, 1.0),
    "radius": (1.0, 0.1, 10.0),
    "decay": (0.0, 1.0, 3.0),
    "separation": (2.0, 0.0, 0.5, 6.0),
    "positive": (0.5, 0.2),
    "flip": (0.0, 0.2),
    "distinct": (0.0, 0.25, 0.5),
    "outliers": (1.0, 2.0),
    "leverage": (10.0, 1.0, 30.0),
    "noise": (0.5, 0.0, 0.95),
    "relu": (0.0, 1.0),
    "inputs": (4.0, 16.0),
    "height": (1.0, 2.0, 3.0),
}
STEPS = (1, 2, 3, 5, 8, 20, 50, 100, 200, 300)
STEP_FACTORS = (1.0, 0.5, 0.05, 1.5, 1.9, 1.99, 2.2, 4.0)
L2 = (0.0, 0.0, 0.1, 1.0, 1e-3, 10.0)
LOSSES = ("logistic", "logistic", "logistic", "squared", "exponential")


AIMS: Mapping[str, Mapping[str, Setting]] = {  # where theorems apply that chance would seldom meet
    "any": {},
    "interpolating": {"loss": "squared", "l2": 0.0, "order": "full-batch", "heads": 1},
    "started": {"loss": "logistic", "order": "full-batch", "init_scale": 1.0, "step_factor": 1.0},
    "separable": {"loss": "logistic", "l2": 0.0, "order": "full-batch", "heads": 1, "init_scale": 0.0},
}


class Choice(Protocol):
    """Who chooses."""

    def one_of(self, options: Sequence[T]) -> T:
        """One of the options."""

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""


class AtRandom:
    """Every choice even, from one generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def one_of(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[int(self.rng.integers(len(options)))]

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(self.rng.integers(low, high + 1))


def hunted(choice: Choice, *, chance: Chance = "", largest: int = 12) -> TaskSpec:
    """A spec of up to `largest` samples, for claims about one sample, about draws of it, or about starts."""
    aim = choice.one_of(("started",) if chance == "starts" else ("any", "any", "interpolating", "separable"))
    kinds = {name: kind for name, kind in BUILT_IN.items() if kind.iid or chance != "draws"}
    if aim in ("interpolating", "separable"):
        kinds = {name: kind for name, kind in kinds.items() if not kind.multiclass and kind.separable is not None}
    family = BUILT_IN[choice.one_of(["lattice", *kinds] if aim != "separable" else list(kinds))]
    classes = choice.whole(3, 4) if family.multiclass else 2
    n = choice.whole(2, largest)
    d = choice.whole(n if aim == "interpolating" else 2 if family.multiclass else 1, max(n, 8))
    params = {name: choice.one_of(PARAMETERS[name]) for name in family.parameters}
    tuning = {**_tuning(choice, n, classes), **AIMS[aim]}
    if tuning["order"] == "full-batch":
        tuning.pop("batch_size", None)
    if tuning["loss"] != "exponential":
        tuning.pop("step_size", None)
    if chance == "draws":
        tuning = {**tuning, "step_from": "pilot", "step_factor": choice.one_of((0.5, 1.0, 0.05))}
        tuning.pop("step_size", None)
        tuning["loss"] = "logistic"
    name = f"hunted-{family.name}-n{n}-d{d}"
    return TaskSpec(
        name, "hunted", 0, family.name, n, d, classes, params, {**TUNING, **tuning}, DRAWS if chance == "draws" else 0
    )


def _tuning(choice: Choice, n: int, classes: int) -> dict[str, Setting]:
    loss = choice.one_of(LOSSES) if classes == 2 else "logistic"
    deletion = choice.one_of(("reweighted", "dropped"))
    init_scale = choice.one_of((0.0, 0.0, 1.0, 0.1, 10.0, 1000.0))
    tuning: dict[str, Setting] = {
        "loss": loss,
        "deletion": deletion,
        "steps": choice.one_of(STEPS),
        "l2": choice.one_of(L2),
        "init_scale": init_scale,
        "order": "full-batch",
    }
    if init_scale:
        tuning["heads"] = choice.one_of((1, 1, 3))
    if loss == "exponential":
        tuning["step_size"] = choice.one_of((0.05, 0.2))
    else:
        tuning["step_factor"] = choice.one_of(STEP_FACTORS)
    if deletion == "dropped" and choice.one_of((False, False, True)):
        tuning |= {"order": "shuffled", "batch_size": choice.whole(1, n)}
    return tuning
