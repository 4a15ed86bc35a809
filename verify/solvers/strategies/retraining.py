"""SURT: before it is fine-tuned, a model goes on with its pre-training task, on the inputs of the new task.

Labels are not used, so all inputs at hand may take part. The start of fine-tuning is to come nearer to its end.
Source: Fu, So & Collier 2023 (arXiv:2301.09820), self unsupervised re-training.
"""

import math
from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Generator, Tensor, nn
from torch.optim import AdamW, Optimizer

from verify.solvers.strategies.door import BadStrategy, whole
from verify.solvers.strategies.masking import Batch

MaskedLoss = Callable[[nn.Module, Batch, Generator | None], Tensor]

STEP_SIZE = 5e-5  # of AdamW where no optimizer is given: the usual one for masked language models


class RetrainingDiverged(ArithmeticError):
    """A loss that is no number; the message says at which step, and the model is as it was before that step."""


def self_unsupervised_retraining(
    model: nn.Module,
    inputs: Batch,
    masked_loss: MaskedLoss,
    *,
    steps: int,
    batch_size: int = 32,
    optimizer: Optimizer | None = None,
    generator: Generator | None = None,
) -> list[float]:
    """Trains `model` in place on the masked inputs, and returns the loss of every step.

    inputs       a tensor, or a mapping of tensors, with the n samples on the first axis
    masked_loss  of a model, a batch and a generator: `MaskedFeatures` or `MaskedTokens`, or a function of your own
    steps        each on `batch_size` samples (fewer at the end of a pass); every pass is shuffled anew
    optimizer    over all trainable parameters of the model, and of the decoder if there is one; without, AdamW with step 5e-5
    generator    of order and masks. Dropout inside the model draws from torch's global generator

    The model is in training mode meanwhile; afterwards every part has its own mode again, and no gradient is left.
    """
    steps, batch_size = whole("steps", steps, 0), whole("batch_size", batch_size, 1)
    samples = _samples(inputs)
    trained = nn.ModuleList(part for part in (model, masked_loss) if isinstance(part, nn.Module))
    parameters = [p for p in trained.parameters() if p.requires_grad]
    if not parameters:
        raise BadStrategy("model: no parameter requires a gradient, so there is nothing to train")
    optimizer = AdamW(parameters, lr=STEP_SIZE) if optimizer is None else optimizer
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    names = [name.partition(".")[2] for name, p in trained.named_parameters() if p.requires_grad and id(p) not in held]
    if names:
        raise BadStrategy(
            f"optimizer: it must hold all that is trained, of model and masked_loss; {names[0]} is missing"
        )
    modes = {module: module.training for module in trained.modules()}
    trained.train()
    losses: list[float] = []
    try:
        batches = _batches(samples, batch_size, generator)
        for _ in range(steps):
            trained.zero_grad()
            batch = _picked(inputs, next(batches), parameters[0].device)
            loss = masked_loss(model, batch, generator)
            losses.append(loss.item())
            if not math.isfinite(losses[-1]):
                raise RetrainingDiverged(f"loss: {losses[-1]} at step {len(losses)}; {_cause(batch, len(losses))}")
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    finally:
        trained.zero_grad()
        for module, mode in modes.items():
            module.training = mode
    return losses


def _cause(batch: Batch, step: int) -> str:
    """What to do about a loss that is no number."""
    tensors = [batch] if isinstance(batch, Tensor) else batch.values()
    if not all(tensor.isfinite().all() for tensor in tensors):
        return "the inputs are not finite"
    return (
        "the model is not finite, or its loss overflows before it is trained"
        if step == 1
        else "try a smaller step size"
    )


def _samples(inputs: Batch) -> int:
    """How many, the same in every tensor."""
    tensors = list(inputs.values()) if isinstance(inputs, Mapping) else [inputs]
    for each in tensors:
        if not isinstance(each, Tensor):
            raise BadStrategy(f"inputs: {type(each).__name__} must be a tensor, or a mapping of tensors")
    counts = {len(tensor) if tensor.ndim else 0 for tensor in tensors}
    if len(counts) != 1 or 0 in counts:
        raise BadStrategy(f"inputs: {sorted(counts)} samples; every tensor must have the same number, 1 or more")
    return counts.pop()


def _batches(samples: int, batch_size: int, generator: Generator | None) -> Iterator[Tensor]:
    """Indices, pass after pass."""
    while True:
        device = None if generator is None else generator.device
        yield from torch.split(torch.randperm(samples, generator=generator, device=device), batch_size)


def _picked(inputs: Batch, index: Tensor, device: torch.device) -> Batch:
    """These samples, on the model's device."""
    if isinstance(inputs, Tensor):
        return inputs[index.to(inputs.device)].to(device)
    return {name: tensor[index.to(tensor.device)].to(device) for name, tensor in inputs.items()}
