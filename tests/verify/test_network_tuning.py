"""Stacks of networks against one network at a time, and what must not depend on what."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from synth.pretraining import transfer_task
from tests.verify.one_network import OneNetwork, one_at_a_time
from verify.encoder import Encoder, drawn_encoder
from verify.networks import Member, NetworkJob, NetworkTuning, crossed, job_of
from verify.replica_fit import Status
from verify.solvers.network_tuning import tune_networks

MEMBERS = (*crossed([None, 0, 3], [0, 1]), Member(8, 5))
TUNINGS = {
    "gd": {},
    "squared": {"loss": "squared"},
    "dropped": {"deletion": "dropped"},
    "sgd": {"optimiser": "sgd", "batch_size": 4},
    "sgd dropped": {"optimiser": "sgd", "batch_size": 3, "deletion": "dropped"},
    "momentum": {"optimiser": "momentum"},
    "momentum, minibatches": {"optimiser": "momentum", "batch_size": 5, "momentum": 0.5},
    "adamw": {"optimiser": "adamw", "step_size": 0.01, "l2": 0.1},
    "adamw, minibatches": {"optimiser": "adamw", "step_size": 0.01, "batch_size": 4},
    "l2": {"l2": 0.05},
    "l2-sp": {"l2_to_start": 0.3},
    "mixout": {"mixout": 0.4},
    "noise": {"input_noise": 0.2},
    "head alone": {"frozen": 2},
    "head alone, noise": {"frozen": 2, "input_noise": 0.2},
    "first layer frozen": {"frozen": 1, "mixout": 0.2, "input_noise": 0.1, "l2_to_start": 0.1},
    "heads": {"heads": 3, "head_scale": 0.5},
    "mmr": {"margin_strength": 0.7},
    "mmr, minibatches": {"margin_strength": 0.7, "optimiser": "sgd", "batch_size": 4},
    "all at once": {
        "heads": 2, "margin_strength": 0.2, "mixout": 0.1, "input_noise": 0.1, "l2": 0.01, "l2_to_start": 0.1,
        "optimiser": "momentum", "batch_size": 4, "deletion": "dropped",
    },
}  # fmt: skip


def job(n=9, members=MEMBERS, index=0, widths=(6, 4), encoder=None, snapshots=(), **tuning) -> NetworkJob:
    task = transfer_task(n=n, inputs=5, factors=2, index=index, test_samples=7, source_samples=1)
    return job_of(
        task,
        encoder=encoder or drawn_encoder(inputs=5, widths=widths, seed=3),
        tuning=NetworkTuning(**{"steps": 40, "step_size": 0.3, **tuning}),
        members=members,
        snapshots=snapshots,
    )


def fit(*args, **options):
    return tune_networks([job(*args, **options)])[0]


def apart(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


@pytest.mark.parametrize("name", TUNINGS)
def test_a_stack_is_its_networks_trained_alone(name):
    one = job(**TUNINGS[name])
    found = tune_networks([one])[0].parameters[-1]
    wanted = np.stack([one_at_a_time(one, row) for row in range(len(MEMBERS))])
    assert apart(found, wanted) < 1e-10
    assert np.abs(wanted[0] - wanted[2]).max() > 1e-6  # the replicas differ: the test can fail


def test_one_encoder_a_member_and_one_layer():
    encoder = Encoder(
        tuple(np.stack([w + r / 9 for r in range(7)]) for w in drawn_encoder(inputs=5, widths=(4,), seed=0).weights),
        (np.linspace(-1, 1, 28).reshape(7, 4),),
    )
    for tuning in ({}, {"frozen": 1}, {"frozen": 1, "input_noise": 0.1}):
        one = job(encoder=encoder, **tuning)
        wanted = np.stack([one_at_a_time(one, row) for row in range(7)])
        assert apart(tune_networks([one])[0].parameters[-1], wanted) < 1e-10


def test_what_is_looked_at():
    one = job(heads=2, snapshots=(0, 10))
    found = tune_networks([one])[0]
    assert found.steps == (0, 10, 40)
    assert np.array_equal(found.parameters[0], found.start) and not found.distances[0].any()
    model = OneNetwork(one, one.members[2], 2)
    with torch.no_grad():
        for parameter, row in zip(
            [p for layer in model.layers for p in (layer.weight, layer.bias)],
            np.split(found.parameters[-1, 2], np.cumsum([30, 6, 24, 4]))[:4],
            strict=True,
        ):
            parameter.copy_(torch.as_tensor(row).view(parameter.shape))
        weights, biases = found.parameters[-1, 2, 64:72].reshape(2, 4), found.parameters[-1, 2, 72:]
        for head, weight, bias in zip(model.heads, weights, biases, strict=True):
            head.weight.copy_(torch.as_tensor(weight[None]))
            head.bias.copy_(torch.as_tensor(bias[None]))
        outputs, test_outputs = (model(torch.as_tensor(x.copy())).numpy() for x in (one.inputs, one.test_inputs))
        features = model.features(torch.as_tensor(one.inputs.copy())).numpy()
    assert apart(found.outputs[-1, 2], outputs) < 1e-12 and apart(found.test_outputs[-1, 2], test_outputs) < 1e-12
    kept = np.arange(9) != 0
    margins, norm = (one.labels * outputs)[kept], np.linalg.norm(weights.mean(axis=0))
    means = [features[kept & (one.labels == sign)].mean(axis=0) for sign in (1, -1)]
    assert found.head_norms[-1, 2] == pytest.approx(norm)
    assert found.margins[-1, 2] == pytest.approx(margins.min() / norm)
    assert found.class_gaps[-1, 2] == pytest.approx(np.linalg.norm(means[0] - means[1]))
    assert found.risks[-1, 2] == pytest.approx(np.log1p(np.exp(-margins)).mean())
    assert found.distances[-1, 2] == pytest.approx(np.linalg.norm(found.parameters[-1, 2] - found.start[2]))
    assert found.collapsed.shape == (3, 7, 64 + 5)
    assert np.allclose(found.collapsed[-1, 2, 64:], [*weights.mean(axis=0), biases.mean()])


@pytest.mark.parametrize("name", ["gd", "sgd", "mmr", "noise", "mixout", "head alone", "all at once"])
def test_a_sample_left_out_has_no_influence(name):
    one = job(**TUNINGS[name])
    wild = one.inputs.copy()
    wild[3] = 1e3
    labels = one.labels.copy()
    labels[3] *= -1
    before, after = tune_networks([one, replace(one, inputs=wild, labels=labels)])
    rows = [row for row, member in enumerate(MEMBERS) if member.left_out == 3]
    assert np.array_equal(before.parameters[-1, rows], after.parameters[-1, rows])
    assert np.array_equal(before.margins[-1, rows], after.margins[-1, rows])
    assert not np.allclose(before.parameters[-1, 0], after.parameters[-1, 0])


def test_samples_may_come_in_any_order():
    one = job(members=crossed([None, 2], [0]), margin_strength=0.3)
    order = np.random.default_rng(0).permutation(9)
    moved = replace(
        one,
        inputs=one.inputs[order],
        labels=one.labels[order],
        members=crossed([None, int(np.argmax(order == 2))], [0]),
    )
    a, b = tune_networks([one, moved])
    assert apart(b.parameters, a.parameters) < 1e-12
    assert apart(b.outputs, a.outputs[..., order]) < 1e-12


def test_dropping_is_reweighting_with_a_smaller_step():
    """Of the head alone, where replicas have no penalty: (n−1)/n times the step."""
    members = crossed([1], [0, 1])
    dropped = fit(members=members, frozen=2, deletion="dropped", step_size=0.9)
    reweighted = fit(members=members, frozen=2, step_size=0.8)
    assert apart(dropped.parameters, reweighted.parameters) < 1e-12


def test_equal_seeds_begin_alike_and_draw_alike():
    found = fit(members=(Member(0, 4), Member(None, 4), Member(None, 5)), mixout=0.2, input_noise=0.3, step_size=0.0)
    assert np.array_equal(found.start[0], found.start[1]) and not np.array_equal(found.start[1], found.start[2])
    alike = fit(members=(Member(None, 4), Member(None, 4)), mixout=0.2, input_noise=0.3)
    assert np.array_equal(alike.parameters[-1, 0], alike.parameters[-1, 1])


def test_the_same_jobs_give_the_same_bytes_under_any_number_of_threads():
    jobs = [job(index=index, **TUNINGS[name]) for index in range(3) for name in ("gd", "all at once", "adamw")]
    first, second = tune_networks(jobs, threads=1), tune_networks(jobs, threads=3)
    for a, b in zip(first, second, strict=True):
        assert a.parameters.tobytes() == b.parameters.tobytes() and a.test_outputs.tobytes() == b.test_outputs.tobytes()


def test_company_moves_nothing_but_rounding():
    jobs = [job(index=index, n=n, steps=20) for index in range(4) for n in (9, 11)]
    for one, together in zip(jobs, tune_networks(jobs), strict=True):
        assert apart(tune_networks([one])[0].parameters, together.parameters) < 1e-12


def test_single_precision_is_near():
    assert apart(fit(dtype="float32").parameters, fit().parameters) < 1e-4


def test_a_run_that_leaves_the_floats_or_climbs_is_a_status_and_harms_no_other():
    shared = drawn_encoder(inputs=5, widths=(4,), seed=0)
    weights, biases = np.stack([shared.weights[0]] * 2), np.stack([shared.biases[0]] * 2)
    members = (Member(None, 0), Member(2, 0))
    fine = fit(members=members, encoder=Encoder((weights,), (biases,)))
    lost = fit(members=members, encoder=Encoder((weights * [[[np.inf]], [[1]]],), (biases,)))
    assert fine.status == (Status.OK, Status.OK)
    assert lost.status == (Status.NON_FINITE, Status.OK)
    assert np.array_equal(lost.parameters[-1, 1], fine.parameters[-1, 1])
    far = fit(loss="squared", step_size=1e3, steps=300, frozen=2)
    assert set(far.status) == {Status.NON_FINITE} and not far.ok.any()
    assert set(fit(loss="squared", step_size=3.0, steps=3, frozen=2).status) == {Status.DIVERGED}
    high = fit(loss="squared", step_size=1e60, steps=3, frozen=2)
    assert np.isfinite(high.parameters).all() and np.isinf(high.risks).all()
    assert set(high.status) == {Status.DIVERGED}, "the weights are finite, and their squares alone are not"


def test_nothing_moves_without_steps_or_with_steps_of_size_zero():
    assert not fit(steps=0).distances.any()
    assert set(fit(steps=0).status) == {Status.OK}
    assert not fit(step_size=0.0, optimiser="momentum").distances.any()


def test_one_class_has_no_gap():
    one = job()
    found = tune_networks(
        [replace(one, labels=np.ones(9, dtype=np.int64), tuning=replace(one.tuning, margin_strength=1))]
    )[0]
    assert np.isnan(found.class_gaps).all() and found.ok.all()
