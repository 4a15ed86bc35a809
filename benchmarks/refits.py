"""scikit-learn's way to leave one out: a refit a replica. It finds a regularised minimiser, which is another problem.

LogisticRegression is checked against our minimisers of the same risk, LinearSVC (squared hinge) by its own gradient.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from benchmarks.agreement import apart
from benchmarks.cores import over_cores
from benchmarks.pairs import paired
from benchmarks.peers import WrongAnswer
from benchmarks.problem import Array, Problem, drawn
from benchmarks.report import Report, Row
from synth.task import Task
from verify.solvers.minimisers import minimise
from verify.tuning import HeadTuning

L2 = 1e-2
SIZES = ((64, 32, 16, 1000), (32, 64, 32, 1000), (2, 256, 128, 300))
QUICK = ((8, 32, 16, 200),)
TOLERANCE = 1e-6
Replica = tuple[Task, int]


def logistic(replicas: Sequence[Replica]) -> list[Array]:
    """Newton's method with Cholesky factors, which the documentation advises for n ≫ d, to the precision checked."""

    def one(task: Task, i: int) -> Array:
        model = LogisticRegression(
            C=1 / (L2 * (task.samples - 1)), fit_intercept=False, solver="newton-cholesky", tol=1e-10, max_iter=1000
        )
        return model.fit(np.delete(task.features, i, axis=0), np.delete(task.labels, i)).coef_[0]

    return [one(task, i) for task, i in replicas]


def svc(replicas: Sequence[Replica]) -> list[Array]:
    """The primal, which the documentation advises for n > d."""

    def one(task: Task, i: int) -> Array:
        model = LinearSVC(C=1 / (L2 * (task.samples - 1)), fit_intercept=False, dual=False, tol=1e-9, max_iter=100_000)
        return model.fit(np.delete(task.features, i, axis=0), np.delete(task.labels, i)).coef_[0]

    return [one(task, i) for task, i in replicas]


def measure(report: Report, *, quick: bool) -> None:
    for tasks, n, d, steps in QUICK if quick else SIZES:
        problem = drawn(tasks=tasks, n=n, d=d, steps=steps)
        regularised = replace(problem, step_sizes=1 / (1 / problem.step_sizes + L2))
        tuning = HeadTuning(l2=L2)

        def descend(regularised: Problem = regularised) -> object:
            return regularised.solve(l2=L2)

        def minimisers(problem: Problem = problem, tuning: HeadTuning = tuning) -> Array:
            return np.stack([minimise(task, tuning).weights[:-1, 0] for task in problem.tasks])

        replicas = [(task, i) for task in problem.tasks for i in range(n)]
        regularised.part(steps=2).solve()
        _compare(report, "descent; LogisticRegression: minimiser", problem, descend, logistic, replicas, minimisers)
        _compare(report, "descent; LinearSVC: squared hinge", problem, descend, svc, replicas, None)
        _compare(report, "minimisers; LogisticRegression", problem, minimisers, logistic, replicas, minimisers)


def _compare(
    report: Report,
    name: str,
    problem: Problem,
    ours: Callable[[], object],
    refit: Callable[[Sequence[Replica]], list[Array]],
    replicas: Sequence[Replica],
    wanted: Callable[[], Array] | None,
) -> None:
    found = np.stack(over_cores(refit, replicas)).reshape(problem.shape)
    error = apart(found, wanted()) if wanted else largest_gradient(found, problem)
    if not error <= TOLERANCE:
        raise WrongAnswer(f"{name}: {problem.size}: off by {error:.2g}, allowed {TOLERANCE:.0e}")
    times = paired(ours, lambda: over_cores(refit, replicas))
    report.compare(Row(name=name, peer="sklearn", size=problem.size, more={"error": error}, **vars(times)))


def largest_gradient(found: Array, problem: Problem) -> float:
    """‖∇F‖ at each w over its size at 0, the worst; F = mean of max(0, 1 − m)² + λ‖w‖²/2 without sample i."""
    z, masks = problem.signed, problem.masks

    def gradient(w: Array) -> Array:
        return L2 * w - 2 * (masks * np.maximum(0, 1 - w @ z.swapaxes(1, 2))) @ z

    sizes = np.linalg.norm(gradient(found), axis=-1) / np.linalg.norm(gradient(np.zeros_like(found)), axis=-1)
    return float(sizes.max())
