import math

import pytest

from verify.tuning import BadTuning, HeadTuning, tuning_from

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
    ({"l2": -0.1}, ["l2: -0.1", "finite number, 0 or more"]),
    ({"l2": math.inf}, ["l2: inf", "finite"]),
    ({"init_scale": math.nan}, ["init_scale: nan", "finite"]),
    ({"step_size": "large"}, ["step_size: large", "finite number"]),
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
