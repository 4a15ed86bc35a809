"""Masked reconstruction and retraining by it: the loss, what is masked, and that a failure leaves the model alone."""

import copy
from itertools import chain
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn
from torch.autograd import gradcheck
from torch.nn.functional import cross_entropy

from tests.verify.strategies.tensors import STACKS, alike, gaussian, low_rank, masked_setting, seeded
from verify.solvers.strategies import (
    BadStrategy,
    MaskedFeatures,
    MaskedTokens,
    RetrainingDiverged,
    masked_reconstruction_loss,
    self_unsupervised_retraining,
)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("own_mask", [False, True])
def test_masked_loss_is_that_of_numpy(stack, own_mask):
    outputs, inputs = gaussian(*stack, 5, 4), gaussian(5, 4, seed=1)
    mask = torch.rand((*stack, 5, 4) if own_mask else (5, 4), generator=seeded()) < 0.4
    got = masked_reconstruction_loss(outputs, inputs, mask)
    assert got.shape == stack
    for s in np.ndindex(stack):
        of = mask[s] if own_mask else mask
        alike(got[s], np.mean((outputs[s] - inputs)[of].numpy() ** 2))


def test_only_masked_entries_have_gradients():
    outputs, mask = gaussian(5, 4, grad=True), torch.rand(5, 4, generator=seeded()) < 0.4
    masked_reconstruction_loss(outputs, torch.zeros(5, 4), mask).backward()
    assert torch.equal(outputs.grad != 0, mask)
    assert gradcheck(lambda x: masked_reconstruction_loss(x, torch.zeros(5, 4), mask), (outputs,))
    nothing = masked_reconstruction_loss(outputs, torch.zeros(5, 4), torch.zeros(5, 4, dtype=torch.bool))
    outputs.grad = None
    nothing.backward()
    assert nothing.item() == 0 and outputs.grad.abs().max() == 0


def test_retraining_learns_to_reconstruct():
    encoder, masked = masked_setting()
    start = copy.deepcopy(encoder.state_dict())
    optimizer = torch.optim.AdamW([*encoder.parameters(), *masked.parameters()], lr=1e-2)
    losses = self_unsupervised_retraining(
        encoder, low_rank(), masked, steps=150, optimizer=optimizer, generator=seeded(), batch_size=50
    )
    assert len(losses) == 150
    assert np.mean(losses[-20:]) < 0.6 * np.mean(losses[:5])
    assert all(not torch.equal(value, start[name]) for name, value in encoder.state_dict().items())
    assert all(p.grad is None for p in [*encoder.parameters(), *masked.parameters()])


def test_the_same_generator_gives_the_same_bits():
    results = []
    for seed in (3, 3, 4):
        encoder, masked = masked_setting()
        losses = self_unsupervised_retraining(encoder, low_rank(), masked, steps=7, generator=seeded(seed))
        results.append((losses, encoder[0].weight.detach().clone()))
    assert results[0][0] == results[1][0] and torch.equal(results[0][1], results[1][1])
    assert results[0][0] != results[2][0]


def test_every_pass_sees_every_sample_once():
    seen = []

    def watched(model, batch, generator):
        seen.append(batch["ids"].tolist())
        return model(batch["x"]).sum()

    inputs = {"ids": torch.arange(10), "x": torch.zeros(10, 2)}
    self_unsupervised_retraining(nn.Linear(2, 1), inputs, watched, steps=6, batch_size=4, generator=seeded())
    assert [len(batch) for batch in seen] == [4, 4, 2, 4, 4, 2]
    first, second = list(chain(*seen[:3])), list(chain(*seen[3:]))
    assert sorted(first) == sorted(second) == list(range(10)) and first != second


def test_every_part_has_its_own_mode_again():
    encoder, masked = masked_setting()
    encoder.train()
    encoder[1].eval()
    masked.eval()
    modes = []

    def watched(model, batch, generator):
        modes.append([module.training for module in model.modules()])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        self_unsupervised_retraining(encoder, low_rank(), watched, steps=1)
    self_unsupervised_retraining(encoder, low_rank(), masked, steps=1)
    assert modes == [[True] * 4]
    assert [module.training for module in encoder.modules()] == [True, True, False, True]
    assert not masked.training and not masked.decoder.training


def test_a_loss_that_is_no_number_leaves_the_model_as_it_was():
    encoder, masked = masked_setting()
    inputs = low_rank()
    inputs[3] = torch.inf
    before = copy.deepcopy(encoder.state_dict())
    with pytest.raises(RetrainingDiverged, match="at step 1; the inputs are not finite"):
        self_unsupervised_retraining(encoder, inputs, masked, steps=5, batch_size=200, generator=seeded())
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())


def test_the_step_size_is_blamed_for_what_it_did_alone():
    encoder, masked = masked_setting()
    optimizer = torch.optim.SGD([*encoder.parameters(), *masked.parameters()], lr=1e30)
    with pytest.raises(RetrainingDiverged, match=r"at step [2-9]; try a smaller step size"):
        self_unsupervised_retraining(encoder, low_rank(), masked, steps=9, optimizer=optimizer, generator=seeded())
    encoder, masked = masked_setting()
    with torch.no_grad():
        encoder[0].weight[0, 0] = torch.nan
    with pytest.raises(RetrainingDiverged, match="loss: nan at step 1; the model is not finite"):
        self_unsupervised_retraining(encoder, low_rank(), masked, steps=5, generator=seeded())


@pytest.mark.parametrize("part", [0, 1])
def test_an_optimizer_without_a_part_is_refused(part):
    parts = masked_setting()
    optimizer = torch.optim.SGD(parts[part].parameters(), lr=0.1)
    with pytest.raises(BadStrategy, match=r"optimizer: it must hold all that is trained, .*weight is missing"):
        self_unsupervised_retraining(parts[0], low_rank(), parts[1], steps=1, optimizer=optimizer)
    parts[1 - part].requires_grad_(False)
    assert len(self_unsupervised_retraining(parts[0], low_rank(), parts[1], steps=1, optimizer=optimizer)) == 1


def test_masked_features_show_the_value_and_nothing_masked():
    class Echo(nn.Module):
        def forward(self, x):
            self.seen = x
            return x

    echo, batch = Echo(), gaussian(3, 40, 5)
    loss = MaskedFeatures(nn.Identity(), rate=0.25, value=7.0)(echo, batch, seeded())
    masked = echo.seen == 7
    assert torch.equal(echo.seen[~masked], batch[~masked])
    assert_allclose(masked.double().mean(), 0.25, atol=0.06)  # 600 draws: 3.4 deviations, and the seed is fixed
    alike(loss, ((7 - batch[masked]) ** 2).mean())


class Tokens(nn.Module):
    """Logits as a table of the shown token, and what it was shown."""

    def __init__(self, vocabulary):
        super().__init__()
        self.table = nn.Embedding(vocabulary, vocabulary)

    def forward(self, input_ids, **given):
        self.shown, self.given = input_ids, given
        return SimpleNamespace(logits=self.table(input_ids))


def test_masked_tokens_choose_as_bert_does():
    ids = torch.randint(5, 1000, (100, 100), generator=seeded())
    ids[:, 0], ids[:, -1] = 1, 2
    attention = torch.ones_like(ids)
    attention[:, 50:] = 0
    model = Tokens(1000)
    batch = {"input_ids": ids, "attention_mask": attention, "labels": torch.zeros(100)}
    MaskedTokens(3, 1000, (1, 2), rate=0.4)(model, batch, seeded())
    free = ids[:, 1:50]
    shown = model.shown[:, 1:50]
    assert torch.equal(model.shown[:, 50:], ids[:, 50:]) and torch.equal(model.shown[:, 0], ids[:, 0])
    assert set(model.given) == {"attention_mask"}
    replaced, other = (shown == 3).double().mean(), ((shown != free) & (shown != 3)).double().mean()
    assert_allclose([replaced, other], [0.4 * 0.8, 0.4 * 0.1], atol=0.02)  # 4900 draws: 3 deviations, seed fixed


def test_masked_tokens_count_the_chosen_alone():
    ids, model = torch.randint(5, 30, (8, 9), generator=seeded()), Tokens(30)
    masked = MaskedTokens(3, 30, rate=0.5)
    loss = masked(model, ids, seeded())
    chosen = torch.rand(ids.shape, generator=seeded()) < 0.5  # the first draw
    logits = model.table(model.shown)
    wanted = cross_entropy(logits.flatten(0, 1), torch.where(chosen, ids, -100).flatten())
    assert_allclose(loss.item(), wanted.item(), rtol=1e-5)
    nothing = MaskedTokens(3, 30, range(30))(model, ids, seeded())
    nothing.backward()
    assert nothing.item() == 0 and model.table.weight.grad.abs().max() == 0


def test_masked_tokens_read_a_tokenizer():
    class Tokenizer:
        mask_token_id, all_special_ids = 4, [0, 1]

        def __len__(self):
            return 17

    masked = MaskedTokens.of(Tokenizer(), rate=0.2)
    assert (masked.mask_token_id, masked.vocabulary, masked.special_ids, masked.rate) == (4, 17, (0, 1), 0.2)
