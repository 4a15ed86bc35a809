"""β against the eigenvalues of every risk, one by one."""

import numpy as np
import pytest
from drawn import tasks, tunings
from hypothesis import given
from small_tasks import gaussian
from tolerances import tolerance

from synth.task import Task
from verify.smoothness import smoothness, step_size
from verify.tuning import HeadTuning

CURVATURE = {("logistic", 2): 0.25, ("logistic", 3): 0.5, ("squared", 2): 1.0}


def by_eigenvalues(task, loss):
    """The largest eigenvalue over the risk on all samples and those without one, each as its own mean."""
    sets = [task.features, *(np.delete(task.features, i, axis=0) for i in range(task.samples))]
    return CURVATURE[loss, task.classes] * max(np.linalg.eigvalsh(x.T @ x / len(x))[-1] for x in sets)


DEGENERATE = {
    "one direction": Task(np.outer([1.0, 2.0, 3.0], [1.0, 2.0]), [1, -1, 1]),
    "one axis": Task([[1.0, 0.0], [1.0, 0.0]], [1, -1]),
    "one sample not zero": Task([[0.5, 0.0], [0.0, 0.0]], [1, -1]),
    "all alike": Task(np.ones((5, 3)), np.ones(5, int)),
    "orthonormal": Task(np.eye(4), [1, -1, 1, -1]),
    "two equal eigenvalues": Task([[2.0, 0], [0, 2.0], [1, 0]], [1, -1, 1]),
    "one outlier": Task(np.vstack([np.eye(3), [[1e6, 0, 0]]]), [1, -1, 1, -1]),
    "all zero": Task(np.zeros((3, 2)), [1, -1, 1]),
    "one dimension": Task([[3.0], [1.0]], [1, -1]),
    "more dimensions": gaussian(5, 30),
    "many samples": gaussian(60, 4),
    "three classes": gaussian(9, 4, 3),
}


@pytest.mark.parametrize("deletion", ["reweighted", "dropped"])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("task", DEGENERATE.values(), ids=DEGENERATE.keys())
def test_it_is_the_largest_over_all_risks(task, scale, deletion):
    task = Task(scale * task.features, task.labels, class_count=task.classes)
    found = smoothness(task, HeadTuning(deletion=deletion))
    assert found == pytest.approx(by_eigenvalues(task, "logistic"), rel=tolerance("smoothness"), abs=1e-300)


@given(tasks(classes=(2,)), tunings(("logistic", "squared")))
def test_it_is_so_on_a_grid_full_of_ties(task, tuning):
    wanted = by_eigenvalues(task, tuning.loss)
    assert smoothness(task, tuning) == pytest.approx(wanted, rel=tolerance("smoothness"), abs=1e-300)


def test_minibatches_ask_for_the_largest_sample_and_the_exponential_loss_has_none():
    task = gaussian(6, 3)
    shuffled = HeadTuning(order="shuffled", batch_size=2, deletion="dropped")
    assert smoothness(task, shuffled) == pytest.approx(0.25 * task.radius**2)
    assert smoothness(task, HeadTuning(loss="exponential", step_size=1.0)) == np.inf


@pytest.mark.parametrize(
    ("beta", "tuning", "wanted"),
    [
        (3.0, {}, 1 / 3),
        (3.0, {"l2": 1.0}, 1 / 4),
        (0.0, {"l2": 1.0}, 1.0),
        (0.0, {}, 0.0),
        (np.inf, {"step_size": 2}, 2.0),
        (3.0, {"step_size": 0.0}, 0.0),
    ],
)
def test_the_automatic_step(beta, tuning, wanted):
    assert step_size(beta, HeadTuning(**tuning)) == pytest.approx(wanted)
