"""One replica at a time: its own data set and the plain loop, three calls a step, nothing allocated."""

from collections.abc import Sequence

import numpy as np
import torch

from benchmarks.cores import over_cores
from benchmarks.peers import Ready
from benchmarks.problem import Array, Problem

Replica = tuple[Array, float, int, int]  # z (n, d), η, steps, the sample left out


@torch.no_grad()
def _descend(replicas: Sequence[Replica]) -> list[Array]:
    torch.set_num_threads(1)
    return [_one(*replica) for replica in replicas]


def _one(z: Array, eta: float, steps: int, left_out: int) -> Array:
    kept = torch.from_numpy(np.delete(z, left_out, axis=0))
    against, driving = -kept, (eta / len(kept)) * kept.T
    w = kept.new_zeros(kept.shape[1])
    pull = kept.new_empty(len(kept))
    for _ in range(steps):
        torch.mv(against, w, out=pull).sigmoid_()
        w.addmv_(driving, pull)
    return w.numpy()


def ready(problem: Problem) -> Ready:
    signed, n = problem.signed, problem.shape[1]
    replicas = [
        (z, float(eta), problem.steps, i) for z, eta in zip(signed, problem.etas, strict=True) for i in range(n)
    ]
    return Ready(
        run=lambda: over_cores(_descend, replicas), weights=lambda found: np.stack(found).reshape(problem.shape)
    )
