"""Compiles the direct solver before anybody waits for it: `python -m verify.solvers.warm_up`, once after installation."""

import numpy as np

from synth.task import Task
from verify.solvers.prepare import Job
from verify.solvers.replicas import tune
from verify.tuning import HeadTuning


def warm_up() -> None:
    """One step in either precision."""
    task = Task(np.eye(2), np.array([1, -1]))
    tune([Job(task=task, tuning=HeadTuning(steps=1))])
    tune([Job(task=task, tuning=HeadTuning(steps=1, dtype="float32"))])


if __name__ == "__main__":
    warm_up()
