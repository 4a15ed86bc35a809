"""What a task is to be, as data: a line of a suite, before any number is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Setting = str | int | float
TUNING: Mapping[str, Setting] = {
    "loss": "logistic",
    "steps": 1000,
    "l2": 0.0,
    "deletion": "reweighted",
    "order": "full-batch",
    "init_scale": 0.0,
    "heads": 1,
    "step_factor": 1.0,
    "step_from": "sample",
}


class BadSuite(ValueError):
    """No such suite, family or parameter; the message is one line for the person who asked."""


@dataclass(frozen=True)
class TaskSpec:
    """One task of a suite.

    name      unique in its suite, e.g. "0017-planted-sphere-n64-d8"
    n, d      samples, dimension
    classes   K, 2 for labels −1/+1
    params    the family's own parameters (margin ratio, radius, flip rate, …); absent ones take its defaults
    tuning    how the head is tuned:
              loss ("logistic" | "exponential" | "squared"), steps, l2, deletion ("reweighted" | "dropped"),
              order ("full-batch" | "shuffled"), batch_size (with shuffled only), init_scale (σ or 0), heads,
              step_factor × the automatic step of the data set named by step_from ("sample" | "pilot");
              step_size, where given, is the step itself
    draws     independent draws for the resample variance; families of independent samples only
    """

    name: str
    suite: str
    index: int
    family: str
    n: int
    d: int
    classes: int = 2
    params: Mapping[str, float] = field(default_factory=dict, hash=False)
    tuning: Mapping[str, Setting] = field(default_factory=dict, hash=False)
    draws: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON; `from_dict` is its inverse."""
        return {**vars(self), "params": dict(self.params), "tuning": dict(self.tuning)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "TaskSpec":
        """The spec that `to_dict` wrote."""
        return cls(**data)


@dataclass(frozen=True)
class Suite:
    """A list of task specs under a name."""

    name: str
    specs: tuple[TaskSpec, ...]
