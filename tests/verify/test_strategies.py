"""The strategies: each formula against plain numpy, each part by its promise, and all of them in one training loop."""

import copy
from itertools import chain, combinations
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tolerances import tolerance
from torch import nn
from torch.autograd import gradcheck, gradgradcheck
from torch.nn.functional import cross_entropy
from torch.nn.utils import parametrizations, parametrize

from verify.solvers.strategies import (
    BadStrategy,
    MaskedFeatures,
    MaskedTokens,
    MaxMarginRegularizer,
    MultiHeadLoss,
    RetrainingDiverged,
    class_mean_penalty,
    distance_penalty,
    freeze,
    l2_to_start,
    masked_reconstruction_loss,
    mixed_out,
    mixout,
    noisy,
    self_unsupervised_retraining,
    without_mixout,
)

RTOL = tolerance("formula")
STACKS = [(), (3,), (2, 3)]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def gaussian(*shape, seed=0, grad=False):
    return torch.randn(shape, dtype=torch.float64, generator=seeded(seed)).requires_grad_(grad)


def alike(got, wanted):
    assert_allclose(np.asarray(got.detach()), np.asarray(wanted), rtol=RTOL, atol=RTOL)


def penalty_in_numpy(features, labels, weights):
    means = {}
    for k in set(labels.tolist()):
        share = weights * (labels == k)
        if share.sum() > 0:
            means[k] = share @ features / share.sum()
    closeness = [1 / (1 + np.linalg.norm(means[a] - means[b])) for a, b in combinations(means, 2)]
    return np.mean(closeness) if closeness else 0.0


# ------------------------------------------------------------------------------------------------ the class means


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


# ------------------------------------------------------------------------------------------------ many heads


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


# ------------------------------------------------------------------------------------------------ masked reconstruction


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


def low_rank(n=200, d=8, rank=2):
    """Features in which the seen entries tell the masked ones."""
    return (gaussian(n, rank) @ gaussian(rank, d, seed=1)).float()


def masked_setting(seed=0):
    torch.manual_seed(seed)
    encoder = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 16))
    return encoder, MaskedFeatures(nn.Linear(16, 8), rate=0.3)


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


# ------------------------------------------------------------------------------------------------ the baselines


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


# ------------------------------------------------------------------------------------------------ together, and the door


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
