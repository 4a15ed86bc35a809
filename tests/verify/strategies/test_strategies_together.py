"""All strategies in one training loop, and what they refuse."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from tests.verify.strategies.tensors import gaussian, low_rank, masked_setting, seeded
from verify.solvers.strategies import (
    BadStrategy,
    MaskedFeatures,
    MaskedTokens,
    MaxMarginRegularizer,
    MultiHeadLoss,
    freeze,
    l2_to_start,
    mixout,
    noisy,
    self_unsupervised_retraining,
    without_mixout,
)


def test_a_training_loop_in_which_everything_runs():
    torch.manual_seed(0)
    generator = seeded()
    encoder, masked = masked_setting()
    inputs, labels = low_rank(), torch.arange(200) % 3
    inputs[labels == 1] += 1.0
    inputs[labels == 2] -= 1.0
    self_unsupervised_retraining(encoder, inputs, masked, steps=20, generator=generator)
    retrained = copy.deepcopy(encoder)
    freeze(encoder, "0")
    mixout(encoder, 0.2, generator=generator)
    heads, margin, near = (
        MultiHeadLoss(16, 3, 5, generator=generator),
        MaxMarginRegularizer(0.5),
        l2_to_start(encoder, 0.01),
    )
    optimizer = torch.optim.AdamW([*encoder.parameters(), *heads.parameters()], lr=1e-2)
    losses = []
    for _ in range(60):
        features = encoder(noisy(inputs, 0.05, generator))
        loss = heads(features, labels) + margin(features, labels) + near()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    encoder.eval()
    without_mixout(encoder)
    with torch.no_grad():
        features, before = encoder(inputs), retrained(inputs)
        accuracy = (heads.collapse()(features).argmax(dim=-1) == labels).double().mean()
    assert losses[-1] < 0.6 * losses[0] and accuracy > 0.9
    assert margin(features, labels) < margin(before, labels)
    assert torch.equal(encoder[0].weight, retrained[0].weight) and not torch.equal(
        encoder[2].weight, retrained[2].weight
    )


LINEAR = nn.Linear(3, 2)
FROZEN = nn.Linear(3, 2).requires_grad_(False)
MASKED = MaskedFeatures(nn.Linear(2, 3))


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: MultiHeadLoss(0, 2, 3), "features: 0 must be a whole number, 1 or more"),
        (lambda: MultiHeadLoss(4, 2, 2.5), "heads: 2.5 must be"),
        (lambda: MultiHeadLoss("4", 2, 3), "features: '4' must be a whole number, 1 or more"),
        (lambda: MultiHeadLoss(4, 2, 2, init_scale=-1), "init_scale: -1 must be a finite number, 0 or more"),
        (lambda: MultiHeadLoss(3, 2, 2)(torch.ones(4, 3), torch.zeros(4, 1).long()), r"labels: shape \(4, 1\) must be"),
        (lambda: MaxMarginRegularizer(float("nan")), "strength: nan must be"),
        (
            lambda: MaxMarginRegularizer()(torch.ones(4, 3), torch.zeros(4)),
            "labels: torch.float32 must be whole numbers",
        ),
        (lambda: MaxMarginRegularizer()(torch.ones(4), torch.zeros(()).long()), "labels: shape"),
        (lambda: MaskedFeatures(LINEAR, rate=0), "rate: 0 must be more than 0, and less than 1"),
        (lambda: MASKED(LINEAR, torch.ones(3).long(), None), "inputs: to mask features"),
        (lambda: MaskedTokens(9, 5), "mask_token_id: 9 must be less than the vocabulary, 5"),
        (lambda: MaskedTokens(3, 5)(LINEAR, {"x": torch.ones(2)}, None), "inputs: to mask tokens"),
        (lambda: l2_to_start(FROZEN, 1.0), "model: no parameter requires a gradient"),
        (lambda: mixout(LINEAR, 1.0), "rate: 1.0 must be 0 or more, and less than 1"),
        (lambda: mixout(nn.Tanh(), 0.1), "model: it has no linear layer"),
        (
            lambda: [mixout(m, 0.1) for m in [nn.Linear(2, 2)] * 2],
            "layer '' is mixed already; call without_mixout first",
        ),
        (lambda: noisy(torch.ones(2), -0.1), "sigma: -0.1 must be"),
        (lambda: freeze(LINEAR, "embeddings"), "layers: embeddings is no submodule"),
        (lambda: self_unsupervised_retraining(LINEAR, torch.ones(4, 3), MASKED, steps=-1), "steps: -1 must be"),
        (
            lambda: self_unsupervised_retraining(LINEAR, torch.ones(4, 3), MASKED, steps=1, batch_size=0),
            "batch_size: 0",
        ),
        (lambda: self_unsupervised_retraining(LINEAR, torch.ones(0, 3), MASKED, steps=1), r"inputs: \[0\] samples"),
        (
            lambda: self_unsupervised_retraining(LINEAR, np.ones((4, 3)), MASKED, steps=1),
            "inputs: ndarray must be a tensor",
        ),
        (lambda: self_unsupervised_retraining(LINEAR, None, MASKED, steps=1), "inputs: NoneType must be a tensor"),
        (lambda: self_unsupervised_retraining(LINEAR, {"a": [1]}, MASKED, steps=1), "inputs: list must be a tensor"),
        (
            lambda: MaskedFeatures(nn.Linear(2, 1))(LINEAR, torch.ones(4, 3), None),
            r"decoder: what it gives has shape \(4, 1\) must be that of the batch, \(4, 3\)",
        ),
        (
            lambda: MultiHeadLoss(3, 2, 2)(torch.ones(4, 3), torch.tensor([-1, 1, 1, 1])),
            "labels: must be whole numbers from 0 to 1, or -100; Target -1 is out of bounds",
        ),
        (lambda: MultiHeadLoss(3, 2, 2)(torch.ones(2, 3), torch.tensor([0, 2])), "labels: must be .* Target 2 is out"),
        (lambda: MultiHeadLoss(3, 2, 2)(torch.ones(2, 3), [0, 1]), "labels: list must be a tensor"),
        (lambda: MaxMarginRegularizer()(np.ones((2, 3)), torch.ones(2).long()), "features: ndarray must be a tensor"),
        (lambda: self_unsupervised_retraining(LINEAR, {}, MASKED, steps=1), r"inputs: \[\] samples"),
        (
            lambda: self_unsupervised_retraining(LINEAR, {"a": torch.ones(4), "b": torch.ones(5)}, MASKED, steps=1),
            r"inputs: \[4, 5\] samples",
        ),
        (
            lambda: self_unsupervised_retraining(FROZEN, torch.ones(4, 3), lambda m, b, g: m(b).sum(), steps=1),
            "model: no parameter",
        ),
    ],
)
def test_the_door(call, line):
    with pytest.raises(BadStrategy, match=line):
        call()


def test_numbers_of_numpy_are_numbers():
    heads = MultiHeadLoss(np.int64(4), np.int32(2), np.int64(3), init_scale=np.float32(0.1))
    assert heads.weight.shape == (3, 2, 4)
    strength = np.float32(0.5)
    features, labels = gaussian(6, 4).float(), torch.arange(6) % 2
    assert torch.equal(MaxMarginRegularizer(strength)(features, labels), MaxMarginRegularizer(0.5)(features, labels))
    assert l2_to_start(nn.Linear(3, 2), strength)().item() == 0
    model = nn.Linear(3, 2)
    mixout(model, strength)
    inputs = gaussian(9, 3).float()
    masked = MaskedFeatures(nn.Linear(2, 3), rate=strength)
    losses = self_unsupervised_retraining(model, inputs, masked, steps=np.int64(2), batch_size=np.int64(4))
    assert len(losses) == 2 and isinstance(noisy(inputs, strength), torch.Tensor)


def test_a_wrong_name_freezes_nothing():
    model = nn.Sequential(nn.Linear(3, 4))
    with pytest.raises(BadStrategy):
        freeze(model, "0", "1")
    assert all(p.requires_grad for p in model.parameters())
