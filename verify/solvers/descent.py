"""Gradient descent on all leave-one-out replicas of a batch of tasks of one shape.

A replica is never a data set of its own: it is its difference Δ_i from the run on all samples, driven by the same
features under a mask. With p_j the pulls of the full run, ω_j the weights of the samples in this step, q_ij the change of
the pull on j by Δ_i, and inj_i = −(∇R_{S∖i}(w) − ∇R_S(w)) the injected difference of gradients,

    Δ_i ← (1 − ηλ) Δ_i + η (scale·Σ_{j≠i} ω_j q_ij z_j + inj_i),     c_i ← (1 − ηλ) c_i + η‖inj_i‖.

Reweighted: scale = n/(n−1), inj_i = (g − p_i z_i)/(n−1), g = −∇R_S. Dropped: scale = 1, inj_i = −ω_i p_i z_i.
Δ has the relative accuracy of its own size, and the certificate of THEORY section 1 is read off on the way.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from verify.solvers.losses import Loss


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
    """The run on all samples of T tasks in float64 and, if asked, all their replicas in `dtype`."""

    def __init__(self, batch: Batch, loss: Loss, *, replicas: bool, dtype: torch.dtype) -> None:
        self.batch, self.loss = batch, loss
        z = batch.features
        tasks, n, d = z.shape
        heads, k = batch.starts.shape[1:3]
        self.steps_done = 0
        self.eta = batch.step_sizes.view(-1, 1, 1, 1)
        self.shrink = 1 - self.eta * batch.l2.view(-1, 1, 1, 1)
        self.shrinks = bool((batch.l2 > 0).any())
        reweighted = batch.reweighted.to(z.dtype).view(-1, 1, 1, 1)
        self.reweights = bool(batch.reweighted.any())
        self.own = self.eta * (1 + reweighted / (n - 1))  # η·scale
        self.shared = self.own * reweighted / n
        self.uniform = z.new_full((tasks, 1, 1, n), 1 / n)
        self.norms = torch.linalg.vector_norm(z, dim=-1)[:, None]
        self.transposed = z.mT.contiguous()
        self.weights = batch.starts.clone()
        self.outputs = _product(self.weights, self.transposed)
        self.certificates = z.new_zeros(tasks, heads, n)
        self.gradient_bound = z.new_zeros(tasks)
        self.differences = z.new_zeros(tasks, heads, n, k, d, dtype=dtype) if replicas else None
        if replicas:
            self.low = self.transposed.to(dtype)
            self.driven = self._driven(self.uniform)
            self.changes = z.new_empty(tasks, heads * n * k, n, dtype=dtype)

    def keep(self, tasks: Tensor) -> None:
        """Go on with these tasks alone, by index."""
        own = {name: value[tasks] for name, value in vars(self.batch).items() if value is not None}
        self.batch = replace(self.batch, **own)
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(self, name, value[tasks])
        self.shrinks, self.reweights = bool((self.batch.l2 > 0).any()), bool(self.batch.reweighted.any())

    def run(self, steps: int) -> None:
        """That many steps more."""
        for _ in range(steps):
            self._step()
            self.steps_done += 1

    def _step(self) -> None:
        batch = self.batch
        omega = self.uniform if batch.orders is None else _batch_weights(batch.orders[:, self.steps_done], self.uniform)
        pull = self.loss.pull(self.outputs, batch.labels)
        weighted = omega * pull
        gradient = _product(weighted, batch.features)
        along = _product(gradient, self.transposed)
        sizes = torch.linalg.vector_norm(pull, dim=2).mul_(self.norms)
        torch.maximum(self.gradient_bound, sizes.amax(dim=(1, 2)), out=self.gradient_bound)
        lengths = self._injected_lengths(omega, weighted, gradient, along, sizes)
        if self.differences is not None:
            self._step_replicas(self.differences, omega, pull, gradient)
        if self.shrinks:
            self.certificates.mul_(self.shrink[..., 0])
            self.weights.mul_(self.shrink)
            self.outputs.mul_(self.shrink)
        self.certificates.add_(lengths)
        self.weights.addcmul_(self.eta, gradient)
        self.outputs.addcmul_(self.eta, along)

    def _step_replicas(self, differences: Tensor, omega: Tensor, pull: Tensor, gradient: Tensor) -> None:
        tasks, heads, n, k, d = differences.shape
        flat = differences.view(tasks, -1, d)
        torch.baddbmm(self.changes, flat, self.low, beta=0, alpha=self.loss.gain, out=self.changes)
        change = self.loss.change(self.changes.view(tasks, heads, n, k, n), self.outputs, pull)
        change.diagonal(dim1=2, dim2=4).copy_(-pull)  # what sample i pulls in the run on all, its replica lacks
        if self.batch.orders is not None:
            self.driven = self._driven(omega)
        if self.shrinks:
            differences.mul_(self.shrink[..., None])
        torch.baddbmm(flat, change.view(tasks, -1, n), self.driven, out=flat)
        if self.reweights:
            differences.add_((self.shared * gradient)[:, :, None])

    def _driven(self, omega: Tensor) -> Tensor:
        """η·scale·ω_j z_j, (T, n, d)."""
        return ((self.own * omega)[:, 0].mT * self.batch.features).to(self.low.dtype)

    def _injected_lengths(
        self, omega: Tensor, weighted: Tensor, gradient: Tensor, along: Tensor, sizes: Tensor
    ) -> Tensor:
        """η‖inj_i‖ without forming it, (T, H, n): expanded, and directly where the expansion cancels."""
        own = sizes * (self.own * omega)[:, :, 0]
        if not self.reweights:
            return own
        shared = self.shared[:, :, 0] * torch.linalg.vector_norm(gradient, dim=(-2, -1))[..., None]
        whole = own.square() + shared.square()
        square = whole - 2 * (self.own * self.shared)[..., 0] * (weighted * along).sum(dim=2)
        lengths = square.clamp_min(0).sqrt()
        task, head, i = torch.nonzero(square < 1e-3 * whole, as_tuple=True)
        if len(task):
            own_term = (self.own[task, 0] * weighted[task, head, :, i])[..., None] * self.batch.features[task, i, None]
            shared_term = self.shared[task, 0, 0, :, None] * gradient[task, head]
            lengths[task, head, i] = torch.linalg.vector_norm(shared_term - own_term, dim=(-2, -1))
        return lengths


def _product(left: Tensor, right: Tensor) -> Tensor:
    """(T, H, k, a) times (T, a, b), one batched product."""
    tasks, heads, k, a = left.shape
    return torch.bmm(left.reshape(tasks, heads * k, a), right).view(tasks, heads, k, -1)


def _batch_weights(indices: Tensor, uniform: Tensor) -> Tensor:
    """ω (T, 1, 1, n): multiplicity over b, from the indices (T, b) of a minibatch."""
    share = torch.full_like(indices, 1 / indices.shape[1], dtype=uniform.dtype)
    return torch.zeros_like(uniform[:, 0, 0]).scatter_add_(1, indices, share)[:, None, None]
