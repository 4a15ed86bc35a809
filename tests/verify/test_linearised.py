"""The linearised network against finite differences, against the head solver's bound, and against the network itself."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from synth.pretraining import transfer_task
from tests.verify.one_network import OneNetwork
from verify.encoder import Encoder, drawn_encoder
from verify.interpolation import interpolation
from verify.networks import Member, NetworkTuning, job_of
from verify.solvers.linearised import linearisation_gap, linearise
from verify.solvers.network_tuning import tune_networks
from verify.solvers.prepare import Job
from verify.solvers.tune import tune
from verify.tuning import BadTuning, HeadTuning


def job(widths=(12, 5), **tuning):
    task = transfer_task(n=8, inputs=5, factors=2, test_samples=6)
    given = {"loss": "squared", "steps": 60, "step_size": 0.02, "head_scale": 0.5, **tuning}
    return job_of(
        task,
        encoder=drawn_encoder(inputs=5, widths=widths, seed=1),
        tuning=NetworkTuning(**given),
        members=(Member(None, 2),),
    )


@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_the_jacobian_is_that_of_the_network(frozen):
    one = job(frozen=frozen)
    tangent = linearise(one, seed=2)
    model = OneNetwork(one, one.members[0], 0)
    parameters = [p for layer in [*model.layers[frozen:], *model.heads] for p in (layer.weight, layer.bias)]
    for inputs, jacobian, outputs in (
        (one.inputs, tangent.task.features, tangent.outputs),
        (one.test_inputs, tangent.test_jacobian, tangent.test_outputs),
    ):
        for x, row, value in zip(inputs, jacobian, outputs, strict=True):
            out = model(torch.as_tensor(x[None].copy()))
            slope = torch.autograd.grad(out.sum(), parameters)
            assert np.allclose(row, torch.cat([g.reshape(-1) for g in slope]).numpy(), rtol=1e-12, atol=1e-14)
            assert value == pytest.approx(out.item(), rel=1e-12)


def test_the_start_gives_the_network_s_outputs_and_the_bound_by_distance_applies():
    tangent = linearise(job(), seed=2)
    assert np.allclose(tangent.task.features @ tangent.start[0], tangent.outputs, atol=1e-12)
    assert np.array_equal(tangent.predict(tangent.start), tangent.test_outputs)
    assert interpolation(tangent.task, tangent.start).condition > 0


def test_descent_of_the_head_is_descent_of_the_linearised_network():
    one = job()
    tangent = linearise(one, seed=2)
    delta, features, labels = np.zeros(tangent.start.shape[1]), tangent.task.features, one.labels
    for _ in range(30):
        margins = labels * (tangent.outputs + features @ delta)
        delta += 0.02 * (labels * (1 - margins)) @ features / 8
    head = HeadTuning(loss="squared", steps=30, step_size=0.02)
    (fit,) = tune([Job(task=tangent.task, tuning=head, start=tangent.start)])
    assert np.allclose((fit.last.weights - tangent.start)[0], delta, atol=1e-12)
    assert np.allclose(tangent.predict(fit.weights).shape, (9, 6))
    assert np.allclose(tangent.predict(fit.last.weights), tangent.test_outputs + tangent.test_jacobian @ delta)


def test_with_a_frozen_encoder_the_network_is_its_linearisation():
    for loss in ("squared", "logistic"):
        gap = linearisation_gap(job(frozen=2, loss=loss), seed=2)
        assert max(gap) < 1e-12


def test_the_gap_is_of_second_order_in_the_way_that_is_gone():
    near, far = (linearisation_gap(job(steps=steps), seed=2) for steps in (10, 20))
    assert 0 < near.mean <= near.largest < far.largest
    assert 1.6 < far.parameter / near.parameter < 2.4  # relative: of first order in the steps
    assert 3 < far.mean / near.mean < 5


def test_wide_networks_stay_near():
    """Steps like 1/h and heads like 1/√h: outputs move alike at any width h, features ever less."""
    narrow, wide = (
        linearisation_gap(job(widths=(h,), head_scale=h**-0.5, step_size=0.4 / h), seed=2).parameter for h in (8, 2048)
    )
    assert wide < 0.2 * narrow


def test_what_has_no_linearisation_is_refused():
    with pytest.raises(BadTuning, match="heads: one head is linearised; got 2"):
        linearise(job(heads=2))
    own = Encoder((np.zeros((1, 3, 5)),), (np.zeros((1, 3)),))
    with pytest.raises(BadTuning, match="encoder: one for all members"):
        linearise(replace(job(), encoder=own))
    with pytest.raises(BadTuning, match=r"plain gradient descent; got .*l2=0\.1"):
        linearisation_gap(job(l2=0.1))


def test_inputs_in_single_precision_are_taken_as_they_are():
    one = job(frozen=1)
    low = replace(one, inputs=one.inputs.astype(np.float32), test_inputs=one.test_inputs.astype(np.float32))
    same = replace(low, inputs=low.inputs.astype(np.float64), test_inputs=low.test_inputs.astype(np.float64))
    found, wanted = linearise(low), linearise(same)
    assert found.task.features.dtype == np.float64
    assert np.allclose(found.test_jacobian, wanted.test_jacobian, rtol=1e-12, atol=1e-14)
    assert linearisation_gap(low).largest == pytest.approx(linearisation_gap(same).largest, rel=1e-6)


@pytest.mark.parametrize("name", ["inputs", "test_inputs"])
def test_inputs_that_are_no_numbers_have_no_slope(name):
    wild = getattr(job(), name).copy()
    wild[0, 0] = np.nan
    with pytest.raises(BadTuning, match="inputs: the network or its slope is not finite there"):
        linearise(replace(job(), **{name: wild}))


def test_a_network_that_does_not_move_has_no_gap():
    assert max(linearisation_gap(job(steps=0))) < 1e-14
    assert tune_networks([job(steps=0)])[0].ok.all()
