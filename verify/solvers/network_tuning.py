"""Networks tuned in stacks: jobs in, fits out.

Jobs of one shape are stacked until the features of all members fill the cache of a core, and each stack has a thread. How jobs
are stacked depends on the jobs alone, so the same jobs give the same bytes under any number of threads. What else is in the
stack may move a job's numbers by rounding (1e-12 of them): elementwise functions and batched products need not round alike
at every place of an array. Where it was measured (AVX-512, MKL) it moved no bit.
"""

from collections.abc import Hashable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.optim import SGD, AdamW, Optimizer

from synth.seeds import stream
from verify.networks import NetworkFit, NetworkJob, NetworkTuning
from verify.solvers.device import resolved
from verify.solvers.network_look import fit_of, look
from verify.solvers.network_risk import NetworkRisk
from verify.solvers.paired_draws import PairedDraws
from verify.solvers.stacks import in_stacks


def tune_networks(jobs: Sequence[NetworkJob], *, threads: int | None = None) -> list[NetworkFit]:
    """One fit a job, in the order of the jobs; the same bytes for the same jobs on the same machine.

    threads  how many cores of a CPU to use; None for all of them

    A member that diverges or leaves the floats is a status, not an exception. Raises BadTuning for a GPU that is not there.
    """
    return in_stacks(
        jobs,
        tuned,
        shape=_shape,
        features=lambda job: len(job.members) * len(job.inputs) * sum(job.encoder.widths),
        device=lambda job: job.tuning.device,
        threads=threads,
    )


@torch.no_grad()
def tuned(jobs: Sequence[NetworkJob]) -> list[NetworkFit]:
    """Jobs of one shape and tuning as one stack."""
    tuning, looks = jobs[0].tuning, jobs[0].looks
    device = resolved(tuning.device)
    risk = NetworkRisk(jobs, heads_of(jobs), device)
    draws = PairedDraws(jobs, [(w.shape[2], w.shape[3]) for w in risk.start.weights[:-1]], device)
    now, slope = risk.start.copy(), risk.start.copy()
    now.whole.grad = slope.whole
    optimizer = _optimizer(now.whole, tuning)
    test_inputs = risk.below(risk.tensor([job.test_inputs.T for job in jobs])[:, None])
    start = look(risk, now, test_inputs)
    seen = [start] if looks[0] == 0 else []
    for step in range(tuning.steps):
        risk.gradient(now, slope, draws.at(step))
        optimizer.step()
        if step + 1 in looks:
            seen.append(look(risk, now, test_inputs))
    return [fit_of(job, position, seen, start) for position, job in enumerate(jobs)]


def heads_of(jobs: Sequence[NetworkJob]) -> np.ndarray:
    """(T, R, H, h): the weights that each member's heads start from, those of its seed."""
    shape = (jobs[0].tuning.heads, jobs[0].encoder.widths[-1])
    return jobs[0].tuning.head_scale * np.stack(
        [[stream(member.seed, "start").standard_normal(shape) for member in job.members] for job in jobs]
    )


def _optimizer(parameters: Tensor, tuning: NetworkTuning) -> Optimizer:
    """torch's own: elementwise, so on a stack it is each network's own."""
    if tuning.optimiser == "adamw":
        return AdamW([parameters], lr=tuning.step_size, weight_decay=tuning.l2, foreach=True)
    return SGD(
        [parameters], lr=tuning.step_size, momentum=tuning.momentum * (tuning.optimiser == "momentum"), foreach=True
    )


def _shape(job: NetworkJob) -> Hashable:
    """What jobs must share to be one stack."""
    encoder = job.encoder
    return (
        job.inputs.shape,
        len(job.test_inputs),
        encoder.widths,
        encoder.members,
        len(job.members),
        job.tuning,
        job.looks,
    )
