"""What is seen of a stack of networks at a step, and the fit that is made of all looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from verify.networks import NetworkFit, NetworkJob
from verify.replica_fit import Status
from verify.solvers.network import Parts, affine, encoded, rows_of
from verify.solvers.network_risk import NetworkRisk

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """Of T jobs: rows (T, R, P), and what NetworkFit says of one job, with T in front."""

    rows: Tensor
    outputs: Tensor
    test_outputs: Tensor
    risks: Tensor
    class_gaps: Tensor
    margins: Tensor
    head_norms: Tensor
    values: Tensor


def look(risk: NetworkRisk, at: Parts, test_below: Tensor) -> Look:
    """All of it, by the mean head, on inputs without noise; test_below is what the trained layers see of the test inputs."""
    head, bias = at.weights[-1].mean(dim=2, keepdim=True), at.biases[-1].mean(dim=2, keepdim=True)
    features = encoded(at.weights[:-1], at.biases[:-1], risk.below(risk.inputs))[-1]
    test_features = encoded(at.weights[:-1], at.biases[:-1], test_below)[-1]
    outputs = affine(head, bias, features)[:, :, 0]
    norms = torch.linalg.vector_norm(head, dim=(2, 3))
    kept = risk.weights > 0
    margins = outputs * risk.labels[:, 0]
    losses = risk.loss.value(margins[..., None, :], risk.labels[:, 0].long())
    return Look(
        rows=torch.cat([*_frozen_rows(risk, head.shape[1]), rows_of(at)], dim=-1),
        outputs=outputs,
        test_outputs=affine(head, bias, test_features)[:, :, 0],
        risks=torch.where(kept, losses, 0.0).sum(dim=-1) / kept.sum(dim=-1),
        class_gaps=_class_gaps(features, risk.labels[:, 0], kept),
        margins=torch.where(kept, margins, inf).amin(dim=-1) / torch.where(norms > 0, norms, torch.nan),
        head_norms=norms,
        values=risk.value(at),
    )


def fit_of(job: NetworkJob, position: int, seen: Sequence[Look], start: Look) -> NetworkFit:
    """The fit of the job at this position of the stack, of its looks and of the one before the first step."""

    def stacked(name: str) -> Floats:
        return np.stack([_numpy(getattr(one, name)[position]) for one in seen])

    first = _numpy(start.rows[position])
    rows = stacked("rows")
    widths = (job.encoder.inputs, *job.encoder.widths)
    layers = [shape for i, o in pairwise(widths) for shape in ((o, i), (o,))]
    heads = job.tuning.heads
    return NetworkFit(
        members=job.members,
        steps=job.looks,
        shapes=(*layers, (heads, widths[-1]), (heads,)),
        start=first,
        parameters=rows,
        distances=_norm(rows - first),
        status=_status(rows[-1], _numpy(start.values[position]), _numpy(seen[-1].values[position])),
        **{name: stacked(name) for name in ("outputs", "test_outputs", "risks", "class_gaps", "margins", "head_norms")},
    )


def _status(rows: Floats, before: Floats, after: Floats) -> tuple[Status, ...]:
    risen = np.isfinite(before) & (after == inf)  # the weights are numbers, and only their squares too large for one
    finite = np.isfinite(rows).all(axis=-1) & (np.isfinite(after) | risen)
    return tuple(
        Status.NON_FINITE if not ok else Status.DIVERGED if end > begin else Status.OK
        for ok, begin, end in zip(finite, before, after, strict=True)
    )


def _norm(differences: Floats) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.linalg.norm(differences, axis=-1)


def _numpy(values: Tensor) -> Floats:
    return values.to(torch.float64).cpu().numpy()


def _frozen_rows(risk: NetworkRisk, members: int) -> list[Tensor]:
    """Weights and biases of the layers that are not trained, each (T, R, many)."""
    return [of.expand(-1, members, *of.shape[2:]).flatten(2) for layer in risk.frozen for of in layer]


def _class_gaps(features: Tensor, labels: Tensor, kept: Tensor) -> Tensor:
    """‖μ_+ − μ_−‖, (T, R), of features (T, 1 or R, h, n), labels (T, 1, n) and kept (T, R, n)."""
    means = []
    for sign in (1, -1):
        member = (kept & (labels == sign)).to(features.dtype)
        means.append((features * member[:, :, None]).sum(dim=-1) / member.sum(dim=-1, keepdim=True))
    return torch.linalg.vector_norm(means[0] - means[1], dim=-1)
