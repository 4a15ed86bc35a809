"""How ours grows in tasks, n, d and steps: seconds and the slope of their logarithm, 1 where the cost is proportional."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.pairs import seconds
from benchmarks.problem import drawn
from benchmarks.report import Report

BASE = {"tasks": 32, "n": 64, "d": 32, "steps": 500}
AXES = {
    "tasks": (16, 32, 64, 128),
    "n": (32, 64, 128, 256),
    "d": (8, 16, 32, 64),
    "steps": (250, 500, 1000, 2000),
}
FEWER_TASKS = {"n": 4}  # n enters squared


def measure(report: Report, *, quick: bool) -> None:
    for axis, values in AXES.items():
        fixed = {**BASE, "tasks": FEWER_TASKS.get(axis, BASE["tasks"])}
        points = values[:2] if quick else values
        times = [_seconds({**fixed, axis: value}) for value in points]
        report.find(
            f"seconds in {axis}",
            exponent=exponent(points, times),
            points=dict(zip(points, (round(t, 4) for t in times), strict=True)),
            fixed={k: v for k, v in fixed.items() if k != axis},
        )


def exponent(values: Sequence[float], times: Sequence[float]) -> float:
    """The slope of log seconds in log value."""
    return float(np.polyfit(np.log(values), np.log(times), 1)[0])


def _seconds(shape: dict[str, Any]) -> float:
    problem = drawn(**shape)
    problem.part(steps=2).solve()
    return float(np.median([seconds(problem.solve) for _ in range(3)]))
