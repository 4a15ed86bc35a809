r"""What a stride in logarithmic time has wrong, and what it certifies: bounds along polynomials W (T, S + 1, M, P).

The map of gradient descent is non-expansive under the step rule, so W departs from the iterates by at most what it had
wrong at the start plus Σ_k ‖T(W(k)) − W(k+1)‖, terms that l2 makes smaller by 1−ηλ a step. The sum is taken as the
integral over s of the defect D₊W − F(W), at Gauss points between the stages.
"""

import torch
from torch import Tensor

from verify.solvers.motion import Motion
from verify.solvers.newton import Halfway, in_basis
from verify.solvers.strides import Strides

STIFF = 1e3  # a rate from which on it is asked what is left of a defect
SAFE = 8  # how many times its size rounding may be
FAINT = 0.1  # of a rate: what the terms left out of a curvature may have made of it


def added(
    motion: Motion, strides: Strides, every: Tensor, middle: Halfway, tolerance: float
) -> tuple[Tensor, Tensor, Tensor]:
    """What the strides add to the errors, (T, M); the plain sum of their defects; how much of it may be rounding.

    Where it would be more than `tolerance` of the weights, it is asked what the curvature leaves of it.
    """
    inside = strides.inside(every)
    moved, noise = motion.at(strides.between).movement_and_rounding(inside)
    apart = torch.bmm(strides.steps_between, every.flatten(2)).view_as(moved) - moved
    found = strides.left(torch.linalg.vector_norm(apart, dim=-1), motion)
    plain = found.clone()
    noise = SAFE * (strides.left(noise, motion) + _shaken(motion, strides, every[:, -1], middle))
    allowed = tolerance * torch.linalg.vector_norm(every[:, -1], dim=-1)
    # rounding times a large curvature must not pass for a defect that shorter strides would cure
    allowed = torch.where(middle.rates.amax(dim=-1) > STIFF, 0.01 * allowed, allowed)
    asked = (found > allowed).any(dim=1) & motion.short
    if asked.any():
        some = torch.nonzero(asked).flatten()
        damped = _damped(motion.of(some), strides.of(asked.cpu().numpy()), inside[some], apart[some], middle.of(some))
        found[some] = torch.minimum(found[some], damped)
    return found, plain, noise


def certified(motion: Motion, strides: Strides, along: Tensor, before: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """C along the runs on all samples (T, S + 1, H, P), from C (T, H, n) before: (T, S + 1, H, n); what it may lack, (T, H, n);
    and an upper end of the gradients met, (T,)."""
    shrink = (motion.step_sizes * motion.l2).log()[:, None]
    system = strides.steps[:, :, 1:] + torch.diag_embed(torch.exp(shrink + strides.nodes))
    grown = motion.injected(along[:, 1:], strides.nodes).flatten(2)
    right = grown - strides.steps[:, :, :1] * before.flatten(1)[:, None]
    every = torch.cat([before.flatten(1)[:, None], torch.linalg.solve(system, right)], dim=1)
    apart = torch.bmm(strides.steps_between, every)
    apart -= motion.injected(strides.inside(along), strides.between).flatten(2)
    apart += torch.exp(shrink + strides.between)[..., None] * strides.inside(every)
    lacks = strides.left(apart.abs(), motion)
    return every.view(*every.shape[:2], *before.shape[1:]), lacks.view_as(before), motion.steepest(strides.hull(along))


def _shaken(motion: Motion, strides: Strides, weights: Tensor, middle: Halfway) -> Tensor:
    """What the rounding of the weights themselves adds: they shake by ε‖w‖, and the curvature K makes that a defect, of
    which √∫tr K is left, as in `_damped`."""
    total = middle.rates.clamp(min=0).sum(dim=-1) * strides.h[:, None]
    size = torch.finfo(weights.dtype).eps * torch.linalg.vector_norm(weights, dim=-1)
    return size * torch.where(motion.short[:, None], total.sqrt(), total)


def _damped(motion: Motion, strides: Strides, inside: Tensor, apart: Tensor, middle: Halfway) -> Tensor:
    """What is left of a defect d: at most the integral of ‖d‖ over the slow eigenvectors of the curvature K halfway, and
    √∫⟨d, K⁻¹d⟩/ϱ over the fast ones, where K(s) ⪰ ϱ(K − F), F the terms that hardly count.

    For ((1−a)e + a(d/a))² ≤ (1−a)e² + d²/a: e ← (I − A)e + d with 0 ⪯ A ⪯ I adds at most ⟨d, A⁻¹d⟩ to ‖e‖². Over the fast
    ones d = Kv = (K − F)v + Fv, where ⟨(K − F)v, K(s)⁻¹(K − F)v⟩ ≤ ⟨v, Kv⟩/ϱ, and Fv goes with the slow ones.
    """
    then = motion.at(strides.middle).terms(middle.weights[:, None])
    now = motion.at(strides.between).terms(inside)
    # terms that hardly count halfway may have faded since: ϱ is over the others
    n = motion.features.shape[1]
    counts = then * motion.term_sizes(then.shape[-1])[:, None, None]
    few = counts < FAINT / (1 + then.shape[-1] // n * n)  # the same with and without a term for l2
    faint = torch.where(few, counts, 0.0).sum(dim=-1)
    ratio = torch.where(few, 1.0, now / then).amin(dim=-1).clamp(max=1)
    rates = middle.rates[:, None].clamp(min=0)
    parts, fast = in_basis(apart, middle.basis).square(), ratio[..., None] * rates >= 1
    slow = torch.where(fast, 0.0, parts).sum(dim=-1).sqrt()
    slow += faint * torch.where(fast, parts / rates.square(), 0.0).sum(dim=-1).sqrt()
    quick = torch.where(fast, parts / (ratio[..., None] * rates), 0.0).sum(dim=-1)
    return strides.left(slow, motion) + strides.left(quick, motion).sqrt()
