import math

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from synth.pretraining import transfer_task
from synth.task import BadTask


def planes(samples: np.ndarray, factors: int) -> np.ndarray:
    return np.linalg.svd(samples, full_matrices=False)[2][:factors].T


@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_the_planted_angle_is_that_between_the_subspaces(shift):
    pair = transfer_task(n=40, inputs=12, factors=3, shift=shift, noise=0.0)
    angles = subspace_angles(planes(pair.source, 3), planes(pair.inputs, 3))
    assert np.allclose(angles, pair.planted["angle"], atol=1e-7)
    assert pair.planted["angle"] == shift * math.pi / 2


def test_the_latent_margin_is_kept_and_the_labels_follow_one_teacher():
    pair = transfer_task(n=400, margin=0.8, noise=0.0)
    teacher = np.linalg.lstsq(pair.inputs, pair.labels, rcond=None)[0]
    teacher /= np.linalg.norm(teacher)
    grown = transfer_task(n=400, margin=1.8, noise=0.0)
    moved = grown.inputs - pair.inputs  # each point by 1 along the teacher, towards its side
    assert np.allclose(moved, pair.labels[:, None] * moved[0] * pair.labels[0])
    assert (pair.labels * (pair.inputs @ moved[0]) * pair.labels[0]).min() >= 0.8
    assert np.allclose((pair.test_labels * (pair.test_inputs @ moved[0]) * pair.labels[0]).min(), 0.8, atol=0.05)


def test_without_a_shift_source_and_target_are_one_population():
    pair = transfer_task(n=20000, source_samples=20000, test_samples=20000)
    assert np.allclose(np.cov(pair.source.T), np.cov(pair.inputs.T), atol=0.1)
    assert np.allclose(np.cov(pair.test_inputs.T), np.cov(pair.inputs.T), atol=0.1)
    away = transfer_task(n=2, source_samples=20000, shift=1.0)
    assert not np.allclose(np.cov(away.source.T), np.cov(pair.inputs.T), atol=0.5)


def test_the_target_is_the_same_whatever_else_varies():
    few = transfer_task(n=8, seed=3, index=5)
    many = transfer_task(n=30, seed=3, index=5, shift=0.7, source_samples=9, test_samples=300)
    assert many.inputs[:8].tobytes() == few.inputs.tobytes() and np.array_equal(many.labels[:8], few.labels)
    assert many.test_inputs[:256].tobytes() == few.test_inputs.tobytes()
    assert not np.array_equal(few.source[:9], many.source)


def test_draws_and_indices_are_fresh_and_their_teacher_the_same_or_not():
    first, again = transfer_task(n=8), transfer_task(n=8)
    assert first.inputs.tobytes() == again.inputs.tobytes() and first.source.tobytes() == again.source.tobytes()
    drawn, other = transfer_task(n=8, draw=1), transfer_task(n=8, index=1)
    for fresh in (drawn, other):
        assert not np.isin(fresh.inputs, first.inputs).any()
    assert np.array_equal(drawn.test_inputs, first.test_inputs) and np.array_equal(drawn.source, first.source)
    assert not np.isin(other.test_inputs, first.test_inputs).any()


def test_the_target_is_a_task_and_the_arrays_are_read_only():
    pair = transfer_task(n=8, name="mine")
    assert (pair.target.samples, pair.target.dimension, pair.target.name) == (pair.samples, pair.dimension, "mine")
    with pytest.raises(ValueError, match="read-only"):
        pair.inputs[0, 0] = 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"factors": 9}, "factors: 9 must be from 1 to half of the inputs, 8"),
        ({"factors": 0}, "factors: 0"),
        ({"shift": 1.1}, "shift: 1.1 must be from 0"),
        ({"shift": math.nan}, "shift: nan"),
        ({"margin": -1.0}, "margin: -1.0 must be a finite number"),
        ({"noise": math.inf}, "noise: inf must be"),
        ({"n": 1}, "n: 1 must be 2 or more"),
        ({"source_samples": 0}, "source_samples: 0 must be 1 or more"),
        ({"test_samples": -1}, "test_samples: -1"),
    ],
)
def test_what_cannot_be_is_named(given, message):
    with pytest.raises(BadTask, match=message):
        transfer_task(**{"n": 4, **given})
