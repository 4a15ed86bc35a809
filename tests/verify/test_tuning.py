import math

import numpy as np
import pytest

from synth.task import from_arrays
from verify.solvers.tune import Job, tune
from verify.tuning import BadTuning, HeadTuning, steps_at, tuning_from

BAD = [
    ({"loss": "hinge"}, ["loss: hinge", "logistic, exponential, squared"]),
    ({"deletion": "both"}, ["deletion: both", "reweighted, dropped"]),
    ({"order": "sorted"}, ["order: sorted", "full-batch, shuffled"]),
    ({"dtype": "float16"}, ["dtype: float16", "float64, float32"]),
    ({"device": "tpu"}, ["device: tpu", "auto, cpu, cuda"]),
    ({"steps": -1}, ["steps: -1", "0 or more"]),
    ({"steps": 2.5}, ["steps: 2.5", "whole number"]),
    ({"steps": True}, ["steps: True", "whole number"]),
    ({"heads": 0, "init_scale": 1.0}, ["heads: 0", "1 or more"]),
    ({"heads": 2}, ["init_scale", "2 heads", "above 0"]),
    ({"l2": -0.1}, ["l2: -0.1", "a number from 0 to less than 1e+150"]),
    ({"l2": math.inf}, ["l2: inf", "less than"]),
    ({"init_scale": math.nan}, ["init_scale: nan", "finite"]),
    ({"step_size": "large"}, ["step_size: 'large'", "finite number"]),
    ({"step_size": -1.0}, ["step_size: -1.0", "0 or more"]),
    ({"step_size": math.nan}, ["step_size: nan", "finite"]),
    ({"loss": "exponential"}, ["step_size", "exponential", "give a number"]),
    ({"order": "shuffled", "deletion": "dropped"}, ["batch_size: 0", "1 or more"]),
    ({"order": "shuffled", "batch_size": 4}, ["deletion", "dropped", "reweighted"]),
    ({"rate": 0.1}, ["tuning: rate", "none of", "step_size"]),
]


@pytest.mark.parametrize(("given", "words"), BAD, ids=[" ".join(map(str, given)) for given, _ in BAD])
def test_a_bad_value_is_named_with_what_would_be_right(given, words):
    with pytest.raises(BadTuning) as caught:
        tuning_from(given)
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


@pytest.mark.parametrize("loss", ["squared", "exponential"])
def test_losses_of_two_classes_refuse_three(loss):
    with pytest.raises(BadTuning, match=f"loss: {loss} is for two classes; 3 classes need logistic"):
        HeadTuning(loss=loss, step_size=0.1).facts(3)


def test_numbers_of_numpy_are_numbers():
    given, plain = HeadTuning(steps=np.int64(3), l2=np.float32(0.5)), HeadTuning(steps=3, l2=0.5)
    assert given == plain and given.label() == plain.label()


def test_labels_differ_for_different_tunings():
    tunings = [
        HeadTuning(),
        HeadTuning(steps=7),
        HeadTuning(l2=7),
        HeadTuning(step_size=7),
        HeadTuning(dtype="float32"),
    ]
    assert len({t.label() for t in tunings}) == len(tunings)
    assert HeadTuning().label() == HeadTuning(device="cpu").label() == "default"


def test_a_tuning_is_frozen():
    with pytest.raises(AttributeError):
        HeadTuning().steps = 3


def test_a_given_start_is_where_the_run_begins() -> None:
    task = from_arrays([[1.0, 2.0], [0.5, -1.0], [-1.0, 0.3]], [1, -1, -1])
    given = np.array([[0.3, -0.2]])
    fit = tune([Job(task=task, tuning=HeadTuning(steps=0), start=given)])[0]
    assert np.array_equal(fit.start, given) and np.array_equal(fit.weights, np.repeat(given[None], 4, axis=0))
    by_hand = given.copy()
    for _ in range(7):
        pulls = 1 / (1 + np.exp(task.signed @ by_hand[0]))
        by_hand += 0.1 * (pulls @ task.signed) / 3
    moved = tune([Job(task=task, tuning=HeadTuning(steps=7, step_size=0.1), start=given)])[0]
    assert np.allclose(moved.last.weights, by_hand, rtol=1e-13)


@pytest.mark.parametrize("given, scale", [(np.zeros((1, 3)), 0.0), (np.zeros(2), 0.0), (np.zeros((1, 2)), 0.5)])
def test_a_start_that_does_not_fit_is_refused(given: np.ndarray, scale: float) -> None:
    task = from_arrays([[1.0, 2.0], [0.5, -1.0]], [1, -1])
    with pytest.raises(BadTuning, match="start: must be"):
        tune([Job(task=task, tuning=HeadTuning(init_scale=scale), start=given)])


@pytest.mark.parametrize("value", [np.int64(3), np.float32(3), 3, 3.0])
def test_log_steps_may_be_numpy_s(value):
    assert steps_at(value) == 20
