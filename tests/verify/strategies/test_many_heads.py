"""The multi-head loss: a mean over heads that one head predicts like."""

import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn
from torch.autograd import gradcheck
from torch.nn.functional import cross_entropy

from tests.verify.strategies.tensors import alike, gaussian, seeded
from verify.solvers.strategies import (
    MultiHeadLoss,
)


def test_the_loss_is_the_mean_over_single_heads():
    heads = MultiHeadLoss(5, 3, 4, generator=seeded()).double()
    features, labels = gaussian(2, 6, 5), torch.randint(3, (2, 6), generator=seeded())
    single = [
        cross_entropy((features @ w.T + b).view(-1, 3), labels.view(-1))
        for w, b in zip(heads.weight, heads.bias, strict=True)
    ]
    alike(heads(features, labels), torch.stack(single).mean().detach())
    assert torch.equal(heads(features, labels), heads(features, labels.int()))


def test_gradients_reach_features_and_every_head():
    heads = MultiHeadLoss(3, 2, 3, generator=seeded()).double()
    labels = torch.tensor([0, 1, 1, 0])
    assert gradcheck(lambda x: heads(x, labels), (gaussian(4, 3, grad=True),))
    heads(gaussian(4, 3), labels).backward()
    assert (heads.weight.grad.abs().amax(dim=(1, 2)) > 0).all()


def test_a_head_has_a_share_of_the_gradient_that_it_alone_would_have():
    many, one = MultiHeadLoss(3, 2, 4, generator=seeded()).double(), MultiHeadLoss(3, 2, 1).double()
    with torch.no_grad():
        one.weight.copy_(many.weight[2:3])
        one.bias.copy_(many.bias[2:3])
    for loss in (many, one):
        loss(gaussian(5, 3), torch.tensor([0, 1, 1, 0, 1])).backward()
    alike(4 * many.weight.grad[2], one.weight.grad[0])


@pytest.mark.parametrize(("classes", "heads"), [(2, 1), (2, 7), (5, 3)])
def test_the_collapsed_head_predicts_the_same(classes, heads):
    loss = MultiHeadLoss(6, classes, heads, generator=seeded())
    features, labels = gaussian(3, 20, 6).float(), torch.randint(classes, (3, 20), generator=seeded())
    optimizer = torch.optim.SGD(loss.parameters(), lr=1.0)
    for _ in range(5):
        optimizer.zero_grad()
        loss(features, labels).backward()
        optimizer.step()
    head = loss.collapse()
    assert isinstance(head, nn.Linear) and head.weight.requires_grad
    assert torch.equal(head(features), loss.logits(features))
    every = torch.stack([features @ w.T + b for w, b in zip(loss.weight, loss.bias, strict=True)])
    assert_allclose(head(features).detach(), every.mean(dim=0).detach(), atol=1e-6)
    with torch.no_grad():
        head.weight.zero_()
    assert loss.logits(features).abs().max() > 0, "the layer is a copy"


def test_heads_start_apart_and_as_the_generator_says():
    same, again, other = (MultiHeadLoss(50, 4, 60, generator=seeded(s)).weight for s in (1, 1, 2))
    assert torch.equal(same, again) and not torch.equal(same, other)
    assert len(torch.unique(same[:, 0, 0])) == 60
    assert same.abs().max() <= 50**-0.5
    assert_allclose(same.std().item(), 50**-0.5 / 3**0.5, rtol=0.05)
    drawn = MultiHeadLoss(50, 4, 60, init_scale=0.3, generator=seeded())
    assert_allclose(drawn.weight.std().item(), 0.3, rtol=0.05)
    assert drawn.bias.abs().max() == 0


def test_another_loss_with_one_logit():
    def logistic(logits, labels):
        return nn.functional.binary_cross_entropy_with_logits(logits.squeeze(-1), labels.to(logits.dtype))

    heads = MultiHeadLoss(3, 1, 4, loss=logistic, generator=seeded()).double()
    features, labels = gaussian(5, 3), torch.tensor([0, 1, 1, 0, 1])
    signs = 2 * labels - 1
    margins = torch.stack(
        [(features @ w.T + b).squeeze(-1) * signs for w, b in zip(heads.weight, heads.bias, strict=True)]
    )
    alike(heads(features, labels), torch.log1p(torch.exp(-margins)).mean().detach())


def test_its_state_goes_to_a_file_and_back(tmp_path):
    heads, other = MultiHeadLoss(3, 2, 4, generator=seeded(0)), MultiHeadLoss(3, 2, 4, generator=seeded(1))
    torch.save(heads.state_dict(), tmp_path / "heads.pt")
    other.load_state_dict(torch.load(tmp_path / "heads.pt"))
    assert torch.equal(heads.weight, other.weight) and torch.equal(heads.bias, other.bias)
