"""The tasks beside an exact worst case, against plain loops."""

import numpy as np
import pytest

from synth.generate import generate
from synth.suites import suite
from tests.tolerances import tolerance
from verify.short_runs import short_runs


@pytest.mark.parametrize(("deletion", "l2"), [("reweighted", 0.0), ("dropped", 0.3)])
def test_the_first_task_by_plain_loops(deletion, l2):
    n, eta = 5, 1.5 / (1 + l2)
    z = generate(suite("paper", 1).specs[0], 0, n=n).signed
    risks = [np.delete(z, i, axis=0) for i in range(n)] + [z]
    beta = max(np.linalg.norm(own, 2) ** 2 / len(own) for own in risks) / 4
    count = [n - 1 if deletion == "reweighted" else n] * n + [n]
    heads, largest = np.zeros((n + 1, z.shape[1])), 0.0
    found = short_runs(samples=n, steps=3, step_size=eta, l2=l2, deletion=deletion, tasks=1)
    for t in range(3):
        largest = max(largest, (np.linalg.norm(z, axis=1) / (1 + np.exp(z @ heads[-1]))).max())
        for k, own in enumerate(risks):
            pull = own.T @ (1 / (1 + np.exp(own @ heads[k]))) / count[k]
            heads[k] += eta / beta * (pull - l2 * beta * heads[k])
        apart = np.linalg.norm(heads[:-1] - heads[-1], axis=1).max()
        assert found["mean"][t] == pytest.approx(apart * beta / largest, rel=tolerance("instability"))
        assert found["worst"][t] >= found["mean"][t]


def test_one_against_all_attains_the_first_step():
    for deletion, sides in (("reweighted", 2), ("dropped", 1)):
        found = short_runs(samples=4, steps=1, step_size=0.5, l2=0.0, deletion=deletion, tasks=2)
        assert found["worst"][0] == pytest.approx(sides * 0.5 / 4)
        assert (found["tasks"] == 2).all()
