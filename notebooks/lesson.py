"""What the notebooks share: how pictures look, tasks by name, and exercises that say whether an answer is right."""

import os
import warnings
from collections.abc import Callable, Sequence
from typing import TypeVar

import matplotlib.pyplot as plt
import numpy as np

from figures import style
from synth.generate import generate
from synth.spec import TaskSpec
from synth.task import Floats, Task
from verify.measure import direction
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning

T = TypeVar("T")

SMOKE = os.environ.get("TIGHTROPE_SMOKE", "0") != "0"  # smaller sizes, the same story: for tests

warnings.filterwarnings("ignore", message="IProgress not found")  # a progress bar as text will do

plt.rcParams.update(
    style.RC | {"figure.dpi": 110, "figure.constrained_layout.use": True, "font.size": 10, "axes.titlesize": 10.5}
    | {"axes.labelsize": 10, "xtick.labelsize": 9, "ytick.labelsize": 9, "legend.fontsize": 9}
)  # fmt: skip


def pick(full: T, smoke: T) -> T:
    """`full` for a reader, `smoke` for a test."""
    return smoke if SMOKE else full


def draw(family: str, n: int, d: int, number: int = 0, **params: float) -> Task:
    """Task `number` of a family: n samples in d dimensions, the same ones every time."""
    spec = TaskSpec(f"{family}-{number}", suite="notebooks", index=number, family=family, n=n, d=d, params=params)
    return generate(spec, seed=0)


def instabilities(tasks: Sequence[Task], tuning: HeadTuning) -> Floats:
    """Of each task the mean turn of its head, over the samples left out: all tasks are tuned side by side."""
    fits = tune([Job(task=task, tuning=tuning) for task in tasks])
    turns = [direction(task, tuning, fit.last) for task, fit in zip(tasks, fits, strict=True)]
    return np.array([np.nan if turn is None else turn.value.mean() for turn in turns])


def check(name: str, answer: T | None, right: Callable[[T], bool]) -> None:
    """Says whether an answer is right; no answer is not wrong, but not there yet."""
    if answer is None:
        print(f"{name}: not yet")
    else:
        print(f"{name}: {'right' if right(answer) else 'no, try again'}")
