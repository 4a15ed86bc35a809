"""All replicas of small networks: stacked with gradients by hand, against other ways to the same weights.

torch-loop      each network a module with its own data set, optimiser and loop; a process a core
torch-vmap      torch.func.vmap over tasks and members of torch.func.grad, a stack a thread
torch-autograd  batched products as ours, differentiated by autograd, a stack a thread
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import joblib
import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.agreement import apart
from benchmarks.cores import over_cores
from benchmarks.pairs import paired, seconds
from benchmarks.peers import TOLERANCES, WrongAnswer
from benchmarks.problem import Array
from benchmarks.report import Report, Row
from synth.pretraining import transfer_task
from verify.encoder import drawn_encoder
from verify.networks import NetworkJob, NetworkTuning, crossed, job_of
from verify.solvers.network import affine, encoded
from verify.solvers.network_tuning import heads_of, tune_networks
from verify.solvers.stacks import MOST

INPUTS, WIDTH, ETA = 16, 32, 0.1
STRATEGIES: dict[str, dict[str, Any]] = {
    "gd": {},
    "float32": {"dtype": "float32"},
    "minibatches": {"optimiser": "sgd", "batch_size": 8},
    "adamw": {"optimiser": "adamw"},
    "8 heads": {"heads": 8},
    "l2-sp": {"l2_to_start": 0.1},
    "mixout": {"mixout": 0.1},
    "noise": {"input_noise": 0.1},
    "mmr": {"margin_strength": 0.1},
    "head alone": {"frozen": 1},
}


def measure(report: Report, *, quick: bool) -> None:
    tasks, n, steps = (8, 16, 20) if quick else (64, 32, 100)
    jobs = drawn(tasks=tasks, n=n, steps=steps)
    tune_networks(jobs[:1])
    for peer, (run, part) in {
        "torch-loop": (alone, 1 if quick else 2),
        "torch-vmap": (partial(stacked, by_vmap), tasks),
        "torch-autograd": (partial(stacked, by_autograd), tasks),
    }.items():
        report.compare(against(peer, run, jobs, part))
    few = drawn(tasks=4 if quick else 32, n=n, steps=steps, left_out=8, seeds=10)
    for name, tuning in STRATEGIES.items():
        report.find(f"networks: {name}", million_member_steps_a_minute=rate(few, **tuning), members=18, n=n)


def drawn(*, tasks: int, n: int, steps: int, left_out: int | None = None, seeds: int = 1) -> list[NetworkJob]:
    """One start for all members: without each sample (of the first so many), and with all, from so many heads."""
    encoder = drawn_encoder(inputs=INPUTS, widths=(WIDTH,), seed=0)
    members = crossed(range(n if left_out is None else left_out), [0]) + crossed([None], range(seeds))
    return [
        job_of(
            transfer_task(n=n, inputs=INPUTS, index=index, source_samples=1),
            encoder=encoder,
            tuning=NetworkTuning(steps=steps, step_size=ETA),
            members=members,
        )
        for index in range(tasks)
    ]


def against(peer: str, run: Callable[[Sequence[NetworkJob]], Array], jobs: list[NetworkJob], part: int) -> Row:
    """One row. Raises WrongAnswer where the peer's networks are not ours."""
    wanted = np.stack([fit.parameters[-1] for fit in tune_networks(jobs[:part])])
    error = apart(run(jobs[:part]), wanted)
    if not error <= TOLERANCES["float64"]:
        raise WrongAnswer(f"{peer}: networks: off by {error:.2g}, allowed {TOLERANCES['float64']:.0e}")
    scale = len(jobs) / part
    times = paired(lambda: tune_networks(jobs), lambda: run(jobs[:part]), scale=scale)
    job = jobs[0]
    return Row(
        name="networks, all replicas",
        peer=peer,
        size=f"T={len(jobs)} n={len(job.inputs)} {INPUTS}-{WIDTH}-1 t={job.tuning.steps}",
        note=f"scaled ×{scale:.3g} from T={part}" if scale > 1 else "",
        more={"error": error},
        **vars(times),
    )


def rate(jobs: Sequence[NetworkJob], **tuning: Any) -> float:
    """Of our own, in millions."""
    steps = jobs[0].tuning.steps
    chosen = NetworkTuning(**{"steps": steps, "step_size": ETA, **tuning})
    ours = [job_like(job, chosen) for job in jobs]
    taken = float(np.median([seconds(lambda: tune_networks(ours)) for _ in range(3)]))
    return 60e-6 * len(ours) * len(ours[0].members) * steps / taken


def job_like(job: NetworkJob, tuning: NetworkTuning) -> NetworkJob:
    return NetworkJob(**{**vars(job), "tuning": tuning})


def alone(jobs: Sequence[NetworkJob]) -> Array:
    """(T, R, P)."""
    networks = [(job, row) for job in jobs for row in range(len(job.members))]
    return np.stack(over_cores(_modules, networks)).reshape(len(jobs), len(jobs[0].members), -1)


def _modules(networks: Sequence[tuple[NetworkJob, int]]) -> list[Array]:
    torch.set_num_threads(1)
    return [_module(*one) for one in networks]


def _module(job: NetworkJob, row: int) -> Array:
    kept = torch.from_numpy(job.kept[row])
    x, y = torch.tensor(job.inputs)[kept], torch.tensor(job.labels)[kept]
    model = nn.Sequential(nn.Linear(INPUTS, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 1)).double()
    with torch.no_grad():
        for parameter, start in zip(model.parameters(), _starts([job]), strict=True):
            parameter.copy_(start[0, row].view(parameter.shape))
    optimizer = torch.optim.SGD(model.parameters(), lr=job.tuning.step_size)
    for _ in range(job.tuning.steps):
        optimizer.zero_grad()
        nn.functional.softplus(-y * model(x)[:, 0]).mean().backward()
        optimizer.step()
    return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])


def stacked(descend: Callable[[Sequence[NetworkJob]], list[Tensor]], jobs: Sequence[NetworkJob]) -> Array:
    """(T, R, P), stacks of our own size on threads."""
    size = max(1, MOST["cpu"] // (len(jobs[0].members) * len(jobs[0].inputs) * WIDTH))
    stacks = [jobs[first : first + size] for first in range(0, len(jobs), size)]
    with ThreadPoolExecutor(joblib.cpu_count(), initializer=torch.set_num_threads, initargs=(1,)) as pool:
        found = list(pool.map(descend, stacks))
    return np.concatenate([torch.cat([of.detach().flatten(2) for of in one], dim=-1).numpy() for one in found])


def by_vmap(jobs: Sequence[NetworkJob]) -> list[Tensor]:
    def risk(parameters: list[Tensor], x: Tensor, y: Tensor, weights: Tensor) -> Tensor:
        first, below, head, above = parameters
        outputs = (torch.tanh(x @ first.T + below) @ head.T + above)[:, 0]
        return (nn.functional.softplus(-y * outputs) * weights).sum()

    x, y, weights = _data(jobs)
    slope = torch.func.vmap(torch.func.vmap(torch.func.grad(risk), in_dims=(0, None, None, 0)))
    parameters = _starts(jobs)
    for _ in range(jobs[0].tuning.steps):
        torch._foreach_add_(parameters, slope(parameters, x, y, weights), alpha=-jobs[0].tuning.step_size)
    return parameters


def by_autograd(jobs: Sequence[NetworkJob]) -> list[Tensor]:
    x, y, weights = _data(jobs)
    inputs = x.mT.contiguous()[:, None]
    parameters = [of.requires_grad_() for of in _starts(jobs)]
    first, below, head, above = parameters
    optimizer = torch.optim.SGD(parameters, lr=jobs[0].tuning.step_size, foreach=True)
    for _ in range(jobs[0].tuning.steps):
        outputs = affine(head, above, encoded([first], [below], inputs)[-1])[:, :, 0]
        optimizer.zero_grad()
        (nn.functional.softplus(-y[:, None] * outputs) * weights).sum().backward()
        optimizer.step()
    return parameters


def _data(jobs: Sequence[NetworkJob]) -> tuple[Tensor, Tensor, Tensor]:
    return (
        torch.tensor(np.stack([job.inputs for job in jobs])),
        torch.tensor(np.stack([job.labels for job in jobs]), dtype=torch.float64),
        torch.tensor(np.stack([job.sample_weights for job in jobs])),
    )


def _starts(jobs: Sequence[NetworkJob]) -> list[Tensor]:
    """(T, R, …) each: W_1, b_1, the head and its bias."""
    shape = (len(jobs), len(jobs[0].members))
    encoder, heads = jobs[0].encoder, torch.tensor(heads_of(jobs))
    layer = [torch.tensor(of[0]).expand(*shape, *of[0].shape).clone() for of in (encoder.weights, encoder.biases)]
    return [*layer, heads, torch.zeros(*shape, 1, dtype=torch.float64)]
