"""Why a replica of a network leaves the run on all samples: what the missing sample injects, and what the map makes of it.

With Δ_s = θ_s^{∖i} − θ_s and G_i the map of one step on S∖i, θ ↦ θ − η∇R_{S∖i}(θ), exactly

    Δ_{s+1} = [G_i(θ_s + Δ_s) − G_i(θ_s)] + injected_i(s),    injected_i(s) = −η(∇R_{S∖i}(θ_s) − ∇R_S(θ_s)).

A convex smooth risk makes the bracket no longer than Δ_s under the step rule; a network's risk promises nothing, so it is
measured. Source: section 6 of the project's theory; the convex case is Hardt, Recht & Singer 2016.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from verify.networks import Member, NetworkJob
from verify.solvers.device import resolved
from verify.solvers.network import Parts, rows_of
from verify.solvers.network_risk import NetworkRisk
from verify.solvers.network_tuning import heads_of
from verify.solvers.threads import one_thread
from verify.tuning import BadTuning

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Expansion:
    """Along t steps, of R members, each beside the run of its seed on all samples.

    distances  (t + 1, R) ‖Δ_s‖
    injected   (t, R) ‖injected_i(s)‖
    expansion  (t, R) ‖bracket‖/‖Δ_s‖, nan where Δ_s = 0
    residual   (t, R) ‖Δ_{s+1} − bracket − injected_i(s)‖, which is rounding
    """

    members: tuple[Member, ...]
    distances: Floats
    injected: Floats
    expansion: Floats
    residual: Floats


def expand(job: NetworkJob) -> Expansion:
    """The members of the job step by step. Raises BadTuning unless it is tuned by gd, without mixout and noise."""
    tuning = job.tuning
    if tuning.optimiser != "gd" or tuning.mixout or tuning.input_noise:
        raise BadTuning(f"tuning: the split is that of gd, without mixout and input_noise; got {tuning.label()}")
    with one_thread(), torch.no_grad():
        return _expanded(job)


def _expanded(job: NetworkJob) -> Expansion:
    device, eta = resolved(job.tuning.device), job.tuning.step_size
    everything = replace(job, members=tuple(Member(None, seed) for _, seed in job.members))
    without, whole = (NetworkRisk([of], heads_of([of]), device) for of in (job, everything))
    replica, full = without.start.copy(), whole.start.copy()
    into = full.copy()

    def step(risk: NetworkRisk, at: Parts) -> torch.Tensor:
        """−η times the gradient, as one vector."""
        risk.gradient(at, into)
        return into.whole * -eta

    def norms(vector: torch.Tensor) -> torch.Tensor:
        """(R,) of a vector that is laid out as the parameters are."""
        into.whole.copy_(vector)
        return torch.linalg.vector_norm(rows_of(into)[0], dim=-1)

    seen: list[list[torch.Tensor]] = []
    distance = norms(replica.whole - full.whole)
    distances = [distance]
    for _ in range(job.tuning.steps):
        apart = replica.whole - full.whole
        own, there, ours = step(without, replica), step(without, full), step(whole, full)
        mapped, injected = apart + (own - there), there - ours
        replica.whole.add_(own)
        full.whole.add_(ours)
        after = replica.whole - full.whole
        seen.append([norms(injected), norms(mapped) / distance, norms(after - (mapped + injected))])
        distance = norms(after)
        distances.append(distance)
    count = len(job.members)
    along = torch.stack([torch.stack(one) for one in seen], dim=1) if seen else torch.zeros(3, 0, count)
    injections, expansion, residual = along.to(torch.float64).cpu().numpy()
    return Expansion(
        members=job.members,
        distances=torch.stack(distances).to(torch.float64).cpu().numpy(),
        injected=injections,
        expansion=expansion,
        residual=residual,
    )
