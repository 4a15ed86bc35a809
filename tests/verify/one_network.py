"""The slow oracle: one network at a time, a plain nn.Module, autograd and torch's optimisers, samples really deleted."""

import numpy as np
import torch
from torch import nn

from synth.seeds import stream
from verify.networks import Member, NetworkJob
from verify.solvers.prepare import minibatches
from verify.solvers.strategies import class_mean_penalty, distance_penalty, mixed_out


class OneNetwork(nn.Module):
    """Linear layers with tanh between, and H heads of one output."""

    def __init__(self, job: NetworkJob, member: Member, row: int) -> None:
        super().__init__()
        encoder, tuning = job.encoder, job.tuning
        alone = encoder.members is None
        self.layers = nn.ModuleList()
        for weight, bias in zip(encoder.weights, encoder.biases, strict=True):
            w, b = (weight, bias) if alone else (weight[row], bias[row])
            layer = nn.Linear(w.shape[1], w.shape[0], dtype=torch.float64)
            layer.load_state_dict({"weight": torch.as_tensor(w), "bias": torch.as_tensor(b)})
            self.layers.append(layer)
        self.heads = nn.ModuleList()
        drawn = tuning.head_scale * stream(member.seed, "start").standard_normal((tuning.heads, encoder.widths[-1]))
        for weight in drawn:
            head = nn.Linear(len(weight), 1, dtype=torch.float64)
            head.load_state_dict({"weight": torch.as_tensor(weight[None]), "bias": torch.zeros(1, dtype=torch.float64)})
            self.heads.append(head)

    def features(self, x, weights=None):
        for level, layer in enumerate(self.layers):
            x = torch.tanh(nn.functional.linear(x, layer.weight if weights is None else weights[level], layer.bias))
        return x

    def forward(self, x):
        features = self.features(x)
        return torch.stack([head(features)[:, 0] for head in self.heads]).mean(dim=0)


def one_at_a_time(job: NetworkJob, row: int) -> np.ndarray:
    """(P,) of one member, in the order of NetworkFit: its data set lacks the sample, nothing is stacked."""
    tuning, member = job.tuning, job.members[row]
    n = len(job.inputs)
    kept = np.arange(n) != (-1 if member.left_out is None else member.left_out)
    x, y = torch.as_tensor(job.inputs.copy()), torch.as_tensor(job.labels.copy())
    model = OneNetwork(job, member, row)
    encoder = [p for layer in model.layers[tuning.frozen :] for p in layer.parameters()]
    first = [p.detach().clone() for p in encoder]
    heads = list(model.heads.parameters())
    if tuning.optimiser == "adamw":
        # Adam does not see that H heads have a gradient 1/H of their own each, but for its ε
        optimizer = torch.optim.AdamW([*encoder, *heads], lr=tuning.step_size, weight_decay=tuning.l2)
    else:
        momentum = tuning.momentum if tuning.optimiser == "momentum" else 0.0
        optimizer = torch.optim.SGD([*encoder, *heads], lr=tuning.step_size, momentum=momentum, weight_decay=tuning.l2)
    order = minibatches(n, tuning.steps, tuning.batch_size, member.seed) if tuning.batch_size else None
    noise, uniforms = stream(member.seed, "noise"), stream(member.seed, "mixout")
    scale = kept.sum() if tuning.deletion == "reweighted" else n
    for step in range(tuning.steps):
        batch = np.arange(n) if order is None else order[step]
        batch = batch[kept[batch]]
        seen = x
        if tuning.input_noise:
            seen = x + tuning.input_noise * torch.as_tensor(noise.standard_normal(job.inputs.shape))
        weights = [layer.weight for layer in model.layers]
        if tuning.mixout:
            trained = range(tuning.frozen, len(weights))
            u = torch.as_tensor(uniforms.random(sum(weights[level].numel() for level in trained)))
            at = 0
            for level in trained:
                w, start = weights[level], first[2 * (level - tuning.frozen)]
                mask = (u[at : at + w.numel()] < tuning.mixout).view(w.shape)
                at += w.numel()
                weights[level] = mixed_out(w, start, mask, tuning.mixout)
        features = model.features(seen[batch], weights)
        worth = n / (scale * (n if order is None else tuning.batch_size))
        # each head sees the features with 1/H of their gradient, and its own loss whole
        shared = features / tuning.heads + (features * (1 - 1 / tuning.heads)).detach()
        loss = torch.zeros((), dtype=torch.float64)
        for head in model.heads:
            margin = head(shared)[:, 0] * y[batch]
            each = nn.functional.softplus(-margin) if tuning.loss == "logistic" else (1 - margin) ** 2 / 2
            loss = loss + worth * each.sum()
        if tuning.margin_strength:
            loss = loss + tuning.margin_strength * class_mean_penalty(features, (y[batch] > 0).long(), None, 2)
        if tuning.l2_to_start and encoder:
            loss = loss + tuning.l2_to_start * distance_penalty(encoder, first, leading=0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    tensors = [p for layer in model.layers for p in (layer.weight, layer.bias)]
    tensors += [head.weight for head in model.heads] + [head.bias for head in model.heads]
    return torch.cat([t.detach().reshape(-1) for t in tensors]).numpy()
