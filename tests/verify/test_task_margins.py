"""The machines of a task, solved in the span of its features, are those of the features themselves."""

import numpy as np
import pytest
from small_tasks import gaussian, separated
from tolerances import tolerance

from synth.task import Task
from theory.margin import class_rows, max_margin
from verify.margins import margins_of, signed_margin

TASKS = {
    "n > d": separated(9, 3),
    "n < d": separated(4, 12),
    "d = 1": separated(5, 1),
    "copies": Task(np.repeat(separated(3, 8).features, 2, axis=0), np.repeat(separated(3, 8).labels, 2)),
    "three classes": Task(np.eye(3)[[0, 1, 2, 0, 1]] + 0.1 * gaussian(5, 3).features, [0, 1, 2, 0, 1]),
    "three classes, n < d": Task(np.eye(9)[[0, 1, 2, 0, 1]] + 0.1 * gaussian(5, 9).features, [0, 1, 2, 0, 1]),
}


def plainly(task, features):
    if task.classes == 2:
        return max_margin(features * task.labels[:, None])
    return max_margin(*class_rows(features, task.labels, task.classes))


def overlap(a, b):
    """Two intervals for one number."""
    return max(a.low, b.low) <= min(a.high, b.high) * (1 + 1e-12)


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.keys())
def test_margins_and_directions_are_those_of_the_features(task):
    found, direct = margins_of(task, left_out=True), plainly(task, task.features)
    assert overlap(found.whole, direct)
    assert overlap(found.angular, plainly(task, task.features / np.linalg.norm(task.features, axis=1)[:, None]))
    assert np.linalg.norm(found.direction - direct.direction) <= found.whole.error + direct.error + 1e-12
    head = found.direction.reshape(-1, task.dimension)
    assert signed_margin(task, 7 * head) == pytest.approx(found.whole.low, rel=tolerance("margin"))
    apart = found.direction_instability
    for i in range(task.samples):
        other = direct.without(i)
        assert overlap(found.left_out[i], other)
        truth = np.linalg.norm(direct.direction - other.direction)
        error = direct.error + other.error + 1e-12
        assert apart.low[i] - error <= truth <= apart.high[i] + error
        assert found.left_out_margins[i] >= found.whole.low


def test_what_nothing_separates_has_no_machine():
    task = Task([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [1, -1, 1])
    found = margins_of(task, left_out=True)
    assert found.whole.separable is False
    assert found.left_out is found.left_out_margins is found.direction_instability is None
    assert not found.direction.any()


@pytest.mark.parametrize(
    ("features", "labels", "weights", "wanted"),
    [
        ([[3.0, 4.0], [0.0, 5.0]], [1, -1], [[0.0, 2.0]], -5.0),
        ([[3.0, 4.0], [0.0, -5.0]], [1, -1], [[0.0, 2.0]], 4.0),
        ([[3.0, 4.0], [0.0, -5.0]], [1, -1], [[0.0, 0.0]], 0.0),
        ([[1.0], [-1.0], [2.0]], [0, 1, 2], [[3.0], [0.0], [4.0]], -0.2),
    ],
)
def test_the_signed_margin_of_a_head(features, labels, weights, wanted):
    assert signed_margin(Task(features, labels), np.array(weights)) == pytest.approx(wanted)
