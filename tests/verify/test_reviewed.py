"""Cases that once gave a wrong answer, or none."""

import numpy as np
import pytest

from synth.task import BadTask, Task
from theory import convex_gd
from theory.bound import Constants
from verify.measure import direction, parameter
from verify.probe import probe
from verify.replica_fit import Snapshot
from verify.tuning import HeadTuning


@pytest.mark.parametrize("l2", [1e-18, 1e-15, 1e-8])
def test_a_vanishing_l2_term_gives_the_bound_without_one(l2):
    facts = {
        "samples": 9,
        "dimension": 1,
        "sample_norms": np.ones(9),
        "steps": 200,
        "step_size": 1.0,
        "gradient_bound": 1.0,
    }
    for bound in convex_gd.BOUNDS:
        with_l2, without = bound.value(Constants(**facts, l2=l2)), bound.value(Constants(**facts))
        assert with_l2 == pytest.approx(without, rel=200 * l2 + 1e-14)


def test_several_heads_of_several_classes():
    rng = np.random.default_rng(0)
    task = Task(rng.standard_normal((12, 3)), np.arange(12) % 3)
    found = probe(task, HeadTuning(steps=50, heads=2, init_scale=1.0), exact=True)
    assert not [c for c in found.comparisons if c.verdict.name in ("VIOLATED", "SOLVER_FAILED")]
    assert (found.instability["parameter"] <= found.certificate["parameter"]).all()


def test_features_whose_squares_vanish_are_refused():
    with pytest.raises(BadTask, match="1e-200"):
        Task(np.full((2, 1), 1e-200), np.array([-1, 1]))


def test_a_short_replica_widens_the_interval_of_its_direction():
    # Δ leaves a head of length 1e-6: its direction is as uncertain as its own length says, not as ‖w‖ says
    task = Task(np.eye(2), np.array([1, 1]))
    differences = np.array([[[-1 + 1e-6, 0.0]], [[0.0, 0.0]]])
    snapshot = Snapshot(step=10, weights=np.array([[1.0, 0.0]]), differences=differences, certificates=np.ones(2))
    tuning = HeadTuning(steps=10)
    length, turn = parameter(task, tuning, snapshot), direction(task, tuning, snapshot)
    assert turn.high[0] - turn.value[0] >= (length.high[0] - length.value[0]) / 1e-6
