"""Gradient descent on every leave-one-out replica in fifty-digit arithmetic: the second oracle, and what a witness rests on.

Written from the theorem `one-run` alone, with mpmath numbers in numpy's object arrays; nothing is shared with the solver.
"""

from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.task import Task
from verify.tuning import HeadTuning

FIFTY = mpmath.mp.clone()  # a context of its own: nobody else's precision is touched
FIFTY.dps = 50
_exp = np.frompyfunc(FIFTY.exp, 1, 1)
_log = np.frompyfunc(FIFTY.log, 1, 1)
_exactly = np.frompyfunc(FIFTY.mpf, 1, 1)
Number = Any  # an mpmath number
Numbers = NDArray[Any]  # numpy arrays of them
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Exact:
    """runs: n + 1 heads (k, d), the last on all samples; certificates: n numbers; gradient_bound: the largest ‖∇ℓ_i(w_s)‖."""

    runs: list[Numbers]
    certificates: list[Number]
    gradient_bound: Number

    @property
    def instabilities(self) -> list[Number]:
        """‖w_S − w_{S∖i}‖."""
        return [size(run - self.runs[-1]) for run in self.runs[:-1]]

    @property
    def direction_instabilities(self) -> list[Number]:
        """‖ŵ_S − ŵ_{S∖i}‖."""
        unit = [run / size(run) for run in self.runs]
        return [size(u - unit[-1]) for u in unit[:-1]]


def exactly(values: ArrayLike) -> Numbers:
    """The same numbers, each as an mpmath number."""
    return _exactly(np.asarray(values, object))


def size(array: Numbers) -> Number:
    """Euclidean norm."""
    return FIFTY.sqrt(sum(x * x for x in array.ravel()))


def losses(task: Task, tuning: HeadTuning, weights: Numbers) -> Numbers:
    """ℓ(w; z_i) of every sample."""
    x = exactly(task.features)
    outputs = x.dot(weights.T)
    if task.classes > 2:
        return _log(_exp(outputs).sum(axis=1)) - outputs[np.arange(task.samples), task.labels]
    m = task.labels * outputs[:, 0]
    if tuning.loss == "squared":
        return (1 - m) ** 2 / 2
    return _exp(-m) if tuning.loss == "exponential" else _log(1 + _exp(-m))


def descend(task: Task, tuning: HeadTuning, step_size: float, start: ArrayLike, order: Ints | None = None) -> Exact:
    """All runs; `start` (k, d), `order` (steps, b) or None for the full batch."""
    n, eta, l2 = task.samples, FIFTY.mpf(step_size), FIFTY.mpf(tuning.l2)
    x, labels = exactly(task.features), task.labels
    runs = [exactly(start) for _ in range(n + 1)]
    certificates, largest = [FIFTY.mpf(0)] * n, FIFTY.mpf(0)
    scale = FIFTY.mpf(n) / (n - 1) if tuning.deletion == "reweighted" else FIFTY.mpf(1)
    for step in range(tuning.steps):
        share = exactly(np.ones(n)) / n if order is None else _shares(order[step], n)
        each = _gradients(x, labels, tuning.loss, runs[-1])
        largest = max(largest, *(size(gradient) for gradient in each))
        terms = share[:, None, None] * each
        full = terms.sum(axis=0)
        for i in range(n):
            rest = (full - terms[i]) * scale
            certificates[i] = (1 - eta * l2) * certificates[i] + eta * size(rest - full)
            own = share[:, None, None] * _gradients(x, labels, tuning.loss, runs[i])
            runs[i] = runs[i] - eta * ((own.sum(axis=0) - own[i]) * scale + l2 * runs[i])
        runs[-1] = runs[-1] - eta * (full + l2 * runs[-1])
    return Exact(runs=runs, certificates=certificates, gradient_bound=largest)


def _shares(batch: Ints, n: int) -> Numbers:
    return exactly(np.bincount(batch, minlength=n)) / len(batch)


def _gradients(x: Numbers, labels: Ints, loss: str, weights: Numbers) -> Numbers:
    """∇ℓ_i(w), shape (n, k, d)."""
    outputs = x.dot(weights.T)
    m = labels[:, None] * outputs
    if len(weights) > 1:
        grown = _exp(outputs)
        slopes = grown / grown.sum(axis=1)[:, None]
        slopes[np.arange(len(labels)), labels] -= 1
    elif loss == "logistic":
        slopes = -labels[:, None] / (1 + _exp(m))
    elif loss == "exponential":
        slopes = -labels[:, None] * _exp(-m)
    else:
        slopes = labels[:, None] * (m - 1)
    return slopes[:, :, None] * x[:, None]
