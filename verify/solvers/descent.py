"""Gradient descent on all leave-one-out replicas of a batch of tasks of one shape.

A replica is never a data set of its own: it is its difference Δ_i from the run on all samples, driven by the same
features under a mask. With p_j the pulls of the full run, ω_j the weights of the samples in this step, q_ij the change of
the pull on j by Δ_i, and inj_i = −(∇R_{S∖i}(w) − ∇R_S(w)) the injected difference of gradients,

    Δ_i ← (1 − ηλ) Δ_i + η (scale·Σ_{j≠i} ω_j q_ij z_j + inj_i),     c_i ← (1 − ηλ) c_i + η‖inj_i‖.

Reweighted: scale = n/(n−1), inj_i = (g − p_i z_i)/(n−1), g = −∇R_S. Dropped: scale = 1, inj_i = −ω_i p_i z_i.
Δ has the relative accuracy of its own size, and the certificate of `one-run` is read off on the way.

Here the whole batch takes each step together, for a GPU: a step asks the host nothing, and is recorded once and replayed.
`compiled_descent.py` is the same recursion for the cores of a CPU.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from verify.solvers.losses import Loss
from verify.solvers.state import State


@dataclass(frozen=True, eq=False, kw_only=True)
class Batch:
    """T tasks of one shape (n samples, d dimensions, k outputs, H heads), all tensors on one device.

    features    (T, n, d) float64; times the label ±1 for two classes
    labels      (T, n) int64
    starts      (T, H, k, d)
    step_sizes, l2       (T,)
    reweighted  (T,) bool
    orders      (T, steps, b) sample indices of each minibatch, or None for the full batch
    """

    features: Tensor
    labels: Tensor
    starts: Tensor
    step_sizes: Tensor
    l2: Tensor
    reweighted: Tensor
    orders: Tensor | None


class Descent:
    """The run on all samples of T tasks in float64, and the replicas without sample i, i in `rows`, in `dtype`."""

    def __init__(self, batch: Batch, loss: Loss, *, rows: range, dtype: torch.dtype) -> None:
        self.batch, self.loss, self.rows = batch, loss, rows
        z = batch.features
        tasks, n, d = z.shape
        heads, k = batch.starts.shape[1:3]
        self.shape = (heads, k, n)
        self.steps_done = 0
        self.eta = batch.step_sizes.view(-1, 1, 1)
        self.shrink = 1 - self.eta * batch.l2.view(-1, 1, 1)
        reweighted = batch.reweighted.view(-1, 1, 1).to(z.dtype)
        self.own = self.eta * (1 + reweighted / (n - 1))  # η·scale
        self.shared = self.own * reweighted / n
        self.norms = torch.linalg.vector_norm(z, dim=-1)[:, None]
        self.weights = batch.starts.reshape(tasks, heads * k, d).clone()
        self.outputs = torch.bmm(self.weights, z.mT)
        self.certificates = z.new_zeros(tasks, heads, n)
        self.largest = z.new_zeros(tasks, heads, n)
        self.differences = z.new_zeros(tasks, heads * len(rows) * k, d, dtype=dtype)
        self.low = z.to(dtype)
        self.step = torch.zeros(1, dtype=torch.int64, device=z.device)
        self.whole = z.new_full((tasks, 1, n), 1 / n)
        self.graph: torch.cuda.CUDAGraph | None = None

    def state(self, t: int) -> State:
        """What is known of one task."""
        heads, k, _ = self.shape
        by_head = self.differences[t].to(torch.float64).view(heads, len(self.rows), k, -1)
        return State(
            step=self.steps_done,
            heads=self.weights[t].view(heads, k, -1).cpu().numpy().copy(),
            differences=by_head.mean(dim=0).cpu().numpy() if self.rows else None,
            certificates=self.certificates[t].mean(dim=0).cpu().numpy(),
            gradient_bound=float(self.largest[t].max()),
        )

    def keep(self, tasks: Tensor) -> None:
        """Go on with these tasks alone, by index."""
        own = {name: value[tasks] for name, value in vars(self.batch).items() if value is not None}
        self.batch = replace(self.batch, **own)
        for name, value in vars(self).items():
            if isinstance(value, Tensor) and value is not self.step:
                setattr(self, name, value[tasks])
        self.graph = None

    def run(self, steps: int) -> None:
        """That many steps more."""
        self.steps_done += steps
        if self.weights.is_cuda and self.graph is None and steps > 1:
            self._step()  # what the libraries set up at their first call is no part of a recording
            steps -= 1
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self._step()
        for _ in range(steps):
            self._step() if self.graph is None else self.graph.replay()

    def _step(self) -> None:
        """One step, in place and without a question to the host."""
        heads, k, n = self.shape
        omega = self.whole if self.batch.orders is None else self._minibatch(self.batch.orders)
        pull = self.loss.pull(self.outputs.view(-1, heads, k, n), self.batch.labels)
        gradient = torch.bmm((pull * omega[:, None]).view(-1, heads * k, n), self.batch.features)
        sizes = torch.linalg.vector_norm(pull, dim=2)
        torch.maximum(self.largest, sizes * self.norms, out=self.largest)
        # η·inj, (T, H, n, k, d): the two gradients may nearly cancel, so their difference is formed
        own = (self.own * omega)[:, None] * pull
        injected = own.mT[..., None] * -self.batch.features[:, None, :, None]
        injected += (self.shared * gradient).view(-1, heads, 1, k, gradient.shape[-1])
        self.certificates.mul_(self.shrink).add_(torch.linalg.vector_norm(injected, dim=(-2, -1)))
        if self.rows:
            self._step_replicas(pull, omega, injected[:, :, self.rows.start : self.rows.stop])
        self.weights.mul_(self.shrink).addcmul_(self.eta, gradient)
        self.outputs.mul_(self.shrink).addcmul_(self.eta, torch.bmm(gradient, self.batch.features.mT))
        self.step.add_(1)

    def _step_replicas(self, pull: Tensor, omega: Tensor, injected: Tensor) -> None:
        heads, k, n = self.shape
        r = len(self.rows)
        scaled = torch.bmm(self.differences, self.low.mT).mul_(self.loss.gain)
        change = self.loss.change(scaled.view(-1, heads, r, k, n), self.outputs.view(-1, heads, k, n), pull)
        change.diagonal(offset=self.rows.start, dim1=2, dim2=4).zero_()  # a replica has no sample i to be pulled by
        driven = ((self.own * omega).mT * self.batch.features).to(self.low.dtype)
        self.differences.mul_(self.shrink).add_(injected.reshape(self.differences.shape))
        self.differences.baddbmm_(change.view(-1, heads * r * k, n), driven)

    def _minibatch(self, orders: Tensor) -> Tensor:
        """ω (T, 1, n) of this step: multiplicity over b."""
        indices = orders.index_select(1, self.step)[:, 0]
        share = torch.full_like(indices, 1 / indices.shape[1], dtype=self.whole.dtype)
        return torch.zeros_like(self.whole[:, 0]).scatter_add_(1, indices, share)[:, None]
