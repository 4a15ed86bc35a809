"""The log-time solver: its error against gradient descent step by step, its speed beside it, and the time to t = e^1000.

Descent for a million steps is timed on fewer and scaled, and its answer is had on few tasks alone.
"""

from dataclasses import replace
from decimal import Decimal

import numpy as np

from benchmarks.pairs import paired, seconds
from benchmarks.problem import Array, Problem, drawn
from benchmarks.report import Report, Row
from verify.replica_fit import ReplicaFit
from verify.solvers.tune import Job, tune

LOOKS = (10**4, 10**5, 10**6)
TIMED_STEPS = 20_000
CHECKED_TASKS = 2


def measure(report: Report, *, quick: bool) -> None:
    looks = LOOKS[:1] if quick else LOOKS
    problem = drawn(tasks=4 if quick else 32, n=64, d=32, steps=looks[-1])
    few = problem.part(tasks=CHECKED_TASKS)
    errors = {}
    for look, far, far_weights in _errors(few, looks):
        report.find("log-time error", steps=look, differences=far, weights=far_weights, size=few.size)
        errors[f"error_{look:.0e}".replace("+0", "")] = far
    timed = problem.part(steps=looks[0] // 10 if quick else TIMED_STEPS)
    scale = problem.steps / timed.steps
    times = paired(lambda: tune(_log_time(problem, looks)), lambda: tune(timed.jobs()), scale=scale, repeats=3)
    report.compare(
        Row(
            name="all replicas, log-time",
            peer="direct-gd",
            size=problem.size,
            note=f"scaled ×{scale:g} from t={timed.steps}",
            more=errors,
            **vars(times),
        )
    )
    _to_the_end(report, problem)


def _log_time(problem: Problem, looks: tuple[int, ...]) -> list[Job]:
    return [replace(job, snapshots=looks) for job in problem.jobs(solver="log-time")]


def _errors(problem: Problem, looks: tuple[int, ...]) -> list[tuple[int, float, float]]:
    """At each look the largest relative error of any Δ_i, and of any run's weights."""
    found = tune(_log_time(problem, looks))
    wanted = tune([replace(job, snapshots=looks) for job in problem.jobs()])
    rows = []
    for k, look in enumerate(looks):
        far = max(_apart(f, w, k) for f, w in zip(found, wanted, strict=True))
        rows.append((look, far, max(_weights_apart(f, w, k) for f, w in zip(found, wanted, strict=True))))
    return rows


def _apart(found: ReplicaFit, wanted: ReplicaFit, look: int) -> float:
    ours, theirs = found.snapshots[look].differences, wanted.snapshots[look].differences
    assert ours is not None
    assert theirs is not None
    return _worst(ours, theirs)


def _weights_apart(found: ReplicaFit, wanted: ReplicaFit, look: int) -> float:
    return _worst(found.snapshots[look].weights[None], wanted.snapshots[look].weights[None])


def _worst(found: Array, wanted: Array) -> float:
    sizes = np.linalg.norm(wanted, axis=(1, 2))
    return float((np.linalg.norm(found - wanted, axis=(1, 2)) / sizes).max())


def _to_the_end(report: Report, problem: Problem) -> None:
    """t = e^1000, a number of 435 digits."""
    far = replace(problem, steps=int(Decimal(1000).exp()))
    fits = tune(far.jobs(solver="log-time"))
    report.find(
        "log-time to t = e^1000",
        seconds=float(np.median([seconds(lambda: tune(far.jobs(solver="log-time"))) for _ in range(3)])),
        tasks=len(far.tasks),
        failed=sum(fit.failed for fit in fits),
        weight_norm=max(fit.last.weight_norm for fit in fits),
    )
