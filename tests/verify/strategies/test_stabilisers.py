"""The baselines: pulling back to the start, mixout, noise, freezing."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch import nn
from torch.autograd import gradcheck
from torch.nn.utils import parametrizations, parametrize

from tests.verify.strategies.tensors import RTOL, STACKS, alike, gaussian, seeded
from verify.solvers.strategies import (
    BadStrategy,
    distance_penalty,
    freeze,
    l2_to_start,
    mixed_out,
    mixout,
    noisy,
    without_mixout,
)


@pytest.mark.parametrize("stack", STACKS)
def test_distance_is_that_of_numpy(stack):
    now, start = [[gaussian(*stack, *shape, seed=s) for shape in ((3, 2), (4,), ())] for s in (0, 1)]
    got = distance_penalty(now, start, leading=len(stack))
    assert got.shape == stack
    for s in np.ndindex(stack):
        alike(got[s], 0.5 * sum(((a[s] - b[s]) ** 2).sum() for a, b in zip(now, start, strict=True)))


def test_l2_to_start_pulls_back():
    model = nn.Linear(3, 2)
    model.bias.requires_grad_(False)
    penalty = l2_to_start(model, 3.0)
    assert penalty().item() == 0
    with torch.no_grad():
        model.weight += 0.5
        model.bias += 9.0
    penalty().backward()
    assert_allclose(penalty().item(), 3 / 2 * 6 * 0.25, rtol=1e-6)
    assert_allclose(model.weight.grad, 1.5, rtol=1e-6)


@given(
    w=st.floats(-10, 10), start=st.floats(-10, 10), masked=st.booleans(),
    rate=st.floats(0, 0.95)
)  # fmt: skip
def test_mixed_out_is_its_formula(w, start, masked, rate):
    got = mixed_out(*(torch.tensor([v], dtype=torch.float64) for v in (w, start)), torch.tensor([masked]), rate)
    wanted = (masked * start + (1 - masked) * w - rate * start) / (1 - rate)
    assert_allclose(got.item(), wanted, rtol=RTOL, atol=1e-11)


def test_mixed_out_is_exact_where_it_can_be():
    weight, start, mask = gaussian(2, 50), gaussian(2, 50, seed=1), torch.rand(2, 50, generator=seeded()) < 0.5
    assert torch.equal(mixed_out(weight, start, mask, 0.7)[mask], start[mask])
    assert torch.equal(mixed_out(weight, start, mask & False, 0.0), weight)
    weight.requires_grad_()
    assert gradcheck(lambda w: mixed_out(w, start, mask, 0.7), (weight,))


def test_the_mean_over_all_masks_is_the_weight():
    weight, start, rate = gaussian(4), gaussian(4, seed=1), 0.3
    masks = torch.tensor(list(np.ndindex(2, 2, 2, 2)), dtype=torch.bool)
    chance = (rate * masks.double() + (1 - rate) * (~masks).double()).prod(dim=1)
    alike(chance @ mixed_out(weight, start, masks, rate), weight)


def test_mixout_in_training_and_out_of_it():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(30, 20), nn.Tanh(), nn.Linear(20, 2))
    weight, start = model[0].weight, model[0].weight.detach().clone()
    x = gaussian(5, 30).float()
    mixout(model, 0.6, generator=seeded())
    assert_allclose(model(x).detach(), nn.functional.linear((x @ start.T + model[0].bias).tanh(), model[2].weight,
                    model[2].bias).detach(), atol=1e-5)  # at the start there is nothing to mix  # fmt: skip
    with torch.no_grad():
        weight += 1.0
    mixed = model[0].weight
    back = mixed == start
    assert_allclose(back.double().mean(), 0.6, atol=0.08)
    assert_allclose(mixed[~back].detach(), (start + 1 / 0.4)[~back], rtol=1e-4)
    assert not torch.equal(model(x), model(x))
    model(x).sum().backward()
    assert weight.grad is not None, "the parameter is the one that an optimizer was given"
    model.eval()
    assert torch.equal(model[0].weight, weight)
    model.train()
    wanted = [name for name, _ in nn.Sequential(nn.Linear(1, 1), nn.Tanh(), nn.Linear(1, 1)).named_parameters()]
    trained = weight.detach().clone()
    without_mixout(model)
    assert torch.equal(model[0].weight, trained)
    assert model[0].weight is weight and model.training and model[0].training
    assert sorted(name for name, _ in model.named_parameters()) == sorted(wanted)


@pytest.mark.parametrize(
    ("foreign", "kind"), [(parametrizations.orthogonal, "_Orthogonal"), (parametrizations.weight_norm, "_WeightNorm")]
)
def test_other_parametrisations_are_left_alone(foreign, kind):
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    mixout(model[0], 0.5)
    foreign(model[1])
    before = model[1].weight.detach().clone()
    with pytest.raises(BadStrategy, match=f"layer '1' must be a plain parameter; it is made by {kind}"):
        mixout(nn.ModuleDict({"1": model[1]}), 0.5)
    without_mixout(model)
    assert not parametrize.is_parametrized(model[0]) and torch.equal(model[1].weight, before)
    assert parametrize.is_parametrized(model[1])


def test_a_parametrisation_beside_mixout_is_named_and_nothing_is_taken_off():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    mixout(model, 0.5)
    parametrizations.orthogonal(model[1])
    for call in (without_mixout, lambda m: mixout(m[1], 0.5)):
        with pytest.raises(BadStrategy, match="Mixout, _Orthogonal"):
            call(model)
    assert all(parametrize.is_parametrized(layer) for layer in model)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_weight_that_a_hook_makes_is_not_mixed():
    with pytest.raises(BadStrategy, match="layer '' must be a plain parameter; it is made by a hook"):
        mixout(nn.utils.weight_norm(nn.Linear(3, 3)), 0.5)


def test_noise_has_its_deviation_and_the_generator_its_say():
    x = gaussian(100, 50)
    one, again = noisy(x, 0.2, seeded(5)), noisy(x, 0.2, seeded(5))
    assert torch.equal(one, again) and torch.equal(noisy(x, 0.0), x)
    assert_allclose((one - x).std().item(), 0.2, rtol=0.05)


def test_frozen_layers_stay():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    before = copy.deepcopy(model.state_dict())
    freeze(model, "0")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(gaussian(5, 3).float()).square().sum().backward()
    optimizer.step()
    moved = {name: not torch.equal(value, before[name]) for name, value in model.state_dict().items()}
    assert moved == {"0.weight": False, "0.bias": False, "2.weight": True, "2.bias": True}
