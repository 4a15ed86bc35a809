"""What a task family is: a named way to draw labelled features, with what is known of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from synth.spec import BadSuite, TaskSpec
from synth.task import Floats, Ints


class Parameter(NamedTuple):
    """A number the family takes: what it is if not given, and the closed range it may lie in."""

    default: float
    low: float
    high: float


class Sample(NamedTuple):
    """Features (n, d), labels (n,) −1/+1 or 0..K−1, and the planted facts."""

    features: Floats
    labels: Ints
    planted: Mapping[str, float] = {}


Sampler = Callable[[TaskSpec, np.random.Generator, np.random.Generator], Sample]


@dataclass(frozen=True)
class Family:
    """A way to draw tasks.

    iid         samples are independent and identically distributed, given the population
    separable   True, False or None (it depends): is every task linearly separable, for sure?
    sample      (spec, population, rng) → Sample; all draws share `population`, `rng` is this draw's own
    about       one line
    multiclass  three classes or more, labels 0..K−1; else two, labels −1/+1
    parameters  the names `spec.params` may hold
    designed    whether the suites smoke and paper draw on it; the others are for the hunt
    """

    name: str
    iid: bool
    separable: bool | None
    sample: Sampler
    about: str
    multiclass: bool = False
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    designed: bool = True

    def complete(self, spec: TaskSpec) -> TaskSpec:
        """The spec with every parameter present; raises BadSuite for what the family cannot draw."""
        if spec.n < 2 or spec.d < 1:
            raise BadSuite(f"{spec.name}: a task needs n ≥ 2 and d ≥ 1; got n = {spec.n}, d = {spec.d}")
        if spec.classes < 3 if self.multiclass else spec.classes != 2:
            right = "at least 3" if self.multiclass else "2"
            raise BadSuite(f"{spec.name}: classes must be {right} for {self.name}; got {spec.classes}")
        if spec.draws < 0 or (spec.draws and not self.iid):
            right = "0 or more" if self.iid else f"0, the samples of {self.name} are not independent"
            raise BadSuite(f"{spec.name}: draws must be {right}; got {spec.draws}")
        params = {name: parameter.default for name, parameter in self.parameters.items()}
        for name, value in spec.params.items():
            if name not in params:
                known = ", ".join(params) or "none"
                raise BadSuite(f"{spec.name}: {self.name} has no parameter {name}; it has {known}")
            _, low, high = self.parameters[name]
            if not low <= value <= high:
                raise BadSuite(f"{spec.name}: {name} must lie in [{low:g}, {high:g}]; got {value:g}")
            params[name] = float(value)
        return replace(spec, params=params)
