"""The slow way, one replica at a time in plain numpy: what the batched solver is held against.

Nothing here shares a line with the solver: a replica is its own data set, a certificate its own loop.
"""

import numpy as np
from numpy.typing import NDArray

from synth.task import Task
from verify.tuning import HeadTuning

Floats = NDArray[np.float64]


def gradients(task: Task, tuning: HeadTuning, weights: Floats) -> Floats:
    """∇ℓ_i(w) of every sample without l2, shape (n, k, d)."""
    if task.classes == 2:
        z = task.signed
        m = z @ weights[0]
        if tuning.loss == "logistic":
            slope = -np.exp(-np.logaddexp(0, m))
        elif tuning.loss == "exponential":
            slope = -np.exp(-m)
        else:
            slope = m - 1
        each: Floats = (slope[:, None] * z)[:, None]
        return each
    outputs = task.features @ weights.T
    p = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    each = (p - np.eye(task.classes)[task.labels])[:, :, None] * task.features[:, None]
    return each


def descend(
    task: Task,
    tuning: HeadTuning,
    step_size: float,
    start: Floats,
    left_out: int | None,
    order: NDArray[np.int64] | None,
) -> Floats:
    """The head (k, d) after all steps of gradient descent, without sample `left_out` (None: on all samples).

    order  (steps, b) indices of each minibatch, or None for the full batch
    """
    n, w = task.samples, start.copy()
    for step in range(tuning.steps):
        share = np.full(n, 1 / n) if order is None else np.bincount(order[step], minlength=n) / order.shape[1]
        if left_out is not None:
            share[left_out] = 0
            if tuning.deletion == "reweighted":
                share *= n / (n - 1)
        w = w - step_size * (np.tensordot(share, gradients(task, tuning, w), 1) + tuning.l2 * w)
    return w


def certificates(task: Task, tuning: HeadTuning, step_size: float, start: Floats) -> Floats:
    """c_i of `one-run` for the full batch, shape (n,), from the gradients of both risks written out."""
    n, w, c = task.samples, start.copy(), np.zeros(task.samples)
    for _ in range(tuning.steps):
        each = gradients(task, tuning, w)
        full = each.mean(axis=0)
        if tuning.deletion == "reweighted":
            rest = [(np.delete(each, i, axis=0)).mean(axis=0) for i in range(n)]
        else:
            rest = [np.delete(each, i, axis=0).sum(axis=0) / n for i in range(n)]
        gap = np.array([np.linalg.norm(r - full) for r in rest])
        c = (1 - step_size * tuning.l2) * c + step_size * gap
        w = w - step_size * (full + tuning.l2 * w)
    return c
