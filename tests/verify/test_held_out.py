"""Held-out flips: the certified claim against retrained replicas, with claims cut too small that must fail."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tolerances import tolerance

from synth.task import Task, from_arrays
from verify import flips
from verify.held_out import held_out, part, split
from verify.replica_fit import Snapshot
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning


def drawn(n, d, classes, seed):
    rng = np.random.default_rng([seed, n, d, classes])
    return from_arrays(rng.standard_normal((n, d)), rng.permutation(np.arange(n) % classes))


def contradicted(task, fit, points, shrink=1.0):
    """Whether a replica flips a prediction that the claim, its certificates cut by `shrink`, calls safe."""
    sure = flips.may_flip(task, fit.last, shrink * fit.last.certificates, points)
    return bool((flips.flipped(fit.last, points) & ~sure).any())


@settings(max_examples=12, deadline=None)
@given(st.integers(5, 14), st.integers(1, 16), st.integers(2, 4), st.integers(0, 40), st.sampled_from([0.0, 0.7]),
       st.sampled_from([0.0, 0.05]), st.integers(0, 10**6))  # fmt: skip
def test_what_is_certified_never_flips(n, d, classes, steps, scale, l2, seed):
    task = drawn(max(n, 2 * classes), d, classes, seed)
    (fit,) = tune([Job(task=task, tuning=HeadTuning(steps=steps, init_scale=scale, l2=l2), seed=seed)])
    points = np.random.default_rng(seed).standard_normal((40, d))
    assert not contradicted(task, fit, points)


def test_certificates_cut_to_half_are_contradicted():
    """The twin that must fail: after one step c_i is attained, so that half of it is too small."""
    found = []
    for seed in range(5):
        task = drawn(8, 2, 2, seed)
        (fit,) = tune([Job(task=task, tuning=HeadTuning(steps=1))])
        points = np.random.default_rng(seed).standard_normal((400, 2))
        assert not contradicted(task, fit, points)
        found.append(contradicted(task, fit, points, 0.5))
    assert any(found)


def facing(k):
    """A head and a replica whose outputs 0 and 1 come nearer by all that a movement of norm 1 allows, at x = e_0."""
    weights, difference = np.zeros((k, 3)), np.zeros((1, k, 3))
    difference[0, :2, 0] = np.array([-1, 1]) / np.sqrt(2)
    return weights, difference


@pytest.mark.parametrize(("factor", "flips_it"), [(0.999, True), (1.001, False)])
def test_the_root_of_two_is_needed(factor, flips_it):
    """Just within √2 the prediction flips, so that no smaller constant would do; just beyond it cannot."""
    weights, difference = facing(3)
    weights[:, 0] = np.sqrt(2) * factor, 0.0, -5.0
    task = Task(np.eye(3), np.arange(3))
    snapshot = Snapshot(step=1, weights=weights, differences=difference, certificates=np.ones(1))
    point = np.array([[1.0, 0.0, 0.0]])
    assert flips.flipped(snapshot, point).item() is flips_it
    assert flips.may_flip(task, snapshot, np.ones(1), point).item() is flips_it
    assert not flips.may_flip(task, snapshot, np.ones(1) / np.sqrt(2), point).item()  # κ = 1: contradicted within √2


def test_beside_the_span_nothing_moves():
    """More features than samples: only the part of a point in the span of the training features counts."""
    task = Task(np.eye(4)[:2], np.array([1, -1]))
    points = np.array([[0.3, 0.4, 5.0, 0.0]])
    np.testing.assert_allclose(flips.reach(task, points), 0.5, rtol=tolerance("formula"))
    assert flips.reach(part(Task(np.eye(4), np.array([1, -1, 1, -1])), np.arange(4)), points) > 5


def test_counts_are_those_of_every_pair_by_hand():
    task, tuning = drawn(30, 3, 3, 4), HeadTuning(steps=60)
    found = held_out(task, tuning, seed=7)
    kept = np.setdiff1d(np.arange(30), found.indices)
    weights = {i: tune([Job(task=part(task, np.delete(kept, i)), tuning=HeadTuning(steps=60, step_size=found.fit.step_size))],
                       replicas=False)[0].last.weights for i in range(len(kept))}  # fmt: skip
    x = task.features[found.indices]
    own = (x @ found.fit.last.weights.T).argmax(axis=1)
    moved = np.array([(x @ w.T).argmax(axis=1) != own for w in weights.values()])
    np.testing.assert_array_equal(found.flips, moved.sum(axis=0))
    assert found.pairs["measured"] == pytest.approx(moved.mean(), rel=tolerance("formula"))
    assert found.predictions["measured"] == pytest.approx(moved.any(axis=0).mean(), rel=tolerance("formula"))
    sure = flips.may_flip(found.training, found.fit.last, found.fit.last.certificates, x)
    np.testing.assert_array_equal(found.may_flip, sure.sum(axis=0))
    assert found.accuracy == np.mean(own == task.labels[found.indices])
    assert (found.flips <= found.may_flip).all()


def test_one_run_certifies_the_same():
    task = drawn(25, 3, 2, 1)
    exact, once = (held_out(task, HeadTuning(steps=30), exact=e) for e in (True, False))
    np.testing.assert_array_equal(exact.may_flip, once.may_flip)
    assert once.flips is None
    assert "--exact" in once.reasons["measured"]


def test_the_split_is_stratified_seeded_and_leaves_single_samples():
    labels = np.array([0] * 40 + [1] * 20 + [2])
    task = Task(np.random.default_rng(0).standard_normal((61, 2)), labels)
    chosen = split(task, 3)
    assert len(chosen) == 12
    assert 60 not in chosen
    assert abs(int((labels[chosen] == 0).sum()) - 8) <= 1
    np.testing.assert_array_equal(chosen, split(task, 3))
    assert not np.array_equal(chosen, split(task, 4))


@pytest.mark.parametrize(("labels", "reason"), [(np.arange(9) % 2, "9 samples"), (np.arange(12), "single sample")])
def test_too_few_to_hold_out(labels, reason):
    task = from_arrays(np.random.default_rng(0).standard_normal((len(labels), 2)), labels)
    found = held_out(task, HeadTuning(steps=3))
    assert isinstance(found, str)
    assert reason in found


def test_without_a_certificate_flips_are_still_measured():
    found = held_out(drawn(20, 2, 2, 0), HeadTuning(loss="exponential", step_size=0.1, steps=20))
    assert found.may_flip is None
    assert found.predictions["certified"] is None
    assert "smoothness" in found.reasons["certified"]
    assert found.flips is not None
