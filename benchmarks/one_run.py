"""The certificates of one large run: seconds, memory, and what they cost on top of plain training.

In a process of its own. Plain training is the same descent with its two products a step, and nothing else.
"""

import resource
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import joblib

from benchmarks.report import Report

SHAPE, QUICK = (10_000, 384, 1000), (2_000, 64, 100)


def measure(report: Report, *, quick: bool) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        report.find("one-run certificates", **fresh.submit(measured, *(QUICK if quick else SHAPE)).result())


def measured(n: int, d: int, steps: int) -> dict[str, float]:
    """What `measure` reports; called in a fresh process."""
    import torch  # noqa: PLC0415  in the process that is measured

    from benchmarks.agreement import apart  # noqa: PLC0415
    from benchmarks.pairs import paired, seconds  # noqa: PLC0415
    from benchmarks.problem import drawn  # noqa: PLC0415
    from verify.solvers.tune import tune  # noqa: PLC0415

    problem = drawn(tasks=1, n=n, d=d, steps=steps)
    before = peak_mib()
    jobs = problem.jobs()
    first = seconds(lambda: tune(jobs, replicas=False))
    peak = peak_mib()
    z = torch.from_numpy(problem.signed[0])

    @torch.no_grad()
    def plain() -> torch.Tensor:
        torch.set_num_threads(threads)
        w, pull = z.new_zeros(d), z.new_empty(n)
        against, driving = -z, z.T
        for _ in range(steps):
            torch.mv(against, w, out=pull).sigmoid_()
            w.addmv_(driving, pull, alpha=float(problem.step_sizes[0]) / n)
        return w

    trials = {}
    for threads in (1, joblib.cpu_count()):
        trials[threads] = seconds(plain)
    threads = min(trials, key=lambda count: trials[count])
    error = apart(plain().numpy()[None], tune(jobs, replicas=False)[0].last.weights)
    if not error <= 1e-9:
        raise AssertionError(f"plain training is off by {error:.2g}")
    times = paired(lambda: tune(jobs, replicas=False), plain, repeats=3)
    return {
        "n": n,
        "d": d,
        "steps": steps,
        "seconds": times.ours_s,
        "first_seconds": first,
        "plain_seconds": times.peer_s,
        "plain_threads": threads,
        "overhead": times.ours_s / times.peer_s,
        "repeats": times.repeats,
        "peak_mib": peak,
        "peak_mib_before": before,
        "data_mib": problem.tasks[0].features.nbytes / 2**20,
        "error": error,
    }


def peak_mib() -> float:
    """The peak of this process alone: Linux's ru_maxrss remembers that of the process that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
