"""A network replaced by its linearisation where tuning starts: f(θ_0 + δ, x) ≈ f_0(x) + ⟨J(x), δ⟩, J(x) = ∂f/∂θ at θ_0.

That is a linear head on the features J(x), so theory for convex models applies to it, and the head solver tunes it. The head
has no constant of its own: it starts at the s of smallest norm with ⟨J(x_i), s⟩ = f_0(x_i) on the samples, and w − s is δ.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import grad, vmap

from synth.seeds import stream
from synth.task import Task
from verify.encoder import Encoder
from verify.networks import Member, NetworkJob, NetworkTuning
from verify.solvers.network_tuning import tune_networks
from verify.solvers.prepare import Job
from verify.solvers.tune import tune
from verify.tuning import BadTuning, HeadTuning

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Linearised:
    """P counts what is trained: layers above the frozen ones, weights then biases, then the head and its bias.

    task           features J (n, P) with the job's labels
    start          (1, P) s, for Job(task=…, start=…)
    outputs        (n,) f_0 of the samples; ⟨J, s⟩ is f_0 where the rows of J are independent
    test_jacobian  (k, P)
    test_outputs   (k,) f_0 of the test inputs
    """

    task: Task
    start: Floats
    outputs: Floats
    test_jacobian: Floats
    test_outputs: Floats

    def predict(self, weights: Floats) -> Floats:
        """(…, k) outputs on the test inputs, f_0 + ⟨J, w − s⟩, of heads (…, 1, P)."""
        return self.test_outputs + (weights - self.start)[..., 0, :] @ self.test_jacobian.T


class LinearisationGap(NamedTuple):
    """|f_network − f_linearised| on the test inputs, largest and mean; ‖δ_network − δ_linearised‖/‖δ_network‖."""

    largest: float
    mean: float
    parameter: float


def linearise(job: NetworkJob, seed: int = 0) -> Linearised:
    """The job's network where it starts with the head of `seed`; what penalties and noise the job has plays no part.

    In float64. Raises BadTuning for several heads, for encoders one a member, and for inputs or weights that are not finite.
    """
    tuning, encoder = job.tuning, job.encoder
    if tuning.heads > 1:
        raise BadTuning(f"heads: one head is linearised; got {tuning.heads}")
    if encoder.members is not None:
        raise BadTuning(f"encoder: one for all members is linearised; got one for each of {encoder.members}")
    head = tuning.head_scale * stream(seed, "start").standard_normal((1, encoder.widths[-1]))
    layers = list(zip(encoder.weights, encoder.biases, strict=True))
    trained = [
        torch.tensor(of, dtype=torch.float64)
        for layer in [*layers[tuning.frozen :], (head, np.zeros(1))]
        for of in layer
    ]
    theta = torch.cat([of.reshape(-1) for of in trained])
    sizes = [of.numel() for of in trained]

    def output(parameters: Tensor, below: Tensor) -> Tensor:
        pieces = torch.split(parameters, sizes)
        views = [piece.view(of.shape) for piece, of in zip(pieces, trained, strict=True)]
        for weight, bias in zip(views[:-2:2], views[1:-2:2], strict=True):
            below = torch.tanh(weight @ below + bias)
        return (views[-2] @ below + views[-1])[0]

    def at_start(inputs: Floats) -> tuple[Floats, Floats]:
        """J and f_0."""
        below = inputs
        if tuning.frozen:
            below = Encoder(encoder.weights[: tuning.frozen], encoder.biases[: tuning.frozen]).features(inputs)
        rows = torch.tensor(below, dtype=torch.float64)
        jacobian = vmap(grad(output), in_dims=(None, 0))(theta, rows)
        return jacobian.numpy(), vmap(output, in_dims=(None, 0))(theta, rows).numpy()

    jacobian, outputs = at_start(job.inputs)
    test_jacobian, test_outputs = at_start(job.test_inputs)
    if not all(np.isfinite(of).all() for of in (jacobian, outputs, test_jacobian, test_outputs)):
        raise BadTuning(
            "inputs: the network or its slope is not finite there; inputs and encoder must be finite numbers"
        )
    start = np.asarray(np.linalg.lstsq(jacobian, outputs, rcond=None)[0][None], np.float64)
    task = Task(jacobian, job.labels, name="tangent", family="tangent", class_count=2)
    return Linearised(task=task, start=start, outputs=outputs, test_jacobian=test_jacobian, test_outputs=test_outputs)


def linearisation_gap(job: NetworkJob, seed: int = 0) -> LinearisationGap:
    """Between the network and its linearisation, both tuned on all samples: equal loss, steps and step size.

    Raises BadTuning unless the tuning is plain gradient descent: a penalty or noise would act on two different things.
    """
    tuning = job.tuning
    plain = NetworkTuning(
        loss=tuning.loss,
        steps=tuning.steps,
        step_size=tuning.step_size,
        frozen=tuning.frozen,
        deletion=tuning.deletion,
        head_scale=tuning.head_scale,
    )
    if replace(tuning, dtype="float64", device="cpu") != plain:
        raise BadTuning(f"tuning: the gap is that of plain gradient descent; got {tuning.label()}")
    tangent = linearise(job, seed)
    (network,) = tune_networks([replace(job, members=(Member(None, seed),), snapshots=())], threads=1)
    head = HeadTuning(loss=tuning.loss, steps=tuning.steps, step_size=tuning.step_size, solver="direct")
    (line,) = tune([Job(task=tangent.task, tuning=head, start=tangent.start)], replicas=False, threads=1)
    moved = (network.parameters[-1, 0] - network.start[0])[-tangent.start.shape[1] :]
    apart = np.abs(network.test_outputs[-1, 0] - tangent.predict(line.last.weights))
    missed = float(np.linalg.norm(moved - (line.last.weights - tangent.start)[0]))
    return LinearisationGap(
        float(apart.max()), float(apart.mean()), missed / float(np.linalg.norm(moved)) if missed else 0.0
    )
