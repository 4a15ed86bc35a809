"""The regularised minimisers against scikit-learn and scipy, which share nothing with the Newton solver."""

import mpmath as mp
import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression
from small_tasks import gaussian, separated
from tolerances import tolerance

from verify.solvers.minimisers import minimise
from verify.tuning import HeadTuning

mp.mp.dps = 50

SHAPES = [(12, 3), (5, 9), (2, 1)]


def _kept(task, i):
    """Which samples run i sees: all but i, and all for i = n."""
    return np.arange(task.samples) != i


@pytest.mark.parametrize("deletion", ["reweighted", "dropped"])
@pytest.mark.parametrize(("n", "d"), SHAPES)
@pytest.mark.parametrize("l2", [1e-3, 1.0])
def test_logistic_minimisers_are_those_of_scikit_learn(n, d, l2, deletion):
    task = gaussian(n, d)
    found = minimise(task, HeadTuning(l2=l2, deletion=deletion))
    for i in range(n + 1):
        kept = _kept(task, i)
        if len(np.unique(task.labels[kept])) < 2:
            continue  # scikit-learn refuses one class
        count = kept.sum() if deletion == "reweighted" else n
        model = LogisticRegression(C=1 / (l2 * count), fit_intercept=False, tol=1e-12, max_iter=10_000)
        wanted = model.fit(task.features[kept], task.labels[kept]).coef_[0]
        assert np.linalg.norm(found.weights[i, 0] - wanted) <= tolerance("minimiser") * np.linalg.norm(wanted)


def _objective(task, tuning, kept, weights):
    outputs = task.features @ weights.reshape(-1, task.dimension).T
    if task.classes > 2:
        each = logsumexp(outputs, axis=1) - outputs[np.arange(task.samples), task.labels]
    else:
        m = task.labels * outputs[:, 0]
        each = {"logistic": np.logaddexp(0, -m), "exponential": np.exp(-m), "squared": (1 - m) ** 2 / 2}[tuning.loss]
    count = kept.sum() if tuning.deletion == "reweighted" else task.samples
    return each[kept].sum() / count + tuning.l2 * weights @ weights / 2


@pytest.mark.parametrize("deletion", ["reweighted", "dropped"])
@pytest.mark.parametrize(("loss", "classes"), [("logistic", 2), ("logistic", 4), ("exponential", 2), ("squared", 2)])
def test_no_minimiser_is_improved_by_scipy(loss, classes, deletion):
    task, tuning = gaussian(9, 3, classes), HeadTuning(loss=loss, l2=0.05, deletion=deletion, step_size=0.1)
    found = minimise(task, tuning)
    for i in range(task.samples + 1):
        kept = _kept(task, i)
        result = minimize(
            lambda w, kept=kept: _objective(task, tuning, kept, w), np.zeros(found.weights[i].size), tol=1e-14
        )
        assert np.linalg.norm(found.weights[i].ravel() - result.x) <= 1e-4
        assert _objective(task, tuning, kept, found.weights[i].ravel()) <= result.fun + 1e-14


@pytest.mark.parametrize("deletion", ["reweighted", "dropped"])
@pytest.mark.parametrize("l2", [1e-8, 1e-2, 10.0])
@pytest.mark.parametrize("task", [gaussian(6, 3), separated(3, 5)], ids=["n > d", "n < d"])
def test_the_stated_error_is_an_upper_end(task, l2, deletion):
    """The squared loss has its minimisers in closed form: here in fifty digits."""
    found = minimise(task, HeadTuning(loss="squared", l2=l2, deletion=deletion))
    assert (found.errors <= 1e-13 / l2).all()
    for i in range(task.samples + 1):
        z = mp.matrix(task.signed[_kept(task, i)].tolist())
        count = z.rows if deletion == "reweighted" else task.samples
        truth = mp.lu_solve(z.T * z / count + mp.mpf(l2) * mp.eye(z.cols), z.T * mp.ones(z.rows, 1) / count)
        assert mp.norm(truth - mp.matrix(found.weights[i, 0].tolist())) <= found.errors[i]


def test_no_minimiser_without_l2():
    with pytest.raises(ValueError, match="l2 > 0; got 0"):
        minimise(gaussian(4, 2), HeadTuning())
