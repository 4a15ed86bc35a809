"""Gradient descent on every leave-one-out replica in fifty-digit arithmetic: the second oracle.

Written from the theorem `one-run` alone, with mpmath numbers in numpy's object arrays.
"""

from dataclasses import dataclass

import mpmath as mp
import numpy as np

from synth.task import Task
from verify.tuning import HeadTuning

mp.mp.dps = 50
_exp = np.frompyfunc(mp.exp, 1, 1)
_log = np.frompyfunc(mp.log, 1, 1)
_exactly = np.frompyfunc(mp.mpf, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Exact:
    """runs: n + 1 heads (k, d), the last on all samples; certificates: n numbers. All of fifty digits."""

    runs: list
    certificates: list

    @property
    def instabilities(self) -> list:
        return [size(run - self.runs[-1]) for run in self.runs[:-1]]

    @property
    def direction_instabilities(self) -> list:
        unit = [run / size(run) for run in self.runs]
        return [size(u - unit[-1]) for u in unit[:-1]]


def exactly(values: np.ndarray) -> np.ndarray:
    """The same numbers, each as an mpmath number."""
    return _exactly(np.asarray(values, object))


def size(array: np.ndarray) -> mp.mpf:
    """Euclidean norm."""
    return mp.sqrt(sum(x * x for x in array.ravel()))


def losses(task: Task, tuning: HeadTuning, weights: np.ndarray) -> np.ndarray:
    """ℓ(w; z_i) of every sample."""
    x = exactly(task.features)
    outputs = x.dot(weights.T)
    if task.classes > 2:
        return _log(_exp(outputs).sum(axis=1)) - outputs[np.arange(task.samples), task.labels]
    m = task.labels * outputs[:, 0]
    by_name = {
        "logistic": lambda: _log(1 + _exp(-m)),
        "exponential": lambda: _exp(-m),
        "squared": lambda: (1 - m) ** 2 / 2,
    }
    return by_name[tuning.loss]()


def descend(
    task: Task, tuning: HeadTuning, step_size: float, start: np.ndarray, order: np.ndarray | None = None
) -> Exact:
    """All runs; `start` (k, d), `order` (steps, b) or None for the full batch."""
    n, eta, l2 = task.samples, mp.mpf(step_size), mp.mpf(tuning.l2)
    x, labels = exactly(task.features), task.labels
    runs = [exactly(start) for _ in range(n + 1)]
    certificates = [mp.mpf(0)] * n
    for step in range(tuning.steps):
        share = exactly(np.ones(n)) / n if order is None else _shares(order[step], n)
        terms = share[:, None, None] * _gradients(x, labels, tuning.loss, runs[-1])
        full = terms.sum(axis=0)
        for i in range(n):
            rest = (full - terms[i]) * (mp.mpf(n) / (n - 1) if tuning.deletion == "reweighted" else 1)
            certificates[i] = (1 - eta * l2) * certificates[i] + eta * size(rest - full)
            own = share[:, None, None] * _gradients(x, labels, tuning.loss, runs[i])
            pull = (own.sum(axis=0) - own[i]) * (mp.mpf(n) / (n - 1) if tuning.deletion == "reweighted" else 1)
            runs[i] = runs[i] - eta * (pull + l2 * runs[i])
        runs[-1] = runs[-1] - eta * (full + l2 * runs[-1])
    return Exact(runs=runs, certificates=certificates)


def _shares(batch: np.ndarray, n: int) -> np.ndarray:
    return exactly(np.bincount(batch, minlength=n)) / len(batch)


def _gradients(x: np.ndarray, labels: np.ndarray, loss: str, weights: np.ndarray) -> np.ndarray:
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
