"""Gradient descent on all leave-one-out replicas of a batch of tasks of one shape.

A replica is never a data set of its own: it is its difference Δ_i from the run on all samples, driven by the same
features under a mask. With p_j the pulls of the full run, ω_j the weights of the samples in this step, q_ij the change of
the pull on j by Δ_i, and inj_i = −(∇R_{S∖i}(w) − ∇R_S(w)) the injected difference of gradients,

    Δ_i ← (1 − ηλ) Δ_i + η (scale·Σ_{j≠i} ω_j q_ij z_j + inj_i),     c_i ← (1 − ηλ) c_i + η‖inj_i‖.

Reweighted: scale = n/(n−1), inj_i = (g − p_i z_i)/(n−1), g = −∇R_S. Dropped: scale = 1, inj_i = −ω_i p_i z_i.
Δ has the relative accuracy of its own size, and the certificate of `one-run` is read off on the way.
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
    """The run on all samples of T tasks in float64, and the replicas without sample i, i in `rows`, in `dtype`.

    Products take (T, H·k, ·); a small task's step costs its calls, so what does not change is prepared once.
    """

    def __init__(self, batch: Batch, loss: Loss, *, rows: range, dtype: torch.dtype) -> None:
        self.batch, self.loss, self.rows = batch, loss, rows
        z = batch.features
        tasks, n, d = z.shape
        heads, k = batch.starts.shape[1:3]
        self.shape = (heads, k, n)
        self.steps_done = 0
        self.eta = batch.step_sizes.view(-1, 1, 1)
        self.shrink = 1 - self.eta * batch.l2.view(-1, 1, 1)
        self.reweighted = batch.reweighted.view(-1, 1, 1)
        self.own = self.eta * (1 + self.reweighted.to(z.dtype) / (n - 1))  # η·scale
        self.shared = self.own * self.reweighted / n
        self.cross = 2 * self.own * self.shared
        self.norms = torch.linalg.vector_norm(z, dim=-1)[:, None]
        self.transposed = z.mT.contiguous()
        self.weights = batch.starts.reshape(tasks, heads * k, d).clone()
        self.outputs = torch.bmm(self.weights, self.transposed)
        self.certificates = z.new_zeros(tasks, heads, n)
        self.largest = z.new_zeros(tasks, heads, n)
        self.differences = z.new_zeros(tasks, heads * len(rows) * k, d, dtype=dtype) if rows else None
        self.dtype = dtype
        if rows:
            self.low = self.transposed.to(dtype)
            self.changes = z.new_empty(tasks, heads * len(rows) * k, n, dtype=dtype)
        self._flags()
        self._weigh(z.new_full((tasks, 1, n), 1 / n))

    @property
    def gradient_bound(self) -> Tensor:
        """The largest ‖∇ℓ_i(w_s)‖ so far, (T,)."""
        return self.largest.amax(dim=(1, 2))

    def keep(self, tasks: Tensor) -> None:
        """Go on with these tasks alone, by index."""
        own = {name: value[tasks] for name, value in vars(self.batch).items() if value is not None}
        self.batch = replace(self.batch, **own)
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(self, name, value[tasks])
        self._flags()

    def run(self, steps: int) -> None:
        """That many steps more."""
        for _ in range(steps):
            if self.batch.orders is not None:
                self._weigh(_batch_weights(self.batch.orders[:, self.steps_done], self.norms))
            self._step()
            self.steps_done += 1

    def _flags(self) -> None:
        self.shrinks, self.reweights = bool((self.batch.l2 > 0).any()), bool(self.reweighted.any())

    def _weigh(self, omega: Tensor) -> None:
        """Sample weights ω (T, 1, n) of the step: ω_j z_j, ω_j‖z_j‖ and, for the replicas, η·scale·ω_j z_j."""
        self.omega = omega
        self.weighted = omega.mT * self.batch.features
        self.own_norms = self.own * omega * self.norms
        if self.differences is not None:
            self.driven = (self.own * self.weighted).to(self.dtype)

    def _step(self) -> None:
        heads, k, n = self.shape
        pull = self.loss.pull(self.outputs.view(-1, heads, k, n), self.batch.labels)
        flat = pull.view(-1, heads * k, n)
        gradient = torch.bmm(flat, self.weighted)
        along = torch.bmm(gradient, self.transposed)
        sizes = pull[:, :, 0].abs() if k == 1 else torch.linalg.vector_norm(pull, dim=2)
        torch.maximum(self.largest, sizes * self.norms, out=self.largest)
        lengths, cancelled = self._injected(sizes, pull, gradient, along)
        if self.differences is not None:
            self._step_replicas(self.differences, pull, gradient, cancelled)
        if self.shrinks:
            self.certificates.mul_(self.shrink)
            self.weights.mul_(self.shrink)
            self.outputs.mul_(self.shrink)
        self.certificates.add_(lengths)
        self.weights.addcmul_(self.eta, gradient)
        self.outputs.addcmul_(self.eta, along)

    def _step_replicas(
        self, differences: Tensor, pull: Tensor, gradient: Tensor, cancelled: "Cancelled | None"
    ) -> None:
        heads, k, n = self.shape
        r, d = len(self.rows), gradient.shape[-1]
        torch.baddbmm(self.changes, differences, self.low, beta=0, alpha=self.loss.gain, out=self.changes)
        change = self.loss.change(self.changes.view(-1, heads, r, k, n), self.outputs.view(-1, heads, k, n), pull)
        # what sample i pulls in the run on all, its replica lacks
        own = change.diagonal(offset=self.rows.start, dim1=2, dim2=4)
        own.copy_(-pull[..., self.rows.start : self.rows.stop])
        shared = (self.shared * gradient).view(-1, heads, 1, k, d)
        if cancelled is not None:
            task, head, i = cancelled.within(self.rows)
            own[task, head, :, i] = 0
            shared = shared.expand(-1, -1, r, -1, -1).clone()
            shared[task, head, i] = cancelled.injected[cancelled.chosen(self.rows)]
        if self.shrinks:
            differences.mul_(self.shrink)
        torch.baddbmm(differences, change.view(-1, heads * r * k, n), self.driven, out=differences)
        if self.reweights:
            differences.view(-1, heads, r, k, d).add_(shared)

    def _injected(
        self, sizes: Tensor, pull: Tensor, gradient: Tensor, along: Tensor
    ) -> "tuple[Tensor, Cancelled | None]":
        """η‖inj_i‖, (T, H, n), expanded; and inj_i itself where the expansion cancels, since there it must be formed."""
        heads, k, _ = self.shape
        own = sizes * self.own_norms
        if not self.reweights:
            return own, None
        gradient = gradient.view(-1, heads, k, gradient.shape[-1])
        product = pull * along.view(pull.shape)
        product = (product[:, :, 0] if k == 1 else product.sum(dim=2)).mul_(self.omega)
        shared = self.shared * torch.linalg.vector_norm(gradient, dim=(-2, -1)).unsqueeze(-1)
        whole = torch.addcmul(own.square(), shared, shared)
        square = torch.addcmul(whole, self.cross, product, value=-1)
        lengths = torch.where(self.reweighted, square.clamp_min(0).sqrt_(), own)
        small = (square < 1e-3 * whole) & self.reweighted
        if not small.any():
            return lengths, None
        task, head, i = torch.nonzero(small, as_tuple=True)
        own_pull = (self.own[task, 0] * self.omega[task, 0, i, None]) * pull[task, head, :, i]
        injected = self.shared[task] * gradient[task, head] - own_pull[..., None] * self.batch.features[task, i, None]
        lengths[task, head, i] = torch.linalg.vector_norm(injected, dim=(-2, -1))
        return lengths, Cancelled(task=task, head=head, i=i, injected=injected)


@dataclass(frozen=True, eq=False, kw_only=True)
class Cancelled:
    """Where ∇R_S and ∇ℓ_i nearly agree: places (task, head, i), and η·inj_i there, (·, k, d)."""

    task: Tensor
    head: Tensor
    i: Tensor
    injected: Tensor

    def chosen(self, rows: range) -> Tensor:
        """Which of the places lie in these rows."""
        return (self.i >= rows.start) & (self.i < rows.stop)

    def within(self, rows: range) -> tuple[Tensor, Tensor, Tensor]:
        """The places in these rows, counted from the first of them."""
        chosen = self.chosen(rows)
        return self.task[chosen], self.head[chosen], self.i[chosen] - rows.start


def _batch_weights(indices: Tensor, like: Tensor) -> Tensor:
    """ω (T, 1, n): multiplicity over b, from the indices (T, b) of a minibatch."""
    share = torch.full_like(indices, 1 / indices.shape[1], dtype=like.dtype)
    return torch.zeros_like(like[:, 0]).scatter_add_(1, indices, share)[:, None]
