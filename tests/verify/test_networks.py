import math
from dataclasses import replace

import numpy as np
import pytest

from synth.pretraining import transfer_task
from verify.encoder import Encoder, drawn_encoder
from verify.networks import Member, NetworkTuning, crossed, job_of
from verify.tuning import BadTuning

BAD = [
    ({"loss": "hinge"}, ["loss: hinge", "logistic, squared"]),
    ({"optimiser": "adam"}, ["optimiser: adam", "gd, sgd, momentum, adamw"]),
    ({"deletion": "both"}, ["deletion: both", "reweighted, dropped"]),
    ({"dtype": "float16"}, ["dtype: float16", "float64, float32"]),
    ({"device": "tpu"}, ["device: tpu", "auto, cpu, cuda"]),
    ({"steps": -1}, ["steps: -1", "whole number, 0 or more"]),
    ({"steps": True}, ["steps: True", "whole number"]),
    ({"heads": 0}, ["heads: 0", "1 or more"]),
    ({"heads": 2, "head_scale": 0.0}, ["head_scale: 2 heads", "above 0"]),
    ({"frozen": -1}, ["frozen: -1", "0 or more"]),
    ({"batch_size": 2.0, "optimiser": "sgd"}, ["batch_size: 2.0", "whole number"]),
    ({"batch_size": 4}, ["batch_size: gd takes the full batch", "got 4"]),
    ({"optimiser": "sgd"}, ["batch_size: sgd takes minibatches", "got 0"]),
    ({"step_size": "auto"}, ["step_size: 'auto'", "finite number"]),
    ({"steps": "3"}, ["steps: '3'", "whole number"]),
    ({"steps": np.float64(3)}, ["steps: np.float64(3.0)", "whole number"]),
    ({"l2": np.True_}, ["l2: np.True_", "finite number"]),
    ({"step_size": math.inf}, ["step_size: inf", "finite"]),
    ({"l2": -0.1}, ["l2: -0.1", "0 or more"]),
    ({"l2_to_start": math.nan}, ["l2_to_start: nan", "finite"]),
    ({"input_noise": -1}, ["input_noise: -1", "0 or more"]),
    ({"margin_strength": -1}, ["margin_strength: -1", "0 or more"]),
    ({"head_scale": -1}, ["head_scale: -1", "0 or more"]),
    ({"mixout": 1.0}, ["mixout: 1.0", "from 0 to less than 1"]),
    ({"momentum": 1}, ["momentum: 1", "from 0 to less than 1"]),
]


@pytest.mark.parametrize(("given", "words"), BAD, ids=[" ".join(map(str, given.items())) for given, _ in BAD])
def test_a_bad_value_is_named_with_what_would_be_right(given, words):
    with pytest.raises(BadTuning) as caught:
        NetworkTuning(**given)
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


def job(**changed):
    task = transfer_task(n=6, inputs=4, factors=2)
    encoder = drawn_encoder(inputs=4, widths=(3,), seed=0)
    given = {"encoder": encoder, "tuning": NetworkTuning(), "members": (Member(),), "snapshots": (), **changed}
    return job_of(task, **given)


WRONG_JOBS = [
    ({"encoder": drawn_encoder(inputs=5, widths=(3,), seed=0)}, "encoder: takes 5 inputs; inputs have 4"),
    ({"members": ()}, "members: there must be one or more"),
    ({"members": (Member(6),)}, "members: sample 6 cannot be left out of 6"),
    ({"members": (Member(-1),)}, "members: left_out: -1 must be a whole number, 0 or more"),
    ({"members": (Member(True),)}, "members: left_out: True must be"),
    ({"members": (Member(1.0),)}, "members: left_out: 1.0 must be"),
    ({"members": (Member("2"),)}, "members: left_out: '2' must be"),
    ({"members": (Member(), Member(0, -1))}, "members: seed: -1 must be"),
    ({"members": (Member(0, 1.5),)}, "members: seed: 1.5 must be"),
    ({"members": ((0, 0),)}, r"members: \(0, 0\) must be a Member"),
    ({"snapshots": (1.5,)}, "snapshots: 1.5 must be a whole number, 0 or more"),
    ({"snapshots": (True,)}, "snapshots: True must be"),
    ({"snapshots": (-3,)}, "snapshots: -3 must be"),
    ({"snapshots": (7, 301)}, "snapshots: 301 must be one of the steps, 0 to 300"),
    ({"tuning": NetworkTuning(frozen=2)}, "frozen: 2 layers; the encoder has 1"),
    ({"encoder": Encoder((np.zeros((2, 3, 4)),), (np.zeros((2, 3)),))}, "encoder: is one for each of 2 members; got 1"),
]


@pytest.mark.parametrize(("changed", "message"), WRONG_JOBS, ids=[message for _, message in WRONG_JOBS])
def test_a_job_that_does_not_fit_is_refused(changed, message):
    with pytest.raises(BadTuning, match=message):
        job(**changed)


@pytest.mark.parametrize(
    ("weights", "biases"),
    [
        ((), ()),
        ((np.zeros((3, 4)),), ()),
        ((np.zeros((3, 4)),), (np.zeros(4),)),
        ((np.zeros((3, 4)), np.zeros((2, 4))), (np.zeros(3), np.zeros(2))),
        ((np.zeros((3, 4)), np.zeros((5, 2, 3))), (np.zeros(3), np.zeros((5, 2)))),
    ],
)
def test_layers_that_do_not_fit_are_no_encoder(weights, biases):
    with pytest.raises(BadTuning, match="encoder: "):
        Encoder(weights, biases)


WRONG_ARRAYS = [
    ({"test_inputs": np.zeros((5, 3))}, "encoder: takes 4 inputs; test_inputs have 3"),
    ({"test_inputs": np.zeros(4)}, r"test_inputs: must be numbers with two axes; got float64 of shape \(4,\)"),
    ({"inputs": np.zeros(6)}, "inputs: must be numbers with two axes"),
    ({"inputs": [[0.0] * 4] * 6}, "inputs: must be a NumPy array; got list"),
    ({"inputs": np.full((6, 4), "1")}, "inputs: must be numbers with two axes; got <U1"),
    ({"inputs": np.zeros((0, 4)), "labels": np.zeros(0)}, "inputs: there must be one sample or more; got 0"),
    ({"labels": [1] * 6}, "labels: must be a NumPy array; got list"),
    ({"labels": np.zeros(6)}, "labels: must be 6 numbers"),
]


@pytest.mark.parametrize(("changed", "message"), WRONG_ARRAYS, ids=[message for _, message in WRONG_ARRAYS])
def test_arrays_that_do_not_fit_are_refused_by_name(changed, message):
    with pytest.raises(BadTuning, match=message):
        replace(job(), **changed)


def test_what_a_member_sees_and_what_it_counts():
    members = (Member(None, 1), Member(2, 1))
    assert np.array_equal(job(members=members).kept, [[1, 1, 1, 1, 1, 1], [1, 1, 0, 1, 1, 1]])
    reweighted = job(members=members).sample_weights
    dropped = job(members=members, tuning=NetworkTuning(deletion="dropped")).sample_weights
    assert np.allclose(reweighted, [[1 / 6] * 6, [0.2, 0.2, 0, 0.2, 0.2, 0.2]])
    assert np.allclose(dropped, [[1 / 6] * 6, [1 / 6, 1 / 6, 0, 1 / 6, 1 / 6, 1 / 6]])


def test_the_last_step_is_looked_at():
    looks = job(snapshots=(7, np.int64(0), 7, 300, 20)).looks
    assert looks == (0, 7, 20, 300) and {type(step) for step in looks} == {int}


def test_numbers_of_numpy_are_numbers():
    given = NetworkTuning(steps=np.int64(3), step_size=np.float32(0.5), mixout=np.float64(0.25), l2=np.int32(2))
    plain = NetworkTuning(steps=3, step_size=0.5, mixout=0.25, l2=2)
    assert given == plain and given.label() == plain.label()
    assert type(given.steps) is int and type(given.step_size) is float
    assert job(members=(Member(np.int64(2), np.int64(1)),)).kept.sum() == 5


def test_every_sample_with_every_seed():
    assert crossed([None, 4], [0, 1]) == (Member(None, 0), Member(None, 1), Member(4, 0), Member(4, 1))


def test_labels_differ_for_different_tunings():
    tunings = [NetworkTuning(), NetworkTuning(steps=7), NetworkTuning(heads=7), NetworkTuning(l2=7)]
    assert len({tuning.label() for tuning in tunings}) == 4
    assert NetworkTuning(device="auto").label() == "default"


def test_an_encoder_computes_its_features():
    encoder = drawn_encoder(inputs=4, widths=(3, 2), seed=0)
    x = np.random.default_rng(0).standard_normal((5, 4))
    first, second = encoder.weights
    assert (encoder.inputs, encoder.widths, encoder.members) == (4, (3, 2), None)
    assert np.allclose(encoder.features(x), np.tanh(np.tanh(x @ first.T) @ second.T))
    both = Encoder(tuple(np.stack([w, 2 * w]) for w in encoder.weights), tuple(np.zeros((2, k)) for k in (3, 2)))
    assert both.features(x).shape == (2, 5, 2) and both.members == 2
    assert np.allclose(both.features(x)[0], encoder.features(x))
