"""Masked reconstruction, as a loss of a model and a batch: of the entries of feature vectors, or of the tokens of a text."""

from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Generator, Tensor, nn

from verify.solvers.strategies.door import BadStrategy, share, whole
from verify.solvers.strategies.draws import uniform, whole_below
from verify.solvers.strategies.formulas import masked_reconstruction_loss

Batch = Tensor | Mapping[str, Tensor]  # samples on the first axis of each tensor

REPLACED, KEPT = 0.8, 0.1  # of the chosen tokens: by the mask, and not at all; the rest by any token of the vocabulary


class MaskedFeatures(nn.Module):
    """Entries of feature vectors are set to `value`, and the decoder is to tell what they were: mean squared error.

    decoder  from what the model gives for (…, d) back to (…, d), mostly nn.Linear(h, d); it is trained along
    rate     share of the entries that are masked, each by itself
    value    in place of a masked entry: 0 for centred features
    """

    def __init__(self, decoder: nn.Module, *, rate: float = 0.15, value: float = 0.0) -> None:
        super().__init__()
        self.decoder, self.rate, self.value = decoder, share("rate", rate, positive=True), value

    def forward(self, model: nn.Module, batch: Batch, generator: Generator | None) -> Tensor:
        """The mean squared error () over the masked entries of a batch (n, …, d)."""
        if not isinstance(batch, Tensor) or batch.ndim < 2 or not batch.is_floating_point():
            raise BadStrategy("inputs: to mask features they must be one tensor of floats with two axes or more")
        mask = uniform(batch, generator) < self.rate
        outputs = self.decoder(model(torch.where(mask, self.value, batch)))
        if outputs.shape != batch.shape:
            shapes = f"{tuple(outputs.shape)} must be that of the batch, {tuple(batch.shape)}"
            raise BadStrategy(f"decoder: what it gives has shape {shapes}")
        return masked_reconstruction_loss(*(tensor.flatten(0, -2) for tensor in (outputs, batch, mask)))


class MaskedTokens(nn.Module):
    """Masked language modelling: of the tokens chosen 80 % become the mask, 10 % any token, and 10 % stay.

    mask_token_id   of the mask, less than vocabulary
    vocabulary      how many tokens the model knows
    special_ids     tokens that are never chosen: padding, start, end, …
    rate            share of the other tokens that are chosen, each by itself
    Source: Devlin et al. 2019 (BERT), section 3.1.
    """

    def __init__(
        self, mask_token_id: int, vocabulary: int, special_ids: Collection[int] = (), *, rate: float = 0.15
    ) -> None:
        super().__init__()
        self.vocabulary = whole("vocabulary", vocabulary, 1)
        self.mask_token_id = whole("mask_token_id", mask_token_id, 0)
        if mask_token_id >= vocabulary:
            raise BadStrategy(f"mask_token_id: {mask_token_id} must be less than the vocabulary, {vocabulary}")
        self.rate = share("rate", rate, positive=True)
        self.special_ids = tuple(special_ids)

    @classmethod
    def of(cls, tokenizer: Any, *, rate: float = 0.15) -> "MaskedTokens":
        """With the numbers of a Hugging Face tokenizer."""
        return cls(tokenizer.mask_token_id, len(tokenizer), tokenizer.all_special_ids, rate=rate)

    def forward(self, model: nn.Module, batch: Batch, generator: Generator | None) -> Tensor:
        """Mean cross-entropy () of the chosen tokens, 0 where none is, under a model with `.logits` (n, length, vocabulary).

        batch  token ids (n, length), or a mapping of `input_ids` and whatever else the model takes; its `labels` belong to
               the task and are left out
        """
        given = {"input_ids": batch} if isinstance(batch, Tensor) else {k: v for k, v in batch.items() if k != "labels"}
        ids = given.get("input_ids")
        if ids is None or ids.is_floating_point():
            raise BadStrategy("inputs: to mask tokens they must be token ids, or a mapping with input_ids")
        chosen = (uniform(ids, generator) < self.rate) & ~torch.isin(ids, ids.new_tensor(self.special_ids))
        if "attention_mask" in given:
            chosen &= given["attention_mask"].bool()
        fate = uniform(ids, generator)
        shown = torch.where(fate < REPLACED, self.mask_token_id, whole_below(self.vocabulary, ids, generator))
        shown = torch.where(chosen & (fate < 1 - KEPT), shown, ids)
        logits = model(**{**given, "input_ids": shown}).logits
        total = nn.functional.cross_entropy(logits[chosen], ids[chosen], reduction="sum")
        return total / chosen.sum().clamp(min=1)
