"""What is timed: gradient descent from zero on the logistic risk of every S∖i of T tasks of one shape, reweighted."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from synth.generate import generate
from synth.spec import TaskSpec
from synth.task import Task
from verify.smoothness import smoothness, step_size
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning

Array = NDArray[np.floating]
Dtype = Literal["float64", "float32"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem:
    """tasks, T of them, of n samples in d dimensions each; step_sizes (T,)."""

    tasks: tuple[Task, ...]
    step_sizes: Array
    steps: int
    dtype: Dtype = "float64"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(T, n, d)."""
        return (len(self.tasks), *self.tasks[0].features.shape)

    @property
    def size(self) -> str:
        """A label."""
        return "T={} n={} d={} t={}".format(*self.shape, self.steps)

    @property
    def flops(self) -> float:
        """Two products a step, n × d × n each, for every task."""
        tasks, n, d = self.shape
        return 4.0 * n * n * d * tasks * self.steps

    @property
    def signed(self) -> Array:
        """z (T, n, d)."""
        return np.stack([task.signed for task in self.tasks]).astype(self.dtype)

    @property
    def masks(self) -> Array:
        """(n, n): the weight of sample j in replica i."""
        n = self.shape[1]
        return ((1 - np.eye(n)) / (n - 1)).astype(self.dtype)

    @property
    def etas(self) -> Array:
        """(T,) in the problem's dtype."""
        return self.step_sizes.astype(self.dtype)

    def jobs(self, **tuning: Any) -> list[Job]:
        """The same for our solver, which takes every step unless told otherwise."""
        common = {"solver": "direct", "steps": self.steps, "dtype": self.dtype, **tuning}
        return [
            Job(task=task, tuning=HeadTuning(step_size=float(eta), **common))
            for task, eta in zip(self.tasks, self.step_sizes, strict=True)
        ]

    def part(self, *, tasks: int | None = None, steps: int | None = None) -> "Problem":
        """The first so many tasks, for so many steps."""
        return replace(self, tasks=self.tasks[:tasks], step_sizes=self.step_sizes[:tasks], steps=steps or self.steps)

    def solve(self, **tuning: Any) -> Array:
        """Our answer: the last heads of all replicas (T, n, d)."""
        return np.stack([fit.weights[:-1, 0] for fit in tune(self.jobs(**tuning))])


def drawn(*, tasks: int, n: int, d: int, steps: int, dtype: Dtype = "float64") -> Problem:
    """Separable tasks with the automatic step of each; the same for the same numbers."""
    chosen = tuple(
        generate(TaskSpec(name=f"{i}", suite="bench", index=i, family="planted-gaussian", n=n, d=d), 0)
        for i in range(tasks)
    )
    etas = [step_size(smoothness(task, HeadTuning()), HeadTuning()) for task in chosen]
    return Problem(tasks=chosen, step_sizes=np.array(etas), steps=steps, dtype=dtype)
