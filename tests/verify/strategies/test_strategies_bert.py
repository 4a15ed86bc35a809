"""The strategies on Hugging Face models, tiny and from random weights: nothing is downloaded."""

import copy
import re
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from verify.solvers.strategies import (
    MaskedTokens,
    MaxMarginRegularizer,
    MultiHeadLoss,
    freeze,
    l2_to_start,
    mixout,
    self_unsupervised_retraining,
    without_mixout,
)

transformers = pytest.importorskip("transformers", reason="needs the extra: pip install 'tightrope[real]'")

pytestmark = pytest.mark.thorough

PAD, START, MASK, WORDS = 0, 1, 2, 15
SAMPLES, LENGTH, WIDTH = 64, 10, 32


@pytest.fixture(scope="module")
def config():
    return transformers.BertConfig(
        vocab_size=WORDS,
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=LENGTH,
        pad_token_id=PAD,
    )


@pytest.fixture(scope="module")
def text():
    """Two kinds of text of several lengths, of seven words each of which they share two; and which is which."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(SAMPLES) % 2
    ids = torch.randint(3, 10, (SAMPLES, LENGTH), generator=generator) + 5 * labels[:, None]
    ids[:, 0] = START
    attention = (torch.arange(LENGTH) < torch.randint(6, LENGTH + 1, (SAMPLES, 1), generator=generator)).long()
    return {"input_ids": ids * attention, "attention_mask": attention}, labels


@pytest.fixture(scope="module")
def retrained(config, text):
    """A masked language model before and after SURT, and the losses on the way."""
    torch.manual_seed(0)
    model = transformers.BertForMaskedLM(config)
    before = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = self_unsupervised_retraining(
        model, text[0], MaskedTokens(MASK, WORDS, (PAD, START, MASK), rate=0.3),
        steps=120, optimizer=optimizer, generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    return before, model, losses


def pooled(encoder, inputs):
    return encoder(**inputs).last_hidden_state[:, 0]


def gap(encoder, text):
    """‖μ_+ − μ_−‖ of the features, without dropout."""
    inputs, labels = text
    with torch.no_grad():
        features = pooled(encoder.eval(), inputs)
    return torch.linalg.vector_norm(features[labels == 1].mean(dim=0) - features[labels == 0].mean(dim=0)).item()


def tuned(encoder, text, *, strength, steps=25):
    """The encoder and its heads after fine-tuning, and the heads' losses."""
    inputs, labels = text
    torch.manual_seed(1)
    encoder = copy.deepcopy(encoder).train()
    heads, margin = MultiHeadLoss(WIDTH, 2, 5), MaxMarginRegularizer(strength)
    optimizer = torch.optim.AdamW([*encoder.parameters(), *heads.parameters()], lr=1e-3)
    losses = []
    for _ in range(steps):
        features = pooled(encoder, inputs)
        loss = heads(features, labels)
        optimizer.zero_grad()
        (loss + margin(features, labels)).backward()
        optimizer.step()
        losses.append(loss.item())
    return encoder, heads, losses


def test_retraining_lowers_the_loss_and_moves_the_encoder(retrained):
    before, after, losses = retrained
    assert sum(losses[-10:]) < 0.9 * sum(losses[:10])
    moved = [not torch.equal(a, b) for a, b in zip(before.bert.parameters(), after.bert.parameters(), strict=True)]
    assert all(moved)


def test_after_retraining_masked_words_are_guessed_by_their_kind(retrained, text):
    """The reconstruction has learnt what the labels, which it never saw, say: a word of this text's kind."""
    _, after, _ = retrained
    inputs, labels = text
    hidden = {**inputs, "input_ids": inputs["input_ids"].index_fill(1, torch.tensor([3]), MASK)}
    with torch.no_grad():
        chance = torch.softmax(copy.deepcopy(after).eval()(**hidden).logits[:, 3], dim=-1)
    own = chance[:, 10:].sum(dim=1) - chance[:, 3:8].sum(dim=1)  # the words of kind 1 alone, and of kind 0 alone
    assert own[labels == 1].mean() > own[labels == 0].mean() + 0.2


def test_the_masked_loss_is_the_models_own(config, text):
    torch.manual_seed(0)
    model, inputs = transformers.BertForMaskedLM(config).eval(), text[0]
    shown = []
    model.register_forward_pre_hook(lambda _, args, given: shown.append(given["input_ids"]), with_kwargs=True)
    special = (PAD, START)
    loss = MaskedTokens(MASK, WORDS, special)(model, inputs, torch.Generator().manual_seed(3))
    ids = inputs["input_ids"]
    chosen = torch.rand(ids.shape, generator=torch.Generator().manual_seed(3)) < 0.15  # its first draw
    chosen &= (ids != PAD) & (ids != START)
    own = model(**{**inputs, "input_ids": shown[0]}, labels=torch.where(chosen, ids, -100)).loss
    assert loss.item() == pytest.approx(own.item(), rel=1e-5)


def test_fine_tuning_with_both_after_retraining(retrained, text):
    _, language_model, _ = retrained
    start = language_model.bert
    encoder, heads, losses = tuned(start, text, strength=1.0)
    assert losses[-1] < 0.5 * losses[0]
    moved = [not torch.equal(a, b) for a, b in zip(start.parameters(), encoder.parameters(), strict=True)]
    assert all(moved)
    assert gap(encoder, text) > gap(start, text)
    with torch.no_grad():
        features = pooled(encoder.eval(), text[0])
    assert torch.equal(heads.collapse()(features), heads.logits(features))
    assert (heads.collapse()(features).argmax(dim=-1) == text[1]).double().mean() > 0.9


def test_the_regulariser_opens_the_gap_more_than_the_loss_alone(retrained, text):
    before, _, _ = retrained
    with_it, without = (gap(tuned(before.bert, text, strength=s)[0], text) for s in (10.0, 0.0))
    assert with_it > 1.2 * without


def test_the_collapsed_head_is_the_classifier_of_a_stock_model(config, text):
    torch.manual_seed(0)
    model = transformers.BertForSequenceClassification(config).eval()
    inputs, _ = text
    heads = MultiHeadLoss(WIDTH, 2, 5)
    model.classifier = heads.collapse()
    assert torch.equal(model(**inputs).logits, heads.logits(model.bert(**inputs).pooler_output))


def test_the_baselines_on_a_bert(config, text):
    torch.manual_seed(0)
    encoder, inputs = transformers.BertModel(config, add_pooling_layer=False), text[0]
    names = set(encoder.state_dict())
    before = copy.deepcopy(encoder.state_dict())
    freeze(encoder, "embeddings", "encoder.layer.0")
    near = l2_to_start(encoder, 0.1)
    mixout(encoder, 0.5)
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=1e-3)
    head = torch.nn.Linear(WIDTH, 2)
    for _ in range(2):
        loss = cross_entropy(head(pooled(encoder, inputs)), text[1]) + near()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert near().item() > 0
    without_mixout(encoder)
    assert set(encoder.state_dict()) == names
    moved = {name for name, value in encoder.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {name for name in names if name.startswith("encoder.layer.1")}


def test_the_example_of_the_docs():
    page = (Path(__file__).parents[3] / "docs/strategies.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    scope = {}
    exec(compile(example, "docs/strategies.md", "exec"), scope)
    with torch.no_grad():
        features = scope["encoder"].eval()(scope["ids"]).last_hidden_state[:, 0]
        found = scope["classifier"](features)
    assert torch.equal(found, scope["heads"].logits(features))
    assert (found.argmax(dim=-1) == scope["labels"]).double().mean() > 0.9
