"""The max-margin regularizer: its formula against plain numpy, its gradients, half precision."""

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch import nn
from torch.autograd import gradcheck, gradgradcheck

from tests.verify.strategies.tensors import STACKS, alike, gaussian, seeded
from verify.solvers.strategies import (
    MaxMarginRegularizer,
    class_mean_penalty,
    distance_penalty,
    masked_reconstruction_loss,
)


def penalty_in_numpy(features, labels, weights):
    means = {}
    for k in set(labels.tolist()):
        share = weights * (labels == k)
        if share.sum() > 0:
            means[k] = share @ features / share.sum()
    closeness = [1 / (1 + np.linalg.norm(means[a] - means[b])) for a, b in combinations(means, 2)]
    return np.mean(closeness) if closeness else 0.0


@given(seed=st.integers(0, 10**6), n=st.integers(0, 9), h=st.integers(1, 4), classes=st.integers(1, 5))
def test_the_penalty_is_that_of_numpy(seed, n, h, classes):
    rng = np.random.default_rng(seed)
    features, labels = rng.standard_normal((n, h)), rng.integers(0, classes, n)
    weights = rng.random(n) * rng.integers(0, 2, n)
    got = class_mean_penalty(*map(torch.tensor, (features, labels, weights)), classes)
    assert got.shape == ()
    alike(got, penalty_in_numpy(features, labels, weights))


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("own_labels", [False, True])
@pytest.mark.parametrize("own_weights", [False, True])
def test_a_stack_has_the_penalty_of_each(stack, own_labels, own_weights):
    n, classes = 7, 3
    features = gaussian(*stack, n, 4)
    labels = torch.randint(classes, (*stack, n) if own_labels else (n,), generator=seeded())
    weights = torch.rand((*stack, n) if own_weights else (n,), dtype=torch.float64, generator=seeded()).round(
        decimals=1
    )
    got = class_mean_penalty(features, labels, weights, classes)
    assert got.shape == stack
    for s in np.ndindex(stack):
        one = penalty_in_numpy(*(np.asarray(a[s] if own else a) for a, own in (
            (features, True), (labels, own_labels), (weights, own_weights)
        )))  # fmt: skip
        alike(got[s], one)


def test_weight_zero_leaves_a_sample_out():
    features, labels = gaussian(6, 3), torch.tensor([0, 1, 0, 1, 1, 0])
    weights = torch.tensor([1.0, 1, 0, 1, 1, 1], dtype=torch.float64)
    left = weights > 0
    alike(class_mean_penalty(features, labels, weights, 2), class_mean_penalty(features[left], labels[left], None, 2))


def test_the_gradients_of_the_penalty():
    features, labels, weights = gaussian(2, 6, 3, grad=True), torch.tensor([0, 1, 2, 0, 1, 1]), torch.full((2, 6), 0.5)
    weights = weights.double().requires_grad_()
    assert gradcheck(lambda x, w: class_mean_penalty(x, labels, w, 4), (features, weights))
    assert gradgradcheck(lambda x: class_mean_penalty(x, labels, None, 3), (features,))


@pytest.mark.parametrize(
    ("labels", "value"), [([0, 0, 1, 1], 2.0), ([0, 1, 2, 0], 2.0), ([1, 1, 1, 1], 0.0), ([-100, -100, -100, 3], 0.0)]
)
def test_coinciding_means_and_missing_classes_have_finite_gradients(labels, value):
    features = torch.ones(4, 3, dtype=torch.float64, requires_grad=True)
    penalty = MaxMarginRegularizer(2.0)(features, torch.tensor(labels))
    penalty.backward()
    assert penalty.item() == value
    assert features.grad.abs().max() == 0


def test_an_empty_batch_has_no_pair():
    features = torch.zeros(0, 3, requires_grad=True)
    penalty = MaxMarginRegularizer()(features, torch.zeros(0, dtype=torch.int64))
    penalty.backward()
    assert penalty.item() == 0 and features.grad.shape == (0, 3)


@given(seed=st.integers(0, 10**6), names=st.lists(st.integers(-5, 10**6), min_size=1, max_size=8))
def test_classes_may_have_any_numbers_and_lack_in_a_batch(seed, names):
    labels, features = np.array(names), np.random.default_rng(seed).standard_normal((len(names), 3))
    got = MaxMarginRegularizer(0.7)(torch.tensor(features), torch.tensor(labels))
    alike(got, 0.7 * penalty_in_numpy(features, labels, np.ones(len(names))))
    assert 0 <= got <= 0.7


def test_ignored_samples_and_more_axes():
    features, labels = gaussian(2, 3, 4), torch.tensor([[0, 1, -100], [1, -100, 0]])
    counts = labels >= 0
    got = MaxMarginRegularizer()(features, labels)
    alike(got, penalty_in_numpy(features[counts].numpy(), labels[counts].numpy(), np.ones(4)))
    assert torch.equal(got, MaxMarginRegularizer()(features, labels.int()))


def test_a_step_against_the_penalty_parts_the_means():
    features, labels = gaussian(8, 3, grad=True), torch.arange(8) % 2
    before = MaxMarginRegularizer()(features, labels)
    before.backward()
    assert MaxMarginRegularizer()(features - 0.1 * features.grad, labels) < before


HALVES = [torch.float16, torch.bfloat16]


@pytest.mark.parametrize("dtype", HALVES)
def test_sums_in_half_precision_neither_overflow_nor_round(dtype):
    labels = torch.arange(16384) % 2
    features = (20 + 0.02 * labels[:, None] + gaussian(16384, 16)).to(dtype).requires_grad_()
    wanted = penalty_in_numpy(features.detach().double().numpy(), labels.numpy(), np.ones(16384))
    penalty = MaxMarginRegularizer()(features, labels)
    assert penalty.dtype == torch.float32
    assert_allclose(penalty.item(), wanted, rtol=1e-3)  # means of 8192 around 20, in float32
    penalty.backward()
    assert features.grad.dtype == dtype and features.grad.isfinite().all()
    other = torch.zeros(16384, 16, dtype=dtype)
    squares = features.detach().double().square()
    loss = masked_reconstruction_loss(features, other, torch.ones(16384, 16, dtype=torch.bool))
    assert_allclose(loss.item(), squares.mean().item(), rtol=1e-5)
    assert_allclose(distance_penalty([features], [other], leading=0).item(), squares.sum().item() / 2, rtol=1e-5)


@pytest.mark.parametrize("dtype", HALVES)
def test_autocast_does_not_touch_the_means(dtype):
    labels, features = torch.arange(512) % 2, (20 + gaussian(512, 16)).float()
    plain = MaxMarginRegularizer()(features, labels)
    with torch.autocast("cpu", dtype=dtype):
        assert torch.equal(MaxMarginRegularizer()(features, labels), plain)
        low = nn.functional.linear(features, torch.eye(16))
        penalty = MaxMarginRegularizer()(low, labels)
    assert low.dtype == dtype and penalty.dtype == torch.float32
    assert_allclose(penalty.item(), penalty_in_numpy(low.double().numpy(), labels.numpy(), np.ones(512)), rtol=1e-3)
