"""torch on all cores: threads inside each call, or the tasks split between Python threads of one torch thread each."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import joblib
import torch
from torch import Tensor

from benchmarks.pairs import seconds
from benchmarks.peers import Ready, fastest
from benchmarks.problem import Problem

# (z (T, n, d), η (T,), masks (n, n), steps) → (T, n, d)
Descend = Callable[[Tensor, Tensor, Tensor, int], Tensor]
TRIAL_STEPS = 20


def inside(descend: Descend) -> Descend:
    """As it is."""

    @torch.no_grad()
    def run(z: Tensor, eta: Tensor, masks: Tensor, steps: int) -> Tensor:
        return descend(z, eta, masks, steps)

    return run


def split(descend: Descend) -> Descend:
    """The tasks in even parts, side by side: torch lets go of the interpreter."""
    cores = joblib.cpu_count()
    pool = ThreadPoolExecutor(cores, initializer=torch.set_num_threads, initargs=(1,))
    on_thread = inside(descend)

    def run(z: Tensor, eta: Tensor, masks: Tensor, steps: int) -> Tensor:
        count = min(cores, len(z))
        parts = zip(z.tensor_split(count), eta.tensor_split(count), strict=True)
        return torch.cat(list(pool.map(lambda part: on_thread(*part, masks, steps), parts)))

    return run


def best_of(forms: dict[str, Descend], problem: Problem) -> Ready:
    """The form that is fastest for a few steps. A form's first run is its compilation, if it has one."""
    inputs = [torch.from_numpy(a) for a in (problem.signed, problem.etas, problem.masks)]

    def ready(name: str, steps: int, compile_s: float) -> Ready:
        return Ready(
            run=lambda: forms[name](*inputs, steps),
            weights=lambda found: found.numpy(),
            variant=name,
            compile_s=compile_s,
        )

    first = {name: seconds(lambda form=form: form(*inputs, 2)) for name, form in forms.items()}
    best = fastest([ready(name, TRIAL_STEPS, 0.0) for name in forms]).variant
    return ready(best, problem.steps, first[best] if "compiled" in best else 0.0)
