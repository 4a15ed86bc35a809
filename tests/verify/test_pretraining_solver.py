"""Encoders that are really trained: what they learn, what a replica never sees, what follows from the seed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from synth.pretraining import transfer_task
from synth.seeds import stream
from verify.encoder import Encoder, drawn_encoder
from verify.networks import Member, crossed
from verify.solvers.pretraining import pretrain, retrain
from verify.solvers.strategies import masked_reconstruction_loss
from verify.tuning import BadTuning

TASKS = [transfer_task(n=12, inputs=8, factors=2, index=index, source_samples=300) for index in range(3)]


@pytest.fixture(scope="module")
def pretrained():
    return pretrain(TASKS, widths=(16,), steps=600, seed=1, step_size=0.01)


def same(a, b) -> bool:
    pairs = zip((*a.weights, *a.biases), (*b.weights, *b.biases), strict=True)
    return all(np.array_equal(x, y) for x, y in pairs)


def test_masked_entries_are_told_far_better_than_by_their_mean(pretrained):
    for one, task in zip(pretrained, TASKS, strict=True):
        assert one.losses.shape == (600,)
        assert one.losses[-100:].mean() < 0.35 * task.source.var() < 1.2 * one.losses[0]


def untold(encoder, inputs) -> float:
    """What a linear decoder fitted to half of masked inputs cannot say of the other half, relative to their variance."""
    seen = np.where(np.random.default_rng(0).random(inputs.shape) < 0.25, 0, inputs)
    features, half = encoder.features(seen), len(inputs) // 2
    features = np.column_stack((features, np.ones(len(features))))
    first, second = features[:half], features[half:]
    decoder = np.linalg.solve(first.T @ first / half + 1e-3 * np.eye(first.shape[1]), first.T @ inputs[:half] / half)
    return float(np.square(inputs[half:] - second @ decoder).mean() / inputs.var())


def test_features_say_more_than_drawn_ones_and_less_of_another_population_until_retrained():
    for index in range(2):
        near, away = (transfer_task(n=24, index=index, test_samples=2000, shift=shift) for shift in (0.0, 1.0))
        here, there = pretrain([near, away], widths=(32, 16), steps=600, step_size=0.01, seed=1)
        drawn = drawn_encoder(inputs=16, widths=(32, 16), seed=1, path=("pretraining", *near.seed_path))
        again = retrain([there], [away], members=[Member()], steps=600)[0]
        retrained = Encoder(tuple(w[0] for w in again.weights), tuple(b[0] for b in again.biases))
        best, most = untold(here.encoder, near.test_inputs), untold(there.encoder, away.test_inputs)
        assert best < 0.9 * untold(drawn, near.test_inputs)
        assert best < 0.7 * most and untold(retrained, away.test_inputs) < 0.85 * most


def test_a_stack_is_its_encoders_trained_alone():
    """Plain modules and Adam, from the same start and the same draws."""
    found = pretrain(TASKS, widths=(5, 4), steps=20, seed=3, batch_size=7, mask_rate=0.4)
    for one, task in zip(found, TASKS, strict=True):
        first = drawn_encoder(inputs=8, widths=(5, 4), seed=3, path=("pretraining", *task.seed_path))
        layers = [nn.Linear(i, o, dtype=torch.float64) for i, o in ((8, 5), (5, 4), (4, 8))]
        for layer, weight in zip(layers, (*first.weights, np.zeros((8, 4))), strict=True):
            layer.load_state_dict({"weight": torch.as_tensor(weight), "bias": torch.zeros(len(weight)).double()})
        model = nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh(), layers[2])
        optimizer, rng = (
            torch.optim.Adam(model.parameters(), lr=3e-3),
            stream(3, "pretraining", *task.seed_path, "draws"),
        )
        for _ in range(20):
            x = torch.as_tensor(task.source[rng.integers(300, size=7)])
            mask = torch.as_tensor(rng.random((1, 7, 8))[0] < 0.4)
            optimizer.zero_grad()
            masked_reconstruction_loss(model(torch.where(mask, 0.0, x)), x, mask).backward()
            optimizer.step()
        assert np.allclose(one.encoder.weights[1], layers[1].weight.detach().numpy(), rtol=0, atol=1e-11)
        assert np.allclose(one.decoder[0], layers[2].weight.detach().numpy(), rtol=0, atol=1e-11)


def test_the_encoder_follows_from_the_source_and_the_seed_alone(pretrained):
    again = pretrain(TASKS, widths=(16,), steps=600, seed=1, step_size=0.01, threads=1)
    assert all(same(a.encoder, b.encoder) for a, b in zip(pretrained, again, strict=True))
    drawn = transfer_task(n=20, inputs=8, factors=2, source_samples=300, draw=4)
    short = pretrain([TASKS[0], drawn], steps=5, seed=1)
    assert same(short[0].encoder, short[1].encoder)
    assert not same(short[0].encoder, pretrain(TASKS[:1], steps=5, seed=2)[0].encoder)


MEMBERS = (*crossed([None, 3], [0, 1]), Member(0, 0))


def test_retraining_goes_on_and_a_replica_never_sees_its_sample(pretrained):
    before = retrain(pretrained, TASKS, members=MEMBERS, steps=30)
    wild = TASKS[0].inputs.copy()
    wild[3] = 1e3
    after = retrain(pretrained, [replace(TASKS[0], inputs=wild), *TASKS[1:]], members=MEMBERS, steps=30)
    for a, b in zip((*before[0].weights, *before[0].biases), (*after[0].weights, *after[0].biases), strict=True):
        assert a.shape[0] == 5
        assert np.array_equal(a[2:4], b[2:4])  # without sample 3
        assert not any(np.allclose(a[row], b[row]) for row in (0, 1, 4))
        assert not np.array_equal(a[0], a[1]) and not np.array_equal(a[0], a[2])
    assert same(before[1], after[1])


def test_no_steps_change_nothing(pretrained):
    kept = retrain(pretrained, TASKS, members=[Member(), Member(2)], steps=0)
    assert np.array_equal(kept[1].weights[0], np.stack([pretrained[1].encoder.weights[0]] * 2))
    assert pretrain(TASKS, steps=0)[0].losses.shape == (0,)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"steps": -1}, "steps: -1"),
        ({"mask_rate": 0.0}, "mask_rate: 0.0 must be more than 0"),
        ({"mask_rate": 1.0}, "mask_rate: 1.0"),
        ({"step_size": np.inf}, "step_size: inf"),
        ({"batch_size": 0}, "batch_size: 0"),
        ({"steps": 1.5}, "steps: 1.5 must be a whole number"),
        ({"steps": "3"}, "steps: '3' must be"),
        ({"seed": -1}, "seed: -1 must be"),
        ({"widths": ()}, "widths: "),
        ({"widths": 5}, "widths: 5 must name one layer or more"),
        ({"widths": (4, 0)}, "widths: 0 must be a whole number, 1 or more"),
        ({"device": "foo"}, "device: foo is none of auto, cpu, cuda"),
        ({"threads": 0}, "threads: 0"),
    ],
)
def test_what_makes_no_sense_is_named(given, message):
    with pytest.raises(BadTuning, match=message):
        pretrain(TASKS, **given)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ((), "members: there must be one or more"),
        ((Member(), Member(-1)), "members: left_out: -1 must be"),
        ((Member(12),), "members: sample 12 cannot be left out of 12"),
        ((Member(0, -1),), "members: seed: -1 must be"),
    ],
)
def test_members_that_are_none_are_not_retrained(pretrained, members, message):
    with pytest.raises(BadTuning, match=message):
        retrain(pretrained, TASKS, members=members)


def test_a_source_without_samples_is_named():
    with pytest.raises(BadTuning, match="tasks: the source of transfer-0 has no sample"):
        pretrain([replace(TASKS[0], source=np.zeros((0, 8)))])


def test_every_task_needs_its_encoder(pretrained):
    with pytest.raises(BadTuning, match="pretrained: must be one for each of 1 tasks; got 3"):
        retrain(pretrained, TASKS[:1], members=[Member()])
