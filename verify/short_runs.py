"""Real tasks beside an exact worst case: heads tuned for its few steps, with its n, ηβ, λ/β and deletion convention."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from synth.generate import generate
from synth.suites import suite
from synth.task import Task, from_arrays
from theory.bound import Deletion
from verify.smoothness import smoothness
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning

TASKS, REPLICAS = 100, 6400  # so many tasks, fewer where they would make more replicas


def short_runs(
    *, samples: int, steps: int, step_size: float, l2: float, deletion: Deletion, tasks: int | None = None
) -> pd.DataFrame:
    """How far apart the heads of tasks are after t = 1..`steps` steps, in units of L/β, L met up to then.

    step_size, l2  ηβ and λ/β
    tasks          so many of the suite `paper`, each drawn anew with n samples; by default 100, or fewer where n > 64

    One row a t: the largest max_i‖w_t − w_t^{∖i}‖·β/L and its task in `worst` and `worst_task`; its mean over the suite's
    tasks in `mean`, and how many they are. One candidate for the worst is not of the suite: one sample against all others,
    the shape that attains the bounds as long as the loss is nearly linear.
    """
    tasks = tasks or min(TASKS, max(1, REPLICAS // samples))
    every, once = [], []
    for task in _tasks(samples, tasks):
        beta = smoothness(task, HeadTuning(deletion=deletion))
        tuning = HeadTuning(steps=steps, step_size=step_size / beta, l2=l2 * beta, deletion=deletion)
        every.append(Job(task=task, tuning=tuning, snapshots=tuple(range(1, steps))))
        once += [Job(task=task, tuning=replace(tuning, steps=t)) for t in range(1, steps + 1)]
    # a fit knows the L of its whole run only, hence one run for each t
    bounds = np.array([fit.gradient_bound for fit in tune(once, replicas=False)]).reshape(-1, steps)
    distances = np.array([
        [np.linalg.norm(s.differences, axis=(1, 2)).max() * fit.smoothness for s in fit.snapshots]  # type: ignore[arg-type]
        for fit in tune(every)
    ]) / bounds  # fmt: skip
    worst = distances.argmax(axis=0)
    return pd.DataFrame({
        "steps": range(1, steps + 1),
        "worst": distances.max(axis=0),
        "worst_task": [every[k].task.name for k in worst],
        "mean": distances[:tasks].mean(axis=0),
        "tasks": tasks,
    })  # fmt: skip


def _tasks(samples: int, count: int) -> Iterator[Task]:
    for spec in suite("paper", count).specs:
        yield generate(spec, 0, n=samples)
    yield from_arrays(np.ones((samples, 1)), [1] + [0] * (samples - 1), name="one-against-all")
